//! `/v1/organisation`
use chrono::{DateTime, Utc};
use entity::organisation::{self, BoardMode};
use poem::web::Data;
use poem_openapi::{
    ApiRequest, Enum, Object, OpenApi,
    payload::{Binary, Json},
    types::MaybeUndefined,
};
use uuid::Uuid;

use super::{Tag, page};
use crate::{
    access::{Action, Caller},
    roster::{
        RosterError,
        logo::{self, Logo},
        organisation::{self as organisations, OrganisationPatch},
    },
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on the caller's own organisation.
#[derive(Debug)]
pub struct Organisation;

/// Who may see standings.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum BoardModeView {
    /// Nobody
    Off,
    /// Members of a team see its board
    Team,
    /// Everybody
    Full,
}

impl From<BoardMode> for BoardModeView {
    fn from(mode: BoardMode) -> BoardModeView {
        match mode {
            BoardMode::Off => BoardModeView::Off,
            BoardMode::Team => BoardModeView::Team,
            BoardMode::Full => BoardModeView::Full,
        }
    }
}

impl From<BoardModeView> for BoardMode {
    fn from(mode: BoardModeView) -> BoardMode {
        match mode {
            BoardModeView::Off => BoardMode::Off,
            BoardModeView::Team => BoardMode::Team,
            BoardModeView::Full => BoardMode::Full,
        }
    }
}

/// An organisation.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct OrganisationView {
    /// Its id.
    pub id: Uuid,
    /// Its part of addresses.
    pub slug: String,
    /// As customers know it.
    pub name: String,
    /// IANA name of the zone in which periods are cut.
    pub time_zone: String,
    /// Code of the language in which mails and pages speak to whoever has not chosen one.
    pub language: String,
    /// Further names and brands, which are never a person.
    pub brands: Vec<String>,
    /// Who may see standings.
    pub board_mode: BoardModeView,
    /// Confidence from which a credit is automatic, where it is not the model's own.
    pub threshold: Option<f64>,
    /// One of how many automatic credits is asked about, where it is not the usual share; 0: none.
    pub check_every: Option<i32>,
    /// Which share of automatic credits is to be right, where it is not the usual one.
    pub target_precision: Option<f64>,
    /// Whether the threshold follows the answers by itself, at most once a week.
    pub adjusts_threshold: bool,
    /// Its colour as it was given, `#rrggbb`, where it is not Plaudit's own.
    pub colour: Option<String>,
    /// Within how many working days somebody is to hear of praise.
    pub heard_within: i32,
    /// Country or region whose holidays are no working days, such as `DE-BY`; absent: every weekday is one.
    pub holidays: Option<String>,
    /// What it says about its use of data.
    pub privacy_url: Option<String>,
    /// Fingerprint of its logo, where it has one.
    pub logo: Option<String>,
    /// Grows with every change of sites, staff or assignments.
    pub roster_version: i64,
    /// Grows with every change of settings.
    pub settings_version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl From<organisation::Model> for OrganisationView {
    fn from(row: organisation::Model) -> OrganisationView {
        OrganisationView {
            id: row.id,
            slug: row.slug,
            name: row.name,
            time_zone: row.time_zone,
            language: row.language,
            brands: row.brands.0,
            board_mode: row.board_mode.into(),
            threshold: row.threshold,
            check_every: row.check_every,
            target_precision: row.target_precision,
            adjusts_threshold: row.adjusts_threshold,
            colour: row.colour,
            heard_within: row.heard_within,
            holidays: row.holidays,
            privacy_url: row.privacy_url,
            logo: row.logo,
            roster_version: row.roster_version,
            settings_version: row.settings_version,
            created_at: row.created_at,
        }
    }
}

