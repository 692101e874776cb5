//! Praise that nobody could be told of is looked at again when somebody may have come who can be.
use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::notice;
use sea_orm::{ColumnTrait, DbErr, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::{
    db::Tx,
    job::{self, Job, NewJob},
};

/// Jobs of one statement.
const CHUNK: usize = 500;
/// How much longer than the minute in which it began a change may take.
const LONGEST_CHANGE: TimeDelta = TimeDelta::seconds(5);

/// Has the comments routed again that have a notice without a reader: after a change of the roster, or of who holds a
/// role. All changes of one minute cause it once, when they are over.
pub(crate) async fn look_again(tx: &Tx, organisation: Uuid, now: DateTime<Utc>) -> Result<(), DbErr> {
    let comments: Vec<Option<Uuid>> = notice::Entity::within(organisation)
        .filter(notice::Column::State.eq(notice::State::NoRecipient))
        .select_only()
        .column(notice::Column::CommentId)
        .into_tuple()
        .all(tx)
        .await?;
    let comments: BTreeSet<Uuid> = comments.into_iter().flatten().collect();
    let minute = now.timestamp().div_euclid(60);
    let over = now + TimeDelta::seconds(60 - now.timestamp().rem_euclid(60)) + LONGEST_CHANGE;
    let again = |comment: Uuid| NewJob {
        organisation,
        job: Job::Route { comment },
        run_at: over,
        key: Some(format!("untold:{comment}:{minute}")),
    };
    let jobs: Vec<NewJob> = comments.into_iter().map(again).collect();
    for chunk in jobs.chunks(CHUNK) {
        job::enqueue_all(tx, chunk.to_vec()).await?;
    }
    Ok(())
}
