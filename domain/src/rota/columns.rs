//! Which heading of a rota stands for which column.
use std::collections::BTreeSet;

use crate::table::day::DayOrder;
use crate::table::heading::{ROTA, key};

/// What columns may stand for.
pub const COLUMNS: [&str; 10] = [
    "employee_id",
    "name",
    "given_name",
    "family_name",
    "site",
    "post",
    "date",
    "from",
    "to",
    "breaks",
];
/// What is said of a column that is to be left out.
pub const LEFT_OUT: &str = "none";
/// What the caller says of a file, because the file does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Columns by the headings that stand for them here.
    pub columns: Vec<(&'static str, String)>,
    /// What was said so of an earlier file.
    pub remembered: Vec<(&'static str, String)>,
    /// The order of days such as 03/04/2026.
    pub day_order: Option<DayOrder>,
    /// Whether a site is said for lines that name none.
    pub has_site: bool,
}

impl Said {
    /// What may be said of a column.
    pub fn choice(name: &str) -> Option<&'static str> {
        COLUMNS
            .into_iter()
            .chain([LEFT_OUT])
            .find(|choice| *choice == name)
    }

    /// Reads `post=Register`.
    pub fn column(given: &str) -> Result<(&'static str, String), String> {
        let (column, heading) = given.split_once('=').unwrap_or((given, ""));
        match Said::choice(column.trim()).filter(|_| !heading.trim().is_empty()) {
            Some(column) => Ok((column, heading.trim().to_owned())),
            None => Err(format!(
                "{given:?} is not understood; write post=HEADING with one of {}, {LEFT_OUT}",
                COLUMNS.join(", ")
            )),
        }
    }
}

/// What each heading stands for, and what is wrong with them.
pub(super) fn find(headings: &[String], said: &Said) -> (Vec<Option<&'static str>>, Vec<String>) {
    let mut found: Vec<Option<&'static str>> = vec![None; headings.len()];
    let mut wrong = twice(headings);
    let place = |wanted: &str| headings.iter().position(|heading| key(heading) == key(wanted));
    let mut left_out = BTreeSet::new();
    for (column, heading) in &said.columns {
        match place(heading) {
            Some(at) if *column == LEFT_OUT => drop(left_out.insert(at)),
            Some(at) => put(&mut found, at, column),
            None => wrong.push(format!(
                "there is no column {heading:?}; there are {}",
                quoted(headings)
            )),
        }
    }
    for (column, heading) in &said.remembered {
        if let Some(at) = place(heading)
            .filter(|at| *column != LEFT_OUT && !left_out.contains(at) && !found.contains(&Some(*column)))
        {
            put(&mut found, at, column);
        }
    }
    for column in COLUMNS {
        if found.contains(&Some(column)) {
            continue;
        }
        let is_free = |at: &usize| found.get(*at).is_some_and(Option::is_none) && !left_out.contains(at);
        let mut known = ROTA.of(column);
        let at = known.find_map(|word| {
            headings
                .iter()
                .position(|heading| key(heading) == word)
                .filter(is_free)
        });
        if let Some(at) = at {
            put(&mut found, at, column);
        }
    }
    let has = |column| found.contains(&Some(column));
    for (is_there, what, example) in [
        (has("from"), "when shifts begin", "from"),
        (has("to"), "when they end", "to"),
        (
            has("employee_id") || has("name") || has("given_name") || has("family_name"),
            "who works",
            "employee_id",
        ),
        (has("site") || said.has_site, "where", "site"),
    ] {
        if !is_there {
            wrong.push(format!(
                "no column tells {what}; call one {example}, or say which it is: {example}=HEADING; there are {}",
                quoted(headings)
            ));
        }
    }
    (found, wrong)
}

/// Headings that are known and of which each stands there twice, so that nobody knows which is meant.
fn twice(headings: &[String]) -> Vec<String> {
    let is_second = |(at, heading): &(usize, &String)| {
        let mut before = headings.iter().take(*at);
        ROTA.fields(heading).next().is_some() && before.any(|other| key(other) == key(heading))
    };
    let second = headings.iter().enumerate().filter(is_second);
    let told = second.map(|(_, heading)| format!("the column {heading:?} stands twice; keep one of them"));
    told.collect()
}

fn put(found: &mut [Option<&'static str>], at: usize, column: &'static str) {
    if let Some(place) = found.get_mut(at) {
        *place = Some(column);
    }
}

fn quoted(headings: &[String]) -> String {
    let quoted: Vec<String> = headings.iter().map(|heading| format!("{heading:?}")).collect();
    quoted.join(", ")
}
