//! Comments as the API shows them.
use chrono::{DateTime, Utc};
use entity::{comment, comment_revision, json};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use crate::{capture::read::WithWords, said};

/// Who wrote a comment.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none, deny_unknown_fields)]
pub struct AuthorView {
    /// The name they gave.
    #[oai(validator(max_length = 500))]
    name: Option<String>,
    /// Their name on a public network.
    #[oai(validator(max_length = 500))]
    handle: Option<String>,
    /// Where to answer them.
    #[oai(validator(max_length = 500))]
    contact: Option<String>,
}

impl From<json::Author> for AuthorView {
    fn from(author: json::Author) -> AuthorView {
        AuthorView {
            name: author.name,
            handle: author.handle,
            contact: author.contact,
        }
    }
}

impl From<AuthorView> for json::Author {
    fn from(author: AuthorView) -> json::Author {
        json::Author {
            name: author.name,
            handle: author.handle,
            external_id: None,
            contact: author.contact,
        }
    }
}

/// Where a comment stands.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum CommentState {
    /// It looks like junk; an administrator releases or erases it
    Held,
    /// The shield keeps its words from everybody but safe readers, who decide about it on their page
    Shielded,
    /// Its words may still change
    Settling,
    /// A worker is to find out who is meant
    Attributing,
    /// A person decides
    Triage,
    /// Every verdict is final
    Done,
}

impl From<CommentState> for comment::State {
    fn from(state: CommentState) -> comment::State {
        match state {
            CommentState::Held => comment::State::Held,
            CommentState::Shielded => comment::State::Shielded,
            CommentState::Settling => comment::State::Settling,
            CommentState::Attributing => comment::State::Attributing,
            CommentState::Triage => comment::State::Triage,
            CommentState::Done => comment::State::Done,
        }
    }
}

impl From<comment::State> for CommentState {
    fn from(state: comment::State) -> CommentState {
        match state {
            comment::State::Held => CommentState::Held,
            comment::State::Shielded => CommentState::Shielded,
            comment::State::Settling => CommentState::Settling,
            comment::State::Attributing => CommentState::Attributing,
            comment::State::Triage => CommentState::Triage,
            comment::State::Done => CommentState::Done,
        }
    }
}

/// What a comment is as a whole.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum CommentTone {
    /// Praise
    Praise,
    /// Praise and complaint
    Mixed,
    /// Complaint
    Complaint,
    /// Neither
    Neutral,
}

impl From<comment::Tone> for CommentTone {
    fn from(tone: comment::Tone) -> CommentTone {
        match tone {
            comment::Tone::Praise => CommentTone::Praise,
            comment::Tone::Mixed => CommentTone::Mixed,
            comment::Tone::Complaint => CommentTone::Complaint,
            comment::Tone::Neutral => CommentTone::Neutral,
        }
    }
}

/// How a comment was said that staff wrote down, and who did.
#[derive(Clone, Debug, Object)]
pub struct LoggedView {
    /// `phone` or `counter`.
    way: String,
    /// The name of whoever wrote it down, as it was then.
    name: String,
}

impl From<(String, String)> for LoggedView {
    fn from((way, name): (String, String)) -> LoggedView {
        LoggedView { way, name }
    }
}

/// A comment.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct CommentView {
    /// Its id.
    pub id: Uuid,
    /// Its source.
    pub source_id: Uuid,
    /// The sender's id of it.
    pub external_id: Option<String>,
    /// Where it happened.
    pub site_id: Option<Uuid>,
    /// Where it stands.
    pub state: CommentState,
    /// What it is as a whole, once it was attributed.
    pub tone: Option<CommentTone>,
    /// Number of the revision that holds.
    pub revision: i32,
    /// The words; gone once they are erased, and absent until the shield has looked at them and while it keeps them.
    pub text: Option<String>,
    /// The customer's score.
    pub score: Option<StoredScore>,
    /// Who wrote it.
    pub author: Option<AuthorView>,
    /// The customer's own answer to "who was it?".
    pub hint: Option<String>,
    /// Where the original stands.
    pub permalink: Option<String>,
    /// Of what a customer said aloud: how, and who wrote it down; gone once the words are erased.
    pub logged: Option<LoggedView>,
    /// The account of whoever wrote it down.
    pub logged_by: Option<Uuid>,
    /// Language of the words.
    pub language: Option<String>,
    /// Who may read the words besides managers.
    pub consent: String,
    /// When the customer was served, or spoke.
    pub occurred_at: DateTime<Utc>,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// When the engine last looked at it.
    pub attributed_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// When its words were erased.
    pub erased_at: Option<DateTime<Utc>>,
    /// Why.
    pub erased_reason: Option<String>,
}

/// A score as it was stored.
#[derive(Clone, Debug, Object)]
pub struct StoredScore {
    /// Within the scale.
    value: f64,
    /// `nps`, `csat`, `ces` or `stars`.
    scale: String,
}

impl From<WithWords> for CommentView {
    fn from((comment, words): WithWords) -> CommentView {
        let is_seen = said::shield::is_seen(&comment);
        let words = if is_seen { words } else { without_words(words) };
        CommentView {
            id: comment.id,
            source_id: comment.source_id,
            external_id: comment.external_id,
            site_id: comment.site_id,
            state: comment.state.into(),
            tone: comment.tone.map(Into::into),
            revision: comment.revision,
            score: score_of(&words),
            logged: comment
                .logged_by
                .and_then(|_| said::logged_in(&words))
                .map(LoggedView::from),
            logged_by: comment.logged_by,
            author: words.author.map(AuthorView::from),
            text: words.text,
            hint: words.hint,
            permalink: words.permalink,
            language: words.language,
            consent: words.consent,
            occurred_at: comment.occurred_at,
            received_at: comment.received_at,
            attributed_at: comment.attributed_at,
            withdrawn_at: comment.withdrawn_at,
            erased_at: comment.erased_at,
            erased_reason: comment.erased_reason,
        }
    }
}

/// What the shield keeps is shown to safe readers only, on their page; what it has to look at still, to nobody.
fn without_words(words: comment_revision::Model) -> comment_revision::Model {
    comment_revision::Model {
        text: None,
        hint: None,
        author: None,
        permalink: None,
        ..words
    }
}

fn score_of(words: &comment_revision::Model) -> Option<StoredScore> {
    Some(StoredScore {
        value: words.score_value?,
        scale: words.score_scale.clone()?,
    })
}

/// A page of comments, newest first.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct CommentPage {
    /// The comments.
    pub items: Vec<CommentView>,
    /// Send it as `after` for the next page; absent on the last one.
    pub next: Option<String>,
}
