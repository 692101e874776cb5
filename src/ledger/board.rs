//! Boards: who was thanked how often in a period, from counters alone, so that history costs nothing.
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    leaderboard::{self, Band},
    period::PeriodKind,
};
use entity::{
    among, board_absence, organisation, organisation::BoardMode, recognition, recognition_count,
    staff_member, team_count,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QuerySelect,
    QueryTrait, Select,
    sea_query::{Expr, SelectStatement},
};
use uuid::Uuid;

use super::scope::{self, Scope};
use crate::roster::staff::full_name;

/// Which board.
#[derive(Clone, Copy, Debug)]
pub struct BoardQuery {
    /// A site with those below it, a team, or the organisation; a person has no board.
    pub scope: Scope,
    /// Length of the period.
    pub kind: PeriodKind,
    /// Any day of the period.
    pub on: NaiveDate,
    /// Count and person of the last row of the page before.
    pub after: Option<(u64, Uuid)>,
    /// Rows of the page.
    pub limit: usize,
    /// The reader's own scope, of which they see the board where only teams have one.
    pub own: Option<Scope>,
}

/// A page of a board.
#[derive(Clone, Debug)]
pub struct Board {
    /// First day of the period.
    pub start: NaiveDate,
    /// First day after it; none for all time.
    pub end: Option<NaiveDate>,
    /// The rows, highest count first, equal counts in alphabetical order.
    pub rows: Vec<Row>,
    /// Whether more rows follow.
    pub has_more: bool,
    /// People on the whole board.
    pub people: u64,
    /// Sum of the whole board.
    pub total: u64,
    /// What colleagues wrote down for people of the board's scope, beside the sum.
    pub logged: u64,
}

/// A row of a board.
#[derive(Clone, Debug)]
pub struct Row {
    /// 1, 2, 2, 4: people with equal counts share it.
    pub rank: u64,
    /// Recognitions.
    pub count: u64,
    /// Those that colleagues wrote down, beside the count: else they could push one another.
    pub logged: u64,
    /// Who.
    pub person: staff_member::Model,
}

