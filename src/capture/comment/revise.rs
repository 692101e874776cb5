//! Comments that are here already. Whatever a sender says otherwise than before is a revision; the newest by the
//! sender's time holds. A whole batch is found, locked, compared and written in a few statements.
use std::collections::{BTreeMap, HashMap};

use chrono::SubsecRound;
use entity::{among, comment, comment_revision, verdict};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, Value,
    sea_query::{CaseStatement, Expr, ExprTrait, SimpleExpr},
};
use uuid::Uuid;

use super::{draft::Draft, row, search, store::Stored};
use crate::{
    ledger::verdict as verdicts,
    platform::{
        db::Tx,
        job::{self, NewJob},
        lock,
    },
};

/// Comments changed by one statement.
const CHANGED_AT_ONCE: usize = 100;

/// Takes other versions of known comments, in the order given. Erased and withdrawn comments stay as they are.
pub(super) async fn revise(tx: &Tx, drafts: &[&Draft]) -> Result<Vec<Stored>, DbErr> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let ids = find(tx, drafts).await?;
    let mut known = read(tx, &ids).await?;
    let pairs = drafts.iter().zip(ids);
    let stored = pairs
        .map(|(draft, id)| {
            known
                .get_mut(&id)
                .map_or(Stored::Gone(id), |known| known.take(draft))
        })
        .collect();
    write(tx, known.into_values().filter(Known::is_touched).collect()).await?;
    Ok(stored)
}

/// Whose comment, through which source, and by which of its keys it is known.
type Name<'a> = (Uuid, Uuid, Key<'a>);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key<'a> {
    External(&'a str),
    Idempotency(&'a str),
}

fn name(draft: &Draft) -> Option<Name<'_>> {
    let external = draft.external_id.as_deref().map(Key::External);
    let key = external.or(draft.idempotency_key.as_deref().map(Key::Idempotency))?;
    Some((draft.organisation, draft.source, key))
}

/// The ids of the comments that drafts conflict with.
async fn find(tx: &Tx, drafts: &[&Draft]) -> Result<Vec<Uuid>, DbErr> {
    let names: Vec<Name<'_>> = drafts.iter().filter_map(|draft| name(draft)).collect();
    let mut origins: HashMap<(Uuid, Uuid), Vec<Key<'_>>> = HashMap::new();
    for (organisation, source, key) in &names {
        origins.entry((*organisation, *source)).or_default().push(*key);
    }
    let mut found: HashMap<(Uuid, bool, String), Uuid> = HashMap::new();
    for ((organisation, source), keys) in origins {
        for comment in of_origin(tx, organisation, source, &keys).await? {
            let keys = [(true, comment.external_id), (false, comment.idempotency_key)];
            let keys = keys
                .into_iter()
                .filter_map(|(kind, key)| Some((source, kind, key?)));
            found.extend(keys.map(|key| (key, comment.id)));
        }
    }
    let id = |(_, source, key): Name<'_>| match key {
        Key::External(key) => found.get(&(source, true, key.to_owned())).copied(),
        Key::Idempotency(key) => found.get(&(source, false, key.to_owned())).copied(),
    };
    let ids: Vec<Uuid> = names.into_iter().filter_map(id).collect();
    match ids.len() == drafts.len() {
        true => Ok(ids),
        false => Err(DbErr::RecordNotFound(
            "a comment that conflicts with a new one has vanished".to_owned(),
        )),
    }
}

