//! The people who work here: found by name.
use std::collections::HashSet;

use poem::{Response, handler, http::StatusCode};
use serde::Deserialize;
use uuid::Uuid;

use super::{near, searched, url_if};
use crate::{
    access::Action,
    roster::{
        people::{self, Listed, Search, Show},
        site,
        staff::{self, full_name},
    },
    template::context::{AdminPeoplePage, Choice, Elsewhere, OnlyPeople, PersonRow},
    web::{pages::reader::Reader, problem::Failure},
};

/// People of a page.
const ROWS: u64 = 50;
/// Sites to choose from.
const MOST_SITES: u64 = 1_000;

/// Which people are shown: the name below `people.show.`, and in the address.
const SHOWS: [(&str, Show); 3] = [
    ("here", Show::Here),
    ("without_manager", Show::WithoutManager),
    ("left", Show::Left),
];

#[derive(Default, Deserialize)]
struct Asked {
    q: Option<String>,
    show: Option<String>,
    site: Option<Uuid>,
    manager: Option<Uuid>,
    after: Option<Uuid>,
}

/// What is looked for, as the address says it.
struct Wanted<'a> {
    query: &'a str,
    show: &'static str,
    site: Option<Uuid>,
    manager: Option<Uuid>,
}

/// `/people`: the list.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let asked: Asked = reader.request.params().unwrap_or_default();
    let query = searched(asked.q);
    let chosen = SHOWS
        .iter()
        .find(|(name, _)| asked.show.as_deref() == Some(*name));
    let (name, show) = *chosen.unwrap_or(&SHOWS[0]);
    let wanted = Wanted {
        query: &query,
        show: name,
        site: asked.site,
        manager: asked.manager,
    };
    let search = Search {
        words: &query,
        show,
        site: asked.site,
        manager: asked.manager,
        after: asked.after,
        limit: ROWS + 1,
        today: reader.today(),
    };
    let found = people::search(reader.web.app.db.read(), reader.organisation.id, &search).await;
    let mut found = found.map_err(Failure::from)?;
    let has_more = found.len() as u64 > ROWS;
    found.truncate(ROWS as usize);
    let at = found
        .iter()
        .filter_map(|listed| listed.assignment.as_ref()?.site_id);
    let paths = paths_of(&reader, at.collect()).await?;
    let last = found.last().map(|listed| listed.person.id).filter(|_| has_more);
    let page = AdminPeoplePage {
        page: reader.frame("/people", "people"),
        action: reader.link("/people", None),
        shows: shows(&reader, &wanted),
        show: name,
        only: only(&reader, &wanted).await?,
        elsewhere: match found.is_empty() && !query.is_empty() {
            true => elsewhere(&reader, &wanted, &search).await?,
            false => None,
        },
        add_url: url_if(&reader, Action::CREATE_STAFF_MEMBER, "/people/add"),
        roster_url: reader.link("/roster", None),
        people: found
            .into_iter()
            .map(|listed| row(&reader, listed, &paths))
            .collect(),
        next_url: last.map(|last| reader.link("/people", Some(&wanted.address(Some(last))))),
        query: query.clone(),
    };
    reader.page(StatusCode::OK, &page)
}

fn shows(reader: &Reader<'_>, wanted: &Wanted<'_>) -> Vec<Choice> {
    let choice = |(name, _): &(&'static str, Show)| Choice {
        value: reader.link(
            "/people",
            Some(
                &Wanted {
                    show: name,
                    ..*wanted
                }
                .address(None),
            ),
        ),
        label: format!("people.show.{name}"),
        chosen: *name == wanted.show,
    };
    SHOWS.iter().map(choice).collect()
}

/// Some of that name on the other list: whoever looks among those who are here may mean somebody who left.
async fn elsewhere(
    reader: &Reader<'_>,
    wanted: &Wanted<'_>,
    search: &Search<'_>,
) -> poem::Result<Option<Elsewhere>> {
    let (list, other) = match search.show {
        Show::Left => SHOWS[0],
        Show::Here | Show::WithoutManager => SHOWS[2],
    };
    let there = Search {
        show: other,
        site: None,
        manager: None,
        ..*search
    };
    let count = people::count(reader.web.app.db.read(), reader.organisation.id, &there).await;
    let count = count.map_err(Failure::from)?;
    let all = Wanted {
        query: wanted.query,
        show: list,
        site: None,
        manager: None,
    };
    Ok((count > 0).then(|| Elsewhere {
        list,
        count,
        url: reader.link("/people", Some(&all.address(None))),
    }))
}

/// At which place and to whom reporting people are shown, where it is not everybody.
async fn only(reader: &Reader<'_>, wanted: &Wanted<'_>) -> poem::Result<Option<OnlyPeople>> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let all = || Wanted {
        site: None,
        manager: None,
        ..*wanted
    };
    let all_url = reader.link("/people", Some(&all().address(None)));
    if let Some(id) = wanted.site {
        let site = site::get(db, own, id).await.map_err(Failure::of_path)?;
        return Ok(Some(OnlyPeople {
            at: Some(site.path),
            reports_to: None,
            field: "site",
            value: id.to_string(),
            all_url,
        }));
    }
    let Some(id) = wanted.manager else { return Ok(None) };
    let manager = staff::get(db, own, id).await.map_err(Failure::of_path)?;
    Ok(Some(OnlyPeople {
        at: None,
        reports_to: Some(full_name(&manager)),
        field: "manager",
        value: id.to_string(),
        all_url,
    }))
}

impl Wanted<'_> {
    fn address(&self, after: Option<Uuid>) -> String {
        let query = percent_encoding::utf8_percent_encode(self.query, percent_encoding::NON_ALPHANUMERIC);
        let further = [("site", self.site), ("manager", self.manager), ("after", after)];
        let further = further
            .iter()
            .filter_map(|(name, id)| Some(format!("&{name}={}", (*id)?)));
        let further: String = further.collect();
        format!("q={query}&show={}{further}", self.show)
    }
}

fn row(reader: &Reader<'_>, listed: Listed, paths: &[(Uuid, String)]) -> PersonRow {
    let assignment = listed.assignment.as_ref();
    PersonRow {
        name: full_name(&listed.person),
        url: reader.link(&format!("/people/{}", listed.person.id), None),
        job_title: assignment.and_then(|row| row.job_title.clone()),
        site: assignment.and_then(|row| path_of(paths, row.site_id)),
        manager: listed.manager.as_ref().map(full_name),
        seen: listed.seen_at.map(|at| near(reader, at)),
        last_day: listed.person.ends_on,
    }
}

/// The open sites with their paths.
pub(super) async fn paths(reader: &Reader<'_>) -> poem::Result<Vec<(Uuid, String)>> {
    let open = site::open(reader.web.app.db.read(), reader.organisation.id, MOST_SITES).await;
    let open = open.map_err(Failure::from)?;
    Ok(open.into_iter().map(|site| (site.id, site.path)).collect())
}

/// The paths of these sites, closed ones too.
pub(super) async fn paths_of(reader: &Reader<'_>, sites: HashSet<Uuid>) -> poem::Result<Vec<(Uuid, String)>> {
    let found = site::by_ids(reader.web.app.db.read(), reader.organisation.id, sites).await;
    let found = found.map_err(Failure::from)?;
    Ok(found.into_values().map(|site| (site.id, site.path)).collect())
}

pub(super) fn path_of(paths: &[(Uuid, String)], site: Option<Uuid>) -> Option<String> {
    let found = paths.iter().find(|(id, _)| Some(*id) == site);
    found.map(|(_, path)| path.clone())
}
