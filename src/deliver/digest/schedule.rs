//! Makes the notices of digests that fall due. Every replica looks; the unique key of reader and day lets one win.
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::digest::Slot;
use entity::{
    account::{self, DigestEvery},
    among,
    notice::{self, Kind, State},
    organisation,
};
use sea_orm::{DbErr, EntityTrait, QueryFilter, sea_query::Expr, sea_query::OnConflict};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use super::{
    pick,
    readers::{self, Looked},
};
use crate::{
    access::preference,
    deliver::app::DeliverApp,
    platform::db::{Tx, insert_or},
    route::{
        reason::{Code, Every, Muted, Reason},
        write,
    },
};

const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Digests made in one transaction.
const TOGETHER: u64 = 200;
/// When a reader is looked at again whose digest could not be made.
const AFTER_FAILURE: TimeDelta = TimeDelta::minutes(10);
/// How much longer than its time says a withdrawal may take to be committed.
const LONGEST_COMMIT: TimeDelta = TimeDelta::days(1);

/// Looks every minute until it is stopped.
pub async fn run(app: DeliverApp, stop: CancellationToken) {
    let mut turns = tokio::time::interval(LOOK_EVERY);
    while stop.run_until_cancelled(turns.tick()).await.is_some() {
        match run_due(&app).await {
            Ok(0) => {}
            Ok(made) => info!(made, "made digests"),
            Err(error) => warn!(%error, "could not look for digests that are due; tried again in a minute"),
        }
    }
}

/// Makes every digest that is due; returns for how many readers a window was closed.
pub async fn run_due(app: &DeliverApp) -> Result<usize, DbErr> {
    let now = app.clock.now();
    let mut made = 0;
    loop {
        let due = readers::due(app.db.read(), now, TOGETHER).await?;
        if due.is_empty() {
            return Ok(made);
        }
        for (organisation, accounts) in due {
            made += make_all(app, organisation, &accounts, now).await?;
        }
    }
}

/// Makes the digests of some readers. Where that fails it halves them until those are alone who cannot be served, and
/// goes on without them.
async fn make_all(
    app: &DeliverApp,
    organisation: Uuid,
    accounts: &[Uuid],
    now: DateTime<Utc>,
) -> Result<usize, DbErr> {
    let mut made = 0;
    let mut open = vec![accounts];
    while let Some(some) = open.pop() {
        match make(app, organisation, some, now).await {
            Ok(count) => made += count,
            Err(error @ (DbErr::Conn(_) | DbErr::ConnectionAcquire(_))) => return Err(error),
            Err(error) => match some {
                [one] => {
                    warn!(account = %one, %error, "could not make a digest; tried again in ten minutes");
                    let tx = app.db.write().await?;
                    readers::look_again(&tx, [(*one, now + AFTER_FAILURE)]).await?;
                    tx.commit().await?;
                }
                _ => {
                    let (first, second) = some.split_at(some.len() / 2);
                    open.extend([second, first]);
                }
            },
        }
    }
    Ok(made)
}

/// Makes the digests of some readers of an organisation, in one transaction. A window with nothing to tell is closed
/// without a mail, and its window goes on.
async fn make(
    app: &DeliverApp,
    organisation: Uuid,
    accounts: &[Uuid],
    now: DateTime<Utc>,
) -> Result<usize, DbErr> {
    let db = app.db.read();
    let Some(organisation) = organisation::Entity::find_by_id(organisation).one(db).await? else {
        return Ok(0);
    };
    let looked = readers::look(db, &organisation, accounts, now).await?;
    let rows: Vec<notice::Model> = looked.iter().filter_map(|reader| row(reader, now)).collect();
    let since = looked
        .iter()
        .map(|reader| reader.looked_until)
        .min()
        .unwrap_or(now)
        - LONGEST_COMMIT;
    let tx = app.db.write().await?;
    let digests = insert(&tx, rows).await?;
    pick::tie(&tx, organisation.id, &digests, since).await?;
    decide(&tx, organisation.id, &digests, &looked, now).await?;
    readers::look_again(&tx, looked.iter().map(|reader| (reader.account.id, reader.next))).await?;
    tx.commit().await?;
    Ok(digests.len())
}

