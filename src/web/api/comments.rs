//! `/v1/comments`
use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use uuid::Uuid;

use super::{
    Tag,
    comment_view::{CommentPage, CommentState, CommentView},
    new_comment::{NewComment, StoredView, Storing},
    verdict_view::{VerdictList, VerdictView},
};
use crate::{
    access::{Action, Caller},
    capture::{
        self,
        draft::Draft,
        erase::{self, Request},
        read::Filter,
        store::Stored,
    },
    ledger::verdict,
    roster::{site, staff},
    web::{Web, auth::Auth, cursor, problem::Failure},
};

/// Operations on comments.
#[derive(Debug)]
pub struct Comments;

/// What became of a comment that was sent.
#[derive(ApiResponse)]
pub enum CreateComment {
    /// It is stored and will be attributed.
    #[oai(status = 201)]
    New(Json<StoredView>),
    /// It was here already: the same words, or a revision of them.
    #[oai(status = 200)]
    Known(Json<StoredView>),
}

/// What became of a comment that is to be erased.
#[derive(ApiResponse)]
pub enum EraseComment {
    /// Its words and author are gone.
    #[oai(status = 204)]
    Erased,
}

#[OpenApi(prefix_path = "/comments", tag = "Tag::Comments")]
impl Comments {
    /// Send a comment
    ///
    /// The same `external_id` through the same source is the same comment: other words are a revision of it. Without
    /// an `external_id` the header `Idempotency-Key` makes a repeated request harmless.
    #[oai(path = "/", method = "post", operation_id = "create_comment")]
    async fn create(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Makes a repeated request harmless where there is no `external_id`; at most 500 characters.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: Header<Option<String>>,
        body: Json<NewComment>,
    ) -> Result<CreateComment, Failure> {
        let caller = auth.permit(Action::CREATE_COMMENT)?;
        let draft = draft(web, &caller, idempotency_key.0, body.0).await?;
        let view = |id, outcome| Json(StoredView { id, outcome });
        Ok(match web.comments.store(draft).await? {
            Stored::New(id) => CreateComment::New(view(id, Storing::New)),
            Stored::Same(id) => CreateComment::Known(view(id, Storing::Same)),
            Stored::Revised(id, _) => CreateComment::Known(view(id, Storing::Revised)),
            Stored::Older(id) => CreateComment::Known(view(id, Storing::Older)),
            Stored::Gone(id) => CreateComment::Known(view(id, Storing::Gone)),
            Stored::KeyReused(_) => {
                return Err(Failure::conflict(
                    "this Idempotency-Key was used with other words; use a new key, or external_id to revise",
                ));
            }
        })
    }

    /// List comments, newest first
    #[oai(path = "/", method = "get", operation_id = "list_comments")]
    async fn list(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Only comments in this state.
        state: Query<Option<CommentState>>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<CommentPage>, Failure> {
        let caller = auth.permit(Action::LIST_COMMENTS)?;
        let filter = Filter {
            state: state.0.map(Into::into),
            source: None,
            before: after.0.as_deref().map(cursor::read).transpose()?,
        };
        let rows = capture::read::list(
            web.app.db.read(),
            caller.organisation,
            filter,
            cursor::rows(limit.0),
        )
        .await?;
        let place = |(comment, _): &capture::read::WithWords| (comment.received_at, comment.id);
        let (rows, next) = cursor::cut(rows, limit.0, place);
        Ok(Json(CommentPage {
            items: rows.into_iter().map(CommentView::from).collect(),
            next,
        }))
    }

    /// Get a comment with its words
    #[oai(path = "/:id", method = "get", operation_id = "get_comment")]
    async fn get(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The comment.
        id: Path<Uuid>,
    ) -> Result<Json<CommentView>, Failure> {
        let caller = auth.permit_said(web, Action::GET_COMMENT, id.0).await?;
        let found = capture::read::one(web.app.db.read(), caller.organisation, id.0).await?;
        Ok(Json(found.ok_or_else(|| Failure::not_found("comment"))?.into()))
    }

    /// List the verdicts on a comment with their evidence
    ///
    /// Every verdict that was ever given, by the engine or a person; `holds` marks those that hold now.
    #[oai(path = "/:id/verdicts", method = "get", operation_id = "list_verdicts")]
    async fn verdicts(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The comment.
        id: Path<Uuid>,
    ) -> Result<Json<VerdictList>, Failure> {
        let caller = auth.permit_said(web, Action::LIST_VERDICTS, id.0).await?;
        let db = web.app.db.read();
        let found = capture::read::one(db, caller.organisation, id.0).await?;
        let (comment, _) = found.ok_or_else(|| Failure::not_found("comment"))?;
        let holding: Vec<Uuid> = verdict::current(db, &[comment.id])
            .await?
            .iter()
            .map(|verdict| verdict.id)
            .collect();
        let all = verdict::history(db, &[comment.id]).await?;
        let items = all
            .into_iter()
            .map(|verdict| VerdictView::new(holding.contains(&verdict.id), verdict))
            .collect();
        Ok(Json(VerdictList { items }))
    }

    /// Erase a comment's words and author
    ///
    /// Who was recognised when and where stays. Erasing twice is the same as once.
    #[oai(path = "/:id", method = "delete", operation_id = "erase_comment")]
    async fn erase(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The comment.
        id: Path<Uuid>,
    ) -> Result<EraseComment, Failure> {
        let caller = auth.permit(Action::ERASE_COMMENT)?;
        let request = Request {
            actor: &caller.actor,
            reason: "erasure_request",
            now: web.app.clock.now(),
        };
        let tx = web.app.db.write().await?;
        let is_erased = erase::erase(&tx, caller.organisation, id.0, request).await?;
        tx.commit().await?;
        if is_erased {
            Ok(EraseComment::Erased)
        } else {
            Err(Failure::not_found("comment"))
        }
    }
}

fn default_limit() -> u64 {
    cursor::PAGE
}

/// Resolves what the caller named and checks the rest.
async fn draft(
    web: &Web,
    caller: &Caller,
    idempotency_key: Option<String>,
    new: NewComment,
) -> Result<Draft, Failure> {
    let db = web.app.db.read();
    let now = web.app.clock.now();
    let source_name = new.source.as_deref().unwrap_or("api");
    let source = web
        .cache
        .source(&web.app.db, caller.organisation, source_name)
        .await?;
    if source.kind != "api" {
        return Err(Failure::invalid(format!(
            "source: {source_name:?} is of the kind {}; comments are sent through a source of the kind api",
            source.kind
        )));
    }
    if source.paused_at.is_some() {
        return Err(Failure::conflict(format!("the source {source_name:?} is paused")));
    }
    let site = match new.site.as_deref() {
        Some(reference) => Some(site::resolve(db, caller.organisation, reference).await?.id),
        None => None,
    };
    if let Some(employee_id) = new.staff_reference.as_deref() {
        let known = staff::by_employee_id(db, caller.organisation, employee_id).await?;
        known.ok_or_else(|| {
            Failure::invalid(format!(
                "there is no staff member with the employee id {employee_id:?}"
            ))
        })?;
    }
    let has_external_id = new.external_id.is_some();
    let draft = Draft {
        external_id: new.external_id.clone(),
        idempotency_key: idempotency_key.filter(|_| !has_external_id),
        occurred_at: new.occurred_at,
        revised_at: new.revised_at,
        words: new.words(site),
        ..Draft::new(&source, now)
    };
    draft.check()?;
    Ok(draft)
}
