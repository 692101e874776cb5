//! Sites: they nest, move and close; each keeps the address of its form for ever.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{site, site_closure, staff_member};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::{Change, RosterError, SiteIndex, organisation, terms, zone};
use crate::platform::paging::{Page, PageQuery};

mod tree;

/// Stands between the names of a path.
pub const SEPARATOR: &str = " / ";
const LONGEST_NAME: usize = 120;
const LONGEST_SLUG: usize = 60;

/// What a site is made of.
#[derive(Clone, Debug, Default)]
pub struct NewSite {
    /// What it is called, without the names above it.
    pub name: String,
    /// The site above it.
    pub parent: Option<Uuid>,
    /// Who is told of triage and complaints.
    pub lead: Option<Uuid>,
    /// IANA name where it differs from the organisation's.
    pub time_zone: Option<String>,
    /// Code of its language where it differs from that of the site above.
    pub language: Option<String>,
    /// Within how many working days praise is to be heard of, where it differs from the site above.
    pub heard_within: Option<i32>,
    /// Country or region whose holidays are kept, where it differs from the site above.
    pub holidays: Option<String>,
}

/// What is to change; an outer `None` leaves it as it is, an inner one empties it.
#[derive(Clone, Debug, Default)]
pub struct SitePatch {
    /// What it is called.
    pub name: Option<String>,
    /// The site above it.
    pub parent: Option<Option<Uuid>>,
    /// Who is told of triage and complaints.
    pub lead: Option<Option<Uuid>>,
    /// IANA name where it differs.
    pub time_zone: Option<Option<String>>,
    /// Code of its language where it differs.
    pub language: Option<Option<String>>,
    /// Within how many working days praise is to be heard of, where it differs.
    pub heard_within: Option<Option<i32>>,
    /// Country or region whose holidays are kept, where it differs.
    pub holidays: Option<Option<String>>,
    /// A closed site is offered nowhere; what happened there stays.
    pub closed: Option<bool>,
}

/// Makes a site.
pub async fn create(change: &Change<'_>, new: NewSite) -> Result<site::Model, RosterError> {
    create_as(change, Uuid::now_v7(), new).await
}

/// Makes a site with an id that is known already.
pub(crate) async fn create_as(
    change: &Change<'_>,
    id: Uuid,
    new: NewSite,
) -> Result<site::Model, RosterError> {
    let name = valid_name(&new.name)?;
    let parent = match new.parent {
        Some(id) => Some(get(change.tx, change.organisation_id(), id).await?),
        None => None,
    };
    refuse_closed(parent.as_ref())?;
    let path = path_below(parent.as_ref(), &name);
    refuse_taken(change, &path, None).await?;
    check_lead(change, new.lead).await?;
    let rising = change.rising(new.lead).await?;
    let made = site::ActiveModel {
        id: Set(id),
        organisation_id: Set(change.organisation_id()),
        parent_id: Set(new.parent),
        slug: Set(free_slug(change, &name, parent.as_ref()).await?),
        name: Set(name),
        path: Set(path),
        lead_id: Set(new.lead),
        time_zone: Set(valid_zone(new.time_zone)?),
        language: Set(valid_language(new.language)?),
        heard_within: Set(new.heard_within.map(terms::valid_days).transpose()?),
        holidays: Set(new.holidays.as_deref().map(terms::valid_holidays).transpose()?),
        changed_in_version: Set(change.version()),
        created_at: Set(change.at),
        closed_at: Set(None),
    }
    .insert(change.tx)
    .await?;
    change.rose(&rising).await?;
    tree::plant(change, &made).await?;
    change
        .record("create_site", "site", made.id, serde_json::json!({}))
        .await?;
    Ok(made)
}

/// Changes a site; renaming and moving take everything below it along.
pub async fn update(change: &Change<'_>, id: Uuid, patch: SitePatch) -> Result<site::Model, RosterError> {
    let before = get(change.tx, change.organisation_id(), id).await?;
    let mut after = before.clone();
    if let Some(name) = patch.name {
        after.name = valid_name(&name)?;
    }
    if let Some(parent) = patch.parent {
        after.parent_id = parent;
    }
    if let Some(lead) = patch.lead {
        check_lead(change, lead).await?;
        after.lead_id = lead;
    }
    if let Some(zone) = patch.time_zone {
        after.time_zone = valid_zone(zone)?;
    }
    if let Some(language) = patch.language {
        after.language = valid_language(language)?;
    }
    if let Some(days) = patch.heard_within {
        after.heard_within = days.map(terms::valid_days).transpose()?;
    }
    if let Some(code) = patch.holidays {
        after.holidays = code.as_deref().map(terms::valid_holidays).transpose()?;
    }
    if let Some(closed) = patch.closed {
        after.closed_at = closed_at(change, &before, closed).await?;
    }
    save(change, &before, after).await
}

