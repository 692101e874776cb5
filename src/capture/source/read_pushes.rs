//! Reads pushes: a batch of jobs in, comments out, in one transaction with the jobs' completion. What cannot be read is
//! set apart with the reason, and can be read again once its mapping is right.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{push, push_comment, source, staff_member};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Func, OnConflict},
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    inbox, take_back,
    tool::{Content, Said, Tool},
};
use crate::{
    capture::app::CaptureApp,
    capture::{
        draft::{Draft, Unusable, check_field},
        import::Notify,
        store::{Stored, store},
    },
    platform::{
        blocking::blocking,
        db::Tx,
        job::{
            Claimed, Job, queue,
            worker::{Batch, Failures},
        },
        text_file::hex,
    },
    roster::SiteIndex,
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
enum Outcome {
    Nothing,
    Said(Vec<Said>),
    Withdrawn(Vec<String>),
    Quarantined(String),
}

/// Reads a batch, a few MiB at a time. A push of a source that is paused meanwhile goes on waiting, one that was removed
/// is gone.
pub async fn read(app: CaptureApp, batch: Batch) -> anyhow::Result<Failures> {
    for portion in portions(&app, batch.jobs).await? {
        let waiting = waiting(&app, &portion).await?;
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

async fn waiting(app: &CaptureApp, jobs: &[Claimed]) -> Result<Vec<Waiting>, DbErr> {
    let db = app.db.read();
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
        Job::Push { push } => Some(push),
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
    check_names(&content).map_err(|error| error.to_string())?;
    Ok(match content {
        Content::Nothing => Outcome::Nothing,
        Content::Said(said) => Outcome::Said(said.into_iter().map(|said| hashed(app, said)).collect()),
        Content::Withdrawn(ids) => Outcome::Withdrawn(ids),
    })
}

/// What is looked up before a draft is made of it.
fn check_names(content: &Content) -> Result<(), Unusable> {
    match content {
        Content::Nothing => Ok(()),
        Content::Withdrawn(ids) => ids.iter().try_for_each(|id| check_field("external_id", id)),
        Content::Said(said) => said.iter().try_for_each(|said| {
            let named = [("staff_reference", &said.staff), ("site", &said.site)];
            let mut named = named
                .into_iter()
                .filter_map(|(field, name)| Some((field, name.as_ref()?)));
            named.try_for_each(|(field, name)| check_field(field, name))
        }),
    }
}

/// What tells one author from another, where who it is must not be kept beside the words.
fn hashed(app: &CaptureApp, mut said: Said) -> Said {
    const LETTERS: usize = 24;
    let author = said.words.author.as_mut().filter(|_| said.hash_author_id);
    if let Some(id) = author.and_then(|author| author.external_id.as_mut()) {
        *id = hex(&app.secrets.fingerprint(format!("author/{id}")));
        id.truncate(LETTERS);
    }
    said
}

async fn commit(app: &CaptureApp, jobs: &[Claimed], outcomes: Vec<(Waiting, Outcome)>) -> anyhow::Result<()> {
    let tx = app.db.write().await?;
    let ours = queue::finish(&tx, jobs).await?;
    let ours: HashSet<Uuid> = jobs
        .iter()
        .filter(|job| ours.contains(&job.id))
        .filter_map(subject)
        .collect();
    let now = app.clock.now();
    let mut taken = Taken::default();
    for (waiting, outcome) in outcomes
        .into_iter()
        .filter(|(waiting, _)| ours.contains(&waiting.push.id))
    {
        match outcome {
            Outcome::Nothing => taken.read.push(waiting.push.id),
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
    quarantined: Vec<(Uuid, String)>,
    withdrawn: Vec<(Waiting, Vec<String>)>,
    said: Vec<(Waiting, Vec<Said>)>,
}

impl Taken {
    async fn write(mut self, app: &CaptureApp, tx: &Tx, now: DateTime<Utc>) -> Result<(), DbErr> {
        let drafts = self.drafts(tx, now).await?;
        store_all(tx, drafts, &mut self.read).await?;
        take_back::all(app, tx, &self.withdrawn, now).await?;
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
        let rosters = Rosters::load(tx, &said).await?;
        let mut drafts = Vec::with_capacity(said.len());
        for (waiting, said) in said {
            let made: Result<Vec<Option<Draft>>, Unusable> = said
                .into_iter()
                .zip(1..)
                .map(|(said, number)| checked(rosters.draft(&waiting, said, number, now)))
                .collect();
            match made {
                Ok(made) => drafts.push((waiting, made.into_iter().flatten().collect())),
                Err(error) => self.quarantined.push((waiting.push.id, error.to_string())),
            }
        }
        Ok(drafts)
    }
}

/// Blank words are no comment, and no fault either.
fn checked(draft: Draft) -> Result<Option<Draft>, Unusable> {
    match draft.check() {
        Ok(()) => Ok(Some(draft)),
        Err(Unusable::Blank) => Ok(None),
        Err(error) => Err(error),
    }
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

/// What pushes name of each organisation: its sites, and the staff they refer to.
#[derive(Default)]
struct Rosters {
    sites: HashMap<Uuid, SiteIndex>,
    /// Employee ids by employee id and by mail address, in small letters.
    staff: HashMap<(Uuid, String), String>,
}

impl Rosters {
    async fn load(
        connection: &impl ConnectionTrait,
        said: &[(Waiting, Vec<Said>)],
    ) -> Result<Rosters, DbErr> {
        let mut rosters = Rosters::default();
        let mut named: HashMap<Uuid, HashSet<String>> = HashMap::new();
        for (waiting, said) in said {
            let organisation = waiting.source.organisation_id;
            if said.iter().any(|said| said.site.is_some()) && !rosters.sites.contains_key(&organisation) {
                let index = SiteIndex::load(connection, organisation).await?;
                rosters.sites.insert(organisation, index);
            }
            let staff = said.iter().filter_map(|said| said.staff.as_ref());
            named
                .entry(organisation)
                .or_default()
                .extend(staff.map(|staff| staff.to_lowercase()));
        }
        for (organisation, names) in named {
            rosters.add_staff(connection, organisation, names).await?;
        }
        Ok(rosters)
    }

    async fn add_staff(
        &mut self,
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        names: HashSet<String>,
    ) -> Result<(), DbErr> {
        use staff_member::Column;
        if names.is_empty() {
            return Ok(());
        }
        let lower = |column: Column| Expr::expr(Func::lower(Expr::col(column)));
        let either = lower(Column::EmployeeId)
            .is_in(names.iter().map(String::as_str))
            .or(lower(Column::Email).is_in(names.iter().map(String::as_str)));
        let found = staff_member::Entity::within(organisation)
            .filter(either)
            .all(connection)
            .await?;
        for person in found {
            let keys = [Some(&person.employee_id), person.email.as_ref()];
            for key in keys.into_iter().flatten() {
                let key = (organisation, key.to_lowercase());
                self.staff.insert(key, person.employee_id.clone());
            }
        }
        Ok(())
    }

    /// A site or person that is not on the roster is kept beside the words: praise does not wait for the roster.
    fn draft(&self, waiting: &Waiting, said: Said, number: u32, now: DateTime<Utc>) -> Draft {
        let organisation = waiting.source.organisation_id;
        let mut words = said.words;
        if let Some(name) = said.site {
            let sites = self.sites.get(&organisation);
            words.site = sites.and_then(|sites| sites.resolve(&name).ok());
            if words.site.is_none() {
                note(&mut words.metadata, "unknown_site", name);
            }
        }
        if let Some(name) = said.staff {
            words.staff_reference = self.staff.get(&(organisation, name.to_lowercase())).cloned();
            if words.staff_reference.is_none() {
                note(&mut words.metadata, "unknown_staff", name);
            }
        }
        // Without an id the same words again are the same comment, also after they were erased.
        let id = said.id.unwrap_or_else(|| {
            let mut digest = hex(&waiting.push.digest);
            digest.truncate(24);
            format!("push-{digest}-{number}")
        });
        Draft {
            external_id: Some(id),
            occurred_at: said.occurred_at,
            revised_at: said.revised_at,
            tell: Notify::Recent.tell(said.occurred_at.unwrap_or(now), now),
            words,
            ..Draft::new(&waiting.source, waiting.push.received_at)
        }
    }
}

fn note(metadata: &mut Option<Value>, key: &str, name: String) {
    let metadata = metadata.get_or_insert_with(|| Value::Object(serde_json::Map::new()));
    if let Some(fields) = metadata.as_object_mut() {
        fields.insert(key.to_owned(), Value::String(name));
    }
}
