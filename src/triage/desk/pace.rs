//! The number that Plaudit exists to shorten: how long it takes until a customer's words are heard.
use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    among,
    passed_on::{self, Column},
    recognition,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use super::Desk;

/// How far it looks back.
pub const WINDOW: TimeDelta = TimeDelta::weeks(4);
/// The newest so many are measured.
const MEASURED: u64 = 1000;
/// The newest so many are measured where all sites are.
pub const MOST: u64 = 20_000;

/// How long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From the customer's words to the person: half of them took no longer.
    pub median: TimeDelta,
    /// The same of nine in ten.
    pub p90: TimeDelta,
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
    Ok(Pace::of(
        times.into_iter().map(|(said, heard)| heard - said).collect(),
    ))
}

/// The paces of managers' teams in the four weeks before a time, in one statement; who has none is left out.
pub async fn of_managers(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    managers: &[Uuid],
    until: DateTime<Utc>,
) -> Result<HashMap<Uuid, Pace>, DbErr> {
    if managers.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(Option<Uuid>, DateTime<Utc>, DateTime<Utc>)> = passed_on::Entity::within(organisation)
        .filter(among(Column::ManagerId, managers.iter().copied()))
        .filter(Column::PassedOnAt.gt(until - WINDOW))
        .filter(Column::PassedOnAt.lte(until))
        .order_by_desc(Column::PassedOnAt)
        .limit(MOST)
        .select_only()
        .columns([Column::ManagerId, Column::SaidAt, Column::PassedOnAt])
        .into_tuple()
        .all(connection)
        .await?;
    let mut taken: HashMap<Uuid, Vec<TimeDelta>> = HashMap::new();
    for (manager, said, heard) in rows {
        let Some(manager) = manager else { continue };
        taken.entry(manager).or_default().push(heard - said);
    }
    let paces = taken.into_iter();
    Ok(paces
        .filter_map(|(manager, taken)| Some((manager, Pace::of(taken)?)))
        .collect())
}

/// When customers' words came in and when the people heard of them, with the sites where they count.
pub type Heard = (Option<Uuid>, DateTime<Utc>, DateTime<Utc>);

/// What people of an organisation heard from a time until before another, read along an index: the newest so many at most.
pub async fn heard(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Heard>, DbErr> {
    heard_within(organisation, (from, until))
        .into_tuple()
        .all(connection)
        .await
}

/// The same as a statement.
#[must_use]
pub fn heard_within(
    organisation: Uuid,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Select<passed_on::Entity> {
    passed_on::Entity::within(organisation)
        .join(
            JoinType::InnerJoin,
            passed_on::Entity::belongs_to(recognition::Entity)
                .from(Column::RecognitionId)
                .to(recognition::Column::Id)
                .into(),
        )
        .filter(Column::PassedOnAt.gte(from))
        .filter(Column::PassedOnAt.lt(until))
        .order_by_desc(Column::PassedOnAt)
        .limit(MOST)
        .select_only()
        .column(recognition::Column::SiteId)
        .columns([Column::SaidAt, Column::PassedOnAt])
}

impl Pace {
    /// The lower median and the lower 90th percentile: half and nine in ten of the values are not greater.
    #[must_use]
    pub fn of(mut taken: Vec<TimeDelta>) -> Option<Pace> {
        taken.sort_unstable();
        let last = taken.len().checked_sub(1)?;
        let at = |place: usize| Some((*taken.get(place)?).max(TimeDelta::zero()));
        Some(Pace {
            median: at(last / 2)?,
            p90: at((taken.len() * 9).div_ceil(10) - 1)?,
            n: taken.len() as u64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_them_took_no_longer() {
        let hours = |hours: &[i64]| Pace::of(hours.iter().map(|hours| TimeDelta::hours(*hours)).collect());
        assert_eq!(hours(&[]), None);
        let pace = |median, p90, n| {
            let (median, p90) = (TimeDelta::hours(median), TimeDelta::hours(p90));
            Some(Pace { median, p90, n })
        };
        assert_eq!(hours(&[9]), pace(9, 9, 1));
        assert_eq!(hours(&[9, 1, 40]), pace(9, 40, 3));
        assert_eq!(hours(&[9, 1, 40, 2]), pace(2, 40, 4));
        assert_eq!(hours(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), pace(5, 9, 10));
    }
}
