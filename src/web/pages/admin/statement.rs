//! `/statement`: what is done with people's data, a signed copy of it, and what changed since one.
use std::collections::BTreeMap;

use poem::{
    Error, Response, handler,
    http::{StatusCode, header},
    web::Multipart,
};
use serde_json::json;

use super::near;
use crate::{
    access::audit,
    platform::signing,
    statement::{
        self, Statement,
        access::ROLES,
        file::{self, Kept},
    },
    template::{
        Moment,
        context::{
            Page, StatementAutomatic, StatementChange, StatementCompared, StatementGroup, StatementHeld,
            StatementKept, StatementLeaving, StatementPage, StatementRow, StatementSetting, StatementWho,
        },
    },
    web::{
        pages::{reader::Reader, record::unsigned},
        problem::Failure,
    },
};

const PATH: &str = "/statement";
/// What is told in words; everything else stands by its name.
const SIGHTS: [&str; 16] = [
    "show_feed",
    "get_comment",
    "list_triage",
    "list_complaints",
    "show_shielded",
    "get_board",
    "get_heard",
    "get_staff_member",
    "list_staff",
    "list_shifts",
    "list_notices",
    "show_account",
    "save_own_data",
    "get_precision",
    "list_audit",
    "erase_staff_member",
];
/// Values of settings that are words.
const WORDS: [&str; 7] = ["off", "team", "full", "yes", "no", "usual", "none"];

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let now = now(&reader).await?;
    reader.page(StatusCode::OK, &page(&reader, &now))
}

/// Saves a signed copy, and notes that.
#[handler]
pub(crate) async fn save(reader: Reader<'_>) -> poem::Result<Response> {
    let statement = now(&reader).await?;
    let (app, at) = (&reader.web.app, statement.issued_at);
    let tx = app.db.write().await.map_err(Failure::from)?;
    let key = signing::load_or_make(&tx, &app.secrets, at)
        .await
        .map_err(unsigned)?;
    let entry = audit::Entry {
        organisation: reader.organisation.id,
        at,
        actor: &reader.caller.actor,
        action: "save_statement",
        subject_kind: "organisation",
        subject_id: Some(reader.organisation.id.to_string()),
        detail: json!({}),
    };
    audit::record(&tx, entry).await.map_err(Failure::from)?;
    tx.commit().await.map_err(Failure::from)?;
    let signed = file::sign(&statement, &key).map_err(|error| Failure::internal(&error))?;
    let name = format!(
        "attachment; filename=\"plaudit-statement-{}.json\"",
        reader.today()
    );
    Ok(Response::builder()
        .content_type("application/json")
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_DISPOSITION, name)
        .body(signed))
}

