//! What a tool pushed that cannot be read, and reading it again.
use entity::{push, source};
use poem::{Response, handler, http::StatusCode};

use super::{near, url_if};
use crate::{
    access::Action,
    capture::source::{self as sources, inbox},
    platform::paging::PageQuery,
    template::context::{AdminQuarantinePage, PushRow},
    web::{
        pages::reader::{Reader, not_found},
        problem::Failure,
    },
};

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let source = source(&reader).await?;
    let found = inbox::quarantine(reader.web.app.db.read(), &source, PageQuery::default())
        .await
        .map_err(Failure::from)?;
    let path = format!("/sources/{}/quarantine", source.id);
    let page = AdminQuarantinePage {
        page: reader.frame(&path, "sources"),
        replay_url: url_if(
            &reader,
            Action::REPLAY_PUSHES,
            &format!("/sources/{}/replay", source.id),
        ),
        has_more: found.next.is_some(),
        pushes: found.items.into_iter().map(|push| row(&reader, push)).collect(),
        source: source.name,
    };
    reader.page(StatusCode::OK, &page)
}

fn row(reader: &Reader<'_>, push: push::Model) -> PushRow {
    PushRow {
        id: push.id.to_string(),
        at: near(reader, push.received_at),
        reason: push.reason.unwrap_or_default(),
    }
}

/// Reads everything again.
#[handler]
pub(crate) async fn replay(reader: Reader<'_>) -> poem::Result<Response> {
    let source = source(&reader).await?;
    let app = &reader.web.app;
    let replay = async {
        let tx = app.db.write().await?;
        inbox::replay(&tx, &source, None, &reader.caller.actor, app.clock.now()).await?;
        tx.commit().await
    };
    replay.await.map_err(Failure::from)?;
    Ok(reader.see_other("/sources", None))
}

async fn source(reader: &Reader<'_>) -> poem::Result<source::Model> {
    let found = sources::by_id(reader.web.app.db.read(), reader.organisation.id, reader.id()?).await;
    found.map_err(Failure::from)?.ok_or_else(not_found)
}
