//! The log of who did what, newest first, with a search by action, person and days.
use std::collections::HashMap;

use entity::audit;
use poem::{IntoResponse, Response, handler, http::StatusCode};
use sea_orm::{ConnectionTrait, DbErr};
use serde::Deserialize;
use uuid::Uuid;

use super::{bad_request, near, searched};
use crate::{
    access::{
        Action,
        audit::{self as log, Wanted},
        chain,
    },
    find::{self, Format, file::List},
    roster::people,
    template::context::{AdminAuditPage, AuditRow},
    web::{
        cursor, file,
        pages::{fields::Fields, form::refuse_other_types, reader::Reader, search::day},
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

impl Asked {
    fn typed(self) -> Typed {
        Typed {
            query: searched(self.q),
            who: searched(self.who),
            from: searched(self.from),
            to: searched(self.to),
        }
    }
}

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let asked: Asked = reader.request.params().unwrap_or_default();
    let before = asked.after.as_deref().map(cursor::read).transpose()?;
    let typed = asked.typed();
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let wanted = wanted(&reader, &typed).await?;
    let found = match &wanted {
        Some(wanted) => log::newest(own, wanted, before.map(|(_, id)| id), cursor::rows(ROWS))
            .all(db)
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
        save_url: (!found.is_empty()).then(|| reader.link("/audit/file", None)),
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

/// Sends what was found as a file.
#[handler]
pub(crate) async fn save(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let field = |name: &str| Some(fields.get(name).text);
    let asked = Asked {
        q: field("q"),
        who: field("who"),
        from: field("from"),
        to: field("to"),
        after: None,
    };
    let format = Format::from_name(&fields.get("as").text).ok_or_else(bad_request)?;
    let wanted = wanted(&reader, &asked.typed()).await?.ok_or_else(bad_request)?;
    let caller = (reader.caller.clone(), Action::SAVE_AUDIT.operation);
    let saved = file::save(reader.web, caller, List::Audit(wanted), format, reader.today()).await?;
    Ok(saved.into_response())
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
