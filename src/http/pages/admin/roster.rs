//! Roster import: a file is sent, the difference is shown, and exactly that is applied. Between the two nothing is kept
//! here: the page holds the file, and the digest of the difference proves that it is still the one that was seen.
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::roster::csv::Problem;
use poem::{Response, handler, http::StatusCode, web::Multipart};

use super::{bad_request, permit, url_if};
use crate::{
    access::Action,
    http::{
        pages::{fields::Fields, form::refuse_other_types, reader::Reader},
        problem::Failure,
    },
    roster::{
        import::{self, ImportError, Options, Preview},
        staff,
    },
    template::{
        Words,
        context::{AdminRosterPage, BadLine, ChangedField, ChangedPerson, RosterChange, RosterPerson},
        time_words,
    },
    text_file::TextFile,
};

/// Of each kind of change so many are shown.
const SHOWN: usize = 500;

/// A file as it was sent.
struct Sent {
    name: String,
    bytes: Vec<u8>,
    options: Options,
}

/// The page that asks for a file.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    permit(&reader, Action::SHOW_ROSTER)?;
    let page = page(&reader).await?;
    reader.page(StatusCode::OK, &page)
}

/// Shows what a file would change; changes nothing.
#[handler]
pub(crate) async fn preview(reader: Reader<'_>, form: Multipart) -> poem::Result<Response> {
    permit(&reader, Action::CREATE_ROSTER_IMPORT)?;
    let sent = read(form).await?;
    let file = sent.file()?;
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let seen = import::preview(app.db.read(), own, &file, &sent.options, app.clock.now()).await;
    let mut page = page(&reader).await?;
    match seen {
        Ok(seen) => {
            page.change = Some(change(&reader, &sent, seen));
            reader.page(StatusCode::OK, &page)
        }
        Err(error) => refuse(&reader, page, error),
    }
}

/// Applies the file that was shown, or nothing.
#[handler]
pub(crate) async fn apply(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    permit(&reader, Action::CREATE_ROSTER_IMPORT)?;
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let sent = Sent {
        name: fields.get("name").text,
        bytes: STANDARD
            .decode(fields.get("file").text)
            .map_err(|_| bad_request())?,
        options: options(|name| fields.get(name).text == "yes"),
    };
    let file = sent.file()?;
    let app = &reader.web.app;
    let (digest, own) = (fields.get("digest").text, reader.organisation.id);
    let tx = app.db.write().await.map_err(Failure::from)?;
    let (actor, now) = (&reader.caller.actor, app.clock.now());
    let applied = import::apply(&tx, own, &file, &sent.options, &digest, actor, now).await;
    let applied = match applied {
        Ok(applied) => applied.preview,
        Err(error) => {
            drop(tx);
            let page = page(&reader).await?;
            return refuse(&reader, page, error);
        }
    };
    tx.commit().await.map_err(Failure::from)?;
    let mut page = page(&reader).await?;
    page.applied = Some(changes(&applied));
    reader.page(StatusCode::OK, &page)
}

fn refuse(reader: &Reader<'_>, mut page: AdminRosterPage, error: ImportError) -> poem::Result<Response> {
    let words = error.to_string();
    let failure = Failure::from(error);
    if failure.status().is_server_error() {
        return Err(failure.into());
    }
    page.refused = Some(words);
    reader.page(failure.status(), &page)
}

impl Sent {
    fn file(&self) -> poem::Result<TextFile> {
        TextFile::from_bytes(&self.name, &self.bytes, None).map_err(|_| bad_request())
    }
}

async fn read(mut form: Multipart) -> poem::Result<Sent> {
    let (mut file, mut ticked) = (None, Vec::new());
    while let Some(field) = form.next_field().await.map_err(|_| bad_request())? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let called = field.file_name().unwrap_or("roster.csv").to_owned();
            file = Some((called, field.bytes().await.map_err(|_| bad_request())?));
        } else {
            ticked.push(name);
        }
    }
    let (name, bytes) = file.ok_or_else(bad_request)?;
    Ok(Sent {
        name: name.chars().take(200).collect(),
        bytes,
        options: options(|option| ticked.iter().any(|name| name == option)),
    })
}

