//! The places where people work, as a tree.
use std::collections::HashMap;

use entity::{grant::Role, organisation, site};
use poem::{Response, handler, http::StatusCode};
use uuid::Uuid;

use super::url_if;
use crate::{
    access::{Action, role},
    roster::overview::{self, Placed},
    template::context::{AdminPlacesPage, PlaceForm, PlaceLink, PlaceNode},
    web::{
        pages::{place, reader::Reader},
        problem::Failure,
    },
};

/// Places that are shown, and that are to choose from.
pub(super) const MOST_PLACES: u64 = 1_000;

/// `/places`: all of them.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let (db, own) = (reader.web.app.db.read(), &reader.organisation);
    let open = overview::open(db, own, reader.today(), MOST_PLACES + 1).await;
    let open = open.map_err(Failure::from)?;
    let closed = overview::closed(db, own.id, MOST_PLACES)
        .await
        .map_err(Failure::from)?;
    let leads = role_leads(&reader).await?;
    let nodes = Nodes {
        reader: &reader,
        leads,
    };
    let page = AdminPlacesPage {
        page: reader.frame("/places", "places"),
        add_url: url_if(&reader, Action::CREATE_SITE, "/places/add"),
        form: form(&reader, own, None),
        has_more: open.iter().map(size).sum::<u64>() > MOST_PLACES,
        places: nodes.all(open),
        closed: closed.iter().map(|site| link(&reader, site)).collect(),
    };
    reader.page(StatusCode::OK, &page)
}

fn size(placed: &Placed) -> u64 {
    1 + placed.below.iter().map(size).sum::<u64>()
}

/// The names of those who lead places by a role, by the place.
pub(super) async fn role_leads(reader: &Reader<'_>) -> poem::Result<HashMap<Uuid, Vec<String>>> {
    let now = reader.web.app.clock.now();
    let held = role::list(reader.web.app.db.read(), reader.organisation.id, now).await;
    let mut leads: HashMap<Uuid, Vec<String>> = HashMap::new();
    for held in held.map_err(Failure::from)? {
        if let (Role::SiteLead, Some(site), true) = (held.grant.role, held.grant.site_id, held.is_active) {
            leads.entry(site).or_default().push(held.name);
        }
    }
    Ok(leads)
}

/// Where customers write to a place, or to the organisation.
pub(super) fn form(
    reader: &Reader<'_>,
    organisation: &organisation::Model,
    site: Option<&site::Model>,
) -> PlaceForm {
    let path = place::path(organisation, site);
    PlaceForm {
        address: format!("{}{path}", reader.web.app.config.server.base_url),
        poster_url: reader.link(&path.replacen("/thank/", "/poster/", 1), None),
        url: reader.link(&path, None),
    }
}

pub(super) fn link(reader: &Reader<'_>, site: &site::Model) -> PlaceLink {
    PlaceLink {
        name: site.path.clone(),
        url: reader.link(&format!("/places/{}", site.id), None),
    }
}

/// Who works at a place.
pub(super) fn people_url(reader: &Reader<'_>, site: Uuid) -> String {
    reader.link("/people", Some(&format!("site={site}")))
}

/// A language as it calls itself.
pub(super) fn language_name(reader: &Reader<'_>, code: &str) -> String {
    let spoken = reader.web.app.templates.languages();
    let known = spoken.iter().find(|one| one.language.code() == code);
    known.map_or_else(|| code.to_owned(), |one| one.name.clone())
}

struct Nodes<'r> {
    reader: &'r Reader<'r>,
    leads: HashMap<Uuid, Vec<String>>,
}

impl Nodes<'_> {
    fn all(&self, placed: Vec<Placed>) -> Vec<PlaceNode> {
        placed.into_iter().map(|placed| self.node(placed)).collect()
    }

    fn node(&self, placed: Placed) -> PlaceNode {
        let (reader, site) = (self.reader, &placed.site);
        let mut leads: Vec<String> = placed.lead.into_iter().collect();
        leads.extend(self.leads.get(&site.id).cloned().unwrap_or_default());
        leads.dedup();
        PlaceNode {
            name: site.name.clone(),
            url: link(reader, site).url,
            people: placed.people,
            people_url: people_url(reader, site.id),
            leads,
            time_zone: placed.time_zone,
            language: language_name(reader, &placed.language),
            form: form(reader, &reader.organisation, Some(site)),
            below: self.all(placed.below),
        }
    }
}
