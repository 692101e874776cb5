//! The ways in: what came through each, and pausing them.
use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::source;
use poem::{Response, handler, http::StatusCode};
use uuid::Uuid;

use super::{near, permit, url_if};
use crate::{
    access::Action,
    capture::source::{self as sources, SourcePatch},
    http::{
        pages::reader::{Reader, not_found},
        problem::Failure,
    },
    page::PageQuery,
    template::context::{AdminSourcesPage, Health, SourceRow},
};

/// What is counted.
const RECENT: TimeDelta = TimeDelta::days(30);

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    permit(&reader, Action::LIST_SOURCES)?;
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let all = sources::list(db, own, all_of_them())
        .await
        .map_err(Failure::from)?;
    let since = reader.web.app.clock.now() - RECENT;
    let traffic = sources::traffic(db, own, since).await.map_err(Failure::from)?;
    let rows = all.items.into_iter().map(|source| row(&reader, source, &traffic));
    let mut rows: Vec<SourceRow> = rows.collect();
    rows.sort_by_key(|row| row.health != Health::Paused);
    let page = AdminSourcesPage {
        page: reader.frame("/sources", "sources"),
        sources: rows,
    };
    reader.page(StatusCode::OK, &page)
}

fn all_of_them() -> PageQuery {
    PageQuery {
        after: None,
        limit: Some(crate::page::MAX_LIMIT),
    }
}

fn row(
    reader: &Reader<'_>,
    source: source::Model,
    traffic: &HashMap<Uuid, (u64, DateTime<Utc>)>,
) -> SourceRow {
    let path = format!("/sources/{}/switch", source.id);
    let seen = traffic.get(&source.id);
    SourceRow {
        health: if source.paused_at.is_some() {
            Health::Paused
        } else {
            Health::Well
        },
        detail: None,
        last: seen.map(|(_, last)| near(reader, *last)),
        comments: seen.map_or(0, |(count, _)| *count),
        switch_url: url_if(reader, Action::UPDATE_SOURCE, &path),
        name: source.name,
        kind: source.kind,
    }
}

/// Pauses a source, or lets a paused one go on.
#[handler]
pub(crate) async fn switch(reader: Reader<'_>) -> poem::Result<Response> {
    permit(&reader, Action::UPDATE_SOURCE)?;
    let (id, own) = (reader.id()?, reader.organisation.id);
    let app = &reader.web.app;
    let tx = app.db.write().await.map_err(Failure::from)?;
    let source = sources::by_id(&tx, own, id)
        .await
        .map_err(Failure::from)?
        .ok_or_else(not_found)?;
    let patch = SourcePatch {
        paused: Some(source.paused_at.is_none()),
        ..SourcePatch::default()
    };
    sources::update(&tx, own, id, patch, &reader.caller.actor, app.clock.now())
        .await
        .map_err(Failure::from)?;
    tx.commit().await.map_err(Failure::from)?;
    reader.web.known.forget();
    Ok(reader.see_other("/sources", None))
}
