//! One turn of one reader.
use chrono::{DateTime, TimeDelta, Utc};
use entity::reader;
use rand::Rng;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr, ExprTrait, sea_query::Expr};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    check, failure, mailbox, mastodon,
    place::{Place, sharing},
    plan::{self, Plan, Question, every},
    spend::{self, Price},
    x,
};
use crate::{
    capture::app::CaptureApp,
    capture::{
        connection::{self as connections, Account, Client, introduce, note, reads_of_introduction},
        mastodon as mastodon_api,
        remote::{RateLimit, ReadError},
        x as x_api,
    },
    platform::{
        db::{self, Tx},
        job::{self, Claimed, Job, queue},
    },
};

/// Attempts to commit an answer, so that one database hiccup does not cost a second reading.
const COMMITS: u32 = 3;

/// What a call brought.
#[derive(Debug)]
pub(super) enum Answer {
    Account(Account),
    XPage(x_api::Page),
    XChecked(x_api::Checked),
    MastodonPage(mastodon_api::Page),
    MastodonChecked(mastodon_api::Checked),
    Letters(mailbox::Letters),
}

/// Takes a turn; an error puts the job back, and nothing was written.
pub(super) async fn take(app: &CaptureApp, job: &Claimed, lost: &CancellationToken) -> anyhow::Result<()> {
    let Job::Read { reader } = job.job else {
        anyhow::bail!("not a job of this stage");
    };
    let Some(place) = Place::find(app.db.read(), job.organisation, reader).await? else {
        return Ok(end(app, job, None).await?);
    };
    let now = db::now(app.db.read(), &app.clock).await?;
    match plan::plan(app, &place, now).await? {
        Plan::Wait(until) => Ok(end(app, job, Some((&place, until))).await?),
        Plan::Stop(why) => Ok(stop(app, job, &place, why.to_string(), now).await?),
        Plan::Ask(client, question, price) => {
            let Some(place) = reserve(app, &place, &question, price, now).await? else {
                return Ok(end(app, job, Some((&place, now + every(app, &place)))).await?);
            };
            let answer = ask(&client, &place, &question, now).await;
            connections::keep_rotated(app, &place.source, &client).await?;
            let answer = mailbox::judged(app, &place, answer).await?;
            if lost.is_cancelled() {
                return Ok(());
            }
            Ok(commit(app, job, &place, &question, answer, now).await?)
        }
    }
}

/// Finishes a turn in which nothing was asked.
async fn end(app: &CaptureApp, job: &Claimed, next: Option<(&Place, DateTime<Utc>)>) -> Result<(), DbErr> {
    let tx = app.db.write().await?;
    let ours = queue::finish(&tx, std::slice::from_ref(job)).await?;
    if let Some((place, at)) = next.filter(|_| !ours.is_empty()) {
        job::enqueue_all(&tx, vec![connections::job_of(&place.reader, at)]).await?;
    }
    tx.commit().await
}

async fn stop(
    app: &CaptureApp,
    job: &Claimed,
    place: &Place,
    why: String,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let tx = app.db.write().await?;
    if !queue::finish(&tx, std::slice::from_ref(job)).await?.is_empty() {
        failure::stop(&tx, place, why, now).await?;
    }
    tx.commit().await
}

/// Counts a call and holds its price before it is made: if the process dies with it, the service has counted it all the
/// same. None where the budget does not cover it.
async fn reserve(
    app: &CaptureApp,
    place: &Place,
    question: &Question,
    price: Price,
    now: DateTime<Utc>,
) -> Result<Option<Place>, DbErr> {
    let mut place = place.clone();
    let tx = app.db.write().await?;
    if !spend::hold(&tx, &place.connection, place.reader.id, price, now).await? {
        tx.rollback().await?;
        return Ok(None);
    }
    let is_open = place.reader.window_ends_at.is_some_and(|ends_at| ends_at > now);
    if let Some(left) = place.reader.calls_left.filter(|_| is_open) {
        let calls = Ord::min(plan::calls_of(&place, question), left);
        let fewer = Expr::col(reader::Column::CallsLeft).sub(calls);
        sharing(&place)
            .col_expr(reader::Column::CallsLeft, fewer)
            .exec(&tx)
            .await?;
        place.reader.calls_left = Some(left - calls);
    }
    tx.commit().await?;
    Ok(Some(place))
}

async fn ask(
    client: &Client,
    place: &Place,
    question: &Question,
    now: DateTime<Utc>,
) -> Result<Answer, ReadError> {
    match (client, question) {
        (client, Question::Introduction) => introduce(client, &place.source).await.map(Answer::Account),
        (Client::X(client), Question::Page) => x::ask(client, place).await.map(Answer::XPage),
        (Client::X(client), Question::Check(posts)) => {
            client.check(&check::ids(posts)).await.map(Answer::XChecked)
        }
        (Client::Mastodon(client), Question::Page) => {
            mastodon::ask(client, place).await.map(Answer::MastodonPage)
        }
        (Client::Mailbox(client), _) => mailbox::ask(client, place, now).await.map(Answer::Letters),
        (Client::Mastodon(client), Question::Check(posts)) => client
            .check(&check::ids(posts))
            .await
            .map(Answer::MastodonChecked),
    }
}

