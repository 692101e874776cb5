//! How a table is laid out: what separates its cells, and which column a heading stands for.

/// Headings by column.
const HEADINGS: &str = include_str!("../../data/roster_headings.txt");

/// The mark that separates the first line into the most cells: comma, semicolon or tab.
pub fn delimiter_of(start: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut is_quoted = false;
    for byte in start {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' | b'\r' if !is_quoted => break,
            _ if is_quoted => {}
            byte => counts
                .iter_mut()
                .filter(|(mark, _)| mark == byte)
                .for_each(|(_, count)| *count += 1),
        }
    }
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    most.filter(|(_, count)| *count > 0)
        .map_or(b',', |(mark, _)| mark)
}

/// The column of a roster file that a heading stands for; the heading itself where it stands for none.
pub(super) fn column(heading: &str) -> &str {
    let key: String = heading
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    HEADINGS
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(_, known)| known.split(' ').any(|known| known == key))
        .map_or(heading, |(column, _)| column)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_mark_that_separates_the_header_is_recognised() {
        assert_eq!(delimiter_of(b"text,score\na;b;c"), b',');
        assert_eq!(delimiter_of(b"Datum;Kommentar, frei;Note\n"), b';');
        assert_eq!(delimiter_of(b"a\tb\n"), b'\t');
        assert_eq!(delimiter_of(b"\"a;b;c\",d\n"), b',');
        assert_eq!(delimiter_of(b"text\n"), b',');
    }

    #[test]
    fn headings_of_personnel_systems_are_recognised() {
        for (heading, expected) in [
            ("employee_id", "employee_id"),
            ("Personal-Nr.", "employee_id"),
            ("First name", "given_name"),
            ("E-Mail", "email"),
            ("Vorgesetzter", "manager_employee_id"),
            ("Name", "Name"),
            ("", ""),
        ] {
            assert_eq!(column(heading), expected);
        }
    }

    #[test]
    fn a_heading_stands_for_one_column() {
        let mut seen = HashSet::new();
        let lists = HEADINGS.lines().filter_map(|line| line.split_once(": "));
        for heading in lists.flat_map(|(_, known)| known.split(' ')) {
            assert!(seen.insert(heading), "{heading}");
        }
    }
}
