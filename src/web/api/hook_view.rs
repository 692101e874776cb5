//! Tools that push, in the API: what is sent to connect them, and how that is going.
use chrono::{DateTime, Utc};
use entity::{push, source};
use poem_openapi::{Object, types::Password};
use uuid::Uuid;

use crate::{
    capture::source::{
        NewSource, SourceError,
        health::HookHealth,
        hook::{self, HookPatch, KEPT_DAYS, NewHook},
        inbox::Discarded,
        kind::{self, Intake},
        preview::Preview,
        tool::{Content, Said, Tool},
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
    /// Let Plaudit make the secret of a tool that takes ours; it is shown once, in `secrets` of the answer.
    #[oai(default)]
    pub make_secret: bool,
    /// What differs from the tool's own mapping: `comment` (JSON Pointers by field), `signature`, `take`, `withdraw`,
    /// `fetch` (`server`, `named`, `comment`: how answers are read there).
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
    /// By which answers are read at the tool: for a backfill, and for pushes that only name an answer. It is encrypted and
    /// never shown again.
    pub reading_key: Option<Password>,
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
    /// When the reading key was entered.
    pub reading_key_entered_at: Option<DateTime<Utc>>,
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

/// A push to try.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewPreview {
    /// What the tool says the body is; a form, or else JSON.
    #[oai(validator(max_length = 200), default = "json")]
    pub content_type: String,
    /// The body.
    pub body: String,
    /// Settings to try in place of those there are.
    pub settings: Option<serde_json::Value>,
}

fn json() -> String {
    "application/json".to_owned()
}

/// What a push would become.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PreviewView {
    /// What customers said in it.
    pub comments: Vec<PreviewComment>,
    /// The ids of comments that it would take back.
    pub withdrawn: Vec<String>,
    /// Why it could not be read.
    pub problem: Option<String>,
    /// Where its values stand.
    pub places: Vec<PlaceView>,
}

/// What a customer said, before sites and staff are looked up.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PreviewComment {
    /// The tool's id.
    pub external_id: Option<String>,
    /// The words.
    pub text: String,
    /// Who it was, in the customer's words.
    pub hint: Option<String>,
    /// The score on its scale.
    pub score: Option<f64>,
    /// The scale.
    pub scale: Option<String>,
    /// The score from 0 to 100.
    pub percent: Option<f64>,
    /// Where it happened, as the tool says.
    pub site: Option<String>,
    /// Who served, as the tool says.
    pub staff: Option<String>,
    /// When it happened.
    pub occurred_at: Option<DateTime<Utc>>,
    /// When these words were written.
    pub revised_at: Option<DateTime<Utc>>,
    /// The language.
    pub language: Option<String>,
    /// Who may read it.
    pub consent: String,
    /// Whatever else is kept beside the words.
    pub metadata: Option<serde_json::Value>,
}

/// A value and where it stands.
#[derive(Clone, Debug, Object)]
pub struct PlaceView {
    /// A JSON Pointer.
    pub pointer: String,
    /// The beginning of the value.
    pub value: String,
}

impl From<Preview> for PreviewView {
    fn from(preview: Preview) -> PreviewView {
        let mut view = PreviewView {
            comments: Vec::new(),
            withdrawn: Vec::new(),
            problem: None,
            places: Vec::new(),
        };
        match preview.content {
            Ok(Content::Said(said)) => view.comments = said.into_iter().map(Into::into).collect(),
            Ok(Content::Withdrawn(ids)) => view.withdrawn = ids,
            Ok(Content::Nothing | Content::Thin) => {}
            Err(fault) => view.problem = Some(fault),
        }
        let places = preview.places.into_iter();
        view.places = places
            .map(|place| PlaceView {
                pointer: place.pointer,
                value: place.value,
            })
            .collect();
        view
    }
}

impl From<Said> for PreviewComment {
    fn from(said: Said) -> PreviewComment {
        let words = said.words;
        PreviewComment {
            external_id: said.id,
            hint: words.hint,
            score: words.score.map(|score| score.value),
            scale: words.score.map(|score| score.scale.name().to_owned()),
            percent: words
                .score
                .and_then(|score| Some((score.fraction()? * 100.0).round())),
            site: said.site,
            staff: said.staff,
            occurred_at: said.occurred_at,
            revised_at: said.revised_at,
            language: words.language,
            consent: words.consent.name().to_owned(),
            metadata: words.metadata,
            text: words.text,
        }
    }
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
    let makes = given.as_ref().is_some_and(|given| given.make_secret);
    let settings = given.as_ref().and_then(|given| given.settings.clone());
    let settings = settings.unwrap_or_else(|| serde_json::json!({}));
    let made = makes.then(|| {
        let tool = Tool::find(&new.kind)?.with(&settings).ok()?;
        hook::new_secrets(&tool)
    });
    let secrets = match made {
        None => lines(secrets)?,
        Some(Some(made)) if secrets.is_empty() => made,
        Some(_) => {
            let message = "make_secret: this tool makes its own, or one was given".to_owned();
            return Err(invalid(message).into());
        }
    };
    Ok(Some(NewHook {
        plain: new.clone(),
        secrets,
        retention_days: given.as_ref().map_or(KEPT_DAYS, |given| given.retention_days),
        settings,
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
            reading_key: self.reading_key.map(|key| key.0.into()),
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
            reading_key_entered_at: health.reading_key_at,
            last_push_at: health.last_push_at,
            pushes: health.pushes,
            bytes: health.bytes,
            waiting: whole(health.waiting),
            quarantined: whole(health.quarantined),
            refused: health.refused,
            refused_at: health.refused_at,
            retention_days: health.retention_days,
            problem: crate::capture::source::health::trouble(&health),
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
