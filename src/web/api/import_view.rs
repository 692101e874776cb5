//! Imports as the API shows them.
use chrono::{DateTime, NaiveDate, Utc};
use domain::roster::problem::Problem;
use entity::import;
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use super::rota::RotaView;
use crate::{
    capture::import::{Notify, Outcome, Preview as CommentPreview},
    roster::{
        import::{Changed, Leaving, Person, Preview as RosterPreview, SeenColumn},
        rota::file::Seen,
    },
};

/// Of each kind of change so many are shown; the counts tell of all.
const SHOWN: usize = 200;

/// Of lines with one cause so many are listed.
const LINES: usize = 100;

/// A file that was taken in.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ImportView {
    /// Its id.
    pub id: Uuid,
    /// `comments`, `roster` or `rota`.
    pub kind: String,
    /// The source of its comments.
    pub source_id: Option<Uuid>,
    /// Name of the file.
    pub file_name: String,
    /// SHA-256 of the file.
    pub digest: String,
    /// How many of what.
    pub counts: serde_json::Value,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was through.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub undone_at: Option<DateTime<Utc>>,
}

impl From<import::Model> for ImportView {
    fn from(row: import::Model) -> ImportView {
        ImportView {
            id: row.id,
            kind: row.kind,
            source_id: row.source_id,
            file_name: row.file_name,
            digest: row.digest,
            counts: row.counts,
            started_at: row.started_at,
            finished_at: row.finished_at,
            undone_at: row.undone_at,
        }
    }
}

/// A page of imports.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ImportPage {
    /// Imports, oldest first.
    pub items: Vec<ImportView>,
    /// `after` of the next page, where there is one.
    pub next: Option<String>,
}

/// What is wrong with one or more lines.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct BadLine {
    /// The first line of the file that it is about, from 1.
    pub line: u64,
    /// All of them, up to 100.
    pub lines: Vec<u64>,
    /// How many there are.
    pub count: u64,
    /// The column it is about.
    pub column: Option<String>,
    /// What was wrong and what would be right.
    pub message: String,
}

impl From<&Problem> for BadLine {
    fn from(problem: &Problem) -> BadLine {
        BadLine {
            line: problem.line(),
            lines: problem.lines.iter().copied().take(LINES).collect(),
            count: problem.lines.len() as u64,
            column: problem.column.clone(),
            message: problem.words(),
        }
    }
}

/// Somebody in a roster file.
#[derive(Clone, Debug, Object)]
pub struct RosterPerson {
    /// Line of the file.
    pub line: u64,
    /// The organisation's own number or code.
    pub employee_id: String,
    /// Name as it is shown.
    pub name: String,
}

impl From<Person> for RosterPerson {
    fn from(person: Person) -> RosterPerson {
        RosterPerson {
            line: person.line,
            employee_id: person.employee_id,
            name: person.name,
        }
    }
}

/// One value before and after.
#[derive(Clone, Debug, Object)]
pub struct ChangedField {
    /// Column of the file.
    pub field: String,
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

/// Somebody of whom something changes.
#[derive(Clone, Debug, Object)]
pub struct ChangedPerson {
    /// Who.
    pub person: RosterPerson,
    /// What.
    pub fields: Vec<ChangedField>,
}

impl From<Changed> for ChangedPerson {
    fn from(changed: Changed) -> ChangedPerson {
        let fields = changed.fields.into_iter().map(|change| ChangedField {
            field: change.field.to_owned(),
            from: change.from,
            to: change.to,
        });
        ChangedPerson {
            person: changed.person.into(),
            fields: fields.collect(),
        }
    }
}

/// Somebody who is no longer in a complete file.
#[derive(Clone, Debug, Object)]
pub struct LeavingPerson {
    /// The organisation's own number or code.
    pub employee_id: String,
    /// Name as it is shown.
    pub name: String,
    /// Their last day.
    pub last_day: NaiveDate,
}

impl From<Leaving> for LeavingPerson {
    fn from(leaving: Leaving) -> LeavingPerson {
        LeavingPerson {
            employee_id: leaving.employee_id,
            name: leaving.name,
            last_day: leaving.last_day,
        }
    }
}

/// A column of a roster file.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct RosterColumn {
    /// Its heading.
    pub heading: String,
    /// What it was taken for; nothing is read from the others.
    pub column: Option<String>,
    /// Some of what stands below it.
    pub samples: Vec<String>,
}

impl From<SeenColumn> for RosterColumn {
    fn from(seen: SeenColumn) -> RosterColumn {
        RosterColumn {
            heading: seen.heading,
            column: seen.column.map(str::to_owned),
            samples: seen.samples,
        }
    }
}

/// What a roster file would do, or did.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct RosterImportView {
    /// The import, where the file was applied.
    pub import_id: Option<Uuid>,
    /// Send this as `apply` to apply exactly this.
    pub digest: String,
    /// The encoding that was recognised, or the sheet of a workbook.
    pub encoding: String,
    /// The columns of the file.
    pub columns: Vec<RosterColumn>,
    /// Whether it can be applied.
    pub applicable: bool,
    /// What is odd and harmless.
    pub warnings: Vec<String>,
    /// What is wrong, each cause once; while there is something, nothing is applied. At most 200 are listed here and below.
    pub problems: Vec<BadLine>,
    /// Other reasons why nothing is applied.
    pub refusals: Vec<String>,
    /// Paths of sites to be made.
    pub new_sites: Vec<String>,
    /// People to be added.
    pub added: Vec<RosterPerson>,
    /// People of whom something changes.
    pub changed: Vec<ChangedPerson>,
    /// People who have left.
    pub leaving: Vec<LeavingPerson>,
    /// How many of what, all counted.
    pub counts: serde_json::Value,
}

