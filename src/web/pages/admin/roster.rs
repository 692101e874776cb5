//! Roster import: a file is sent, the difference is shown, and exactly that is applied. Between the two nothing is kept
//! here: the page holds the file, and the digest of the difference proves that it is still the one that was seen.
use std::io::{self, Read};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use domain::{
    roster::{
        columns::{self, Said},
        problem::{Problem, Told},
    },
    table::day::DayOrder,
};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use poem::{Response, handler, http::StatusCode, web::Multipart};
use sea_orm::DbErr;
use tokio_util::io::ReaderStream;

use super::{bad_request, near, url_if};
use crate::{
    access::Action,
    platform::{blocking::blocking, table::TableError, text_file::TextFile},
    roster::{
        import::{self, ImportError, NO_SITE, Options, Preview, Refusal, SeenColumn},
        scim::{guard, state},
        staff,
    },
    template::{
        Words,
        context::{
            AdminRosterPage, BadLine, ChangedField, ChangedPerson, Directory, RosterChange, RosterColumn,
            RosterPerson, Sentence,
        },
    },
    web::{
        body,
        pages::{fields::Fields, form::refuse_other_types, reader::Reader},
        problem::Failure,
    },
};

/// Of each kind of change so many are shown.
const SHOWN: usize = 500;
/// Of lines with one cause so many are named.
const NAMED: usize = 3;
/// Columns of which something can be said.
const COLUMNS: usize = 100;
/// A file that is right, to be copied.
const EXAMPLE: &str = "\
employee_id,given_name,family_name,site,job_title,manager_employee_id,email
1001,Ruth,Adler,North / Leeds,Store manager,,ruth@example.org
1002,Priya,Nair,North / Leeds,Barista,1001,priya@example.org
";

/// A file as it was sent.
struct Sent {
    file: TextFile,
    options: Options,
}

/// The page that asks for a file.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let page = page(&reader).await?;
    reader.page(StatusCode::OK, &page)
}

/// Shows what a file would change; changes nothing.
#[handler]
pub(crate) async fn preview(reader: Reader<'_>, form: Multipart) -> poem::Result<Response> {
    let sent = read(form).await?;
    look(&reader, sent).await
}

async fn look(reader: &Reader<'_>, sent: Sent) -> poem::Result<Response> {
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let seen = import::preview(
        app.db.read(),
        &app.secrets,
        own,
        &sent.file,
        &sent.options,
        app.clock.now(),
    )
    .await;
    let mut page = page(reader).await?;
    match seen {
        Ok(seen) => {
            let file = sent.file.clone();
            let content = blocking(move || pack(&file)).await.map_err(|_| bad_request())?;
            page.change = Some(change(reader, &sent, content, seen));
            reader.page(StatusCode::OK, &page)
        }
        Err(error) => refuse(reader, page, error),
    }
}

/// A file that is right, to be filled in.
#[handler]
pub(crate) async fn example() -> Response {
    Response::builder()
        .content_type("text/csv; charset=utf-8")
        .header("content-disposition", "attachment; filename=\"roster.csv\"")
        .body(EXAMPLE)
}

/// Looks at the file again, with what was said of its columns.
#[handler]
pub(crate) async fn match_columns(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let sent = shown(&reader, &Fields::read(&body)).await?;
    look(&reader, sent).await
}

/// Applies the file that was shown, or nothing.
#[handler]
pub(crate) async fn apply(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let sent = shown(&reader, &fields).await?;
    let app = &reader.web.app;
    let (digest, own) = (fields.get("digest").text, reader.organisation.id);
    let (actor, now) = (&reader.caller.actor, app.clock.now());
    let applying = async {
        let agreed = import::agreed(
            app.db.read(),
            &app.secrets,
            own,
            &sent.file,
            &sent.options,
            &digest,
            now,
        )
        .await?;
        let tx = app.db.write().await?;
        let applied = import::apply(&tx, agreed, actor, now).await?;
        tx.commit().await?;
        Ok::<_, ImportError>(applied.preview)
    };
    let applied = applying.await;
    let mut page = page(&reader).await?;
    match applied {
        Ok(applied) => page.applied = Some(changes(&applied)),
        Err(error) => return refuse(&reader, page, error),
    }
    reader.page(StatusCode::OK, &page)
}

/// The file that the page holds, with what was asked of it.
async fn shown(reader: &Reader<'_>, fields: &Fields) -> poem::Result<Sent> {
    let packed = fields.get("file").text;
    let most = reader.web.app.config.server.import_limit_bytes as u64;
    let bytes = blocking(move || unpack(&packed, most))
        .await
        .map_err(|_| bad_request())?;
    Ok(Sent {
        file: TextFile::from_bytes(&fields.get("name").text, &bytes, None).map_err(|_| bad_request())?,
        options: Options {
            said: said(fields),
            allow_leavers: fields.get("allow_leavers").text.parse().ok(),
            ..options(|name| fields.get(name).text == "yes")
        },
    })
}

