//! Rotas as tables: a line a shift, with local times.
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use super::columns::{Said, find};
use super::times::{at, clock, moment, next};
use super::{LONGEST, Stretch};
use crate::local::instants;
use crate::roster::csv::Line;
use crate::roster::problem::{Problem, by_cause};
use crate::table::day::{self, DayOrder, Evidence};
use crate::table::is_error;

/// Longest name of a post, in letters.
pub const LONGEST_POST: usize = 100;

/// A shift as a line has it, in local time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line of the file.
    pub line: u64,
    /// Who, by number; or by name.
    pub employee_id: Option<String>,
    /// Who, by name.
    pub name: Option<String>,
    /// Where: a path or a unique name.
    pub site: Option<String>,
    /// Till, desk or the like.
    pub post: Option<String>,
    /// When it begins.
    pub from: NaiveDateTime,
    /// When it ends.
    pub to: NaiveDateTime,
    /// Breaks within it, from when to when.
    pub breaks: Vec<(NaiveDateTime, NaiveDateTime)>,
}

/// The lines that are right, and everything that is wrong.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// Headings with what they stand for.
    pub columns: Vec<(String, Option<&'static str>)>,
    /// Shifts, in the order of the file.
    pub rows: Vec<Row>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

impl Row {
    /// When it is by the clocks of a zone, with its breaks; none where clocks are put forward over all of it. A time that there is twice
    /// begins with the first and ends with the second; one that there is not is the first moment after.
    #[must_use]
    pub fn in_zone(&self, zone: Tz) -> Option<(Stretch, Vec<Stretch>)> {
        let stretch = |(from, to): (NaiveDateTime, NaiveDateTime)| {
            let from = moments(zone, from).next()?;
            let to = moments(zone, to).last()?;
            (from < to).then_some((from, to))
        };
        let breaks = self.breaks.iter().filter_map(|pause| stretch(*pause));
        Some((stretch((self.from, self.to))?, breaks.collect()))
    }
}

fn moments(zone: Tz, local: NaiveDateTime) -> impl Iterator<Item = DateTime<Utc>> {
    let minute = local.hour() * 60 + local.minute();
    instants(zone, local.date(), minute)
}

/// Reads the lines below the headings.
#[must_use]
pub fn read(headings: &Line, lines: &[Line], said: &Said) -> Parsed {
    let mut parsed = Parsed::default();
    let names = match &headings.cells {
        Ok(names) => names,
        Err(why) => {
            parsed
                .problems
                .push(Problem::new(headings.number, None, why.clone()));
            return parsed;
        }
    };
    let (columns, wrong) = find(names, said);
    let wrong = wrong
        .into_iter()
        .map(|message| Problem::new(headings.number, None, message));
    parsed.problems.extend(wrong);
    parsed.columns = names.iter().cloned().zip(columns).collect();
    if !parsed.problems.is_empty() {
        return parsed;
    }
    let reader = Reader {
        columns: parsed.columns.iter().map(|(_, column)| *column).collect(),
        order: None,
        has_site: said.has_site,
    };
    let order = said
        .day_order
        .map_or_else(|| reader.order(lines), |order| Ok(Some(order)));
    let order = match order {
        Ok(order) => order,
        Err(problem) => {
            parsed.problems.push(*problem);
            return parsed;
        }
    };
    let reader = Reader { order, ..reader };
    for line in lines {
        match reader.row(line) {
            Ok(row) => parsed.rows.push(row),
            Err(problem) => parsed.problems.push(*problem),
        }
    }
    parsed.problems = by_cause(parsed.problems);
    parsed
}

struct Reader {
    columns: Vec<Option<&'static str>>,
    order: Option<DayOrder>,
    has_site: bool,
}

type Wrong = Box<Problem>;

impl Reader {
    fn cell<'a>(&self, line: &'a Line, column: &'static str) -> Result<Option<&'a str>, Wrong> {
        let cells = line.cells.as_ref();
        let cells = cells.map_err(|why| Box::new(Problem::new(line.number, None, why.clone())))?;
        let place = self.columns.iter().position(|known| *known == Some(column));
        let cell = place.and_then(|place| cells.get(place)).map(|cell| cell.trim());
        match cell.filter(|cell| !cell.is_empty()) {
            Some(cell) if is_error(cell) => Err(wrong(
                line,
                column,
                cell,
                "an error of the spreadsheet; mend the formula".to_owned(),
            )),
            cell => Ok(cell),
        }
    }

    /// In which order days stand, where that is needed.
    fn order(&self, lines: &[Line]) -> Result<Option<DayOrder>, Wrong> {
        let days = lines.iter().flat_map(|line| {
            let day = self.cell(line, "date").ok().flatten().map(str::to_owned);
            let within = ["from", "to"].map(|column| Some(moment(self.cell(line, column).ok()??)?.0));
            day.into_iter().chain(within.into_iter().flatten())
        });
        let of = |value: &str| {
            let stands = |line: &&Line| line.cells.iter().flatten().any(|cell| cell.contains(value));
            lines.iter().find(stands).map_or(0, |line| line.number)
        };
        match day::evidence(days) {
            Evidence::NotNeeded => Ok(None),
            Evidence::Told(order) => Ok(Some(order)),
            Evidence::Open(example) => Err(Box::new(Problem::new(
                of(&example),
                Some("date"),
                format!(
                    "{example:?} may be {}, and no other day in the file tells which; say the order: dmy (31/12/2026) or mdy (12/31/2026)",
                    day::both_in_words(&example)
                ),
            ))),
            Evidence::Contradiction(one, other) => Err(Box::new(Problem::new(
                of(&one),
                Some("date"),
                format!(
                    "{one:?} begins with the day and {other:?} with the month; write all days one way, best as 2026-12-31"
                ),
            ))),
        }
    }

    fn row(&self, line: &Line) -> Result<Row, Wrong> {
        self.check_width(line)?;
        let owned = |column| Ok::<_, Wrong>(self.cell(line, column)?.map(str::to_owned));
        let (from, to) = self.hours(line)?;
        let row = Row {
            line: line.number,
            employee_id: owned("employee_id")?,
            name: self.name(line)?,
            site: owned("site")?,
            post: owned("post")?,
            from,
            to,
            breaks: self.breaks(line, from, to)?,
        };
        let missing = |column, example: &str| {
            wrong(
                line,
                column,
                "",
                format!("there is nothing; right is, for example, {example}"),
            )
        };
        if row.employee_id.is_none() && row.name.is_none() {
            return Err(missing("employee_id", "E-1042"));
        }
        if row.site.is_none() && !self.has_site {
            return Err(missing("site", "Leeds"));
        }
        match row.post.as_deref() {
            Some(post) if post.chars().count() > LONGEST_POST => Err(wrong(
                line,
                "post",
                post,
                format!("a post may have {LONGEST_POST} letters"),
            )),
            _ => Ok(row),
        }
    }

    /// A list of breaks without quotes around it, say.
    fn check_width(&self, line: &Line) -> Result<(), Wrong> {
        let Ok(cells) = &line.cells else { return Ok(()) };
        let mut beyond = cells.iter().skip(self.columns.len());
        if cells.len() >= self.columns.len() && beyond.all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        let message =
            "the line has another number of fields than the headings; put quotes around what holds a comma";
        Err(Box::new(Problem::new(line.number, None, message)))
    }

    fn name(&self, line: &Line) -> Result<Option<String>, Wrong> {
        if let Some(whole) = self.cell(line, "name")? {
            return Ok(Some(whole.to_owned()));
        }
        let parts = [self.cell(line, "given_name")?, self.cell(line, "family_name")?];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        Ok((!parts.is_empty()).then(|| parts.join(" ")))
    }

    /// An end that is not after the beginning is the next day's.
    fn hours(&self, line: &Line) -> Result<(NaiveDateTime, NaiveDateTime), Wrong> {
        let (first, from) = self.time(line, "from")?;
        let (last, to) = self.time(line, "to")?;
        let day = match first {
            Some(day) => day,
            None => self.day(line)?,
        };
        let start = at(day, from);
        let mut end = at(last.unwrap_or(day), to);
        if last.is_none() && end <= start {
            end += TimeDelta::days(1);
        }
        if end <= start || end - start > LONGEST {
            let cell = self.cell(line, "to")?.unwrap_or_default();
            return Err(wrong(
                line,
                "to",
                cell,
                "a shift ends after it begins, and within 24 hours".to_owned(),
            ));
        }
        Ok((start, end))
    }

    fn day(&self, line: &Line) -> Result<NaiveDate, Wrong> {
        let Some(cell) = self.cell(line, "date")? else {
            return Err(wrong(
                line,
                "date",
                "",
                "there is no day; right is, for example, 2026-12-31, here or with the time at which the shift begins".to_owned(),
            ));
        };
        self.read_day(line, "date", cell)
    }

    fn read_day(&self, line: &Line, column: &'static str, text: &str) -> Result<NaiveDate, Wrong> {
        day::read(text, self.order).ok_or_else(|| {
            wrong(
                line,
                column,
                text,
                "no day; right is, for example, 2026-12-31".to_owned(),
            )
        })
    }

    /// The day, where the cell has one, and the minute.
    fn time(&self, line: &Line, column: &'static str) -> Result<(Option<NaiveDate>, u32), Wrong> {
        let cell = self.cell(line, column)?.unwrap_or_default();
        let no_time = || {
            let message = match cell {
                "" => "there is no time; right is, for example, 08:30".to_owned(),
                _ => "no time; right is, for example, 08:30".to_owned(),
            };
            wrong(line, column, cell, message)
        };
        let (day, minute) = moment(cell).ok_or_else(no_time)?;
        let day = (!day.is_empty()).then(|| self.read_day(line, column, &day));
        Ok((day.transpose()?, minute))
    }

    fn breaks(
        &self,
        line: &Line,
        from: NaiveDateTime,
        to: NaiveDateTime,
    ) -> Result<Vec<(NaiveDateTime, NaiveDateTime)>, Wrong> {
        let cell = self.cell(line, "breaks")?.unwrap_or_default();
        let parts = cell
            .split([',', ';', '\n'])
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let read = |part: &str| {
            let odd = |message: String| wrong(line, "breaks", part, message);
            let times = part.split_once(['-', '–', '—']);
            let times = times.and_then(|(start, end)| Some((clock(start)?, clock(end)?)));
            let (start, end) = times
                .ok_or_else(|| odd("no break; right is, for example, 10:00-10:15, 13:00-13:30".to_owned()))?;
            let start = next(from, start);
            let end = next(start + TimeDelta::minutes(1), end);
            match end <= to {
                true => Ok((start, end)),
                false => Err(odd("a break lies within its shift; this one does not".to_owned())),
            }
        };
        parts.map(read).collect()
    }
}

fn wrong(line: &Line, column: &'static str, value: &str, message: String) -> Wrong {
    let problem = Problem::new(line.number, Some(column), message);
    Box::new(if value.is_empty() {
        problem
    } else {
        problem.of(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> (Line, Vec<Line>) {
        let line = |(number, line): (u64, &str)| Line {
            number,
            cells: Ok(line.split('|').map(str::to_owned).collect()),
        };
        let mut lines = (1..).zip(text.lines()).map(line);
        (lines.next().unwrap(), lines.collect())
    }

    fn parse(text: &str) -> Parsed {
        let (headings, lines) = lines(text);
        read(&headings, &lines, &Said::default())
    }

    fn local(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn headings_of_four_languages_are_known() {
        for headings in [
            "employee_id|site|post|date|from|to|breaks",
            "Personalnummer|Filiale|Kasse|Datum|Von|Bis|Pausen",
            "Matricule|Magasin|Caisse|Jour|Début|Fin|Pauses",
            "Id. empleado|Tienda|Caja|Fecha|Desde|Hasta|Descansos",
        ] {
            let parsed = parse(&format!(
                "{headings}\nE-1|Leeds|4|2026-11-27|8:00|16:00|10:00-10:15, 13:00-13:30"
            ));
            assert_eq!(parsed.problems, [], "{headings}");
            let row = &parsed.rows[0];
            assert_eq!(row.employee_id.as_deref(), Some("E-1"));
            assert_eq!(
                (row.site.as_deref(), row.post.as_deref()),
                (Some("Leeds"), Some("4"))
            );
            assert_eq!(row.from, local("2026-11-27T08:00:00"));
            assert_eq!(row.breaks.len(), 2);
        }
    }

    #[test]
    fn a_night_ends_on_the_next_day_and_its_breaks_lie_in_it() {
        let parsed =
            parse("name|site|from|to|breaks\nAnn Lee|Leeds|2026-11-27 22:00|06:00|23:45-00:15, 3:00-3:30");
        let row = &parsed.rows[0];
        assert_eq!(row.to, local("2026-11-28T06:00:00"));
        assert_eq!(
            row.breaks[0],
            (local("2026-11-27T23:45:00"), local("2026-11-28T00:15:00"))
        );
        assert_eq!(row.breaks[1].0, local("2026-11-28T03:00:00"));
    }

    #[test]
    fn on_days_of_a_change_of_clocks_shifts_are_as_long_as_they_are() {
        let zone: Tz = "Europe/Berlin".parse().unwrap();
        let hours = |day: &str, from: &str, to: &str| {
            let parsed = parse(&format!("name|site|date|from|to\nAnn|Leeds|{day}|{from}|{to}"));
            let ((from, to), _) = parsed.rows[0].in_zone(zone)?;
            Some((to - from).num_minutes())
        };
        assert_eq!(hours("2026-10-24", "22:00", "06:00"), Some(9 * 60));
        assert_eq!(hours("2026-03-28", "22:00", "06:00"), Some(7 * 60));
        assert_eq!(
            hours("2026-10-25", "00:00", "02:30"),
            Some(3 * 60 + 30),
            "until the second 02:30"
        );
        assert_eq!(
            hours("2026-03-29", "02:30", "06:00"),
            Some(3 * 60),
            "from 03:00 on"
        );
        assert_eq!(
            hours("2026-03-29", "02:10", "02:40"),
            None,
            "there is no such time"
        );
    }

    #[test]
    fn a_heading_that_stands_twice_is_refused() {
        let parsed = parse("employee_id|site|date|from|to|From\nE-1|Leeds|2026-11-27|8:00|16:00|9:00");
        let told: Vec<String> = parsed.problems.iter().map(ToString::to_string).collect();
        assert!(
            told.concat().contains("the column \"From\" stands twice"),
            "{told:?}"
        );
        assert!(parsed.rows.is_empty());
    }

    #[test]
    fn what_is_wrong_is_said_with_line_and_column() {
        let says = |text: &str| {
            let parsed = parse(text);
            assert!(parsed.rows.is_empty(), "{text}");
            parsed
                .problems
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        };
        for (line, column, what) in [
            ("E-1|Leeds|2026-11-27|soon|16:00|", "from", "08:30"),
            ("E-1|Leeds|2026-11-27||16:00|", "from", "no time"),
            ("E-1|Leeds|tomorrow|8:00|16:00|", "date", "2026-12-31"),
            ("E-1|Leeds||8:00|16:00|", "date", "no day"),
            ("|Leeds|2026-11-27|8:00|16:00|", "employee_id", "E-1042"),
            ("E-1||2026-11-27|8:00|16:00|", "site", "Leeds"),
            ("E-1|Leeds|2026-11-27|8:00|16:00|lunch", "breaks", "10:00-10:15"),
            ("E-1|Leeds|2026-11-27|8:00|16:00|17:00-17:15", "breaks", "within"),
            (
                "E-1|Leeds|2026-11-27|2026-11-27 8:00|2026-11-26 9:00|",
                "to",
                "after",
            ),
            ("E-1|Leeds|#REF!|8:00|16:00|", "date", "formula"),
        ] {
            let said = says(&format!("employee_id|site|date|from|to|breaks\n{line}"));
            assert!(
                said.contains("line 2") && said.contains(column) && said.contains(what),
                "{said}"
            );
        }
        assert!(says("employee_id|site|date\nE-1|Leeds|2026-11-27").contains("from=HEADING"));
        assert!(says("employee_id|site|date|from|to\nE-1|Leeds|03/04/2026|8:00|16:00").contains("dmy"));
    }
}
