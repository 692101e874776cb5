//! Roster files: `employee_id,given_name,family_name,preferred_name,aliases,handles,job_title,site,manager_employee_id,
//! email,phone,starts_on,ends_on[,shifts]`, in any order of columns and by the names that personnel systems give them;
//! lists within a cell are split by `;`.

use chrono::NaiveDate;
use rustc_hash::FxHashMap;

use super::{
    Shifts,
    columns::{Columns, Said},
    days, full_name,
    problem::{Problem, Told},
};
use crate::table::{
    day::{self, DayOrder},
    is_error, separator,
};

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

/// The rows that are right, and everything that is wrong.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The columns that the file has.
    pub columns: Columns,
    /// Staff members, in the order of the file. A line with a problem is not among them.
    pub rows: Vec<Row>,
    /// Problems, in the order of the file.
    pub problems: Vec<Problem>,
}

/// One line of a table: its number, from 1, and its cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub number: u64,
    /// Its cells; or why it cannot be read.
    pub cells: Result<Vec<String>, String>,
}

/// Reads a roster file in UTF-8 whose first line holds the headings.
pub fn parse(bytes: &[u8]) -> Parsed {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator::of_first_line(bytes))
        .flexible(true)
        .has_headers(false)
        .from_reader(bytes);
    let mut lines = reader.records().map(|record| match record {
        Ok(record) => Line {
            number: line_of(bytes, &record),
            cells: Ok(record.iter().map(str::to_owned).collect()),
        },
        Err(error) => Line {
            number: error.position().map_or(0, csv::Position::line),
            cells: Err(format!("the line cannot be read as UTF-8 CSV: {error}")),
        },
    });
    let headings = lines.next().unwrap_or(Line {
        number: 1,
        cells: Ok(Vec::new()),
    });
    read(&headings, lines.collect(), &Said::default())
}

/// Reads the lines below the headings.
pub fn read(headings: &Line, lines: Vec<Line>, said: &Said) -> Parsed {
    let mut parsed = Parsed::default();
    let names = match &headings.cells {
        Ok(names) => names,
        Err(why) => {
            parsed.problem(headings.number, None, Told::new("line", why.clone()));
            return parsed;
        }
    };
    let (columns, messages) = Columns::find(names, said);
    parsed.columns = columns;
    if !messages.is_empty() {
        let problems = messages
            .into_iter()
            .map(|message| Problem::new(headings.number, None, message));
        parsed.problems.extend(problems);
        return parsed;
    }
    let order = match said.day_order {
        Some(order) => Ok(Some(order)),
        None => days::order(&parsed.columns, &lines),
    };
    let order = match order {
        Ok(order) => order,
        Err(problem) => {
            parsed.problems.push(*problem);
            return parsed;
        }
    };
    let mut seen = FxHashMap::default();
    for line in lines {
        match &line.cells {
            Ok(cells) => parsed.take(line.number, cells, order, &mut seen),
            Err(why) => parsed.problem(line.number, None, Told::new("line", why.clone())),
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
    fn problem(&mut self, line: u64, column: Option<&'static str>, message: Told) {
        self.problems.push(Problem::new(line, column, message));
    }

    fn take(
        &mut self,
        line: u64,
        cells: &[String],
        order: Option<DayOrder>,
        seen: &mut FxHashMap<String, u64>,
    ) {
        let before = self.problems.len();
        let mut beyond = cells.iter().skip(self.columns.len());
        if cells.len() < self.columns.len() || beyond.any(|cell| !cell.trim().is_empty()) {
            let (found, wanted) = (cells.len(), self.columns.len());
            self.problem(
                line,
                None,
                Told::new(
                    "fields",
                    format!("the line has {found} fields, the header {wanted}"),
                )
                .with("found", found)
                .with("wanted", wanted),
            );
            return;
        }
        let columns = std::mem::take(&mut self.columns);
        let row = self.row(
            line,
            &Fields {
                columns: &columns,
                cells,
            },
            order,
        );
        self.columns = columns;
        if let Some(first) = seen.get(&row.employee_id).filter(|_| !row.employee_id.is_empty()) {
            let message = format!(
                "employee_id {} stands on line {first} already; each staff member needs its own",
                row.employee_id
            );
            let message = Told::new("twice", message)
                .with("number", &row.employee_id)
                .with("line", first);
            self.problem(line, Some("employee_id"), message);
        }
        if self.problems.len() == before {
            seen.insert(row.employee_id.clone(), line);
            self.rows.push(row);
        }
    }

    /// What a formula that went wrong left would overwrite what is known.
    fn refuse_errors(&mut self, line: u64, fields: &Fields) {
        for column in TEXTS {
            if let Some(error) = fields.get(column).filter(|cell| is_error(cell)) {
                let message = Told::new(
                    "spreadsheet_error",
                    "this is an error of the spreadsheet; mend the formula, or empty the cell",
                );
                self.problems
                    .push(Problem::new(line, Some(column), message).of(error));
            }
        }
    }

    fn row(&mut self, line: u64, fields: &Fields, order: Option<DayOrder>) -> Row {
        self.refuse_errors(line, fields);
        let (given_name, family_name) = fields.names();
        let row = Row {
            line,
            employee_id: fields.get("employee_id").unwrap_or_default().to_owned(),
            given_name,
            family_name,
            preferred_name: fields.owned("preferred_name"),
            aliases: fields.list("aliases"),
            handles: fields.list("handles"),
            job_title: fields.owned("job_title"),
            site: fields.owned("site"),
            manager_employee_id: fields.owned("manager_employee_id"),
            email: fields.owned("email"),
            phone: fields.owned("phone"),
            starts_on: self.date(line, fields, "starts_on", order),
            ends_on: self.date(line, fields, "ends_on", order),
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
                Told::new(
                    "no_number",
                    "employee_id is empty; give each staff member a number or code",
                ),
            );
        }
        if row.given_name.is_empty() && row.family_name.is_empty() {
            self.problem(
                row.line,
                Some("given_name"),
                Told::new(
                    "no_name",
                    "given_name and family_name are both empty; give at least one",
                ),
            );
        }
        if row.manager_employee_id.as_deref() == Some(row.employee_id.as_str()) {
            self.problem(
                row.line,
                Some("manager_employee_id"),
                Told::new(
                    "own_manager",
                    "nobody is their own manager; leave it empty at the top",
                ),
            );
        }
        if let (Some(starts), Some(ends)) = (row.starts_on, row.ends_on)
            && ends < starts
        {
            self.problem(
                row.line,
                Some("ends_on"),
                Told::new(
                    "ends_before",
                    format!("ends_on {ends} is before starts_on {starts}"),
                )
                .with("ends", ends)
                .with("starts", starts),
            );
        }
    }

    fn date(
        &mut self,
        line: u64,
        fields: &Fields,
        column: &'static str,
        order: Option<DayOrder>,
    ) -> Option<NaiveDate> {
        let text = fields.get(column)?;
        let date = day::read(text, order);
        if date.is_none() {
            let message = Told::new("no_day", "not a date; right is, for example, 2026-01-31");
            self.problems
                .push(Problem::new(line, Some(column), message).of(text));
        }
        date
    }

    fn shifts(&mut self, line: u64, fields: &Fields) -> Option<Shifts> {
        match fields.get("shifts")?.parse() {
            Ok(shifts) => Some(shifts),
            Err(error) => {
                self.problem(line, Some("shifts"), Told::new("shifts", error.to_string()));
                None
            }
        }
    }
}

/// Columns that take any text.
const TEXTS: [&str; 12] = [
    "employee_id",
    "name",
    "name_family_first",
    "given_name",
    "family_name",
    "preferred_name",
    "aliases",
    "job_title",
    "site",
    "manager_employee_id",
    "email",
    "phone",
];

struct Fields<'a> {
    columns: &'a Columns,
    cells: &'a [String],
}