async fn save(
    change: &Change<'_>,
    before: &site::Model,
    mut after: site::Model,
) -> Result<site::Model, RosterError> {
    if after == *before {
        return Ok(after);
    }
    let parent = match after.parent_id {
        Some(parent) => Some(tree::parent_outside(change, before.id, parent).await?),
        None => None,
    };
    let is_opened_or_moved = after.parent_id != before.parent_id || before.closed_at.is_some();
    if after.closed_at.is_none() && is_opened_or_moved {
        refuse_closed(parent.as_ref())?;
    }
    after.path = path_below(parent.as_ref(), &after.name);
    if after.path != before.path {
        refuse_taken(change, &after.path, Some(before.id)).await?;
    }
    if after.parent_id != before.parent_id {
        tree::transplant(change, before.id, after.parent_id).await?;
    }
    let rising = change.rising(after.lead_id).await?;
    let path = after.path.clone();
    let saved = site::ActiveModel {
        id: Set(after.id),
        parent_id: Set(after.parent_id),
        name: Set(after.name),
        path: Set(after.path),
        lead_id: Set(after.lead_id),
        time_zone: Set(after.time_zone),
        language: Set(after.language),
        heard_within: Set(after.heard_within),
        holidays: Set(after.holidays),
        changed_in_version: Set(change.version()),
        closed_at: Set(after.closed_at),
        ..Default::default()
    }
    .update(change.tx)
    .await?;
    change.rose(&rising).await?;
    if path != before.path {
        tree::rewrite_paths_below(change, &saved).await?;
    }
    change
        .record("update_site", "site", saved.id, serde_json::json!({}))
        .await?;
    Ok(saved)
}

/// Nothing that is open lies below a closed site.
fn refuse_closed(parent: Option<&site::Model>) -> Result<(), RosterError> {
    match parent.filter(|parent| parent.closed_at.is_some()) {
        Some(closed) => Err(RosterError::ClosedSite {
            path: closed.path.clone(),
        }),
        None => Ok(()),
    }
}

async fn closed_at(
    change: &Change<'_>,
    site: &site::Model,
    closed: bool,
) -> Result<Option<DateTime<Utc>>, RosterError> {
    if !closed {
        return Ok(None);
    }
    let open_below = site::Entity::within(change.organisation_id())
        .filter(site::Column::ParentId.eq(site.id))
        .filter(site::Column::ClosedAt.is_null())
        .one(change.tx)
        .await?;
    match open_below {
        Some(open) => {
            let message = format!(
                "{:?} is still open; close or move the sites below first",
                open.path
            );
            Err(RosterError::invalid("closed", message))
        }
        None => Ok(Some(site.closed_at.unwrap_or(change.at))),
    }
}

/// The site with an id.
pub async fn get(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<site::Model, RosterError> {
    let found = site::Entity::within(organisation)
        .filter(site::Column::Id.eq(id))
        .one(connection)
        .await?;
    found.ok_or_else(|| RosterError::not_found("site", id.to_string()))
}

/// The sites with these ids.
pub async fn by_ids(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    ids: HashSet<Uuid>,
) -> Result<HashMap<Uuid, site::Model>, DbErr> {
    let found = site::Entity::named(organisation, site::Column::Id, ids)
        .all(connection)
        .await?;
    Ok(found.into_iter().map(|site| (site.id, site)).collect())
}

/// The open site with a slug: the one whose form is asked for.
pub async fn by_slug(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    slug: &str,
) -> Result<Option<site::Model>, DbErr> {
    site::Entity::within(organisation)
        .filter(site::Column::Slug.eq(slug))
        .filter(site::Column::ClosedAt.is_null())
        .one(connection)
        .await
}

/// Open sites by their names, at most `limit`.
pub async fn open(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    limit: u64,
) -> Result<Vec<site::Model>, DbErr> {
    site::Entity::within(organisation)
        .filter(site::Column::ClosedAt.is_null())
        .order_by_asc(site::Column::Path)
        .limit(limit)
        .all(connection)
        .await
}

/// The open site that a path or a unique name means.
pub async fn resolve(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    reference: &str,
) -> Result<site::Model, RosterError> {
    let by_path = site::Entity::within(organisation)
        .filter(site::Column::Path.eq(reference))
        .filter(site::Column::ClosedAt.is_null())
        .one(connection)
        .await?;
    if let Some(found) = by_path {
        return Ok(found);
    }
    let id = SiteIndex::load(connection, organisation)
        .await?
        .resolve(reference)?;
    get(connection, organisation, id).await
}

/// A page of the organisation's sites in the order of their creation, closed ones included.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    page: PageQuery,
) -> Result<Page<site::Model>, DbErr> {
    page.fetch(
        connection,
        site::Entity::within(organisation),
        site::Column::Id,
        |row| row.id,
    )
    .await
}

