//! `/v1/rules`
use chrono::{DateTime, NaiveDate, Utc};
use entity::rule::{self, Who};
use poem::web::Data;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use super::Tag;
use crate::{
    access::{Action, Caller},
    roster::{organisation as organisations, staff::full_name},
    route::rule::{
        manage::{self, NewRule},
        trial::{self, Tried},
    },
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on rules.
#[derive(Debug)]
pub struct Rules;

/// Who hears because of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum RuleWho {
    /// Whoever leads the site of the praise, or the nearest one above it
    SiteLead,
    /// All administrators
    Administrators,
    /// All auditors
    Auditors,
    /// One member of staff
    Person,
    /// One room or endpoint: of what its rules ask for, and of nothing else
    Room,
}

impl From<Who> for RuleWho {
    fn from(who: Who) -> RuleWho {
        match who {
            Who::SiteLead => RuleWho::SiteLead,
            Who::Administrators => RuleWho::Administrators,
            Who::Auditors => RuleWho::Auditors,
            Who::Person => RuleWho::Person,
            Who::Room => RuleWho::Room,
        }
    }
}

impl From<RuleWho> for Who {
    fn from(who: RuleWho) -> Who {
        match who {
            RuleWho::SiteLead => Who::SiteLead,
            RuleWho::Administrators => Who::Administrators,
            RuleWho::Auditors => Who::Auditors,
            RuleWho::Person => Who::Person,
            RuleWho::Room => Who::Room,
        }
    }
}

/// When somebody hears because of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum RuleWhen {
    /// At once, or as they chose to be written to
    AtOnce,
    /// In their next digest
    Digest,
}

/// A rule to add or try. Every condition that is given must hold.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewRuleView {
    /// What it is called; whoever hears because of it is told so.
    #[oai(validator(min_length = 1, max_length = 80))]
    pub name: String,
    /// Who hears.
    pub who: RuleWho,
    /// Which member of staff, where `who` is `person`.
    pub staff_id: Option<Uuid>,
    /// Which room or endpoint, where `who` is `room`.
    pub channel_id: Option<Uuid>,
    /// When; a room hears at once.
    #[oai(default = "at_once")]
    pub when: RuleWhen,
    /// Only of praise that came in by this source.
    pub source_id: Option<Uuid>,
    /// Only with at least this score, on a scale to ten: 5 stars are 10.
    #[oai(validator(minimum(value = "1"), maximum(value = "10")))]
    pub score_from: Option<i32>,
    /// Only in this language: an ISO 639 code such as `de`, as the source or the form said it.
    #[oai(validator(min_length = 2, max_length = 3))]
    pub language: Option<String>,
    /// Only the nth thank-you of the person; 1 is the first ever.
    #[oai(validator(minimum(value = "1"), maximum(value = "10000")))]
    pub nth: Option<i32>,
}

fn at_once() -> RuleWhen {
    RuleWhen::AtOnce
}

impl From<NewRuleView> for NewRule {
    fn from(new: NewRuleView) -> NewRule {
        NewRule {
            name: new.name,
            who: new.who.into(),
            staff: new.staff_id,
            channel: new.channel_id,
            at_once: new.when == RuleWhen::AtOnce,
            source: new.source_id,
            score_from: new.score_from,
            language: new.language,
            nth: new.nth,
        }
    }
}

/// A rule.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct RuleView {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Who hears.
    pub who: RuleWho,
    /// Which member of staff.
    pub staff_id: Option<Uuid>,
    /// Which room or endpoint.
    pub channel_id: Option<Uuid>,
    /// When.
    pub when: RuleWhen,
    /// Only of praise that came in by this source.
    pub source_id: Option<Uuid>,
    /// Only with at least this score, on a scale to ten.
    pub score_from: Option<i32>,
    /// Only in this language.
    pub language: Option<String>,
    /// Only the nth thank-you of the person.
    pub nth: Option<i32>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

impl From<rule::Model> for RuleView {
    fn from(row: rule::Model) -> RuleView {
        RuleView {
            id: row.id,
            name: row.name,
            who: row.who.into(),
            staff_id: row.staff_id,
            channel_id: row.channel_id,
            when: match row.at_once {
                true => RuleWhen::AtOnce,
                false => RuleWhen::Digest,
            },
            source_id: row.source_id,
            score_from: row.score_from,
            language: row.language,
            nth: row.nth,
            created_at: row.created_at,
            ended_at: row.ended_at,
        }
    }
}

/// All rules beyond the first one.
#[derive(Clone, Debug, Object)]
pub struct RuleList {
    /// Rules, oldest first, ended ones included.
    pub items: Vec<RuleView>,
}

