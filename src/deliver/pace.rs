//! Rooms are written to slowly: one card at a time, and beyond five in ten minutes one card gathers what there is.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::delivery;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{
    channel::{Channel, Pace, Recipient, Rendered},
    compose::Message,
    prepare::Task,
};
use crate::{
    deliver::app::DeliverApp,
    platform::job::{Claimed, JobError, worker::Failures},
};

/// Cards that a room gets …
const CARDS: usize = 5;
/// … in this time.
const WINDOW: TimeDelta = TimeDelta::minutes(10);
/// Deliveries older than this are not looked at, so that a look does not grow with a room's history.
const LOOK_BACK: TimeDelta = TimeDelta::days(1);

/// What leaves together, to one recipient.
pub(super) struct Bundle {
    pub(super) channel: &'static dyn Channel,
    pub(super) to: Recipient,
    pub(super) tasks: Vec<Task>,
}

impl Bundle {
    pub(super) fn render(&self, app: &DeliverApp, now: DateTime<Utc>) -> anyhow::Result<Option<Rendered>> {
        let messages: Vec<&Message> = self.tasks.iter().map(|task| &task.message).collect();
        self.channel.render(app, &messages, &self.to, now)
    }

    /// Its jobs, each once.
    pub(super) fn jobs(&self) -> impl Iterator<Item = &Claimed> {
        let by_id: BTreeMap<i64, &Claimed> = self.tasks.iter().map(|task| (task.job.id, &task.job)).collect();
        by_id.into_values()
    }
}

/// What leaves now, and what waits for its turn.
pub(super) async fn bundle(
    app: &DeliverApp,
    tasks: Vec<Task>,
    now: DateTime<Utc>,
) -> Result<(Vec<Bundle>, Failures), DbErr> {
    let (mut bundles, mut put_off) = (Vec::new(), Failures::new());
    let mut rooms: BTreeMap<Uuid, (Pace, Vec<Task>)> = BTreeMap::new();
    // What one job gathers is one message; every other has a job of its own.
    let mut by_job: BTreeMap<i64, Vec<Task>> = BTreeMap::new();
    for task in tasks {
        match (task.channel.pace(), task.to.channel()) {
            (Some(pace), Some(room)) => {
                let waiting = rooms.entry(room).or_insert_with(|| (pace, Vec::new()));
                waiting.1.push(task);
            }
            _ => by_job.entry(task.job.id).or_default().push(task),
        }
    }
    bundles.extend(by_job.into_values().filter_map(together));
    for (room, (pace, mut tasks)) in rooms {
        let cards = cards(app, room, now).await?;
        let Turn { take, rest_at } = turn(&cards, tasks.len(), pace, now);
        let rest = tasks.split_off(take.min(tasks.len()));
        bundles.extend(together(tasks));
        let why = "its room is told a little at a time";
        let wait = |task: Task| (task.job, JobError::PutOff { at: rest_at, why });
        put_off.extend(rest.into_iter().map(wait));
    }
    Ok((bundles, put_off))
}

fn together(tasks: Vec<Task>) -> Option<Bundle> {
    let first = tasks.first()?;
    Some(Bundle {
        channel: first.channel,
        to: first.to.clone(),
        tasks,
    })
}

/// When a room was written to of late, accepted or not.
async fn cards(app: &DeliverApp, room: Uuid, now: DateTime<Utc>) -> Result<BTreeSet<DateTime<Utc>>, DbErr> {
    use delivery::{Column, Entity};
    let times: Vec<DateTime<Utc>> = Entity::find()
        .filter(Column::ChannelId.eq(room))
        .filter(Column::CreatedAt.gt(now - LOOK_BACK))
        .filter(Column::AttemptedAt.gt(now - WINDOW))
        .select_only()
        .column(Column::AttemptedAt)
        .distinct()
        .into_tuple()
        .all(app.db.read())
        .await?;
    Ok(times.into_iter().collect())
}

#[derive(Debug, PartialEq, Eq)]
struct Turn {
    /// How many leave now, as one.
    take: usize,
    /// When the others are looked at again.
    rest_at: DateTime<Utc>,
}

fn turn(cards: &BTreeSet<DateTime<Utc>>, waiting: usize, pace: Pace, now: DateTime<Utc>) -> Turn {
    let free_at = cards.last().map_or(now, |last| *last + pace.gap);
    let full_until = cards.iter().rev().nth(CARDS - 1).map(|oldest| *oldest + WINDOW);
    let at = free_at.max(full_until.unwrap_or(free_at));
    if at > now {
        return Turn { take: 0, rest_at: at };
    }
    let is_crowded = cards.len() + waiting > CARDS;
    Turn {
        take: if is_crowded { pace.most } else { 1 },
        rest_at: now + pace.gap,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn asked(cards: &[i64], waiting: usize) -> (usize, DateTime<Utc>) {
        let cards = cards.iter().map(|second| at(*second)).collect();
        let pace = Pace {
            gap: TimeDelta::seconds(1),
            most: 8,
        };
        let turn = turn(&cards, waiting, pace, at(0));
        (turn.take, turn.rest_at)
    }

    #[test]
    fn up_to_five_leave_one_by_one_and_more_are_gathered() {
        assert_eq!(asked(&[], 5), (1, at(1)));
        assert_eq!(asked(&[], 6), (8, at(1)));
        assert_eq!(asked(&[-300, -200, -100, -50], 2), (8, at(1)));
    }

    #[test]
    fn a_room_that_was_told_a_moment_ago_or_often_waits() {
        assert_eq!(asked(&[0], 1), (0, at(1)));
        assert_eq!(asked(&[-500, -400, -300, -200, -100], 1), (0, at(100)));
    }
}