/// The site and those above it, nearest first.
pub async fn upwards(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    site: Uuid,
) -> Result<Vec<site::Model>, DbErr> {
    let closure = site_closure::Entity::within(organisation)
        .filter(site_closure::Column::DescendantId.eq(site))
        .all(connection)
        .await?;
    let depths: std::collections::HashMap<Uuid, i32> =
        closure.iter().map(|row| (row.ancestor_id, row.depth)).collect();
    let mut sites = site::Entity::named(organisation, site::Column::Id, depths.keys().copied())
        .all(connection)
        .await?;
    sites.sort_by_key(|site| depths.get(&site.id).copied());
    Ok(sites)
}

/// The site and everything below it.
pub async fn below(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    site: Uuid,
) -> Result<HashSet<Uuid>, DbErr> {
    let below: Vec<Uuid> = site_closure::Entity::within(organisation)
        .filter(site_closure::Column::AncestorId.eq(site))
        .select_only()
        .column(site_closure::Column::DescendantId)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(below.into_iter().collect())
}

/// Who leads a site: its own lead, else the nearest one above.
pub async fn lead(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    site: Uuid,
) -> Result<Option<Uuid>, DbErr> {
    let sites = upwards(connection, organisation, site).await?;
    Ok(sites.iter().find_map(|site| site.lead_id))
}

/// The time zone of a site; see [`zone`].
pub async fn time_zone(
    connection: &impl ConnectionTrait,
    organisation: &entity::organisation::Model,
    site: Option<Uuid>,
) -> Result<chrono_tz::Tz, DbErr> {
    Ok(zone::zones(connection, organisation, site).await?.at(site))
}

/// The time zones of several sites, as [`time_zone`] answers for one.
pub async fn time_zones(
    connection: &impl ConnectionTrait,
    organisation: &entity::organisation::Model,
    sites: HashSet<Uuid>,
) -> Result<HashMap<Uuid, chrono_tz::Tz>, DbErr> {
    let mut closure = site_closure::Entity::named(
        organisation.id,
        site_closure::Column::DescendantId,
        sites.iter().copied(),
    )
    .all(connection)
    .await?;
    closure.sort_by_key(|row| row.depth);
    let above: HashSet<Uuid> = closure.iter().map(|row| row.ancestor_id).collect();
    let own: HashMap<Uuid, chrono_tz::Tz> = site::Entity::named(organisation.id, site::Column::Id, above)
        .all(connection)
        .await?
        .into_iter()
        .filter_map(|site| Some((site.id, site.time_zone.as_deref()?.parse().ok()?)))
        .collect();
    let mut zones: HashMap<Uuid, chrono_tz::Tz> = HashMap::new();
    for row in closure {
        if let Some(zone) = own.get(&row.ancestor_id) {
            zones.entry(row.descendant_id).or_insert(*zone);
        }
    }
    let default = organisation::zone(organisation);
    let zone = |site: Uuid| (site, zones.get(&site).copied().unwrap_or(default));
    Ok(sites.into_iter().map(zone).collect())
}

