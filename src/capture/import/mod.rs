//! Comment files: looked through first, then taken in in batches; the same file again adds nothing.
pub mod columns;
mod lines;
pub mod log;
mod run;
pub mod time;
pub mod undo;

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{
    roster::problem::{Problem, by_cause},
    table::{
        day::{self, DayOrder, Evidence},
        heading::{COMMENTS, key},
    },
};
use entity::{comment::Tell, source};
use sea_orm::{ConnectionTrait, DbErr, prelude::Json};
use uuid::Uuid;

use super::draft::Scale;
use crate::{
    platform::{
        blocking::blocking,
        table::{Row, Table, TableError, remembered::Remembered},
        text_file::TextFile,
    },
    roster::{RosterError, SiteIndex, staff},
};
use columns::{ColumnError, Columns, Field};
use lines::{Ground, LineFault, Lines};
use time::{DateFormat, TimeReader};

pub use run::{Outcome, run};

/// Rejected lines that a preview names.
const NAMED_REJECTS: usize = 10_000;

/// Whether managers hear of what a file brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// At once of comments of the last 14 days, not at all of older ones.
    #[default]
    Recent,
    /// At once of all.
    Now,
    /// In the next digest.
    Digest,
    /// Of none.
    None,
}

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Columns by their headers; the others are guessed.
    pub columns: Vec<(Field, String)>,
    /// The scale of the scores; guessed from the header where that names it.
    pub scale: Option<Scale>,
    /// The zone of times that have none.
    pub time_zone: Option<Tz>,
    /// How dates are to be read that could mean two days.
    pub date_format: Option<DateFormat>,
    /// The site of lines that name none.
    pub site: Option<String>,
    /// Whether managers hear of it.
    pub notify: Notify,
}

/// Why a file is not taken in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is no table that can be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// It is no CSV.
    #[error("the file cannot be read as CSV: {0}")]
    Unreadable(String),
    /// Its header does not tell enough.
    #[error(transparent)]
    Columns(#[from] ColumnError),
    /// A score without a scale.
    #[error("cannot tell the scale of the scores; say it with --scale nps, csat, ces or stars")]
    NeedsScale,
    /// A time without a zone.
    #[error("line {line}: {text:?} has no time zone; say it with --time-zone, for example Europe/London")]
    NeedsZone {
        /// Line of the file.
        line: u64,
        /// The time.
        text: String,
    },
    /// Day and month could be swapped.
    #[error(
        "line {line}: {text:?} may be {}, and no other time in the file tells which; say it with --date-format dmy or mdy",
        day::both_in_words(text)
    )]
    NeedsOrder {
        /// Line of the file.
        line: u64,
        /// The time.
        text: String,
    },
    /// One time begins with the day, another with the month.
    #[error(
        "{day:?} begins with the day and {month:?} with the month; write both one way, or say --date-format dmy or mdy"
    )]
    Contradiction {
        /// The one.
        day: String,
        /// The other.
        month: String,
    },
    /// A source that takes nothing in at the moment.
    #[error("the source {0:?} is paused; start it again first")]
    Paused(String),
    /// No such import, or none that can be undone.
    #[error("{0}")]
    CannotUndo(String),
    /// The default site does not exist, or the like.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The rejects file cannot be written.
    #[error("cannot write the file of rejected lines: {0}")]
    Rejects(std::io::Error),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// A line that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Line of the file, from 1 (the header).
    pub line: u64,
    /// What was wrong and what would be right.
    pub reason: String,
}

