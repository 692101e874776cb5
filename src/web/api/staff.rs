//! `/v1/staff`
use chrono::{DateTime, NaiveDate, Utc};
use entity::staff_member;
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
    ledger::scope::Scope,
    record::erase::{self, By},
    roster::{
        Change, erased,
        staff::{self, StaffFields, StaffPatch},
    },
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on staff members.
#[derive(Debug)]
pub struct Staff;

/// A staff member.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct StaffMemberView {
    /// Their id.
    pub id: Uuid,
    /// The organisation's own number or code.
    pub employee_id: String,
    /// Given name or names.
    pub given_name: String,
    /// Family name or names.
    pub family_name: String,
    /// The name they go by.
    pub preferred_name: Option<String>,
    /// Further names, till or badge numbers.
    pub aliases: Vec<String>,
    /// Names in social networks.
    pub handles: Vec<String>,
    /// Where they are told.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
    /// When they were added.
    pub created_at: DateTime<Utc>,
    /// When everything that named them was erased; their names are empty, and their number is made up.
    pub erased_at: Option<DateTime<Utc>>,
}

impl From<staff_member::Model> for StaffMemberView {
    fn from(row: staff_member::Model) -> StaffMemberView {
        StaffMemberView {
            id: row.id,
            employee_id: row.employee_id,
            given_name: row.given_name,
            family_name: row.family_name,
            preferred_name: row.preferred_name,
            aliases: row.aliases.0,
            handles: row.handles.0,
            email: row.email,
            phone: row.phone,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            created_at: row.created_at,
            erased_at: row.erased_at,
        }
    }
}

/// A page of staff members.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct StaffPage {
    /// Staff members, in the order in which they were added.
    pub items: Vec<StaffMemberView>,
    /// `after` of the next page, where there is one.
    pub next: Option<String>,
}

/// A staff member to add.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewStaffMember {
    /// The organisation's own number or code.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub employee_id: String,
    /// Given name or names; at least one of given and family name is needed.
    #[oai(validator(max_length = 200), default)]
    pub given_name: String,
    /// Family name or names.
    #[oai(validator(max_length = 200), default)]
    pub family_name: String,
    /// The name they go by.
    #[oai(validator(max_length = 200))]
    pub preferred_name: Option<String>,
    /// Further names, till or badge numbers.
    #[oai(validator(max_items = 50), default)]
    pub aliases: Vec<String>,
    /// Names in social networks.
    #[oai(validator(max_items = 50), default)]
    pub handles: Vec<String>,
    /// Where they are told.
    #[oai(validator(max_length = 254))]
    pub email: Option<String>,
    /// Telephone number.
    #[oai(validator(max_length = 40))]
    pub phone: Option<String>,
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
}

impl From<NewStaffMember> for StaffFields {
    fn from(new: NewStaffMember) -> StaffFields {
        StaffFields {
            employee_id: new.employee_id,
            given_name: new.given_name,
            family_name: new.family_name,
            preferred_name: new.preferred_name,
            aliases: new.aliases,
            handles: new.handles,
            email: new.email,
            phone: new.phone,
            starts_on: new.starts_on,
            ends_on: new.ends_on,
        }
    }
}

/// What to change; what is left out stays, null empties.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct UpdateStaffMember {
    /// Given name or names.
    #[oai(validator(max_length = 200))]
    pub given_name: Option<String>,
    /// Family name or names.
    #[oai(validator(max_length = 200))]
    pub family_name: Option<String>,
    /// The name they go by.
    pub preferred_name: MaybeUndefined<String>,
    /// Further names, till or badge numbers.
    #[oai(validator(max_items = 50))]
    pub aliases: Option<Vec<String>>,
    /// Names in social networks.
    #[oai(validator(max_items = 50))]
    pub handles: Option<Vec<String>>,
    /// Where they are told.
    pub email: MaybeUndefined<String>,
    /// Telephone number.
    pub phone: MaybeUndefined<String>,
    /// First day.
    pub starts_on: MaybeUndefined<NaiveDate>,
    /// Last day.
    pub ends_on: MaybeUndefined<NaiveDate>,
}

impl From<UpdateStaffMember> for StaffPatch {
    fn from(update: UpdateStaffMember) -> StaffPatch {
        StaffPatch {
            given_name: update.given_name,
            family_name: update.family_name,
            preferred_name: page::patch(update.preferred_name),
            aliases: update.aliases,
            handles: update.handles,
            email: page::patch(update.email),
            phone: page::patch(update.phone),
            starts_on: page::patch(update.starts_on),
            ends_on: page::patch(update.ends_on),
        }
    }
}

