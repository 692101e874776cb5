//! The log of who did what, newest first, with a search.
use std::collections::HashMap;

use entity::audit;
use poem::{Response, handler, http::StatusCode};
use serde::Deserialize;

use super::{near, searched};
use crate::{
    access::audit as log,
    template::context::{AdminAuditPage, AuditRow},
    web::{cursor, pages::reader::Reader, problem::Failure},
};

/// Entries of a page.
const ROWS: u64 = 50;

#[derive(Default, Deserialize)]
struct Asked {
    q: Option<String>,
    after: Option<String>,
}

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let asked: Asked = reader.request.params().unwrap_or_default();
    let query = searched(asked.q);
    let before = asked.after.as_deref().map(cursor::read).transpose()?;
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let found = log::search(db, own, &query, before.map(|(_, id)| id), cursor::rows(ROWS))
        .await
        .map_err(Failure::from)?;
    let (found, next) = cursor::cut(found, ROWS, |entry| (entry.at, entry.id));
    let names = log::names(db, own, found.iter().map(|entry| entry.actor.as_str()))
        .await
        .map_err(Failure::from)?;
    let set = percent_encoding::NON_ALPHANUMERIC;
    let q = percent_encoding::utf8_percent_encode(&query, set).to_string();
    let page = AdminAuditPage {
        page: reader.frame("/audit", "audit"),
        action: reader.link("/audit", None),
        entries: found
            .into_iter()
            .map(|entry| row(&reader, entry, &names))
            .collect(),
        next_url: next.map(|next| reader.link("/audit", Some(&format!("q={q}&after={next}")))),
        query,
    };
    reader.page(StatusCode::OK, &page)
}

/// The subject's id stands whole, so that it can be searched for.
fn row(reader: &Reader<'_>, entry: audit::Model, names: &HashMap<String, String>) -> AuditRow {
    let subject = entry.subject_id.unwrap_or_default();
    let is_empty = entry.detail.as_object().is_none_or(serde_json::Map::is_empty);
    AuditRow {
        at: near(reader, entry.at),
        actor: names
            .get(&entry.actor)
            .cloned()
            .unwrap_or_else(|| plain_actor(&entry.actor)),
        target: format!("{} {}", entry.subject_kind, subject).trim().to_owned(),
        detail: (!is_empty).then(|| entry.detail.to_string()),
        said: AuditRow::sentence_of(&entry.action),
        action: entry.action,
    }
}

pub(super) fn plain_actor(actor: &str) -> String {
    match actor {
        "system" => "Plaudit".to_owned(),
        other => other.to_owned(),
    }
}
