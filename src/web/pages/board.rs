//! The leaderboard of the organisation, a site or a team.
use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};
use domain::period::PeriodKind;
use entity::{organisation, organisation::BoardMode, site};
use poem::{Error, Response, handler, http::StatusCode};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Visit,
    reader::{Reader, not_found},
};
use crate::{
    access::{Action, Target},
    ledger::{
        board::{self, Board, BoardQuery, NoBoard, Row},
        scope::Scope,
    },
    roster::{
        assignment,
        placement::{self, Wanted},
        site as sites,
        staff::{self, full_name},
    },
    template::{
        context::{Band, BoardScope, BoardState, LeaderboardPage, PeriodLink, ScopeLink, Standing},
        time_words::Period,
    },
    web::problem::Failure,
};

/// People on a page: a board on paper ends somewhere.
const PEOPLE: usize = 500;
/// Scopes that are offered.
const OFFERED: usize = 20;

#[derive(Default, Deserialize)]
struct Asked {
    period: Option<String>,
    on: Option<NaiveDate>,
    site: Option<Uuid>,
    team: Option<Uuid>,
}

/// `/board`
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let (visit, own) = (&reader.visit, &reader.organisation);
    let asked: Asked = visit.request.params().unwrap_or_default();
    let today = reader.today();
    let scopes = scopes(&reader, today).await?;
    let here = chosen(&reader, &asked, &scopes).await?;
    let kind = asked.period.as_deref().and_then(PeriodKind::from_name);
    let query = BoardQuery {
        scope: here.0,
        kind: kind.unwrap_or(PeriodKind::Month),
        on: asked.on.unwrap_or(today),
        after: None,
        limit: PEOPLE,
        own: Some(here.0).filter(|scope| is_led(&reader, *scope)),
    };
    let board = match board::board(visit.web.app.db.read(), own, query).await {
        Ok(board) => Some(board),
        Err(NoBoard::Database(error)) => return Err(Failure::from(error).into()),
        Err(_) => None,
    };
    let page = page(&reader, &query, here, scopes, board).await?;
    visit.page(StatusCode::OK, &page)
}

/// How long a board says that thank-yous were found later.
const FOUND_LATELY: TimeDelta = TimeDelta::days(28);

type Named = (Scope, String);

/// The scopes whose boards the organisation keeps and this reader may see; the first is shown if none is asked for.
async fn scopes(reader: &Reader<'_>, today: NaiveDate) -> poem::Result<Vec<Named>> {
    let (db, own) = (reader.web.app.db.read(), &reader.organisation);
    let mut scopes: Vec<Named> = Vec::new();
    if own.board_mode == BoardMode::Team {
        let teams = assignment::managers_on(db, own.id, today)
            .await
            .map_err(Failure::from)?;
        scopes.extend(
            teams
                .iter()
                .map(|person| (Scope::Team(person.id), full_name(person))),
        );
        scopes.sort_by(|one, other| one.1.cmp(&other.1));
    }
    if own.board_mode == BoardMode::Full {
        scopes.push((Scope::Organisation, own.name.clone()));
    }
    if own.board_mode != BoardMode::Off {
        let open = sites::open(db, own.id, OFFERED as u64)
            .await
            .map_err(Failure::from)?;
        scopes.extend(open.into_iter().map(|site| (Scope::Site(site.id), site.path)));
    }
    // Who has left is signed in still, to read their own feed.
    let sees_all = own.board_mode == BoardMode::Full && reader.may(Action::GET_BOARD, &Target::Organisation);
    scopes.retain(|(scope, _)| sees_all || is_own(reader, *scope));
    scopes.truncate(OFFERED);
    Ok(scopes)
}

/// Where only teams have boards: whose is offered to this reader without looking up where its manager works.
fn is_own(reader: &Reader<'_>, scope: Scope) -> bool {
    let target = match scope {
        Scope::Team(manager) => Target::Team {
            manager,
            sites: Vec::new(),
        },
        Scope::Site(_) => return is_led(reader, scope),
        Scope::Person(_) | Scope::Organisation => Target::Organisation,
    };
    reader.may(Action::GET_BOARD, &target)
}

/// A site's board is its lead's, where only teams have boards.
fn is_led(reader: &Reader<'_>, scope: Scope) -> bool {
    let person = reader.caller.person();
    matches!(scope, Scope::Site(site) if person.is_some_and(|person| person.leads(site)))
}