/// Settings to change; what is left out stays.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct UpdateOrganisation {
    /// As customers know it.
    #[oai(validator(min_length = 1, max_length = 120))]
    pub name: Option<String>,
    /// IANA name, such as `Europe/London`.
    #[oai(validator(max_length = 64))]
    pub time_zone: Option<String>,
    /// Code of the language in which mails and pages speak to whoever has not chosen one, such as `de`.
    #[oai(validator(max_length = 35))]
    pub language: Option<String>,
    /// Further names and brands, which are never a person.
    #[oai(validator(max_items = 200))]
    pub brands: Option<Vec<String>>,
    /// Who may see standings.
    pub board_mode: Option<BoardModeView>,
    /// Confidence from which a credit is automatic, 0.5 to 1; null returns to the model's own.
    pub threshold: MaybeUndefined<f64>,
    /// One of how many automatic credits is put as a question before somebody who was not told of it; 0: none; null returns
    /// to one of 20 until there are 100 answers, then of 100.
    #[oai(validator(minimum(value = "0"), maximum(value = "10000")))]
    pub check_every: MaybeUndefined<i32>,
    /// Which share of automatic credits is to be right, 0.5 to 1; null returns to 0.99.
    pub target_precision: MaybeUndefined<f64>,
    /// Whether the threshold follows the answers by itself, at most once a week.
    pub adjusts_threshold: Option<bool>,
    /// Colour of buttons and links, as `#rrggbb`. It is made darker or lighter where it would be hard to read; null
    /// returns to Plaudit's own.
    #[oai(validator(max_length = 20))]
    pub colour: MaybeUndefined<String>,
    /// Within how many working days somebody is to hear of praise.
    #[oai(validator(minimum(value = "1"), maximum(value = "30")))]
    pub heard_within: Option<i32>,
    /// Country or region whose holidays are no working days, such as `GB` or `DE-BY`; null: every weekday is one.
    #[oai(validator(max_length = 8))]
    pub holidays: MaybeUndefined<String>,
    /// Address of what you say about your use of data, linked from public pages; null takes the link away.
    #[oai(validator(max_length = 500))]
    pub privacy_url: MaybeUndefined<String>,
}

/// A picture.
#[derive(ApiRequest)]
pub enum Picture {
    /// A PNG of at most 100 KB, with at most 2,000 pixels a side and 1,000,000 in all.
    #[oai(content_type = "image/png")]
    Png(Binary<Vec<u8>>),
}

#[OpenApi(prefix_path = "/organisation", tag = "Tag::Organisation")]
impl Organisation {
    /// Get the organisation of the key
    #[oai(path = "/", method = "get", operation_id = "get_organisation")]
    async fn get(&self, auth: Auth, Data(web): Data<&Web>) -> Result<Json<OrganisationView>, Failure> {
        let caller = auth.permit(Action::GET_ORGANISATION)?;
        let found = organisations::by_id(web.app.db.read(), caller.organisation).await?;
        Ok(Json(
            found.ok_or_else(|| Failure::not_found("organisation"))?.into(),
        ))
    }

    /// Change settings of the organisation
    #[oai(path = "/", method = "patch", operation_id = "update_organisation")]
    async fn update(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        body: Json<UpdateOrganisation>,
    ) -> Result<Json<OrganisationView>, Failure> {
        let caller = auth.permit(Action::UPDATE_ORGANISATION)?;
        page::spoken(web, body.0.language.as_ref())?;
        let patch = OrganisationPatch {
            name: body.0.name,
            time_zone: body.0.time_zone,
            language: body.0.language,
            brands: body.0.brands,
            board_mode: body.0.board_mode.map(Into::into),
            threshold: page::patch(body.0.threshold),
            check_every: page::patch(body.0.check_every),
            target_precision: page::patch(body.0.target_precision),
            adjusts_threshold: body.0.adjusts_threshold,
            colour: page::patch(body.0.colour),
            heard_within: body.0.heard_within,
            holidays: page::patch(body.0.holidays),
            privacy_url: page::patch(body.0.privacy_url),
        };
        let tx = web.app.db.write().await?;
        let now = web.app.clock.now();
        let saved = organisations::update(&tx, caller.organisation, patch, &caller.actor, now).await?;
        tx.commit().await?;
        Ok(Json(saved.into()))
    }

    /// Set the organisation's logo
    ///
    /// It is decoded and encoded anew: nothing but its pixels is kept. Public pages show it, at most 48 pixels high.
    #[oai(path = "/logo", method = "put", operation_id = "set_logo")]
    async fn set_logo(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        picture: Picture,
    ) -> Result<Json<OrganisationView>, Failure> {
        let caller = auth.permit(Action::SET_LOGO)?;
        let Picture::Png(Binary(file)) = picture;
        let logo = Logo::read(&file).map_err(RosterError::from)?;
        change_logo(web, &caller, Some(logo)).await
    }

    /// Take the organisation's logo away
    #[oai(path = "/logo", method = "delete", operation_id = "remove_logo")]
    async fn remove_logo(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
    ) -> Result<Json<OrganisationView>, Failure> {
        let caller = auth.permit(Action::REMOVE_LOGO)?;
        change_logo(web, &caller, None).await
    }
}

async fn change_logo(
    web: &Web,
    caller: &Caller,
    picture: Option<Logo>,
) -> Result<Json<OrganisationView>, Failure> {
    let tx = web.app.db.write().await?;
    let now = web.app.clock.now();
    let saved = logo::set(&tx, caller.organisation, picture, &caller.actor, now).await?;
    tx.commit().await?;
    Ok(Json(saved.into()))
}