/// What a file would bring.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// The encoding that was recognised, or the sheet of a workbook.
    pub encoding: String,
    /// What parts its cells, if it is a text.
    pub delimiter: Option<char>,
    /// Fields with the headers of their columns.
    pub columns: Vec<(Field, String)>,
    /// Headers of columns that are left out.
    pub ignored: Vec<String>,
    /// The scale of the scores, where there are scores.
    pub scale: Option<Scale>,
    /// Lines after the header.
    pub lines: u64,
    /// Comments in them.
    pub comments: u64,
    /// Lines without words.
    pub blank: u64,
    /// Lines that cannot be used.
    pub rejected: u64,
    /// The first of those.
    pub rejects: Vec<Reject>,
    /// What is wrong with them, each cause once.
    pub causes: Vec<Problem>,
    /// Comments that managers will hear of.
    pub told: u64,
    /// Cells that begin like a formula; they stay plain text.
    pub formula_cells: u64,
    /// The earliest and the latest comment.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// A file with everything that is needed to read it.
#[derive(Clone, Debug)]
pub struct CommentFile {
    table: Table,
    columns: Columns,
    /// What is known of columns by now, for the next file of the source.
    said: Option<Json>,
    ground: Ground,
    sites: SiteIndex,
    times: TimeReader,
}

impl CommentFile {
    /// Reads the header and finds what the options name.
    pub async fn open(
        connection: &impl ConnectionTrait,
        source: &source::Model,
        file: TextFile,
        options: &Options,
        now: DateTime<Utc>,
    ) -> Result<CommentFile, ImportError> {
        if source.paused_at.is_some() {
            return Err(ImportError::Paused(source.name.clone()));
        }
        let sites = SiteIndex::load(connection, source.organisation_id).await?;
        let default_site = options
            .site
            .as_deref()
            .map(|site| sites.resolve(site))
            .transpose()?;
        let asked = options.clone();
        let own = source.organisation_id;
        let remembered = Remembered::load(connection, own, "comments", Some(source.id)).await?;
        let known = remembered.iter();
        let known = known.filter_map(|(header, name)| Some((Field::from_name(name)?, header.to_owned())));
        let known: Vec<(Field, String)> = known.collect();
        let said = options
            .columns
            .iter()
            .map(|(field, header)| (header.as_str(), field.name()));
        let said = remembered.with(said);
        let (table, columns, date_format) = blocking(move || read_header(file, &asked, &known)).await?;
        let scale = options
            .scale
            .or_else(|| columns.header(Field::Score).and_then(scale_of));
        let names_staff = columns.index(Field::StaffReference).is_some();
        let staff = match names_staff {
            true => staff::employee_ids(connection, source.organisation_id).await?,
            false => HashSet::new(),
        };
        let ground = Ground {
            staff: Arc::new(staff),
            source: source.clone(),
            import: None,
            scale,
            notify: options.notify,
            default_site,
            now,
        };
        Ok(CommentFile {
            times: TimeReader::new(options.time_zone, date_format.as_ref()),
            table,
            columns,
            said,
            ground,
            sites,
        })
    }

    /// Looks through the whole file without storing anything.
    pub fn preview(&self) -> Result<Preview, ImportError> {
        let mut preview = Preview {
            encoding: self.table.what(),
            delimiter: self.table.separator(),
            columns: self
                .columns
                .chosen()
                .map(|(field, header)| (field, header.to_owned()))
                .collect(),
            ignored: self.columns.ignored().map(str::to_owned).collect(),
            scale: self.columns.index(Field::Score).and(self.ground.scale),
            ..Preview::default()
        };
        for line in self.lines(None)? {
            preview.lines += 1;
            preview.formula_cells += line.formula_cells;
            match line.comment {
                Ok(comment) => preview.count(comment.occurred_at(), comment.tell),
                Err(LineFault::Blank) => preview.blank += 1,
                Err(LineFault::Rejected(reason)) => preview.reject(line.number, reason),
                Err(LineFault::Stop(error)) => return Err(error),
            }
        }
        let rejects = preview.rejects.iter();
        let problems = rejects.map(|reject| Problem::new(reject.line, None, reject.reason.clone()));
        preview.causes = by_cause(problems.collect());
        Ok(preview)
    }

