//! Reads pushes: a batch of jobs in, comments out, in one transaction with the jobs' completion. What cannot be read is
//! set apart with the reason, and can be read again once its mapping is right.
use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{among, comment, push, push_comment, source};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use super::{
    complete,
    drafts::{Rosters, check_names, checked, hashed},
    inbox, take_back,
    tool::{Content, Said, Tool},
};
use crate::{
    capture::{
        app::CaptureApp,
        draft::{Draft, Unusable},
        store::{Stored, store},
    },
    platform::{
        blocking::blocking,
        db::Tx,
        job::{
            self, Claimed, Job, queue,
            worker::{Batch, Failures},
        },
        text_file::hex,
    },
};

/// Bytes of the pushes that are read together.
pub(super) const HELD: i64 = 4 * 1024 * 1024;
/// Comments of one statement: 23 values each stay below SQLite's 32,766.
const AT_ONCE: usize = 250;
/// Ties of one statement: 3 values each.
const TIES: usize = 5000;

/// A push with its source.
pub(super) struct Waiting {
    pub(super) push: push::Model,
    pub(super) source: source::Model,
}

/// What is to become of a push.
pub(super) enum Outcome {
    Nothing,
    /// Its words are fetched first.
    Thin,
    Said(Vec<Said>),
    Withdrawn(Vec<String>),
    Quarantined(String),
}

/// Reads a batch, a few MiB at a time. A push of a source that is paused meanwhile goes on waiting, one that was removed
/// is gone.
pub async fn read(app: CaptureApp, batch: Batch) -> anyhow::Result<Failures> {
    for portion in portions(&app, batch.jobs).await? {
        let waiting = waiting(app.db.read(), &portion).await?;
        let outcomes = blocking({
            let app = app.clone();
            move || outcomes(&app, waiting)
        });
        let outcomes = outcomes.await;
        if batch.lost.is_cancelled() {
            break;
        }
        commit(&app, &portion, outcomes).await?;
    }
    Ok(Failures::new())
}

/// The jobs of a batch in portions of which the pushes are small enough to be held together.
async fn portions(app: &CaptureApp, jobs: Vec<Claimed>) -> Result<Vec<Vec<Claimed>>, DbErr> {
    let sizes: Vec<(Uuid, i64)> = push::Entity::find()
        .select_only()
        .columns([push::Column::Id, push::Column::Bytes])
        .filter(push::Column::Id.is_in(jobs.iter().filter_map(subject)))
        .into_tuple()
        .all(app.db.read())
        .await?;
    let sizes: HashMap<Uuid, i64> = sizes.into_iter().collect();
    let (mut portions, mut portion, mut held) = (Vec::new(), Vec::new(), 0);
    for job in jobs {
        let size = subject(&job)
            .and_then(|push| sizes.get(&push))
            .copied()
            .unwrap_or(0);
        if held + size > HELD && !portion.is_empty() {
            portions.push(std::mem::take(&mut portion));
            held = 0;
        }
        held += size;
        portion.push(job);
    }
    portions.push(portion);
    Ok(portions)
}

fn outcomes(app: &CaptureApp, waiting: Vec<Waiting>) -> Vec<(Waiting, Outcome)> {
    let outcome = |waiting: Waiting| {
        let outcome = outcome(app, &waiting);
        (waiting, outcome)
    };
    waiting.into_iter().map(outcome).collect()
}

pub(super) async fn waiting(db: &impl ConnectionTrait, jobs: &[Claimed]) -> Result<Vec<Waiting>, DbErr> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let pushes = push::Entity::find()
        .filter(push::Column::Id.is_in(jobs.iter().filter_map(subject)))
        .filter(push::Column::State.eq(push::State::Waiting))
        .order_by_asc(push::Column::Id)
        .all(db)
        .await?;
    let ids: HashSet<Uuid> = pushes.iter().map(|push| push.source_id).collect();
    let sources = source::Entity::find()
        .filter(source::Column::Id.is_in(ids))
        .filter(source::Column::PausedAt.is_null())
        .filter(source::Column::RemovedAt.is_null())
        .all(db)
        .await?;
    let sources: HashMap<Uuid, source::Model> =
        sources.into_iter().map(|source| (source.id, source)).collect();
    let waiting = |push: push::Model| {
        let source = sources.get(&push.source_id)?.clone();
        Some(Waiting { push, source })
    };
    Ok(pushes.into_iter().filter_map(waiting).collect())
}

