//! Notices that wait for the end of their reader's quiet hours, or for the full hour. They are the reader's, and one job
//! of theirs gathers them into one mail; when it runs, everything is decided again by what the reader wants then.
use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    among, delivery,
    notice::{self, State},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    access::preference::gather_key,
    platform::{
        db::Tx,
        job::{self, Claimed, Job, Kind, NewJob, queue},
    },
};

/// A notice that is to wait.
#[derive(Debug)]
pub(super) struct Deferred<'a> {
    pub(super) notice: &'a notice::Model,
    pub(super) account: Uuid,
    pub(super) until: DateTime<Utc>,
}

/// Whose mail a job gathers.
pub(super) fn reader_of(job: &Claimed) -> Option<Uuid> {
    match job.job {
        Job::Gather { account } => Some(account),
        _ => None,
    }
}

/// What waits for some readers, oldest first. What was refused as it was gathered holds up nothing else.
pub(super) async fn of_readers(
    connection: &impl ConnectionTrait,
    readers: impl Iterator<Item = Uuid>,
) -> Result<Vec<notice::Model>, DbErr> {
    let readers: Vec<Uuid> = readers.collect();
    if readers.is_empty() {
        return Ok(Vec::new());
    }
    let deferred = notice::Entity::find()
        .filter(among(notice::Column::ReaderId, readers))
        .filter(is_deferred())
        .order_by_asc(notice::Column::CreatedAt)
        .order_by_asc(notice::Column::Id)
        .all(connection)
        .await?;
    let refused = refused(connection, deferred.iter().map(|notice| notice.id)).await?;
    let (refused, open): (Vec<_>, Vec<_>) = deferred
        .into_iter()
        .partition(|notice| refused.contains(&notice.id));
    let others: BTreeSet<Option<Uuid>> = open.iter().map(|notice| notice.reader_id).collect();
    let again = refused
        .into_iter()
        .filter(|notice| !others.contains(&notice.reader_id));
    Ok(open.iter().cloned().chain(again).collect())
}

/// Those whose mail was refused for what it says.
async fn refused(
    connection: &impl ConnectionTrait,
    notices: impl Iterator<Item = Uuid>,
) -> Result<HashSet<Uuid>, DbErr> {
    let refused: Vec<Uuid> = delivery::Entity::find()
        .filter(among(delivery::Column::NoticeId, notices))
        .filter(delivery::Column::State.eq(delivery::State::Refused))
        .select_only()
        .column(delivery::Column::NoticeId)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(refused.into_iter().collect())
}

