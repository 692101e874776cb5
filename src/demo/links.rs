//! What to open, for the terminal and for the demo's first page.
use anyhow::Result;

use super::{
    Directory,
    company::{SHOPS, SLUG},
};
use crate::{
    app::App,
    roster,
    template::{
        Language,
        context::{IndexGroup, IndexLink, IndexPage, Page},
    },
};

/// Links in groups, each with a sentence.
pub async fn groups(app: &App, directory: &Directory) -> Result<Vec<IndexGroup>> {
    Ok(vec![
        group("As a customer", "customer", forms(app).await?),
        group("For programs", "programs", programs(app, directory)?),
    ])
}

/// The demo's first page.
#[must_use]
pub fn page(groups: Vec<IndexGroup>) -> IndexPage {
    IndexPage {
        page: Page::guest(
            "Tarn & Holloway",
            Language::English,
            &format!("/brand/{SLUG}.css"),
        ),
        title: "Tarn & Holloway, an invented company".to_owned(),
        lead: "Everything here is invented: 3 shops, 60 people and what 400 customers said in four months. \
               Write a thank-you and watch where it goes."
            .to_owned(),
        groups,
    }
}

async fn forms(app: &App) -> Result<Vec<IndexLink>> {
    let organisation = roster::organisation::named_or_only(app.db.read(), Some(SLUG)).await?;
    let sites = roster::SiteIndex::load(app.db.read(), organisation.id).await?;
    let mut links = Vec::new();
    for (shop, _) in SHOPS {
        let site = roster::site::get(app.db.read(), organisation.id, sites.resolve(shop)?).await?;
        links.push(link(
            &format!("Thank somebody at {shop}"),
            format!("{}/thank/{SLUG}/{}", app.config.server.base_url, site.slug),
            "What a customer sees: write a name, send it, and keep the receipt open.".to_owned(),
        ));
    }
    Ok(links)
}

fn programs(app: &App, directory: &Directory) -> Result<Vec<IndexLink>> {
    let base = &app.config.server.base_url;
    Ok(vec![link(
        "The API",
        format!("{base}/docs"),
        format!("To be tried out with the key {}", directory.key()?),
    )])
}

fn group(name: &str, id: &str, links: Vec<IndexLink>) -> IndexGroup {
    IndexGroup {
        name: name.to_owned(),
        id: id.to_owned(),
        links,
    }
}

fn link(name: &str, url: String, sentence: String) -> IndexLink {
    IndexLink {
        name: name.to_owned(),
        url,
        sentence,
    }
}