/// Says what is otherwise than in a signed copy.
#[handler]
pub(crate) async fn compare(reader: Reader<'_>, form: Multipart) -> poem::Result<Response> {
    let sent = sent(form).await?;
    let now = now(&reader).await?;
    let own = signing::public(reader.web.app.db.read())
        .await
        .map_err(Failure::from)?;
    let kept = file::read(&sent, own);
    let status = match kept {
        Kept::NoStatement => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let mut page = page(&reader, &now);
    page.compared = Some(compared(&reader, &now, kept));
    reader.page(status, &page)
}

async fn sent(mut form: Multipart) -> poem::Result<Vec<u8>> {
    let bad = |_| Error::from_status(StatusCode::BAD_REQUEST);
    let mut sent = Vec::new();
    while let Some(field) = form.next_field().await.map_err(bad)? {
        let is_ours = field.name() == Some("file");
        let bytes = field
            .bytes()
            .await
            .map_err(|_| Error::from_status(StatusCode::BAD_REQUEST))?;
        if is_ours {
            sent = bytes.trim_ascii().to_vec();
        }
    }
    Ok(sent)
}

async fn now(reader: &Reader<'_>) -> Result<Statement, Failure> {
    let app = &reader.web.app;
    let found = statement::statement(app.db.read(), &app.config, &reader.organisation, app.clock.now());
    Ok(found.await?)
}

fn page(reader: &Reader<'_>, now: &Statement) -> StatementPage {
    let frame = reader.frame(PATH, "statement");
    StatementPage {
        file_action: Some(reader.link("/statement/file", None)),
        compare_action: Some(reader.link(PATH, None)),
        ..told(frame, near(reader, now.issued_at), now)
    }
}

fn compared(reader: &Reader<'_>, now: &Statement, kept: Kept) -> StatementCompared {
    let only = |state| StatementCompared {
        state,
        since: None,
        changes: Vec::new(),
    };
    let before = match kept {
        Kept::Genuine(before) => before,
        Kept::Changed => return only("changed"),
        Kept::Elsewhere => return only("elsewhere"),
        Kept::NoStatement => return only("no_statement"),
    };
    let changes: Vec<StatementChange> = file::changes(&before, now)
        .into_iter()
        .map(|change| StatementChange {
            section: change.section,
            name: change.name,
            before: change.before,
            now: change.now,
        })
        .collect();
    StatementCompared {
        state: if changes.is_empty() { "same" } else { "differs" },
        since: Some(near(reader, before.issued_at)),
        changes,
    }
}

/// A statement as a page in a frame, without anything to press.
pub(crate) fn told(page: Page, at: Moment, statement: &Statement) -> StatementPage {
    StatementPage {
        page,
        at,
        settings: statement.settings.iter().map(setting).collect(),
        kept: statement.kept_days.iter().map(kept).collect(),
        data: statement
            .data
            .iter()
            .map(|held| StatementHeld {
                holds: held.holds.clone(),
                ends: held.ends.clone(),
                columns: held.columns.clone(),
            })
            .collect(),
        roles: ROLES.to_vec(),
        sights: SIGHTS.iter().filter_map(|name| sight(statement, name)).collect(),
        groups: groups(statement),
        automatic: automatic(statement),
        leaves: statement
            .leaves
            .iter()
            .map(|one| StatementLeaving {
                way: one.way.clone(),
                name: one.name.clone(),
                detail: one.detail.clone(),
            })
            .collect(),
        file_action: None,
        compare_action: None,
        compared: None,
    }
}

fn setting((name, value): (&String, &String)) -> StatementSetting {
    StatementSetting {
        name: name.clone(),
        word: WORDS.contains(&value.as_str()).then(|| value.clone()),
        value: value.clone(),
    }
}

fn kept((name, days): (&String, &i64)) -> StatementKept {
    StatementKept {
        name: name.clone(),
        days: *days,
    }
}

/// How far somebody may, as a key of the catalogues.
fn extent(found: Option<&String>) -> &'static str {
    match found.map(String::as_str) {
        Some("all") => "all",
        Some(_) => "some",
        None => "none",
    }
}

fn sight(statement: &Statement, name: &str) -> Option<StatementRow> {
    let may = statement.who.iter().find(|may| may.action == name)?;
    Some(StatementRow {
        name: name.to_owned(),
        cells: ROLES.iter().map(|role| extent(may.roles.get(*role))).collect(),
    })
}

/// What the same people may do stands together.
fn groups(statement: &Statement) -> Vec<StatementGroup> {
    let mut by_who: BTreeMap<&BTreeMap<String, String>, Vec<String>> = BTreeMap::new();
    for may in &statement.who {
        by_who.entry(&may.roles).or_default().push(may.action.clone());
    }
    let group = |(roles, actions): (&BTreeMap<String, String>, Vec<String>)| StatementGroup {
        who: ROLES
            .into_iter()
            .filter(|role| roles.contains_key(*role))
            .map(|role| StatementWho {
                role,
                extent: extent(roles.get(role)),
            })
            .collect(),
        actions,
    };
    by_who.into_iter().map(group).collect()
}

fn automatic(statement: &Statement) -> StatementAutomatic {
    let found = &statement.automatic;
    StatementAutomatic {
        threshold: found.threshold.to_string(),
        answered: found.answered,
        wrong: found.wrong,
        low: found.wrong_between.map(|(low, _)| low.to_string()),
        high: found.wrong_between.map(|(_, high)| high.to_string()),
        taken_back: found.taken_back,
        objections: found.objections,
    }
}
