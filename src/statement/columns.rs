//! What is stored, read out of the list that the tests hold against the tables: every column of text, JSON or bytes.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `table.column | what it holds | what ends it`; a column without a line fails the tests.
pub const COLUMNS: &str = include_str!("columns.txt");

/// What is about nobody, whatever it stands beside.
const ABOUT_NOBODY: [&str; 5] = ["nothing", "numbers", "codes", "settings", "hash"];

/// Columns that hold one kind of thing, and end alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// `words`, `roster`, `address`, …: texts are keys below `statement.holds`.
    pub holds: String,
    /// What ends it, each a key below `statement.ends`.
    pub ends: Vec<String>,
    /// `table.column`.
    pub columns: Vec<String>,
}

/// What may be about people.
#[must_use]
pub fn held() -> Vec<Held> {
    let mut groups: BTreeMap<(&str, Vec<String>), Vec<String>> = BTreeMap::new();
    for line in COLUMNS.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.split('|').map(str::trim);
        let (Some(column), Some(holds), Some(ends)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        if ends != "-" && !ABOUT_NOBODY.contains(&holds) {
            let ends = ends.split(';').map(key).collect();
            groups.entry((holds, ends)).or_default().push(column.to_owned());
        }
    }
    let group = |((holds, ends), columns): ((&str, Vec<String>), Vec<String>)| Held {
        holds: key(holds),
        ends,
        columns,
    };
    groups.into_iter().map(group).collect()
}

/// A phrase as a key of the catalogues: its words in small letters, with `_` between.
fn key(phrase: &str) -> String {
    let words = phrase.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("_")
}