fn refuse(reader: &Reader<'_>, mut page: AdminRosterPage, error: ImportError) -> poem::Result<Response> {
    let why = refusal(&error);
    let failure = Failure::from(error);
    if failure.status().is_server_error() {
        return Err(failure.into());
    }
    page.refused = Some(format!("roster.refusal.{why}"));
    reader.page(failure.status(), &page)
}

/// Why a file as a whole is not taken.
fn refusal(error: &ImportError) -> &'static str {
    match error {
        ImportError::Table(TableError::Empty) => "empty",
        ImportError::Table(TableError::Damaged(_)) => "damaged",
        ImportError::Table(TableError::TooLarge(_)) => "too_large",
        ImportError::Table(_) => "no_table",
        ImportError::Stale { .. } => "stale",
        ImportError::Refused(_)
        | ImportError::Options(_)
        | ImportError::Roster(_)
        | ImportError::Database(_) => "unusable",
    }
}

/// The file as the page holds it: packed, in letters that a form sends as they are.
fn pack(file: &TextFile) -> io::Result<String> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    io::copy(&mut file.raw()?, &mut packed)?;
    Ok(URL_SAFE_NO_PAD.encode(packed.finish()?))
}

/// The same file again, if it is not larger than it may be.
fn unpack(packed: &str, most: u64) -> io::Result<Vec<u8>> {
    let packed = URL_SAFE_NO_PAD.decode(packed).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    GzDecoder::new(packed.as_slice())
        .take(most + 1)
        .read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::other("the file is too large")),
        false => Ok(bytes),
    }
}

/// What somebody said of the columns and days: the fields `heading0` and `column0`, `heading1` and so on, and `days`.
fn said(fields: &Fields) -> Said {
    let said = (0..COLUMNS).filter_map(|place| {
        let wanted = fields.get(&format!("column{place}")).text;
        let column = columns::choices().find(|choice| *choice == wanted)?;
        Some((column, fields.get(&format!("heading{place}")).text))
    });
    Said {
        columns: said.collect(),
        day_order: fields.get("days").text.parse().ok(),
        ..Said::default()
    }
}

async fn read(mut form: Multipart) -> poem::Result<Sent> {
    let (mut file, mut ticked) = (None, Vec::new());
    while let Some(field) = form.next_field().await.map_err(|_| bad_request())? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let called = field.file_name().unwrap_or("roster.csv").to_owned();
            let bytes = ReaderStream::new(field.into_async_read());
            file = Some((called, body::to_file(bytes).await.map_err(|_| bad_request())?));
        } else {
            ticked.push(name);
        }
    }
    let (name, file) = file.ok_or_else(bad_request)?;
    let name: String = name.chars().take(200).collect();
    let file = TextFile::sent(&name, file, None).await;
    Ok(Sent {
        file: file.map_err(|_| bad_request())?,
        options: options(|option| ticked.iter().any(|name| name == option)),
    })
}

fn options(is_ticked: impl Fn(&str) -> bool) -> Options {
    Options {
        create_sites: is_ticked("create_sites"),
        complete: is_ticked("complete"),
        site: None,
        allow_leavers: None,
        said: Said::default(),
    }
}

async fn page(reader: &Reader<'_>) -> poem::Result<AdminRosterPage> {
    let people = staff::count(reader.web.app.db.read(), reader.organisation.id)
        .await
        .map_err(Failure::from)?;
    Ok(AdminRosterPage {
        page: reader.frame("/roster", "people"),
        upload_url: url_if(reader, Action::CREATE_ROSTER_IMPORT, "/roster"),
        columns: columns::columns().collect(),
        example: EXAMPLE,
        example_url: reader.link("/roster/example.csv", None),
        people,
        change: None,
        applied: None,
        refused: None,
        directory: directory(reader).await.map_err(Failure::from)?,
    })
}

async fn directory(reader: &Reader<'_>) -> Result<Directory, DbErr> {
    let app = &reader.web.app;
    let state = state::of(app.db.read(), &reader.organisation, app.clock.now()).await?;
    let moment = |at: DateTime<Utc>| near(reader, at);
    let go_on_url = url_if(reader, Action::CONTINUE_SYNC, "/roster/go-on");
    Ok(Directory {
        address: format!("{}{}", app.config.server.base_url, crate::web::scim::ROOT),
        people: state.people,
        waiting: state.waiting,
        changed: state.changed_at.map(moment),
        go_on_url: go_on_url.filter(|_| state.stopped_at.is_some()),
        stopped: state.stopped_at.map(moment),
        allowed: state.allowed_until.map(moment),
    })
}

/// Lets the directory end as many people as it says, for a day.
#[handler]
pub(crate) async fn go_on(reader: Reader<'_>) -> poem::Result<Response> {
    let app = &reader.web.app;
    let going_on = async {
        let tx = app.db.write().await?;
        let (own, actor) = (reader.organisation.id, &reader.caller.actor);
        guard::go_on(&tx, own, actor, app.clock.now()).await?;
        tx.commit().await
    };
    going_on.await.map_err(Failure::from)?;
    Ok(reader.see_other("/roster", None))
}

