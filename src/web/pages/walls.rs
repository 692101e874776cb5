//! Links to wallboards: whoever leads a site or a team makes them, sees them once, and takes them back.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::wall_link;
use poem::{Response, handler, http::StatusCode};

use super::{
    fields::Fields,
    form::refuse_other_types,
    join::is_offered,
    reader::{Reader, not_found},
    receipt::unseen,
};
use crate::{
    access::{Action, Target, audit},
    deliver::wall::{self, NewLink},
    ledger::scope::Scope,
    roster::{
        assignment, organisation as organisations, site as sites,
        staff::{self, full_name},
    },
    template::{
        Moment,
        context::{
            Field, FormProblemKind as Problem, MadeWall, WallDays, WallLinkRow, WallLinksPage, WallPlace,
            WallsPage,
        },
    },
    web::problem::Failure,
};

const LONGEST_NAME: usize = 80;
/// Places that are offered.
const OFFERED: u64 = 500;

/// `/walls`: the places and teams whose boards are the reader's to make.
#[handler]
pub(crate) async fn list(reader: Reader<'_>) -> poem::Result<Response> {
    if !is_offered(&reader) {
        return Err(poem::Error::from_status(StatusCode::FORBIDDEN));
    }
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let open = sites::open(db, own, OFFERED).await.map_err(Failure::from)?;
    let mut places: Vec<WallPlace> = Vec::new();
    for place in open {
        if reader.may(Action::CREATE_WALL_LINK, &Target::Site(place.id)) {
            places.push(WallPlace {
                url: reader.link(&format!("/walls/site/{}", place.id), None),
                name: place.path,
                is_team: false,
            });
        }
    }
    let managers = assignment::managers_on(db, own, reader.today())
        .await
        .map_err(Failure::from)?;
    for manager in managers {
        let target = Target::Team {
            manager: manager.id,
            sites: Vec::new(),
        };
        if reader.may(Action::CREATE_WALL_LINK, &target) {
            places.push(WallPlace {
                url: reader.link(&format!("/walls/team/{}", manager.id), None),
                name: full_name(&manager),
                is_team: true,
            });
        }
    }
    let page = WallsPage {
        page: reader.frame("/walls", "walls"),
        places,
    };
    reader.page(StatusCode::OK, &page)
}

/// The links of a site.
#[handler]
pub(crate) async fn site(reader: Reader<'_>) -> poem::Result<Response> {
    let scope = Scope::Site(reader.id()?);
    show(&reader, scope).await
}

/// The links of a team.
#[handler]
pub(crate) async fn team(reader: Reader<'_>) -> poem::Result<Response> {
    let scope = Scope::Team(reader.id()?);
    show(&reader, scope).await
}

/// Makes a link for a site; the answer is the only time that it is shown.
#[handler]
pub(crate) async fn make_site(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    let scope = Scope::Site(reader.id()?);
    make(&reader, scope, &body).await
}

/// The same for a team.
#[handler]
pub(crate) async fn make_team(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    let scope = Scope::Team(reader.id()?);
    make(&reader, scope, &body).await
}

/// Takes a link back at once.
#[handler]
pub(crate) async fn revoke(reader: Reader<'_>) -> poem::Result<Response> {
    let app = &reader.web.app;
    let found = wall::by_id(app.db.read(), reader.organisation.id, reader.id()?)
        .await
        .map_err(Failure::from)?;
    let link = found.ok_or_else(not_found)?;
    let scope = wall::scope(&link).ok_or_else(not_found)?;
    reader.permit(Action::REVOKE_WALL_LINK, target(&reader, scope).await?)?;
    let revoke = async {
        let tx = app.db.write().await?;
        wall::revoke(&tx, &link, &reader.caller.actor, app.clock.now()).await?;
        tx.commit().await
    };
    revoke.await.map_err(Failure::from)?;
    Ok(reader.see_other(&path(scope), None))
}

async fn target(reader: &Reader<'_>, scope: Scope) -> poem::Result<Option<Target>> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let target = match scope {
        Scope::Site(id) => Target::site(db, own, id).await,
        Scope::Team(id) => Target::team(db, own, id, reader.today()).await,
        Scope::Person(_) | Scope::Organisation => Ok(None),
    };
    Ok(target.map_err(Failure::from)?)
}

