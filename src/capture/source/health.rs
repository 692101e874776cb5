//! How sources are doing to which tools push, and what is wrong with one, in words.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{fetching, hook, push, push_comment, source};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::tool::Tool;

/// What there is to say of a hook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookHealth {
    pub last_push_at: Option<DateTime<Utc>>,
    /// Pushes that are kept, and their bytes.
    pub pushes: i64,
    pub bytes: i64,
    pub waiting: u64,
    pub quarantined: u64,
    pub refused: i64,
    pub refused_at: Option<DateTime<Utc>>,
    pub retention_days: i32,
    /// It must sign, and no secret was entered yet.
    pub lacks_secret: bool,
    /// When its reading key was entered.
    pub reading_key_at: Option<DateTime<Utc>>,
    /// Why the last call to it brought nothing; none after one that did.
    pub fetch_problem: Option<String>,
    /// Why the last push that was counted was refused; only after [`diagnose`].
    pub refused_why: Option<String>,
    /// Pushes come and are read, and none brought a comment; only after [`diagnose`].
    pub says_nothing: bool,
}

/// How the hooks among an organisation's sources are doing, in a few queries however many they are.
pub async fn healths(
    connection: &impl ConnectionTrait,
    sources: &[source::Model],
) -> Result<HashMap<Uuid, HookHealth>, DbErr> {
    let pushed: Vec<&source::Model> = sources
        .iter()
        .filter(|source| Tool::find(&source.kind).is_some())
        .collect();
    let Some(first) = pushed.first() else {
        return Ok(HashMap::new());
    };
    let (organisation, ids) = (first.organisation_id, pushed.iter().map(|source| source.id));
    let hooks = hook::Entity::named(organisation, hook::Column::SourceId, ids.clone())
        .all(connection)
        .await?;
    let mut healths: HashMap<Uuid, HookHealth> =
        hooks.iter().map(|hook| (hook.source_id, health(hook))).collect();
    for source in &pushed {
        if let Some(health) = healths.get_mut(&source.id) {
            health.lacks_secret = lacks_secret(source);
        }
    }
    let fetched = fetching::Entity::named(organisation, fetching::Column::SourceId, ids.clone())
        .all(connection)
        .await?;
    for row in fetched {
        if let Some(health) = healths.get_mut(&row.source_id) {
            health.reading_key_at = Some(row.sealed_at);
            health.fetch_problem = row.problem;
        }
    }
    let counts: Vec<(Uuid, push::State, i64)> =
        push::Entity::named(organisation, push::Column::SourceId, ids)
            .filter(push::Column::State.ne(push::State::Read))
            .select_only()
            .column(push::Column::SourceId)
            .column(push::Column::State)
            .column_as(push::Column::Id.count(), "n")
            .group_by(push::Column::SourceId)
            .group_by(push::Column::State)
            .into_tuple()
            .all(connection)
            .await?;
    for (source, state, n) in counts {
        let n = u64::try_from(n).unwrap_or_default();
        if let Some(health) = healths.get_mut(&source) {
            match state {
                push::State::Waiting => health.waiting = n,
                push::State::Quarantined => health.quarantined = n,
                push::State::Read => {}
            }
        }
    }
    Ok(healths)
}

fn lacks_secret(source: &source::Model) -> bool {
    let tool = Tool::find(&source.kind).and_then(|tool| tool.with(&source.settings).ok());
    source.sealed.is_none() && tool.is_some_and(|tool| !tool.works_without_secrets())
}

/// Looks closer at one source, so that [`trouble`] can say more of it.
pub async fn diagnose(
    connection: &impl ConnectionTrait,
    source: &source::Model,
    health: &mut HookHealth,
) -> Result<(), DbErr> {
    if health.refused > 0 {
        health.refused_why = last_refusal(connection, source).await?;
    }
    let pushes = push::Entity::within(source.organisation_id)
        .select_only()
        .column(push::Column::Id)
        .filter(push::Column::SourceId.eq(source.id))
        .into_query();
    let comment = push_comment::Entity::within(source.organisation_id)
        .filter(push_comment::Column::PushId.in_subquery(pushes))
        .one(connection)
        .await?;
    let are_read = health.waiting == 0 && health.quarantined == 0;
    health.says_nothing = comment.is_none() && health.pushes > 0 && are_read;
    Ok(())
}

async fn last_refusal(
    connection: &impl ConnectionTrait,
    source: &source::Model,
) -> Result<Option<String>, DbErr> {
    let line = entity::audit::Entity::within(source.organisation_id)
        .filter(entity::audit::Column::Action.eq("refuse_push"))
        .filter(entity::audit::Column::SubjectId.eq(source.id.to_string()))
        .order_by_desc(entity::audit::Column::Id)
        .one(connection)
        .await?;
    let why = line.and_then(|line| line.detail.get("why")?.as_str().map(str::to_owned));
    Ok(why)
}

fn health(hook: &hook::Model) -> HookHealth {
    HookHealth {
        lacks_secret: false,
        reading_key_at: None,
        fetch_problem: None,
        refused_why: None,
        says_nothing: false,
        last_push_at: hook.last_push_at,
        pushes: hook.pushes,
        bytes: hook.bytes,
        waiting: 0,
        quarantined: 0,
        refused: hook.refused,
        refused_at: hook.refused_at,
        retention_days: hook.retention_days,
    }
}

/// What is wrong with a source to which nothing can be pushed as it should, in words; none where pushes come and are
/// read.
#[must_use]
pub fn trouble(health: &HookHealth) -> Option<String> {
    if health.lacks_secret {
        return Some(
            "the secret is missing: enter the one that the tool shows; until then every push is refused"
                .to_owned(),
        );
    }
    if let Some(problem) = &health.fetch_problem {
        return Some(format!("answers could not be fetched from the tool: {problem}"));
    }
    if health.quarantined > 0 {
        return Some(format!(
            "{} pushes cannot be read; see the quarantine for why, correct the mapping, and read them again",
            health.quarantined
        ));
    }
    if health.refused > 0 && health.refused_at > health.last_push_at {
        return Some(refused(health));
    }
    if health.last_push_at.is_none() {
        let nothing = "nothing was pushed yet: enter the address there, and let the tool send a test";
        return Some(nothing.to_owned());
    }
    let nothing_said = "pushes come and are rightly signed, but none brought a comment: see that the tool sends answers \
                        with words, and that `text` says where they stand";
    health.says_nothing.then(|| nothing_said.to_owned())
}

fn refused(health: &HookHealth) -> String {
    let why = match &health.refused_why {
        Some(why) => format!(": {why}"),
        None => String::new(),
    };
    format!(
        "{} pushes were refused, the last one after the last that was taken{why}; compare the secret here with the one there, \
         and the clocks",
        health.refused
    )
}
