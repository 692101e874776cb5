//! Comment files: looked through first, then taken in in batches; the same file again adds nothing.
pub mod columns;
mod lines;
pub mod log;
mod run;
pub mod time;
pub mod undo;

use std::{collections::HashSet, io::Read, sync::Arc};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::roster::layout::delimiter_of;
use entity::{comment::Tell, source};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::draft::Scale;
use crate::{
    platform::text_file::TextFile,
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
pub enum Telling {
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
    pub telling: Telling,
}

/// Why a file is not taken in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error("cannot read {name}: {error}")]
    File {
        /// Its name.
        name: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is no CSV.
    #[error("the file cannot be read as CSV: {0}")]
    Unreadable(String),
    /// There is nothing in it.
    #[error("the file is empty; its first line must name the columns")]
    Empty,
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
        "line {line}: {text:?} may begin with the day or the month; say it with --date-format dmy or mdy"
    )]
    NeedsOrder {
        /// Line of the file.
        line: u64,
        /// The time.
        text: String,
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
    /// The encoding that was recognised.
    pub encoding: String,
    /// What parts its cells.
    pub delimiter: char,
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
    file: TextFile,
    delimiter: u8,
    columns: Columns,
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
        let (delimiter, headers) = read_header(&file)?;
        let columns = Columns::find(headers, &options.columns)?;
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
            telling: options.telling,
            default_site,
            now,
        };
        Ok(CommentFile {
            times: TimeReader::new(options.time_zone, options.date_format.as_ref()),
            file,
            delimiter,
            columns,
            ground,
            sites,
        })
    }

    /// Looks through the whole file without storing anything.
    pub fn preview(&self) -> Result<Preview, ImportError> {
        let mut preview = Preview {
            encoding: self.file.encoding().to_owned(),
            delimiter: char::from(self.delimiter),
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
        Ok(preview)
    }

    fn lines(&self, import: Option<Uuid>) -> Result<Lines, ImportError> {
        let reader = self.file.reader().map_err(|error| self.unreadable(error))?;
        let mut csv = csv_reader(reader, self.delimiter);
        csv.byte_headers()
            .map_err(|error| ImportError::Unreadable(error.to_string()))?;
        let ground = Ground {
            import,
            ..self.ground.clone()
        };
        let (columns, sites) = (self.columns.clone(), self.sites.clone());
        Ok(Lines::new(csv, columns, ground, sites, self.times.clone()))
    }

    fn unreadable(&self, error: std::io::Error) -> ImportError {
        ImportError::File {
            name: self.file.name().to_owned(),
            error,
        }
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

fn csv_reader(reader: Box<dyn Read + Send>, delimiter: u8) -> csv::Reader<Box<dyn Read + Send>> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(reader)
}

/// What parts the cells, and the names of the columns.
fn read_header(file: &TextFile) -> Result<(u8, Vec<String>), ImportError> {
    let open = || {
        file.reader().map_err(|error| ImportError::File {
            name: file.name().to_owned(),
            error,
        })
    };
    let mut start = Vec::new();
    open()?
        .take(64 * 1024)
        .read_to_end(&mut start)
        .map_err(|error| ImportError::File {
            name: file.name().to_owned(),
            error,
        })?;
    let delimiter = delimiter_of(&start);
    let mut csv = csv_reader(open()?, delimiter);
    let header = csv
        .byte_headers()
        .map_err(|error| ImportError::Unreadable(error.to_string()))?;
    let names: Vec<String> = header
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim().to_owned())
        .collect();
    if names.iter().all(String::is_empty) {
        return Err(ImportError::Empty);
    }
    Ok((delimiter, names))
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
