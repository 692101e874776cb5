//! `/me/record`: what the reader was thanked for, from the first time on, and the file to take along.
use chrono::Datelike;
use entity::staff_member;
use poem::{Response, handler, http::StatusCode, http::header};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::reader::{Reader, not_found};
use crate::{
    access::{Action, Target, audit},
    ledger::feed::Shown,
    platform::signing::{self, SigningError},
    record::{
        file::{self, may_leave},
        thanked::{self, Thanked},
    },
    roster::staff::{self, full_name},
    said,
    template::context::{RecordItem, RecordPage, RecordYear},
    web::problem::{Failure, unavailable},
};

const PATH: &str = "/me/record";
/// Thank-yous on a page.
const ROWS: usize = 200;

#[derive(Default, Deserialize)]
struct Asked {
    year: Option<i32>,
    /// How many of the year's newest stand on the pages before.
    after: Option<usize>,
}

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let person = own(&reader, Action::SHOW_RECORD).await?;
    let asked: Asked = reader.request.params().unwrap_or_default();
    let (db, organisation) = (reader.web.app.db.read(), reader.organisation.id);
    let all = thanked::of(db, organisation, person.id)
        .await
        .map_err(Failure::from)?;
    let mut page = page(&reader, &person, &all);
    let latest = all.last().map(|latest| latest.on.year());
    let Some(year) = asked.year.or(latest) else {
        return reader.page(StatusCode::OK, &page);
    };
    if asked.year.is_none() {
        page.milestones = milestones(&reader, &all).await?;
    }
    let of_year: Vec<Thanked> = all
        .into_iter()
        .rev()
        .filter(|one| one.on.year() == year)
        .collect();
    let skipped = asked.after.unwrap_or_default();
    let rows: Vec<Thanked> = of_year.iter().skip(skipped).take(ROWS).copied().collect();
    let shown = thanked::with_words(db, organisation, &rows).await;
    page.items = shown
        .map_err(Failure::from)?
        .iter()
        .map(|one| item(one, None))
        .collect();
    let next = skipped.saturating_add(ROWS);
    page.earlier_url =
        (next < of_year.len()).then(|| reader.link(PATH, Some(&format!("year={year}&after={next}"))));
    for known in &mut page.years {
        known.here = known.year == year.to_string();
    }
    page.year = year.to_string();
    reader.page(StatusCode::OK, &page)
}

/// `/me/record/file`: signs what there is now, and notes that.
#[handler]
pub(crate) async fn save(reader: Reader<'_>) -> poem::Result<Response> {
    let person = own(&reader, Action::SAVE_RECORD).await?;
    let app = &reader.web.app;
    let (now, base_url) = (app.clock.now(), app.config.server.base_url.as_str());
    let record = file::record(app.db.read(), &reader.organisation, &person, (base_url, now))
        .await
        .map_err(Failure::from)?;
    let tx = app.db.write().await.map_err(Failure::from)?;
    let key = signing::load_or_make(&tx, &app.secrets, now)
        .await
        .map_err(unsigned)?;
    let entry = audit::Entry {
        organisation: reader.organisation.id,
        at: now,
        actor: &reader.caller.actor,
        action: Action::SAVE_RECORD.operation,
        subject_kind: "staff_member",
        subject_id: Some(person.id.to_string()),
        detail: json!({ "recognitions": record.thanks.len() }),
    };
    audit::record(&tx, entry).await.map_err(Failure::from)?;
    tx.commit().await.map_err(Failure::from)?;
    let signed = file::sign(&record, &key).map_err(|error| Failure::internal(&error))?;
    let name = format!("plaudit-record-{}.json", reader.today());
    Ok(Response::builder()
        .content_type("application/json")
        .header(header::CACHE_CONTROL, "no-store")
        .header(
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        )
        .body(signed))
}

pub(super) fn unsigned(error: SigningError) -> Failure {
    match error {
        SigningError::Database(error) => error.into(),
        SigningError::Seal(error) => unavailable(&format!("nothing can be signed: {error}")),
    }
}

/// The reader's row of the roster, if they are on it.
pub(super) async fn own(reader: &Reader<'_>, action: Action) -> poem::Result<staff_member::Model> {
    let own = reader.person()?.staff;
    let target = own.map(|id| Target::StaffMember {
        id,
        sites: Vec::new(),
    });
    reader.permit(action, target)?;
    let id: Uuid = own.ok_or_else(not_found)?;
    let found = staff::get(reader.web.app.db.read(), reader.organisation.id, id).await;
    found.map_err(|_| not_found())
}

fn page(reader: &Reader<'_>, person: &staff_member::Model, all: &[Thanked]) -> RecordPage {
    let app = &reader.web.app;
    let year = |(year, count): (i32, u64)| RecordYear {
        url: reader.link(PATH, Some(&format!("year={year}"))),
        year: year.to_string(),
        count,
        here: false,
    };
    RecordPage {
        page: reader.frame(PATH, "record"),
        name: full_name(person),
        count: all.len() as u64,
        first: all.first().map(|one| one.on),
        latest: all.last().map(|one| one.on),
        milestones: Vec::new(),
        years: thanked::by_year(all).into_iter().rev().map(year).collect(),
        year: String::new(),
        items: Vec::new(),
        earlier_url: None,
        file_action: app
            .secrets
            .is_lasting()
            .then(|| reader.link("/me/record/file", None)),
        verify_url: format!("{}/verify", app.config.server.base_url),
    }
}

async fn milestones(reader: &Reader<'_>, all: &[Thanked]) -> poem::Result<Vec<RecordItem>> {
    let numbers = thanked::milestones(all.len());
    let at = |number: &usize| all.get(number.checked_sub(1)?).map(|one| (*one, *number as u64));
    let reached: Vec<(Thanked, u64)> = numbers.iter().rev().filter_map(at).collect();
    let wanted: Vec<Thanked> = reached.iter().map(|(one, _)| *one).collect();
    let shown = thanked::with_words(reader.web.app.db.read(), reader.organisation.id, &wanted)
        .await
        .map_err(Failure::from)?;
    let number = |shown: &Shown| {
        let found = reached.iter().find(|(one, _)| one.id == shown.recognition.id);
        found.map(|(_, number)| *number)
    };
    Ok(shown.iter().map(|shown| item(shown, number(shown))).collect())
}

fn item(shown: &Shown, number: Option<u64>) -> RecordItem {
    let (comment, words) = &shown.comment;
    let id = shown.recognition.id.simple();
    let told = said::thanks::marked(&shown.source, (comment, words), &shown.verdict);
    RecordItem {
        id: match number {
            Some(_) => format!("m-{id}"),
            None => format!("r-{id}"),
        },
        is_first: number == Some(1),
        number,
        on: shown.recognition.occurred_on,
        source: said::source(&shown.source, words),
        site: shown.site.as_ref().map(|site| site.name.clone()),
        stays: told.is_some() && !may_leave(shown),
        words: told,
        post: said::post(&shown.source, words),
    }
}
