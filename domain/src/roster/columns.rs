//! Which heading of a roster file stands for which column.
use super::problem::Told;
use crate::table::{
    day::DayOrder,
    heading::{ROSTER, key},
};

/// Columns that every file needs.
const NEEDED: [&str; 4] = ["employee_id", "given_name", "family_name", "site"];
/// Columns that it may have.
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
/// Columns that hold the whole name in one.
const WHOLE_NAME: [&str; 2] = ["name", "name_family_first"];
/// What is said of a column that is to be left out.
pub const LEFT_OUT: &str = "none";

/// All columns, those that are needed first.
pub fn columns() -> impl Iterator<Item = &'static str> {
    NEEDED.into_iter().chain(KNOWN)
}

/// All that may be said of a column.
pub fn choices() -> impl Iterator<Item = &'static str> {
    columns().chain(WHOLE_NAME).chain([LEFT_OUT])
}

/// What the caller says of a file, because the file does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Columns by the headings that stand for them here.
    pub columns: Vec<(&'static str, String)>,
    /// What was said so of an earlier file: it holds where the heading is there and nothing else is said.
    pub remembered: Vec<(&'static str, String)>,
    /// The order of days such as 03/04/2026.
    pub day_order: Option<DayOrder>,
}

impl Said {
    /// Reads `email=Private address`.
    pub fn column(given: &str) -> Result<(&'static str, String), String> {
        let (column, heading) = given.split_once('=').unwrap_or((given, ""));
        let column = choices().find(|choice| *choice == column.trim());
        match column.filter(|_| !heading.trim().is_empty()) {
            Some(column) => Ok((column, heading.trim().to_owned())),
            None => {
                let choices: Vec<&str> = choices().collect();
                let choices = choices.join(", ");
                Err(format!(
                    "{given:?} is not understood; write email=HEADING with one of {choices}"
                ))
            }
        }
    }
}

/// The columns of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    headings: Vec<String>,
    /// What each heading stands for.
    found: Vec<Option<&'static str>>,
}

impl Columns {
    /// Finds out what the headings stand for, and what is wrong with them.
    pub fn find(headings: &[String], said: &Said) -> (Columns, Vec<Told>) {
        let mut columns = Columns {
            headings: headings.iter().map(|heading| heading.trim().to_owned()).collect(),
            found: vec![None; headings.len()],
        };
        let mut problems = columns.say(&said.columns);
        columns.remember(&said.remembered);
        problems.extend(columns.twice());
        let said: Vec<&str> = said.columns.iter().map(|(_, heading)| heading.as_str()).collect();
        columns.guess(&said);
        problems.extend(columns.missing());
        (columns, problems)
    }

    /// The place of a column.
    pub fn index(&self, column: &str) -> Option<usize> {
        self.found.iter().position(|found| *found == Some(column))
    }

    /// Whether the file has a column.
    pub fn has(&self, column: &str) -> bool {
        self.index(column).is_some()
    }

    /// How many headings there are.
    pub fn len(&self) -> usize {
        self.headings.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.headings.is_empty()
    }

