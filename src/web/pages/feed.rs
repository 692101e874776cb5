//! The feed of the organisation, a site or a person.
use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, Utc};
use domain::period::PeriodKind;
use entity::organisation;
use poem::{Response, handler, http::StatusCode};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Visit,
    beside::{self, Beside},
    nav,
    reader::{Reader, not_found},
};
use crate::{
    access::{self, Action, Target},
    ledger::{
        feed::{self, Audience, Shown},
        scope::Scope,
    },
    roster::{
        organisation::{day_in, zone},
        placement::{self, Placement, Wanted},
        site,
        staff::{self, full_name},
    },
    said,
    template::{
        Moment, Words,
        context::{Earlier, FeedItem, FeedPage, FeedScope, Person, Why},
    },
    web::{cursor, problem::Failure},
};

/// Recognitions on a page.
const ROWS: u64 = 20;

#[derive(Default, Deserialize)]
struct Asked {
    after: Option<String>,
}

/// `/feed`: one's own; of the whole organisation for whoever may read all.
#[handler]
pub(crate) async fn mine(reader: Reader<'_>) -> poem::Result<Response> {
    if reader.may(Action::SHOW_FEED, &Target::Organisation) {
        let name = reader.organisation.name.clone();
        return show(&reader, Scope::Organisation, &name, "/feed").await;
    }
    match reader.person()?.staff {
        Some(own) => person_feed(&reader, own, "/feed").await,
        // Of somebody who is not on the roster nothing is said: their work lies elsewhere.
        None => Ok(reader.see_other(nav::first(&reader), None)),
    }
}

/// `/feed/staff/ID`
#[handler]
pub(crate) async fn of_person(reader: Reader<'_>) -> poem::Result<Response> {
    let id = reader.id()?;
    person_feed(&reader, id, &format!("/feed/staff/{id}")).await
}

async fn person_feed(reader: &Reader<'_>, id: Uuid, path: &str) -> poem::Result<Response> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let target = Target::staff_member(db, own, id, reader.today()).await;
    reader.permit(Action::SHOW_FEED, target.map_err(Failure::from)?)?;
    let person = staff::get(db, own, id).await.map_err(|_| not_found())?;
    show(reader, Scope::Person(id), &full_name(&person), path).await
}

/// `/feed/site/ID`
#[handler]
pub(crate) async fn site_and_below(reader: Reader<'_>) -> poem::Result<Response> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let id = reader.id()?;
    let target = Target::site(db, own, id).await.map_err(Failure::from)?;
    reader.permit(Action::SHOW_FEED, target)?;
    let site = site::get(db, own, id).await.map_err(|_| not_found())?;
    let path = format!("/feed/site/{id}");
    show(&reader, Scope::Site(id), &site.name, &path).await
}

/// `/feed/team`: praise of those who report to the reader; or of the colleagues who report to the same manager, as far as
/// they and the customers let colleagues read it.
#[handler]
pub(crate) async fn team(reader: Reader<'_>) -> poem::Result<Response> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let manager = team_of(reader.person()?).ok_or_else(not_found)?;
    let target = Target::team(db, own, manager, reader.today()).await;
    reader.permit(Action::SHOW_TEAM, target.map_err(Failure::from)?)?;
    let person = staff::get(db, own, manager).await.map_err(|_| not_found())?;
    show(&reader, Scope::Team(manager), &full_name(&person), "/feed/team").await
}

/// Whose team a reader sees: their own if they have one, else the one they are in.
pub(super) fn team_of(person: &access::Person) -> Option<Uuid> {
    let own = person.staff.filter(|_| !person.reports.is_empty());
    own.or_else(|| person.managers.iter().min().copied())
}

async fn show(reader: &Reader<'_>, scope: Scope, name: &str, path: &str) -> poem::Result<Response> {
    let (visit, own) = (&reader.visit, &reader.organisation);
    let db = visit.web.app.db.read();
    let me = reader.caller.person().and_then(|person| person.staff);
    let asked: Asked = visit.request.params().unwrap_or_default();
    let before = asked.after.as_deref().map(cursor::read).transpose()?;
    let audience = if matches!(scope, Scope::Team(manager) if me != Some(manager)) {
        Audience::Colleagues
    } else {
        Audience::All
    };
    let rows = feed::feed(db, own.id, (scope, audience), before, cursor::rows(ROWS))
        .await
        .map_err(Failure::from)?;
    let (rows, next) = cursor::cut(rows, ROWS, |row| {
        (row.recognition.recognised_at, row.recognition.id)
    });
    let placements = placements(visit, own, &rows).await?;
    let is_own = me.is_some_and(|me| scope == Scope::Person(me));
    let beside = Beside::load(reader, &rows, is_own).await.map_err(Failure::from)?;
    let mut items = items(visit, rows, &placements, &beside);
    let here = if matches!(scope, Scope::Team(_)) {
        "team"
    } else {
        "feed"
    };
    let frame = reader.frame(path, here);
    let shown = if is_own { FeedScope::Own } else { feed_scope(scope) };
    let mut page = FeedPage::empty(frame, shown, name, &visit.link(path, None));
    if is_own && before.is_none() {
        page.live_url = Some(reader.link("/feed/live", None));
        page.maybe = beside::perhaps(reader).await.map_err(Failure::from)?;
    }
    page.this_week = feed::count_since(
        db,
        own.id,
        (scope, audience),
        monday(own, visit.web.app.clock.now()),
    )
    .await
    .map_err(Failure::from)?;
    if before.is_none() && !items.is_empty() {
        page.newest = Some(items.remove(0));
    }
    page.first_url = before.map(|_| visit.link(path, None));
    page.items = items;
    page.earlier = next.map(|next| Earlier {
        count: None,
        url: visit.link(path, Some(&format!("after={next}"))),
    });
    visit.page(StatusCode::OK, &page)
}

