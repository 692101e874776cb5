//! Tools that push, in the API: what is sent to connect them, and how that is going.
use chrono::{DateTime, Utc};
use entity::{push, source};
use poem_openapi::{Object, types::Password};
use uuid::Uuid;

use crate::{
    capture::source::{
        NewSource, SourceError,
        hook::{HookHealth, HookPatch, KEPT_DAYS, NewHook},
        inbox::Discarded,
        kind::{self, Intake},
    },
    web::{Web, problem::Failure},
};

/// How pushes are checked and read.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewHookView {
    /// The secrets that the tool signs with, in the order in which `plaudit source kinds` names them; none where it signs
    /// nothing. They are encrypted and never shown again.
    #[oai(validator(max_items = 4), default)]
    pub secrets: Vec<Password>,
    /// What differs from the tool's own mapping: `comment` (JSON Pointers by field), `signature`, `take`, `withdraw`.
    pub settings: Option<serde_json::Value>,
    /// For how many days pushes are kept, read or not.
    #[oai(
        validator(minimum(value = "1"), maximum(value = "365")),
        default = "kept_days"
    )]
    pub retention_days: i32,
}

fn kept_days() -> i32 {
    KEPT_DAYS
}

/// What to change; what is left out stays.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct UpdateHook {
    /// New secrets, as when the source was made.
    #[oai(validator(max_items = 4))]
    pub secrets: Option<Vec<Password>>,
    /// Other settings in place of those there are.
    pub settings: Option<serde_json::Value>,
    /// For how many days pushes are kept, read or not.
    #[oai(validator(minimum(value = "1"), maximum(value = "365")))]
    pub retention_days: Option<i32>,
    /// Make another address; the old one works no more.
    #[oai(default)]
    pub new_address: bool,
}

/// How pushes come in and whether they can be read. Secrets and address are never shown.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct HookView {
    /// What differs from the tool's own mapping.
    pub settings: serde_json::Value,
    /// When the secrets were entered.
    pub secrets_entered_at: Option<DateTime<Utc>>,
    /// When the last push came in that was rightly signed.
    pub last_push_at: Option<DateTime<Utc>>,
    /// Pushes that are kept.
    pub pushes: i64,
    /// Their bytes.
    pub bytes: i64,
    /// Of these, pushes that have not been read yet.
    pub waiting: i64,
    /// Of these, pushes that cannot be read.
    pub quarantined: i64,
    /// Pushes that were refused since the source was made, counted at most once a minute.
    pub refused: i64,
    /// When the last one of them was counted.
    pub refused_at: Option<DateTime<Utc>>,
    /// For how many days pushes are kept.
    pub retention_days: i32,
    /// What is wrong and what to do; absent where pushes come and are read.
    pub problem: Option<String>,
}

/// What went with a source.
#[derive(Clone, Copy, Debug, Object)]
pub struct RemovedView {
    /// Pushes that had not been read yet.
    pub waiting: i64,
    /// Pushes that could not be read.
    pub quarantined: i64,
}

/// A push that cannot be read.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PushView {
    /// Its id.
    pub id: Uuid,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// Its size.
    pub bytes: i64,
    /// Why it cannot be read.
    pub reason: Option<String>,
}

/// A page of pushes.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PushPage {
    /// Pushes, oldest first.
    pub items: Vec<PushView>,
    /// `after` of the next page, where there is one.
    pub next: Option<String>,
}

/// A push as it came.
#[derive(Clone, Debug, Object)]
pub struct PushBody {
    /// Its id.
    pub id: Uuid,
    /// What the tool says the body is.
    pub content_type: String,
    /// The body; bytes that are no UTF-8 are replaced.
    pub body: String,
}

/// How many pushes are read again.
#[derive(Clone, Copy, Debug, Object)]
pub struct ReplayedView {
    /// How many.
    pub count: i64,
}

/// What is asked for beyond a plain source; an error where kind and hook do not fit together.
pub(super) fn hook_of(new: &NewSource, given: Option<NewHookView>) -> Result<Option<NewHook>, Failure> {
    let is_pushed = matches!(kind::find(&new.kind)?.intake(), Intake::Pushed(_));
    let given = match (given, is_pushed) {
        (None, false) => return Ok(None),
        (Some(_), false) => return Err(invalid(format!("is not for a source of kind {}", new.kind)).into()),
        (given, true) => given,
    };
    let secrets = given.as_ref().map_or(&[][..], |given| &given.secrets);
    Ok(Some(NewHook {
        plain: new.clone(),
        secrets: lines(secrets)?,
        retention_days: given.as_ref().map_or(KEPT_DAYS, |given| given.retention_days),
        settings: given
            .and_then(|given| given.settings)
            .unwrap_or_else(|| serde_json::json!({})),
    }))
}

fn lines(secrets: &[Password]) -> Result<secrecy::SecretString, Failure> {
    // One with a line break in it would be read as two.
    if secrets.iter().any(|secret| secret.trim().contains(['\n', '\r'])) {
        return Err(invalid("secrets: one of them has a line break within".to_owned()).into());
    }
    let lines: Vec<&str> = secrets.iter().map(|secret| secret.as_str()).collect();
    Ok(lines.join("\n").into())
}

fn invalid(message: String) -> SourceError {
    SourceError::Invalid {
        field: "hook",
        message,
    }
}

/// Where a tool pushes to.
pub(super) fn address_of(web: &Web, secret: &str) -> String {
    format!("{}/hooks/{secret}", web.app.config.server.base_url)
}

impl UpdateHook {
    /// As the stage takes it.
    pub(super) fn patch(self) -> Result<HookPatch, Failure> {
        Ok(HookPatch {
            secrets: self.secrets.as_deref().map(lines).transpose()?,
            settings: self.settings,
            retention_days: self.retention_days,
        })
    }
}

impl HookView {
    pub(super) fn of(source: &source::Model, health: HookHealth) -> HookView {
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        HookView {
            settings: source.settings.clone(),
            secrets_entered_at: source.sealed_at,
            last_push_at: health.last_push_at,
            pushes: health.pushes,
            bytes: health.bytes,
            waiting: whole(health.waiting),
            quarantined: whole(health.quarantined),
            refused: health.refused,
            refused_at: health.refused_at,
            retention_days: health.retention_days,
            problem: crate::capture::source::hook::trouble(&health),
        }
    }
}

impl From<Discarded> for RemovedView {
    fn from(discarded: Discarded) -> RemovedView {
        RemovedView {
            waiting: i64::try_from(discarded.waiting).unwrap_or(i64::MAX),
            quarantined: i64::try_from(discarded.quarantined).unwrap_or(i64::MAX),
        }
    }
}

impl From<push::Model> for PushView {
    fn from(row: push::Model) -> PushView {
        PushView {
            id: row.id,
            received_at: row.received_at,
            bytes: row.bytes,
            reason: row.reason,
        }
    }
}
