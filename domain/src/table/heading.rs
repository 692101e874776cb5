//! What headings stand for: files of words by field, read by one interpreter.
use std::sync::LazyLock;

use crate::text::normal_form;

/// Of roster files.
pub static ROSTER: LazyLock<Headings> =
    LazyLock::new(|| Headings::parse(include_str!("../../data/headings/roster.toml")));
/// Of comment files.
pub static COMMENTS: LazyLock<Headings> =
    LazyLock::new(|| Headings::parse(include_str!("../../data/headings/comments.toml")));

/// Of rotas.
pub static ROTA: LazyLock<Headings> =
    LazyLock::new(|| Headings::parse(include_str!("../../data/headings/rota.toml")));

/// Fields with the headings that stand for them, best first.
#[derive(Debug, Default)]
pub struct Headings(Vec<(String, Vec<String>)>);

impl Headings {
    /// Reads `field = ["heading", …]`; what is no such list is left out.
    fn parse(file: &str) -> Headings {
        let fields = file.parse::<toml::Table>().unwrap_or_default().into_iter();
        let words = |value: toml::Value| match value {
            toml::Value::Array(words) => words.iter().filter_map(toml::Value::as_str).map(key).collect(),
            _ => Vec::new(),
        };
        Headings(fields.map(|(field, value)| (field, words(value))).collect())
    }

    /// The fields that a heading may stand for.
    pub fn fields(&self, heading: &str) -> impl Iterator<Item = &str> {
        let wanted = key(heading);
        let known = self.0.iter();
        known
            .filter(move |(_, words)| words.contains(&wanted))
            .map(|(field, _)| field.as_str())
    }

    /// Headings of one field, best first, in the form of [`key`].
    pub fn of<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        let own = self.0.iter().filter(move |(known, _)| known == field);
        own.flat_map(|(_, words)| words.iter().map(String::as_str))
    }

    /// How many of these are known: rows of headings are told from others by that.
    pub fn known_among<'a>(&self, cells: impl Iterator<Item = &'a str>) -> usize {
        cells.filter(|cell| self.fields(cell).next().is_some()).count()
    }
}

/// A heading without case, blanks, punctuation and accents.
pub fn key(heading: &str) -> String {
    normal_form(heading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_personnel_systems_are_recognised() {
        for (heading, expected) in [
            ("employee_id", "employee_id"),
            ("Personal-Nr.", "employee_id"),
            ("First name", "given_name"),
            ("PRENOM", "given_name"),
            ("Prénom", "given_name"),
            ("E-Mail", "email"),
            ("Vorgesetzter", "manager_employee_id"),
            ("Date d’embauche", "starts_on"),
            ("Fecha de alta", "starts_on"),
        ] {
            assert_eq!(
                ROSTER.fields(heading).collect::<Vec<_>>(),
                [expected],
                "{heading}"
            );
        }
        assert_eq!(ROSTER.fields("Gehalt").next(), None);
        assert_eq!(ROSTER.fields("").next(), None);
    }

    #[test]
    fn a_heading_stands_for_one_field_or_for_half_a_name() {
        for headings in [&*ROSTER, &*COMMENTS, &*ROTA] {
            assert!(headings.0.len() >= 10);
            for word in headings.0.iter().flat_map(|(_, words)| words) {
                let fields: Vec<&str> = headings.fields(word).collect();
                assert!(
                    fields.len() == 1 || fields.contains(&"name"),
                    "{word}: {fields:?}"
                );
            }
        }
    }
}
