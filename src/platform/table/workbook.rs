//! The sheet of a workbook that holds the table, in bounded memory.
use std::{
    collections::BTreeMap,
    io::{BufReader, Read, Seek},
    sync::{Mutex, PoisonError},
};

use calamine::{DataRef, Dimensions, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::{HEADINGS_WITHIN, SURE, TableError, best, row, unpack};
use crate::platform::text_file::TextFile;

/// Sheets that are looked at.
const SHEETS: usize = 64;
/// Columns that are read; what stands further to the right belongs to no table that people keep.
const COLUMNS: u32 = 500;
/// Places of cells that a sheet may take, filled or not.
const PLACES: usize = 6_000_000;
/// Bytes of text in all cells.
const TEXT: usize = 192 << 20;
/// Cells that are filled from merged ones.
const FILLED: usize = 1_000_000;

/// Workbooks are unpacked one after the other, so that many at once take no more memory than one.
static TURN: Mutex<()> = Mutex::new(());

/// Rows that are not blank, and merged regions.
#[derive(Debug, Default)]
pub struct Sheet {
    pub(super) name: String,
    pub(super) rows: Vec<(u64, Vec<String>)>,
    merged: Vec<Dimensions>,
}

/// The first sheet with headings that are known, else the first with anything.
pub(super) fn read(file: &TextFile, known: &dyn Fn(&[String]) -> usize) -> Result<Sheet, TableError> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let open = || {
        file.seekable().map_err(|error| TableError::File {
            name: file.name().to_owned(),
            error,
        })
    };
    unpack::measure(open()?)?;
    let mut workbook = Xlsx::new(BufReader::new(open()?)).map_err(damaged)?;
    let sheets = workbook.sheets_metadata().iter();
    let names: Vec<String> = sheets
        .filter(|sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet)
        .map(|sheet| sheet.name.clone())
        .take(SHEETS)
        .collect();
    let mut first = None;
    for name in &names {
        let start = Sheet::read(&mut workbook, name, HEADINGS_WITHIN)?;
        let rows = start.rows.iter().map(|(number, cells)| row(*number, cells));
        match best(rows.collect(), known) {
            Some((count, _)) if count >= SURE => return Sheet::read(&mut workbook, name, usize::MAX),
            Some(_) if first.is_none() => first = Some(name),
            _ => {}
        }
    }
    match first {
        Some(name) => Sheet::read(&mut workbook, name, usize::MAX),
        None => Err(TableError::Empty),
    }
}

fn damaged(error: XlsxError) -> TableError {
    match error {
        XlsxError::Password => TableError::Other("a workbook with a password"),
        error => TableError::Damaged(error.into()),
    }
}

impl Sheet {
    fn read<R: Read + Seek>(workbook: &mut Xlsx<R>, name: &str, most: usize) -> Result<Sheet, TableError> {
        let merged = match most {
            usize::MAX => workbook.merge_cells_by_sheet_name(name).map_err(damaged)?,
            _ => Vec::new(),
        };
        let mut cells = workbook.worksheet_cells_reader(name).map_err(damaged)?;
        let zeros: Vec<usize> = cells
            .styles()
            .iter()
            .map(|style| {
                style
                    .number_format
                    .as_ref()
                    .map_or(0, |format| leading_zeros(&format.format_code))
            })
            .collect();
        let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        let (mut places, mut bytes) = (0, 0);
        while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(damaged)? {
            let (number, column) = cell.get_position();
            let text = text(cell.get_value(), zeros.get(style).copied().unwrap_or_default());
            if text.is_empty() || column >= COLUMNS {
                continue;
            }
            if rows.len() >= most && !rows.contains_key(&number) {
                break;
            }
            let row = rows.entry(number).or_default();
            let column = column as usize;
            places += (column + 1).saturating_sub(row.len());
            bytes += text.len();
            if places > PLACES || bytes > TEXT {
                return Err(TableError::TooLarge("has too many cells"));
            }
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            if let Some(place) = row.get_mut(column) {
                *place = text;
            }
        }
        Ok(Sheet {
            name: name.to_owned(),
            rows: rows
                .into_iter()
                .map(|(number, cells)| (u64::from(number) + 1, cells))
                .collect(),
            merged,
        })
    }

    /// With the value of cells that are merged downwards in each of their rows, below the headings.
    pub(super) fn filled_below(mut self, headings: u64) -> Sheet {
        let mut filled = 0;
        for region in std::mem::take(&mut self.merged) {
            let (first, last) = (u64::from(region.start.0) + 1, u64::from(region.end.0) + 1);
            let column = region.start.1 as usize;
            if first <= headings || first == last || region.start.1 >= COLUMNS {
                continue;
            }
            let from = self.rows.partition_point(|(number, _)| *number < first);
            let value = match self.rows.get(from) {
                Some((number, cells)) if *number == first => cells.get(column).cloned().unwrap_or_default(),
                _ => continue,
            };
            let below = self
                .rows
                .iter_mut()
                .skip(from + 1)
                .take_while(|(number, _)| *number <= last);
            for (_, cells) in below {
                filled += 1;
                if filled > FILLED {
                    return self;
                }
                fill(cells, column, &value);
            }
        }
        self
    }
}

fn fill(cells: &mut Vec<String>, column: usize, value: &str) {
    if cells.len() <= column {
        cells.resize(column + 1, String::new());
    }
    if let Some(cell) = cells.get_mut(column).filter(|cell| cell.is_empty()) {
        value.clone_into(cell);
    }
}

/// A cell as it would be written in a text: days as 2026-01-31, whole numbers without a point.
fn text(value: &DataRef<'_>, zeros: usize) -> String {
    match value {
        DataRef::Int(number) => format!("{number:0>zeros$}"),
        DataRef::Float(number) => float(*number, zeros),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(is) => if *is { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(at) if at.is_duration() => float(at.as_f64(), 0),
        DataRef::DateTime(at) => at.as_datetime().map_or_else(String::new, |at| day_and_time(&at)),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// Numbers as people see them: 4711, not 4711.0; with the zeros that the cell shows in front.
fn float(number: f64, zeros: usize) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return format!("{:0>zeros$}", number as i64);
    }
    number.to_string()
}

fn day_and_time(at: &chrono::NaiveDateTime) -> String {
    let is_day = at.time() == chrono::NaiveTime::MIN;
    at.format(if is_day { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" })
        .to_string()
}

/// How many digits a format such as `00000` shows at least.
fn leading_zeros(format: &str) -> usize {
    let is_digits = !format.is_empty() && format.len() <= 20 && format.bytes().all(|byte| byte == b'0');
    if is_digits { format.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_see_them() {
        assert_eq!(float(4711.0, 0), "4711");
        assert_eq!(float(123.0, 5), "00123");
        assert_eq!(float(9.5, 0), "9.5");
        assert_eq!(leading_zeros("00000"), 5);
        assert_eq!(leading_zeros("0.00"), 0);
    }
}
