//! What to open, for the terminal and for the demo's first page.
use anyhow::Result;
use entity::{account as accounts, grant::Role, notice, site};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{
    COMMENTS, Directory,
    company::{SHOPS, SLUG},
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
        group("As a customer", "customer", forms(base, &shops)),
        group(
            "What customers said",
            "staff",
            feeds(app, organisation.id, &shops).await?,
        ),
        group("Signed in", "people", people(app, organisation.id).await?),
        group(
            "What a manager is sent",
            "manager",
            mails(app, organisation.id).await?,
        ),
        group("Boards", "boards", boards(base, &shops)),
        group("Developers", "programs", programs(base, directory)?),
    ])
}

/// The demo's first page.
#[must_use]
pub fn page(groups: Vec<IndexGroup>, directory: &Directory) -> IndexPage {
    let lead = format!(
        "Everything here is invented: three shops, sixty people, and what {COMMENTS} customers said in four months. \
         Thank someone, and watch where your words go. Mails to managers are not sent; you find them in {}.",
        directory.mails().display()
    );
    IndexPage {
        page: Page::guest(
            "Tarn & Holloway",
            Language::ENGLISH,
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

fn forms(base: &str, shops: &[site::Model]) -> Vec<IndexLink> {
    const SENTENCES: [&str; 3] = [
        "Write \u{201c}Thank you Grace Okafor, you were so kind and helpful!\u{201d} and keep the receipt open.",
        "Thank \u{201c}Sarah\u{201d}: three people here have that name, so someone must say which.",
        "Complain: only the manager of the shop hears of it, and no board counts it.",
    ];
    let form = |(shop, sentence): (&site::Model, &str)| {
        let address = format!("{base}/thank/{SLUG}/{}", shop.slug);
        link(&format!("{}\u{2019}s form", shop.name), address, sentence)
    };
    shops.iter().zip(SENTENCES).map(form).collect()
}

async fn feeds(app: &App, organisation: Uuid, shops: &[site::Model]) -> Result<Vec<IndexLink>> {
    let base = &app.config.server.base_url;
    let everybody = "What customers said about everyone, newest first; yours appears within seconds.";
    let mut links = vec![link(
        "The company\u{2019}s feed",
        format!("{base}/feed"),
        everybody,
    )];
    for shop in shops {
        let name = format!("{}\u{2019}s feed", shop.name);
        let address = format!("{base}/feed/site/{}", shop.id);
        links.push(link(&name, address, "The shop with its departments."));
    }
    if let Some(person) = roster::staff::by_employee_id(app.db.read(), organisation, SOMEBODY).await? {
        let name = format!("{}\u{2019}s feed", roster::staff::full_name(&person));
        let address = format!("{base}/feed/staff/{}", person.id);
        links.push(link(
            &name,
            address,
            "What a member of staff sees: the message, where, and why it is theirs.",
        ));
    }
    Ok(links)
}

/// Links that sign in as somebody; there are none outside the demo.
async fn people(app: &App, organisation: Uuid) -> Result<Vec<IndexLink>> {
    let mut links = Vec::new();
    for (employee_id, role, sentence) in [
        (
            SOMEBODY,
            "a member of staff",
            "Her feed: reply to a customer, hide a message, say that it wasn\u{2019}t you.",
        ),
        (
            MANAGER,
            "a manager",
            "His desk: pass thank-yous on, say who was meant, put things right; his team; the board.",
        ),
    ] {
        let person = roster::staff::by_employee_id(app.db.read(), organisation, employee_id).await?;
        let Some(person) = person else { continue };
        let tx = app.db.write().await?;
        let account = account::for_staff(&tx, organisation, person.id, app.clock.now()).await?;
        tx.commit().await?;
        let name = format!("Sign in as {}, {role}", roster::staff::full_name(&person));
        links.push(link(&name, sign_in_url(app, account.id), sentence));
    }
    let administrators = account::holding(app.db.read(), organisation, Role::Administrator, None).await?;
    links.extend(administrators.first().map(|administrator| {
        let sentence = "Every desk and feed, the roster, sources, keys and what went wrong.";
        link(
            "Sign in as the administrator",
            sign_in_url(app, administrator.id),
            sentence,
        )
    }));
    Ok(links)
}

fn sign_in_url(app: &App, account: Uuid) -> String {
    format!("{}/demo/as/{account}", app.config.server.base_url)
}

/// The newest digest and the newest mail about praise of a manager, as the pages that they link to.
async fn mails(app: &App, organisation: Uuid) -> Result<Vec<IndexLink>> {
    let mut links = Vec::new();
    let digest = "A manager\u{2019}s week, as it was mailed on Monday morning.";
    let praise = "What a manager sees behind the link in a mail: just that thank-you.";
    for (kind, name, sentence) in [
        (notice::Kind::Digest, "A digest", digest),
        (notice::Kind::Praise, "A thank-you", praise),
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

fn boards(base: &str, shops: &[site::Model]) -> Vec<IndexLink> {
    let quarter = format!("{base}/board?period=quarter");
    let mut links = vec![link(
        "The company\u{2019}s board",
        quarter,
        "This quarter; choose a shop, a team or another period there.",
    )];
    links.extend(shops.first().map(|shop| {
        let address = format!("{base}/board?period=year&site={}", shop.id);
        link(
            &format!("{}\u{2019}s board", shop.name),
            address,
            "This year, with its departments.",
        )
    }));
    links
}

fn programs(base: &str, directory: &Directory) -> Result<Vec<IndexLink>> {
    let key = format!("Try every operation with the key {}", directory.key()?);
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
