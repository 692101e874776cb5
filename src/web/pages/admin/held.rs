//! What looks like junk: an administrator lets it go its way, or erases it.
use std::collections::HashMap;

use poem::{Response, handler, http::StatusCode};
use sea_orm::DbErr;
use serde::Deserialize;
use uuid::Uuid;

use super::{bad_request, near, url_if};
use crate::{
    access::Action,
    capture::{
        held::{self, Decider, HeldError, HeldFor},
        read::WithWords,
        source,
    },
    roster::site,
    template::{
        Words,
        context::{AdminHeldPage, HeldRow},
    },
    web::{
        cursor,
        pages::{
            fields::Fields,
            form::refuse_other_types,
            reader::{Reader, not_found},
        },
        problem::Failure,
    },
};

/// Comments of a page.
const ROWS: u64 = 50;

#[derive(Default, Deserialize)]
struct Asked {
    after: Option<String>,
}

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let asked: Asked = reader.request.params().unwrap_or_default();
    let after = asked.after.as_deref().map(cursor::read).transpose()?;
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let rows = held::list(db, own, after, cursor::rows(ROWS))
        .await
        .map_err(Failure::from)?;
    let (rows, next) = cursor::cut(rows, ROWS, |(comment, _)| (comment.received_at, comment.id));
    let names = names(&reader, &rows).await.map_err(Failure::from)?;
    let page = AdminHeldPage {
        page: reader.frame("/held", "held"),
        held: held::count(db, own).await.map_err(Failure::from)?,
        items: rows.into_iter().map(|row| view(&reader, row, &names)).collect(),
        next_url: next.map(|next| reader.link("/held", Some(&format!("after={next}")))),
    };
    reader.page(StatusCode::OK, &page)
}

/// The names of the sources and sites of these comments.
pub(super) async fn names(reader: &Reader<'_>, rows: &[WithWords]) -> Result<HashMap<Uuid, String>, DbErr> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let sources = rows.iter().map(|(comment, _)| comment.source_id).collect();
    let sites = rows.iter().filter_map(|(comment, _)| comment.site_id).collect();
    let mut names = source::names(db, own, sources).await?;
    let sites = site::by_ids(db, own, sites).await?;
    names.extend(sites.into_iter().map(|(id, site)| (id, site.path)));
    Ok(names)
}

fn view(reader: &Reader<'_>, (comment, words): WithWords, names: &HashMap<Uuid, String>) -> HeldRow {
    let name = |id: &Uuid| names.get(id).cloned();
    HeldRow {
        id: format!("held-{}", comment.id),
        at: near(reader, comment.received_at),
        source: name(&comment.source_id).unwrap_or_default(),
        site: comment.site_id.as_ref().and_then(name),
        words: Words::plain(
            words.text.as_deref().unwrap_or_default(),
            words.language.as_deref(),
        ),
        why: HeldFor::of(&comment).into_iter().map(why).collect(),
        action: url_if(reader, Action::RELEASE_HELD, &format!("/held/{}", comment.id)),
    }
}

/// The key of the sentence.
fn why(reason: HeldFor) -> &'static str {
    match reason {
        HeldFor::Trap => "held.why.trap",
        HeldFor::NoStamp => "held.why.no_stamp",
        HeldFor::TooFast => "held.why.too_fast",
        HeldFor::TooOld => "held.why.too_old",
        HeldFor::Network => "held.why.network",
        HeldFor::Organisation => "held.why.organisation",
    }
}

/// Releases or erases.
#[handler]
pub(crate) async fn decide(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let comment = Uuid::try_parse(reader.part("id")).map_err(|_| not_found())?;
    let is_junk = match Fields::read(&body).get("decision").text.as_str() {
        "release" => false,
        "junk" => true,
        _ => return Err(bad_request()),
    };
    match settle(&reader, comment, is_junk).await {
        // Somebody else was quicker: the list shows what is left.
        Ok(()) | Err(HeldError::NotHeld) => Ok(reader.see_other("/held", None)),
        Err(failed) => Err(Failure::from(failed).into()),
    }
}

async fn settle(reader: &Reader<'_>, comment: Uuid, is_junk: bool) -> Result<(), HeldError> {
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let by = Decider {
        actor: &reader.caller.actor,
        now: app.clock.now(),
    };
    let tx = app.db.write().await?;
    if is_junk {
        held::discard(&tx, own, comment, by).await?;
    } else {
        held::release(&tx, own, comment, by).await?;
    }
    Ok(tx.commit().await?)
}
