//! Tables as people send them: what parts their cells, what their headings stand for, and the days they write.
pub mod day;
pub mod heading;
pub mod separator;

/// What a spreadsheet writes where a formula went wrong.
const ERRORS: [&str; 7] = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"];

/// Whether a cell holds an error of its spreadsheet in place of a value.
pub fn is_error(cell: &str) -> bool {
    ERRORS.contains(&cell)
}
