//! `/v1/sources/{id}/quarantine`
use entity::source;
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use super::{
    Tag,
    hook_view::{NewPreview, PreviewView, PushBody, PushPage, ReplayedView},
    page,
};
use crate::{
    access::{Action, Scope, permit::permit_scopes},
    capture::source::{
        self as sources,
        inbox::{self, InboxError},
        preview::preview,
    },
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on pushes that cannot be read.
#[derive(Debug)]
pub struct Pushes;

#[OpenApi(prefix_path = "/sources", tag = "Tag::Sources")]
impl Pushes {
    /// List pushes that cannot be read
    #[oai(path = "/:id/quarantine", method = "get", operation_id = "list_quarantine")]
    async fn list(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The source.
        id: Path<Uuid>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "page::default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<PushPage>, Failure> {
        let caller = auth.permit(Action::LIST_QUARANTINE)?;
        let source = source(web, caller.organisation, id.0).await?;
        let query = page::query(after.0.as_deref(), limit.0)?;
        let found = inbox::quarantine(web.app.db.read(), &source, query).await?;
        Ok(Json(PushPage {
            next: page::next(found.next),
            items: found.items.into_iter().map(Into::into).collect(),
        }))
    }

    /// Show a push as it came
    ///
    /// What a customer said may stand in it: the audit log keeps who looked, and a key needs `comments:read` too.
    #[oai(path = "/:id/quarantine/:push", method = "get", operation_id = "get_push")]
    async fn get(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The source.
        id: Path<Uuid>,
        /// The push.
        push: Path<Uuid>,
    ) -> Result<Json<PushBody>, Failure> {
        let caller = auth.permit(Action::GET_PUSH)?;
        permit_scopes(&caller, &[Scope::CommentsRead])?;
        let source = source(web, caller.organisation, id.0).await?;
        let shown = inbox::show(&web.app.capture(), &source, push.0, &caller.actor).await;
        let (push, body) = match shown {
            Ok(found) => found.ok_or_else(|| Failure::not_found("push"))?,
            Err(InboxError::Database(error)) => return Err(error.into()),
            Err(error @ InboxError::Seal(_)) => return Err(Failure::conflict(error)),
        };
        Ok(Json(PushBody {
            id: push.id,
            content_type: body.content_type,
            body: String::from_utf8_lossy(&body.bytes).into_owned(),
        }))
    }

    /// Try a push
    ///
    /// Says what a push would become with the source's settings, or with others. Nothing is stored.
    #[oai(path = "/:id/preview", method = "post", operation_id = "preview_push")]
    async fn preview(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The source.
        id: Path<Uuid>,
        body: Json<NewPreview>,
    ) -> Result<Json<PreviewView>, Failure> {
        let caller = auth.permit(Action::PREVIEW_PUSH)?;
        let source = source(web, caller.organisation, id.0).await?;
        let content_type = body.0.content_type.to_lowercase();
        let settings = body.0.settings.as_ref();
        let tried = preview(&source, settings, &content_type, body.0.body.as_bytes())?;
        Ok(Json(tried.into()))
    }

    /// Read again what could not be read
    ///
    /// All pushes of the source, or the one that is named.
    #[oai(
        path = "/:id/quarantine/replay",
        method = "post",
        operation_id = "replay_pushes"
    )]
    async fn replay(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The source.
        id: Path<Uuid>,
        /// One push; all where none is named.
        push: Query<Option<Uuid>>,
    ) -> Result<Json<ReplayedView>, Failure> {
        let caller = auth.permit(Action::REPLAY_PUSHES)?;
        let source = source(web, caller.organisation, id.0).await?;
        let tx = web.app.db.write().await?;
        let count = inbox::replay(&tx, &source, push.0, &caller.actor, web.app.clock.now()).await?;
        tx.commit().await?;
        if push.0.is_some() && count == 0 {
            return Err(Failure::not_found("push"));
        }
        Ok(Json(ReplayedView {
            count: i64::try_from(count).unwrap_or(i64::MAX),
        }))
    }
}

async fn source(web: &Web, organisation: Uuid, id: Uuid) -> Result<source::Model, Failure> {
    let found = sources::by_id(web.app.db.read(), organisation, id).await?;
    found.ok_or_else(|| Failure::not_found("source"))
}
