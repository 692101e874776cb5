//! Makes the notices of digests that fall due. Every replica looks; the unique key of reader and week lets one win.
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::digest::Week;
use entity::{
    account::{self, Frequency},
    notice::{self, Kind, State},
    organisation,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};
use tokio_util::sync::CancellationToken;
use tracing::warn;
use uuid::Uuid;

use super::{pick, readers};
use crate::{
    app::App,
    db::Tx,
    job,
    route::{
        reason::{Code, Muted, Reason},
        write,
    },
};

const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Looks every minute until it is stopped.
pub async fn run(app: App, stop: CancellationToken) {
    let mut turns = tokio::time::interval(LOOK_EVERY);
    while stop.run_until_cancelled(turns.tick()).await.is_some() {
        if let Err(error) = run_due(&app).await {
            warn!(%error, "could not look for digests that are due; tried again in a minute");
        }
    }
}

/// Makes every digest that is due; returns for how many readers a week was closed.
pub async fn run_due(app: &App) -> Result<usize, DbErr> {
    let now = app.clock.now();
    let mut made = 0;
    for organisation in organisation::Entity::find().all(app.db.read()).await? {
        for (reader, week) in readers::due(app.db.read(), &organisation, now).await? {
            let tx = app.db.write().await?;
            made += usize::from(make(&tx, &reader, week, now).await?);
            tx.commit().await?;
        }
    }
    Ok(made)
}

/// Makes one digest; `false` where another replica did. A week with nothing to tell is closed without a mail, and its
/// window goes on.
async fn make(tx: &Tx, reader: &account::Model, week: Week, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let digest = row(reader, week, window_start(tx, reader).await?, now);
    if !insert(tx, &digest).await? {
        return Ok(false);
    }
    let news = pick::tie(tx, &digest, week.due).await?;
    let is_empty = news == 0 && pick::waiting(tx, &digest).await?.is_empty();
    let (state, muted) = match reader.frequency {
        _ if is_empty => (State::Cancelled, None),
        Frequency::Off => (State::Muted, Some(Muted::Frequency)),
        _ => (State::Waiting, None),
    };
    let mut changed: notice::ActiveModel = digest.clone().into();
    changed.state = Set(state);
    changed.reason = Set(Reason {
        muted,
        ..Reason::new(Code::Digest)
    }
    .to_json());
    let digest = changed.update(tx).await?;
    if digest.state == State::Waiting {
        job::enqueue_all(tx, vec![write::job_for(&digest)]).await?;
    }
    Ok(true)
}

/// Where the window of the reader's latest digest ended that told something.
async fn window_start(tx: &Tx, reader: &account::Model) -> Result<DateTime<Utc>, DbErr> {
    let latest = notice::Entity::within(reader.organisation_id)
        .filter(notice::Column::ReaderId.eq(reader.id))
        .filter(notice::Column::Kind.eq(Kind::Digest))
        .filter(notice::Column::State.ne(State::Cancelled))
        .order_by_desc(notice::Column::PeriodStart)
        .one(tx)
        .await?;
    let end = latest.and_then(|latest| latest.covers_until);
    Ok(end.unwrap_or(reader.created_at))
}

fn row(reader: &account::Model, week: Week, from: DateTime<Utc>, now: DateTime<Utc>) -> notice::Model {
    notice::Model {
        id: Uuid::now_v7(),
        organisation_id: reader.organisation_id,
        reader_id: Some(reader.id),
        kind: Kind::Digest,
        comment_id: None,
        telling: 0,
        revision: None,
        period_start: Some(week.monday),
        covers_from: Some(from),
        covers_until: Some(week.due),
        state: State::Waiting,
        reason: Reason::new(Code::Digest).to_json(),
        due_at: now,
        created_at: now,
        sent_at: None,
    }
}

/// `false` where there is one already.
async fn insert(tx: &Tx, digest: &notice::Model) -> Result<bool, DbErr> {
    notice::Entity::insert(write::all_set(digest.clone()))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    let ours = notice::Entity::within(digest.organisation_id)
        .filter(notice::Column::Id.eq(digest.id))
        .one(tx)
        .await?;
    Ok(ours.is_some())
}
