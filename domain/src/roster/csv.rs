//! The roster file: `employee_id,given_name,family_name,preferred_name,aliases,handles,job_title,site,
//! manager_employee_id,email,phone,starts_on,ends_on[,shifts]`, in any order of columns and by the names that personnel
//! systems give them, separated by comma, semicolon or tab; lists within a cell are split by `;`.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use rustc_hash::FxHashMap;

use super::{
    Shifts,
    layout::{column, delimiter_of},
};

/// Columns that must stand in the header.
const NEEDED: [&str; 4] = ["employee_id", "given_name", "family_name", "site"];
/// Columns that may.
const KNOWN: [&str; 10] = [
    "preferred_name",
    "aliases",
    "handles",
    "job_title",
    "manager_employee_id",
    "email",
    "phone",
    "starts_on",
    "ends_on",
    "shifts",
];

/// All columns, those that are needed first.
pub fn columns() -> impl Iterator<Item = &'static str> {
    NEEDED.into_iter().chain(KNOWN)
}

/// One staff member of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Line of the file, from 1 (the header).
    pub line: u64,
    /// The organisation's own number or code for the person.
    pub employee_id: String,
    /// Given name or names.
    pub given_name: String,
    /// Family name or names; may be empty.
    pub family_name: String,
    /// The name the person goes by.
    pub preferred_name: Option<String>,
    /// Further names, till or badge numbers.
    pub aliases: Vec<String>,
    /// Names in social networks.
    pub handles: Vec<String>,
    /// Job title.
    pub job_title: Option<String>,
    /// Site: a path `North / Leeds` or a unique name.
    pub site: Option<String>,
    /// Employee id of the manager.
    pub manager_employee_id: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// First day of employment.
    pub starts_on: Option<NaiveDate>,
    /// Last day of employment.
    pub ends_on: Option<NaiveDate>,
    /// Usual working hours.
    pub shifts: Option<Shifts>,
}

/// What is wrong with the file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line of the file, from 1.
    pub line: u64,
    /// Name of the column, if it is about one.
    pub column: Option<String>,
    /// What was wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "line {}, column {column}: {}", self.line, self.message),
            None => write!(f, "line {}: {}", self.line, self.message),
        }
    }
}

/// The rows that are right, and everything that is wrong.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The columns that the file has, by our names.
    pub columns: Vec<String>,
    /// Staff members, in the order of the file. A line with a problem is not among them.
    pub rows: Vec<Row>,
    /// Problems, in the order of the file.
    pub problems: Vec<Problem>,
}

/// Reads a roster file (UTF-8; a byte order mark is skipped).
pub fn parse(bytes: &[u8]) -> Parsed {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter_of(bytes))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let mut parsed = Parsed::default();
    let header = match reader.headers() {
        Ok(header) => header.iter().map(column).collect::<csv::StringRecord>(),
        Err(error) => {
            parsed.problem(1, None, format!("the header cannot be read: {error}"));
            return parsed;
        }
    };
    parsed.columns = header.iter().map(str::to_owned).collect();
    if !parsed.check_header(&header) {
        return parsed;
    }
    let mut seen = FxHashMap::default();
    for record in reader.records() {
        match record {
            Ok(record) => parsed.read(line_of(bytes, &record), &header, &record, &mut seen),
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                parsed.problem(
                    line,
                    None,
                    format!("the line cannot be read as UTF-8 CSV: {error}"),
                );
            }
        }
    }
    parsed
}

/// The line a record stands on: the reader's position is that of the blank lines before it.
fn line_of(bytes: &[u8], record: &csv::StringRecord) -> u64 {
    let Some(position) = record.position() else {
        return 0;
    };
    let rest = bytes.get(position.byte() as usize..).unwrap_or_default();
    let blank = rest
        .iter()
        .take_while(|b| matches!(b, b'\r' | b'\n'))
        .filter(|b| **b == b'\n');
    position.line() + blank.count() as u64
}

impl Parsed {
    fn problem(&mut self, line: u64, column: Option<&str>, message: impl Into<String>) {
        self.problems.push(Problem {
            line,
            column: column.map(str::to_owned),
            message: message.into(),
        });
    }

