//! Roster files: a dry run says what would happen; applying does exactly that, or nothing.
//!
//! A person who is missing from the file is left alone unless the file is said to be complete. Nothing is ever removed:
//! who leaves gets a last day, who moves gets a new assignment from today on.
mod notes;
pub(in crate::roster) mod people;
mod plan;
pub(in crate::roster) mod read;
mod write;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, Utc};
use domain::roster::{
    columns::{self, Said},
    problem::Problem,
};
use sea_orm::{ConnectionTrait, DbErr};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Change, RosterError, erased::Erased, organisation};
use crate::platform::{
    blocking::blocking,
    db::Tx,
    secret::Secrets,
    table::{TableError, remembered::Remembered},
    text_file::{TextFile, hex},
};
pub use notes::{NO_SITE, Refusal, Warning};
use plan::{Plan, Snapshot};

/// How a file is to be taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Make sites that the file names and that do not exist.
    pub create_sites: bool,
    /// Who is not in the file has left.
    pub complete: bool,
    /// The file is complete for this site and those below it only.
    pub site: Option<String>,
    /// Up to this many may leave even where it is more than one in twenty.
    pub allow_leavers: Option<u64>,
    /// What the caller says of its columns and days.
    pub said: Said,
}

/// What a file would do.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// Names this file, these options and this state of the roster: applying asks for it.
    pub digest: String,
    /// The encoding that was recognised, or the sheet of a workbook.
    pub encoding: String,
    /// The file's columns, and what they stand for.
    pub columns: Vec<SeenColumn>,
    /// Lines below the headings.
    pub lines: u64,
    /// What is odd and harmless, or to be looked at.
    pub warnings: Vec<Warning>,
    /// What is wrong, each cause once; while there is something, nothing is applied.
    pub problems: Vec<Problem>,
    /// The first lines of the problems as they stand in the file.
    pub quoted: BTreeMap<u64, String>,
    /// Other reasons why nothing is applied.
    pub refusals: Vec<Refusal>,
    /// Paths of sites to be made.
    pub new_sites: Vec<String>,
    /// People to be added.
    pub added: Vec<Person>,
    /// People of whom something changes.
    pub changed: Vec<Changed>,
    /// People who have left.
    pub leaving: Vec<Leaving>,
    /// How many people stay as they are.
    pub same: u64,
}

/// A column of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenColumn {
    /// Its heading.
    pub heading: String,
    /// What it stands for; nothing is read from the others.
    pub column: Option<&'static str>,
    /// Some of what stands below it.
    pub samples: Vec<String>,
}

/// Somebody in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Line of the file.
    pub line: u64,
    /// The organisation's own number or code.
    pub employee_id: String,
    /// Name as it is shown.
    pub name: String,
}

/// Somebody of whom something changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Who.
    pub person: Person,
    /// What.
    pub fields: Vec<FieldChange>,
}

/// One value before and after, as the file writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// Column of the file.
    pub field: &'static str,
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

/// Somebody who is no longer in a complete file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// The organisation's own number or code.
    pub employee_id: String,
    /// Name as it is shown.
    pub name: String,
    /// Their last day.
    pub last_day: NaiveDate,
}

impl Preview {
    /// Whether it can be applied.
    #[must_use]
    pub fn is_applicable(&self) -> bool {
        self.problems.is_empty() && self.refusals.is_empty()
    }

    /// Whether lines name sites that are not there.
    #[must_use]
    pub fn lacks_sites(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.message.code == NO_SITE)
    }

    /// How many lines cannot be used.
    #[must_use]
    pub fn bad_lines(&self) -> u64 {
        let lines = self.problems.iter().flat_map(|problem| &problem.lines);
        lines.collect::<HashSet<_>>().len() as u64
    }

    /// How many of what, for the import's row and the audit log.
    #[must_use]
    pub fn counts(&self) -> serde_json::Value {
        serde_json::json!({
            "added": self.added.len(),
            "changed": self.changed.len(),
            "leaving": self.leaving.len(),
            "same": self.same,
            "new_sites": self.new_sites.len(),
            "rejected": self.bad_lines(),
        })
    }
}

/// A file that was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is no table that can be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The options contradict each other or name what is not there.
    #[error("{0}")]
    Options(String),
    /// There are bad lines, or too many would leave.
    #[error("nothing was applied: {} bad lines{}", .0.bad_lines(), refusals(.0))]
    Refused(Box<Preview>),
    /// What was agreed to is not what would happen now.
    #[error(
        "nothing was applied: the file, the options or the roster are not those of the dry run {expected}; look at a new dry run"
    )]
    Stale {
        /// The digest that was agreed to.
        expected: String,
    },
    /// A site could not be made, or the like.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