fn options(is_ticked: impl Fn(&str) -> bool) -> Options {
    Options {
        create_sites: is_ticked("create_sites"),
        complete: is_ticked("complete"),
        site: None,
        allow_leavers: None,
    }
}

async fn page(reader: &Reader<'_>) -> poem::Result<AdminRosterPage> {
    let people = staff::count(reader.web.app.db.read(), reader.organisation.id)
        .await
        .map_err(Failure::from)?;
    Ok(AdminRosterPage {
        page: reader.frame("/roster", "roster"),
        upload_url: url_if(reader, Action::CREATE_ROSTER_IMPORT, "/roster"),
        people,
        change: None,
        applied: None,
        refused: None,
    })
}

fn changes(seen: &Preview) -> u64 {
    (seen.added.len() + seen.changed.len() + seen.leaving.len()) as u64
}

fn change(reader: &Reader<'_>, sent: &Sent, seen: Preview) -> RosterChange {
    let content = String::from_utf8_lossy(&sent.bytes);
    let lines: Vec<&str> = content.lines().collect();
    let sum = changes(&seen) + seen.new_sites.len() as u64;
    let is_open = seen.is_applicable() && sum > 0;
    let apply_url = url_if(reader, Action::CREATE_ROSTER_IMPORT, "/roster/apply");
    let forbidden = seen.refusals.join(" ");
    let day = |day| time_words::date(day, reader.language);
    let leaving = seen.leaving.iter().take(SHOWN).map(|one| RosterPerson {
        name: one.name.clone(),
        day: day(one.last_day),
        about: one.employee_id.clone(),
        warning: None,
    });
    let added = seen.added.iter().take(SHOWN).map(|one| RosterPerson {
        name: one.name.clone(),
        day: one.employee_id.clone(),
        about: String::new(),
        warning: None,
    });
    RosterChange {
        file: sent.name.clone(),
        lines: seen.same + changes(&seen) + seen.problems.len() as u64,
        unchanged: seen.same,
        bad: seen
            .problems
            .iter()
            .take(SHOWN)
            .map(|problem| bad(problem, &lines))
            .collect(),
        changed: seen.changed.iter().take(SHOWN).map(changed).collect(),
        new_sites: seen.new_sites.clone(),
        added: added.collect(),
        leaving: leaving.collect(),
        changes: sum,
        apply_url: apply_url.filter(|_| is_open),
        digest: seen.digest.clone(),
        content: STANDARD.encode(&sent.bytes),
        create_sites: sent.options.create_sites,
        complete: sent.options.complete,
        forbidden: Some(forbidden).filter(|words| !words.is_empty()),
    }
}

/// A line that cannot be used, as it stands in the file.
fn bad(problem: &Problem, lines: &[&str]) -> BadLine {
    let at = usize::try_from(problem.line).unwrap_or(usize::MAX);
    let line = at
        .checked_sub(1)
        .and_then(|at| lines.get(at))
        .copied()
        .unwrap_or_default();
    BadLine {
        line: problem.line,
        reason: match &problem.column {
            Some(column) => format!("{column}: {}", problem.message),
            None => problem.message.clone(),
        },
        text: Words::plain(line, None),
    }
}

fn changed(one: &import::Changed) -> ChangedPerson {
    let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let field = |change: &import::FieldChange| ChangedField {
        name: change.field.to_owned(),
        before: filled(&change.from),
        after: filled(&change.to),
    };
    ChangedPerson {
        name: one.person.name.clone(),
        from: one.person.employee_id.clone(),
        fields: one.fields.iter().map(field).collect(),
    }
}
