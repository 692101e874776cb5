//! Group commit: comments that arrive while another transaction is being written share the next one, and so one wait
//! for the disk. Nobody waits for company: a comment that comes alone is committed alone. This is the only place that groups.
use sea_orm::DbErr;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

use super::{
    draft::Draft,
    store::{Stored, store},
};
use crate::platform::{db::Db, telemetry::metrics};

/// Comments in one transaction at most: keeps the writer busy for well under 50 ms.
const GROUP: usize = 128;
/// Comments that may wait; more senders than this are slowed down.
const WAITING: usize = 1024;

type Answer = Result<Stored, Arc<DbErr>>;
struct Waiting {
    draft: Draft,
    answer: oneshot::Sender<Answer>,
}

/// Hands comments to the task that commits them.
#[derive(Clone, Debug)]
pub struct Grouper {
    sender: mpsc::Sender<Waiting>,
}

/// A comment was not stored.
#[derive(Debug, thiserror::Error)]
pub enum NotStored {
    /// The database refused.
    #[error("could not store the comment: {0}")]
    Database(Arc<DbErr>),
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
}

impl Grouper {
    /// Starts the task; it ends when nobody can hand it anything any more.
    #[must_use]
    pub fn start(db: Db) -> Grouper {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(commit_groups(db, receiver));
        Grouper { sender }
    }

    /// Returns if the task has died.
    pub async fn died(self) {
        self.sender.closed().await;
    }

    /// Stores one comment; returns when it is on disk.
    pub async fn store(&self, draft: Draft) -> Result<Stored, NotStored> {
        let (answer, stored) = oneshot::channel();
        self.sender
            .send(Waiting { draft, answer })
            .await
            .map_err(|_| NotStored::Stopping)?;
        match stored.await {
            Ok(stored) => stored.map_err(NotStored::Database),
            Err(_) => Err(NotStored::Stopping),
        }
    }
}

async fn commit_groups(db: Db, mut receiver: mpsc::Receiver<Waiting>) {
    let mut group = Vec::with_capacity(GROUP);
    while receiver.recv_many(&mut group, GROUP).await > 0 {
        commit_group(&db, std::mem::take(&mut group)).await;
    }
}

/// Commits a group; if it fails as a whole each comment is tried alone, so that one cannot spoil the others.
async fn commit_group(db: &Db, group: Vec<Waiting>) {
    let (batch, answers): (Vec<_>, Vec<_>) = group.into_iter().map(|w| (w.draft, w.answer)).unzip();
    match commit(db, &batch).await {
        Ok(stored) => {
            for (answer, stored) in answers.into_iter().zip(stored) {
                let _ = answer.send(Ok(stored));
            }
        }
        Err(_) if batch.len() > 1 => {
            for (draft, answer) in batch.iter().zip(answers) {
                let alone = commit(db, std::slice::from_ref(draft)).await;
                let _ = answer.send(alone.and_then(only).map_err(Arc::new));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for answer in answers {
                let _ = answer.send(Err(error.clone()));
            }
        }
    }
}

async fn commit(db: &Db, batch: &[Draft]) -> Result<Vec<Stored>, DbErr> {
    let tx = db.write().await?;
    let stored = store(&tx, batch).await?;
    tx.commit().await?;
    db.note_captures(batch.len());
    metrics::capture_group();
    Ok(stored)
}

fn only(stored: Vec<Stored>) -> Result<Stored, DbErr> {
    stored
        .into_iter()
        .next()
        .ok_or_else(|| DbErr::RecordNotFound("a stored comment".to_owned()))
}