fn refusals(preview: &Preview) -> String {
    preview
        .refusals
        .iter()
        .map(|refusal| format!("; {refusal}"))
        .collect()
}

/// What came of applying a file.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The import's row.
    pub import: Uuid,
    /// What was done.
    pub preview: Preview,
}

/// Says what a file would do; changes nothing.
pub async fn preview(
    connection: &impl ConnectionTrait,
    secrets: &Arc<Secrets>,
    organisation: Uuid,
    file: &TextFile,
    options: &Options,
    now: DateTime<Utc>,
) -> Result<Preview, ImportError> {
    let prepared = prepare(connection, secrets, organisation, file, options, now).await?;
    Ok(prepared.plan.preview)
}

/// A file that was read and held against the roster, so that nobody waits for that while it is written.
#[derive(Debug)]
pub struct Prepared {
    organisation: Uuid,
    file: TextFile,
    plan: Plan,
    /// Of the roster against which it was held.
    version: i64,
}

/// Reads a file that is to be applied as its dry run said; `digest` is that dry run's.
pub async fn agreed(
    connection: &impl ConnectionTrait,
    secrets: &Arc<Secrets>,
    organisation: Uuid,
    file: &TextFile,
    options: &Options,
    digest: &str,
    now: DateTime<Utc>,
) -> Result<Prepared, ImportError> {
    let prepared = prepare(connection, secrets, organisation, file, options, now).await?;
    if prepared.plan.preview.digest != digest {
        return Err(stale(digest));
    }
    if !prepared.plan.preview.is_applicable() {
        return Err(ImportError::Refused(Box::new(prepared.plan.preview)));
    }
    Ok(prepared)
}

/// Applies it in the caller's transaction, if the roster is still the one against which it was held.
pub async fn apply(
    tx: &Tx,
    prepared: Prepared,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Applied, ImportError> {
    let Prepared {
        organisation,
        file,
        plan,
        version,
    } = prepared;
    let change = Change::begin(tx, organisation, actor, now).await?;
    if change.version() != version + 1 {
        return Err(stale(&plan.preview.digest));
    }
    let import = write::write(&change, &plan, &file).await?;
    Ok(Applied {
        import,
        preview: plan.preview,
    })
}

fn stale(digest: &str) -> ImportError {
    ImportError::Stale {
        expected: digest.to_owned(),
    }
}

async fn prepare(
    connection: &impl ConnectionTrait,
    secrets: &Arc<Secrets>,
    organisation: Uuid,
    file: &TextFile,
    options: &Options,
    now: DateTime<Utc>,
) -> Result<Prepared, ImportError> {
    let found = organisation::by_id(connection, organisation).await?;
    let found = found.ok_or_else(|| RosterError::not_found("organisation", organisation.to_string()))?;
    let (today, version) = (organisation::day_in(&found, now), found.roster_version);
    let snapshot = Snapshot::load(connection, organisation).await?;
    let erased = Erased::load(connection, secrets, organisation).await?;
    let (read_from, mut asked) = (file.clone(), options.clone());
    let remembered = Remembered::load(connection, organisation, "roster", None).await?;
    asked.said.remembered = known_columns(&remembered);
    let plan = blocking(move || {
        let file = read::read(&read_from, &asked.said)?;
        let table = file.table.clone();
        let mut plan = plan::plan(file, snapshot, &erased, &asked, today)?;
        plan.preview.encoding = table.what();
        plan.preview.quoted = read::quoted(&table, &plan.preview.problems)?;
        Ok::<_, ImportError>(plan)
    });
    let mut plan = plan.await?;
    plan.preview.digest = digest_of(file, options, version);
    let said = options.said.columns.iter();
    plan.columns = remembered.with(said.map(|(column, heading)| (heading.as_str(), *column)));
    Ok(Prepared {
        organisation,
        file: file.clone(),
        plan,
        version,
    })
}

fn known_columns(remembered: &Remembered) -> Vec<(&'static str, String)> {
    let known = remembered.iter().filter_map(|(heading, name)| {
        let column = columns::choices().find(|choice| *choice == name)?;
        Some((column, heading.to_owned()))
    });
    known.collect()
}

/// 16 hexadecimal digits that change with the file, the options and the roster.
fn digest_of(file: &TextFile, options: &Options, version: i64) -> String {
    let mut hash = Sha256::new();
    hash.update(format!(
        "{}\n{}\n{options:?}\n{version}",
        file.sha256(),
        file.encoding()
    ));
    let mut digest = hex(&hash.finalize());
    digest.truncate(16);
    digest
}
