//! `/v1/triage` and `/v1/complaints`
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use super::{
    Tag,
    comment_view::{CommentPage, CommentView},
    recognition_view::permit_scope,
    triage_view::{DecideTriage, DecisionView, TriageItem, TriagePage},
};
use crate::{
    access::Action,
    capture::read::WithWords,
    ledger::scope::Scope,
    roster::organisation,
    triage::{self, NewDecision, complaint, list},
    web::{Web, auth::Auth, cursor, problem::Failure},
};

/// Operations on what waits for a person.
#[derive(Debug)]
pub struct Triage;

#[OpenApi(tag = "Tag::Triage")]
impl Triage {
    /// List what waits for a decision, oldest first
    ///
    /// Comments with an open verdict, or with words that changed since a person decided, each with everybody whom it
    /// may mean. At most one of `site`, `team` and `staff` limits the list: to a site with those below it, to
    /// candidates who report to a manager today, to one candidate.
    #[oai(path = "/triage", method = "get", operation_id = "list_triage")]
    #[expect(
        clippy::too_many_arguments,
        reason = "every parameter of the operation is one"
    )]
    async fn list(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Id of a site.
        site: Query<Option<Uuid>>,
        /// Id of a manager.
        team: Query<Option<Uuid>>,
        /// Id of a staff member.
        staff: Query<Option<Uuid>>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<TriagePage>, Failure> {
        let asked = (site.0, team.0, staff.0);
        let (caller, scope) = permit_scope(auth, web, Action::LIST_TRIAGE, asked).await?;
        let own = organisation::by_id(web.app.db.read(), caller.organisation).await?;
        let own = own.ok_or_else(|| Failure::not_found("organisation"))?;
        let filter = list::Filter {
            scope,
            on: organisation::day_in(&own, web.app.clock.now()),
            after: after.0.as_deref().map(cursor::read).transpose()?,
        };
        let rows = list::waiting(
            web.app.db.read(),
            caller.organisation,
            filter,
            cursor::rows(limit.0),
        )
        .await?;
        let (rows, next) = cursor::cut(rows, limit.0, |row| (row.comment.0.received_at, row.comment.0.id));
        Ok(Json(TriagePage {
            items: rows.into_iter().map(TriageItem::from).collect(),
            next,
        }))
    }

    /// Decide on a comment
    ///
    /// A person's decision holds whatever the engine says. Managers hear of a credit two minutes later; until then an
    /// undo spares them. A comment that is not in triage can be decided as well, to correct what the engine did. Nobody but
    /// an administrator credits themselves (409).
    #[oai(
        path = "/triage/:comment/decisions",
        method = "post",
        operation_id = "decide_triage"
    )]
    async fn decide(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The comment.
        comment: Path<Uuid>,
        body: Json<DecideTriage>,
    ) -> Result<Json<DecisionView>, Failure> {
        let caller = auth.permit_said(web, Action::DECIDE_TRIAGE, comment.0).await?;
        let (answer, take_back) = body.0.into_answer().ok_or_else(|| {
            Failure::invalid("`staff` belongs to credit only, `site_praise` to nobody_known only")
        })?;
        let decision = NewDecision {
            organisation: caller.organisation,
            comment: comment.0,
            answer,
            take_back,
            keeps_others: false,
            actor: &caller.actor,
            oneself: caller.oneself(),
            now: web.app.clock.now(),
        };
        let tx = web.app.db.write().await?;
        let taken = triage::decide_and_learn(&web.app.attribute(), &tx, decision).await?;
        tx.commit().await?;
        Ok(Json(taken.into()))
    }

    /// Undo the last decision on a comment
    ///
    /// What was said before it holds again. Only the last decision can be undone, and once.
    #[oai(
        path = "/triage/:comment/undo",
        method = "post",
        operation_id = "undo_decision"
    )]
    async fn undo(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The comment.
        comment: Path<Uuid>,
    ) -> Result<Json<DecisionView>, Failure> {
        let caller = auth.permit_undo(web, comment.0).await?;
        let tx = web.app.db.write().await?;
        let now = web.app.clock.now();
        let (own, oneself) = (caller.organisation, caller.oneself());
        let undone = triage::undo(&tx, own, comment.0, &caller.actor, oneself, now).await?;
        tx.commit().await?;
        Ok(Json(undone.into()))
    }

    /// List complaints, newest first
    ///
    /// Comments that complain, alone or beside praise, and wait for no decision.
    #[oai(path = "/complaints", method = "get", operation_id = "list_complaints")]
    async fn complaints(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Only those about this site and those below it.
        site: Query<Option<Uuid>>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<CommentPage>, Failure> {
        let asked = (site.0, None, None);
        let (caller, scope) = permit_scope(auth, web, Action::LIST_COMPLAINTS, asked).await?;
        let site = match scope {
            Scope::Site(site) => Some(site),
            _ => None,
        };
        let before = after.0.as_deref().map(cursor::read).transpose()?;
        let rows = complaint::complaints(
            web.app.db.read(),
            caller.organisation,
            site,
            before,
            cursor::rows(limit.0),
        )
        .await?;
        let place = |(comment, _): &WithWords| (comment.received_at, comment.id);
        let (rows, next) = cursor::cut(rows, limit.0, place);
        Ok(Json(CommentPage {
            items: rows.into_iter().map(CommentView::from).collect(),
            next,
        }))
    }
}

fn default_limit() -> u64 {
    cursor::PAGE
}