fn row(reader: &Looked, now: DateTime<Utc>) -> Option<notice::Model> {
    let Slot {
        day,
        due,
        first,
        last,
    } = reader.slot?;
    let account = &reader.account;
    Some(notice::Model {
        id: Uuid::now_v7(),
        organisation_id: account.organisation_id,
        reader_id: Some(account.id),
        channel_id: None,
        kind: Kind::Digest,
        comment_id: None,
        ordinal: 0,
        rule_id: None,
        revision: None,
        period_start: Some(day),
        first_day: Some(first),
        last_day: Some(last),
        covers_from: Some(reader.told_until),
        covers_until: Some(due),
        state: State::Waiting,
        reason: reason(account).to_json(),
        due_at: now,
        created_at: now,
        sent_at: None,
    })
}

fn reason(reader: &account::Model) -> Reason {
    Reason {
        every: Some(match reader.digest_every {
            DigestEvery::Day => Every::Day,
            DigestEvery::Week | DigestEvery::Never => Every::Week,
            DigestEvery::Month => Every::Month,
        }),
        ..Reason::new(Code::Digest)
    }
}

/// Answers those that are new.
async fn insert(tx: &Tx, rows: Vec<notice::Model>) -> Result<Vec<notice::Model>, DbErr> {
    if rows.is_empty() {
        return Ok(rows);
    }
    let once = OnConflict::new().do_nothing().to_owned();
    insert_or(tx, rows.iter().cloned().map(write::all_set), once).await?;
    notice::Entity::find()
        .filter(among(notice::Column::Id, rows.iter().map(|row| row.id)))
        .all(tx)
        .await
}

/// Whether each digest leaves.
async fn decide(
    tx: &Tx,
    organisation: Uuid,
    digests: &[notice::Model],
    looked: &[Looked],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let ids: Vec<Uuid> = digests.iter().map(|digest| digest.id).collect();
    let readers: Vec<Uuid> = digests.iter().filter_map(|digest| digest.reader_id).collect();
    let with_news: HashSet<Uuid> = pick::with_news(tx, &ids).await?.into_iter().collect();
    let asked = pick::waiting(tx, organisation, &readers).await?;
    let wants_none: HashSet<Uuid> = looked
        .iter()
        .filter(|reader| !preference::wants_digest(&reader.account))
        .map(|reader| reader.account.id)
        .collect();
    let (mut empty, mut muted, mut leaving) = (Vec::new(), Vec::<&notice::Model>::new(), Vec::new());
    for digest in digests {
        let Some(reader) = digest.reader_id else { continue };
        if !with_news.contains(&digest.id) && !asked.contains_key(&reader) {
            empty.push(digest.id);
        } else if wants_none.contains(&reader) {
            muted.push(digest);
        } else {
            leaving.push(digest);
        }
    }
    end(tx, &empty, State::Cancelled, None).await?;
    for every in [Every::Day, Every::Week, Every::Month] {
        let same = muted
            .iter()
            .map(|digest| (digest.id, Reason::read(&digest.reason)));
        let same: Vec<Uuid> = same
            .filter(|(_, reason)| reason.every == Some(every))
            .map(|(digest, _)| digest)
            .collect();
        let reason = Reason {
            muted: Some(Muted::Frequency),
            every: Some(every),
            ..Reason::new(Code::Digest)
        };
        end(tx, &same, State::Muted, Some(&reason)).await?;
    }
    write::dispatch(tx, leaving.into_iter(), &HashMap::new(), now).await
}

/// Ends digests of which no mail tells; the reason stays where there is no other.
async fn end(tx: &Tx, digests: &[Uuid], state: State, reason: Option<&Reason>) -> Result<(), DbErr> {
    if digests.is_empty() {
        return Ok(());
    }
    let mut update = notice::Entity::update_many()
        .col_expr(notice::Column::State, Expr::value(state))
        .filter(among(notice::Column::Id, digests.iter().copied()));
    if let Some(reason) = reason {
        update = update.col_expr(notice::Column::Reason, Expr::value(reason.to_json()));
    }
    update.exec(tx).await?;
    Ok(())
}
