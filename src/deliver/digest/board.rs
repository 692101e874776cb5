//! The boards of readers' teams in digests, by the rules of the board's own page.
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use domain::period::PeriodKind;
use entity::organisation::{self, BoardMode};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::super::compose::said::{self, full_name};
use crate::ledger::board;

/// People whom a digest shows of a board.
const SHOWN: usize = 25;

/// Names and thanks of a team, most thanks first.
#[derive(Clone, Debug, Default)]
pub(super) struct Board {
    pub(super) standings: Vec<(u64, String)>,
    /// Whether there are more people on it.
    pub(super) has_more: bool,
}

/// The boards of the teams of these managers in the month of a day; none where boards are off.
pub(super) async fn month(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    managers: &[Uuid],
    day: NaiveDate,
) -> Result<HashMap<Uuid, Board>, DbErr> {
    if organisation.board_mode == BoardMode::Off || managers.is_empty() {
        return Ok(HashMap::new());
    }
    let teams = board::of_teams(connection, organisation.id, managers, PeriodKind::Month, day).await?;
    let staff: HashSet<Uuid> = teams.values().flatten().map(|(staff, _)| *staff).collect();
    let people = said::people(connection, organisation.id, staff).await?;
    let board = |counts: Vec<(Uuid, u64)>| {
        let named = counts
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .filter_map(|(staff, count)| Some((count, full_name(people.get(&staff)?))));
        let mut standings: Vec<(u64, String)> = named.collect();
        standings.sort_by(|(n, one), (m, other)| m.cmp(n).then_with(|| one.cmp(other)));
        let has_more = standings.len() > SHOWN;
        standings.truncate(SHOWN);
        Board { standings, has_more }
    };
    Ok(teams
        .into_iter()
        .map(|(manager, counts)| (manager, board(counts)))
        .collect())
}
