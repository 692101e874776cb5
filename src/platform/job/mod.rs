//! Work handed from stage to stage: rows of the table `job`, written in the transaction that causes them.
//!
//! Life of a job: enqueued with the rows that cause it → claimed under a lease (`attempt` counts the claims) → its
//! effects and its deletion commit together, guarded by the attempt → or it is put back with a growing wait → or it
//! is given up: a dead letter, visible in `plaudit jobs list` and replayable.
pub mod announce;
pub mod error;
pub mod queue;
pub mod worker;

use chrono::{DateTime, Utc};
use entity::job;
use sea_orm::{ActiveValue::Set, DbErr, sea_query::OnConflict};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use error::JobError;
pub use queue::Claimed;

use crate::platform::db::{Tx, insert_or};

/// What is to be done; ids only, never words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum Job {
    /// Find out who is meant in one revision of a comment.
    Attribute {
        /// The comment.
        comment: Uuid,
        /// The revision that asked for it; an older one than the current is dropped.
        revision: i32,
    },
    /// Read comments again after somebody said whose a name is that nobody bore, or took that back.
    AskAgain {
        /// What they said.
        answer: Uuid,
        /// Whether they took it back.
        is_undone: bool,
        /// The last comment that was read.
        after: Option<Uuid>,
    },
    /// Work out who must know of a comment's verdicts.
    Route {
        /// The comment.
        comment: Uuid,
    },
    /// Have routed again what nobody could be told.
    Reroute {
        /// Time and id of the last notice that was looked at.
        after: Option<(DateTime<Utc>, Uuid)>,
    },
    /// Tell a notice to its reader.
    Deliver {
        /// The notice.
        notice: Uuid,
    },
    /// Mail a reader in one what waited for the end of their quiet hours, or for the hour.
    Gather {
        /// Their account.
        account: Uuid,
    },
    /// Tell a notice to a room or endpoint.
    Call {
        /// The notice.
        notice: Uuid,
    },
    /// Pass on what waits for a room or endpoint that has ended.
    PassOn {
        /// The channel.
        channel: Uuid,
    },
    /// Mail a link that signs in.
    SignIn {
        /// The link.
        link: Uuid,
    },
    /// Warn whoever owns an account.
    Alert {
        /// The alert.
        alert: Uuid,
    },
    /// Read what a tool pushed.
    Push {
        /// The push.
        push: Uuid,
    },
    /// Give a reader of a public network its turn.
    Read {
        /// The reader.
        reader: Uuid,
    },
}

/// The kinds of jobs; each has a loop of its own, so that slow mail does not hold up attribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// [`Job::Attribute`]
    Attribute,
    /// [`Job::AskAgain`]
    AskAgain,
    /// [`Job::Route`]
    Route,
    /// [`Job::Reroute`]
    Reroute,
    /// [`Job::Deliver`]
    Deliver,
    /// [`Job::Gather`]
    Gather,
    /// [`Job::Call`]
    Call,
    /// [`Job::PassOn`]
    PassOn,
    /// [`Job::SignIn`]
    SignIn,
    /// [`Job::Alert`]
    Alert,
    /// [`Job::Read`]
    Read,
    /// [`Job::Push`]
    Push,
}

impl Kind {
    /// All kinds, in the order in which a comment passes them; then what no comment causes.
    pub const ALL: &[Kind] = &[
        Kind::Read,
        Kind::Push,
        Kind::Attribute,
        Kind::AskAgain,
        Kind::Reroute,
        Kind::Route,
        Kind::Deliver,
        Kind::Gather,
        Kind::PassOn,
        Kind::Call,
        Kind::SignIn,
        Kind::Alert,
    ];

    /// Its name in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Attribute => "attribute",
            Kind::AskAgain => "ask_again",
            Kind::Route => "route",
            Kind::Reroute => "reroute",
            Kind::Deliver => "deliver",
            Kind::Gather => "gather",
            Kind::Read => "read",
            Kind::Push => "push",
            Kind::Call => "call",
            Kind::PassOn => "pass_on",
            Kind::SignIn => "sign_in",
            Kind::Alert => "alert",
        }
    }
}

/// Some of the kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(u16);

impl Kinds {
    /// Every kind.
    pub const ALL: Kinds = Kinds(u16::MAX);

    /// One kind.
    #[must_use]
    pub fn of(kind: Kind) -> Kinds {
        Kinds(1 << kind as u16)
    }

    /// And another kind.
    #[must_use]
    pub fn with(self, kind: Kind) -> Kinds {
        Kinds(self.0 | Kinds::of(kind).0)
    }

    /// Whether a kind is among them.
    #[must_use]
    pub fn holds(self, kind: Kind) -> bool {
        self.0 & Kinds::of(kind).0 != 0
    }

    /// As a number.
    pub(crate) fn bits(self) -> u16 {
        self.0
    }

    /// From that number.
    pub(crate) fn from_bits(bits: u16) -> Kinds {
        Kinds(bits)
    }
}

impl Job {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Job::Attribute { .. } => Kind::Attribute,
            Job::AskAgain { .. } => Kind::AskAgain,
            Job::Route { .. } => Kind::Route,
            Job::Reroute { .. } => Kind::Reroute,
            Job::Deliver { .. } => Kind::Deliver,
            Job::Gather { .. } => Kind::Gather,
            Job::Read { .. } => Kind::Read,
            Job::Push { .. } => Kind::Push,
            Job::Call { .. } => Kind::Call,
            Job::PassOn { .. } => Kind::PassOn,
            Job::SignIn { .. } => Kind::SignIn,
            Job::Alert { .. } => Kind::Alert,
        }
    }
}

/// A job to enqueue.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Whose it is.
    pub organisation: Uuid,
    /// What to do.
    pub job: Job,
    /// Not before this time.
    pub run_at: DateTime<Utc>,
    /// Where set, at most one waiting job bears it: a second one is dropped.
    pub key: Option<String>,
}

/// Enqueues one job in the caller's transaction.
pub async fn enqueue(tx: &Tx, organisation: Uuid, job: Job, run_at: DateTime<Utc>) -> Result<(), DbErr> {
    enqueue_all(
        tx,
        vec![NewJob {
            organisation,
            job,
            run_at,
            key: None,
        }],
    )
    .await
}

/// Enqueues jobs in the caller's transaction; the commit wakes the workers.
pub async fn enqueue_all(tx: &Tx, jobs: Vec<NewJob>) -> Result<(), DbErr> {
    for new in &jobs {
        tx.note_new_jobs(Kinds::of(new.job.kind()));
    }
    let rows: Vec<job::ActiveModel> = jobs.into_iter().map(row_of).collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Ok(());
    }
    let same_key = OnConflict::column(job::Column::Key).do_nothing().to_owned();
    insert_or(tx, rows, same_key).await
}

fn row_of(new: NewJob) -> Result<job::ActiveModel, DbErr> {
    let mut tagged = serde_json::to_value(&new.job).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(job::ActiveModel {
        organisation_id: Set(Some(new.organisation)),
        kind: Set(new.job.kind().name().to_owned()),
        payload: Set(tagged
            .get_mut("payload")
            .map(serde_json::Value::take)
            .unwrap_or_default()),
        key: Set(new.key),
        run_at: Set(new.run_at),
        attempt: Set(0),
        ..Default::default()
    })
}
