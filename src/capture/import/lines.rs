//! A comment file line by line, in memory that hardly grows: each is a comment, or says why it is none.
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use csv::ByteRecord;
use entity::{comment::Tell, json::Author, source};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    ImportError, Notify,
    columns::{Columns, Field},
    time::{TimeFault, TimeReader},
};
use crate::{
    capture::draft::{Consent, Draft, Scale, Score, Unusable, Words},
    platform::{
        table::{Row, Rows},
        text_file::hex,
    },
    roster::SiteIndex,
};

/// Older comments are not told of unless the caller says so.
const TOLD_FOR: TimeDelta = TimeDelta::days(14);

/// What every line of one file has in common.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    pub(super) source: source::Model,
    pub(super) import: Option<Uuid>,
    pub(super) scale: Option<Scale>,
    pub(super) notify: Notify,
    pub(super) default_site: Option<Uuid>,
    pub(super) now: DateTime<Utc>,
    /// Employee ids there are, where the file names some.
    pub(super) staff: Arc<HashSet<String>>,
}

/// Why a line brings no comment.
#[derive(Debug)]
pub(super) enum LineFault {
    /// It has no words: usual in exports of scores.
    Blank,
    /// It cannot be used.
    Rejected(String),
    /// The caller must say something first; no line can be taken.
    Stop(ImportError),
}

/// One line: its number (from 1, the header), and what it brings.
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) comment: Result<Draft, LineFault>,
    pub(super) formula_cells: u64,
}

/// The lines of a file after its header.
pub(super) struct Lines {
    rows: Rows,
    /// Rows of a sheet end with their last cell that is not empty.
    may_be_short: bool,
    columns: Columns,
    ground: Ground,
    sites: SiteIndex,
    site_of: HashMap<String, Result<Uuid, String>>,
    times: TimeReader,
    ids: RowIds,
}

impl Lines {
    pub(super) fn new(
        (rows, may_be_short): (Rows, bool),
        columns: Columns,
        ground: Ground,
        sites: SiteIndex,
        times: TimeReader,
    ) -> Lines {
        Lines {
            rows,
            may_be_short,
            columns,
            ground,
            sites,
            site_of: HashMap::new(),
            times,
            ids: RowIds::default(),
        }
    }

    fn line(&mut self, row: &Row) -> Line {
        Line {
            number: row.number,
            formula_cells: formula_cells(&row.cells),
            comment: self.comment(&row.cells, row.number),
        }
    }

    fn comment(&mut self, record: &ByteRecord, number: u64) -> Result<Draft, LineFault> {
        let mut beyond = record.iter().skip(self.columns.len());
        let is_short = record.len() < self.columns.len() && !self.may_be_short;
        if is_short || beyond.any(|cell| !cell.trim_ascii().is_empty()) {
            let (found, wanted) = (record.len(), self.columns.len());
            return Err(rejected(format!(
                "the line has {found} fields, the header {wanted}"
            )));
        }
        let cells = Cells {
            columns: &self.columns,
            record,
        };
        let text = cells.text()?;
        let occurred_at = match cells.get(Field::OccurredAt)? {
            Some(time) => Some(read_time(&mut self.times, time, number)?),
            None if self.columns.index(Field::OccurredAt).is_some() => {
                return Err(rejected("there is no time".to_owned()));
            }
            None => None,
        };
        let score = cells
            .get(Field::Score)?
            .map(|score| read_score(score, self.ground.scale));
        let site = match cells.get(Field::Site)? {
            Some(site) => Some(find_site(&self.sites, &mut self.site_of, site)?),
            None => self.ground.default_site,
        };
        let words = Words {
            text,
            score: score.transpose()?,
            site,
            ..self.ground.with_known_staff(cells.rest()?)?
        };
        let external_id = cells.get(Field::ExternalId)?.map(str::to_owned);
        let external_id = external_id.unwrap_or_else(|| self.ids.id_of(record));
        self.ground.draft(external_id, occurred_at, words)
    }
}

impl Iterator for Lines {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        Some(match self.rows.next()? {
            Ok(row) => self.line(&row),
            Err(bad) => Line {
                number: bad.number,
                formula_cells: 0,
                comment: Err(LineFault::Stop(ImportError::Unreadable(bad.why))),
            },
        })
    }
}

impl Ground {
    fn draft(
        &self,
        external_id: String,
        occurred_at: Option<DateTime<Utc>>,
        words: Words,
    ) -> Result<Draft, LineFault> {
        let draft = Draft {
            external_id: Some(external_id),
            import: self.import,
            tell: self.notify.tell(occurred_at.unwrap_or(self.now), self.now),
            occurred_at,
            words,
            ..Draft::new(&self.source, self.now)
        };
        match draft.check() {
            Ok(()) => Ok(draft),
            Err(Unusable::Blank) => Err(LineFault::Blank),
            Err(error) => Err(rejected(error.to_string())),
        }
    }
}

impl Ground {
    fn with_known_staff(&self, words: Words) -> Result<Words, LineFault> {
        match &words.staff_reference {
            Some(employee_id) if !self.staff.contains(employee_id) => Err(rejected(format!(
                "there is no staff member with the employee id {employee_id:?}"
            ))),
            _ => Ok(words),
        }
    }
}