    fn lines(&self, import: Option<Uuid>) -> Result<Lines, ImportError> {
        let ground = Ground {
            import,
            ..self.ground.clone()
        };
        let (columns, sites) = (self.columns.clone(), self.sites.clone());
        let rows = (self.table.rows()?, self.table.separator().is_none());
        Ok(Lines::new(rows, columns, ground, sites, self.times.clone()))
    }
}

impl Preview {
    fn count(&mut self, at: DateTime<Utc>, tell: Tell) {
        self.comments += 1;
        self.told += u64::from(tell != Tell::None);
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
    }

    fn reject(&mut self, line: u64, reason: String) {
        self.rejected += 1;
        if self.rejects.len() < NAMED_REJECTS {
            self.rejects.push(Reject { line, reason });
        }
    }
}

/// Where the table is, what its columns mean, and the order of its days.
fn read_header(
    file: TextFile,
    options: &Options,
    remembered: &[(Field, String)],
) -> Result<(Table, Columns, Option<DateFormat>), ImportError> {
    let table = Table::open(file, &|cells| known(cells, &options.columns, remembered))?;
    let columns = Columns::find(table.headings(), &options.columns, remembered)?;
    let date_format = match (&options.date_format, columns.index(Field::OccurredAt)) {
        (Some(said), _) => Some(said.clone()),
        (None, Some(times)) => day_order(&table, times)?,
        (None, None) => None,
    };
    Ok((table, columns, date_format))
}

fn known(cells: &[String], said: &[(Field, String)], remembered: &[(Field, String)]) -> usize {
    let said = || said.iter().chain(remembered);
    let is_said = |cell: &&str| said().any(|(_, header)| key(header) == key(cell));
    let cells = || cells.iter().map(String::as_str);
    cells().filter(is_said).count() + COMMENTS.known_among(cells().filter(|cell| !is_said(cell)))
}

/// The order of the days in a column, as far as one of them tells.
fn day_order(table: &Table, column: usize) -> Result<Option<DateFormat>, ImportError> {
    let cell = |row: &Row| {
        let cell = row.cells.get(column).unwrap_or_default();
        String::from_utf8_lossy(cell).trim().to_owned()
    };
    match day::evidence(table.rows()?.map_while(Result::ok).map(|row| cell(&row))) {
        Evidence::Told(DayOrder::DayFirst) => Ok(Some(DateFormat::DayFirst)),
        Evidence::Told(DayOrder::MonthFirst) => Ok(Some(DateFormat::MonthFirst)),
        Evidence::NotNeeded => Ok(None),
        Evidence::Contradiction(day, month) => Err(ImportError::Contradiction { day, month }),
        Evidence::Open(text) => {
            let mut rows = table.rows()?.map_while(Result::ok);
            let line = rows.find(|row| cell(row) == text).map_or(0, |row| row.number);
            Err(ImportError::NeedsOrder { line, text })
        }
    }
}

/// The scale that a header names.
fn scale_of(header: &str) -> Option<Scale> {
    let header = header.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| header.contains(word));
    match () {
        () if has(&["nps", "recommend"]) => Some(Scale::Nps),
        () if has(&["csat", "satisfaction"]) => Some(Scale::Csat),
        () if has(&["star", "stern", "étoile", "estrella", "stelle", "sterren"]) => Some(Scale::Stars),
        () if has(&["effort"])
            || header == "ces"
            || header.starts_with("ces ")
            || header.starts_with("ces_") =>
        {
            Some(Scale::Ces)
        }
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_names_its_scale_needs_no_word() {
        assert_eq!(scale_of("NPS score"), Some(Scale::Nps));
        assert_eq!(scale_of("starRating"), Some(Scale::Stars));
        assert_eq!(scale_of("CES"), Some(Scale::Ces));
        assert_eq!(scale_of("score"), None);
        assert_eq!(scale_of("successes"), None);
    }
}
