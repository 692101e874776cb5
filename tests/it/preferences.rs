//! Everybody hears in the rhythm they choose: quiet hours and hours whose mail is gathered, digests of a day, week or
//! month, and the page and operations that set them.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    account::{DigestEvery, Frequency},
    delivery,
    notice::{self, Kind, State},
};
use plaudit::deliver::{self, digest::schedule};
use poem::http::Method;
use sea_orm::ActiveValue::Set;
use serde_json::json;

use crate::support::{
    smtp::{Faults, Received, Sink},
    telling::{COMPLAINT, PRAISE, Shop},
};

const THANKS: &str = "Thank you Tomasz Wilk, you were so kind!";

pub async fn shop() -> (Shop, Sink) {
    let sink = Sink::start().await;
    let shop = Shop::open_with(&sink.settings()).await;
    (shop, sink)
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Lives through the time until then in steps, as a scheduler and workers would.
async fn live_until(shop: &Shop, time: &str) {
    while shop.app.clock.now() < at(time) {
        let step = (at(time) - shop.app.clock.now()).min(TimeDelta::minutes(30));
        shop.app.advance(step);
        schedule::run_due(&shop.app.deliver()).await.unwrap();
        shop.app.work().await;
    }
}

fn to(sink: &Sink, address: &str) -> Vec<Received> {
    let mut mails = sink.received();
    mails.retain(|mail| mail.to == address);
    mails
}

const RUTH: &str = "ruth@example.org";

/// Quiet from eight to seven, and on these days.
async fn quiet(shop: &Shop, days: i32) -> entity::account::Model {
    let reader = shop.app.account_for(&shop.ruth, Frequency::AtOnce, false).await;
    let change = |row: &mut entity::account::ActiveModel| {
        row.quiet_from = Set(Some(20 * 60));
        row.quiet_until = Set(Some(7 * 60));
        row.quiet_days = Set(days);
    };
    shop.app.change_account(reader.id, change).await;
    reader
}

async fn told_of(shop: &Shop, kind: Kind) -> Vec<notice::Model> {
    let mut all = shop.app.notices().await;
    all.retain(|notice| notice.kind == kind);
    all
}

#[tokio::test]
async fn what_comes_at_night_waits_and_one_mail_gathers_it_in_the_morning() {
    let (shop, sink) = shop().await;
    quiet(&shop, 0).await;
    live_until(&shop, "2026-11-21T19:59:00Z").await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    assert_eq!(to(&sink, RUTH).len(), 1, "before eight it comes at once");
    live_until(&shop, "2026-11-21T20:30:00Z").await;
    shop.say(THANKS).await;
    shop.app.work().await;
    live_until(&shop, "2026-11-22T03:00:00Z").await;
    shop.say("Priya Nair was wonderful again, so patient. Thank you Priya!")
        .await;
    live_until(&shop, "2026-11-22T06:30:00Z").await;
    assert_eq!(to(&sink, RUTH).len(), 1, "nothing leaves at night");
    let waiting = told_of(&shop, Kind::Praise).await;
    assert_eq!(waiting[1].state, State::Deferred);
    assert_eq!(waiting[2].due_at, at("2026-11-22T07:00:00Z"));
    let listed = shop.app.get("/v1/notices?state=deferred").await.expect(200);
    assert_eq!(listed.json()["items"].as_array().unwrap().len(), 2);
    live_until(&shop, "2026-11-22T12:00:00Z").await;
    let mails = to(&sink, RUTH);
    assert_eq!(mails.len(), 2, "one mail");
    assert_eq!(mails[1].subject(), "Two messages waited for you.");
    let text = mails[1].text();
    assert!(text.contains("A customer thanked Tomasz.") && text.contains("A customer thanked Priya."));
    assert!(text.contains("https://plaudit.example/p/"), "{text}");
    assert!(
        text.lines()
            .any(|line| line.ends_with(": https://plaudit.example/me")),
        "{text}"
    );
    let told = told_of(&shop, Kind::Praise).await;
    assert!(told.iter().all(|notice| notice.state == State::Sent));
    let deliveries = shop.app.deliveries().await;
    assert!(
        deliveries
            .iter()
            .all(|one| one.state == delivery::State::Accepted)
    );
    shop.app.end().await;
}

#[tokio::test]
async fn whoever_lost_their_role_meanwhile_is_not_mailed_what_waited() {
    let (shop, sink) = shop().await;
    let lena = shop.app.account_for(&shop.lena, Frequency::AtOnce, false).await;
    let night = |row: &mut entity::account::ActiveModel| {
        row.quiet_from = Set(Some(20 * 60));
        row.quiet_until = Set(Some(7 * 60));
    };
    shop.app.change_account(lena.id, night).await;
    live_until(&shop, "2026-11-21T20:30:00Z").await;
    shop.say(COMPLAINT).await;
    shop.app.work().await;
    assert_eq!(told_of(&shop, Kind::Complaint).await[0].state, State::Deferred);
    shop.app.lead(shop.leeds.id, shop.ruth.id).await;
    live_until(&shop, "2026-11-22T08:00:00Z").await;
    assert!(to(&sink, "lena@example.org").is_empty());
    assert_eq!(to(&sink, RUTH).len(), 1, "whoever leads now is told");
    let told = told_of(&shop, Kind::Complaint).await;
    let states: Vec<State> = told.iter().map(|notice| notice.state).collect();
    assert_eq!(states, [State::Cancelled, State::Sent]);
    shop.app.end().await;
}

#[tokio::test]
async fn the_links_of_a_gathered_mail_open_and_end_it() {
    let (shop, sink) = shop().await;
    quiet(&shop, 0b110_0000).await;
    shop.say(PRAISE).await;
    shop.say(THANKS).await;
    live_until(&shop, "2026-11-23T07:00:00Z").await;
    let text = to(&sink, RUTH).remove(0).text();
    let links: Vec<&str> = text
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("https://plaudit.example"))
        .collect();
    let pages: Vec<&&str> = links.iter().filter(|path| path.starts_with("/p/")).collect();
    assert_eq!(pages.len(), 2, "{text}");
    for page in pages {
        shop.app.call(Method::GET, page, None, None).await.expect(200);
    }
    let end = links.iter().find(|path| path.starts_with("/u/")).unwrap();
    let page = shop.app.call(Method::GET, end, None, None).await.expect(200);
    assert!(page.text.contains("href=\"/me\""), "{}", page.text);
    shop.app.end().await;
}

