//! Answers are fetched from the tool that holds them: with the source's reading key, from its server and no other, within what
//! its allowance leaves whichever process asks.
pub(super) mod allowance;
mod call;
pub mod key;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{fetching, source};
use reqwest::Url;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};
use secrecy::ExposeSecret;

use super::tool::Tool;
use crate::{
    capture::{
        app::CaptureApp,
        remote::{Cause, Networks, ReadError, Remedy},
    },
    platform::db::{self, Tx},
};

/// Longest wait before a tool is asked again.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// What came of a call.
#[derive(Debug)]
pub(super) enum Fetched {
    Body(Vec<u8>),
    /// The allowance is used up: nothing was asked.
    Wait(DateTime<Utc>),
    Failed(ReadError),
    /// Nobody can ask before a person acts: no key was entered.
    NoKey(String),
}

/// The row of a source that has a reading key.
pub async fn of(
    connection: &impl ConnectionTrait,
    source: &source::Model,
) -> Result<Option<fetching::Model>, DbErr> {
    fetching::Entity::within(source.organisation_id)
        .filter(fetching::Column::SourceId.eq(source.id))
        .one(connection)
        .await
}

/// Makes one call, if the allowance has one left. A refusal for too many calls closes it for every process.
pub(super) async fn get(
    app: &CaptureApp,
    source: &source::Model,
    tool: &Tool,
    address: Url,
) -> Result<Fetched, DbErr> {
    let Some(fetch) = &tool.fetch else {
        return Ok(Fetched::NoKey(format!("{} is not asked", tool.label)));
    };
    let key = match key::open(app, source, fetch).await? {
        Ok(key) => key,
        Err(why) => return Ok(Fetched::NoKey(why.to_string())),
    };
    let now = db::now(app.db.read(), &app.clock).await?;
    if let Some(until) = allowance::take(app, source, fetch.per_minute, now).await? {
        return Ok(Fetched::Wait(until));
    }
    let networks = Networks::and(&app.config.outbound.allowed_private_networks);
    let header = fetch.header(key.expose_secret());
    Ok(match call::get(networks, address, header, now).await {
        Ok(body) => Fetched::Body(body),
        Err(error) => Fetched::Failed(error),
    })
}

/// When to ask again after so many failures in a row; none where a person must act first.
pub(super) fn again(error: &ReadError, failures: i32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match error.remedy(now) {
        Remedy::WaitUntil(at) => Some(at.min(now + allowance::LONGEST_ASKED_WAIT)),
        Remedy::Retry { at_least } => {
            let doublings = u32::try_from(failures.clamp(1, 16) - 1).unwrap_or_default();
            let wait = TimeDelta::from_std(at_least.saturating_mul(1 << doublings));
            Some(now + wait.map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT)))
        }
        Remedy::StartFromTime | Remedy::Stop(_) => None,
    }
}

/// What went wrong and what to do about it, in one line.
pub(super) fn words(error: &ReadError, now: DateTime<Utc>) -> String {
    let advice = match error.remedy(now) {
        Remedy::Stop(Cause::Credentials) => "enter the reading key again; it may have been revoked",
        Remedy::Stop(Cause::Permission) => "give the key the permission to read answers",
        Remedy::Stop(Cause::Settings) => "see what is to be read: fetch.server and fetch.named",
        _ => return error.told(now),
    };
    format!("{error}; {advice}")
}

/// Writes down how the last call went; a refusal for too many holds up every process.
pub(super) async fn note(
    tx: &Tx,
    source: &source::Model,
    error: Option<&ReadError>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use fetching::Column;
    if let Some(ReadError::RateLimited { rate }) = error {
        allowance::close(tx, source, rate.resets_at, now).await?;
    }
    let update = fetching::Entity::update_many()
        .col_expr(Column::Problem, Expr::value(error.map(|error| words(error, now))))
        .col_expr(Column::FailedAt, Expr::value(error.map(|_| now)))
        .filter(Column::SourceId.eq(source.id));
    let update = match error {
        Some(_) => update,
        None => update.filter(Column::Problem.is_not_null()),
    };
    update.exec(tx).await?;
    Ok(())
}

/// The key goes with the source.
pub(super) async fn forget(tx: &Tx, source: &source::Model) -> Result<(), DbErr> {
    fetching::Entity::delete_many()
        .filter(fetching::Column::SourceId.eq(source.id))
        .exec(tx)
        .await?;
    Ok(())
}