async fn of_origin(
    tx: &Tx,
    organisation: Uuid,
    source: Uuid,
    keys: &[Key<'_>],
) -> Result<Vec<comment::Model>, DbErr> {
    use comment::Column;
    let external = keys.iter().filter_map(|key| match key {
        Key::External(key) => Some(*key),
        Key::Idempotency(_) => None,
    });
    let idempotency = keys.iter().filter_map(|key| match key {
        Key::Idempotency(key) => Some(*key),
        Key::External(_) => None,
    });
    let either = Condition::any()
        .add(among(Column::ExternalId, external))
        .add(among(Column::IdempotencyKey, idempotency));
    comment::Entity::within(organisation)
        .filter(Column::SourceId.eq(source))
        .filter(either)
        .all(tx)
        .await
}

/// Locks the comments and reads every version of their words; in the order of their ids.
async fn read(tx: &Tx, ids: &[Uuid]) -> Result<BTreeMap<Uuid, Known>, DbErr> {
    let comments = lock::comments(tx, ids).await?;
    let revisions = comment_revision::Entity::find()
        .filter(among(comment_revision::Column::CommentId, ids.iter().copied()))
        .order_by_asc(comment_revision::Column::Number)
        .all(tx)
        .await?;
    let mut known: BTreeMap<Uuid, Known> = comments
        .into_iter()
        .map(|comment| (comment.id, Known::of(comment)))
        .collect();
    for revision in revisions {
        if let Some(known) = known.get_mut(&revision.comment_id) {
            known.revisions.push(revision);
        }
    }
    Ok(known)
}

/// A locked comment with every version of its words, and what drafts change of it.
struct Known {
    comment: comment::Model,
    revisions: Vec<comment_revision::Model>,
    new_revisions: Vec<comment_revision::Model>,
    /// What people decided is put to them again.
    reopens: bool,
    job: Option<NewJob>,
}

/// How a draft differs from the words that hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Difference {
    None,
    /// The engine speaks again; what a person decided stands.
    Aside,
    /// It may praise others or nobody: who has decided decides anew.
    Deciding,
}

impl Known {
    fn of(comment: comment::Model) -> Known {
        Known {
            comment,
            revisions: Vec::new(),
            new_revisions: Vec::new(),
            reopens: false,
            job: None,
        }
    }

    fn is_touched(&self) -> bool {
        !self.new_revisions.is_empty()
    }

    /// The words that hold, where they came just now.
    fn new_words(&self) -> Option<&comment_revision::Model> {
        let mut new = self.new_revisions.iter();
        new.find(|revision| revision.number == self.comment.revision)
    }

    fn all_revisions(&self) -> impl Iterator<Item = &comment_revision::Model> {
        self.revisions.iter().chain(&self.new_revisions)
    }

    fn take(&mut self, draft: &Draft) -> Stored {
        let id = self.comment.id;
        let current = self
            .all_revisions()
            .find(|revision| revision.number == self.comment.revision);
        let Some(current) = current.filter(|_| is_readable(&self.comment)) else {
            return Stored::Gone(id);
        };
        let difference = difference(&self.comment, current, draft);
        if difference == Difference::None {
            Stored::Same(id)
        } else if draft.external_id.is_none() {
            Stored::KeyReused(id)
        } else if draft.revised_at() < current.revised_at {
            self.keep_as_history(draft);
            Stored::Older(id)
        } else {
            Stored::Revised(id, self.make_current(draft, difference))
        }
    }

    fn keep_as_history(&mut self, draft: &Draft) {
        if !self
            .all_revisions()
            .any(|revision| says_the_same(revision, draft))
        {
            self.add(draft);
        }
    }

    fn make_current(&mut self, draft: &Draft, difference: Difference) -> i32 {
        let is_looked_at = self.is_looked_at(draft);
        let number = self.add(draft);
        self.comment.revision = number;
        self.comment.site_id = draft.words.site;
        self.comment.occurred_at = draft.occurred_at.unwrap_or(self.comment.occurred_at);
        let stays_shielded = is_looked_at && self.comment.state == comment::State::Shielded;
        if is_looked_at && !stays_shielded {
            self.comment.cleared_revision = Some(number);
        }
        // Other words do not show that a person wrote the first ones: what is held waits as before.
        if self.comment.state != comment::State::Held && !stays_shielded {
            self.comment.state = row::unread_state(draft);
            self.reopens |= difference == Difference::Deciding;
            self.job = Some(row::attribute_job(draft, self.comment.id, number));
        }
        number
    }

    /// Whether the words in which the shield looks are those that it, or a safe reader, has looked at.
    fn is_looked_at(&self, draft: &Draft) -> bool {
        let looked_at = match self.comment.state {
            comment::State::Shielded => Some(self.comment.revision),
            _ => self.comment.cleared_revision,
        };
        let (text, hint) = (&draft.words.text, &draft.words.hint);
        self.all_revisions().any(|revision| {
            Some(revision.number) == looked_at
                && revision.text.as_ref() == Some(text)
                && revision.hint == *hint
        })
    }

