//! What was found as a file: CSV for people, NDJSON for programs. It is written page by page while it is sent, so that
//! its length does not matter. Customers' names and addresses stay out, and so do the words of posts whose network wants
//! them shown as they are: of those, id and link are told.
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use entity::{audit, comment, comment_revision, source, staff_member};
use futures_util::{Stream, stream};
use sea_orm::DbErr;
use serde_json::{Map, Value, json};

use super::{
    Became,
    comments::{self, Looking},
    recognitions,
    shown::{Found, Place, with_all},
};
use crate::{
    access::{Caller, audit as log},
    ledger::feed::Shown,
    platform::{db::Db, service::Service},
    said,
};

/// Rows that are read at once.
const ROWS: u64 = 200;
/// By which spreadsheets know UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 2] = [Format::Csv, Format::Ndjson];

    /// Its name, and the ending of its files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Ndjson => "ndjson",
        }
    }

    /// The form of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Ndjson => "application/x-ndjson",
        }
    }
}

/// What a file lists.
#[derive(Clone, Debug)]
pub enum List {
    /// Comments.
    Comments(Box<comments::Wanted>),
    /// Recognitions.
    Recognitions(recognitions::Wanted),
    /// Lines of the audit log.
    Audit(log::Wanted),
}

impl List {
    /// What it is called, in the names of files.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            List::Comments(_) => "comments",
            List::Recognitions(_) => "recognitions",
            List::Audit(_) => "audit",
        }
    }

    /// The conditions, for the log: ids, codes and times. Of words it says only that there were some.
    #[must_use]
    pub fn conditions(&self) -> Value {
        let mut conditions = match self {
            List::Comments(wanted) => json!({
                "has_words": wanted.words.is_some().then_some(true),
                "staff_id": wanted.person,
                "site_id": wanted.site,
                "source_id": wanted.source,
                "score_from": wanted.score_from,
                "score_to": wanted.score_to,
                "state": wanted.became.map(Became::name),
                "from": wanted.from,
                "until": wanted.until,
                "changed_since": wanted.changed_since,
            }),
            List::Recognitions(wanted) => json!({
                "staff_id": wanted.person,
                "site_id": wanted.site,
                "from": wanted.from,
                "until": wanted.until,
                "changed_since": wanted.changed_since,
            }),
            List::Audit(wanted) => json!({
                "has_words": (!wanted.words.is_empty()).then_some(true),
                "has_person": wanted.ids.is_some().then_some(true),
                "from": wanted.from,
                "until": wanted.until,
            }),
        };
        if let Value::Object(conditions) = &mut conditions {
            conditions.retain(|_, value| !value.is_null());
        }
        conditions
    }

    fn fields(&self) -> &'static [&'static str] {
        match self {
            List::Comments(_) => COMMENT,
            List::Recognitions(_) => RECOGNITION,
            List::Audit(_) => AUDIT,
        }
    }
}

const COMMENT: &[&str] = &[
    "id",
    "occurred_at",
    "received_at",
    "source",
    "external_id",
    "link",
    "site",
    "state",
    "tone",
    "score",
    "score_scale",
    "language",
    "consent",
    "words",
    "people",
    "staff_ids",
    "withdrawn_at",
    "erased_at",
];

const RECOGNITION: &[&str] = &[
    "id",
    "comment_id",
    "occurred_at",
    "recognised_at",
    "staff_id",
    "employee_id",
    "name",
    "site",
    "manager_id",
    "source",
    "external_id",
    "link",
    "language",
    "consent",
    "words",
    "withdrawn_at",
    "erased_at",
];

const AUDIT: &[&str] = &[
    "id",
    "at",
    "actor",
    "name",
    "action",
    "subject_kind",
    "subject_id",
    "detail",
    "block",
];

/// The pieces of a file, each of a page of rows. An error ends it, so that whoever reads sees that it is not whole.
pub fn pieces(
    service: &Service,
    caller: Caller,
    today: NaiveDate,
    list: List,
    format: Format,
) -> impl Stream<Item = Result<Vec<u8>, std::io::Error>> + Send + use<> {
    let writing = Writing {
        db: service.db.clone(),
        caller,
        today,
        list,
        format,
        at: At::Beginning,
    };
    stream::try_unfold(writing, |mut writing| async move {
        let piece = writing.next().await.map_err(std::io::Error::other)?;
        Ok(piece.map(|piece| (piece, writing)))
    })
}