fn changes(seen: &Preview) -> u64 {
    (seen.new_sites.len() + seen.added.len() + seen.changed.len() + seen.leaving.len()) as u64
}

fn change(reader: &Reader<'_>, sent: &Sent, content: String, seen: Preview) -> RosterChange {
    let sum = changes(&seen);
    let is_open = seen.is_applicable() && sum > 0;
    let apply_url = url_if(reader, Action::CREATE_ROSTER_IMPORT, "/roster/apply");
    let leaving = seen.leaving.iter().take(SHOWN).map(|one| RosterPerson {
        name: one.name.clone(),
        employee_id: one.employee_id.clone(),
        last_day: Some(one.last_day),
        warning: None,
    });
    let added = seen.added.iter().take(SHOWN).map(|one| RosterPerson {
        name: one.name.clone(),
        employee_id: one.employee_id.clone(),
        last_day: None,
        warning: None,
    });
    let said = &sent.options.said;
    RosterChange {
        file: sent.file.name().to_owned(),
        lines: seen.lines,
        unchanged: seen.same,
        bad_lines: seen.bad_lines(),
        bad: seen
            .problems
            .iter()
            .take(SHOWN)
            .map(|problem| bad_line(problem, &seen))
            .collect(),
        columns: seen
            .columns
            .iter()
            .take(COLUMNS)
            .map(|column| shown_column(column, said))
            .collect(),
        choices: columns::choices().collect(),
        again_url: url_if(reader, Action::CREATE_ROSTER_IMPORT, "/roster/columns"),
        days: said.day_order.map_or("", DayOrder::name),
        changed: seen.changed.iter().take(SHOWN).map(changed).collect(),
        new_sites: seen.new_sites.clone(),
        added: added.collect(),
        leaving: leaving.collect(),
        changes: sum,
        apply_url: apply_url.filter(|_| is_open),
        digest: seen.digest.clone(),
        content,
        create_sites: sent.options.create_sites,
        complete: sent.options.complete,
        allow_leavers: sent.options.allow_leavers,
        warnings: seen
            .warnings
            .iter()
            .take(SHOWN)
            .map(|warning| sentence("roster.warning", &warning.told()))
            .collect(),
        refusals: seen.refusals.iter().map(refused).collect(),
        missing_sites: seen
            .problems
            .iter()
            .filter(|problem| problem.message.code == NO_SITE)
            .count() as u64,
        many_leave: seen.refusals.iter().map(many_leave).next(),
    }
}

fn sentence(group: &str, told: &Told) -> Sentence {
    let values = told.values.iter().map(|(name, value)| (*name, value.clone()));
    Sentence {
        key: format!("{group}.{}", told.code),
        values: values.collect(),
    }
}

/// The columns that a problem says are missing.
fn missing(told: &Told) -> Vec<String> {
    let columns = told.values.iter().filter(|(name, _)| *name == "columns");
    let columns = columns.flat_map(|(_, columns)| columns.split(','));
    columns.map(|column| format!("roster.choice.{column}")).collect()
}

fn refused(refusal: &Refusal) -> Sentence {
    let Refusal::ManyLeave { leavers, total } = refusal;
    Sentence {
        key: "roster.many_leave".to_owned(),
        values: [("n", leavers.to_string()), ("total", total.to_string())].into(),
    }
}

fn many_leave(refusal: &Refusal) -> u64 {
    let Refusal::ManyLeave { leavers, .. } = refusal;
    *leavers
}

fn shown_column(column: &SeenColumn, said: &Said) -> RosterColumn {
    RosterColumn {
        heading: column.heading.clone(),
        samples: column.samples.join(" · "),
        column: column.column.unwrap_or(columns::LEFT_OUT),
        is_said: said.columns.iter().any(|(_, heading)| *heading == column.heading),
    }
}

fn bad_line(problem: &Problem, seen: &Preview) -> BadLine {
    let text = seen
        .quoted
        .get(&problem.line())
        .map(String::as_str)
        .unwrap_or_default();
    let named: Vec<String> = problem.lines.iter().take(NAMED).map(u64::to_string).collect();
    BadLine {
        line: problem.line(),
        lines: (problem.lines.len() > 1).then(|| named.join(", ")),
        more: problem.lines.len().saturating_sub(NAMED) as u64,
        column: problem
            .column
            .as_ref()
            .map(|column| format!("roster.choice.{column}")),
        values: problem.values.iter().take(NAMED).cloned().collect(),
        reason: sentence("roster.wrong", &problem.message),
        missing: missing(&problem.message),
        text: Words::plain(text, None),
    }
}

fn changed(one: &import::Changed) -> ChangedPerson {
    let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let field = |change: &import::FieldChange| ChangedField {
        name: change.field,
        before: filled(&change.from),
        after: filled(&change.to),
    };
    ChangedPerson {
        name: one.person.name.clone(),
        from: one.person.employee_id.clone(),
        fields: one.fields.iter().map(field).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_right() {
        let parsed = domain::roster::csv::parse(EXAMPLE.as_bytes());
        assert_eq!((parsed.rows.len(), parsed.problems), (2, Vec::new()));
    }
}