async fn chosen(reader: &Reader<'_>, asked: &Asked, scopes: &[Named]) -> poem::Result<Named> {
    let (db, own) = (reader.web.app.db.read(), &reader.organisation);
    if let Some(id) = asked.team {
        let target = Target::team(db, own.id, id, reader.today()).await;
        reader.permit(Action::GET_BOARD, target.map_err(Failure::from)?)?;
        let manager = staff::get(db, own.id, id).await.map_err(|_| not_found())?;
        return Ok((Scope::Team(id), full_name(&manager)));
    }
    if let Some(id) = asked.site {
        let target = Target::site(db, own.id, id).await.map_err(Failure::from)?;
        reader.permit(Action::GET_BOARD, target)?;
        let site = sites::get(db, own.id, id).await.map_err(|_| not_found())?;
        return Ok((Scope::Site(id), site.name));
    }
    match scopes.first() {
        Some(first) => Ok(first.clone()),
        None if own.board_mode == BoardMode::Full => Err(Error::from_status(StatusCode::FORBIDDEN)),
        None => Ok((Scope::Organisation, own.name.clone())),
    }
}

async fn page(
    reader: &Reader<'_>,
    query: &BoardQuery,
    here: Named,
    scopes: Vec<Named>,
    board: Option<Board>,
) -> poem::Result<LeaderboardPage> {
    let visit = &reader.visit;
    let start = query.kind.start(query.on);
    let address = |scope: Scope, kind: &str| {
        let scope = match scope {
            Scope::Site(id) => format!("site={id}&"),
            Scope::Team(id) => format!("team={id}&"),
            Scope::Person(_) | Scope::Organisation => String::new(),
        };
        visit.link("/board", Some(&format!("{scope}period={kind}")))
    };
    let link = |(scope, name): Named| ScopeLink {
        url: address(scope, query.kind.name()),
        here: scope == here.0,
        name,
    };
    let state = match &board {
        None => BoardState::Off,
        Some(board) if board.rows.is_empty() => BoardState::Empty,
        Some(_) => BoardState::Shown,
    };
    let logged = board.as_ref().map_or(0, |board| board.logged);
    let (total, people) = board.as_ref().map_or((0, 0), |board| (board.total, board.people));
    Ok(LeaderboardPage {
        page: reader.frame("/board", "board"),
        scope: match here.0 {
            Scope::Team(_) => BoardScope::Team,
            Scope::Site(_) => BoardScope::Site,
            Scope::Person(_) | Scope::Organisation => BoardScope::Organisation,
        },
        name: here.1,
        periods: PeriodLink::all(query.kind.name(), |kind| address(here.0, kind)),
        period: Period::of(query.kind, start),
        scopes: scopes.into_iter().map(link).collect(),
        state,
        bands: Band::of(standings(reader, query, board).await?),
        total,
        logged,
        people,
        found_later: board::found_later(
            visit.web.app.db.read(),
            reader.organisation.id,
            here.0,
            visit.web.app.clock.now() - FOUND_LATELY,
        )
        .await
        .map_err(Failure::from)?,
    })
}

async fn standings(
    reader: &Reader<'_>,
    query: &BoardQuery,
    board: Option<Board>,
) -> poem::Result<Vec<(u64, Standing)>> {
    let (visit, own) = (&reader.visit, &reader.organisation);
    let me = reader.caller.person().and_then(|person| person.staff);
    let rows = board.map(|board| board.rows).unwrap_or_default();
    let places = if matches!(query.scope, Scope::Team(_)) {
        HashMap::new()
    } else {
        places(visit, own, query, &rows).await?
    };
    let standing = |row: Row| {
        let site = places.get(&row.person.id);
        let target = Target::StaffMember {
            id: row.person.id,
            sites: site.map(|site| site.id).into_iter().collect(),
        };
        let url = visit.link(&format!("/feed/staff/{}", row.person.id), None);
        let standing = Standing {
            name: full_name(&row.person),
            site: site.map(|site| site.name.clone()),
            url: reader.may(Action::SHOW_FEED, &target).then_some(url),
            me: me == Some(row.person.id),
            logged: row.logged,
        };
        (row.count, standing)
    };
    Ok(rows.into_iter().map(standing).collect())
}

/// Where the people of a board work on the day it is of.
async fn places(
    visit: &Visit<'_>,
    own: &organisation::Model,
    query: &BoardQuery,
    rows: &[Row],
) -> poem::Result<HashMap<Uuid, site::Model>> {
    let db = visit.web.app.db.read();
    let wanted: Vec<Wanted> = rows
        .iter()
        .map(|row| Wanted {
            staff: row.person.id,
            site: None,
            on: query.on,
        })
        .collect();
    let placements = placement::on_days(db, own.id, &wanted)
        .await
        .map_err(Failure::from)?;
    let ids = placements
        .values()
        .filter_map(|placement| placement.site)
        .collect();
    let sites = sites::by_ids(db, own.id, ids).await.map_err(Failure::from)?;
    let place = |(wanted, placement): (&Wanted, &placement::Placement)| {
        Some((wanted.staff, sites.get(&placement.site?)?.clone()))
    };
    Ok(placements.iter().filter_map(place).collect())
}
