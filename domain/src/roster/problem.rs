//! What is wrong with a file: one problem for each cause, with the lines it is about.
use std::fmt;

/// Of lines and values so many are named.
const NAMED: usize = 3;

/// Codes of all that can be wrong with a roster file.
pub const WRONG: &[&str] = &[
    "line",
    "fields",
    "twice",
    "spreadsheet_error",
    "no_number",
    "no_name",
    "own_manager",
    "ends_before",
    "no_day",
    "shifts",
    "open_days",
    "mixed_days",
    "said_twice",
    "no_heading",
    "heading_twice",
    "no_column",
    "no_manager",
    "several_managers",
    "circle",
    "no_site",
    "several_sites",
    "closed_site",
    "erased",
    "odd_site",
    "no_address",
    "odd_day",
    "too_long",
];

/// Codes of all that can be odd about one.
pub const ODD: &[&str] = &[
    "formulas",
    "zeros_lost",
    "not_read",
    "no_managers",
    "somebody_else",
];

/// A sentence: in English, and as a code with values for whoever says it in another language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Names the sentence; empty where it is English only.
    pub code: &'static str,
    /// What stands in it, by name.
    pub values: Vec<(&'static str, String)>,
    /// The sentence.
    pub words: String,
}

impl Told {
    /// A sentence with its code.
    pub fn new(code: &'static str, words: impl Into<String>) -> Told {
        debug_assert!(
            code.is_empty() || WRONG.contains(&code) || ODD.contains(&code),
            "{code}"
        );
        Told {
            code,
            values: Vec::new(),
            words: words.into(),
        }
    }

    /// With a value that stands in it.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Told {
        self.values.push((name, value.to_string()));
        self
    }
}

impl From<String> for Told {
    fn from(words: String) -> Told {
        Told::new("", words)
    }
}

impl From<&str> for Told {
    fn from(words: &str) -> Told {
        Told::new("", words)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// What is wrong with the file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Lines of the file, from 1, in their order.
    pub lines: Vec<u64>,
    /// Name of the column, if it is about one.
    pub column: Option<String>,
    /// What stands there, where the message is about it.
    pub values: Vec<String>,
    /// What was wrong and what would be right.
    pub message: Told,
}

impl Problem {
    /// A problem of one line.
    pub fn new(line: u64, column: Option<&str>, message: impl Into<Told>) -> Problem {
        Problem {
            lines: vec![line],
            column: column.map(str::to_owned),
            values: Vec::new(),
            message: message.into(),
        }
    }

    /// With what stands there.
    #[must_use]
    pub fn of(mut self, value: &str) -> Problem {
        self.values.push(value.to_owned());
        self
    }

    /// The first of its lines.
    pub fn line(&self) -> u64 {
        self.lines.first().copied().unwrap_or_default()
    }

    /// What was wrong, with the values.
    pub fn words(&self) -> String {
        if self.values.is_empty() {
            return self.message.words.clone();
        }
        let quoted: Vec<String> = self.values.iter().map(|value| format!("{value:?}")).collect();
        format!("{}: {}", some_of(&quoted), self.message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.lines.iter().map(u64::to_string).collect();
        let word = if lines.len() == 1 { "line" } else { "lines" };
        write!(f, "{word} {}", some_of(&lines))?;
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}", self.words())
    }
}

/// `3`, `3 and 7`, `3, 7, 8 and 12 more`.
pub fn some_of(all: &[String]) -> String {
    let (named, rest) = all.split_at(all.len().min(NAMED));
    match (named, rest.len()) {
        ([], _) => String::new(),
        ([one], 0) => one.clone(),
        ([before @ .., last], 0) => format!("{} and {last}", before.join(", ")),
        (named, more) => format!("{} and {more} more", named.join(", ")),
    }
}

/// One problem for each cause, in the order of their first lines.
pub fn by_cause(problems: Vec<Problem>) -> Vec<Problem> {
    let mut causes: Vec<Problem> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for problem in problems {
        let key = (problem.column.clone(), problem.message.words.clone());
        let place = *places.entry(key).or_insert(causes.len());
        match causes.get_mut(place) {
            None => causes.push(problem),
            Some(cause) => {
                cause.lines.extend(problem.lines);
                let is_new = |value: &String| !cause.values.contains(value);
                let new: Vec<String> = problem.values.into_iter().filter(is_new).collect();
                // Beyond those that are named it matters only that there are more.
                cause
                    .values
                    .extend(new.into_iter().take(100_usize.saturating_sub(cause.values.len())));
            }
        }
    }
    for cause in &mut causes {
        cause.lines.sort_unstable();
        cause.lines.dedup();
    }
    causes.sort_by_key(Problem::line);
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_one_cause_is_said_once() {
        let dates = (3..9)
            .map(|line| Problem::new(line, Some("starts_on"), "not a date").of(&format!("x{}", line % 2)));
        let other = Problem::new(2, None, "the line is odd");
        let told: Vec<String> = by_cause(dates.chain([other]).collect())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "line 2: the line is odd",
                "lines 3, 4, 5 and 3 more, column starts_on: \"x1\" and \"x0\": not a date"
            ]
        );
    }
}