/// Commits an answer with the next job. A database that is busy is asked again: the call was paid for.
async fn commit(
    app: &CaptureApp,
    job: &Claimed,
    place: &Place,
    question: &Question,
    answer: Result<Answer, ReadError>,
    asked_at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let mut attempt = 1;
    loop {
        match commit_once(app, job, place, question, &answer, asked_at).await {
            Err(error) if attempt < COMMITS => {
                warn!(%error, "could not commit what was read; tried again");
                attempt += 1;
            }
            done => return done,
        }
    }
}

async fn commit_once(
    app: &CaptureApp,
    job: &Claimed,
    place: &Place,
    question: &Question,
    answer: &Result<Answer, ReadError>,
    asked_at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let tx = app.db.write().await?;
    if queue::finish(&tx, std::slice::from_ref(job)).await?.is_empty() {
        return tx.rollback().await;
    }
    let now = app.clock.now();
    let next = match answer {
        Ok(Answer::Letters(letters)) if letters.broke_at_once().is_some() => {
            mailbox::keep_progress(&tx, place, letters).await?;
            let jitter = rand::rng().random_range(1.0..1.2);
            match letters.broke_at_once() {
                Some(error) => failure::record(&tx, place, error, now, jitter).await?,
                None => None,
            }
        }
        Ok(answer) => Some(succeed(&tx, app, place, question, answer, asked_at).await?),
        Err(error) => {
            warn!(source = %place.source.id, reader = place.reader.name, %error, "could not read");
            let jitter = rand::rng().random_range(1.0..1.2);
            failure::record(&tx, place, error, now, jitter).await?
        }
    };
    if let Some(at) = next {
        job::enqueue_all(&tx, vec![connections::job_of(&place.reader, at)]).await?;
    }
    tx.commit().await
}

/// Writes what an answer brought; tells when the next turn is.
async fn succeed(
    tx: &Tx,
    app: &CaptureApp,
    place: &Place,
    question: &Question,
    answer: &Answer,
    asked_at: DateTime<Utc>,
) -> Result<DateTime<Utc>, DbErr> {
    let mut row: reader::ActiveModel = place.reader.clone().into();
    row.held = Set(0);
    row.failures = Set(0);
    row.last_error = Set(None);
    row.failed_at = Set(None);
    row.last_read_at = Set(Some(asked_at));
    let (has_more, rate) = match (answer, question) {
        (Answer::Account(account), _) => {
            let reads = reads_of_introduction(app, &place.source);
            note(tx, app, &place.connection, account, reads.unwrap_or_default()).await?;
            (true, None)
        }
        (Answer::XPage(page), _) => {
            x::capture(tx, app, place, page, asked_at).await?;
            (x::advance(place, &mut row, page, asked_at), Some(page.rate))
        }
        (Answer::MastodonPage(page), _) => {
            mastodon::capture(tx, place, page, asked_at).await?;
            (
                mastodon::advance(place, &mut row, page, asked_at),
                Some(page.rate),
            )
        }
        (Answer::Letters(letters), _) => {
            let brought = mailbox::capture(tx, letters).await?;
            (mailbox::advance(&mut row, letters, brought, asked_at), None)
        }
        (Answer::XChecked(checked), Question::Check(posts)) => {
            check::apply_x(tx, app, place, posts, checked, asked_at).await?;
            (true, Some(checked.rate))
        }
        (Answer::MastodonChecked(checked), Question::Check(posts)) => {
            check::apply_mastodon(tx, place, posts, checked, asked_at).await?;
            (true, Some(checked.rate))
        }
        (Answer::XChecked(_) | Answer::MastodonChecked(_), _) => (false, None),
    };
    row.update(tx).await?;
    if let Some(rate) = rate {
        note_rate(tx, place, rate).await?;
    }
    Ok(if has_more {
        asked_at
    } else {
        asked_at + every(app, place)
    })
}

/// Keeps what the service said about further calls, for every replica and after every restart.
async fn note_rate(tx: &Tx, place: &Place, rate: RateLimit) -> Result<(), DbErr> {
    let left = rate.remaining.map(|left| i32::try_from(left).unwrap_or(i32::MAX));
    // A second for the clocks: the service's may be a little behind.
    let ends_at = rate.resets_at.map(|at| at + TimeDelta::seconds(1));
    sharing(place)
        .col_expr(reader::Column::CallsLeft, Expr::value(left))
        .col_expr(reader::Column::WindowEndsAt, Expr::value(ends_at))
        .exec(tx)
        .await?;
    Ok(())
}