fn subject(job: &Claimed) -> Option<Uuid> {
    match job.job {
        Job::Push { push } | Job::Complete { push } => Some(push),
        _ => None,
    }
}

fn outcome(app: &CaptureApp, waiting: &Waiting) -> Outcome {
    content(app, waiting).unwrap_or_else(Outcome::Quarantined)
}

fn content(app: &CaptureApp, waiting: &Waiting) -> Result<Outcome, String> {
    let tool = Tool::find(&waiting.source.kind).ok_or("no tool of this kind is known any more")?;
    let tool = tool.with(&waiting.source.settings)?;
    let body = inbox::open(&app.secrets, &waiting.push).map_err(|error| error.to_string())?;
    let payload = tool
        .payload(&body.content_type, &body.bytes)
        .map_err(|fault| fault.to_string())?;
    let content = tool.content(&payload).map_err(|fault| fault.to_string())?;
    of_content(app, content)
}

/// What is to become of a push that brings this.
pub(super) fn of_content(app: &CaptureApp, content: Content) -> Result<Outcome, String> {
    check_names(&content).map_err(|error| error.to_string())?;
    Ok(match content {
        Content::Nothing => Outcome::Nothing,
        Content::Thin => Outcome::Thin,
        Content::Said(said) => Outcome::Said(said.into_iter().map(|said| hashed(app, said)).collect()),
        Content::Withdrawn(ids) => Outcome::Withdrawn(ids),
    })
}

pub(super) async fn commit(
    app: &CaptureApp,
    jobs: &[Claimed],
    outcomes: Vec<(Waiting, Outcome)>,
) -> anyhow::Result<()> {
    let tx = app.db.write().await?;
    let ours = queue::finish(&tx, jobs).await?;
    let ours: HashSet<Uuid> = jobs
        .iter()
        .filter(|job| ours.contains(&job.id))
        .filter_map(subject)
        .collect();
    let now = app.clock.now();
    let read: HashSet<Uuid> = outcomes.iter().map(|(waiting, _)| waiting.push.id).collect();
    let is_left = |job: &&Claimed| {
        let push = subject(job);
        push.is_some_and(|push| ours.contains(&push) && !read.contains(&push))
    };
    let left: Vec<Claimed> = jobs.iter().filter(is_left).cloned().collect();
    // Their source was paused as they were looked for; it may go on by now.
    let resumed = waiting(&tx, &left).await?;
    let again = resumed
        .iter()
        .map(|one| inbox::job_of(one.push.organisation_id, one.push.id, now));
    job::enqueue_all(&tx, again.collect()).await?;
    let mut taken = Taken::default();
    for (waiting, outcome) in outcomes
        .into_iter()
        .filter(|(waiting, _)| ours.contains(&waiting.push.id))
    {
        match outcome {
            Outcome::Nothing => taken.read.push(waiting.push.id),
            Outcome::Thin => taken.thin.push(waiting),
            Outcome::Quarantined(reason) => taken.quarantined.push((waiting.push.id, reason)),
            Outcome::Withdrawn(ids) => taken.withdrawn.push((waiting, ids)),
            Outcome::Said(said) => taken.said.push((waiting, said)),
        }
    }
    taken.write(app, &tx, now).await?;
    tx.commit().await?;
    Ok(())
}

/// What the pushes of a batch come to.
#[derive(Default)]
struct Taken {
    read: Vec<Uuid>,
    thin: Vec<Waiting>,
    quarantined: Vec<(Uuid, String)>,
    withdrawn: Vec<(Waiting, Vec<String>)>,
    said: Vec<(Waiting, Vec<Said>)>,
}

impl Taken {
    async fn write(mut self, app: &CaptureApp, tx: &Tx, now: DateTime<Utc>) -> Result<(), DbErr> {
        let drafts = self.drafts(tx, now).await?;
        store_all(tx, drafts, &mut self.read).await?;
        take_back::all(app, tx, &self.withdrawn, now).await?;
        complete::later(tx, &self.thin, now).await?;
        mark(tx, self.read, push::State::Read, None, now).await?;
        let mut by_reason: HashMap<String, Vec<Uuid>> = HashMap::new();
        for (push, reason) in self.quarantined {
            by_reason.entry(reason).or_default().push(push);
        }
        for (reason, pushes) in by_reason {
            mark(tx, pushes, push::State::Quarantined, Some(reason), now).await?;
        }
        Ok(())
    }