/// The languages of sites: their own, else that of the nearest one above; none where it is the organisation's.
pub async fn languages(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    sites: HashSet<Uuid>,
) -> Result<HashMap<Uuid, String>, DbErr> {
    let mut closure = site_closure::Entity::named(organisation, site_closure::Column::DescendantId, sites)
        .all(connection)
        .await?;
    closure.sort_by_key(|row| row.depth);
    let above: HashSet<Uuid> = closure.iter().map(|row| row.ancestor_id).collect();
    let own: HashMap<Uuid, String> = site::Entity::named(organisation, site::Column::Id, above)
        .all(connection)
        .await?
        .into_iter()
        .filter_map(|site| Some((site.id, site.language?)))
        .collect();
    let mut languages: HashMap<Uuid, String> = HashMap::new();
    for row in closure {
        if let Some(language) = own.get(&row.ancestor_id) {
            languages
                .entry(row.descendant_id)
                .or_insert_with(|| language.clone());
        }
    }
    Ok(languages)
}

/// Without blanks at the ends, and single ones inside.
pub(crate) fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn valid_name(given: &str) -> Result<String, RosterError> {
    let name = tidy(given);
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(RosterError::invalid(
            "name",
            format!("needs 1 to {LONGEST_NAME} characters"),
        ));
    }
    if name.split(' ').any(|word| word == "/") {
        let message = format!("{name:?} has {SEPARATOR:?} in it, which stands between the names of a path");
        return Err(RosterError::invalid("name", message));
    }
    Ok(name)
}

fn valid_zone(zone: Option<String>) -> Result<Option<String>, RosterError> {
    zone.map(|zone| organisation::valid_time_zone("time_zone", &zone))
        .transpose()
}

fn valid_language(language: Option<String>) -> Result<Option<String>, RosterError> {
    language
        .map(|language| organisation::valid_language(&language))
        .transpose()
}

async fn check_lead(change: &Change<'_>, lead: Option<Uuid>) -> Result<(), RosterError> {
    let Some(lead) = lead else { return Ok(()) };
    let found = staff_member::Entity::within(change.organisation_id())
        .filter(staff_member::Column::Id.eq(lead))
        .one(change.tx)
        .await?;
    found
        .map(|_| ())
        .ok_or_else(|| RosterError::not_found("staff member", lead.to_string()))
}

fn path_below(parent: Option<&site::Model>, name: &str) -> String {
    match parent {
        Some(parent) => format!("{}{SEPARATOR}{name}", parent.path),
        None => name.to_owned(),
    }
}

async fn refuse_taken(change: &Change<'_>, path: &str, except: Option<Uuid>) -> Result<(), RosterError> {
    let same = site::Entity::within(change.organisation_id())
        .filter(site::Column::Path.eq(path))
        .one(change.tx)
        .await?;
    match same.filter(|found| Some(found.id) != except) {
        Some(found) => Err(RosterError::Taken {
            what: "site",
            value: found.path,
        }),
        None => Ok(()),
    }
}

/// The first of `leeds`, `north-leeds`, `north-leeds-2`, … that no site has or had.
async fn free_slug(
    change: &Change<'_>,
    name: &str,
    parent: Option<&site::Model>,
) -> Result<String, RosterError> {
    let own = slug_of(name);
    let longer = slug_of(&format!(
        "{} {name}",
        parent.map_or("", |parent| parent.name.as_str())
    ));
    let numbered = (2..).map(|n| format!("{longer}-{n}"));
    for slug in [own, longer.clone()].into_iter().chain(numbered) {
        let taken = site::Entity::within(change.organisation_id()).filter(site::Column::Slug.eq(&slug));
        if taken.one(change.tx).await?.is_none() {
            return Ok(slug);
        }
    }
    Err(RosterError::invalid("name", "no address is left for it"))
}

/// Small ASCII letters, digits and single hyphens; `site` where a name has none (other scripts).
fn slug_of(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric());
    let words = words.map(domain::text::normal_form).map(|word| {
        let ascii = word.chars().filter(char::is_ascii_alphanumeric);
        ascii.collect::<String>()
    });
    let mut slug = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if slug.len() + word.len() < LONGEST_SLUG {
            slug.extend((!slug.is_empty()).then_some('-'));
            slug.push_str(&word);
        }
    }
    if slug.is_empty() { "site".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_plain_ascii() {
        assert_eq!(slug_of("Köln – Straße 5"), "koln-strasse-5");
        assert_eq!(slug_of("St. John's A&E"), "st-john-s-a-e");
        assert_eq!(slug_of("東京"), "site");
    }

    #[test]
    fn a_name_with_the_separator_of_paths_is_refused() {
        assert!(valid_name("North / Leeds").is_err() && valid_name("  ").is_err());
        assert_eq!(valid_name(" A/E  ward ").unwrap(), "A/E ward");
    }
}