fn feed_scope(scope: Scope) -> FeedScope {
    match scope {
        Scope::Person(_) => FeedScope::Person,
        Scope::Team(_) => FeedScope::Team,
        Scope::Site(_) => FeedScope::Site,
        Scope::Organisation => FeedScope::Organisation,
    }
}

/// When this week began, on the organisation's calendar.
fn monday(own: &organisation::Model, now: DateTime<Utc>) -> DateTime<Utc> {
    let monday = PeriodKind::Week.start(day_in(own, now)).and_time(NaiveTime::MIN);
    let local = monday.and_local_timezone(zone(own)).earliest();
    local.map_or_else(|| monday.and_utc(), |local| local.with_timezone(&Utc))
}

type Placements = HashMap<Wanted, Placement>;

fn wanted(row: &Shown) -> Option<Wanted> {
    Some(Wanted {
        staff: row.recognition.staff_id?,
        site: row.comment.0.site_id,
        on: row.recognition.occurred_on,
    })
}

async fn placements(
    visit: &Visit<'_>,
    own: &organisation::Model,
    rows: &[Shown],
) -> poem::Result<Placements> {
    let all: Vec<Wanted> = rows.iter().filter_map(wanted).collect();
    let found = placement::on_days(visit.web.app.db.read(), own.id, &all).await;
    Ok(found.map_err(Failure::from)?)
}

/// One item a comment: recognitions of one comment that stand together are shown together.
fn items(visit: &Visit<'_>, rows: Vec<Shown>, placements: &Placements, beside: &Beside) -> Vec<FeedItem> {
    let mut together: Vec<Vec<Shown>> = Vec::new();
    for row in rows {
        match together.last_mut() {
            Some(last) if last.iter().any(|other| is_same_comment(other, &row)) => last.push(row),
            _ => together.push(vec![row]),
        }
    }
    let item = |rows: &Vec<Shown>| item(visit, rows, placements, beside);
    together.iter().filter_map(item).collect()
}

fn is_same_comment(one: &Shown, other: &Shown) -> bool {
    one.recognition.comment_id == other.recognition.comment_id
}

fn item(visit: &Visit<'_>, rows: &[Shown], placements: &Placements, beside: &Beside) -> Option<FeedItem> {
    let first = rows.first()?;
    let words = &first.comment.1;
    let zone = beside.zone(first.recognition.site_id);
    let now = visit.web.app.clock.now();
    let post = said::post(&first.source, words);
    Some(FeedItem {
        id: format!("r-{}", first.recognition.id.simple()),
        people: rows
            .iter()
            .filter_map(|row| person_of(row, placements, beside))
            .collect(),
        at: Moment::near(first.recognition.occurred_at, zone, now),
        source: said::source(&first.source, words),
        site: first.site.as_ref().map(|site| site.name.clone()),
        author: said::author(&first.source, words),
        words: thanks(rows),
        post,
        why: why(rows),
        passed_on: beside.passed_on(&first.recognition),
        mine: beside.mine(first),
    })
}

fn person_of(row: &Shown, placements: &Placements, beside: &Beside) -> Option<Person> {
    let person = row.person.as_ref()?;
    let placement = wanted(row).and_then(|wanted| placements.get(&wanted));
    Some(Person {
        name: full_name(person),
        job_title: placement.and_then(|placement| placement.job_title.clone()),
        url: beside.url_of(row),
    })
}

/// The thanks in the words, with the evidence of everybody marked. None once they are erased.
fn thanks(rows: &[Shown]) -> Option<Words> {
    let first = rows.first()?;
    let verdicts = rows.iter().filter_map(|row| row.verdict.as_ref());
    let (comment, words) = &first.comment;
    said::thanks::marked(&first.source, (comment, words), verdicts)
}

/// Why it is theirs; who, where there are several.
pub(super) fn why(rows: &[Shown]) -> Vec<Why> {
    let several = rows.len() > 1;
    let reason = |row: &Shown| {
        let name = row.person.as_ref().filter(|_| several).map(full_name);
        said::why(row.verdict.as_ref()?, name)
    };
    rows.iter().filter_map(reason).collect()
}
