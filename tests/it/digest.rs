//! A reader's week: on Monday at eight of their own clock, each recognition in exactly one, never empty.
use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use entity::{
    account::Frequency,
    notice::{self, Kind, State},
    notice_recognition::Part,
    organisation::BoardMode,
};
use plaudit::deliver::digest::schedule;
use poem::http::Method;
use rand::{Rng, SeedableRng, rngs::StdRng};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    smtp::{Received, Sink},
    telling::{PRAISE, Shop},
};

const SITE_PRAISE: &str = "The staff here were wonderful, so kind and helpful. Thank you all!";

async fn shop() -> (Shop, Sink) {
    let sink = Sink::start().await;
    let shop = Shop::open_with(&sink.settings()).await;
    (shop, sink)
}

/// Moves the clock to a time, hour by hour, as a scheduler and workers would live through it.
async fn live_until(shop: &Shop, time: &str) {
    let time: DateTime<Utc> = time.parse().unwrap();
    while shop.app.clock.now() < time {
        let step = (time - shop.app.clock.now()).min(TimeDelta::hours(1));
        shop.app.advance(step);
        schedule::run_due(&shop.app.deliver()).await.unwrap();
        shop.app.work().await;
    }
}

fn digests(sink: &Sink, to: &str) -> Vec<Received> {
    let is_digest = |mail: &Received| mail.to == to && mail.text().contains("once a week");
    sink.received().into_iter().filter(is_digest).collect()
}

#[tokio::test]
async fn on_monday_at_eight_the_manager_reads_the_week_by_person_with_the_board() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    shop.say("Priya Nair again, wonderful and so patient. Thank you Priya!")
        .await;
    shop.say("Thank you Tomasz Wilk, you were so kind!").await;
    shop.say(SITE_PRAISE).await;
    live_until(&shop, "2026-11-23T07:59:00Z").await;
    assert!(digests(&sink, "ruth@example.org").is_empty());
    live_until(&shop, "2026-11-23T08:00:00Z").await;
    let digests = digests(&sink, "ruth@example.org");
    assert_eq!(digests.len(), 1);
    let text = digests[0].text();
    assert!(text.starts_with("Three thank-yous"), "{text}");
    assert!(text.contains("Monday 16 to Sunday 22 November"), "{text}");
    let (priya, tom) = (
        text.find("== Priya Nair").unwrap(),
        text.find("== Tomasz Wilk").unwrap(),
    );
    assert!(priya < tom, "most words first");
    assert!(
        text.contains("2  Priya Nair") && text.contains("1  Tomasz Wilk"),
        "{text}"
    );
    assert!(!text.contains("For everyone there"), "{text}");
    let lead = sink
        .received()
        .into_iter()
        .rfind(|mail| mail.to == "lena@example.org")
        .unwrap();
    assert!(lead.text().contains("For everyone there"), "{}", lead.text());
    shop.app.end().await;
}

#[tokio::test]
async fn a_digest_and_its_quotations_open_as_pages() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    live_until(&shop, "2026-11-23T08:00:00Z").await;
    let digest = digests(&sink, "ruth@example.org").remove(0);
    let text = digest.text();
    let links: Vec<&str> = text
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("https://plaudit.example"))
        .filter(|path| path.starts_with("/p/"))
        .collect();
    assert_eq!(links.len(), 2);
    let quoted = shop.app.call(Method::GET, links[0], None, None).await.expect(200);
    assert!(
        quoted.text.contains("A customer thanked Priya."),
        "{}",
        quoted.text
    );
    let week = shop.app.call(Method::GET, links[1], None, None).await.expect(200);
    assert!(week.text.contains("One thank-you"), "{}", week.text);
    shop.app.end().await;
}

#[tokio::test]
async fn a_week_with_nothing_to_tell_brings_no_mail_and_the_window_goes_on() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    live_until(&shop, "2026-12-07T08:00:00Z").await;
    assert_eq!(digests(&sink, "ruth@example.org").len(), 1);
    shop.say("Thank you Tomasz Wilk, you were so kind!").await;
    live_until(&shop, "2026-12-14T08:00:00Z").await;
    let all = digests(&sink, "ruth@example.org");
    assert_eq!(all.len(), 2);
    assert!(all[1].text().contains("Tomasz Wilk") && !all[1].text().contains("== Priya"));
    let weeks: Vec<notice::Model> = made(&shop, shop.ruth.id).await;
    let states: Vec<State> = weeks.iter().map(|week| week.state).collect();
    assert_eq!(
        states,
        [State::Sent, State::Cancelled, State::Cancelled, State::Sent]
    );
    assert_eq!(
        weeks[3].covers_from, weeks[0].covers_until,
        "nothing lies between"
    );
    shop.app.end().await;
}

