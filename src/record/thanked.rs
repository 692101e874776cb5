//! For what one person was thanked, as their own feed shows it, from the first on.
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use entity::recognition;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    ledger::feed::{self, Audience, Shown},
    said::shield,
};

/// Words are read for so many at once.
const AT_ONCE: usize = 200;

/// One thank-you, without its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thanked {
    /// The recognition.
    pub id: Uuid,
    /// When it was said.
    pub at: DateTime<Utc>,
    /// The day on which it counts.
    pub on: NaiveDate,
}

/// All of one person, the first to be said first: as many as the feed shows, whatever became of their words.
pub async fn of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    person: Uuid,
) -> Result<Vec<Thanked>, DbErr> {
    use recognition::Column;
    let rows: Vec<(Uuid, DateTime<Utc>, NaiveDate)> = feed::standing(organisation, Audience::All)
        .filter(Column::StaffId.eq(person))
        .filter(Expr::exists(feed::unseen()).not())
        .order_by_asc(Column::OccurredAt)
        .order_by_asc(Column::Id)
        .select_only()
        .column(Column::Id)
        .column(Column::OccurredAt)
        .column(Column::OccurredOn)
        .into_tuple()
        .all(connection)
        .await?;
    let thanked = |(id, at, on)| Thanked { id, at, on };
    Ok(rows.into_iter().map(thanked).collect())
}

/// The same with what a feed shows beside them; those are left out whose words the shield has begun to look at.
pub async fn with_words(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    wanted: &[Thanked],
) -> Result<Vec<Shown>, DbErr> {
    let mut shown = Vec::new();
    for wanted in wanted.chunks(AT_ONCE) {
        let ids = wanted.iter().map(|one| one.id);
        let rows = recognition::Entity::named(organisation, recognition::Column::Id, ids)
            .filter(recognition::Column::WithdrawnAt.is_null())
            .all(connection)
            .await?;
        let mut rows: HashMap<Uuid, recognition::Model> = rows.into_iter().map(|row| (row.id, row)).collect();
        let in_order = wanted.iter().filter_map(|one| rows.remove(&one.id)).collect();
        shown.extend(feed::with_words(connection, organisation, in_order).await?);
    }
    shown.retain(|row| shield::is_seen(&row.comment.0));
    Ok(shown)
}

/// How many there were in each year.
#[must_use]
pub fn by_year(thanked: &[Thanked]) -> BTreeMap<i32, u64> {
    let mut years = BTreeMap::new();
    for one in thanked {
        *years.entry(one.on.year()).or_default() += 1;
    }
    years
}

/// Which of so many are worth a line of their own, counted from 1: the first, the 10th, 25th, 50th, 100th, 250th and so on.
#[must_use]
pub fn milestones(count: usize) -> Vec<usize> {
    let tens = std::iter::successors(Some(10_usize), |ten| ten.checked_mul(10));
    let all = tens.flat_map(|ten| [ten, ten.saturating_mul(5) / 2, ten.saturating_mul(5)]);
    std::iter::once(1)
        .chain(all)
        .take_while(|number| *number <= count)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milestones_never_end_and_never_begin_again() {
        assert_eq!(milestones(0), [0; 0]);
        assert_eq!(milestones(9), [1]);
        assert_eq!(milestones(41), [1, 10, 25]);
        assert_eq!(milestones(1000), [1, 10, 25, 50, 100, 250, 500, 1000]);
    }
}