    fn check_header(&mut self, header: &csv::StringRecord) -> bool {
        let before = self.problems.len();
        for needed in NEEDED {
            if !header.iter().any(|h| h == needed) {
                self.problem(
                    1,
                    Some(needed),
                    format!("the column {needed} is missing; needed are {}", NEEDED.join(", ")),
                );
            }
        }
        for (i, name) in header.iter().enumerate() {
            if !NEEDED.contains(&name) && !KNOWN.contains(&name) {
                self.problem(
                    1,
                    Some(name),
                    format!(
                        "the column {name} is unknown; known are {}, {}",
                        NEEDED.join(", "),
                        KNOWN.join(", ")
                    ),
                );
            } else if header.iter().take(i).any(|h| h == name) {
                self.problem(1, Some(name), format!("the column {name} stands twice"));
            }
        }
        self.problems.len() == before
    }

    fn read(
        &mut self,
        line: u64,
        header: &csv::StringRecord,
        record: &csv::StringRecord,
        seen: &mut FxHashMap<String, u64>,
    ) {
        let before = self.problems.len();
        if record.len() != header.len() {
            self.problem(
                line,
                None,
                format!(
                    "the line has {} fields, the header {}",
                    record.len(),
                    header.len()
                ),
            );
            return;
        }
        let row = self.row(line, &Fields { header, record });
        if let Some(first) = seen.get(&row.employee_id) {
            let message = format!(
                "employee_id {} stands on line {first} already; each staff member needs its own",
                row.employee_id
            );
            self.problem(line, Some("employee_id"), message);
        }
        if self.problems.len() == before {
            seen.insert(row.employee_id.clone(), line);
            self.rows.push(row);
        }
    }

    fn row(&mut self, line: u64, fields: &Fields) -> Row {
        let row = Row {
            line,
            employee_id: fields.get("employee_id").unwrap_or_default().to_owned(),
            given_name: fields.get("given_name").unwrap_or_default().to_owned(),
            family_name: fields.get("family_name").unwrap_or_default().to_owned(),
            preferred_name: fields.owned("preferred_name"),
            aliases: fields.list("aliases"),
            handles: fields.list("handles"),
            job_title: fields.owned("job_title"),
            site: fields.owned("site"),
            manager_employee_id: fields.owned("manager_employee_id"),
            email: fields.owned("email"),
            phone: fields.owned("phone"),
            starts_on: self.date(line, fields, "starts_on"),
            ends_on: self.date(line, fields, "ends_on"),
            shifts: self.shifts(line, fields),
        };
        self.check(&row);
        row
    }

    fn check(&mut self, row: &Row) {
        if row.employee_id.is_empty() {
            self.problem(
                row.line,
                Some("employee_id"),
                "employee_id is empty; give each staff member a number or code",
            );
        }
        if row.given_name.is_empty() && row.family_name.is_empty() {
            self.problem(
                row.line,
                Some("given_name"),
                "given_name and family_name are both empty; give at least one",
            );
        }
        if row.manager_employee_id.as_deref() == Some(row.employee_id.as_str()) {
            self.problem(
                row.line,
                Some("manager_employee_id"),
                "nobody is their own manager; leave it empty at the top",
            );
        }
        if let (Some(starts), Some(ends)) = (row.starts_on, row.ends_on)
            && ends < starts
        {
            self.problem(
                row.line,
                Some("ends_on"),
                format!("ends_on {ends} is before starts_on {starts}"),
            );
        }
    }

    fn date(&mut self, line: u64, fields: &Fields, column: &'static str) -> Option<NaiveDate> {
        let text = fields.get(column)?;
        let date = day(text);
        if date.is_none() {
            self.problem(
                line,
                Some(column),
                format!("\"{text}\" is not a date; right is, for example, 2026-01-31"),
            );
        }
        date
    }

    fn shifts(&mut self, line: u64, fields: &Fields) -> Option<Shifts> {
        match fields.get("shifts")?.parse() {
            Ok(shifts) => Some(shifts),
            Err(error) => {
                self.problem(line, Some("shifts"), format!("{error}"));
                None
            }
        }
    }
}

