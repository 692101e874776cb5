//! What the shield keeps: a safe reader lets it through, or keeps it from everybody.
use poem::{Response, handler, http::StatusCode};
use serde::Deserialize;
use uuid::Uuid;

use super::{bad_request, held::names, near, url_if};
use crate::{
    access::Action,
    capture::{
        held::Decider,
        read::WithWords,
        shielded::{self, ShieldError},
    },
    said::shield,
    template::{
        Words,
        context::{AdminShieldedPage, HeldRow},
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
    let rows = shielded::list(db, own, after, cursor::rows(ROWS))
        .await
        .map_err(Failure::from)?;
    let (rows, next) = cursor::cut(rows, ROWS, |(comment, _)| (comment.received_at, comment.id));
    let names = names(&reader, &rows).await.map_err(Failure::from)?;
    let item = |(comment, words): WithWords| HeldRow {
        id: format!("shielded-{}", comment.id),
        at: near(&reader, comment.received_at),
        source: names.get(&comment.source_id).cloned().unwrap_or_default(),
        site: comment.site_id.as_ref().and_then(|site| names.get(site).cloned()),
        words: Words::plain(
            words.text.as_deref().unwrap_or_default(),
            words.language.as_deref(),
        ),
        why: shield::kinds(&comment).into_iter().map(shield::why).collect(),
        action: url_if(
            &reader,
            Action::DECIDE_SHIELDED,
            &format!("/shielded/{}", comment.id),
        ),
    };
    let page = AdminShieldedPage {
        page: reader.frame("/shielded", "shielded"),
        waiting: shielded::count_some(db, own).await.map_err(Failure::from)?,
        items: rows.into_iter().map(item).collect(),
        next_url: next.map(|next| reader.link("/shielded", Some(&format!("after={next}")))),
    };
    reader.page(StatusCode::OK, &page)
}

/// Lets through, or keeps.
#[handler]
pub(crate) async fn decide(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let comment = Uuid::try_parse(reader.part("id")).map_err(|_| not_found())?;
    let is_kept = match Fields::read(&body).get("decision").text.as_str() {
        "release" => false,
        "keep" => true,
        _ => return Err(bad_request()),
    };
    match settle(&reader, comment, is_kept).await {
        // Another safe reader was quicker: the list shows what is left.
        Ok(()) | Err(ShieldError::NotWaiting) => Ok(reader.see_other("/shielded", None)),
        Err(failed) => Err(Failure::from(failed).into()),
    }
}

async fn settle(reader: &Reader<'_>, comment: Uuid, is_kept: bool) -> Result<(), ShieldError> {
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let by = Decider {
        actor: &reader.caller.actor,
        now: app.clock.now(),
    };
    let tx = app.db.write().await?;
    if is_kept {
        shielded::keep(&tx, own, comment, by).await?;
    } else {
        shielded::release(&tx, own, comment, by).await?;
    }
    Ok(tx.commit().await?)
}
