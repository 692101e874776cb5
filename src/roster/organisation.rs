//! The tenant: made once with its sources, then only its settings change.
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::{
    json::Words,
    organisation::{self, BoardMode},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::{RosterError, terms};
pub use crate::platform::calendar::{day_in, today, zone};
use crate::{
    access::audit,
    platform::db::Tx,
    template::{
        Language,
        brand::{Brand, Colour},
    },
};

const LONGEST_NAME: usize = 120;
const LONGEST_SLUG: usize = 63;
const LONGEST_URL: usize = 500;
const MOST_BRANDS: usize = 200;

/// What an organisation is made of.
#[derive(Clone, Debug)]
pub struct NewOrganisation {
    /// As customers know it.
    pub name: String,
    /// Its part of addresses: small letters, digits and single hyphens.
    pub slug: String,
    /// IANA name.
    pub time_zone: String,
    /// Code of the language in which it speaks.
    pub language: String,
}

/// What is to change; what is empty stays.
#[derive(Clone, Debug, Default)]
pub struct OrganisationPatch {
    /// As customers know it.
    pub name: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    /// Code of the language in which it speaks to whoever has not chosen one.
    pub language: Option<String>,
    /// Further names and brands.
    pub brands: Option<Vec<String>>,
    /// Who may see standings.
    pub board_mode: Option<BoardMode>,
    /// Confidence from which a credit is automatic, 0.5 to 1; `Some(None)` returns to the model's own.
    pub threshold: Option<Option<f64>>,
    /// One of how many automatic credits is asked about; 0: none; `Some(None)` returns to the usual share.
    pub check_every: Option<Option<i32>>,
    /// Which share of automatic credits is to be right, 0.5 to 1; `Some(None)` returns to the usual one.
    pub target_precision: Option<Option<f64>>,
    /// Whether the threshold follows the answers by itself.
    pub adjusts_threshold: Option<bool>,
    /// Within how many working days somebody is to hear of praise, 1 to 30.
    pub heard_within: Option<i32>,
    /// Country or region whose holidays are no working days; `Some(None)`: every weekday is one.
    pub holidays: Option<Option<String>>,
    /// `#rrggbb`; `Some(None)` returns to Plaudit's own.
    pub colour: Option<Option<String>>,
    /// Address of a page about the use of data; `Some(None)` takes the link away.
    pub privacy_url: Option<Option<String>>,
}

/// Makes an organisation, in the caller's transaction; `app::tenant` adds its first sources.
pub async fn create(
    tx: &Tx,
    new: NewOrganisation,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<organisation::Model, RosterError> {
    let slug = valid_slug(&new.slug)?;
    if by_slug(tx, &slug).await?.is_some() {
        return Err(RosterError::Taken {
            what: "organisation",
            value: slug,
        });
    }
    let made = organisation::ActiveModel {
        id: Set(Uuid::now_v7()),
        slug: Set(slug),
        name: Set(valid_name(&new.name)?),
        time_zone: Set(valid_time_zone("time_zone", &new.time_zone)?),
        language: Set(valid_language(&new.language)?),
        brands: Set(Words::default()),
        board_mode: Set(BoardMode::Team),
        threshold: Set(None),
        check_every: Set(None),
        target_precision: Set(None),
        adjusts_threshold: Set(false),
        threshold_adjusted_at: Set(None),
        colour: Set(None),
        privacy_url: Set(None),
        heard_within: Set(terms::USUAL),
        holidays: Set(None),
        logo: Set(None),
        roster_version: Set(0),
        settings_version: Set(0),
        created_at: Set(now),
    }
    .insert(tx)
    .await?;
    record(
        tx,
        made.id,
        "create_organisation",
        serde_json::json!({}),
        actor,
        now,
    )
    .await?;
    Ok(made)
}

/// The organisation with an id.
pub async fn by_id(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Option<organisation::Model>, RosterError> {
    Ok(organisation::Entity::find_by_id(id).one(connection).await?)
}

/// The organisation with a slug.
pub async fn by_slug(
    connection: &impl ConnectionTrait,
    slug: &str,
) -> Result<Option<organisation::Model>, RosterError> {
    let found = organisation::Entity::find().filter(organisation::Column::Slug.eq(slug));
    Ok(found.one(connection).await?)
}

/// The named organisation, or the only one where none is named.
pub async fn named_or_only(
    connection: &impl ConnectionTrait,
    slug: Option<&str>,
) -> Result<organisation::Model, RosterError> {
    if let Some(slug) = slug {
        let found = by_slug(connection, slug).await?;
        return found.ok_or_else(|| RosterError::not_found("organisation", slug));
    }
    let mut all = organisation::Entity::find()
        .order_by_asc(organisation::Column::Slug)
        .limit(20)
        .all(connection)
        .await?;
    match (all.pop(), all.is_empty()) {
        (None, _) => Err(RosterError::NoOrganisation),
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            all.push(last);
            let slugs = all.into_iter().map(|organisation| organisation.slug).collect();
            Err(RosterError::WhichOrganisation { slugs })
        }
    }
}

/// Changes settings and raises `settings_version`; a patch that changes nothing leaves all as it is.
pub async fn update(
    tx: &Tx,
    id: Uuid,
    patch: OrganisationPatch,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<organisation::Model, RosterError> {
    let mut locked = organisation::Entity::find_by_id(id);
    if !tx.is_sqlite() {
        locked = locked.lock_exclusive();
    }
    let before = locked.one(tx).await?;
    let before = before.ok_or_else(|| RosterError::not_found("organisation", id.to_string()))?;
    let after = patched(before.clone(), patch)?;
    let fields = changed_fields(&before, &after);
    if fields.is_empty() {
        return Ok(before);
    }
    let saved = organisation::ActiveModel {
        id: Set(id),
        name: Set(after.name),
        time_zone: Set(after.time_zone),
        language: Set(after.language),
        brands: Set(after.brands),
        board_mode: Set(after.board_mode),
        threshold: Set(after.threshold),
        check_every: Set(after.check_every),
        target_precision: Set(after.target_precision),
        adjusts_threshold: Set(after.adjusts_threshold),
        colour: Set(after.colour),
        privacy_url: Set(after.privacy_url),
        heard_within: Set(after.heard_within),
        holidays: Set(after.holidays),
        settings_version: Set(before.settings_version + 1),
        ..Default::default()
    }
    .update(tx)
    .await?;
    let detail = serde_json::json!({ "fields": fields });
    record(tx, id, "update_organisation", detail, actor, now).await?;
    Ok(saved)
}

fn patched(
    mut organisation: organisation::Model,
    patch: OrganisationPatch,
) -> Result<organisation::Model, RosterError> {
    if let Some(name) = patch.name {
        organisation.name = valid_name(&name)?;
    }
    if let Some(zone) = patch.time_zone {
        organisation.time_zone = valid_time_zone("time_zone", &zone)?;
    }
    if let Some(language) = patch.language {
        organisation.language = valid_language(&language)?;
    }
    if let Some(brands) = patch.brands {
        organisation.brands = Words(valid_brands(&brands)?);
    }
    if let Some(mode) = patch.board_mode {
        organisation.board_mode = mode;
    }
    if let Some(threshold) = patch.threshold {
        organisation.threshold = valid_threshold(threshold)?;
    }
    if let Some(every) = patch.check_every {
        organisation.check_every = valid_check_every(every)?;
    }
    if let Some(target) = patch.target_precision {
        organisation.target_precision = valid_target(target)?;
    }
    if let Some(adjusts) = patch.adjusts_threshold {
        organisation.adjusts_threshold = adjusts;
    }
    if let Some(days) = patch.heard_within {
        organisation.heard_within = terms::valid_days(days)?;
    }
    if let Some(code) = patch.holidays {
        organisation.holidays = code.as_deref().map(terms::valid_holidays).transpose()?;
    }
    if let Some(colour) = patch.colour {
        organisation.colour = colour.as_deref().map(valid_colour).transpose()?;
    }
    if let Some(url) = patch.privacy_url {
        organisation.privacy_url = url.as_deref().map(valid_privacy_url).transpose()?;
    }
    Ok(organisation)
}

fn valid_check_every(every: Option<i32>) -> Result<Option<i32>, RosterError> {
    match every {
        Some(every) if !(0..=10_000).contains(&every) => Err(RosterError::invalid(
            "check_every",
            "give a number from 0 (none) to 10,000: one of so many automatic credits is asked about",
        )),
        every => Ok(every),
    }
}

fn valid_target(target: Option<f64>) -> Result<Option<f64>, RosterError> {
    match target {
        Some(target) if !(0.5..=1.0).contains(&target) => Err(RosterError::invalid(
            "target_precision",
            "give a share from 0.5 to 1 of automatic credits that are to be right",
        )),
        target => Ok(target),
    }
}

fn changed_fields(before: &organisation::Model, after: &organisation::Model) -> Vec<&'static str> {
    [
        ("name", before.name != after.name),
        ("time_zone", before.time_zone != after.time_zone),
        ("language", before.language != after.language),
        ("brands", before.brands != after.brands),
        ("board_mode", before.board_mode != after.board_mode),
        ("threshold", before.threshold != after.threshold),
        ("check_every", before.check_every != after.check_every),
        (
            "target_precision",
            before.target_precision != after.target_precision,
        ),
        (
            "adjusts_threshold",
            before.adjusts_threshold != after.adjusts_threshold,
        ),
        ("heard_within", before.heard_within != after.heard_within),
        ("holidays", before.holidays != after.holidays),
        ("colour", before.colour != after.colour),
        ("privacy_url", before.privacy_url != after.privacy_url),
    ]
    .into_iter()
    .filter_map(|(field, changed)| changed.then_some(field))
    .collect()
}

async fn record(
    tx: &Tx,
    organisation: Uuid,
    action: &str,
    detail: serde_json::Value,
    actor: &str,
    at: DateTime<Utc>,
) -> Result<(), RosterError> {
    let entry = audit::Entry {
        organisation,
        at,
        actor,
        action,
        subject_kind: "organisation",
        subject_id: Some(organisation.to_string()),
        detail,
    };
    Ok(audit::record(tx, entry).await?)
}

/// The time zone where there is but one organisation, for pages that cannot know whose they are; else UTC.
pub async fn only_zone(connection: &impl ConnectionTrait) -> Tz {
    let only = named_or_only(connection, None).await;
    only.map_or(Tz::UTC, |only| zone(&only))
}

/// The organisation's colours; Plaudit's own where it has none.
#[must_use]
pub fn brand(organisation: &organisation::Model) -> Brand {
    let colour = organisation
        .colour
        .as_deref()
        .and_then(|colour| colour.parse().ok());
    colour.map_or_else(Brand::default, Brand::of)
}

/// A time zone's IANA name, or what would be right.
pub(crate) fn valid_time_zone(field: &'static str, given: &str) -> Result<String, RosterError> {
    match given.trim().parse::<Tz>() {
        Ok(zone) => Ok(zone.name().to_owned()),
        Err(_) => {
            let message = format!("{given:?} is no time zone; give an IANA name such as Europe/London");
            Err(RosterError::invalid(field, message))
        }
    }
}

/// The code of a language; whether there is a catalogue for it is for whoever asks to know.
pub(crate) fn valid_language(given: &str) -> Result<String, RosterError> {
    match Language::of_tag(given) {
        Some(language) => Ok(language.to_string()),
        None => {
            let message = format!("{given:?} is no language; give a code such as en or fr");
            Err(RosterError::invalid("language", message))
        }
    }
}

/// A name, tidied, or what would be right.
pub(crate) fn valid_name(given: &str) -> Result<String, RosterError> {
    let name = super::site::tidy(given);
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME || given.chars().any(char::is_control) {
        let message = format!("needs 1 to {LONGEST_NAME} characters on one line");
        return Err(RosterError::invalid("name", message));
    }
    Ok(name)
}

/// A name's usual part of addresses: `Bäckerei Groß` → `backerei-gross`. Empty where nothing of it can stand in one.
pub(crate) fn slug_of(name: &str) -> String {
    let words = name.split(|c: char| c.is_whitespace() || c == '-').map(|word| {
        let mut word = domain::text::normal_form(word);
        word.retain(|c| c.is_ascii_alphanumeric());
        word
    });
    let mut slug = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        let hyphen = if slug.is_empty() { "" } else { "-" };
        if slug.len() + hyphen.len() + word.len() <= LONGEST_SLUG {
            slug.extend([hyphen, &word]);
        }
    }
    slug
}

/// A part of addresses, or what would be right.
pub(crate) fn valid_slug(given: &str) -> Result<String, RosterError> {
    let good =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if given.len() > LONGEST_SLUG || !given.split('-').all(good) {
        let message = format!(
            "{given:?} cannot stand in an address; use small letters a-z, digits and single hyphens, at most {LONGEST_SLUG}"
        );
        return Err(RosterError::invalid("slug", message));
    }
    Ok(given.to_owned())
}

fn valid_brands(given: &[String]) -> Result<Vec<String>, RosterError> {
    let mut brands: Vec<String> = Vec::new();
    for given in given {
        let brand = super::site::tidy(given);
        let length = brand.chars().count();
        if length == 0 || length > LONGEST_NAME || given.chars().any(char::is_control) {
            let message = format!("each needs 1 to {LONGEST_NAME} characters on one line");
            return Err(RosterError::invalid("brands", message));
        }
        if !brands.contains(&brand) {
            brands.push(brand);
        }
    }
    if brands.len() > MOST_BRANDS {
        return Err(RosterError::invalid("brands", format!("at most {MOST_BRANDS}")));
    }
    Ok(brands)
}

/// Any colour will do: what is hard to read is made darker or lighter where it is shown (see [`Brand::of`]).
fn valid_colour(given: &str) -> Result<String, RosterError> {
    match given.trim().parse::<Colour>() {
        Ok(colour) => Ok(colour.hex()),
        Err(error) => Err(RosterError::invalid("colour", error.to_string())),
    }
}

fn valid_privacy_url(given: &str) -> Result<String, RosterError> {
    let url = given.trim();
    let leads = url.starts_with("https://") || url.starts_with("http://");
    if !leads || url.chars().count() > LONGEST_URL || url.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        let message = format!(
            "give the address of a page, beginning with https://, of at most {LONGEST_URL} characters"
        );
        return Err(RosterError::invalid("privacy_url", message));
    }
    Ok(url.to_owned())
}

