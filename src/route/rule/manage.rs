//! What administrators do with rules: list, add, end.
use chrono::{DateTime, Utc};
use entity::{
    channel,
    rule::{self, Column, Who},
    source, staff_member,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, ExprTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, Select,
};
use uuid::Uuid;

use crate::{
    access::audit,
    platform::{calendar, db::Tx},
};

/// Letters of the longest name.
pub const LONGEST_NAME: usize = 80;
/// Rules of one organisation.
pub const MOST: u64 = 50;

/// Why a rule cannot be added or ended.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// A value that cannot be used.
    #[error("{field}: {message}")]
    Invalid {
        /// Which, as the API names it.
        field: &'static str,
        /// What was wrong and what would be right.
        message: String,
    },
    /// No more are taken.
    #[error("there are {MOST} rules, which is the most; end one first")]
    TooMany,
    /// There is none, or it has ended.
    #[error("there is no rule {0}")]
    NotFound(Uuid),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// A rule to be.
#[derive(Clone, Debug)]
pub struct NewRule {
    /// What it is called.
    pub name: String,
    /// Who hears.
    pub who: Who,
    /// The member of staff, where it is one.
    pub staff: Option<Uuid>,
    /// The room or endpoint, where it is one.
    pub channel: Option<Uuid>,
    /// Whether they hear at once.
    pub at_once: bool,
    /// Only of praise by this source.
    pub source: Option<Uuid>,
    /// Only with such a score on a scale to ten.
    pub score_from: Option<i32>,
    /// Only in this language.
    pub language: Option<String>,
    /// Only the nth thank-you of somebody.
    pub nth: Option<i32>,
}

/// Those that hold, oldest first.
pub async fn open(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<Vec<rule::Model>, DbErr> {
    held(organisation).order_by_asc(Column::Id).all(connection).await
}

/// All there were, oldest first.
pub async fn list(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<Vec<rule::Model>, DbErr> {
    rule::Entity::within(organisation)
        .order_by_asc(Column::Id)
        .all(connection)
        .await
}

fn held(organisation: Uuid) -> Select<rule::Entity> {
    rule::Entity::within(organisation).filter(Column::EndedAt.is_null())
}

/// The row of a rule that can be, not written yet.
pub async fn checked(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    new: NewRule,
    (actor, now): (&str, DateTime<Utc>),
) -> Result<rule::Model, RuleError> {
    let name = new.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(invalid(
            "name",
            format!("say what it is called, in 1 to {LONGEST_NAME} characters"),
        ));
    }
    check_who(connection, organisation, &new, now).await?;
    check_conditions(connection, organisation, &new).await?;
    Ok(rule::Model {
        id: Uuid::now_v7(),
        organisation_id: organisation,
        name,
        who: new.who,
        staff_id: new.staff,
        channel_id: new.channel,
        at_once: new.at_once,
        source_id: new.source,
        score_from: new.score_from,
        language: new.language,
        nth: new.nth,
        created_by: actor.to_owned(),
        created_at: now,
        ended_at: None,
    })
}

/// Adds a rule: it tells of what is recognised from now on.
pub async fn add(
    tx: &Tx,
    organisation: Uuid,
    new: NewRule,
    (actor, now): (&str, DateTime<Utc>),
) -> Result<rule::Model, RuleError> {
    if held(organisation).count(tx).await? >= MOST {
        return Err(RuleError::TooMany);
    }
    let row = checked(tx, organisation, new, (actor, now)).await?;
    refuse_the_same(tx, &row).await?;
    let made = row.into_active_model().reset_all().insert(tx).await?;
    record(tx, &made, "add_rule", actor, now).await?;
    Ok(made)
}

/// Two rules of the same people and conditions would be told apart by their names alone.
async fn refuse_the_same(tx: &Tx, new: &rule::Model) -> Result<(), RuleError> {
    let asks = |rule: &rule::Model| {
        let whom = (rule.who, rule.staff_id, rule.channel_id, rule.at_once);
        (
            whom,
            rule.source_id,
            rule.score_from,
            rule.language.clone(),
            rule.nth,
        )
    };
    let there = open(tx, new.organisation_id).await?;
    match there.iter().find(|rule| asks(rule) == asks(new)) {
        Some(same) => Err(invalid(
            "who",
            format!(
                "the rule {:?} says the same already; end it first, or ask for something else",
                same.name
            ),
        )),
        None => Ok(()),
    }
}

/// Ends a rule: it tells of nothing more.
pub async fn end(
    tx: &Tx,
    organisation: Uuid,
    id: Uuid,
    (actor, now): (&str, DateTime<Utc>),
) -> Result<(), RuleError> {
    let found = held(organisation).filter(Column::Id.eq(id)).one(tx).await?;
    let mut row = found.ok_or(RuleError::NotFound(id))?.into_active_model();
    row.ended_at = Set(Some(now));
    let ended = row.update(tx).await?;
    Ok(record(tx, &ended, "end_rule", actor, now).await?)
}

async fn record(
    tx: &Tx,
    rule: &rule::Model,
    action: &str,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: rule.organisation_id,
        at: now,
        actor,
        action,
        subject_kind: "rule",
        subject_id: Some(rule.id.to_string()),
        detail: serde_json::json!({ "who": name(rule.who), "staff": rule.staff_id, "channel": rule.channel_id }),
    };
    audit::record(tx, entry).await
}

