//! The database fails while mails are under way: nothing that the mail server has accepted is sent again.
use std::{collections::HashSet, time::Duration};

use chrono::TimeDelta;
use plaudit::{app::work, platform::job::queue};
use sea_orm::ConnectionTrait;
use tokio::time::sleep;

use crate::support::{
    smtp::{Faults, Sink},
    telling::{PRAISE, Shop},
};

const MAILS: usize = 40;

pub async fn run(shop: &Shop, sql: &str) {
    let writer = shop.app.db.writer();
    writer.execute_unprepared(sql).await.unwrap();
}

/// Waits until the server has at least so many mails, and then until no more come.
pub async fn settled(sink: &Sink, least: usize) -> usize {
    let (mut before, mut quiet) = (0, 0);
    while before < least || quiet < 10 {
        sleep(Duration::from_millis(30)).await;
        let now = sink.received().len();
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
    }
    before
}

#[tokio::test]
async fn while_outcomes_cannot_be_recorded_no_further_mail_leaves_and_none_leaves_twice() {
    let sink = Sink::start().await;
    let shop = Shop::open_with(&sink.settings()).await;
    sink.fail(Faults {
        delay: Duration::from_millis(5),
        ..Faults::default()
    });
    for number in 0..MAILS {
        shop.say(&format!("{PRAISE} Number {number}.")).await;
    }
    shop.app.work_on(plaudit::platform::job::Kind::Attribute).await;
    shop.app.work_on(plaudit::platform::job::Kind::Route).await;
    run(&shop, "ALTER TABLE delivery RENAME TO delivery_away").await;
    let app = shop.app.app();
    let working = tokio::spawn(async move { work::worker(&app).work_until_idle().await });
    let accepted = settled(&sink, 1).await;
    assert!(
        accepted < MAILS,
        "all {accepted} left, though nothing could be recorded"
    );
    run(&shop, "ALTER TABLE delivery_away RENAME TO delivery").await;
    working.await.unwrap().unwrap();
    for _ in 0..10 {
        shop.app.advance(TimeDelta::minutes(30));
        shop.app.work().await;
    }
    let mails = sink.received();
    let notices: HashSet<String> = mails.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!((mails.len(), notices.len()), (MAILS, MAILS));
    assert_eq!(queue::count_open(shop.app.db.read()).await.unwrap(), 0);
    shop.app.end().await;
}

/// As a process that was cut off from the database for longer than its lease: another one holds the job by now.
#[tokio::test]
async fn what_was_accepted_is_recorded_even_when_the_lease_is_over() {
    let sink = Sink::start().await;
    let shop = Shop::open_with(&sink.settings()).await;
    sink.fail(Faults {
        delay: Duration::from_millis(100),
        ..Faults::default()
    });
    shop.say(PRAISE).await;
    shop.app.work_on(plaudit::platform::job::Kind::Attribute).await;
    shop.app.work_on(plaudit::platform::job::Kind::Route).await;
    let app = shop.app.app();
    let working = tokio::spawn(async move { work::worker(&app).work_until_idle().await });
    while sink.connections() == 0 {
        sleep(Duration::from_millis(5)).await;
    }
    run(&shop, "UPDATE job SET attempt = attempt + 1").await;
    working.await.unwrap().unwrap();
    shop.app.advance(TimeDelta::hours(1));
    shop.app.work().await;
    assert_eq!(sink.received().len(), 1);
    shop.app.end().await;
}
