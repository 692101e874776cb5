//! Tables as people send them: text in any encoding and with any separator, or a workbook of Excel. Whichever it is, there
//! is a row of headings, found among the first rows, and rows below it, which may be read several times.
pub mod remembered;
mod text;
mod unpack;
mod workbook;

use std::{
    io::{self, Read},
    sync::Arc,
};

use csv::ByteRecord;

use crate::platform::text_file::TextFile;
use text::TextRows;
use workbook::Sheet;

/// The headings stand in one of the first so many rows that are not blank.
const HEADINGS_WITHIN: usize = 30;
/// A row of which so many cells are known holds the headings.
const SURE: usize = 2;

/// A table that was opened.
#[derive(Clone, Debug)]
pub struct Table {
    file: TextFile,
    form: Form,
    headings: Row,
}

#[derive(Clone, Debug)]
enum Form {
    Text { separator: u8 },
    Workbook(Arc<Sheet>),
}

/// A row with its number in the file, from 1.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Its number: the line of a text, the row of a sheet.
    pub number: u64,
    /// Its cells.
    pub cells: ByteRecord,
}

/// A row that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the line cannot be read as CSV: {why}")]
pub struct BadRow {
    /// Its number.
    pub number: u64,
    /// Why.
    pub why: String,
}

/// Why a file is no table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// There is nothing in it.
    #[error("the file is empty; its first line must name the columns")]
    Empty,
    /// It is something else.
    #[error("this is {0}; save it as an Excel workbook (.xlsx) or as CSV, and send that")]
    Other(&'static str),
    /// It is more than is read.
    #[error("the workbook {0}; save the sheet as CSV, and send that")]
    TooLarge(&'static str),
    /// It is a workbook, and damaged.
    #[error("the workbook is damaged; open it, save it again, and send that")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The disk failed, or the file is not there.
    #[error("cannot read {name}: {error}")]
    File {
        /// Its name.
        name: String,
        /// Why.
        error: io::Error,
    },
}

impl Table {
    /// Opens a file; `known` says how many cells of a row are headings that are known.
    pub fn open(file: TextFile, known: &dyn Fn(&[String]) -> usize) -> Result<Table, TableError> {
        let unreadable = |error| TableError::File {
            name: file.name().to_owned(),
            error,
        };
        let mut start = Vec::new();
        let opened = file.raw().map_err(unreadable)?;
        opened.take(512).read_to_end(&mut start).map_err(unreadable)?;
        if start.starts_with(b"PK\x03\x04") {
            return Table::in_workbook(file, known);
        }
        if let Some(what) = something_else(&start) {
            return Err(TableError::Other(what));
        }
        let (separator, headings) = text::headings(&file, known)?;
        Ok(Table {
            file,
            form: Form::Text { separator },
            headings,
        })
    }

    fn in_workbook(file: TextFile, known: &dyn Fn(&[String]) -> usize) -> Result<Table, TableError> {
        let sheet = workbook::read(&file, known)?;
        let first = sheet
            .rows
            .iter()
            .take(HEADINGS_WITHIN)
            .map(|(number, cells)| row(*number, cells));
        let headings = best(first.collect(), known)
            .map(|(_, row)| row)
            .ok_or(TableError::Empty)?;
        let sheet = sheet.filled_below(headings.number);
        Ok(Table {
            file,
            form: Form::Workbook(Arc::new(sheet)),
            headings,
        })
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &TextFile {
        &self.file
    }

    /// The number of the row of headings.
    #[must_use]
    pub fn headings_row(&self) -> u64 {
        self.headings.number
    }

    /// The headings, without empty ones at the end.
    #[must_use]
    pub fn headings(&self) -> Vec<String> {
        trimmed(&self.headings.cells)
    }

    /// What it is, as people call it: the encoding of a text, or the workbook's sheet.
    #[must_use]
    pub fn what(&self) -> String {
        match &self.form {
            Form::Text { .. } => self.file.encoding().to_owned(),
            Form::Workbook(sheet) => format!("Excel, sheet {:?}", sheet.name),
        }
    }

    /// What parts the cells of a text.
    #[must_use]
    pub fn separator(&self) -> Option<char> {
        match &self.form {
            Form::Text { separator } => Some(char::from(*separator)),
            Form::Workbook(_) => None,
        }
    }

    /// The rows below the headings; blank ones are passed over.
    pub fn rows(&self) -> Result<Rows, TableError> {
        let below = self.headings.number;
        Ok(match &self.form {
            Form::Text { separator } => Rows::Text(Box::new(TextRows::open(&self.file, *separator)?), below),
            Form::Workbook(sheet) => {
                let next = sheet.rows.partition_point(|(number, _)| *number <= below);
                Rows::Sheet(sheet.clone(), next)
            }
        })
    }
}

/// Rows of a table, one after the other.
pub enum Rows {
    /// Of a text, below a line.
    Text(Box<TextRows>, u64),
    /// Of a sheet, from a place on.
    Sheet(Arc<Sheet>, usize),
}

impl Iterator for Rows {
    type Item = Result<Row, BadRow>;

    fn next(&mut self) -> Option<Result<Row, BadRow>> {
        match self {
            Rows::Text(rows, below) => loop {
                match rows.next()? {
                    Ok(row) if row.number <= *below || is_blank(&row.cells) => {}
                    found => return Some(found),
                }
            },
            Rows::Sheet(sheet, next) => {
                let (number, cells) = sheet.rows.get(*next)?;
                *next += 1;
                Some(Ok(row(*number, cells)))
            }
        }
    }
}

fn row(number: u64, cells: &[String]) -> Row {
    Row {
        number,
        cells: cells.iter().map(String::as_bytes).collect(),
    }
}

fn is_blank(cells: &ByteRecord) -> bool {
    cells.iter().all(|cell| cell.trim_ascii().is_empty())
}

fn trimmed(cells: &ByteRecord) -> Vec<String> {
    let mut cells: Vec<String> = cells
        .iter()
        .map(|cell| {
            String::from_utf8_lossy(cell)
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    while cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    cells
}

/// The row that holds the headings, with how many of them are known: the best known one, else the first.
fn best(rows: Vec<Row>, known: &dyn Fn(&[String]) -> usize) -> Option<(usize, Row)> {
    let mut best: Option<(usize, Row)> = None;
    for row in rows.into_iter().filter(|row| !is_blank(&row.cells)) {
        let count = known(&trimmed(&row.cells));
        match &best {
            Some((most, _)) if count < SURE || count <= *most => {}
            _ => best = Some((count, row)),
        }
    }
    best
}

/// What a file is that is neither text nor a workbook that is read.
fn something_else(start: &[u8]) -> Option<&'static str> {
    let text: Vec<u8> = start.iter().map(u8::to_ascii_lowercase).collect();
    let begins = |mark: &[u8]| text.trim_ascii_start().starts_with(mark);
    match () {
        () if start.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) => {
            Some("a workbook of Excel before 2007, or one with a password")
        }
        () if start.starts_with(b"%PDF") => Some("a PDF"),
        () if begins(b"<!doctype html") || begins(b"<html") || begins(b"<table") => Some("a web page"),
        () if begins(b"<?xml") => Some("an XML file"),
        () => None,
    }
}
