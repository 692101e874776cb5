//! `/v1/notices`
use chrono::{DateTime, NaiveDate, Utc};
use entity::notice::{self, Kind, State};
use poem::web::Data;
use poem_openapi::{Enum, Object, OpenApi, param::Query, payload::Json};
use serde_json::Value;
use uuid::Uuid;

use super::{Tag, page};
use crate::{
    access::Action,
    route::read::{self, Filter},
    web::{Web, auth::Auth, cursor, problem::Failure},
};

/// Operations on notices.
#[derive(Debug)]
pub struct Notices;

/// What a notice tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Praise of the reader's people.
    Praise,
    /// Praise of the reader.
    OwnPraise,
    /// Praise of a site, nobody named.
    SitePraise,
    /// An open question: who is meant?
    Triage,
    /// A complaint.
    Complaint,
    /// Words that the shield keeps back.
    Shielded,
    /// The praise of a day, week or month.
    Digest,
    /// What waits for the reader to pass it on.
    Reminder,
}

/// Where a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum NoticeState {
    /// It will be delivered.
    Waiting,
    /// It waits until `due_at` for the end of its reader's quiet hours, or for the full hour: then one mail gathers what there
    /// is.
    Deferred,
    /// The mail server has it.
    Sent,
    /// No mail leaves; `reason` says why. It stands in the digest, or another mail tells it.
    Muted,
    /// Nobody was found to tell.
    NoRecipient,
    /// Before it left, there was nothing left to tell.
    Cancelled,
    /// The reader could not be told; somebody else is.
    Refused,
}

/// One reader is told of one comment, or in a digest.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct NoticeView {
    /// Its id.
    pub id: Uuid,
    /// The account that is told; empty where nobody was found.
    pub reader_id: Option<Uuid>,
    /// What it tells of.
    pub kind: NoticeKind,
    /// Where it stands.
    pub state: NoticeState,
    /// Why this reader: codes and ids.
    pub reason: Value,
    /// The rule that made it; left out for the first one, which tells managers.
    pub rule_id: Option<Uuid>,
    /// The comment it tells of.
    pub comment_id: Option<Uuid>,
    /// Counts the times this reader is told of this comment, from 1; 0 for a digest.
    pub ordinal: i32,
    /// Day of a digest on its reader's calendar.
    pub period_start: Option<NaiveDate>,
    /// When it is to be delivered.
    pub due_at: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the mail server took it.
    pub sent_at: Option<DateTime<Utc>>,
}

/// A page of notices.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct NoticePage {
    /// Notices, newest first.
    pub items: Vec<NoticeView>,
    /// `after` of the next page; none on the last one.
    pub next: Option<String>,
}

#[OpenApi(prefix_path = "/notices", tag = "Tag::Notices")]
impl Notices {
    /// List who is told of what, newest first
    #[oai(path = "/", method = "get", operation_id = "list_notices")]
    async fn list(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Only notices in this state.
        state: Query<Option<NoticeState>>,
        /// Only notices of this comment.
        comment: Query<Option<Uuid>>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "page::default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<NoticePage>, Failure> {
        let caller = auth.permit(Action::LIST_NOTICES)?;
        let filter = Filter {
            state: state.0.map(Into::into),
            comment: comment.0,
            before: after.0.as_deref().map(cursor::read).transpose()?,
        };
        let db = web.app.db.read();
        let rows = read::list(db, caller.organisation, filter, cursor::rows(limit.0)).await?;
        let (rows, next) = cursor::cut(rows, limit.0, |row| (row.created_at, row.id));
        let items = rows.into_iter().map(NoticeView::from).collect();
        Ok(Json(NoticePage { items, next }))
    }
}

impl From<notice::Model> for NoticeView {
    fn from(row: notice::Model) -> NoticeView {
        NoticeView {
            id: row.id,
            reader_id: row.reader_id,
            kind: row.kind.into(),
            state: row.state.into(),
            reason: row.reason,
            rule_id: row.rule_id,
            comment_id: row.comment_id,
            ordinal: row.ordinal,
            period_start: row.period_start,
            due_at: row.due_at,
            created_at: row.created_at,
            sent_at: row.sent_at,
        }
    }
}

impl From<Kind> for NoticeKind {
    fn from(kind: Kind) -> NoticeKind {
        match kind {
            Kind::Praise => NoticeKind::Praise,
            Kind::OwnPraise => NoticeKind::OwnPraise,
            Kind::SitePraise => NoticeKind::SitePraise,
            Kind::Triage => NoticeKind::Triage,
            Kind::Complaint => NoticeKind::Complaint,
            Kind::Shielded => NoticeKind::Shielded,
            Kind::Digest => NoticeKind::Digest,
            Kind::Reminder => NoticeKind::Reminder,
        }
    }
}

impl From<State> for NoticeState {
    fn from(state: State) -> NoticeState {
        match state {
            State::Waiting => NoticeState::Waiting,
            State::Deferred => NoticeState::Deferred,
            State::Sent => NoticeState::Sent,
            State::Muted => NoticeState::Muted,
            State::NoRecipient => NoticeState::NoRecipient,
            State::Cancelled => NoticeState::Cancelled,
            State::Refused => NoticeState::Refused,
        }
    }
}

impl From<NoticeState> for State {
    fn from(state: NoticeState) -> State {
        match state {
            NoticeState::Waiting => State::Waiting,
            NoticeState::Deferred => State::Deferred,
            NoticeState::Sent => State::Sent,
            NoticeState::Muted => State::Muted,
            NoticeState::NoRecipient => State::NoRecipient,
            NoticeState::Cancelled => State::Cancelled,
            NoticeState::Refused => State::Refused,
        }
    }
}
