//! Takes a file in: batch by batch, each committed with its jobs, so that a million lines need little more memory than
//! one and an interrupted import goes on where it stopped when it is run again.
use std::io::Write;

use chrono::{DateTime, Utc};
use entity::import;
use sea_orm::DbErr;
use uuid::Uuid;

use super::{
    CommentFile, ImportError,
    lines::{LineFault, Lines},
    log,
};
use crate::{
    capture::{
        draft::Draft,
        store::{Stored, store},
    },
    platform::{blocking::blocking, clock::Clock, db::Db},
};

/// Comments in one transaction: keeps SQLite's one writer busy for well under 50 ms.
const BATCH: usize = 250;

/// What a file brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The import's row.
    pub import: Uuid,
    /// Lines after the header.
    pub lines: u64,
    /// Comments that are new.
    pub added: u64,
    /// Comments that were here already, with the same words.
    pub same: u64,
    /// Comments that were here with other words and have a revision now.
    pub revised: u64,
    /// Comments that were withdrawn or erased, and stay so.
    pub gone: u64,
    /// Lines without words.
    pub blank: u64,
    /// Lines that cannot be used.
    pub rejected: u64,
}

/// Takes everything in; writes `line,reason` of what cannot be used to `rejects` and tells `progress` of lines done.
pub async fn run(
    db: &Db,
    clock: &Clock,
    file: &CommentFile,
    actor: &str,
    rejects: &mut (dyn Write + Send),
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Outcome, ImportError> {
    let import = begin(db, file, actor, clock.now()).await?;
    let mut rejects = csv::Writer::from_writer(rejects);
    let mut outcome = Outcome {
        import: import.id,
        ..Outcome::default()
    };
    let mut lines = file.lines(Some(import.id))?;
    loop {
        let (rest, batch) = blocking(move || {
            let batch = Batch::read(&mut lines);
            (lines, batch)
        })
        .await;
        lines = rest;
        outcome.lines += batch.lines;
        outcome.blank += batch.blank;
        for (line, reason) in &batch.rejected {
            outcome.rejected += 1;
            write_reject(&mut rejects, *line, reason)?;
        }
        if let Some(error) = batch.stopped {
            return Err(error);
        }
        outcome.count(commit(db, &batch.comments).await?);
        progress(outcome.lines);
        if batch.comments.len() < BATCH {
            break;
        }
    }
    rejects.flush().map_err(ImportError::Rejects)?;
    finish(db, &import, outcome, actor, clock.now()).await?;
    Ok(outcome)
}

/// Lines up to the next transaction.
#[derive(Default)]
struct Batch {
    comments: Vec<Draft>,
    lines: u64,
    blank: u64,
    rejected: Vec<(u64, String)>,
    stopped: Option<ImportError>,
}

impl Batch {
    /// Reads until there are enough comments, or none are left.
    fn read(lines: &mut Lines) -> Batch {
        let mut batch = Batch::default();
        for line in lines {
            batch.lines += 1;
            match line.comment {
                Ok(comment) => batch.comments.push(comment),
                Err(LineFault::Blank) => batch.blank += 1,
                Err(LineFault::Rejected(reason)) => batch.rejected.push((line.number, reason)),
                Err(LineFault::Stop(error)) => {
                    batch.stopped = Some(error);
                    break;
                }
            }
            if batch.comments.len() == BATCH {
                break;
            }
        }
        batch
    }
}

async fn begin(db: &Db, file: &CommentFile, actor: &str, now: DateTime<Utc>) -> Result<import::Model, DbErr> {
    let tx = db.write().await?;
    let new = log::NewImport {
        organisation: file.ground.source.organisation_id,
        source: file.ground.source.id,
        file_name: file.table.file().name(),
        digest: file.table.file().sha256(),
        columns: &file.said,
        actor,
        now,
    };
    let made = log::begin(&tx, new).await?;
    tx.commit().await?;
    Ok(made)
}

async fn commit(db: &Db, batch: &[Draft]) -> Result<Vec<Stored>, DbErr> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let tx = db.write().await?;
    let stored = store(&tx, batch).await?;
    tx.commit().await?;
    Ok(stored)
}

async fn finish(
    db: &Db,
    import: &import::Model,
    outcome: Outcome,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let tx = db.write().await?;
    log::finish(&tx, import, outcome.counts(), actor, now).await?;
    tx.commit().await
}

fn write_reject(
    rejects: &mut csv::Writer<&mut (dyn Write + Send)>,
    line: u64,
    reason: &str,
) -> Result<(), ImportError> {
    let written = rejects.write_record([&line.to_string(), reason]);
    written.map_err(|error| ImportError::Rejects(error.into()))
}

impl Outcome {
    /// What an import that goes on has brought by now.
    pub(in crate::capture) fn so_far(import: &import::Model) -> Outcome {
        let count = |name: &str| import.counts.get(name).and_then(serde_json::Value::as_u64);
        let count = |name| count(name).unwrap_or_default();
        Outcome {
            import: import.id,
            lines: count("lines"),
            added: count("added"),
            same: count("same"),
            revised: count("revised"),
            gone: count("gone"),
            blank: count("blank"),
            rejected: count("rejected"),
        }
    }

    pub(in crate::capture) fn count(&mut self, stored: Vec<Stored>) {
        for stored in stored {
            match stored {
                Stored::New(_) => self.added += 1,
                Stored::Same(_) | Stored::Older(_) | Stored::KeyReused(_) => self.same += 1,
                Stored::Revised(_, _) => self.revised += 1,
                Stored::Gone(_) => self.gone += 1,
            }
        }
    }

    /// How many of what, for the import's row.
    #[must_use]
    pub fn counts(&self) -> serde_json::Value {
        serde_json::json!({
            "lines": self.lines,
            "added": self.added,
            "same": self.same,
            "revised": self.revised,
            "gone": self.gone,
            "blank": self.blank,
            "rejected": self.rejected,
        })
    }
}