#[tokio::test]
async fn what_is_taken_back_meanwhile_is_not_told() {
    let (shop, sink) = shop().await;
    quiet(&shop, 0b110_0000).await;
    let first = shop.say(PRAISE).await;
    let second = shop.say(THANKS).await;
    shop.app.work().await;
    let erase = |id| {
        let path = format!("/v1/comments/{id}");
        let app = &shop.app;
        async move {
            app.call(Method::DELETE, &path, Some(&app.key), None)
                .await
                .expect(204)
        }
    };
    erase(first).await;
    live_until(&shop, "2026-11-23T07:00:00Z").await;
    let mails = to(&sink, RUTH);
    assert_eq!(mails.len(), 1);
    assert_eq!(
        mails[0].subject(),
        "A customer thanked Tomasz.",
        "one is a mail like any other"
    );
    let states: Vec<State> = told_of(&shop, Kind::Praise)
        .await
        .iter()
        .map(|notice| notice.state)
        .collect();
    assert_eq!(states, [State::Cancelled, State::Sent]);
    live_until(&shop, "2026-11-23T21:00:00Z").await;
    let third = shop
        .say("Tomasz Wilk was wonderful, so patient and helpful.")
        .await;
    shop.app.work().await;
    erase(third).await;
    erase(second).await;
    live_until(&shop, "2026-11-24T12:00:00Z").await;
    assert_eq!(to(&sink, RUTH).len(), 2, "the digest of Monday, and nothing else");
    shop.app.end().await;
}

#[tokio::test]
async fn links_to_sign_in_come_in_quiet_hours_too() {
    let (shop, sink) = shop().await;
    quiet(&shop, 0b110_0000).await;
    shop.app
        .send_form("/sign-in", &[("email", RUTH)])
        .await
        .expect(200);
    shop.app.after_answers().await;
    shop.app.work().await;
    assert_eq!(to(&sink, RUTH).len(), 1);
    shop.app.end().await;
}

