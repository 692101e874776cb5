//! `/v1/held`
use chrono::{DateTime, Utc};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use super::{Tag, page::default_limit};
use crate::{
    access::{Action, Caller},
    capture::{
        held::{self, Decider, HeldFor},
        read::WithWords,
    },
    web::{Web, auth::Auth, cursor, problem::Failure},
};

/// Operations on comments that look like junk.
#[derive(Debug)]
pub struct Held;

/// What makes a comment look like junk.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum HeldForView {
    /// A field that people do not see was filled in
    Trap,
    /// It does not say when its form was shown, or we did not sign that
    NoToken,
    /// It was sent sooner than anybody reads and writes
    TooFast,
    /// Its form was shown more than a week ago
    TooOld,
    /// Many came from the same network at once
    Network,
    /// Many came in for the organisation at once
    Organisation,
}

impl From<HeldFor> for HeldForView {
    fn from(reason: HeldFor) -> HeldForView {
        match reason {
            HeldFor::Trap => HeldForView::Trap,
            HeldFor::NoToken => HeldForView::NoToken,
            HeldFor::TooFast => HeldForView::TooFast,
            HeldFor::TooOld => HeldForView::TooOld,
            HeldFor::Network => HeldForView::Network,
            HeldFor::Organisation => HeldForView::Organisation,
        }
    }
}

/// A held comment.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct HeldView {
    /// The comment's id.
    pub id: Uuid,
    /// The source it came through.
    pub source_id: Uuid,
    /// Where it happened, if the customer said so.
    pub site_id: Option<Uuid>,
    /// The words.
    pub text: Option<String>,
    /// Why it is held.
    pub held_for: Vec<HeldForView>,
    /// When it came in.
    pub received_at: DateTime<Utc>,
}

impl From<WithWords> for HeldView {
    fn from((comment, words): WithWords) -> HeldView {
        HeldView {
            id: comment.id,
            source_id: comment.source_id,
            site_id: comment.site_id,
            text: words.text,
            held_for: HeldFor::of(&comment).into_iter().map(HeldForView::from).collect(),
            received_at: comment.received_at,
        }
    }
}

/// A page of held comments.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct HeldPage {
    /// The held comments, oldest first.
    pub items: Vec<HeldView>,
    /// Place of the next page; absent on the last one.
    pub next: Option<String>,
}

/// A held comment was decided about.
#[derive(ApiResponse)]
pub enum Decided {
    /// It is done.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/held", tag = "Tag::Held")]
impl Held {
    /// List what is held back, oldest first
    ///
    /// Nothing is read for whom it means, and nobody is told of it, until it is released.
    #[oai(path = "/", method = "get", operation_id = "list_held")]
    async fn list(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<HeldPage>, Failure> {
        let caller = auth.permit(Action::LIST_HELD)?;
        let after = after.0.as_deref().map(cursor::read).transpose()?;
        let db = web.app.db.read();
        let rows = held::list(db, caller.organisation, after, cursor::rows(limit.0)).await?;
        let (rows, next) = cursor::cut(rows, limit.0, |(comment, _)| (comment.received_at, comment.id));
        Ok(Json(HeldPage {
            items: rows.into_iter().map(HeldView::from).collect(),
            next,
        }))
    }

    /// Release a held comment
    ///
    /// It goes its way as if it had just come in.
    #[oai(path = "/:comment/release", method = "post", operation_id = "release_held")]
    async fn release(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The comment.
        comment: Path<Uuid>,
    ) -> Result<Decided, Failure> {
        let caller = auth.permit(Action::RELEASE_HELD)?;
        let tx = web.app.db.write().await?;
        held::release(&tx, caller.organisation, comment.0, decider(web, &caller)).await?;
        tx.commit().await?;
        Ok(Decided::Done)
    }

    /// Erase the words of a held comment
    ///
    /// For junk. The comment stays as an empty row, and its receipt says that the words were erased.
    #[oai(path = "/:comment", method = "delete", operation_id = "discard_held")]
    async fn discard(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The comment.
        comment: Path<Uuid>,
    ) -> Result<Decided, Failure> {
        let caller = auth.permit(Action::DISCARD_HELD)?;
        let tx = web.app.db.write().await?;
        held::discard(&tx, caller.organisation, comment.0, decider(web, &caller)).await?;
        tx.commit().await?;
        Ok(Decided::Done)
    }
}

fn decider<'a>(web: &Web, caller: &'a Caller) -> Decider<'a> {
    Decider {
        actor: &caller.actor,
        now: web.app.clock.now(),
    }
}