/// Why there is no such board.
#[derive(Debug, thiserror::Error)]
pub enum NoBoard {
    /// The organisation keeps none.
    #[error("this organisation keeps no boards")]
    Off,
    /// It keeps those of teams only.
    #[error("this organisation keeps boards of teams only; name a team")]
    TeamsOnly,
    /// A board of one.
    #[error("a single person has no board; name a team, a site, or neither")]
    OfOnePerson,
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// Whether an organisation keeps the board of a scope for a reader whose own scope is `own`.
pub fn permits(mode: BoardMode, scope: Scope, own: Option<Scope>) -> Result<(), NoBoard> {
    match (mode, scope) {
        (_, Scope::Person(_)) => Err(NoBoard::OfOnePerson),
        (BoardMode::Off, _) => Err(NoBoard::Off),
        (BoardMode::Full, _) | (BoardMode::Team, Scope::Team(_)) => Ok(()),
        (BoardMode::Team, scope) if own == Some(scope) => Ok(()),
        (BoardMode::Team, _) => Err(NoBoard::TeamsOnly),
    }
}

/// A page of a board, if the organisation keeps it.
pub async fn board(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    query: BoardQuery,
) -> Result<Board, NoBoard> {
    permits(organisation.board_mode, query.scope, query.own)?;
    let start = query.kind.start(query.on);
    let counts = counts(connection, organisation.id, query.scope, query.kind, start).await?;
    let bands = leaderboard::bands(counts);
    let (mut rows, has_more) = page(connection, organisation.id, &bands, &query).await?;
    let logged = logged(
        connection,
        organisation.id,
        query.scope,
        (start, query.kind.end(start)),
    )
    .await?;
    for row in &mut rows {
        row.logged = logged.get(&row.person.id).copied().unwrap_or_default();
    }
    Ok(Board {
        start,
        end: query.kind.end(start),
        rows,
        has_more,
        people: bands.iter().map(|band| band.people.len() as u64).sum(),
        total: bands
            .iter()
            .map(|band| band.count * band.people.len() as u64)
            .sum(),
        logged: logged.values().sum(),
    })
}

/// What each person has who was thanked in the teams of these managers in a period, by manager; by the same rules as
/// the board of each of them.
pub async fn of_teams(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    managers: &[Uuid],
    kind: PeriodKind,
    on: NaiveDate,
) -> Result<HashMap<Uuid, Vec<(Uuid, u64)>>, DbErr> {
    let rows = in_teams(organisation, managers, kind, kind.start(on))
        .all(connection)
        .await?;
    let mut teams: HashMap<Uuid, Vec<(Uuid, u64)>> = HashMap::new();
    for row in rows {
        let count = u64::try_from(row.n).unwrap_or_default();
        teams
            .entry(row.manager_id)
            .or_default()
            .push((row.staff_id, count));
    }
    Ok(teams)
}

fn in_teams(
    organisation: Uuid,
    managers: &[Uuid],
    kind: PeriodKind,
    start: NaiveDate,
) -> Select<team_count::Entity> {
    use team_count::Column;
    team_count::Entity::within(organisation)
        .filter(Column::PeriodKind.eq(kind.name()))
        .filter(Column::PeriodStart.eq(start))
        .filter(among(Column::ManagerId, managers.iter().copied()))
        .filter(Column::StaffId.not_in_subquery(absent(organisation)))
}

/// What each person of a scope has in a period: as many rows as people were thanked in it.
async fn counts(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    scope: Scope,
    kind: PeriodKind,
    start: NaiveDate,
) -> Result<Vec<(Uuid, u64)>, DbErr> {
    let query = match scope {
        Scope::Team(manager) => summed(
            in_teams(organisation, &[manager], kind, start),
            team_count::Column::StaffId,
            team_count::Column::N,
        ),
        _ => {
            use recognition_count::Column;
            let mut period = recognition_count::Entity::within(organisation)
                .filter(Column::PeriodKind.eq(kind.name()))
                .filter(Column::PeriodStart.eq(start))
                .filter(Column::StaffId.not_in_subquery(absent(organisation)));
            if let Scope::Site(site) = scope {
                let sites = scope::sites_of(connection, organisation, site).await?;
                period = period.filter(among(Column::SiteId, sites));
            }
            summed(period, Column::StaffId, Column::N)
        }
    };
    let rows = connection.query_all(&query).await?;
    let count = |row: &sea_orm::QueryResult| {
        let n: i64 = row.try_get("", "n")?;
        Ok((row.try_get("", "staff_id")?, u64::try_from(n).unwrap_or_default()))
    };
    rows.iter().map(count).collect()
}

/// What colleagues wrote down for each person of a scope, from a day until before another: an index of nothing else
/// holds it, so it needs no counters.
async fn logged(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    scope: Scope,
    (start, end): (NaiveDate, Option<NaiveDate>),
) -> Result<HashMap<Uuid, u64>, DbErr> {
    use recognition::Column;
    let mut found = recognition::Entity::within(organisation)
        // As the index says it: a bound value would not match.
        .filter(Expr::col((recognition::Entity, Column::Logged)))
        .filter(Column::WithdrawnAt.is_null())
        .filter(Column::OccurredOn.gte(start))
        .filter(Column::StaffId.is_not_null())
        .filter(Column::StaffId.not_in_subquery(absent(organisation)));
    if let Some(end) = end {
        found = found.filter(Column::OccurredOn.lt(end));
    }
    match scope {
        Scope::Organisation => {}
        Scope::Person(staff) => found = found.filter(Column::StaffId.eq(staff)),
        Scope::Team(manager) => found = found.filter(Column::ManagerId.eq(manager)),
        Scope::Site(site) => {
            let sites = scope::sites_of(connection, organisation, site).await?;
            found = found.filter(among(Column::SiteId, sites));
        }
    }
    let counted: Vec<(Uuid, i64)> = found
        .select_only()
        .column(Column::StaffId)
        .column_as(Column::Id.count(), "n")
        .group_by(Column::StaffId)
        .into_tuple()
        .all(connection)
        .await?;
    let count = |(staff, n)| (staff, u64::try_from(n).unwrap_or_default());
    Ok(counted.into_iter().map(count).collect())
}

/// Who wishes to be on no board, as a part of another query.
pub(super) fn absent(organisation: Uuid) -> SelectStatement {
    board_absence::Entity::within(organisation)
        .select_only()
        .column(board_absence::Column::StaffId)
        .into_query()
}

fn summed<E: EntityTrait>(rows: Select<E>, staff: E::Column, n: E::Column) -> SelectStatement {
    rows.select_only()
        .column(staff)
        .expr_as(Expr::col(n).sum().cast_as("bigint"), "n")
        .group_by(staff)
        .into_query()
}

/// Names are read of those bands only that the page touches.
async fn page(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    bands: &[Band<Uuid>],
    query: &BoardQuery,
) -> Result<(Vec<Row>, bool), DbErr> {
    let touched = leaderboard::touched(bands, query.after.map(|(count, _)| count), query.limit);
    let mut people = people(connection, organisation, touched).await?;
    let name = |person: &Uuid| people.get(person).map(full_name).unwrap_or_default();
    let standings = leaderboard::standings(touched, name);
    let place = |(count, person)| {
        let is_last = |row: &leaderboard::Standing<Uuid>| row.count == count && row.person == person;
        standings.iter().position(is_last).map_or(0, |at| at + 1)
    };
    let begin = query.after.map_or(0, place);
    let has_more = standings.len() > begin + query.limit;
    let rows = standings.into_iter().skip(begin).take(query.limit);
    let rows = rows.filter_map(|row| {
        people.remove(&row.person).map(|person| Row {
            rank: row.rank,
            count: row.count,
            logged: 0,
            person,
        })
    });
    Ok((rows.collect(), has_more))
}

async fn people(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    bands: &[Band<Uuid>],
) -> Result<HashMap<Uuid, staff_member::Model>, DbErr> {
    let ids: Vec<Uuid> = bands
        .iter()
        .flat_map(|band| band.people.iter().copied())
        .collect();
    let mut people = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(1000) {
        let found =
            staff_member::Entity::named(organisation, staff_member::Column::Id, chunk.iter().copied())
                .all(connection)
                .await?;
        people.extend(found.into_iter().map(|person| (person.id, person)));
    }
    Ok(people)
}

/// How many thank-yous of a board were found since a time in comments that had been read before.
pub async fn found_later(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    scope: Scope,
    since: DateTime<Utc>,
) -> Result<u64, DbErr> {
    use recognition::Column;
    let mut found = recognition::Entity::within(organisation)
        .filter(Column::RecognisedAt.gte(since))
        .filter(Column::WithdrawnAt.is_null())
        .filter(Column::StaffId.is_not_null())
        .filter(Column::Quiet.eq(true));
    match scope {
        Scope::Organisation => {}
        Scope::Person(staff) => found = found.filter(Column::StaffId.eq(staff)),
        Scope::Team(manager) => found = found.filter(Column::ManagerId.eq(manager)),
        Scope::Site(site) => {
            let sites = scope::site_and_below(organisation, site);
            found = found.filter(Column::SiteId.in_subquery(sites));
        }
    }
    found.count(connection).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_decides_which_boards_there_are() {
        let (team, site) = (Scope::Team(Uuid::nil()), Scope::Site(Uuid::nil()));
        assert!(matches!(permits(BoardMode::Off, team, None), Err(NoBoard::Off)));
        assert!(permits(BoardMode::Team, team, None).is_ok());
        assert!(matches!(
            permits(BoardMode::Team, site, None),
            Err(NoBoard::TeamsOnly)
        ));
        assert!(permits(BoardMode::Team, site, Some(site)).is_ok());
        assert!(permits(BoardMode::Full, Scope::Organisation, None).is_ok());
    }

    #[test]
    fn nobody_has_a_board_of_their_own() {
        let own = Scope::Person(Uuid::nil());
        assert!(matches!(
            permits(BoardMode::Full, own, Some(own)),
            Err(NoBoard::OfOnePerson)
        ));
    }
}
