//! What a turn does: which call, and what forbids it for now.
use chrono::{DateTime, TimeDelta, Utc};
use entity::kept_post;
use sea_orm::DbErr;

use super::{
    check,
    place::Place,
    spend::{self, Price},
};
use crate::{
    capture::app::CaptureApp,
    capture::{
        connection::{self as connections, Client, NotConnected, Settings},
        x::Reads,
    },
};

/// The call that would be next.
#[derive(Debug)]
pub(super) enum Question {
    /// Who are we? Asked once, before X is read.
    Introduction,
    /// A page of mentions or of a search.
    Page,
    /// Do these still stand?
    Check(Vec<kept_post::Model>),
}

/// What to do now.
#[derive(Debug)]
pub(super) enum Plan {
    /// Nothing before this time.
    Wait(DateTime<Utc>),
    /// Make this call, if the budget covers its price.
    Ask(Box<Client>, Question, Price),
    /// A person has to act first.
    Stop(NotConnected),
}

/// Plans a turn; makes no call and writes nothing.
pub(super) async fn plan(app: &CaptureApp, place: &Place, now: DateTime<Utc>) -> Result<Plan, DbErr> {
    let client = match connections::open(app, &place.source) {
        Ok(client) => client,
        Err(why) => return Ok(Plan::Stop(why)),
    };
    let question = question(app, place, now).await?;
    if let Question::Check(posts) = &question
        && posts.is_empty()
    {
        return Ok(Plan::Wait(check::next_look(app, place, now).await?));
    }
    if let Some(until) = place.window_closed_until(calls_of(place, &question), now) {
        return Ok(Plan::Wait(until));
    }
    let price = most(app, place, &client, &question).await?;
    Ok(Plan::Ask(Box::new(client), question, price))
}

async fn question(app: &CaptureApp, place: &Place, now: DateTime<Utc>) -> Result<Question, DbErr> {
    if place.is_check() {
        return Ok(Question::Check(check::due(app, place, now).await?));
    }
    if place.is_x() && place.connection.account_id.is_none() {
        return Ok(Question::Introduction);
    }
    Ok(Question::Page)
}

/// Calls that a question may take: X may refuse our names for its fields, and is asked once more; Mastodon is asked
/// alone for each post that it left out of an answer about many.
pub(super) fn calls_of(place: &Place, question: &Question) -> i32 {
    match (&place.settings, question) {
        (Settings::X(_), _) => 2,
        (Settings::Mastodon(_), Question::Check(posts)) => {
            i32::try_from(posts.len()).unwrap_or(i32::MAX).saturating_add(1)
        }
        (Settings::Mastodon(_) | Settings::Mailbox(_), _) => 1,
    }
}

/// The highest price the answer can have.
async fn most(app: &CaptureApp, place: &Place, client: &Client, question: &Question) -> Result<Price, DbErr> {
    let Client::X(client) = client else {
        return Ok(Price::default());
    };
    let prices = &app.config.x.prices;
    Ok(match question {
        Question::Introduction => Price::of_call(prices.of(Reads {
            accounts: u32::from(client.is_application()),
            ..Reads::default()
        })),
        Question::Check(posts) => Price::of_call(spend::check_price(posts.len() as u64, prices)),
        Question::Page => {
            let kept = check::kept(app, place).await?;
            spend::page_price(&place.settings, &place.reader.name, prices, kept)
        }
    })
}

/// How often a mailbox is looked into, at the least.
const MAILBOX_EVERY: TimeDelta = TimeDelta::minutes(1);

/// How often a reader that has read everything looks again.
pub(super) fn every(app: &CaptureApp, place: &Place) -> TimeDelta {
    let every = TimeDelta::seconds(i64::try_from(app.config.reading.every_seconds).unwrap_or(120));
    match &place.settings {
        Settings::Mailbox(_) => every.min(MAILBOX_EVERY),
        Settings::X(_) | Settings::Mastodon(_) => every,
    }
}
