//! `/v1/alias-proposals` and `/v1/alias-answers`
use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use entity::name_answer;
use poem::web::Data;
use poem_openapi::{
    Enum, Object, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use super::{Tag, page::default_limit, recognition_view::permit_scope};
use crate::{
    access::{Action, Caller},
    attribute::names::{
        answer::{self, By, Said},
        list::{self, At, Proposal},
    },
    ledger::scope::{self, Scope},
    web::{Web, auth::Auth, cursor, problem::Failure},
};

/// Operations on praised names that nobody bears.
#[derive(Debug)]
pub struct AliasProposals;

/// A name that customers praise and that nobody at the site bears.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct AliasProposalView {
    /// The same for the same name at the same site.
    pub id: Uuid,
    /// Where.
    pub site_id: Uuid,
    /// As it stands in the newest message.
    pub name: String,
    /// In how many messages it is praised.
    #[oai(validator(minimum(value = "1")))]
    pub messages: i64,
    /// Of how many customers; those who said nothing of themselves count as one for each source and day.
    #[oai(validator(minimum(value = "1")))]
    pub customers: i64,
    /// Ids of staff members at the site whose names are nearest.
    pub nearest: Vec<Uuid>,
    /// Whom people decided it to mean most often.
    pub chosen_staff_id: Option<Uuid>,
    /// How often they did.
    pub chosen_times: Option<i64>,
    /// Ids of the newest comments with it.
    pub comments: Vec<Uuid>,
}

impl From<Proposal> for AliasProposalView {
    fn from(proposal: Proposal) -> AliasProposalView {
        AliasProposalView {
            id: proposal.id,
            site_id: proposal.site,
            name: proposal.name,
            messages: proposal.messages,
            customers: proposal.customers,
            nearest: proposal.nearest,
            chosen_staff_id: proposal.chosen.map(|(staff, _)| staff),
            chosen_times: proposal.chosen.map(|(_, times)| times),
            comments: proposal
                .samples
                .iter()
                .map(|((comment, _), _)| comment.id)
                .collect(),
        }
    }
}

/// The names that wait for an answer, the most praised first.
#[derive(Clone, Debug, Object)]
pub struct AliasProposalList {
    /// The names.
    pub items: Vec<AliasProposalView>,
}

/// What is said of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum AliasAnswerKind {
    /// It is that of `staff_id` at the site
    Alias,
    /// It is nobody's of ours; it is not proposed again
    NotOurs,
}

/// Whose name it is.
#[derive(Clone, Copy, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct AnswerAliasProposal {
    /// What.
    answer: AliasAnswerKind,
    /// With `alias`: whose.
    staff_id: Option<Uuid>,
    /// With `alias`: the first day on which it is theirs; since ever where it is left out.
    starts_on: Option<NaiveDate>,
    /// With `alias`: the last day; until further notice where it is left out.
    ends_on: Option<NaiveDate>,
}

impl AnswerAliasProposal {
    fn said(self) -> Option<Said> {
        match (self.answer, self.staff_id) {
            (AliasAnswerKind::Alias, Some(staff)) => Some(Said::Alias {
                staff,
                starts_on: self.starts_on,
                ends_on: self.ends_on,
            }),
            (AliasAnswerKind::NotOurs, None) if self.starts_on.is_none() && self.ends_on.is_none() => {
                Some(Said::NotOurs)
            }
            _ => None,
        }
    }
}

/// What was said of a name, and how far what was said before is read again for it.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct AliasAnswerView {
    /// The id of the name.
    pub id: Uuid,
    /// Where.
    pub site_id: Uuid,
    /// What was said.
    pub answer: AliasAnswerKind,
    /// Whose it is.
    pub staff_id: Option<Uuid>,
    /// The name, while it is theirs.
    pub name: Option<String>,
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
    /// When it was said.
    pub created_at: DateTime<Utc>,
    /// When it was undone.
    pub undone_at: Option<DateTime<Utc>>,
    /// How many comments are to be read again.
    #[oai(validator(minimum(value = "0")))]
    pub to_read: i64,
    /// How many of them were.
    #[oai(validator(minimum(value = "0")))]
    pub read: i64,
    /// How many of them thank the person who did not before; once it is undone, how many changed back.
    #[oai(validator(minimum(value = "0")))]
    pub credited: i64,
    /// When that was done.
    pub finished_at: Option<DateTime<Utc>>,
}

impl From<name_answer::Model> for AliasAnswerView {
    fn from(row: name_answer::Model) -> AliasAnswerView {
        let answer = match row.staff_id {
            Some(_) => AliasAnswerKind::Alias,
            None => AliasAnswerKind::NotOurs,
        };
        AliasAnswerView {
            id: row.name_id,
            site_id: row.site_id,
            answer,
            staff_id: row.staff_id,
            name: row.name,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            created_at: row.created_at.trunc_subsecs(6),
            undone_at: row.undone_at.map(|at| at.trunc_subsecs(6)),
            to_read: row.to_read,
            read: row.read,
            credited: row.credited,
            finished_at: row.finished_at.map(|at| at.trunc_subsecs(6)),
        }
    }
}