fn valid_threshold(given: Option<f64>) -> Result<Option<f64>, RosterError> {
    match given {
        Some(threshold) if !(0.5..=1.0).contains(&threshold) => {
            let message = format!("{threshold} is out of range; give 0.5 to 1, or leave it to the model");
            Err(RosterError::invalid("threshold", message))
        }
        _ => Ok(given),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_that_cannot_stand_in_an_address_is_refused() {
        for slug in ["", "Acme", "a--b", "-a", "a-", "a b", "ä", "a/b", &"x".repeat(64)] {
            assert!(valid_slug(slug).is_err(), "{slug}");
        }
        assert_eq!(valid_slug("acme-retail-2").unwrap(), "acme-retail-2");
    }

    #[test]
    fn a_name_gives_an_address_that_is_accepted() {
        for (name, slug) in [
            ("Tarn & Holloway", "tarn-holloway"),
            ("L'Île -- Flottante 2", "lile-flottante-2"),
            ("寿司", ""),
        ] {
            assert_eq!(slug_of(name), slug);
        }
        assert!(valid_slug(&slug_of(&"Harbour Hotels ".repeat(20))).is_ok());
    }

    #[test]
    fn a_time_zone_is_an_iana_name() {
        assert_eq!(
            valid_time_zone("time_zone", " Europe/Berlin ").unwrap(),
            "Europe/Berlin"
        );
        let error = valid_time_zone("time_zone", "CEST+1").unwrap_err().to_string();
        assert!(error.contains("Europe/London"), "{error}");
    }

    #[test]
    fn a_threshold_below_one_half_is_refused() {
        assert!(valid_threshold(Some(0.4)).is_err() && valid_threshold(Some(f64::NAN)).is_err());
        assert_eq!(valid_threshold(Some(0.9)).unwrap(), Some(0.9));
    }
}