impl Notify {
    pub(in crate::capture) fn tell(self, occurred_at: DateTime<Utc>, now: DateTime<Utc>) -> Tell {
        match self {
            Notify::Recent if now - occurred_at > TOLD_FOR => Tell::None,
            Notify::Recent | Notify::Now => Tell::Now,
            Notify::Digest => Tell::Digest,
            Notify::None => Tell::None,
        }
    }
}

/// The cells of one line by their meaning.
struct Cells<'a> {
    columns: &'a Columns,
    record: &'a ByteRecord,
}

impl<'a> Cells<'a> {
    fn raw(&self, field: Field) -> Result<&'a str, LineFault> {
        let bytes = self.columns.index(field).and_then(|index| self.record.get(index));
        let header = || self.columns.header(field).unwrap_or_default();
        let cell = std::str::from_utf8(bytes.unwrap_or_default()).map_err(|_| {
            rejected(format!("the column {:?} is not valid UTF-8; if the file is in another encoding, say it with --encoding", header()))
        })?;
        match domain::table::is_error(cell.trim()) {
            true => Err(rejected(format!(
                "the column {:?} holds {cell}, an error of the spreadsheet; mend the formula",
                header()
            ))),
            false => Ok(cell),
        }
    }

    /// The customer's words, as they are.
    fn text(&self) -> Result<String, LineFault> {
        self.raw(Field::Text).map(str::to_owned)
    }

    /// A cell without blanks around it; none where it is empty.
    fn get(&self, field: Field) -> Result<Option<&'a str>, LineFault> {
        Ok(Some(self.raw(field)?.trim()).filter(|cell| !cell.is_empty()))
    }

    fn owned(&self, field: Field) -> Result<Option<String>, LineFault> {
        Ok(self.get(field)?.map(str::to_owned))
    }

    /// Everything but text, score and site.
    fn rest(&self) -> Result<Words, LineFault> {
        let (name, contact) = (self.owned(Field::AuthorName)?, self.owned(Field::AuthorContact)?);
        let has_author = name.is_some() || contact.is_some();
        Ok(Words {
            hint: self.owned(Field::Hint)?,
            author: has_author.then(|| Author {
                name,
                contact,
                ..Author::default()
            }),
            staff_reference: self.owned(Field::StaffReference)?,
            post: self.owned(Field::Post)?,
            permalink: self.owned(Field::Permalink)?,
            language: self.owned(Field::Language)?,
            consent: self
                .get(Field::Consent)?
                .map_or(Ok(Consent::default()), read_consent)?,
            ..Words::default()
        })
    }
}

fn rejected(reason: String) -> LineFault {
    LineFault::Rejected(reason)
}

fn read_time(times: &mut TimeReader, text: &str, line: u64) -> Result<DateTime<Utc>, LineFault> {
    let shown = text.to_owned();
    times.read(text).map_err(|fault| match fault {
        TimeFault::Unreadable => rejected(format!(
            "{shown:?} is no time; right is, for example, 2026-01-31 18:30"
        )),
        TimeFault::NeedsZone => LineFault::Stop(ImportError::NeedsZone { line, text: shown }),
        TimeFault::NeedsOrder => LineFault::Stop(ImportError::NeedsOrder { line, text: shown }),
    })
}

fn read_score(text: &str, scale: Option<Scale>) -> Result<Score, LineFault> {
    let scale = scale.ok_or(LineFault::Stop(ImportError::NeedsScale))?;
    match text.replace(',', ".").parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Score { value, scale }),
        _ => Err(rejected(format!(
            "{text:?} is no score; right is a number such as 9"
        ))),
    }
}

fn read_consent(text: &str) -> Result<Consent, LineFault> {
    let known = Consent::from_name(&text.to_lowercase());
    known.ok_or_else(|| {
        rejected(format!(
            "{text:?} is no consent; right is staff, colleagues or public"
        ))
    })
}

fn find_site(
    sites: &SiteIndex,
    found: &mut HashMap<String, Result<Uuid, String>>,
    reference: &str,
) -> Result<Uuid, LineFault> {
    if !found.contains_key(reference) {
        let site = sites.resolve(reference).map_err(|error| error.to_string());
        found.insert(reference.to_owned(), site);
    }
    match found.get(reference) {
        Some(Ok(site)) => Ok(*site),
        Some(Err(reason)) => Err(rejected(reason.clone())),
        None => Err(rejected(format!("there is no site {reference:?}"))),
    }
}

/// Ids of rows in files without ids: what a row says, and which of the rows that say so it is. So a newer export of
/// the same tool brings what it has on top, wherever the other rows have gone.
#[derive(Default)]
struct RowIds {
    /// How often each row was seen, by eight bytes of its digest: the one thing that grows with the file.
    seen: HashMap<u64, u32>,
}

impl RowIds {
    fn id_of(&mut self, record: &ByteRecord) -> String {
        let mut hash = Sha256::new();
        for cell in record {
            hash.update((cell.len() as u64).to_be_bytes());
            hash.update(cell);
        }
        let digest = hash.finalize();
        let key = digest
            .iter()
            .take(8)
            .fold(0, |key, byte| key << 8 | u64::from(*byte));
        let seen = self.seen.entry(key).or_default();
        *seen += 1;
        let mut row = hex(&digest);
        row.truncate(24);
        format!("row-{row}-{seen}")
    }
}

/// Cells that a spreadsheet would run. Here they are only text.
fn formula_cells(record: &ByteRecord) -> u64 {
    record
        .iter()
        .filter(|cell| matches!(cell.first(), Some(b'=' | b'+' | b'@')))
        .count() as u64
}