async fn check_who(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    new: &NewRule,
    now: DateTime<Utc>,
) -> Result<(), RuleError> {
    match (new.who, new.staff, new.channel) {
        (Who::Person, Some(staff), None) => {
            let today = calendar::today(connection, organisation, now).await?;
            let last = staff_member::Column::EndsOn;
            let person = staff_member::Entity::within(organisation)
                .filter(staff_member::Column::Id.eq(staff))
                .filter(last.is_null().or(last.gte(today)));
            one(
                person.count(connection).await?,
                "staff_id",
                "somebody who works here",
            )?;
        }
        (Who::Room, None, Some(channel)) => {
            let room = channel::Entity::within(organisation)
                .filter(channel::Column::Id.eq(channel))
                .filter(channel::Column::EndedAt.is_null());
            one(
                room.count(connection).await?,
                "channel_id",
                "a room or endpoint that has not ended",
            )?;
        }
        (Who::Person, ..) => return Err(invalid("staff_id", "say who it is, and nothing else")),
        (Who::Room, ..) => return Err(invalid("channel_id", "say which room, and nothing else")),
        (Who::SiteLead | Who::Administrators | Who::Auditors, None, None) => {}
        (Who::SiteLead | Who::Administrators | Who::Auditors, ..) => {
            return Err(invalid("who", "only person and room name one"));
        }
    }
    match (new.who, new.at_once) {
        (Who::Room, false) => Err(invalid("when", "a room has no summary; choose at_once")),
        _ => Ok(()),
    }
}

async fn check_conditions(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    new: &NewRule,
) -> Result<(), RuleError> {
    if let Some(id) = new.source {
        let found = source::Entity::within(organisation).filter(source::Column::Id.eq(id));
        one(found.count(connection).await?, "source_id", "one of your sources")?;
    }
    if new.score_from.is_some_and(|score| !(1..=10).contains(&score)) {
        return Err(invalid("score_from", "give a number from 1 to 10"));
    }
    if new.nth.is_some_and(|nth| !(1..=10_000).contains(&nth)) {
        return Err(invalid(
            "nth",
            "give a number from 1 to 10000; 1 is the first ever",
        ));
    }
    let is_code = |language: &String| {
        (2..=3).contains(&language.len()) && language.chars().all(|letter| letter.is_ascii_lowercase())
    };
    match new.language.as_ref().is_none_or(is_code) {
        true => Ok(()),
        false => Err(invalid("language", "give the code of a language, such as de")),
    }
}

fn one(found: u64, field: &'static str, right: &str) -> Result<(), RuleError> {
    match found {
        0 => Err(invalid(field, format!("there is none; choose {right}"))),
        _ => Ok(()),
    }
}

fn invalid(field: &'static str, message: impl Into<String>) -> RuleError {
    RuleError::Invalid {
        field,
        message: message.into(),
    }
}

/// Its name in the API and on pages.
#[must_use]
pub fn name(who: Who) -> &'static str {
    match who {
        Who::SiteLead => "site_lead",
        Who::Administrators => "administrators",
        Who::Auditors => "auditors",
        Who::Person => "person",
        Who::Room => "room",
    }
}
