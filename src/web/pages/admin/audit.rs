//! The log of who did what, newest first, with a search by action, person and days.
use std::collections::HashMap;

use entity::audit;
use poem::{Response, handler, http::StatusCode};
use sea_orm::{ConnectionTrait, DbErr};
use serde::Deserialize;
use uuid::Uuid;

use super::{near, searched};
use crate::{
    access::{
        audit::{self as log, Wanted},
        chain,
    },
    find,
    roster::people,
    template::context::{AdminAuditPage, AuditRow},
    web::{
        cursor,
        pages::{reader::Reader, search::day},
        problem::Failure,
    },
};

/// Entries of a page.
const ROWS: u64 = 50;

#[derive(Default, Deserialize)]
struct Asked {
    q: Option<String>,
    who: Option<String>,
    from: Option<String>,
    to: Option<String>,
    after: Option<String>,
}

/// What was typed, as far as it is read.
struct Typed {
    query: String,
    who: String,
    from: String,
    to: String,
}

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let asked: Asked = reader.request.params().unwrap_or_default();
    let before = asked.after.as_deref().map(cursor::read).transpose()?;
    let typed = Typed {
        query: searched(asked.q),
        who: searched(asked.who),
        from: searched(asked.from),
        to: searched(asked.to),
    };
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let wanted = wanted(&reader, &typed).await?;
    let found = match &wanted {
        Some(wanted) => log::search(db, own, wanted, before.map(|(_, id)| id), cursor::rows(ROWS))
            .await
            .map_err(Failure::from)?,
        None => Vec::new(),
    };
    let (found, next) = cursor::cut(found, ROWS, |entry| (entry.at, entry.id));
    let names = log::names(db, own, found.iter().map(|entry| entry.actor.as_str()))
        .await
        .map_err(Failure::from)?;
    let head = chain::head(db, own).await.map_err(Failure::from)?;
    let checked = head.as_ref().and_then(|head| head.checked_at);
    let page = AdminAuditPage {
        page: reader.frame("/audit", "audit"),
        action: reader.link("/audit", None),
        checked: checked.map(|at| near(&reader, at)),
        fault_block: head.and_then(|head| head.fault_block),
        entries: found
            .into_iter()
            .map(|entry| row(&reader, entry, &names))
            .collect(),
        next_url: next.map(|next| reader.link("/audit", Some(&address(&typed, &next)))),
        is_no_day: wanted.is_none(),
        query: typed.query,
        who: typed.who,
        from: typed.from,
        to: typed.to,
    };
    let status = match page.is_no_day {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    reader.page(status, &page)
}

/// What is looked for; none where a day is none.
async fn wanted(reader: &Reader<'_>, typed: &Typed) -> poem::Result<Option<Wanted>> {
    let (Ok(from), Ok(to)) = (day(&typed.from), day(&typed.to)) else {
        return Ok(None);
    };
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let (from, until) = find::days(&reader.organisation, from, to);
    let ids = match typed.who.as_str() {
        "" => None,
        who => Some(named(db, own, who).await.map_err(Failure::from)?),
    };
    Ok(Some(Wanted {
        words: typed.query.clone(),
        ids,
        from,
        until,
    }))
}

async fn named(db: &impl ConnectionTrait, own: Uuid, who: &str) -> Result<Vec<String>, DbErr> {
    let staff = people::bearing(db, own, who, log::MOST_ALIKE).await?;
    log::ids_of(db, own, who, staff).await
}

/// The address of a page of the same search.
fn address(typed: &Typed, after: &str) -> String {
    let fields = [
        ("q", &*typed.query),
        ("who", &typed.who),
        ("from", &typed.from),
        ("to", &typed.to),
        ("after", after),
    ];
    let mut address = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        address.append_pair(name, value);
    }
    address.finish()
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