#[tokio::test]
async fn whoever_ends_their_quiet_hours_hears_at_once_what_waited() {
    let (shop, sink) = shop().await;
    let reader = quiet(&shop, 0b110_0000).await;
    shop.say(PRAISE).await;
    shop.say(THANKS).await;
    shop.app.work().await;
    assert!(to(&sink, RUTH).is_empty());
    let cookie = shop.app.sign_in(&reader).await;
    let path = "/v1/me/preferences";
    let update = json!({ "quiet_hours": null });
    shop.app
        .send_as(&cookie, Method::PATCH, path, &update)
        .await
        .expect(200);
    shop.app.work().await;
    let gathered = to(&sink, RUTH).pop().unwrap();
    assert_eq!(gathered.subject(), "Two messages waited for you.");
    shop.app.end().await;
}

#[tokio::test]
async fn a_digest_that_was_put_off_leaves_once_its_reader_ends_their_quiet_hours() {
    let (shop, sink) = shop().await;
    let reader = shop.app.account_for(&shop.ruth, Frequency::Digest, false).await;
    shop.say(PRAISE).await;
    live_until(&shop, "2026-11-23T07:59:00Z").await;
    shop.app.advance(TimeDelta::minutes(1));
    schedule::run_due(&shop.app.deliver()).await.unwrap();
    let morning = |row: &mut entity::account::ActiveModel| {
        row.quiet_from = Set(Some(7 * 60));
        row.quiet_until = Set(Some(12 * 60));
    };
    shop.app.change_account(reader.id, morning).await;
    shop.app.work().await;
    assert!(to(&sink, RUTH).is_empty());
    let cookie = shop.app.sign_in(&reader).await;
    let update = json!({ "quiet_hours": null });
    shop.app
        .send_as(&cookie, Method::PATCH, "/v1/me/preferences", &update)
        .await
        .expect(200);
    shop.app.work().await;
    let digests = to(&sink, RUTH).into_iter().map(|mail| mail.subject());
    let digests = digests.filter(|subject| subject.contains("One thank-you"));
    assert_eq!(digests.count(), 1);
    shop.app.end().await;
}

#[tokio::test]
async fn whoever_wants_no_mail_any_more_is_not_mailed_what_waited() {
    let (shop, sink) = shop().await;
    let reader = quiet(&shop, 0b110_0000).await;
    shop.say(PRAISE).await;
    shop.say(THANKS).await;
    shop.app.work().await;
    let off = |row: &mut entity::account::ActiveModel| row.frequency = Set(Frequency::Digest);
    shop.app.change_account(reader.id, off).await;
    live_until(&shop, "2026-11-23T07:30:00Z").await;
    assert!(to(&sink, RUTH).is_empty());
    let told = told_of(&shop, Kind::Praise).await;
    assert!(told.iter().all(|notice| notice.state == State::Muted), "{told:?}");
    live_until(&shop, "2026-11-23T08:00:00Z").await;
    let digest = to(&sink, RUTH).remove(0).text();
    assert!(digest.starts_with("Two thank-yous"), "{digest}");
    shop.app.end().await;
}

#[tokio::test]
async fn while_the_mail_server_is_away_what_waited_waits_and_is_told_once() {
    let (shop, mut sink) = shop().await;
    quiet(&shop, 0b110_0000).await;
    shop.say(PRAISE).await;
    shop.say(THANKS).await;
    live_until(&shop, "2026-11-23T06:30:00Z").await;
    sink.go_down();
    live_until(&shop, "2026-11-23T07:30:00Z").await;
    let again = "Priya Nair was wonderful again, so patient. Thank you Priya!";
    shop.say(again).await;
    shop.app.work().await;
    sink.come_back().await;
    live_until(&shop, "2026-11-23T07:59:00Z").await;
    let subjects: Vec<String> = to(&sink, RUTH).iter().map(Received::subject).collect();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    let gathered = subjects
        .iter()
        .filter(|one| *one == "Two messages waited for you.");
    assert_eq!(gathered.count(), 1, "{subjects:?}");
    live_until(&shop, "2026-11-24T12:00:00Z").await;
    let told = told_of(&shop, Kind::Praise).await;
    assert!(told.iter().all(|notice| notice.state == State::Sent));
    shop.app.end().await;
}

