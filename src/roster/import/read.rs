//! The file's rows, and which columns it has: a column that is not there changes nothing.
use std::collections::HashSet;

use domain::roster::csv::{self, Problem, Row};

use super::ImportError;
use crate::platform::text_file::TextFile;

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
    let text = file.read_all().map_err(|error| ImportError::File {
        name: file.name().to_owned(),
        error,
    })?;
    let parsed = csv::parse(&text);
    Ok(RosterFile {
        formula_cells: parsed.rows.iter().map(formula_cells).sum(),
        rows: parsed.rows,
        problems: parsed.problems,
        columns: Columns(parsed.columns.into_iter().collect()),
    })
}

/// Cells that a spreadsheet would run. Here they are only text.
fn formula_cells(row: &Row) -> u64 {
    let cells = [&row.employee_id, &row.given_name, &row.family_name].into_iter();
    let optional = [&row.preferred_name, &row.job_title, &row.site, &row.email];
    let cells = cells.chain(optional.into_iter().flatten()).chain(&row.aliases);
    cells.filter(|cell| cell.starts_with(['=', '+', '@'])).count() as u64
}