    fn add(&mut self, draft: &Draft) -> i32 {
        let numbers = self.all_revisions().map(|revision| revision.number);
        let number = numbers.max().unwrap_or_default() + 1;
        self.new_revisions
            .push(row::revision(draft, self.comment.id, number));
        number
    }
}

fn is_readable(comment: &comment::Model) -> bool {
    comment.erased_at.is_none() && comment.withdrawn_at.is_none()
}

/// The one place that says which fields make a revision, and which of them decide who is praised and for what.
fn difference(comment: &comment::Model, current: &comment_revision::Model, draft: &Draft) -> Difference {
    let is_other_time = draft
        .occurred_at
        .is_some_and(|at| at.trunc_subsecs(6) != comment.occurred_at.trunc_subsecs(6));
    if is_other_time || !decides_the_same(current, draft) {
        Difference::Deciding
    } else if !says_the_same(current, draft) {
        Difference::Aside
    } else {
        Difference::None
    }
}

fn decides_the_same(revision: &comment_revision::Model, draft: &Draft) -> bool {
    let words = &draft.words;
    revision.text.as_ref() == Some(&words.text)
        && revision.score_value == words.score.map(|score| score.value)
        && revision.score_scale.as_deref() == words.score.map(|score| score.scale.name())
        && revision.site_id == words.site
        && revision.hint == words.hint
        && revision.staff_reference == words.staff_reference
        && revision.post == words.post
}

fn says_the_same(revision: &comment_revision::Model, draft: &Draft) -> bool {
    let words = &draft.words;
    decides_the_same(revision, draft)
        && revision.author == words.author
        && revision.language == words.language
        && revision.consent == words.consent.name()
        && revision.permalink == words.permalink
        && revision.metadata == words.metadata
}

async fn write(tx: &Tx, mut known: Vec<Known>) -> Result<(), DbErr> {
    if known.is_empty() {
        return Ok(());
    }
    mark_what_people_decided(tx, &mut known).await?;
    let comments: Vec<&comment::Model> = known.iter().map(|known| &known.comment).collect();
    for comments in comments.chunks(CHANGED_AT_ONCE) {
        update(tx, comments).await?;
    }
    let current: Vec<&comment_revision::Model> = known.iter().filter_map(Known::new_words).collect();
    search::replace(tx, &current).await?;
    let jobs = known.iter().filter_map(|known| known.job.clone()).collect();
    let revisions = known.into_iter().flat_map(|known| known.new_revisions);
    comment_revision::Entity::insert_many(revisions.map(row::all_set))
        .exec_without_returning(tx)
        .await?;
    job::enqueue_all(tx, jobs).await
}

/// A verdict that holds is a person's: they are asked again. Those that were undone do not count.
async fn mark_what_people_decided(tx: &Tx, known: &mut [Known]) -> Result<(), DbErr> {
    let reopened = known.iter().filter(|known| known.reopens);
    let ids: Vec<Uuid> = reopened.map(|known| known.comment.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let current = verdicts::current(tx, &ids).await?;
    for known in known.iter_mut().filter(|known| known.reopens) {
        known.comment.words_changed = current.iter().any(|verdict| {
            verdict.comment_id == known.comment.id && verdict.decided_by == verdict::DecidedBy::Person
        });
    }
    Ok(())
}

async fn update(tx: &Tx, comments: &[&comment::Model]) -> Result<(), DbErr> {
    use comment::Column;
    use sea_orm::ActiveEnum;
    let each = |value: fn(&comment::Model) -> Value| -> SimpleExpr {
        let cases = comments.iter().fold(CaseStatement::new(), |cases, comment| {
            cases.case(Expr::col(Column::Id).eq(comment.id), Expr::value(value(comment)))
        });
        cases.into()
    };
    comment::Entity::update_many()
        .col_expr(Column::SiteId, each(|comment| comment.site_id.into()))
        .col_expr(Column::State, each(|comment| comment.state.to_value().into()))
        .col_expr(Column::Revision, each(|comment| comment.revision.into()))
        .col_expr(
            Column::ClearedRevision,
            each(|comment| comment.cleared_revision.into()),
        )
        .col_expr(Column::WordsChanged, each(|comment| comment.words_changed.into()))
        .col_expr(Column::OccurredAt, each(|comment| comment.occurred_at.into()))
        .filter(among(Column::Id, comments.iter().map(|comment| comment.id)))
        .exec(tx)
        .await?;
    Ok(())
}
