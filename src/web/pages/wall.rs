//! The wallboard and the feed behind an unguessable link: what customers said to anyone, for a screen in a staff room and
//! for programs that read feeds. Read-only.
use std::time::Duration;

use entity::{comment::Tone, organisation, wall_link};
use futures_util::stream;
use poem::{
    Error, IntoResponse, Response, handler,
    http::{StatusCode, header},
    web::sse::{Event, SSE},
};
use sha2::{Digest, Sha256};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::{Visit, atom, receipt::unseen};
use crate::{
    deliver::wall,
    ledger::{board, feed::Shown, scope::Scope},
    roster::{
        organisation as organisations, site as sites,
        staff::{self, full_name},
    },
    said,
    template::{
        Moment, Words,
        context::{WallItem, WallPage},
    },
    web::{Web, problem::Failure},
};

/// Letters of the newest, and of those beside it: a screen is read from afar.
const NEWEST: usize = 280;
const EARLIER: usize = 140;
/// How many stand beside the newest.
const BESIDE: usize = 3;
/// How often an open board is looked at.
const EVERY: Duration = Duration::from_secs(5);

/// What a link opens.
struct Opened {
    link: wall_link::Model,
    organisation: organisation::Model,
    scope: Scope,
    name: String,
}

/// A thank-you as it may be shown to anyone.
pub(super) struct Said {
    pub(super) comment: Uuid,
    pub(super) names: Vec<String>,
    pub(super) row: Shown,
    pub(super) text: String,
}

/// The board.
#[handler]
pub(crate) async fn show(visit: Visit<'_>) -> poem::Result<Response> {
    let opened = open(&visit).await?;
    let seen = state(visit.web, &opened.link).await.map_err(Failure::from)?;
    let path = path(&visit);
    let mut items: Vec<WallItem> = said_in(&visit, &opened)
        .await?
        .into_iter()
        .take(1 + BESIDE)
        .enumerate()
        .map(|(at, said)| item(&visit, &opened, said, if at == 0 { NEWEST } else { EARLIER }))
        .collect();
    let newest = (!items.is_empty()).then(|| items.remove(0));
    let page = WallPage {
        page: visit.frame(&opened.organisation, &path),
        name: opened.name,
        is_team: matches!(opened.scope, Scope::Team(_)),
        live_url: format!("{path}/live?seen={seen}"),
        feed_url: format!("{path}/feed.atom"),
        newest,
        earlier: items,
    };
    visit.page(StatusCode::OK, &page).map(unseen)
}

