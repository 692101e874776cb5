//! The leaderboard of the organisation, a site or a team.
use std::collections::HashMap;

use chrono::NaiveDate;
use domain::period::PeriodKind;
use entity::{organisation, organisation::BoardMode, site};
use poem::{Error, Response, handler, http::StatusCode};
use serde::Deserialize;
use uuid::Uuid;

use super::{Visit, book};
use crate::{
    http::problem::Failure,
    recognition::{
        board::{self, Board, BoardQuery, NoBoard, Row},
        scope::Scope,
    },
    roster::{
        assignment, organisation as organisations,
        placement::{self, Wanted},
        site as sites,
        staff::{self, full_name},
    },
    template::{
        Language,
        context::{Band, BoardScope, BoardState, LeaderboardPage, PeriodLink, ScopeLink, Standing},
        time_words,
    },
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
pub(crate) async fn show(visit: Visit<'_>) -> poem::Result<Response> {
    let own = book::organisation(&visit).await?;
    let asked: Asked = visit.request.params().unwrap_or_default();
    let today = organisations::day_in(&own, visit.web.app.clock.now());
    let scopes = scopes(&visit, &own, today).await?;
    let here = chosen(&visit, &own, &asked, &scopes).await?;
    let kind = asked.period.as_deref().and_then(PeriodKind::from_name);
    let query = BoardQuery {
        scope: here.0,
        kind: kind.unwrap_or(PeriodKind::Month),
        on: asked.on.unwrap_or(today),
        after: None,
        limit: PEOPLE,
        own: None,
    };
    let board = match board::board(visit.web.app.db.read(), &own, query).await {
        Ok(board) => Some(board),
        Err(NoBoard::Database(error)) => return Err(Failure::from(error).into()),
        Err(_) => None,
    };
    let page = page(&visit, &own, &query, here, scopes, board).await?;
    visit.page(StatusCode::OK, &page)
}

type Named = (Scope, String);

/// The scopes whose boards the organisation keeps, the first of which is shown if none is asked for.
async fn scopes(visit: &Visit<'_>, own: &organisation::Model, today: NaiveDate) -> poem::Result<Vec<Named>> {
    let db = visit.web.app.db.read();
    let mut scopes: Vec<Named> = Vec::new();
    match own.board_mode {
        BoardMode::Off => {}
        BoardMode::Team => {
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
        BoardMode::Full => {
            scopes.push((Scope::Organisation, own.name.clone()));
            let open = sites::open(db, own.id, OFFERED as u64)
                .await
                .map_err(Failure::from)?;
            scopes.extend(open.into_iter().map(|site| (Scope::Site(site.id), site.path)));
        }
    }
    scopes.truncate(OFFERED);
    Ok(scopes)
}

async fn chosen(
    visit: &Visit<'_>,
    own: &organisation::Model,
    asked: &Asked,
    scopes: &[Named],
) -> poem::Result<Named> {
    let db = visit.web.app.db.read();
    let not_found = |_| Error::from_status(StatusCode::NOT_FOUND);
    if let Some(id) = asked.team {
        let manager = staff::get(db, own.id, id).await.map_err(not_found)?;
        return Ok((Scope::Team(id), full_name(&manager)));
    }
    if let Some(id) = asked.site {
        let site = sites::get(db, own.id, id).await.map_err(not_found)?;
        return Ok((Scope::Site(id), site.name));
    }
    let first = scopes.first().cloned();
    Ok(first.unwrap_or_else(|| (Scope::Organisation, own.name.clone())))
}

async fn page(
    visit: &Visit<'_>,
    own: &organisation::Model,
    query: &BoardQuery,
    here: Named,
    scopes: Vec<Named>,
    board: Option<Board>,
) -> poem::Result<LeaderboardPage> {
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
    let (total, people) = board.as_ref().map_or((0, 0), |board| (board.total, board.people));
    Ok(LeaderboardPage {
        page: book::frame(visit, own, "/board", "board"),
        scope: match here.0 {
            Scope::Team(_) => BoardScope::Team,
            Scope::Site(_) => BoardScope::Site,
            Scope::Person(_) | Scope::Organisation => BoardScope::Organisation,
        },
        name: here.1,
        periods: PeriodLink::all(query.kind.name(), |kind| address(here.0, kind)),
        period: period_words(query.kind, start, visit.language),
        scopes: scopes.into_iter().map(link).collect(),
        state,
        bands: Band::of(standings(visit, own, query, board).await?),
        total,
        people,
    })
}

async fn standings(
    visit: &Visit<'_>,
    own: &organisation::Model,
    query: &BoardQuery,
    board: Option<Board>,
) -> poem::Result<Vec<(u64, Standing)>> {
    let rows = board.map(|board| board.rows).unwrap_or_default();
    let places = if matches!(query.scope, Scope::Team(_)) {
        HashMap::new()
    } else {
        places(visit, own, query, &rows).await?
    };
    let standing = |row: Row| {
        let url = visit.link(&format!("/feed/staff/{}", row.person.id), None);
        let standing = Standing {
            name: full_name(&row.person),
            site: places.get(&row.person.id).map(|site| site.name.clone()),
            url: Some(url),
            me: false,
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

/// "November 2026", "October to December 2026".
fn period_words(kind: PeriodKind, start: NaiveDate, language: Language) -> String {
    let last = kind.end(start).and_then(|end| end.pred_opt()).unwrap_or(start);
    let month = |day| time_words::month(day, language);
    let year = last.format("%Y");
    match (kind, language) {
        (PeriodKind::Week, _) => time_words::days(start, last, language),
        (PeriodKind::Month, _) => format!("{} {year}", month(start)),
        (PeriodKind::Quarter, Language::English) => format!("{} to {} {year}", month(start), month(last)),
        (PeriodKind::Quarter, Language::German) => format!("{} bis {} {year}", month(start), month(last)),
        (PeriodKind::Year, _) => year.to_string(),
        (PeriodKind::All, Language::English) => "all time".to_owned(),
        (PeriodKind::All, Language::German) => "seit Beginn".to_owned(),
    }
}