/// Written into the statement: an index holds these rows alone, and SQLite takes it for no value that it is handed.
fn is_deferred() -> Expr {
    Expr::cust(r#""state" = 'deferred'"#)
}

/// Has notices wait; one statement for all with the same time.
pub(super) async fn defer(tx: &Tx, deferred: &[Deferred<'_>]) -> Result<(), DbErr> {
    let mut by_time: BTreeMap<DateTime<Utc>, Vec<&Deferred<'_>>> = BTreeMap::new();
    for one in deferred {
        by_time.entry(one.until).or_default().push(one);
    }
    for (until, together) in by_time {
        let notices = || together.iter().map(|one| one.notice.id);
        notice::Entity::update_many()
            .col_expr(notice::Column::State, Expr::value(State::Deferred))
            .col_expr(notice::Column::DueAt, Expr::value(until))
            .filter(among(notice::Column::Id, notices()))
            .filter(notice::Column::State.is_in([State::Waiting, State::Deferred]))
            .exec(tx)
            .await?;
        delivery::Entity::update_many()
            .col_expr(delivery::Column::DueAt, Expr::value(until))
            .filter(among(delivery::Column::NoticeId, notices()))
            .exec(tx)
            .await?;
        let readers = together
            .iter()
            .map(|one| (one.notice.organisation_id, one.account));
        gather(tx, readers.collect(), until).await?;
    }
    Ok(())
}

/// Has what waits for readers be gathered no later than `at`. A job that is under way ends after this transaction, and
/// then finds what is new.
async fn gather(tx: &Tx, readers: BTreeSet<(Uuid, Uuid)>, at: DateTime<Utc>) -> Result<(), DbErr> {
    let keys = readers.iter().map(|(_, account)| gather_key(*account));
    queue::no_later_than(tx, keys.collect(), at).await?;
    let jobs = readers.into_iter().map(|(organisation, account)| NewJob {
        organisation,
        job: Job::Gather { account },
        run_at: at,
        key: Some(gather_key(account)),
    });
    job::enqueue_all(tx, jobs.collect()).await
}

/// Makes dead letters due again, all of an organisation or one; returns how many. What was refused as it was gathered is
/// gathered once more with all that waits by now, by the one job of its reader.
pub async fn retry_dead_letters(
    tx: &Tx,
    organisation: Uuid,
    id: Option<i64>,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let dead = queue::dead_letters_of(tx, organisation, Kind::Gather)
        .await?
        .into_iter();
    let gathering: Vec<Claimed> = dead
        .map(|(job, _)| job)
        .filter(|job| id.is_none_or(|id| id == job.id))
        .collect();
    let readers: BTreeSet<(Uuid, Uuid)> = gathering
        .iter()
        .filter_map(|job| Some((organisation, reader_of(job)?)))
        .collect();
    if !readers.is_empty() {
        forget_refusals(tx, readers.iter().map(|(_, reader)| *reader)).await?;
        queue::remove(tx, gathering.iter().map(|job| job.id)).await?;
        gather(tx, readers, now).await?;
    }
    Ok(queue::replay(tx, organisation, id, now).await? + gathering.len() as u64)
}

async fn forget_refusals(tx: &Tx, readers: impl Iterator<Item = Uuid>) -> Result<(), DbErr> {
    let deferred: Vec<Uuid> = notice::Entity::find()
        .filter(among(notice::Column::ReaderId, readers))
        .filter(is_deferred())
        .select_only()
        .column(notice::Column::Id)
        .into_tuple()
        .all(tx)
        .await?;
    delivery::Entity::update_many()
        .col_expr(delivery::Column::State, Expr::value(delivery::State::Waiting))
        .filter(among(delivery::Column::NoticeId, deferred))
        .filter(delivery::Column::State.eq(delivery::State::Refused))
        .exec(tx)
        .await?;
    Ok(())
}

/// Where jobs of readers have ended: what came meanwhile, or found no room in the mail, is gathered next.
pub(super) async fn gather_what_is_left(tx: &Tx, readers: &[Uuid]) -> Result<(), DbErr> {
    type Left = (Uuid, Uuid, Option<Uuid>, DateTime<Utc>);
    use notice::Column;
    if readers.is_empty() {
        return Ok(());
    }
    let left: Vec<Left> = notice::Entity::find()
        .filter(among(Column::ReaderId, readers.iter().copied()))
        .filter(is_deferred())
        .select_only()
        .columns([
            Column::Id,
            Column::OrganisationId,
            Column::ReaderId,
            Column::DueAt,
        ])
        .into_tuple()
        .all(tx)
        .await?;
    let refused = refused(tx, left.iter().map(|(notice, ..)| *notice)).await?;
    let mut earliest: BTreeMap<(Uuid, Uuid), DateTime<Utc>> = BTreeMap::new();
    for (notice, organisation, reader, due) in left {
        let Some(reader) = reader.filter(|_| !refused.contains(&notice)) else {
            continue;
        };
        let at = earliest.entry((organisation, reader)).or_insert(due);
        *at = due.min(*at);
    }
    let mut by_time: BTreeMap<DateTime<Utc>, BTreeSet<(Uuid, Uuid)>> = BTreeMap::new();
    for (reader, at) in earliest {
        by_time.entry(at).or_default().insert(reader);
    }
    for (at, readers) in by_time {
        gather(tx, readers, at).await?;
    }
    Ok(())
}
