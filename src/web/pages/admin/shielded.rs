//! What the shield keeps: a safe reader lets it through, or keeps it from everybody.
use poem::{Response, handler, http::StatusCode};
use sea_orm::DbErr;
use serde::Deserialize;
use uuid::Uuid;

use super::{bad_request, set_aside, url_if};
use crate::{
    access::Action,
    attribute::shield::may_be_about,
    capture::{
        held::Decider,
        shielded::{self, ShieldError},
    },
    said::shield,
    template::context::AdminShieldedPage,
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

/// What was decided just now.
#[derive(Default, Deserialize)]
struct Asked {
    let_through: Option<String>,
    kept: Option<Uuid>,
    own: Option<String>,
}

/// What is to be done with a comment.
#[derive(Clone, Copy)]
enum Decision {
    LetThrough,
    Keep,
    UndoKeep,
}

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let (after, rows) = (set_aside::after(&reader)?, cursor::rows(set_aside::ROWS));
    let rows = shielded::list(db, own, after, rows)
        .await
        .map_err(Failure::from)?;
    let shown = set_aside::Set {
        path: "/shielded",
        decides: Action::DECIDE_SHIELDED,
        why: |comment| shield::kinds(comment).into_iter().map(shield::why).collect(),
    };
    let (items, next_url) = shown.page(&reader, rows).await.map_err(Failure::from)?;
    let asked: Asked = reader.request.params().unwrap_or_default();
    let undo = |kept: Uuid| url_if(&reader, Action::DECIDE_SHIELDED, &format!("/shielded/{kept}"));
    let page = AdminShieldedPage {
        let_through: asked.let_through.is_some(),
        is_own: asked.own.is_some(),
        undo_url: asked.kept.and_then(undo),
        page: reader.frame("/shielded", "shielded"),
        waiting: shielded::count(db, own).await.map_err(Failure::from)?,
        items,
        next_url,
    };
    reader.page(StatusCode::OK, &page)
}

/// Lets through, or keeps, or takes back that it was kept; not what may be about whoever decides.
#[handler]
pub(crate) async fn decide(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let comment = Uuid::try_parse(reader.part("id")).map_err(|_| not_found())?;
    let decision = match Fields::read(&body).get("decision").text.as_str() {
        "release" => Decision::LetThrough,
        "keep" => Decision::Keep,
        "undo" => Decision::UndoKeep,
        _ => return Err(bad_request()),
    };
    if is_about_oneself(&reader, comment).await.map_err(Failure::from)? {
        return Ok(reader.see_other("/shielded", Some("own=yes")));
    }
    match settle(&reader, comment, decision).await {
        Ok(()) => Ok(reader.see_other("/shielded", said(comment, decision).as_deref())),
        // Another safe reader was quicker: the list shows what is left.
        Err(ShieldError::NotWaiting) => Ok(reader.see_other("/shielded", None)),
        Err(failed) => Err(Failure::from(failed).into()),
    }
}

async fn is_about_oneself(reader: &Reader<'_>, comment: Uuid) -> Result<bool, DbErr> {
    let (app, own) = (&reader.web.app, reader.organisation.id);
    match reader.caller.oneself() {
        Some(oneself) => may_be_about(&app.attribute(), own, comment, oneself).await,
        None => Ok(false),
    }
}

fn said(comment: Uuid, decision: Decision) -> Option<String> {
    match decision {
        Decision::LetThrough => Some("let_through=yes".to_owned()),
        Decision::Keep => Some(format!("kept={comment}")),
        Decision::UndoKeep => None,
    }
}

async fn settle(reader: &Reader<'_>, comment: Uuid, decision: Decision) -> Result<(), ShieldError> {
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let by = Decider {
        actor: &reader.caller.actor,
        now: app.clock.now(),
    };
    let tx = app.db.write().await?;
    match decision {
        Decision::LetThrough => shielded::release(&tx, own, comment, by).await?,
        Decision::Keep => shielded::keep(&tx, own, comment, by).await?,
        Decision::UndoKeep => shielded::undo_keep(&tx, own, comment, by).await?,
    }
    Ok(tx.commit().await?)
}
