//! The stage: a batch of jobs `attribute` in, verdicts and recognitions out, in one transaction.
use std::collections::{HashMap, HashSet};

use chrono::NaiveTime;
use chrono_tz::Tz;
use entity::{among, comment, comment_revision, organisation, staff_member};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{
    draw, effects,
    engine::{self, Answer, Question},
    names,
    shield::{self, Shielded},
};
use crate::{
    attribute::app::AttributeApp,
    capture, ledger,
    platform::{
        job::{
            self, Claimed, Job, queue,
            worker::{Batch, Failures},
        },
        lock,
    },
    roster::{
        rota::duty::{Served, Shifts},
        zone,
    },
    route,
};

/// Attributes a batch. Jobs for words that are no longer current, or gone, are finished without effect.
pub async fn attribute(app: AttributeApp, batch: Batch) -> anyhow::Result<Failures> {
    let questions = questions(&app, &batch.jobs).await?;
    let read = tokio::task::spawn_blocking(|| read(questions)).await?;
    if !batch.lost.is_cancelled() {
        commit(&app, &batch.jobs, read).await?;
    }
    Ok(Failures::new())
}

/// What was found in the words of a batch.
struct Read {
    answers: Vec<Answer>,
    shielded: Vec<Shielded>,
}

/// The engine is asked about what the shield lets through.
fn read(questions: Vec<Question>) -> Read {
    let (mut answers, mut shielded) = (Vec::with_capacity(questions.len()), Vec::new());
    for question in questions {
        match shield::look(&question) {
            kinds if kinds.is_empty() => answers.push(engine::ask(question)),
            kinds => shielded.push(Shielded { question, kinds }),
        }
    }
    Read { answers, shielded }
}