impl<'a> Fields<'a> {
    /// The field of a column, if the column exists and the field is not blank.
    fn get(&self, column: &str) -> Option<&'a str> {
        let cell = self.cells.get(self.columns.index(column)?)?.trim();
        Some(cell).filter(|cell| !cell.is_empty())
    }

    fn owned(&self, column: &str) -> Option<String> {
        self.get(column).map(str::to_owned)
    }

    /// Given and family name, whether they have a column each or one.
    fn names(&self) -> (String, String) {
        if let Some(name) = self.get("name_family_first") {
            return full_name::family_first(name);
        }
        match self.get("name") {
            Some(name) => full_name::given_first(name),
            None => {
                let own = |column| self.get(column).unwrap_or_default().to_owned();
                (own("given_name"), own("family_name"))
            }
        }
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
        assert_eq!(parsed.columns.index("employee_id"), Some(0));
    }

    #[test]
    fn what_is_missing_is_said_once_and_what_is_unknown_is_left_out() {
        let parsed = parse(b"employee_id,Haircut,site\n");
        let told: Vec<String> = parsed.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "line 1: there is no column for given_name, family_name; the headings are \"employee_id\", \"Haircut\", \"site\"; rename them, or say which is which"
            ]
        );
        let parsed = parse(b"employee_id,Haircut,Name,site\n1,short,\"Lee, Ann\",Leeds\n");
        assert_eq!(parsed.columns.left_out().collect::<Vec<_>>(), ["Haircut"]);
        assert_eq!(
            (
                parsed.rows[0].given_name.as_str(),
                parsed.rows[0].family_name.as_str()
            ),
            ("Ann", "Lee")
        );
    }

    #[test]
    fn days_that_could_be_two_are_refused_once_with_both_readings() {
        let told = problems("E1,A,B,S,,03/04/2026,,,\nE2,C,D,S,,05/06/2026,,,\n");
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0]
                .starts_with("line 2, column starts_on: \"03/04/2026\" may be 3 April 2026 or 4 March 2026"),
            "{told:?}"
        );
        assert_eq!(
            problems("E1,A,B,S,,03/04/2026,,,\nE2,C,D,S,,25/06/2026,,,\n"),
            [""; 0]
        );
    }

    #[test]
    fn each_wrong_line_is_told_with_its_column() {
        let lines = "E1,A,B,S,,,,,\nE1,C,D,S,,,,,\n,X,Y,S,,,,,\nE4,X,Y,S,,31.13.2026,,,\nE5,X,Y,S,,,,9-17,\nE6,X,Y,S,,2026-02-01,2026-01-01,,\nE7,,,S,,,,,\nE8,X,Y,S,,,,,E8\nE9,X,Y,S,,,,,,x\n";
        let told = problems(lines);
        let expected = [
            "line 3, column employee_id: employee_id E1 stands on line 2",
            "line 4, column employee_id: employee_id is empty",
            "line 5, column starts_on: \"31.13.2026\": not a date",
            "line 6, column shifts:",
            "line 7, column ends_on:",
            "line 8, column given_name:",
            "line 9, column manager_employee_id:",
            "line 10: the line has 10 fields, the header 9",
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
        assert_eq!(
            (parsed.rows.len(), parsed.problems[0].lines.as_slice()),
            (1, &[2][..])
        );
    }
}