    /// Headings with what they stand for.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&'static str>)> {
        self.headings
            .iter()
            .map(String::as_str)
            .zip(self.found.iter().copied())
    }

    /// Headings that stand for nothing here.
    pub fn left_out(&self) -> impl Iterator<Item = &str> {
        let unknown = self
            .iter()
            .filter(|(_, found)| found.is_none_or(|found| found == LEFT_OUT));
        unknown
            .map(|(heading, _)| heading)
            .filter(|heading| !heading.is_empty())
    }

    fn say(&mut self, said: &[(&'static str, String)]) -> Vec<Told> {
        let mut problems = Vec::new();
        for (column, wanted) in said {
            if *column != LEFT_OUT && self.has(column) {
                let words = format!("two columns are said to be {column}; say it of one");
                problems.push(Told::new("said_twice", words));
                continue;
            }
            let exact = self.headings.iter().position(|heading| heading == wanted);
            let like = || {
                self.headings
                    .iter()
                    .position(|heading| key(heading) == key(wanted))
            };
            match exact.or_else(like).and_then(|place| self.found.get_mut(place)) {
                Some(found) => *found = Some(column),
                None => {
                    let words = format!("there is no heading {wanted:?}; there are {}", self.quoted());
                    problems.push(Told::new("no_heading", words).with("heading", wanted));
                }
            }
        }
        problems
    }

    fn remember(&mut self, remembered: &[(&'static str, String)]) {
        for (column, wanted) in remembered {
            let place = self
                .headings
                .iter()
                .position(|heading| key(heading) == key(wanted));
            let is_free = *column == LEFT_OUT || !self.has(column);
            match place.and_then(|place| self.found.get_mut(place)) {
                Some(found) if found.is_none() && is_free => *found = Some(column),
                _ => {}
            }
        }
    }

    /// Headings of which each stands there twice, so that nobody knows which is meant.
    fn twice(&self) -> Vec<Told> {
        let mut problems = Vec::new();
        for (place, heading) in self.headings.iter().enumerate() {
            let is_known = ROSTER.fields(heading).next().is_some();
            let before = self.headings.iter().take(place);
            if is_known && before.filter(|other| key(other) == key(heading)).count() == 1 {
                let words = format!("the column {heading} stands twice; keep one of them");
                problems.push(Told::new("heading_twice", words).with("heading", heading));
            }
        }
        problems
    }

    fn guess(&mut self, said: &[&str]) {
        for column in columns().chain(WHOLE_NAME) {
            let has_halves = self.has("given_name") && self.has("family_name");
            if self.has(column) || (WHOLE_NAME.contains(&column) && has_halves) {
                continue;
            }
            let is_free = |place: &usize| self.found.get(*place).is_some_and(Option::is_none);
            let mut known = ROSTER.of(column);
            let place = known.find_map(|word| {
                let mut places = self.headings.iter().enumerate();
                let place = places
                    .find(|(_, heading)| key(heading) == word && !is_said(said, heading))?
                    .0;
                Some(place)
                    .filter(is_free)
                    .filter(|_| !self.is_whole_name(column, word))
            });
            if let Some(found) = place.and_then(|place| self.found.get_mut(place)) {
                *found = Some(column);
            }
        }
    }

    /// Whether a heading that may be half a name or all of it is all of it: the other half has no column.
    fn is_whole_name(&self, column: &str, word: &str) -> bool {
        let other = match column {
            "given_name" => "family_name",
            "family_name" => "given_name",
            _ => return false,
        };
        let is_half_only = |word: &str| ROSTER.fields(word).all(|field| field == other);
        let mut others = self
            .headings
            .iter()
            .filter(|heading| ROSTER.fields(heading).any(|field| field == other));
        ROSTER.fields(word).any(|field| field == "name")
            && !others.any(|heading| is_half_only(heading))
            && !self.has(other)
    }

    fn missing(&self) -> Option<Told> {
        let has_name = WHOLE_NAME.iter().any(|name| self.has(name));
        let is_name = |column: &str| matches!(column, "given_name" | "family_name");
        let missing: Vec<&str> = NEEDED
            .into_iter()
            .filter(|column| !(self.has(column) || has_name && is_name(column)))
            .collect();
        (!missing.is_empty()).then(|| {
            let words = format!(
                "there is no column for {}; the headings are {}; rename them, or say which is which",
                missing.join(", "),
                self.quoted()
            );
            Told::new("no_column", words).with("columns", missing.join(","))
        })
    }

    fn quoted(&self) -> String {
        let filled = self.headings.iter().filter(|heading| !heading.is_empty());
        let quoted: Vec<String> = filled.map(|heading| format!("{heading:?}")).collect();
        quoted.join(", ")
    }
}

fn is_said(said: &[&str], heading: &str) -> bool {
    said.iter().any(|said| key(said) == key(heading))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(headings: &[&str], said: &[(&'static str, &str)]) -> Vec<Option<&'static str>> {
        let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
        let columns = said
            .iter()
            .map(|(column, heading)| (*column, (*heading).to_owned()))
            .collect();
        let said = Said {
            columns,
            ..Said::default()
        };
        let (columns, problems) = Columns::find(&headings, &said);
        assert!(problems.is_empty(), "{problems:?}");
        columns.found
    }

    #[test]
    fn a_heading_is_half_a_name_only_beside_the_other_half() {
        let german = ["Nr", "Name", "Vorname", "Filiale"];
        assert_eq!(
            found(&german, &[("employee_id", "Nr")]),
            [
                Some("employee_id"),
                Some("family_name"),
                Some("given_name"),
                Some("site")
            ]
        );
        assert_eq!(
            found(&["Matricule", "Nom", "Magasin"], &[]),
            [Some("employee_id"), Some("name"), Some("site")]
        );
        assert_eq!(
            found(&["Nº empleado", "Nombre", "Apellidos", "Centro"], &[]),
            [
                Some("employee_id"),
                Some("given_name"),
                Some("family_name"),
                Some("site")
            ]
        );
        assert_eq!(
            found(&["ID empleado", "Apellidos y nombre", "Tienda"], &[]),
            [Some("employee_id"), Some("name_family_first"), Some("site")]
        );
    }

    #[test]
    fn of_two_headings_for_one_column_the_better_known_is_taken() {
        let found = found(
            &["Staff ID", "Name", "Store", "Manager", "Manager ID", "Salary"],
            &[],
        );
        assert_eq!(found[3..], [None, Some("manager_employee_id"), None]);
    }

    #[test]
    fn what_is_said_wins_and_may_be_that_a_column_is_left_out() {
        let found = found(
            &["Staff ID", "Name", "Store", "Email", "Private"],
            &[("none", "email"), ("email", "Private")],
        );
        assert_eq!(found[3..], [Some("none"), Some("email")]);
    }

    #[test]
    fn what_is_remembered_gives_way_to_what_is_said() {
        let headings = ["Staff ID", "Name", "Store", "Email", "Private"].map(str::to_owned);
        let remembered = vec![
            ("none", "Email".to_owned()),
            ("email", "private".to_owned()),
            ("phone", "Gone".to_owned()),
        ];
        let said = Said {
            remembered,
            ..Said::default()
        };
        let (columns, problems) = Columns::find(&headings, &said);
        assert_eq!(
            (problems, &columns.found[3..]),
            (Vec::new(), &[Some("none"), Some("email")][..])
        );
        let said = Said {
            columns: vec![("email", "Email".to_owned())],
            ..said
        };
        let (columns, _) = Columns::find(&headings, &said);
        assert_eq!(columns.found[3..], [Some("email"), None]);
    }
}
