//! Whom a form belongs to: an organisation, and one of its sites where the address names one.
use entity::{organisation, site, source};
use poem::{Error, http::StatusCode};

use super::{TryInstead, Visit};
use crate::{
    capture,
    roster::{organisation as organisations, site as sites, zone::zones},
    template::context::Choice,
    web::problem::Failure,
};

/// Most sites that a form offers: a list that is longer is no help, and makes the page heavy.
const OFFERED: u64 = 60;

/// Where somebody thanks.
pub(crate) struct Place {
    pub organisation: organisation::Model,
    /// The one in the address.
    pub site: Option<site::Model>,
    /// Those to choose from where the address names none.
    pub offered: Vec<site::Model>,
    /// The way in.
    pub source: source::Model,
    /// In which it is a day.
    pub zone: chrono_tz::Tz,
}

impl Place {
    /// The place that the address names. 404 where there is none, 410 where its form takes nothing any more.
    pub(crate) async fn of(visit: &Visit<'_>) -> poem::Result<Place> {
        let db = visit.web.app.db.read();
        let found = organisations::by_slug(db, visit.part("organisation"))
            .await
            .map_err(Failure::from)?;
        let organisation = found.ok_or_else(|| Error::from_status(StatusCode::NOT_FOUND))?;
        let open = capture::source::open_of_kind(db, organisation.id, "form")
            .await
            .map_err(Failure::from)?;
        let source = open.ok_or_else(|| Error::from_status(StatusCode::GONE))?;
        let mut place = Place {
            zone: organisations::zone(&organisation),
            organisation,
            site: None,
            offered: Vec::new(),
            source,
        };
        match visit.part("site") {
            "" => place.offered = place.open_sites(visit).await?,
            slug => place.choose(visit, slug).await?,
        }
        Ok(place)
    }

    async fn choose(&mut self, visit: &Visit<'_>, slug: &str) -> poem::Result<()> {
        let site = self.site(visit, slug).await?;
        let zones = zones(visit.web.app.db.read(), &self.organisation, [site.id]).await;
        self.zone = zones.map_err(Failure::from)?.at(Some(site.id));
        self.site = Some(site);
        Ok(())
    }

    async fn site(&self, visit: &Visit<'_>, slug: &str) -> poem::Result<site::Model> {
        let found = sites::by_slug(visit.web.app.db.read(), self.organisation.id, slug)
            .await
            .map_err(Failure::from)?;
        found.ok_or_else(|| {
            let mut error = Error::from_status(StatusCode::NOT_FOUND);
            error.set_data(TryInstead(format!("/thank/{}", self.organisation.slug)));
            error
        })
    }

    /// Sites to choose from, by name; none where they are too many to choose from.
    async fn open_sites(&self, visit: &Visit<'_>) -> poem::Result<Vec<site::Model>> {
        let db = visit.web.app.db.read();
        let found = sites::open(db, self.organisation.id, OFFERED + 1)
            .await
            .map_err(Failure::from)?;
        let is_too_many = found.len() as u64 > OFFERED;
        Ok(if is_too_many { Vec::new() } else { found })
    }

    /// Its address.
    pub(crate) fn path(&self) -> String {
        path(&self.organisation, self.site.as_ref())
    }

    /// The sites to choose from, as a form offers them.
    pub(crate) fn choices(&self, chosen: &str) -> Vec<Choice> {
        let is_unique = |site: &site::Model| {
            let same = self.offered.iter().filter(|other| other.name == site.name);
            same.count() == 1
        };
        let choice = |site: &site::Model| Choice {
            value: site.slug.clone(),
            label: if is_unique(site) { &site.name } else { &site.path }.clone(),
            chosen: site.slug == chosen,
        };
        self.offered.iter().map(choice).collect()
    }
}

/// The address of the form of an organisation or one of its sites.
pub(crate) fn path(organisation: &organisation::Model, site: Option<&site::Model>) -> String {
    match site {
        Some(site) => format!("/thank/{}/{}", organisation.slug, site.slug),
        None => format!("/thank/{}", organisation.slug),
    }
}
