//! What to open, for the terminal and for the demo's first page.
use anyhow::Result;
use entity::{account as accounts, grant::Role, notice, site};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{
    COMMENTS, Directory, Sample,
    sample::{Company, FirstPage, Words},
};
use crate::{
    access::account,
    app::App,
    deliver::link::page_url,
    roster,
    template::{
        Language,
        context::{IndexGroup, IndexLink, IndexPage, Page},
    },
};

/// Links in groups, each with a sentence.
pub async fn groups(app: &App, sample: &Sample, directory: &Directory) -> Result<Vec<IndexGroup>> {
    let (company, said) = (&sample.company, &sample.company.page);
    let organisation = roster::organisation::named_or_only(app.db.read(), Some(&company.slug))
        .await?
        .id;
    let shops = shops(app, organisation, company).await?;
    let base = app.config.server.base_url.as_str();
    Ok(vec![
        group(&said.customer.name, "customer", forms(base, company, &shops)),
        group(
            &said.said.name,
            "staff",
            feeds(app, organisation, company, &shops).await?,
        ),
        group(
            &said.signed_in.name,
            "people",
            people(app, organisation, company).await?,
        ),
        group(
            &said.mails.name,
            "manager",
            mails(app, organisation, company).await?,
        ),
        group(&said.boards.name, "boards", boards(base, said, &shops)),
        group(
            &said.developers.name,
            "programs",
            programs(base, said, directory)?,
        ),
    ])
}

/// The demo's first page.
#[must_use]
pub fn page(sample: &Sample, groups: Vec<IndexGroup>, directory: &Directory) -> IndexPage {
    let company = &sample.company;
    let lead = company.page.lead.replace("{comments}", &COMMENTS.to_string());
    let lead = lead.replace("{mails}", &directory.mails().display().to_string());
    let language = Language::of_tag(&company.language).unwrap_or(Language::ENGLISH);
    IndexPage {
        page: Page::guest(&company.name, language, &format!("/brand/{}.css", company.slug)),
        title: company.page.title.clone(),
        lead,
        groups,
    }
}

async fn shops(app: &App, organisation: Uuid, company: &Company) -> Result<Vec<site::Model>> {
    let sites = roster::SiteIndex::load(app.db.read(), organisation).await?;
    let mut shops = Vec::new();
    for (shop, _) in &company.shops {
        shops.push(roster::site::get(app.db.read(), organisation, sites.resolve(shop)?).await?);
    }
    Ok(shops)
}

fn forms(base: &str, company: &Company, shops: &[site::Model]) -> Vec<IndexLink> {
    let said = &company.page.customer;
    let form = |(shop, sentence): (&site::Model, &String)| IndexLink {
        name: said.form.replace("{shop}", &shop.name),
        url: format!("{base}/thank/{}/{}", company.slug, shop.slug),
        sentence: sentence.clone(),
    };
    shops.iter().zip(&said.sentences).map(form).collect()
}

async fn feeds(
    app: &App,
    organisation: Uuid,
    company: &Company,
    shops: &[site::Model],
) -> Result<Vec<IndexLink>> {
    let (base, said) = (&app.config.server.base_url, &company.page.said);
    let mut links = vec![link(&said.company, &company.name, format!("{base}/feed"))];
    for shop in shops {
        links.push(link(
            &said.shop,
            &shop.name,
            format!("{base}/feed/site/{}", shop.id),
        ));
    }
    let somebody = roster::staff::by_employee_id(app.db.read(), organisation, &company.somebody).await?;
    links.extend(somebody.map(|person| {
        let name = roster::staff::full_name(&person);
        link(&said.person, &name, format!("{base}/feed/staff/{}", person.id))
    }));
    Ok(links)
}

/// Links that sign in as somebody; there are none outside the demo.
async fn people(app: &App, organisation: Uuid, company: &Company) -> Result<Vec<IndexLink>> {
    let said = &company.page.signed_in;
    let mut links = Vec::new();
    for (employee_id, words) in [
        (&company.somebody, &said.somebody),
        (&company.manager, &said.manager),
    ] {
        let person = roster::staff::by_employee_id(app.db.read(), organisation, employee_id).await?;
        let Some(person) = person else { continue };
        let tx = app.db.write().await?;
        let account = account::for_staff(&tx, organisation, person.id, app.clock.now()).await?;
        tx.commit().await?;
        links.push(link(
            words,
            &roster::staff::full_name(&person),
            sign_in_url(app, account.id),
        ));
    }
    let administrators = account::holding(app.db.read(), organisation, Role::Administrator, None).await?;
    let first = administrators.first();
    links.extend(first.map(|one| link(&said.administrator, "", sign_in_url(app, one.id))));
    Ok(links)
}

fn sign_in_url(app: &App, account: Uuid) -> String {
    format!("{}/demo/as/{account}", app.config.server.base_url)
}

/// The newest digest and the newest mail about praise of a manager, as the pages that they link to.
async fn mails(app: &App, organisation: Uuid, company: &Company) -> Result<Vec<IndexLink>> {
    let said = &company.page.mails;
    let mut links = Vec::new();
    for (kind, words) in [
        (notice::Kind::Digest, &said.digest),
        (notice::Kind::Praise, &said.praise),
    ] {
        let newest = newest(app, organisation, &company.manager, kind).await?;
        links.extend(newest.map(|newest| link(words, "", page_url(app, newest.id))));
    }
    Ok(links)
}

/// The newest mail of a kind to the manager whose week is shown.
async fn newest(
    app: &App,
    organisation: Uuid,
    manager: &str,
    kind: notice::Kind,
) -> Result<Option<notice::Model>> {
    let manager = roster::staff::by_employee_id(app.db.read(), organisation, manager).await?;
    let reader = accounts::Entity::within(organisation)
        .filter(accounts::Column::StaffId.eq(manager.map(|manager| manager.id)))
        .one(app.db.read())
        .await?;
    let Some(reader) = reader else { return Ok(None) };
    let told = notice::Entity::within(organisation)
        .filter(notice::Column::ReaderId.eq(reader.id))
        .filter(notice::Column::Kind.eq(kind))
        .filter(notice::Column::State.eq(notice::State::Sent));
    Ok(told
        .order_by_desc(notice::Column::SentAt)
        .one(app.db.read())
        .await?)
}

fn boards(base: &str, said: &FirstPage, shops: &[site::Model]) -> Vec<IndexLink> {
    let said = &said.boards;
    let mut links = vec![link(&said.company, "", format!("{base}/board?period=quarter"))];
    links.extend(shops.first().map(|shop| {
        let address = format!("{base}/board?period=year&site={}", shop.id);
        link(&said.shop, &shop.name, address)
    }));
    links
}

fn programs(base: &str, said: &FirstPage, directory: &Directory) -> Result<Vec<IndexLink>> {
    let (name, sentence) = &said.developers.api;
    Ok(vec![IndexLink {
        name: name.clone(),
        url: format!("{base}/docs"),
        sentence: sentence.replace("{key}", &directory.key()?),
    }])
}

fn group(name: &str, id: &str, links: Vec<IndexLink>) -> IndexGroup {
    IndexGroup {
        name: name.to_owned(),
        id: id.to_owned(),
        links,
    }
}

/// `{name}` is filled in.
fn link((title, sentence): &Words, name: &str, url: String) -> IndexLink {
    IndexLink {
        name: title.replace("{name}", name),
        url,
        sentence: sentence.clone(),
    }
}