fn path(scope: Scope) -> String {
    match scope {
        Scope::Site(id) => format!("/walls/site/{id}"),
        Scope::Team(id) => format!("/walls/team/{id}"),
        Scope::Person(_) | Scope::Organisation => "/walls".to_owned(),
    }
}

async fn show(reader: &Reader<'_>, scope: Scope) -> poem::Result<Response> {
    reader.permit(Action::CREATE_WALL_LINK, target(reader, scope).await?)?;
    let page = page(reader, scope).await?;
    reader.page(StatusCode::OK, &page)
}

async fn make(reader: &Reader<'_>, scope: Scope, body: &[u8]) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    reader.permit(Action::CREATE_WALL_LINK, target(reader, scope).await?)?;
    let fields = Fields::read(body);
    let name = fields.get("name").text.trim().to_owned();
    let days = fields.get("days").text.parse().unwrap_or_default();
    let problem = match name.chars().count() {
        0 => Some(Problem::Needed),
        length if length > LONGEST_NAME => Some(Problem::NameTooLong),
        _ => None,
    };
    if problem.is_some() {
        let mut page = page(reader, scope).await?;
        page.called = Field { value: name, problem };
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    if !wall::DAYS.contains(&days) {
        return Err(poem::Error::from_status(StatusCode::BAD_REQUEST));
    }
    let app = &reader.web.app;
    let new = NewLink {
        organisation: reader.organisation.id,
        scope,
        name: &name,
        days,
        actor: &reader.caller.actor,
    };
    let make = async {
        let tx = app.db.write().await?;
        let token = wall::make(&tx, new, app.clock.now()).await?;
        tx.commit().await?;
        Ok::<_, sea_orm::DbErr>(token)
    };
    let token = make.await.map_err(Failure::from)?;
    let wall = format!("{}/wall/{token}", app.config.server.base_url);
    let mut page = page(reader, scope).await?;
    page.made = Some(MadeWall {
        feed: format!("{wall}/feed.atom"),
        wall,
    });
    reader.page(StatusCode::CREATED, &page).map(unseen)
}

async fn page(reader: &Reader<'_>, scope: Scope) -> poem::Result<WallLinksPage> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let name = match scope {
        Scope::Site(id) => sites::get(db, own, id).await.map_err(|_| not_found())?.name,
        Scope::Team(id) => full_name(&staff::get(db, own, id).await.map_err(|_| not_found())?),
        Scope::Person(_) | Scope::Organisation => return Err(not_found()),
    };
    let links = wall::list(db, own, scope).await.map_err(Failure::from)?;
    let makers = links.iter().map(|link| link.created_by.as_str());
    let makers = audit::names(db, own, makers).await.map_err(Failure::from)?;
    let choice = |days: &i64| WallDays {
        days: *days,
        chosen: *days == 90,
    };
    Ok(WallLinksPage {
        page: reader.frame(&path(scope), "walls"),
        name,
        is_team: matches!(scope, Scope::Team(_)),
        made: None,
        links: links.into_iter().map(|link| row(reader, link, &makers)).collect(),
        action: reader.link(&path(scope), None),
        called: Field::default(),
        days: wall::DAYS.iter().map(choice).collect(),
        all_url: reader.link("/walls", None),
    })
}

fn row(reader: &Reader<'_>, link: wall_link::Model, makers: &HashMap<String, String>) -> WallLinkRow {
    let now = reader.web.app.clock.now();
    let revoke_path = format!("/walls/link/{}/revoke", link.id);
    WallLinkRow {
        revoke_url: wall::is_open(&link, now).then(|| reader.link(&revoke_path, None)),
        made_by: makers.get(&link.created_by).cloned().unwrap_or_default(),
        made: near(reader, link.created_at),
        until: near(reader, link.expires_at),
        is_over: link.expires_at <= now,
        used: link.last_used_at.map(|at| near(reader, at)),
        revoked: link.revoked_at.map(|at| near(reader, at)),
        name: link.name,
    }
}

fn near(reader: &Reader<'_>, at: DateTime<Utc>) -> Moment {
    let zone = organisations::zone(&reader.organisation);
    Moment::near(at, zone, reader.web.app.clock.now())
}