    /// Drafts by push; a push with a draft that cannot be used is set apart as a whole.
    async fn drafts(&mut self, tx: &Tx, now: DateTime<Utc>) -> Result<Vec<(Waiting, Vec<Draft>)>, DbErr> {
        let said = std::mem::take(&mut self.said);
        let named: Vec<(&source::Model, &Said)> = said
            .iter()
            .flat_map(|(waiting, said)| said.iter().map(|said| (&waiting.source, said)))
            .collect();
        let rosters = Rosters::load(tx, &named).await?;
        let mut drafts = Vec::with_capacity(said.len());
        for (waiting, said) in said {
            let received_at = waiting.push.received_at;
            let draft = |(said, number)| {
                let known = with_id(&waiting.push, said, number);
                checked(rosters.draft(&waiting.source, known, received_at, now))
            };
            let made: Result<Vec<Option<Draft>>, Unusable> = said.into_iter().zip(1..).map(draft).collect();
            match made {
                Ok(made) => drafts.push((waiting, made.into_iter().flatten().collect())),
                Err(error) => self.quarantined.push((waiting.push.id, error.to_string())),
            }
        }
        Ok(drafts)
    }
}

/// Without an id the same words again are the same comment, also after they were erased.
fn with_id(push: &push::Model, mut said: Said, number: u32) -> Said {
    said.id.get_or_insert_with(|| {
        let mut digest = hex(&push.digest);
        digest.truncate(24);
        format!("push-{digest}-{number}")
    });
    said
}

/// Stores the comments of all pushes together, and ties them to their pushes. A push that speaks of what was erased is
/// deleted with the words that it holds; what else it brought is stored.
async fn store_all(tx: &Tx, drafts: Vec<(Waiting, Vec<Draft>)>, read: &mut Vec<Uuid>) -> Result<(), DbErr> {
    let (mut pushes, mut all) = (Vec::with_capacity(drafts.len()), Vec::new());
    for (waiting, drafts) in drafts {
        pushes.push((waiting, drafts.len()));
        all.extend(drafts);
    }
    let mut stored = Vec::with_capacity(all.len());
    for some in all.chunks(AT_ONCE) {
        stored.extend(store(tx, some).await?);
    }
    stay(tx, &stored).await?;
    let mut stored = stored.into_iter();
    let (mut ties, mut gone) = (Vec::new(), Vec::new());
    for (waiting, count) in pushes {
        let stored: Vec<Stored> = stored.by_ref().take(count).collect();
        let is_gone = |stored: &Stored| matches!(stored, Stored::Gone(_));
        if stored.iter().any(is_gone) {
            gone.push(waiting.push.id);
            continue;
        }
        let comments: HashSet<Uuid> = stored.iter().map(|stored| stored.id()).collect();
        ties.extend(comments.into_iter().map(|comment| push_comment::ActiveModel {
            push_id: Set(waiting.push.id),
            comment_id: Set(comment),
            organisation_id: Set(waiting.push.organisation_id),
        }));
        read.push(waiting.push.id);
    }
    let known = OnConflict::new().do_nothing().to_owned();
    while !ties.is_empty() {
        let some = ties.split_off(ties.len().saturating_sub(TIES));
        push_comment::Entity::insert_many(some)
            .on_conflict(known.clone())
            .exec_without_returning(tx)
            .await?;
    }
    inbox::delete(tx, gone).await
}

/// What is pushed stays when the import is undone that brought it too.
async fn stay(tx: &Tx, stored: &[Stored]) -> Result<(), DbErr> {
    let is_known =
        |stored: &&Stored| matches!(stored, Stored::Same(_) | Stored::Revised(..) | Stored::Older(_));
    let known: BTreeSet<Uuid> = stored.iter().filter(is_known).map(|stored| stored.id()).collect();
    if known.is_empty() {
        return Ok(());
    }
    comment::Entity::update_many()
        .col_expr(comment::Column::ImportId, Expr::value(None::<Uuid>))
        .filter(among(comment::Column::Id, known))
        .filter(comment::Column::ImportId.is_not_null())
        .exec(tx)
        .await?;
    Ok(())
}

async fn mark(
    tx: &Tx,
    pushes: Vec<Uuid>,
    state: push::State,
    reason: Option<String>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use sea_orm::ActiveEnum;
    if pushes.is_empty() {
        return Ok(());
    }
    push::Entity::update_many()
        .col_expr(push::Column::State, Expr::value(state.to_value()))
        .col_expr(push::Column::Reason, Expr::value(reason))
        .col_expr(push::Column::ReadAt, Expr::value(now))
        .filter(push::Column::Id.is_in(pushes))
        .exec(tx)
        .await?;
    Ok(())
}