impl RosterImportView {
    /// The first of each kind, with the counts of all.
    #[must_use]
    pub fn new(preview: RosterPreview, import_id: Option<Uuid>) -> RosterImportView {
        let problems = preview.problems.iter().take(SHOWN).map(BadLine::from);
        RosterImportView {
            import_id,
            applicable: preview.is_applicable(),
            counts: preview.counts(),
            problems: problems.collect(),
            digest: preview.digest,
            encoding: preview.encoding,
            columns: preview.columns.into_iter().map(RosterColumn::from).collect(),
            warnings: preview.warnings.iter().map(ToString::to_string).collect(),
            refusals: preview
                .refusals
                .iter()
                .map(|refusal| refusal.words("send allow_leavers"))
                .collect(),
            new_sites: first(preview.new_sites),
            added: first(preview.added),
            changed: first(preview.changed),
            leaving: first(preview.leaving),
        }
    }
}

fn first<T, U: From<T>>(all: Vec<T>) -> Vec<U> {
    all.into_iter().take(SHOWN).map(U::from).collect()
}

/// What a rota would bring, or brought.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct RotaImportView {
    /// The import, where the file was taken in.
    pub import_id: Option<Uuid>,
    /// The encoding that was recognised, or the sheet of a workbook.
    pub encoding: String,
    /// The columns that are used.
    pub columns: Vec<ColumnView>,
    /// Lines below the headings.
    pub lines: u64,
    /// Shifts in them.
    pub shifts: u64,
    /// Lines that are left out, since they are older than what is kept.
    pub too_old: u64,
    /// What is wrong, each cause once, up to 200; while there is something, nothing is written.
    pub problems: Vec<BadLine>,
    /// What was written, where the file was taken in.
    pub written: Option<RotaView>,
}

impl RotaImportView {
    /// Of a dry run.
    #[must_use]
    pub fn new(seen: &Seen) -> RotaImportView {
        let used = seen.columns.iter().filter_map(|(heading, column)| {
            Some(ColumnView {
                field: (*column)?.to_owned(),
                header: heading.clone(),
            })
        });
        RotaImportView {
            import_id: None,
            encoding: seen.encoding.clone(),
            columns: used.collect(),
            lines: seen.lines,
            shifts: seen.shifts(),
            too_old: seen.too_old,
            problems: seen.problems.iter().take(SHOWN).map(BadLine::from).collect(),
            written: None,
        }
    }

    /// Once it was taken in.
    pub fn applied(&mut self, import: Uuid, written: RotaView) {
        self.import_id = Some(import);
        self.written = Some(written);
    }
}

/// Whether managers hear of what a file brings.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum TellView {
    /// Of none
    None,
    /// In the next digest
    Digest,
    /// At once
    Now,
}

impl From<Option<TellView>> for Notify {
    fn from(tell: Option<TellView>) -> Notify {
        match tell {
            None => Notify::Recent,
            Some(TellView::None) => Notify::None,
            Some(TellView::Digest) => Notify::Digest,
            Some(TellView::Now) => Notify::Now,
        }
    }
}

/// Which column is what.
#[derive(Clone, Debug, Object)]
pub struct ColumnView {
    /// What it means, such as `text`.
    pub field: String,
    /// Its header in the file.
    pub header: String,
}

/// What a comment file would bring, or brought.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct CommentImportView {
    /// The import, where the file was taken in.
    pub import_id: Option<Uuid>,
    /// The encoding that was recognised.
    pub encoding: String,
    /// The columns that are used.
    pub columns: Vec<ColumnView>,
    /// Headers of columns that are left out.
    pub ignored: Vec<String>,
    /// The scale of the scores, where there are scores.
    pub scale: Option<String>,
    /// Lines after the header.
    pub lines: u64,
    /// Comments in them.
    pub comments: u64,
    /// Lines without words.
    pub blank: u64,
    /// Lines that cannot be used.
    pub rejected: u64,
    /// The first 10,000 of those. Mended, they may be sent in the same file: what was taken in is not added twice.
    pub rejects: Vec<BadLine>,
    /// What is wrong with those lines, each cause once, up to 200.
    pub causes: Vec<BadLine>,
    /// Comments that managers will hear of, at most.
    pub told: u64,
    /// What became of it, where it was taken in: `added`, `same`, `revised`, `gone`.
    pub outcome: Option<serde_json::Value>,
}

impl CommentImportView {
    /// What was seen, and what became of it where it was taken in.
    #[must_use]
    pub fn new(preview: CommentPreview, outcome: Option<Outcome>) -> CommentImportView {
        let columns = preview.columns.into_iter().map(|(field, header)| ColumnView {
            field: field.name().to_owned(),
            header,
        });
        let causes = preview.causes.iter().take(SHOWN).map(BadLine::from);
        let causes = causes.collect();
        let rejects = preview.rejects.into_iter().map(|reject| BadLine {
            line: reject.line,
            lines: vec![reject.line],
            count: 1,
            column: None,
            message: reject.reason,
        });
        CommentImportView {
            import_id: outcome.map(|outcome| outcome.import),
            encoding: preview.encoding,
            columns: columns.collect(),
            ignored: preview.ignored,
            scale: preview.scale.map(|scale| scale.name().to_owned()),
            lines: preview.lines,
            comments: preview.comments,
            blank: preview.blank,
            rejected: preview.rejected,
            rejects: rejects.collect(),
            causes,
            told: preview.told,
            outcome: outcome.map(|outcome| outcome.counts()),
        }
    }
}

/// What became of an import that was taken back.
#[derive(Clone, Debug, Object)]
pub struct UndoneImport {
    /// Comments that were withdrawn.
    pub withdrawn: u64,
}