#[tokio::test]
async fn an_address_that_is_refused_has_somebody_else_told_of_all_that_waited() {
    let (shop, sink) = shop().await;
    quiet(&shop, 0b110_0000).await;
    shop.say(PRAISE).await;
    shop.say(THANKS).await;
    shop.app.work().await;
    sink.fail(Faults {
        unknown: vec![RUTH.to_owned()],
        ..Faults::default()
    });
    live_until(&shop, "2026-11-23T07:30:00Z").await;
    let omar = to(&sink, "omar@example.org");
    assert_eq!(omar.len(), 2, "the manager above is told of both");
    shop.app.end().await;
}

#[tokio::test]
async fn a_gathered_mail_that_is_refused_is_sent_again_with_what_waits_by_then_and_once() {
    let (shop, sink) = shop().await;
    quiet(&shop, 0b110_0000).await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    sink.fail(Faults {
        refuse_message: 1,
        ..Faults::default()
    });
    live_until(&shop, "2026-11-23T07:30:00Z").await;
    assert_eq!(to(&sink, RUTH).len(), 0);
    live_until(&shop, "2026-11-23T20:30:00Z").await;
    shop.say(THANKS).await;
    shop.app.work().await;
    let tx = shop.app.db.write().await.unwrap();
    let again = deliver::retry_dead_letters(&tx, shop.app.organisation.id, None, shop.app.clock.now());
    assert_eq!(again.await.unwrap(), 1);
    tx.commit().await.unwrap();
    live_until(&shop, "2026-11-24T08:00:00Z").await;
    let subjects: Vec<String> = to(&sink, RUTH).iter().map(Received::subject).collect();
    assert_eq!(
        subjects,
        [
            "Leeds: One thank-you for one person.",
            "Two messages waited for you."
        ]
    );
    let told = told_of(&shop, Kind::Praise).await;
    assert!(told.iter().all(|notice| notice.state == State::Sent));
    shop.app.end().await;
}

#[tokio::test]
async fn more_than_fifty_are_told_in_several_mails() {
    let (shop, sink) = shop().await;
    quiet(&shop, 0b110_0000).await;
    for number in 0..53 {
        shop.say(&format!("{PRAISE} Number {number}.")).await;
    }
    shop.app.work().await;
    live_until(&shop, "2026-11-23T07:00:00Z").await;
    let subjects: Vec<String> = to(&sink, RUTH).iter().map(Received::subject).collect();
    assert_eq!(
        subjects,
        ["50 messages waited for you.", "Three messages waited for you."]
    );
    shop.app.end().await;
}

#[tokio::test]
async fn whoever_wants_one_mail_an_hour_gets_it_with_the_full_hour() {
    let (shop, sink) = shop().await;
    let reader = shop.app.account_for(&shop.ruth, Frequency::Hourly, false).await;
    shop.say(PRAISE).await;
    shop.say(THANKS).await;
    shop.app.work().await;
    live_until(&shop, "2026-11-21T12:59:00Z").await;
    assert!(to(&sink, RUTH).is_empty());
    live_until(&shop, "2026-11-21T13:00:00Z").await;
    let mails = to(&sink, RUTH);
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject(), "Two messages waited for you.");
    let at_once = |row: &mut entity::account::ActiveModel| row.frequency = Set(Frequency::AtOnce);
    shop.app.change_account(reader.id, at_once).await;
    shop.say("Tomasz Wilk was wonderful, so patient and helpful.")
        .await;
    shop.app.work().await;
    assert_eq!(to(&sink, RUTH).len(), 2);
    shop.app.end().await;
}

#[tokio::test]
async fn a_kind_of_notice_may_come_at_another_time_than_the_rest() {
    let (shop, sink) = shop().await;
    let lena = shop.app.account_for(&shop.lena, Frequency::Digest, false).await;
    shop.say(COMPLAINT).await;
    shop.app.work().await;
    assert!(to(&sink, "lena@example.org").is_empty());
    let at_once = |row: &mut entity::account::ActiveModel| {
        row.complaint_frequency = Set(Some(Frequency::AtOnce));
    };
    shop.app.change_account(lena.id, at_once).await;
    shop.say(&format!("{COMPLAINT} Really.")).await;
    shop.app.work().await;
    assert_eq!(to(&sink, "lena@example.org").len(), 1);
    let off = |row: &mut entity::account::ActiveModel| row.frequency = Set(Frequency::Off);
    shop.app.change_account(lena.id, off).await;
    shop.say(&format!("{COMPLAINT} Once more.")).await;
    shop.app.work().await;
    assert_eq!(to(&sink, "lena@example.org").len(), 1, "no mail is no mail");
    shop.app.end().await;
}