/// Effects and completion commit together; what changed since the questions were read is left to the next attempt.
async fn commit(app: &AttributeApp, jobs: &[Claimed], read: Read) -> anyhow::Result<()> {
    let tx = app.db.write_repeatable().await?;
    let locked = lock::comments(&tx, &comment_ids(jobs)).await?;
    let ours = queue::finish(&tx, jobs).await?;
    let wanted: HashSet<(Uuid, i32)> = jobs
        .iter()
        .filter(|job| ours.contains(&job.id))
        .filter_map(subject)
        .collect();
    let current: HashMap<Uuid, comment::Model> =
        locked.into_iter().map(|comment| (comment.id, comment)).collect();
    let is_valid = |asked: &Question| {
        wanted.contains(&(asked.comment.id, asked.words.number))
            && current
                .get(&asked.comment.id)
                .is_some_and(|now| is_unchanged(now, asked))
    };
    let Read {
        mut answers,
        mut shielded,
    } = read;
    answers.retain(|answer| is_valid(&answer.question));
    shielded.retain(|one| is_valid(&one.question));
    let (valid, now) = (answers, app.clock.now());
    shield::keep_back(&tx, shielded, now).await?;
    if !valid.is_empty() {
        let written = effects::write(&tx, &valid, now).await?;
        names::found::replace(&tx, &app.secrets, &valid, now).await?;
        let won = ledger::derive::derive_from(&tx, &written.comments, written.credits, now).await?;
        draw::draw(&tx, &app.secrets, &valid, &won, now).await?;
        let to_route = written
            .comments
            .iter()
            .map(|comment| route::job_for(comment, now))
            .collect();
        job::enqueue_all(&tx, to_route).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn comment_ids(jobs: &[Claimed]) -> Vec<Uuid> {
    jobs.iter()
        .filter_map(subject)
        .map(|(comment, _)| comment)
        .collect()
}

fn subject(job: &Claimed) -> Option<(Uuid, i32)> {
    match job.job {
        Job::Attribute { comment, revision } => Some((comment, revision)),
        _ => None,
    }
}

fn is_unchanged(now: &comment::Model, asked: &Question) -> bool {
    now.revision == asked.words.number && is_readable(now)
}

pub(super) fn is_readable(comment: &comment::Model) -> bool {
    comment.erased_at.is_none() && comment.withdrawn_at.is_none()
}

/// Reads everything the engine needs, in a handful of queries for the whole batch.
async fn questions(app: &AttributeApp, jobs: &[Claimed]) -> Result<Vec<Question>, DbErr> {
    let db = app.db.read();
    let wanted: HashSet<(Uuid, i32)> = jobs.iter().filter_map(subject).collect();
    let ids: HashSet<Uuid> = wanted.iter().map(|(comment, _)| *comment).collect();
    let comments = comment::Entity::find()
        .filter(among(comment::Column::Id, ids))
        .all(db)
        .await?;
    let current = comments
        .into_iter()
        .filter(|c| wanted.contains(&(c.id, c.revision)) && is_readable(c))
        .collect();
    questions_on(app, current).await
}

/// The words that hold of these comments as questions.
pub(super) async fn questions_on(
    app: &AttributeApp,
    current: Vec<comment::Model>,
) -> Result<Vec<Question>, DbErr> {
    let db = app.db.read();
    let with_words = capture::read::with_words(db, current).await?;
    let organisations = organisations(db, &with_words).await?;
    let zones = zone::inherited(db, with_words.iter().filter_map(|(_, words)| words.site_id)).await?;
    let referred = referred(db, &with_words).await?;
    let zone = |words: &comment_revision::Model, own: &organisation::Model| {
        let at_site = words.site_id.and_then(|site| zones.get(&site).copied());
        at_site.or_else(|| own.time_zone.parse().ok()).unwrap_or(Tz::UTC)
    };
    let served: Vec<Option<Served>> = with_words
        .iter()
        .map(|(comment, words)| {
            served(
                comment,
                words,
                zone(words, organisations.get(&comment.organisation_id)?),
            )
        })
        .collect();
    let shifts = Shifts::load(db, &served.iter().flatten().cloned().collect::<Vec<_>>()).await?;
    let mut questions = Vec::with_capacity(with_words.len());
    for ((comment, words), served) in with_words.into_iter().zip(served) {
        let Some(organisation) = organisations.get(&comment.organisation_id) else {
            continue;
        };
        let reference = words.staff_reference.clone();
        questions.push(Question {
            roster: app.rosters.get(db, organisation).await?,
            staff: reference.and_then(|id| referred.get(&(organisation.id, id)).copied()),
            zone: zone(&words, organisation),
            duty: served.map(|served| shifts.at(&served)).unwrap_or_default(),
            organisation: organisation.clone(),
            comment,
            words,
        });
    }
    Ok(questions)
}

/// Where and when the customer was served, where both are known: a source that knows only the day says noon, and one that does
/// not know it at all says when the words came in.
fn served(comment: &comment::Model, words: &comment_revision::Model, zone: Tz) -> Option<Served> {
    let clock = comment.occurred_at.with_timezone(&zone).time();
    let is_known =
        comment.occurred_at != comment.received_at && NaiveTime::from_hms_opt(12, 0, 0) != Some(clock);
    let served = |site| Served {
        site,
        post: words.post.clone(),
        at: comment.occurred_at,
        zone,
    };
    words.site_id.filter(|_| is_known).map(served)
}

async fn organisations(
    db: &impl ConnectionTrait,
    comments: &[capture::read::WithWords],
) -> Result<HashMap<Uuid, organisation::Model>, DbErr> {
    let ids: HashSet<Uuid> = comments
        .iter()
        .map(|(comment, _)| comment.organisation_id)
        .collect();
    let found = organisation::Entity::find()
        .filter(among(organisation::Column::Id, ids))
        .all(db)
        .await?;
    Ok(found
        .into_iter()
        .map(|organisation| (organisation.id, organisation))
        .collect())
}

/// The staff members whom sources named, by organisation and employee id.
async fn referred(
    db: &impl ConnectionTrait,
    comments: &[capture::read::WithWords],
) -> Result<HashMap<(Uuid, String), Uuid>, DbErr> {
    let mut named: HashMap<Uuid, HashSet<&str>> = HashMap::new();
    for (comment, words) in comments {
        if let Some(reference) = words.staff_reference.as_deref() {
            named
                .entry(comment.organisation_id)
                .or_default()
                .insert(reference);
        }
    }
    let mut found = HashMap::new();
    for (organisation, references) in named {
        let people = staff_member::Entity::within(organisation)
            .filter(among(staff_member::Column::EmployeeId, references))
            .all(db)
            .await?;
        found.extend(
            people
                .into_iter()
                .map(|person| ((organisation, person.employee_id), person.id)),
        );
    }
    Ok(found)
}
