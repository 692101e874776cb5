//! What to open, for the terminal and for the demo's first page.
use anyhow::Result;
use entity::{account, grant::Role, notice, site};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{
    COMMENTS, Directory,
    company::{SHOPS, SLUG},
};
use crate::{
    access::account as accounts,
    app::App,
    deliver::link::page_url,
    roster,
    template::{
        Language,
        context::{IndexGroup, IndexLink, IndexPage, Page},
    },
};

/// Whose feed is shown: somebody whom customers thank often.
const SOMEBODY: &str = "TH-011";
/// Whose mails are shown: the manager of that person, who leads a shop as well.
const MANAGER: &str = "TH-010";

/// Links in groups, each with a sentence.
pub async fn groups(app: &App, directory: &Directory) -> Result<Vec<IndexGroup>> {
    let organisation = roster::organisation::named_or_only(app.db.read(), Some(SLUG)).await?;
    let shops = shops(app, organisation.id).await?;
    let base = app.config.server.base_url.as_str();
    Ok(vec![
        group("Sign in as", "people", people(app, organisation.id).await?),
        group("As a customer", "customer", forms(base, &shops)),
        group(
            "As one of the staff",
            "staff",
            feeds(app, organisation.id, &shops).await?,
        ),
        group("As a manager", "manager", mails(app, organisation.id).await?),
        group("Who was thanked how often", "boards", boards(base, &shops)),
        group("As a program", "programs", programs(base, directory)?),
    ])
}

/// The demo's first page.
#[must_use]
pub fn page(groups: Vec<IndexGroup>, directory: &Directory) -> IndexPage {
    let lead = format!(
        "Everything here is invented: three shops, sixty people, and what {COMMENTS} customers said in four months. \
         Thank somebody, and watch where your words go. Mails to managers are not sent; they lie in {}.",
        directory.mails().display()
    );
    IndexPage {
        page: Page::guest(
            "Tarn & Holloway",
            Language::English,
            &format!("/brand/{SLUG}.css"),
        ),
        title: "Tarn & Holloway, an invented company".to_owned(),
        lead,
        groups,
    }
}

async fn shops(app: &App, organisation: Uuid) -> Result<Vec<site::Model>> {
    let sites = roster::SiteIndex::load(app.db.read(), organisation).await?;
    let mut shops = Vec::new();
    for (shop, _) in SHOPS {
        shops.push(roster::site::get(app.db.read(), organisation, sites.resolve(shop)?).await?);
    }
    Ok(shops)
}

/// Somebody of the staff, a manager who leads a shop as well, and the office.
async fn people(app: &App, organisation: Uuid) -> Result<Vec<IndexLink>> {
    let somebody = "One of the staff: what customers said of them.";
    let manager = "A manager, who leads a shop as well: what waits for them, and their team.";
    let office = "An administrator: roster, sources, keys, settings, the log.";
    let mut links = Vec::new();
    for (employee_id, sentence) in [(SOMEBODY, somebody), (MANAGER, manager)] {
        let Some(person) = roster::staff::by_employee_id(app.db.read(), organisation, employee_id).await?
        else {
            continue;
        };
        let tx = app.db.write().await?;
        let account = accounts::for_staff(&tx, organisation, person.id, app.clock.now()).await?;
        tx.commit().await?;
        links.push(link(
            &roster::staff::full_name(&person),
            as_somebody(app, &account),
            sentence,
        ));
    }
    let administrators = accounts::holding(app.db.read(), organisation, Role::Administrator, None).await?;
    let office = administrators
        .first()
        .map(|account| link("The office", as_somebody(app, account), office));
    links.extend(office);
    Ok(links)
}

fn as_somebody(app: &App, account: &account::Model) -> String {
    format!("{}/demo/as/{}", app.config.server.base_url, account.id)
}

fn forms(base: &str, shops: &[site::Model]) -> Vec<IndexLink> {
    const SENTENCES: [&str; 3] = [
        "Write \u{201c}Thank you Grace Okafor, you were so kind and helpful!\u{201d} and keep the receipt open.",
        "Thank \u{201c}Sarah\u{201d}: three people here bear that name, so a person must say which.",
        "Complain: only the lead of the shop hears of it, and no board counts it.",
    ];
    let form = |(shop, sentence): (&site::Model, &str)| {
        let address = format!("{base}/thank/{SLUG}/{}", shop.slug);
        link(&format!("The form of {}", shop.name), address, sentence)
    };
    shops.iter().zip(SENTENCES).map(form).collect()
}

async fn feeds(app: &App, organisation: Uuid, shops: &[site::Model]) -> Result<Vec<IndexLink>> {
    let base = &app.config.server.base_url;
    let everybody = "What customers said of everybody, newest first; yours comes within seconds.";
    let mut links = vec![link("The feed of the company", format!("{base}/feed"), everybody)];
    for shop in shops {
        let name = format!("The feed of {}", shop.name);
        let address = format!("{base}/feed/site/{}", shop.id);
        links.push(link(&name, address, "The shop with its departments."));
    }
    if let Some(person) = roster::staff::by_employee_id(app.db.read(), organisation, SOMEBODY).await? {
        let name = format!("The feed of {}", roster::staff::full_name(&person));
        let address = format!("{base}/feed/staff/{}", person.id);
        links.push(link(
            &name,
            address,
            "What one of the staff sees: the words, where, and why they are theirs.",
        ));
    }
    Ok(links)
}

/// The newest digest and the newest mail about praise of a manager, as the pages that they link to.
async fn mails(app: &App, organisation: Uuid) -> Result<Vec<IndexLink>> {
    let mut links = Vec::new();
    let digest = "A manager\u{2019}s week, as it was mailed on Monday morning.";
    let praise = "What a manager sees who opens the link in a mail: just that praise.";
    for (kind, name, sentence) in [
        (notice::Kind::Digest, "A digest", digest),
        (notice::Kind::Praise, "One praise", praise),
    ] {
        if let Some(newest) = newest(app, organisation, kind).await? {
            links.push(link(name, page_url(app, newest.id), sentence));
        }
    }
    Ok(links)
}

/// The newest mail of a kind to the manager whose week is shown.
async fn newest(app: &App, organisation: Uuid, kind: notice::Kind) -> Result<Option<notice::Model>> {
    let manager = roster::staff::by_employee_id(app.db.read(), organisation, MANAGER).await?;
    let reader = account::Entity::within(organisation)
        .filter(account::Column::StaffId.eq(manager.map(|manager| manager.id)))
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

fn boards(base: &str, shops: &[site::Model]) -> Vec<IndexLink> {
    let quarter = format!("{base}/board?period=quarter");
    let mut links = vec![link(
        "The board",
        quarter,
        "This quarter; choose a shop, a team or another period there.",
    )];
    links.extend(shops.first().map(|shop| {
        let address = format!("{base}/board?period=year&site={}", shop.id);
        link(
            &format!("The board of {}", shop.name),
            address,
            "This year, with its departments.",
        )
    }));
    links
}

fn programs(base: &str, directory: &Directory) -> Result<Vec<IndexLink>> {
    let key = format!(
        "Every operation, to be tried out with the key {}",
        directory.key()?
    );
    Ok(vec![link("The API", format!("{base}/docs"), &key)])
}

fn group(name: &str, id: &str, links: Vec<IndexLink>) -> IndexGroup {
    IndexGroup {
        name: name.to_owned(),
        id: id.to_owned(),
        links,
    }
}

fn link(name: &str, url: String, sentence: &str) -> IndexLink {
    IndexLink {
        name: name.to_owned(),
        url,
        sentence: sentence.to_owned(),
    }
}
