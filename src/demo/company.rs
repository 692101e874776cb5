//! Founds an invented company: its shops, people and sources.
use std::{collections::HashMap, sync::Arc};

use anyhow::{Context, ensure};
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::roster::csv::{self, Row};
use entity::{grant::Role, organisation::BoardMode};
use secrecy::SecretString;
use uuid::Uuid;

use super::{ACTOR, Sample, sample, story::Way};
use crate::{
    access::{Scope, account, key, role},
    app::tenant,
    capture::source::{self, NewSource},
    platform::{db::Tx, secret::Secrets, text_file::TextFile},
    roster::{
        Change, SiteIndex,
        import::{self, Options},
        organisation::{self, NewOrganisation, OrganisationPatch},
        site::{self, SitePatch},
        staff,
    },
};

/// What the comments need to know of the company.
#[derive(Debug)]
pub struct Company {
    /// The tenant.
    pub organisation: Uuid,
    /// Sources by name.
    pub sources: HashMap<String, entity::source::Model>,
    /// What the ways in are called.
    names: sample::Sources,
    /// Everybody who works there or did.
    pub people: Vec<Row>,
    /// Finds sites by path and name.
    pub sites: SiteIndex,
}

/// Founds the company in the caller's transaction; `today` is the day on which the story ends.
pub async fn found(
    tx: &Tx,
    sample: &Sample,
    secrets: &Arc<Secrets>,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> anyhow::Result<(Company, SecretString)> {
    let facts = &sample.company;
    let new = NewOrganisation {
        name: facts.name.clone(),
        slug: facts.slug.clone(),
        time_zone: facts.time_zone.name().to_owned(),
        language: facts.language.clone(),
    };
    let organisation = tenant::create(tx, new, ACTOR, now).await?.id;
    let patch = OrganisationPatch {
        brands: Some(facts.brands.clone()),
        board_mode: Some(BoardMode::Full),
        ..OrganisationPatch::default()
    };
    organisation::update(tx, organisation, patch, ACTOR, now).await?;
    let people = hire(tx, secrets, organisation, sample.roster, now, today).await?;
    appoint_leads(tx, organisation, facts, now).await?;
    let office = account::create(tx, organisation, &facts.office, ACTOR, now).await?;
    role::grant(tx, &office, Role::Administrator, None, ACTOR, now).await?;
    let (_, secret) = key::create(tx, organisation, "Demo", Scope::ALL, ACTOR, now).await?;
    let company = Company {
        organisation,
        sources: open_sources(tx, organisation, &facts.sources, now).await?,
        names: facts.sources.clone(),
        people,
        sites: SiteIndex::load(tx, organisation).await?,
    };
    Ok((company, secret))
}

async fn hire(
    tx: &Tx,
    secrets: &Arc<Secrets>,
    organisation: Uuid,
    roster: &str,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> anyhow::Result<Vec<Row>> {
    let csv = with_days(roster, today)?;
    let file = TextFile::from_bytes("roster.csv", csv.as_bytes(), None)?;
    let options = Options {
        create_sites: true,
        ..Options::default()
    };
    let preview = import::preview(tx, secrets, organisation, &file, &options, now).await?;
    ensure!(
        preview.is_applicable(),
        "the demo's roster: {:?}",
        preview.problems
    );
    let agreed = import::agreed(tx, secrets, organisation, &file, &options, &preview.digest, now).await?;
    import::apply(tx, agreed, ACTOR, now).await?;
    Ok(csv::parse(csv.as_bytes()).rows)
}

/// `{40}` stands for the day 40 days before `today`.
fn with_days(text: &str, today: NaiveDate) -> anyhow::Result<String> {
    let mut parts = text.split('{');
    let mut dated = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (days, rest) = part.split_once('}').context("a brace is not closed")?;
        let day = today.checked_sub_days(Days::new(days.parse()?));
        dated.push_str(&day.context("a day out of range")?.to_string());
        dated.push_str(rest);
    }
    Ok(dated)
}

async fn appoint_leads(
    tx: &Tx,
    organisation: Uuid,
    facts: &sample::Company,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let change = Change::begin(tx, organisation, ACTOR, now).await?;
    let sites = SiteIndex::load(tx, organisation).await?;
    for (shop, lead) in &facts.shops {
        let lead = staff::by_employee_id(tx, organisation, lead).await?;
        let patch = SitePatch {
            lead: Some(lead.map(|person| person.id)),
            ..SitePatch::default()
        };
        site::update(&change, sites.resolve(shop)?, patch).await?;
    }
    Ok(())
}

async fn open_sources(
    tx: &Tx,
    organisation: Uuid,
    names: &sample::Sources,
    now: DateTime<Utc>,
) -> anyhow::Result<HashMap<String, entity::source::Model>> {
    let opened = [
        (&names.nps, "import"),
        (&names.stars, "api"),
        (&names.card, "import"),
        (&names.phone, "api"),
    ];
    for (name, kind) in opened {
        let new = NewSource {
            name: name.to_owned(),
            kind: kind.to_owned(),
            settle_seconds: 0,
        };
        source::create(tx, organisation, new, ACTOR, now).await?;
    }
    let all = source::list(tx, organisation, crate::platform::paging::PageQuery::default()).await?;
    Ok(all
        .items
        .into_iter()
        .map(|source| (source.name.clone(), source))
        .collect())
}

impl Company {
    /// The site of that path or name.
    pub fn site(&self, reference: &str) -> anyhow::Result<Option<Uuid>> {
        match reference {
            "" => Ok(None),
            named => Ok(Some(self.sites.resolve(named)?)),
        }
    }

    /// The source of a way in.
    pub fn source(&self, way: Way) -> anyhow::Result<&entity::source::Model> {
        let name = match way {
            Way::Form => "form",
            Way::Api => "api",
            Way::Import => "import",
            Way::Nps => &self.names.nps,
            Way::Stars => &self.names.stars,
            Way::Card => &self.names.card,
            Way::Phone => &self.names.phone,
        };
        let found = self.sources.get(name);
        found.with_context(|| format!("the demo has no source {name:?}"))
    }
}