struct Writing {
    db: Db,
    caller: Caller,
    today: NaiveDate,
    list: List,
    format: Format,
    at: At,
}

enum At {
    Beginning,
    After(Place),
    End,
}

impl Writing {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, DbErr> {
        let mut piece = Vec::new();
        if matches!((&self.at, self.format), (At::Beginning, Format::Csv)) {
            piece = head(self.list.fields());
        }
        loop {
            let after = match self.at {
                At::Beginning => None,
                At::After(place) => Some(place),
                At::End => return Ok((!piece.is_empty()).then_some(piece)),
            };
            let (rows, next) = self.rows(after).await?;
            self.at = next.map_or(At::End, At::After);
            for row in rows {
                piece.extend(line(self.list.fields(), row, self.format));
            }
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
    }

    async fn rows(&self, after: Option<Place>) -> Result<(Vec<Map<String, Value>>, Option<Place>), DbErr> {
        let looking = Looking {
            caller: &self.caller,
            today: self.today,
        };
        let db = self.db.read();
        match &self.list {
            List::Comments(wanted) => {
                let (found, next) = comments::page(db, looking, wanted, after, ROWS).await?;
                let found = with_all(db, self.caller.organisation, found).await?;
                Ok((found.iter().map(of_comment).collect(), next))
            }
            List::Recognitions(wanted) => {
                let (found, next) = recognitions::page(db, looking, wanted, after, ROWS).await?;
                Ok((found.iter().map(of_recognition).collect(), next))
            }
            List::Audit(wanted) => {
                let (own, before) = (self.caller.organisation, after.map(|(_, id)| id));
                let found = log::newest(own, wanted, before, ROWS).all(db).await?;
                let names = log::names(db, own, found.iter().map(|line| line.actor.as_str())).await?;
                let last = found.last().filter(|_| found.len() as u64 == ROWS);
                let next = last.map(|line| (line.at, line.id));
                Ok((found.iter().map(|line| of_log(line, &names)).collect(), next))
            }
        }
    }
}

fn of_log(line: &audit::Model, names: &HashMap<String, String>) -> Map<String, Value> {
    let mut row = Map::new();
    extend(
        &mut row,
        json!({
            "id": line.id,
            "at": line.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "actor": line.actor,
            "name": names.get(&line.actor).map(|name| staff_member::plain(name)),
            "action": line.action,
            "subject_kind": line.subject_kind,
            "subject_id": line.subject_id,
            "detail": line.detail,
            "block": line.block,
        }),
    );
    row
}

fn of_comment(found: &Found) -> Map<String, Value> {
    let (comment, words) = &found.comment;
    let names: Vec<String> = found.people.iter().map(staff_member::Model::plain_name).collect();
    let ids: Vec<String> = found.people.iter().map(|person| person.id.to_string()).collect();
    let tone = comment.tone.map(|tone| sea_orm::ActiveEnum::to_value(&tone));
    let mut row = of_words(&found.source, comment, words, words.text.clone());
    let is_told = is_told(&found.source, comment);
    extend(
        &mut row,
        json!({
            "id": comment.id,
            "occurred_at": time(comment.occurred_at),
            "received_at": time(comment.received_at),
            "site": found.site.as_ref().map(|site| &site.path),
            "state": found.became.name(),
            "tone": tone,
            "score": words.score_value.filter(|_| is_told),
            "score_scale": words.score_scale.as_ref().filter(|_| is_told),
            "people": names,
            "staff_ids": ids,
            "withdrawn_at": comment.withdrawn_at.map(time),
        }),
    );
    row
}

/// The words are those of the thanks, without what complains in them.
fn of_recognition(shown: &Shown) -> Map<String, Value> {
    let praise = &shown.recognition;
    let (comment, words) = &shown.comment;
    let thanks = said::thanks::thanks(&shown.source, (comment, words), &shown.verdict);
    let mut row = of_words(&shown.source, comment, words, thanks.map(|thanks| thanks.text));
    extend(
        &mut row,
        json!({
            "id": praise.id,
            "comment_id": praise.comment_id,
            "occurred_at": time(praise.occurred_at),
            "recognised_at": time(praise.recognised_at),
            "staff_id": praise.staff_id,
            "employee_id": shown.person.as_ref().map(|person| &person.employee_id),
            "name": shown.person.as_ref().map(staff_member::Model::plain_name),
            "site": shown.site.as_ref().map(|site| &site.path),
            "manager_id": praise.manager_id,
            "withdrawn_at": praise.withdrawn_at.map(time),
        }),
    );
    row
}

fn of_words(
    source: &source::Model,
    comment: &comment::Model,
    words: &comment_revision::Model,
    text: Option<String>,
) -> Map<String, Value> {
    let is_told = is_told(source, comment);
    let mut row = Map::new();
    extend(
        &mut row,
        json!({
            "source": source.name,
            "external_id": comment.external_id,
            "link": words.permalink,
            "language": words.language.as_ref().filter(|_| is_told),
            "consent": words.consent,
            "words": text.filter(|_| is_told),
            "erased_at": comment.erased_at.map(time),
        }),
    );
    row
}

/// Whether the words may be taken out: not while the shield has to look at them, nor those of X.
fn is_told(source: &source::Model, comment: &comment::Model) -> bool {
    let is_read = matches!(comment.state, comment::State::Triage | comment::State::Done);
    is_read && !said::is_word_for_word(source)
}

fn extend(row: &mut Map<String, Value>, further: Value) {
    if let Value::Object(further) = further {
        row.extend(further);
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn head(fields: &[&str]) -> Vec<u8> {
    let mut head = BYTE_ORDER_MARK.as_bytes().to_vec();
    head.extend(record(fields.iter().copied()));
    head
}

fn line(fields: &[&str], mut row: Map<String, Value>, format: Format) -> Vec<u8> {
    match format {
        Format::Csv => record(
            fields
                .iter()
                .map(|field| row.get(*field).map(cell).unwrap_or_default()),
        ),
        Format::Ndjson => {
            row.retain(|_, value| !value.is_null());
            let mut line = Value::Object(row).to_string().into_bytes();
            line.push(b'\n');
            line
        }
    }
}

fn record<T: AsRef<[u8]>>(cells: impl Iterator<Item = T>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // Neither a buffer nor rows of one length can fail.
    let _ = writer.write_record(cells);
    writer.into_inner().unwrap_or_default()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        Value::Array(all) => {
            let texts: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            harmless(&texts.join("; "))
        }
        other => other.to_string(),
    }
}

/// A spreadsheet reckons with what begins like a formula, and that may call programs; after an apostrophe it is text.
fn harmless(text: &str) -> String {
    const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    match text.starts_with(BEGINNINGS) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        for (text, written) in [
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("+1", "'+1"),
            ("-2", "'-2"),
            ("@SUM", "'@SUM"),
            ("\t=1", "'\t=1"),
            ("＝1", "'＝1"),
            ("It was = fine", "It was = fine"),
        ] {
            assert_eq!(cell(&json!(text)), written);
        }
        assert_eq!(cell(&json!(["=A", "B"])), "'=A; B");
        assert_eq!(cell(&json!(9.5)), "9.5");
    }

    #[test]
    fn a_line_holds_its_fields_in_order_and_objects_hold_what_there_is() {
        let row = || match json!({ "b": "two, \"three\"", "a": 1, "c": null }) {
            Value::Object(row) => row,
            _ => Map::new(),
        };
        let csv = String::from_utf8(line(&["a", "b", "c"], row(), Format::Csv)).unwrap();
        assert_eq!(csv, "1,\"two, \"\"three\"\"\",\r\n");
        let json = String::from_utf8(line(&["a", "b", "c"], row(), Format::Ndjson)).unwrap();
        assert_eq!(json, "{\"a\":1,\"b\":\"two, \\\"three\\\"\"}\n");
    }

    #[test]
    fn every_field_of_a_list_is_named_once() {
        for fields in [COMMENT, RECOGNITION] {
            let names: std::collections::BTreeSet<&str> = fields.iter().copied().collect();
            assert_eq!(names.len(), fields.len());
        }
    }
}
