//! `/v1/assignments`
use chrono::{DateTime, NaiveDate, Utc};
use entity::assignment;
use poem::web::Data;
use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::MaybeUndefined,
};
use uuid::Uuid;

use super::{Tag, page};
use crate::{
    access::Action,
    roster::{
        Change,
        assignment::{self as assignments, AssignmentFields, AssignmentFilter, AssignmentPatch},
    },
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on assignments.
#[derive(Debug)]
pub struct Assignments;

/// Who works where, for whom and as what, from a day to a day.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct AssignmentView {
    /// Its id.
    pub id: Uuid,
    /// Who.
    pub staff_id: Uuid,
    /// Where; left out for everywhere.
    pub site_id: Option<Uuid>,
    /// For whom.
    pub manager_id: Option<Uuid>,
    /// As what.
    pub job_title: Option<String>,
    /// First day; left out for since ever.
    pub starts_on: Option<NaiveDate>,
    /// Last day; left out for until further notice.
    pub ends_on: Option<NaiveDate>,
    /// `1-5@8-16;6@22-6`: weekdays (1 is Monday) and local hours.
    pub shifts: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl From<assignment::Model> for AssignmentView {
    fn from(row: assignment::Model) -> AssignmentView {
        AssignmentView {
            id: row.id,
            staff_id: row.staff_id,
            site_id: row.site_id,
            manager_id: row.manager_id,
            job_title: row.job_title,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            shifts: row.shifts,
            created_at: row.created_at,
        }
    }
}

/// A page of assignments.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct AssignmentPage {
    /// Assignments, in the order in which they were made.
    pub items: Vec<AssignmentView>,
    /// `after` of the next page, where there is one.
    pub next: Option<String>,
}

/// An assignment to make.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewAssignment {
    /// Who.
    pub staff_id: Uuid,
    /// Where; left out for everywhere.
    pub site_id: Option<Uuid>,
    /// For whom.
    pub manager_id: Option<Uuid>,
    /// As what.
    #[oai(validator(max_length = 200))]
    pub job_title: Option<String>,
    /// First day; left out for since ever.
    pub starts_on: Option<NaiveDate>,
    /// Last day; left out for until further notice.
    pub ends_on: Option<NaiveDate>,
    /// `1-5@8-16;6@22-6`: weekdays (1 is Monday) and local hours.
    #[oai(validator(max_length = 200))]
    pub shifts: Option<String>,
}

/// What to change; what is left out stays, null empties.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct UpdateAssignment {
    /// Where.
    pub site_id: MaybeUndefined<Uuid>,
    /// For whom.
    pub manager_id: MaybeUndefined<Uuid>,
    /// As what.
    pub job_title: MaybeUndefined<String>,
    /// First day.
    pub starts_on: MaybeUndefined<NaiveDate>,
    /// Last day.
    pub ends_on: MaybeUndefined<NaiveDate>,
    /// `1-5@8-16;6@22-6`: weekdays (1 is Monday) and local hours.
    pub shifts: MaybeUndefined<String>,
}

/// An assignment was made.
#[derive(ApiResponse)]
pub enum CreateAssignment {
    /// It is there now.
    #[oai(status = 201)]
    Created(Json<AssignmentView>),
}

#[OpenApi(prefix_path = "/assignments", tag = "Tag::Assignments")]
impl Assignments {
    /// List assignments, ended ones included
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    #[oai(path = "/", method = "get", operation_id = "list_assignments")]
    async fn list(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Only of this person.
        staff_id: Query<Option<Uuid>>,
        /// Only at this site itself.
        site_id: Query<Option<Uuid>>,
        /// Only for this manager.
        manager_id: Query<Option<Uuid>>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "page::default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<AssignmentPage>, Failure> {
        let caller = auth.permit(Action::LIST_ASSIGNMENTS)?;
        let filter = AssignmentFilter {
            staff: staff_id.0,
            site: site_id.0,
            manager: manager_id.0,
        };
        let query = page::query(after.0.as_deref(), limit.0)?;
        let found = assignments::list(web.app.db.read(), caller.organisation, filter, query).await?;
        Ok(Json(AssignmentPage {
            next: page::next(found.next),
            items: found.items.into_iter().map(AssignmentView::from).collect(),
        }))
    }

    /// Give a person an assignment
    #[oai(path = "/", method = "post", operation_id = "create_assignment")]
    async fn create(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        body: Json<NewAssignment>,
    ) -> Result<CreateAssignment, Failure> {
        let caller = auth.permit(Action::CREATE_ASSIGNMENT)?;
        let fields = AssignmentFields {
            site: body.0.site_id,
            manager: body.0.manager_id,
            job_title: body.0.job_title,
            starts_on: body.0.starts_on,
            ends_on: body.0.ends_on,
            shifts: body.0.shifts,
        };
        let tx = web.app.db.write().await?;
        let change = Change::begin(&tx, caller.organisation, &caller.actor, web.app.clock.now()).await?;
        let made = assignments::create(&change, body.0.staff_id, fields).await?;
        tx.commit().await?;
        Ok(CreateAssignment::Created(Json(made.into())))
    }

    /// Change an assignment
    ///
    /// Ending one and making another keeps who worked where when.
    #[oai(path = "/:id", method = "patch", operation_id = "update_assignment")]
    async fn update(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The assignment.
        id: Path<Uuid>,
        body: Json<UpdateAssignment>,
    ) -> Result<Json<AssignmentView>, Failure> {
        let caller = auth.permit(Action::UPDATE_ASSIGNMENT)?;
        let patch = AssignmentPatch {
            site: page::patch(body.0.site_id),
            manager: page::patch(body.0.manager_id),
            job_title: page::patch(body.0.job_title),
            starts_on: page::patch(body.0.starts_on),
            ends_on: page::patch(body.0.ends_on),
            shifts: page::patch(body.0.shifts),
        };
        let tx = web.app.db.write().await?;
        let found = assignments::get(&tx, caller.organisation, id.0).await;
        found.map_err(Failure::of_path)?;
        let change = Change::begin(&tx, caller.organisation, &caller.actor, web.app.clock.now()).await?;
        let saved = assignments::update(&change, id.0, patch).await?;
        tx.commit().await?;
        Ok(Json(saved.into()))
    }
}