/// A day as in 2026-01-31 or 31.01.2026: where dots separate, the day comes first.
fn day(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
    let day = day.or_else(|_| NaiveDate::parse_from_str(text, "%d.%m.%Y"));
    day.ok().filter(|day| day.year() >= 1000)
}

struct Fields<'a> {
    header: &'a csv::StringRecord,
    record: &'a csv::StringRecord,
}

impl<'a> Fields<'a> {
    /// The field of a column, if the column exists and the field is not blank.
    fn get(&self, column: &str) -> Option<&'a str> {
        let index = self.header.iter().position(|h| h == column)?;
        self.record.get(index).filter(|field| !field.is_empty())
    }

    fn owned(&self, column: &str) -> Option<String> {
        self.get(column).map(str::to_owned)
    }

    fn list(&self, column: &str) -> Vec<String> {
        let items = self.get(column).unwrap_or_default().split(';').map(str::trim);
        items.filter(|i| !i.is_empty()).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "employee_id,given_name,family_name,site,aliases,starts_on,ends_on,shifts,manager_employee_id\n";

    fn problems(lines: &str) -> Vec<String> {
        parse(format!("{HEADER}{lines}").as_bytes())
            .problems
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_row_keeps_its_line_lists_dates_and_shifts() {
        let parsed = parse(
            format!("\u{feff}{HEADER}\nE1,Ann,Lee,North / Leeds,Annie; A1,2026-01-31,,1-5@8-16,E2\n")
                .as_bytes(),
        );
        assert_eq!(parsed.problems, []);
        let row = &parsed.rows[0];
        assert_eq!(
            (row.line, row.aliases.as_slice()),
            (3, &["Annie".to_owned(), "A1".to_owned()][..])
        );
        assert_eq!(row.shifts.as_ref().unwrap().to_string(), "1-5@8-16");
        assert_eq!((row.site.as_deref(), row.ends_on), (Some("North / Leeds"), None));
    }

    #[test]
    fn a_file_of_a_german_spreadsheet_is_read() {
        let parsed = parse(
            "Personalnummer;Nachname;Vorname;Filiale;Eintritt;Aliases\r\n7;Groß;Änne;Köln;01.04.2015;\"Anni;K7\"\r\n"
                .as_bytes(),
        );
        assert_eq!(parsed.problems, []);
        let row = &parsed.rows[0];
        assert_eq!(
            (row.given_name.as_str(), row.site.as_deref()),
            ("Änne", Some("Köln"))
        );
        assert_eq!(row.aliases, ["Anni", "K7"]);
        assert_eq!(row.starts_on, NaiveDate::from_ymd_opt(2015, 4, 1));
        assert_eq!(parsed.columns[0], "employee_id");
    }

    #[test]
    fn a_missing_or_unknown_column_is_named() {
        let parsed = parse(b"employee_id,name,family_name,site\n");
        let columns: Vec<_> = parsed.problems.iter().filter_map(|p| p.column.clone()).collect();
        assert_eq!(columns, ["given_name", "name"]);
    }

    #[test]
    fn each_wrong_line_is_told_with_its_column() {
        let lines = "E1,A,B,S,,,,,\nE1,C,D,S,,,,,\n,X,Y,S,,,,,\nE4,X,Y,S,,31/1/2026,,,\nE5,X,Y,S,,,,9-17,\nE6,X,Y,S,,2026-02-01,2026-01-01,,\nE7,,,S,,,,,\nE8,X,Y,S,,,,,E8\nE9,X\n";
        let told = problems(lines);
        let expected = [
            "line 3, column employee_id: employee_id E1 stands on line 2",
            "line 4, column employee_id: employee_id is empty",
            "line 5, column starts_on: \"31/1/2026\" is not a date",
            "line 6, column shifts:",
            "line 7, column ends_on:",
            "line 8, column given_name:",
            "line 9, column manager_employee_id:",
            "line 10: the line has 2 fields, the header 9",
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(expected), "{told}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_a_problem_of_their_line() {
        let mut bytes = HEADER.as_bytes().to_vec();
        bytes.extend_from_slice(b"E1,Jos\xe9,B,S,,,,,\nE2,C,D,S,,,,,\n");
        let parsed = parse(&bytes);
        assert_eq!((parsed.rows.len(), parsed.problems[0].line), (1, 2));
    }
}
