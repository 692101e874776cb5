//! The file's rows, and which columns it has: a column that is not there changes nothing.
use std::collections::{BTreeMap, HashSet};

use domain::{
    roster::{
        columns::{Columns, Said},
        csv::{self, Line, Row},
        problem::Problem,
    },
    table::heading::{ROSTER, key},
};

use super::{ImportError, SeenColumn};
use crate::platform::{
    table::{Row as TableRow, Table},
    text_file::TextFile,
};

/// Of each column so many values are shown.
const SAMPLES: usize = 3;
/// A value is shown up to so many letters.
const SAMPLE_LETTERS: usize = 40;
/// Lines that are shown as they stand in the file.
const QUOTED: usize = 500;

/// What the file says.
#[derive(Debug)]
pub(super) struct RosterFile {
    pub(super) rows: Vec<Row>,
    /// Lines below the headings.
    pub(super) lines: u64,
    pub(super) problems: Vec<Problem>,
    pub(super) columns: Columns,
    pub(super) formula_cells: u64,
    pub(super) seen: Vec<SeenColumn>,
    pub(super) table: Table,
}

pub(super) fn read(file: &TextFile, said: &Said) -> Result<RosterFile, ImportError> {
    let table = Table::open(file.clone(), &|cells| known(cells, said))?;
    let headings = Line {
        number: table.headings_row(),
        cells: Ok(table.headings()),
    };
    let width = table.headings().len();
    let mut lines: Vec<Line> = table.rows()?.map(line).collect();
    if table.separator().is_none() {
        lines.iter_mut().for_each(|line| fill_up(line, width));
    }
    let samples = samples(&lines, width);
    let count = lines.len() as u64;
    let parsed = csv::read(&headings, lines, said);
    let seen = parsed
        .columns
        .iter()
        .zip(samples)
        .map(|((heading, column), samples)| SeenColumn {
            heading: heading.to_owned(),
            column,
            samples,
        });
    Ok(RosterFile {
        seen: seen.filter(|column| !column.heading.is_empty()).collect(),
        formula_cells: parsed.rows.iter().map(formula_cells).sum(),
        rows: parsed.rows,
        lines: count,
        problems: parsed.problems,
        columns: parsed.columns,
        table,
    })
}

fn known(cells: &[String], said: &Said) -> usize {
    let said = || said.columns.iter().chain(&said.remembered);
    let is_said = |cell: &&str| said().any(|(_, heading)| key(heading) == key(cell));
    let cells = || cells.iter().map(String::as_str);
    cells().filter(is_said).count() + ROSTER.known_among(cells().filter(|cell| !is_said(cell)))
}

/// A row as it is read further.
pub(in crate::roster) fn line(row: Result<TableRow, crate::platform::table::BadRow>) -> Line {
    let row = match row {
        Ok(row) => row,
        Err(bad) => {
            return Line {
                number: bad.number,
                cells: Err(bad.to_string()),
            };
        }
    };
    let cells = row
        .cells
        .iter()
        .map(|cell| std::str::from_utf8(cell).map(str::to_owned));
    Line {
        number: row.number,
        cells: cells.collect::<Result<_, _>>().map_err(|_| {
            "the line is not valid UTF-8; if the file is in another encoding, say which".to_owned()
        }),
    }
}

/// Rows of a sheet end with their last cell that is not empty.
pub(in crate::roster) fn fill_up(line: &mut Line, width: usize) {
    if let Ok(cells) = &mut line.cells
        && cells.len() < width
    {
        cells.resize(width, String::new());
    }
}

/// What stands below each heading.
fn samples(lines: &[Line], columns: usize) -> Vec<Vec<String>> {
    let mut samples: Vec<Vec<String>> = vec![Vec::new(); columns];
    for cells in lines.iter().take(200).filter_map(|line| line.cells.as_ref().ok()) {
        for (samples, cell) in samples.iter_mut().zip(cells) {
            let short: String = cell.trim().chars().take(SAMPLE_LETTERS).collect();
            if samples.len() < SAMPLES && !short.is_empty() && !samples.contains(&short) {
                samples.push(short);
            }
        }
    }
    samples
}

/// The first line of each problem as it stands in the file.
pub(super) fn quoted(table: &Table, problems: &[Problem]) -> Result<BTreeMap<u64, String>, ImportError> {
    let mut wanted: HashSet<u64> = problems.iter().take(QUOTED).map(Problem::line).collect();
    let mut found = BTreeMap::new();
    let between = table.separator().map_or_else(|| " | ".to_owned(), String::from);
    if wanted.remove(&table.headings_row()) {
        found.insert(table.headings_row(), table.headings().join(&between));
    }
    let mut rows = table.rows()?;
    while !wanted.is_empty() {
        let Some(row) = rows.next() else { break };
        let Ok(row) = row else { continue };
        if wanted.remove(&row.number) {
            let cells: Vec<_> = row.cells.iter().map(String::from_utf8_lossy).collect();
            found.insert(row.number, cells.join(&between));
        }
    }
    Ok(found)
}

/// Cells that a spreadsheet would run. Here they are only text.
fn formula_cells(row: &Row) -> u64 {
    let cells = [&row.employee_id, &row.given_name, &row.family_name].into_iter();
    let optional = [&row.preferred_name, &row.job_title, &row.site, &row.email];
    let cells = cells.chain(optional.into_iter().flatten()).chain(&row.aliases);
    cells.filter(|cell| cell.starts_with(['=', '+', '@'])).count() as u64
}
