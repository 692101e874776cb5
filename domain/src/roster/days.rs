//! In which order the days of a roster file stand.
use super::{
    columns::Columns,
    csv::Line,
    problem::{Problem, Told},
};
use crate::table::day::{self, DayOrder, Evidence};

const DAYS: [&str; 2] = ["starts_on", "ends_on"];

/// The order, where one is needed; or why it has to be said first.
pub(super) fn order(columns: &Columns, lines: &[Line]) -> Result<Option<DayOrder>, Box<Problem>> {
    let places = DAYS.map(|column| columns.index(column));
    let cells = lines.iter().filter_map(|line| line.cells.as_ref().ok());
    let values = cells.flat_map(|cells| {
        let days = places.into_iter().flatten();
        days.filter_map(move |place| cells.get(place)).map(String::as_str)
    });
    match day::evidence(values) {
        Evidence::NotNeeded => Ok(None),
        Evidence::Told(order) => Ok(Some(order)),
        Evidence::Open(example) => {
            let message = format!(
                "{example:?} may be {}, and no other day in the file tells which; say the order: dmy (31/12/2026) or mdy (12/31/2026)",
                day::both_in_words(&example)
            );
            let message = Told::new("open_days", message).with("day", &example);
            Err(Box::new(problem(&places, lines, &example, message)))
        }
        Evidence::Contradiction(one, other) => {
            let message = format!(
                "{one:?} begins with the day and {other:?} with the month; write all days one way, best as 2026-12-31"
            );
            let message = Told::new("mixed_days", message)
                .with("one", &one)
                .with("other", &other);
            Err(Box::new(problem(&places, lines, &one, message)))
        }
    }
}

/// With the line and the column where the value stands.
fn problem(places: &[Option<usize>; 2], lines: &[Line], value: &str, message: Told) -> Problem {
    let columns = || places.iter().zip(DAYS);
    let stands = |line: &Line, place: Option<usize>| {
        let cell = line.cells.as_ref().ok().and_then(|cells| cells.get(place?));
        cell.is_some_and(|cell| cell.trim() == value)
    };
    let found = lines.iter().find_map(|line| {
        let (_, column) = columns().find(|(place, _)| stands(line, **place))?;
        Some((line.number, column))
    });
    let (line, column) = found.unzip();
    Problem::new(line.unwrap_or_default(), column, message)
}
