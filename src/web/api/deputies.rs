//! `/v1/deputies`
use chrono::{DateTime, NaiveDate, Utc};
use entity::deputy;
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use super::{Tag, page};
use crate::{
    access::Action,
    roster::{
        Change,
        deputy::{self as deputies, NewDeputy},
    },
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on deputies.
#[derive(Debug)]
pub struct Deputies;

/// Who stands in for a manager who is away.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct DeputyView {
    /// Its id.
    pub id: Uuid,
    /// Who is away.
    pub absent_id: Uuid,
    /// Who has the praise of their team meanwhile.
    pub deputy_id: Uuid,
    /// First day; left out, or over, it is today.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
    /// When it was given.
    pub created_at: DateTime<Utc>,
    /// When it ended before its last day.
    pub taken_back_at: Option<DateTime<Utc>>,
}

impl From<deputy::Model> for DeputyView {
    fn from(row: deputy::Model) -> DeputyView {
        DeputyView {
            id: row.id,
            absent_id: row.absent_id,
            deputy_id: row.deputy_id,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            created_at: row.created_at,
            taken_back_at: row.taken_back_at,
        }
    }
}

/// A page of deputies.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct DeputyPage {
    /// Deputies, in the order in which they were given, those that are over included.
    pub items: Vec<DeputyView>,
    /// `after` of the next page, where there is one.
    pub next: Option<String>,
}

/// Who is to stand in for whom.
#[derive(Clone, Copy, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewDeputyView {
    /// Who is away.
    pub absent_id: Uuid,
    /// Who has the praise of their team meanwhile: somebody with a mail address.
    pub deputy_id: Uuid,
    /// First day; left out, or over, it is today.
    pub starts_on: Option<NaiveDate>,
    /// Last day, within a year of the first.
    pub ends_on: NaiveDate,
}

/// A deputy was given.
#[derive(ApiResponse)]
pub enum CreateDeputy {
    /// From the first day on they are told of praise of the team.
    #[oai(status = 201)]
    Created(Json<DeputyView>),
}

/// A deputy was taken back.
#[derive(ApiResponse)]
pub enum TakeDeputyBack {
    /// It has ended; what is still open goes back to the manager.
    #[oai(status = 204)]
    TakenBack,
}

#[OpenApi(prefix_path = "/deputies", tag = "Tag::Assignments")]
impl Deputies {
    /// List who stands in for whom, ended ones included
    #[oai(path = "/", method = "get", operation_id = "list_deputies")]
    async fn list(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "page::default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<DeputyPage>, Failure> {
        let caller = auth.permit(Action::LIST_DEPUTIES)?;
        let query = page::query(after.0.as_deref(), limit.0)?;
        let found = deputies::list(web.app.db.read(), caller.organisation, query).await?;
        Ok(Json(DeputyPage {
            next: page::next(found.next),
            items: found.items.into_iter().map(DeputyView::from).collect(),
        }))
    }

    /// Have somebody stand in for a manager who is away
    ///
    /// From the first day to the last they are told of praise of the team in the manager's place, and may do with that praise
    /// what the manager may: read it, pass it on, decide about it. Roles do not go with it.
    #[oai(path = "/", method = "post", operation_id = "create_deputy")]
    async fn create(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        body: Json<NewDeputyView>,
    ) -> Result<CreateDeputy, Failure> {
        let caller = auth.permit(Action::CREATE_DEPUTY)?;
        let new = NewDeputy {
            absent: body.0.absent_id,
            deputy: body.0.deputy_id,
            starts_on: body.0.starts_on,
            ends_on: body.0.ends_on,
        };
        let tx = web.app.db.write().await?;
        let change = Change::begin(&tx, caller.organisation, &caller.actor, web.app.clock.now()).await?;
        let made = deputies::give(&change, new).await?;
        tx.commit().await?;
        Ok(CreateDeputy::Created(Json(made.into())))
    }

    /// Take a deputy back
    #[oai(path = "/:id", method = "delete", operation_id = "take_deputy_back")]
    async fn take_back(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The deputy.
        id: Path<Uuid>,
    ) -> Result<TakeDeputyBack, Failure> {
        let caller = auth.permit(Action::TAKE_DEPUTY_BACK)?;
        let tx = web.app.db.write().await?;
        let found = deputies::get(&tx, caller.organisation, id.0).await;
        found.map_err(Failure::of_path)?;
        let change = Change::begin(&tx, caller.organisation, &caller.actor, web.app.clock.now()).await?;
        deputies::take_back(&change, id.0).await?;
        tx.commit().await?;
        Ok(TakeDeputyBack::TakenBack)
    }
}