async fn made(shop: &Shop, staff: Uuid) -> Vec<notice::Model> {
    let reader = shop.app.account_of(staff).await.id;
    let mut all = shop.app.notices().await;
    all.retain(|notice| notice.kind == Kind::Digest && notice.reader_id == Some(reader));
    all
}

#[tokio::test]
async fn praise_that_no_longer_holds_is_corrected_once() {
    let (shop, sink) = shop().await;
    shop.send(json!({"text": PRAISE, "site": "Leeds", "external_id": "r-1"}))
        .await;
    live_until(&shop, "2026-11-24T08:00:00Z").await;
    shop.send(json!({"text": "Lovely place.", "site": "Leeds", "external_id": "r-1"}))
        .await;
    live_until(&shop, "2026-12-14T08:00:00Z").await;
    let all = digests(&sink, "ruth@example.org");
    assert_eq!(all.len(), 2);
    let text = all[1].text().replace('\n', " ");
    assert!(
        text.contains("Priya Nair, 21 November 2026: the customer changed the message"),
        "{text}"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn words_of_an_earlier_week_are_told_as_late_and_open_questions_as_waiting() {
    let (shop, sink) = shop().await;
    shop.app
        .person("Matthew", "Reed", Some(shop.leeds.id), Some(shop.ruth.id))
        .await;
    shop.app
        .person_with_id(
            "matthew2",
            "Matthew",
            "Stone",
            Some(shop.leeds.id),
            Some(shop.ruth.id),
        )
        .await;
    shop.say("Matthew was brilliant, so patient and kind. Thank you Matthew!")
        .await;
    let earlier = json!({"text": PRAISE, "site": "Leeds", "occurred_at": "2026-11-05T10:00:00Z"});
    shop.send(earlier).await;
    live_until(&shop, "2026-11-23T08:00:00Z").await;
    let manager = digests(&sink, "ruth@example.org").remove(0).text();
    assert!(
        manager.contains("== Priya Nair: said in an earlier week"),
        "{manager}"
    );
    let lead = digests(&sink, "lena@example.org").remove(0).text();
    assert!(
        lead.contains("Tell us who is meant") && lead.contains("Matthew Reed"),
        "{lead}"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn two_schedulers_at_once_make_one_digest() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    shop.app.advance(TimeDelta::hours(44));
    let maker = shop.app.deliver();
    let (one, other) = tokio::join!(schedule::run_due(&maker), schedule::run_due(&maker));
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    shop.app.work().await;
    assert_eq!(digests(&sink, "ruth@example.org").len(), 1);
    shop.app.end().await;
}

#[tokio::test]
async fn who_wants_no_mail_gets_no_digest_and_later_only_what_is_new() {
    let (shop, sink) = shop().await;
    let reader = shop.app.account_for(&shop.ruth, Frequency::Off, false).await;
    shop.say(PRAISE).await;
    live_until(&shop, "2026-11-24T08:00:00Z").await;
    assert!(sink.received().is_empty());
    shop.app
        .change_account(reader.id, |row| row.frequency = Set(Frequency::Digest))
        .await;
    shop.say("Thank you Tomasz Wilk, you were so kind!").await;
    live_until(&shop, "2026-11-30T08:00:00Z").await;
    let all = sink.received();
    assert_eq!(all.len(), 1);
    assert!(all[0].text().contains("Tomasz") && !all[0].text().contains("== Priya"));
    shop.app.end().await;
}

#[tokio::test]
async fn where_boards_are_off_a_digest_has_none() {
    let (shop, sink) = shop().await;
    let mut off: entity::organisation::ActiveModel = shop.app.organisation.clone().into();
    off.board_mode = Set(BoardMode::Off);
    let tx = shop.app.db.write().await.unwrap();
    off.update(&tx).await.unwrap();
    tx.commit().await.unwrap();
    shop.say(PRAISE).await;
    live_until(&shop, "2026-11-23T08:00:00Z").await;
    assert!(!digests(&sink, "ruth@example.org")[0].text().contains("The board"));
    shop.app.end().await;
}

/// Half a year in which the reader moves and changes their mind while praise comes in: every recognition stands in
/// exactly one digest of theirs, and there is one digest a week.
#[tokio::test]
async fn whatever_the_readers_clock_does_each_recognition_stands_in_one_digest() {
    let shop = Shop::open().await;
    let reader = shop.app.account_for(&shop.ruth, Frequency::Digest, false).await;
    let zones = [
        Tz::Pacific__Auckland,
        Tz::Pacific__Honolulu,
        Tz::Europe__London,
        Tz::America__Sao_Paulo,
        Tz::Australia__Lord_Howe,
    ];
    let mut random = StdRng::seed_from_u64(7);
    let mut said = 0;
    for _ in 0..26 * 7 {
        if random.random_bool(0.5) {
            said += 1;
            shop.say(&format!("{PRAISE} Number {said}.")).await;
        }
        if random.random_bool(0.1) {
            let (zone, hour) = (zones[random.random_range(0..5)], random.random_range(0..24));
            let change = |row: &mut entity::account::ActiveModel| {
                row.time_zone = Set(Some(zone.name().to_owned()));
                row.digest_minute = Set(hour * 60);
            };
            shop.app.change_account(reader.id, change).await;
        }
        let is_routed_late = random.random_bool(0.3);
        if !is_routed_late {
            shop.app.work().await;
        }
        shop.app
            .advance(TimeDelta::minutes(random.random_range(20 * 60..28 * 60)));
        schedule::run_due(&shop.app.deliver()).await.unwrap();
        shop.app.work().await;
    }
    shop.app.advance(TimeDelta::days(8));
    schedule::run_due(&shop.app.deliver()).await.unwrap();
    shop.app.work().await;
    let mut in_digests: HashMap<Uuid, usize> = HashMap::new();
    for part in shop.app.parts().await {
        if part.part == Part::Digest {
            *in_digests.entry(part.recognition_id).or_default() += 1;
        }
    }
    assert_eq!(in_digests.len(), said);
    assert!(in_digests.values().all(|times| *times == 1));
    let weeks = made(&shop, shop.ruth.id).await;
    for pair in weeks.windows(2) {
        let (before, after) = (pair[0].period_start.unwrap(), pair[1].period_start.unwrap());
        assert!(after >= before + TimeDelta::days(7));
        assert!(pair[0].covers_until < pair[1].covers_until);
    }
    shop.app.end().await;
}

#[tokio::test]
async fn the_digest_comes_at_the_hour_and_on_the_clock_that_one_chose() {
    let (shop, sink) = shop().await;
    let ruth = shop.app.signing_in(shop.ruth.id).await;
    let cookie = shop.app.sign_in(&ruth).await;
    let send = async |hour: &str, zone: &str| {
        let fields = [
            ("frequency", "digest"),
            ("digest_time", hour),
            ("time_zone", zone),
        ];
        shop.app.form_as(&cookie, "/me", &fields).await
    };
    let wrong = send("06:00", "Mars/Olympus").await.expect(422);
    assert!(
        wrong.text.contains("Enter a time zone by its name") && wrong.text.contains("value=\"06:00\""),
        "{}",
        wrong.text
    );
    send("24:00", "Europe/Berlin").await.expect(422);
    assert_eq!(shop.app.account_of(shop.ruth.id).await.time_zone, None);
    send("06:00", "Asia/Tokyo").await.expect(303);
    let own = shop.app.account_of(shop.ruth.id).await;
    assert_eq!(
        (own.digest_minute, own.time_zone.as_deref()),
        (6 * 60, Some("Asia/Tokyo"))
    );
    assert!(own.digest_due_at <= shop.app.clock.now(), "it is looked at again");
    let page = shop.app.page_as(&cookie, "/me").await.expect(200);
    assert!(page.text.contains("value=\"Asia/Tokyo\""), "{}", page.text);
    shop.app
        .form_as(&cookie, "/me", &[("frequency", "digest")])
        .await
        .expect(303);
    assert_eq!(
        shop.app.account_of(shop.ruth.id).await.digest_minute,
        6 * 60,
        "what is not sent stays"
    );
    shop.say(PRAISE).await;
    // Six o'clock on Monday in Tokyo is still Sunday evening at the site.
    live_until(&shop, "2026-11-22T20:59:00Z").await;
    assert!(digests(&sink, "ruth@example.org").is_empty());
    live_until(&shop, "2026-11-22T21:00:00Z").await;
    assert_eq!(digests(&sink, "ruth@example.org").len(), 1);
    live_until(&shop, "2026-11-23T12:00:00Z").await;
    assert_eq!(digests(&sink, "ruth@example.org").len(), 1, "once");
    shop.app.end().await;
}