/// A page of answers, newest first.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct AliasAnswerPage {
    /// The answers.
    pub items: Vec<AliasAnswerView>,
    /// Send it as `after` for the next page; absent on the last one.
    pub next: Option<String>,
}

#[OpenApi(tag = "Tag::Triage")]
impl AliasProposals {
    /// List praised names that nobody bears, the most praised first
    ///
    /// A name is listed from three messages of two customers on, or once two decisions said that it means the same person,
    /// until somebody says whose it is. Customers' own names and those of their kin are none of them.
    #[oai(
        path = "/alias-proposals",
        method = "get",
        operation_id = "list_alias_proposals"
    )]
    async fn list(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Only those of this site and of those below it.
        site: Query<Option<Uuid>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<AliasProposalList>, Failure> {
        let (caller, at) = permit_at(auth, web, Action::LIST_ALIAS_PROPOSALS, site.0).await?;
        let found = list::proposals(web.app.db.read(), caller.organisation, &at, limit.0).await?;
        Ok(Json(AliasProposalList {
            items: found.into_iter().map(Into::into).collect(),
        }))
    }

    /// Say whose a praised name is
    ///
    /// As an alias it is the person's at the site from then on, and what was said before is read again: thank-yous that it
    /// brings count on their days, and nobody is mailed about them. 409 where somebody else there is called so.
    #[oai(
        path = "/alias-proposals/:name/answer",
        method = "post",
        operation_id = "answer_alias_proposal"
    )]
    async fn answer(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The name.
        name: Path<Uuid>,
        body: Json<AnswerAliasProposal>,
    ) -> Result<Json<AliasAnswerView>, Failure> {
        let caller = auth
            .permit_name(web, Action::ANSWER_ALIAS_PROPOSAL, name.0)
            .await?;
        let said = body.0.said().ok_or_else(|| {
            Failure::invalid("`alias` needs `staff_id`; `not_ours` goes without `staff_id` and days")
        })?;
        let tx = web.app.db.write().await?;
        let by = by(web, &caller);
        let taken =
            answer::answer(&web.app.attribute(), &tx, (caller.organisation, name.0), said, by).await?;
        tx.commit().await?;
        Ok(Json(taken.into()))
    }

    /// Undo what was said of a name
    ///
    /// The name is nobody's again, and every thank-you that it brought is taken back.
    #[oai(
        path = "/alias-proposals/:name/undo",
        method = "post",
        operation_id = "undo_alias_answer"
    )]
    async fn undo(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The name.
        name: Path<Uuid>,
    ) -> Result<Json<AliasAnswerView>, Failure> {
        let caller = auth.permit_name(web, Action::UNDO_ALIAS_ANSWER, name.0).await?;
        let tx = web.app.db.write().await?;
        let undone = answer::undo(&tx, (caller.organisation, name.0), by(web, &caller)).await?;
        tx.commit().await?;
        Ok(Json(undone.into()))
    }

    /// List what was said of names, newest first
    ///
    /// With how far earlier comments are read again.
    #[oai(path = "/alias-answers", method = "get", operation_id = "list_alias_answers")]
    async fn answers(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Only those of this site and of those below it.
        site: Query<Option<Uuid>>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<AliasAnswerPage>, Failure> {
        let (caller, at) = permit_at(auth, web, Action::LIST_ALIAS_ANSWERS, site.0).await?;
        let before = after.0.as_deref().map(cursor::read).transpose()?;
        let before = before.map(|(_, id)| id);
        let rows = cursor::rows(limit.0);
        let rows = list::answers(web.app.db.read(), caller.organisation, &at, before, rows).await?;
        let (rows, next) = cursor::cut(rows, limit.0, |row| (row.created_at, row.id));
        Ok(Json(AliasAnswerPage {
            items: rows.into_iter().map(Into::into).collect(),
            next,
        }))
    }
}

async fn permit_at(
    auth: Auth,
    web: &Web,
    action: Action,
    site: Option<Uuid>,
) -> Result<(Caller, At), Failure> {
    let (caller, scope) = permit_scope(auth, web, action, (site, None, None)).await?;
    let Scope::Site(site) = scope else {
        return Ok((caller, At::Everywhere));
    };
    let below = scope::sites_of(web.app.db.read(), caller.organisation, site).await?;
    Ok((caller, At::Sites(below.into_iter().collect())))
}

fn by<'a>(web: &Web, caller: &'a Caller) -> By<'a> {
    By {
        actor: &caller.actor,
        oneself: caller.oneself(),
        now: web.app.clock.now(),
    }
}
