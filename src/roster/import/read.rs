//! The file's rows, and which columns it has: a column that is not there changes nothing.
use std::{
    collections::HashSet,
    io::{self, Read},
};

use domain::roster::csv::{self, Problem, Row};

use super::ImportError;
use crate::platform::text_file::TextFile;

const ZIP: &[u8] = b"PK\x03\x04";

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct RosterFile {
    pub(super) rows: Vec<Row>,
    pub(super) problems: Vec<Problem>,
    pub(super) columns: Columns,
    pub(super) formula_cells: u64,
}

/// The columns of the file.
#[derive(Debug, Default)]
pub(super) struct Columns(HashSet<String>);

impl Columns {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

pub(super) fn read(file: &TextFile) -> Result<RosterFile, ImportError> {
    let unreadable = |error| ImportError::File {
        name: file.name().to_owned(),
        error,
    };
    refuse_workbook(file).map_err(unreadable)?;
    let text = file.read_all().map_err(unreadable)?;
    let parsed = csv::parse(&text);
    Ok(RosterFile {
        formula_cells: parsed.rows.iter().map(formula_cells).sum(),
        rows: parsed.rows,
        problems: parsed.problems,
        columns: Columns(parsed.columns.into_iter().collect()),
    })
}

/// Excel, LibreOffice and Numbers keep workbooks as ZIP archives.
fn refuse_workbook(file: &TextFile) -> io::Result<()> {
    let mut start = Vec::new();
    file.raw()?.take(ZIP.len() as u64).read_to_end(&mut start)?;
    if start == ZIP {
        let why = "it is a workbook, not a text file; save it as CSV there, and send that";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(())
}

/// Cells that a spreadsheet would run. Here they are only text.
fn formula_cells(row: &Row) -> u64 {
    let cells = [&row.employee_id, &row.given_name, &row.family_name].into_iter();
    let optional = [&row.preferred_name, &row.job_title, &row.site, &row.email];
    let cells = cells.chain(optional.into_iter().flatten()).chain(&row.aliases);
    cells.filter(|cell| cell.starts_with(['=', '+', '@'])).count() as u64
}
