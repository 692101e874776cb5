//! A rota as a file: read by the reader of all tables, held against the roster, and written as a whole or not at all.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{
    roster::{
        csv::Line,
        problem::{Problem, by_cause},
    },
    rota::{
        columns::Said,
        file::{self, Row},
    },
    table::heading::{ROTA, key},
};
use entity::{import, json::Break};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbErr, prelude::Json};
use uuid::Uuid;

use super::{NewShift, Person, Replaced, Staff, kept_since, replace};
use crate::{
    access::audit,
    platform::{
        blocking::blocking,
        db::Tx,
        table::{Table, TableError, remembered::Remembered},
        text_file::TextFile,
    },
    roster::{
        RosterError, SiteIndex,
        import::read::{fill_up, line},
        organisation,
        zone::{self, Zones},
    },
};

/// As imports are listed.
const KIND: &str = "rota";

/// How a file is to be taken.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What the caller says of its columns and days.
    pub said: Said,
    /// The site of lines that name none.
    pub site: Option<String>,
}

/// What a file holds.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The encoding that was recognised, or the sheet of a workbook.
    pub encoding: String,
    /// Headings with what they stand for.
    pub columns: Vec<(String, Option<&'static str>)>,
    /// Lines below the headings.
    pub lines: u64,
    /// Lines that are older than what is kept.
    pub too_old: u64,
    /// What is wrong, each cause once; while there is something, nothing is written.
    pub problems: Vec<Problem>,
    shifts: Vec<NewShift>,
    remembered: Option<Json>,
}

impl Seen {
    /// How many shifts it holds that are kept.
    #[must_use]
    pub fn shifts(&self) -> u64 {
        self.shifts.len() as u64
    }
}

/// A file that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum RotaError {
    /// It is no table that can be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// There are bad lines.
    #[error("nothing was written: {}", some(.0))]
    Wrong(Vec<Problem>),
    /// The site that was said is not there, or the like.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// The first of what is wrong.
fn some(problems: &[Problem]) -> String {
    const NAMED: usize = 20;
    let named: Vec<String> = problems.iter().take(NAMED).map(ToString::to_string).collect();
    let more = match problems.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    named.join("; ") + &more
}

/// Reads a file; changes nothing.
pub async fn read(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    file: &TextFile,
    options: &Options,
    now: DateTime<Utc>,
) -> Result<Seen, RotaError> {
    let remembered = Remembered::load(connection, organisation, KIND, None).await?;
    let known = remembered.iter();
    let mut said = Said {
        has_site: options.site.is_some(),
        ..options.said.clone()
    };
    said.remembered = known
        .filter_map(|(heading, name)| Some((Said::choice(name)?, heading.to_owned())))
        .collect();
    let (table, asked) = (file.clone(), said.clone());
    let (mut seen, rows) = blocking(move || parsed(table, &asked)).await?;
    let roster = Roster::load(connection, organisation, &rows, options).await?;
    for row in rows {
        match roster.shift(&row) {
            Ok(shift) if shift.day < kept_since(now) => seen.too_old += 1,
            Ok(shift) => seen.shifts.push(shift),
            Err(problem) => seen.problems.push(*problem),
        }
    }
    seen.problems = by_cause(seen.problems);
    let said = said
        .columns
        .iter()
        .map(|(column, heading)| (heading.as_str(), *column));
    seen.remembered = remembered.with(said);
    Ok(seen)
}

fn parsed(file: TextFile, said: &Said) -> Result<(Seen, Vec<Row>), TableError> {
    let table = Table::open(file, &|cells| known(cells, said))?;
    let headings = Line {
        number: table.headings_row(),
        cells: Ok(table.headings()),
    };
    let width = table.headings().len();
    let mut lines: Vec<Line> = table.rows()?.map(line).collect();
    if table.separator().is_none() {
        lines.iter_mut().for_each(|line| fill_up(line, width));
    }
    let parsed = file::read(&headings, &lines, said);
    let seen = Seen {
        encoding: table.what(),
        columns: parsed.columns,
        lines: lines.len() as u64,
        problems: parsed.problems,
        ..Seen::default()
    };
    Ok((seen, parsed.rows))
}

fn known(cells: &[String], said: &Said) -> usize {
    let said = || said.columns.iter().chain(&said.remembered);
    let is_said = |cell: &&str| said().any(|(_, heading)| key(heading) == key(cell));
    let cells = || cells.iter().map(String::as_str);
    cells().filter(is_said).count() + ROTA.known_among(cells().filter(|cell| !is_said(cell)))
}

