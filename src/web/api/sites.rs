//! `/v1/sites`
use chrono::{DateTime, Utc};
use entity::site;
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
        site::{self as sites, SitePatch},
    },
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on sites.
#[derive(Debug)]
pub struct Sites;

/// A site.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct SiteView {
    /// Its id.
    pub id: Uuid,
    /// The site above it.
    pub parent_id: Option<Uuid>,
    /// What it is called.
    pub name: String,
    /// `North / Leeds`: the names from the top down.
    pub path: String,
    /// Its part of the form's address; it never changes.
    pub slug: String,
    /// Who is told of triage and complaints, where it is not the lead of the site above.
    pub lead_id: Option<Uuid>,
    /// IANA name where it is not the zone of the site above.
    pub time_zone: Option<String>,
    /// Code of its language where it is not that of the site above.
    pub language: Option<String>,
    /// Within how many working days somebody is to hear of praise, where it is not as at the site above.
    pub heard_within: Option<i32>,
    /// Country or region whose holidays are no working days, where it is not that of the site above.
    pub holidays: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
}

impl From<site::Model> for SiteView {
    fn from(row: site::Model) -> SiteView {
        SiteView {
            id: row.id,
            parent_id: row.parent_id,
            name: row.name,
            path: row.path,
            slug: row.slug,
            lead_id: row.lead_id,
            time_zone: row.time_zone,
            language: row.language,
            heard_within: row.heard_within,
            holidays: row.holidays,
            created_at: row.created_at,
            closed_at: row.closed_at,
        }
    }
}

/// A page of sites.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct SitePage {
    /// The sites, in the order in which they were made.
    pub items: Vec<SiteView>,
    /// `after` of the next page, where there is one.
    pub next: Option<String>,
}

/// A site to make.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewSite {
    /// What it is called, without the names above it.
    #[oai(validator(min_length = 1, max_length = 120))]
    pub name: String,
    /// The site above it.
    pub parent_id: Option<Uuid>,
    /// Who is told of triage and complaints.
    pub lead_id: Option<Uuid>,
    /// IANA name where it is not the zone of the site above.
    #[oai(validator(max_length = 64))]
    pub time_zone: Option<String>,
    /// Code of its language, such as `de`, where it is not that of the site above.
    #[oai(validator(max_length = 35))]
    pub language: Option<String>,
    /// Within how many working days somebody is to hear of praise, where it is not as at the site above.
    #[oai(validator(minimum(value = "1"), maximum(value = "30")))]
    pub heard_within: Option<i32>,
    /// Country or region whose holidays are no working days, such as `GB` or `DE-BY`, where it is not that of the site above.
    #[oai(validator(max_length = 8))]
    pub holidays: Option<String>,
}

/// What to change; what is left out stays, null empties.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct UpdateSite {
    /// What it is called.
    #[oai(validator(min_length = 1, max_length = 120))]
    pub name: Option<String>,
    /// The site above it; null moves it to the top.
    pub parent_id: MaybeUndefined<Uuid>,
    /// Who is told of triage and complaints.
    pub lead_id: MaybeUndefined<Uuid>,
    /// IANA name where it is not the zone of the site above.
    pub time_zone: MaybeUndefined<String>,
    /// Code of its language, such as `de`, where it is not that of the site above.
    #[oai(validator(max_length = 35))]
    pub language: MaybeUndefined<String>,
    /// Within how many working days somebody is to hear of praise, where it is not as at the site above.
    #[oai(validator(minimum(value = "1"), maximum(value = "30")))]
    pub heard_within: MaybeUndefined<i32>,
    /// Country or region whose holidays are no working days, where it is not that of the site above.
    #[oai(validator(max_length = 8))]
    pub holidays: MaybeUndefined<String>,
    /// A closed site is offered nowhere; what happened there stays.
    pub closed: Option<bool>,
}

/// A site was made.
#[derive(ApiResponse)]
pub enum CreateSite {
    /// It is there now.
    #[oai(status = 201)]
    Created(Json<SiteView>),
}

#[OpenApi(prefix_path = "/sites", tag = "Tag::Sites")]
impl Sites {
    /// List sites
    #[oai(path = "/", method = "get", operation_id = "list_sites")]
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
    ) -> Result<Json<SitePage>, Failure> {
        let caller = auth.permit(Action::LIST_SITES)?;
        let query = page::query(after.0.as_deref(), limit.0)?;
        let found = sites::list(web.app.db.read(), caller.organisation, query).await?;
        Ok(Json(SitePage {
            next: page::next(found.next),
            items: found.items.into_iter().map(SiteView::from).collect(),
        }))
    }

    /// Make a site
    #[oai(path = "/", method = "post", operation_id = "create_site")]
    async fn create(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        body: Json<NewSite>,
    ) -> Result<CreateSite, Failure> {
        let caller = auth.permit(Action::CREATE_SITE)?;
        page::spoken(web, body.0.language.as_ref())?;
        let new = sites::NewSite {
            name: body.0.name,
            parent: body.0.parent_id,
            lead: body.0.lead_id,
            time_zone: body.0.time_zone,
            language: body.0.language,
            heard_within: body.0.heard_within,
            holidays: body.0.holidays,
        };
        let tx = web.app.db.write().await?;
        let change = Change::begin(&tx, caller.organisation, &caller.actor, web.app.clock.now()).await?;
        let made = sites::create(&change, new).await?;
        tx.commit().await?;
        Ok(CreateSite::Created(Json(made.into())))
    }

    /// Get a site
    #[oai(path = "/:id", method = "get", operation_id = "get_site")]
    async fn get(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The site.
        id: Path<Uuid>,
    ) -> Result<Json<SiteView>, Failure> {
        let caller = auth.permit(Action::GET_SITE)?;
        let found = sites::get(web.app.db.read(), caller.organisation, id.0).await;
        Ok(Json(found.map_err(Failure::of_path)?.into()))
    }

    /// Rename, move, close or reopen a site
    #[oai(path = "/:id", method = "patch", operation_id = "update_site")]
    async fn update(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The site.
        id: Path<Uuid>,
        body: Json<UpdateSite>,
    ) -> Result<Json<SiteView>, Failure> {
        let caller = auth.permit(Action::UPDATE_SITE)?;
        page::spoken(web, body.0.language.value())?;
        let patch = SitePatch {
            name: body.0.name,
            parent: page::patch(body.0.parent_id),
            lead: page::patch(body.0.lead_id),
            time_zone: page::patch(body.0.time_zone),
            language: page::patch(body.0.language),
            heard_within: page::patch(body.0.heard_within),
            holidays: page::patch(body.0.holidays),
            closed: body.0.closed,
        };
        let tx = web.app.db.write().await?;
        let found = sites::get(&tx, caller.organisation, id.0).await;
        found.map_err(Failure::of_path)?;
        let change = Change::begin(&tx, caller.organisation, &caller.actor, web.app.clock.now()).await?;
        let saved = sites::update(&change, id.0, patch).await?;
        tx.commit().await?;
        Ok(Json(saved.into()))
    }
}
