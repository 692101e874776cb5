//! The number that Plaudit exists to shorten: how long it takes until a customer's words are heard.
use chrono::{DateTime, TimeDelta, Utc};
use entity::passed_on::{self, Column};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::Desk;

/// How far it looks back.
pub const WINDOW: TimeDelta = TimeDelta::weeks(4);
/// The newest so many are measured.
const MEASURED: u64 = 1000;

/// How long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From the customer's words to the person: half of them took no longer.
    pub median: TimeDelta,
    /// How many were measured.
    pub n: u64,
}

/// The pace of a desk in the last four weeks; none where nothing was passed on. Reads its rows off an index, the newest
/// thousand at most.
pub async fn pace(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    desk: &Desk,
    now: DateTime<Utc>,
) -> Result<Option<Pace>, DbErr> {
    let mut recent = passed_on::Entity::within(organisation).filter(Column::PassedOnAt.gt(now - WINDOW));
    if !desk.everything {
        let Some(manager) = desk.manager else {
            return Ok(None);
        };
        recent = recent.filter(Column::ManagerId.eq(manager));
    }
    let times: Vec<(DateTime<Utc>, DateTime<Utc>)> = recent
        .order_by_desc(Column::PassedOnAt)
        .limit(MEASURED)
        .select_only()
        .column(Column::SaidAt)
        .column(Column::PassedOnAt)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(median(
        times.into_iter().map(|(said, heard)| heard - said).collect(),
    ))
}

/// The lower median: half of the values are not greater.
fn median(mut taken: Vec<TimeDelta>) -> Option<Pace> {
    taken.sort_unstable();
    let middle = taken.len().checked_sub(1)? / 2;
    Some(Pace {
        median: (*taken.get(middle)?).max(TimeDelta::zero()),
        n: taken.len() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_them_took_no_longer() {
        let hours = |hours: &[i64]| median(hours.iter().map(|hours| TimeDelta::hours(*hours)).collect());
        assert_eq!(hours(&[]), None);
        let pace = |median, n| {
            let median = TimeDelta::hours(median);
            Some(Pace { median, n })
        };
        assert_eq!(hours(&[9]), pace(9, 1));
        assert_eq!(hours(&[9, 1, 40]), pace(9, 3));
        assert_eq!(hours(&[9, 1, 40, 2]), pace(2, 4));
    }
}