/// What lines are held against.
struct Roster {
    staff: Staff,
    /// By what lines call them.
    sites: HashMap<String, Result<Uuid, String>>,
    default_site: Option<Uuid>,
    zones: Zones,
}

impl Roster {
    async fn load(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        rows: &[Row],
        options: &Options,
    ) -> Result<Roster, RotaError> {
        let index = SiteIndex::load(connection, organisation).await?;
        let default_site = options
            .site
            .as_deref()
            .map(|site| index.resolve(site))
            .transpose()?;
        let mut sites = HashMap::new();
        for name in rows.iter().filter_map(|row| row.site.as_deref()) {
            if !sites.contains_key(name) {
                let found = index.resolve(name).map_err(|error| error.to_string());
                sites.insert(name.to_owned(), found);
            }
        }
        let own = organisation::by_id(connection, organisation).await?;
        let own = own.ok_or_else(|| RosterError::not_found("organisation", organisation.to_string()))?;
        let named = sites.values().filter_map(|found| found.as_ref().ok()).copied();
        let zones = zone::zones(connection, &own, named.chain(default_site)).await?;
        Ok(Roster {
            staff: Staff::load(connection, organisation).await?,
            sites,
            default_site,
            zones,
        })
    }

    fn shift(&self, row: &Row) -> Result<NewShift, Box<Problem>> {
        let wrong = |column, value: &str, message: String| {
            let problem = Problem::new(row.line, Some(column), message);
            Box::new(if value.is_empty() {
                problem
            } else {
                problem.of(value)
            })
        };
        let site = self.site(row).map_err(|message| wrong("site", "", message))?;
        let (number, name) = (row.employee_id.as_deref(), row.name.as_deref());
        let person = Person {
            employee_id: number,
            name,
        };
        let staff = self.staff.find(person, site).map_err(|(column, message)| {
            let value = if column == "name" { name } else { number };
            wrong(column, value.unwrap_or_default(), message)
        })?;
        let zone: Tz = self.zones.at(Some(site));
        let (time, breaks) = row.in_zone(zone).ok_or_else(|| {
            wrong(
                "from",
                "",
                format!("there is no such time there: clocks of {zone} are put forward over it"),
            )
        })?;
        let breaks = breaks.into_iter().map(|(from, to)| Break { from, to }).collect();
        let shift = NewShift {
            site,
            day: row.from.date(),
            staff,
            post: row.post.clone(),
            starts_at: time.0,
            ends_at: time.1,
            breaks: sorted(breaks),
        };
        Ok(shift)
    }

    fn site(&self, row: &Row) -> Result<Uuid, String> {
        match row.site.as_deref().and_then(|name| self.sites.get(name)) {
            Some(found) => found.clone(),
            None => self.default_site.ok_or_else(|| "there is no site".to_owned()),
        }
    }
}

fn sorted(mut breaks: Vec<Break>) -> Vec<Break> {
    breaks.sort_unstable();
    breaks
}

/// Writes what a file holds; nothing, where something is wrong with it. Returns the import's row.
pub async fn apply(
    tx: &Tx,
    organisation: Uuid,
    (file, seen): (&TextFile, Seen),
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(Uuid, Replaced), RotaError> {
    if !seen.problems.is_empty() {
        return Err(RotaError::Wrong(seen.problems));
    }
    let replaced = replace(tx, organisation, seen.shifts, now).await?;
    let counts = serde_json::json!({
        "lines": seen.lines,
        "shifts": replaced.shifts,
        "days": replaced.days,
        "same": replaced.same,
        "too_old": seen.too_old,
    });
    let id = Uuid::now_v7();
    let row = import::ActiveModel {
        id: Set(id),
        organisation_id: Set(organisation),
        kind: Set(KIND.to_owned()),
        source_id: Set(None),
        file_name: Set(file.name().to_owned()),
        digest: Set(file.sha256().to_owned()),
        counts: Set(counts.clone()),
        actor: Set(actor.to_owned()),
        started_at: Set(now),
        finished_at: Set(Some(now)),
        undone_at: Set(None),
        columns: Set(seen.remembered),
    };
    row.insert(tx).await?;
    record(tx, organisation, Some(id), (actor, counts), now).await?;
    Ok((id, replaced))
}

/// Writes to the audit log that a rota came.
pub async fn record(
    tx: &Tx,
    organisation: Uuid,
    import: Option<Uuid>,
    (actor, detail): (&str, serde_json::Value),
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation,
        at: now,
        actor,
        action: "apply_rota",
        subject_kind: "import",
        subject_id: import.map(|id| id.to_string()),
        detail,
    };
    audit::record(tx, entry).await
}