/// What the issue asks for: every day at 17:30, in German, quiet on weekends, by the page.
#[tokio::test]
async fn a_manager_hears_every_day_at_half_past_five_in_german_and_never_on_weekends() {
    let (shop, sink) = shop().await;
    let ruth = shop.app.signing_in(shop.ruth.id).await;
    let cookie = shop.app.sign_in(&ruth).await;
    let before = shop.app.page_as(&cookie, "/me").await.expect(200);
    assert!(before.text.contains("You hear of thank-yous straight away."));
    let fields = [
        ("frequency", "digest"),
        ("digest_every", "day"),
        ("digest_weekday", "1"),
        ("digest_time", "17:30"),
        ("quiet_from", ""),
        ("quiet_until", ""),
        ("quiet_day", "6"),
        ("quiet_day", "7"),
        ("language", "de"),
        ("time_zone", "Europe/Berlin"),
        ("triage_frequency", ""),
        ("complaint_frequency", "at_once"),
        ("own_praise_frequency", ""),
    ];
    shop.app.form_as(&cookie, "/me", &fields).await.expect(303);
    let page = shop.app.page_as(&cookie, "/me").await.expect(200);
    let heading = "Sie erhalten jeden Tag um 17:30 eine Zusammenfassung.";
    assert!(page.text.contains(heading), "{}", page.text);
    shop.say(PRAISE).await;
    live_until(&shop, "2026-11-23T16:29:00Z").await;
    let own = |sink: &Sink| {
        let mut mails = to(sink, RUTH);
        mails.retain(|mail| !mail.text().contains("/sign-in/"));
        mails
    };
    assert!(
        own(&sink).is_empty(),
        "nothing on the weekend, and nothing before its time"
    );
    live_until(&shop, "2026-11-23T16:30:00Z").await;
    let monday = own(&sink).remove(0).text();
    assert!(monday.starts_with("Ein Danke"), "{monday}");
    assert!(monday.contains("jeden Tag"), "{monday}");
    assert!(
        monday.contains("20. bis Montag, 23. November") || monday.contains("bis Montag"),
        "{monday}"
    );
    shop.say(THANKS).await;
    live_until(&shop, "2026-11-27T20:00:00Z").await;
    assert_eq!(own(&sink).len(), 2, "a day without praise brings none");
    shop.app.end().await;
}

#[tokio::test]
async fn a_digest_says_which_day_or_month_it_tells_of() {
    let (shop, sink) = shop().await;
    let reader = shop.app.account_for(&shop.ruth, Frequency::Digest, false).await;
    let daily = |row: &mut entity::account::ActiveModel| row.digest_every = Set(DigestEvery::Day);
    shop.app.change_account(reader.id, daily).await;
    shop.say(PRAISE).await;
    live_until(&shop, "2026-11-22T08:00:00Z").await;
    let day = to(&sink, RUTH).remove(0).text();
    assert!(
        day.lines().any(|line| line == "Leeds, Saturday 21 November") && day.contains("every day"),
        "{day}"
    );
    let monthly = |row: &mut entity::account::ActiveModel| row.digest_every = Set(DigestEvery::Month);
    shop.app.change_account(reader.id, monthly).await;
    shop.say(THANKS).await;
    live_until(&shop, "2026-11-30T12:00:00Z").await;
    assert_eq!(to(&sink, RUTH).len(), 1);
    live_until(&shop, "2026-12-01T08:00:00Z").await;
    let month = to(&sink, RUTH).remove(1).text();
    assert!(month.contains("Sunday 1 to Monday 30 November"), "{month}");
    assert!(month.contains("once a month"), "{month}");
    assert!(
        month.contains("== Tomasz Wilk") && !month.contains("== Priya"),
        "{month}"
    );
    shop.app.end().await;
}