/// The same as an Atom feed.
#[handler]
pub(crate) async fn feed(visit: Visit<'_>) -> poem::Result<Response> {
    let opened = open(&visit).await?;
    let frame = visit.frame(&opened.organisation, &path(&visit));
    let said = said_in(&visit, &opened).await?;
    let templates = &visit.web.app.templates;
    let line = |part: &str, data: &serde_json::Value| {
        let line = templates.line(frame.language, part, data);
        line.map_err(|error| Failure::internal(&error))
    };
    let mut entries = Vec::with_capacity(said.len());
    for said in &said {
        let data = serde_json::json!({
            "people": said.names,
            "site": said.row.site.as_ref().map(|site| &site.name),
            "of_person": said.row.recognition.staff_id.is_some(),
        });
        entries.push(atom::Entry {
            title: line("wall-for", &data)?,
            said,
        });
    }
    let title = line(
        "wall-title",
        &serde_json::json!({ "name": opened.name, "is_team": matches!(opened.scope, Scope::Team(_)) }),
    )?;
    let base_url = &visit.web.app.config.server.base_url;
    let feed = atom::Feed {
        id: opened.link.id,
        title: &title,
        author: &opened.organisation.name,
        language: frame.language.code(),
        own_url: &format!("{base_url}{}/feed.atom", path(&visit)),
        made: opened.link.created_at,
        entries: &entries,
    };
    let answer = Response::builder()
        .content_type("application/atom+xml; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .body(feed.xml());
    Ok(unseen(answer))
}

/// Says that the board has changed, or is over, while it stands on a screen.
#[handler]
pub(crate) async fn live(visit: Visit<'_>) -> poem::Result<Response> {
    let opened = open(&visit).await?;
    let place = visit.web.walls.clone().try_acquire_owned();
    let place = place.map_err(|_| Error::from_status(StatusCode::TOO_MANY_REQUESTS))?;
    let query = visit.request.uri().query().unwrap_or_default();
    let seen = query.strip_prefix("seen=").unwrap_or_default().to_owned();
    let watched = Watched {
        web: visit.web.clone(),
        link: opened.link,
        seen,
        _place: place,
    };
    let events = stream::unfold(Some(watched), |watched| async move { watched?.next().await });
    let answer = SSE::new(events).keep_alive(Duration::from_secs(15));
    Ok(unseen(answer.into_response()))
}

/// An open board.
struct Watched {
    web: Web,
    link: wall_link::Model,
    seen: String,
    _place: OwnedSemaphorePermit,
}

impl Watched {
    /// Waits until the board is another one. After its link is over, nothing follows.
    async fn next(mut self) -> Option<(Event, Option<Watched>)> {
        loop {
            match look(&self.web, &self.link).await {
                Ok(None) => return Some((changed(), None)),
                Ok(Some(now)) if now != self.seen => {
                    self.seen = now;
                    return Some((changed(), Some(self)));
                }
                Ok(Some(_)) => {}
                // The next look finds what this one did not.
                Err(error) => tracing::warn!(%error, "an open wallboard could not be looked at"),
            }
            let sleep = tokio::time::sleep(EVERY);
            self.web.stop.clone().run_until_cancelled(sleep).await?;
        }
    }
}

fn changed() -> Event {
    Event::message("changed").event_type("board")
}

/// What stands on a board now; none once its link is over.
async fn look(web: &Web, link: &wall_link::Model) -> Result<Option<String>, sea_orm::DbErr> {
    let (db, now) = (web.app.db.read(), web.app.clock.now());
    let link = wall::by_id(db, link.organisation_id, link.id).await?;
    match link.filter(|link| wall::is_open(link, now)) {
        Some(link) => state(web, &link).await.map(Some),
        None => Ok(None),
    }
}

/// A fingerprint of what stands on a board.
async fn state(web: &Web, link: &wall_link::Model) -> Result<String, sea_orm::DbErr> {
    let marks = wall::marks(web.app.db.read(), link, web.app.clock.now()).await?;
    let mut digest = Sha256::new();
    for (recognition, revision) in marks {
        digest.update(recognition.as_bytes());
        digest.update(revision.to_be_bytes());
    }
    let digest = digest.finalize();
    Ok(digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// 404 where there never was such a link, 410 once it is over.
async fn open(visit: &Visit<'_>) -> poem::Result<Opened> {
    let app = &visit.web.app;
    let (db, now) = (app.db.read(), app.clock.now());
    let found = wall::of_token(db, visit.part("token"))
        .await
        .map_err(Failure::from)?;
    let link = found.ok_or_else(|| Error::from_status(StatusCode::NOT_FOUND))?;
    if !wall::is_open(&link, now) {
        return Err(gone());
    }
    let own = link.organisation_id;
    let organisation = organisations::by_id(db, own).await.map_err(Failure::from)?;
    let organisation = organisation.ok_or_else(gone)?;
    let scope = wall::scope(&link).ok_or_else(gone)?;
    let name = match scope {
        Scope::Site(id) => sites::get(db, own, id).await.map_err(|_| gone())?.name,
        Scope::Team(id) => full_name(&staff::get(db, own, id).await.map_err(|_| gone())?),
        Scope::Person(_) | Scope::Organisation => return Err(gone()),
    };
    wall::note_use(&app.db, &link, now);
    Ok(Opened {
        link,
        organisation,
        scope,
        name,
    })
}

fn gone() -> Error {
    Error::from_status(StatusCode::GONE)
}

fn path(visit: &Visit<'_>) -> String {
    format!("/wall/{}", visit.part("token"))
}

/// One for each comment, newest first, without complaints. Names stand there where boards may show these people.
async fn said_in(visit: &Visit<'_>, opened: &Opened) -> poem::Result<Vec<Said>> {
    let app = &visit.web.app;
    let rows = wall::shown(app.db.read(), &opened.link, app.clock.now())
        .await
        .map_err(Failure::from)?;
    let is_named = board::permits(opened.organisation.board_mode, opened.scope, None).is_ok();
    let mut all: Vec<Said> = Vec::new();
    for row in rows {
        let person = row.person.as_ref().filter(|_| is_named);
        let name = person.map(|person| person.first_name().to_owned());
        let same = |said: &&mut Said| said.comment == row.recognition.comment_id;
        if let Some(said) = all.iter_mut().find(same) {
            said.names.extend(name);
        } else if let Some(text) = thanks(&row) {
            all.push(Said {
                comment: row.recognition.comment_id,
                names: name.into_iter().collect(),
                row,
                text,
            });
        }
    }
    Ok(all)
}

/// The words without what complains; none where nothing else is in them. A post that complains stays whole elsewhere, so
/// it does not stand here.
fn thanks(row: &Shown) -> Option<String> {
    let (comment, words) = &row.comment;
    let complains = matches!(comment.tone, Some(Tone::Complaint | Tone::Mixed));
    if said::is_word_for_word(&row.source) || (complains && said::post(&row.source, words).is_some()) {
        return None;
    }
    let thanks = said::thanks::thanks(&row.source, (comment, words), row.verdict.as_ref())?;
    let says_something = thanks.text.replace("[…]", "").chars().any(char::is_alphanumeric);
    says_something.then_some(thanks.text)
}

fn item(visit: &Visit<'_>, opened: &Opened, said: Said, letters: usize) -> WallItem {
    let zone = organisations::zone(&opened.organisation);
    let at = said.row.recognition.occurred_at;
    WallItem {
        people: said.names,
        of_person: said.row.recognition.staff_id.is_some(),
        site: said.row.site.map(|site| site.name),
        words: Words::plain(&said.text, said.row.comment.1.language.as_deref()).shortened(letters),
        at: Moment::near(at, zone, visit.web.app.clock.now()),
    }
}
