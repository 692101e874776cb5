//! A call that brought nothing: when to ask again, or who has to act first.
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::reader;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr, sea_query::Expr};

use super::place::{Place, sharing};
use crate::{
    capture::{
        remote::{Cause, ReadError, Remedy},
        x::Snowflake,
    },
    platform::db::Tx,
};

/// Longest wait between two attempts.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);
/// How far back X's search reaches, less a margin for the time a call takes.
pub(crate) const SEARCH_REACHES: TimeDelta = TimeDelta::minutes(7 * 24 * 60 - 5);

/// Writes a failure down; answers when to try again, or nothing where a person has to act.
pub(super) async fn record(
    tx: &Tx,
    place: &Place,
    error: &ReadError,
    now: DateTime<Utc>,
    jitter: f64,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    let failures = place.reader.failures.saturating_add(1);
    let mut row: reader::ActiveModel = place.reader.clone().into();
    row.held = Set(0);
    row.failures = Set(failures);
    row.last_error = Set(Some(error.told(now)));
    row.failed_at = Set(Some(now));
    let next = match remedy(place, error, now) {
        Remedy::WaitUntil(at) => {
            close_window(tx, place, error, at).await?;
            Some(at)
        }
        Remedy::Retry { at_least } => Some(now + wait(at_least, failures, jitter)),
        Remedy::StartFromTime => {
            skip(place, &mut row, now);
            Some(now)
        }
        Remedy::Stop(cause) => {
            row.stopped_by = Set(Some(cause.name().to_owned()));
            None
        }
    };
    if refuses_the_place(place, error) {
        row.next_token = Set(None);
        row.round_started_at = Set(None);
        row.round_posts = Set(0);
    }
    row.update(tx).await?;
    Ok(next)
}

/// Writes down that no call can be made before a person acted.
pub(super) async fn stop(tx: &Tx, place: &Place, why: String, now: DateTime<Utc>) -> Result<(), DbErr> {
    let mut row: reader::ActiveModel = place.reader.clone().into();
    row.held = Set(0);
    row.last_error = Set(Some(why));
    row.failed_at = Set(Some(now));
    row.stopped_by = Set(Some(Cause::Settings.name().to_owned()));
    row.update(tx).await?;
    Ok(())
}

fn remedy(place: &Place, error: &ReadError, now: DateTime<Utc>) -> Remedy {
    let again = Remedy::Retry {
        at_least: Duration::from_secs(60),
    };
    match error.remedy(now) {
        // A time within X's reach cannot be too old: this is some other refusal.
        Remedy::StartFromTime if starts_within_reach(place, now) => again,
        Remedy::Stop(_) if refuses_the_place(place, error) => again,
        remedy => remedy,
    }
}

fn starts_within_reach(place: &Place, now: DateTime<Utc>) -> bool {
    let from = place.reader.from_time.filter(|_| place.reader.after.is_none());
    from.is_some_and(|from| from >= now - SEARCH_REACHES)
}

/// The token of a page can grow old; then the round begins anew before anybody is troubled.
fn refuses_the_place(place: &Place, error: &ReadError) -> bool {
    let is_about_question = matches!(
        error,
        ReadError::BadQuestion { .. } | ReadError::CursorTooOld { .. }
    );
    is_about_question && place.reader.next_token.is_some()
}

/// Goes on from as far back as the service reaches, and says what lies between.
fn skip(place: &Place, row: &mut reader::ActiveModel, now: DateTime<Utc>) {
    let earliest = now - SEARCH_REACHES;
    let since = place.reader.after.as_deref().and_then(time_of);
    let since = since.or(place.reader.from_time);
    row.after = Set(None);
    row.from_time = Set(Some(earliest));
    row.next_token = Set(None);
    row.round_started_at = Set(None);
    row.round_posts = Set(0);
    note_gap(place, row, since.unwrap_or(earliest), earliest);
}

/// Reports what cannot be fetched any more; an earlier gap that was not looked at yet is kept within it.
pub(super) fn note_gap(place: &Place, row: &mut reader::ActiveModel, from: DateTime<Utc>, to: DateTime<Utc>) {
    let earlier = place.reader.gap_from.unwrap_or(from);
    row.gap_from = Set(Some(from.min(earlier)));
    row.gap_to = Set(Some(to.max(place.reader.gap_to.unwrap_or(to))));
}

pub(super) fn time_of(id: &str) -> Option<DateTime<Utc>> {
    id.parse::<Snowflake>().ok()?.made_at()
}

/// Nobody who shares the allowance asks before its window ends.
async fn close_window(tx: &Tx, place: &Place, error: &ReadError, at: DateTime<Utc>) -> Result<(), DbErr> {
    if matches!(error, ReadError::RateLimited { .. }) {
        sharing(place)
            .col_expr(reader::Column::CallsLeft, Expr::value(Some(0)))
            .col_expr(reader::Column::WindowEndsAt, Expr::value(Some(at)))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// The service's shortest wait, doubled with every failure in a row, at most an hour, times `jitter` (1.0 to 1.2).
fn wait(at_least: Duration, failures: i32, jitter: f64) -> TimeDelta {
    let doublings = u32::try_from(failures.clamp(1, 20) - 1).unwrap_or_default();
    let wait = at_least.saturating_mul(1 << doublings).mul_f64(jitter);
    TimeDelta::from_std(wait).map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end_at_an_hour() {
        let five = Duration::from_secs(5);
        assert_eq!(wait(five, 1, 1.0), TimeDelta::seconds(5));
        assert_eq!(wait(five, 4, 1.0), TimeDelta::seconds(40));
        assert_eq!(wait(five, 90, 1.2), LONGEST_WAIT);
        assert!(wait(Duration::from_secs(60), 1, 1.2) >= TimeDelta::seconds(60));
    }
}