/// Somebody who would have heard.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct TrialReaderView {
    /// The reader's name or the room's.
    pub who: String,
    /// The rule; left out for the first one, which tells managers, and for the one that is tried.
    pub rule_id: Option<Uuid>,
    /// Whether it is by the rule that is tried.
    pub new: bool,
}

/// A thank-you of the last week, and who would have heard of it.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct TriedView {
    /// The recognition.
    pub recognition_id: Uuid,
    /// Whose.
    pub name: Option<String>,
    /// The day on which it was said.
    pub occurred_on: NaiveDate,
    /// Who would have heard.
    pub heard: Vec<TrialReaderView>,
}

/// What would have come of the last week's praise.
#[derive(Clone, Debug, Object)]
pub struct TrialView {
    /// The newest 200 thank-yous of the last seven days, newest first.
    pub items: Vec<TriedView>,
    /// How often a rule names somebody who may not see a thank-you; they would not have heard.
    pub refused: u64,
}

/// A rule was added.
#[derive(ApiResponse)]
pub enum CreateRule {
    /// It tells of what is recognised from now on.
    #[oai(status = 201)]
    Created(Json<RuleView>),
}

/// A rule was ended.
#[derive(ApiResponse)]
pub enum EndRule {
    /// It tells of nothing more.
    #[oai(status = 204)]
    Ended,
}

#[OpenApi(prefix_path = "/rules", tag = "Tag::Notices")]
impl Rules {
    /// List rules
    ///
    /// The first rule is not among them, since it is always there: the manager hears, or who comes next; staff who wish to hear
    /// of their own praise do; rooms without a rule of their own hear of all.
    #[oai(path = "/", method = "get", operation_id = "list_rules")]
    async fn list(&self, auth: Auth, Data(web): Data<&Web>) -> Result<Json<RuleList>, Failure> {
        let caller = auth.permit(Action::LIST_RULES)?;
        let found = manage::list(web.app.db.read(), caller.organisation).await?;
        Ok(Json(RuleList {
            items: found.into_iter().map(RuleView::from).collect(),
        }))
    }

    /// Add a rule
    ///
    /// It tells further readers of praise; nobody by that of what they may not see.
    #[oai(path = "/", method = "post", operation_id = "add_rule")]
    async fn add(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        body: Json<NewRuleView>,
    ) -> Result<CreateRule, Failure> {
        let caller = auth.permit(Action::ADD_RULE)?;
        let tx = web.app.db.write().await?;
        let by = (&*caller.actor, web.app.clock.now());
        let made = manage::add(&tx, caller.organisation, body.0.into(), by).await?;
        tx.commit().await?;
        Ok(CreateRule::Created(Json(made.into())))
    }

    /// Try a rule on the praise of the last week
    ///
    /// Who would have heard, by which rule. Nothing is saved and nobody is told.
    #[oai(path = "/trial", method = "post", operation_id = "try_rule")]
    async fn trial(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        body: Json<NewRuleView>,
    ) -> Result<Json<TrialView>, Failure> {
        let caller = auth.permit(Action::TRY_RULE)?;
        let db = web.app.db.read();
        let by = (&*caller.actor, web.app.clock.now());
        let row = manage::checked(db, caller.organisation, body.0.into(), by).await?;
        let own = own(web, &caller).await?;
        let tried = trial::trial(&web.app, &own, Some(row.clone())).await?;
        Ok(Json(TrialView {
            items: tried.thanks.into_iter().map(|one| view(one, row.id)).collect(),
            refused: tried.refused,
        }))
    }

    /// End a rule
    #[oai(path = "/:id", method = "delete", operation_id = "end_rule")]
    async fn end(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The rule.
        id: Path<Uuid>,
    ) -> Result<EndRule, Failure> {
        let caller = auth.permit(Action::END_RULE)?;
        let tx = web.app.db.write().await?;
        let by = (&*caller.actor, web.app.clock.now());
        manage::end(&tx, caller.organisation, id.0, by).await?;
        tx.commit().await?;
        Ok(EndRule::Ended)
    }
}

async fn own(web: &Web, caller: &Caller) -> Result<entity::organisation::Model, Failure> {
    let found = organisations::by_id(web.app.db.read(), caller.organisation).await?;
    found.ok_or_else(|| Failure::not_found("organisation"))
}

fn view(tried: Tried, new: Uuid) -> TriedView {
    let heard = tried.heard.into_iter().map(|heard| TrialReaderView {
        new: heard.rule == Some(new),
        rule_id: heard.rule.filter(|rule| *rule != new),
        who: heard.who,
    });
    TriedView {
        recognition_id: tried.recognition.id,
        name: tried.person.as_ref().map(full_name),
        occurred_on: tried.recognition.occurred_on,
        heard: heard.collect(),
    }
}