/// A staff member was added.
#[derive(ApiResponse)]
pub enum CreateStaffMember {
    /// They are there now.
    #[oai(status = 201)]
    Created(Json<StaffMemberView>),
}

/// A former employee is erased.
#[derive(ApiResponse)]
pub enum EraseStaffMember {
    /// Nothing names them any more but what is taken away in the background.
    #[oai(status = 202)]
    Begun,
}

#[OpenApi(prefix_path = "/staff", tag = "Tag::Staff")]
impl Staff {
    /// List staff members, those who left included
    #[oai(path = "/", method = "get", operation_id = "list_staff")]
    async fn list(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Only the one with this employee id.
        employee_id: Query<Option<String>>,
        /// `next` of the page before.
        after: Query<Option<String>>,
        /// Rows on the page.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "200")),
            default = "page::default_limit"
        )]
        limit: Query<u64>,
    ) -> Result<Json<StaffPage>, Failure> {
        let caller = auth.permit(Action::LIST_STAFF)?;
        let query = page::query(after.0.as_deref(), limit.0)?;
        let of = employee_id.0.as_deref();
        let found = staff::list(web.app.db.read(), caller.organisation, of, query).await?;
        Ok(Json(StaffPage {
            next: page::next(found.next),
            items: found.items.into_iter().map(StaffMemberView::from).collect(),
        }))
    }

    /// Add a staff member
    ///
    /// Where they work and for whom is said by an assignment.
    #[oai(path = "/", method = "post", operation_id = "create_staff_member")]
    async fn create(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        body: Json<NewStaffMember>,
    ) -> Result<CreateStaffMember, Failure> {
        let caller = auth.permit(Action::CREATE_STAFF_MEMBER)?;
        let tx = web.app.db.write().await?;
        let change = Change::begin(&tx, caller.organisation, &caller.actor, web.app.clock.now()).await?;
        erased::refuse(&tx, &web.app.secrets, caller.organisation, &body.0.employee_id).await?;
        let made = staff::create(&change, body.0.into()).await?;
        tx.commit().await?;
        Ok(CreateStaffMember::Created(Json(made.into())))
    }

    /// Get a staff member
    #[oai(path = "/:id", method = "get", operation_id = "get_staff_member")]
    async fn get(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The staff member.
        id: Path<Uuid>,
    ) -> Result<Json<StaffMemberView>, Failure> {
        let caller = auth
            .permit_within(web, Action::GET_STAFF_MEMBER, Scope::Person(id.0))
            .await?;
        let found = staff::get(web.app.db.read(), caller.organisation, id.0).await;
        Ok(Json(found.map_err(Failure::of_path)?.into()))
    }

    /// Change a staff member; who leaves gets a last day
    #[oai(path = "/:id", method = "patch", operation_id = "update_staff_member")]
    async fn update(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The staff member.
        id: Path<Uuid>,
        body: Json<UpdateStaffMember>,
    ) -> Result<Json<StaffMemberView>, Failure> {
        let caller = auth.permit(Action::UPDATE_STAFF_MEMBER)?;
        let tx = web.app.db.write().await?;
        let found = staff::get(&tx, caller.organisation, id.0).await;
        found.map_err(Failure::of_path)?;
        let change = Change::begin(&tx, caller.organisation, &caller.actor, web.app.clock.now()).await?;
        let saved = staff::update(&change, id.0, body.0.into()).await?;
        tx.commit().await?;
        Ok(Json(saved.into()))
    }

    /// Erase a former employee
    ///
    /// Only somebody whose last day has passed. Everything that names them goes: what there is much of is taken away in the
    /// background within minutes. Counts stay, without a name, and so do customers' words. Their number is not taken again
    /// by an import or a directory. It cannot be undone.
    #[oai(path = "/:id", method = "delete", operation_id = "erase_staff_member")]
    async fn erase(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The staff member.
        id: Path<Uuid>,
    ) -> Result<EraseStaffMember, Failure> {
        let caller = auth.permit(Action::ERASE_STAFF_MEMBER)?;
        let by = By {
            actor: &caller.actor,
            at: web.app.clock.now(),
        };
        let tx = web.app.db.write().await?;
        let done = erase::erase(&tx, &web.app.secrets, caller.organisation, id.0, by).await;
        done.map_err(Failure::of_path)?;
        tx.commit().await?;
        Ok(EraseStaffMember::Begun)
    }
}
