//! Rules: who hears of praise besides those who hear of it anyway, and why they read that they do.
use chrono::TimeDelta;
use entity::{
    grant::Role,
    notice::{self, Kind, State},
    notice_recognition::Part,
    rule,
};
use plaudit::{
    deliver::digest::schedule,
    route::rule::manage::{self, NewRule},
};
use poem::http::Method;
use sea_orm::ActiveModelTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    reading::SEALING,
    support::{
        TestApp,
        telling::{PRAISE, Shop},
    },
};

impl TestApp {
    async fn rule(&self, rule: Value) -> String {
        self.post("/v1/rules", rule).await.expect(201).at("/id")
    }

    async fn room(&self, name: &str) -> Uuid {
        let room = json!({ "kind": "webhook", "name": name, "address": "https://127.0.0.1:9/1" });
        self.post("/v1/channels", room)
            .await
            .expect(201)
            .at("/id")
            .parse()
            .unwrap()
    }
}

/// A rule of an organisation, to be ended.
pub async fn rule_in(app: &TestApp, organisation: Uuid) -> String {
    let new = NewRule {
        name: "All of it".to_owned(),
        who: rule::Who::Auditors,
        staff: None,
        channel: None,
        at_once: true,
        source: None,
        score_from: None,
        language: None,
        nth: None,
    };
    let tx = app.db.write().await.unwrap();
    let by = ("cli", app.clock.now());
    let row = manage::checked(&tx, organisation, new, by).await.unwrap();
    let made = rule::ActiveModel::from(row)
        .reset_all()
        .insert(&tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    made.id.to_string()
}

async fn with_part(app: &TestApp, part: Part) -> usize {
    app.parts()
        .await
        .into_iter()
        .filter(|one| one.part == part)
        .count()
}

#[tokio::test]
async fn a_lead_hears_of_somebodys_first_thank_you_by_a_rule_and_reads_which() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let rule = app
        .rule(json!({ "name": "First ones", "who": "site_lead", "nth": 1 }))
        .await;
    shop.say(PRAISE).await;
    app.work().await;
    let mut told = app.told().await;
    told.sort_by_key(|(_, reader, _)| *reader != Some(shop.ruth.id));
    assert_eq!(
        told,
        [
            (Kind::Praise, Some(shop.ruth.id), State::Sent),
            (Kind::Praise, Some(shop.lena.id), State::Sent)
        ]
    );
    let by_rule: Vec<notice::Model> = app.notices().await;
    let rules: Vec<Option<String>> = by_rule
        .iter()
        .map(|notice| notice.rule_id.map(|id| id.to_string()))
        .collect();
    assert!(
        rules.contains(&Some(rule.clone())) && rules.contains(&None),
        "{rules:?}"
    );
    let mails = app.mails();
    let to_lena = mails.iter().find(|mail| mail.to == "lena@example.org").unwrap();
    let because = "because of the rule “First ones”";
    assert!(to_lena.text().contains(because), "{}", to_lena.text());
    let to_ruth = mails.iter().find(|mail| mail.to == "ruth@example.org").unwrap();
    assert!(!to_ruth.text().contains("rule"), "{}", to_ruth.text());
    let text = to_lena.text();
    let (_, token) = text.split_once("/p/").unwrap();
    let page = app
        .page(&format!("/p/{}", token.split_whitespace().next().unwrap()))
        .await;
    assert!(page.expect(200).text.contains(because));
    // It is the manager who is to tell the person.
    assert_eq!(app.stands().await.2, Some(shop.ruth.id));
    let listed = app.get("/v1/notices").await.expect(200);
    assert!(listed.text.contains(&rule), "{}", listed.text);
    shop.say("Thank you Priya Nair, you were so kind and patient!")
        .await;
    app.work().await;
    assert_eq!(
        app.told().await.len(),
        3,
        "the second one is for the manager alone"
    );
    assert_eq!(with_part(app, Part::Rule).await, 1);
    shop.app.end().await;
}

#[tokio::test]
async fn nobody_hears_by_a_rule_of_what_they_may_not_see() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let ben = app.person("Ben", "Okafor", Some(shop.leeds.id), None).await;
    app.rule(json!({ "name": "For Ben", "who": "person", "staff_id": ben.id }))
        .await;
    shop.say(PRAISE).await;
    app.work().await;
    assert_eq!(
        app.told().await,
        [(Kind::Praise, Some(shop.ruth.id), State::Sent)]
    );
    let tried = json!({ "name": "Again", "who": "person", "staff_id": ben.id });
    let trial = app.post("/v1/rules/trial", tried).await.expect(200);
    assert_eq!(
        (trial.at("/items/0/name"), trial.at("/refused")),
        ("Priya Nair".to_owned(), "1".to_owned()),
        "of the rule that is tried, and of no other"
    );
    assert_eq!(trial.at("/items/0/heard/0/who"), "Ruth Adler");
    assert_eq!(app.told().await.len(), 1, "a trial tells nobody");
    // Once they may, they are told of what comes then, and of nothing that came before.
    let account = app.signing_in(ben.id).await;
    let tx = app.db.write().await.unwrap();
    plaudit::access::role::grant(&tx, &account, Role::Auditor, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    shop.say("Thank you Priya Nair, you were so kind and patient!")
        .await;
    app.work().await;
    let told = app.told().await;
    let to_ben = told.iter().filter(|(_, reader, _)| *reader == Some(ben.id));
    assert_eq!(to_ben.count(), 1, "{told:?}");
    shop.app.end().await;
}

#[tokio::test]
async fn a_room_with_a_rule_hears_of_what_it_asks_for_and_the_others_of_all() {
    let shop = Shop::open_with(SEALING).await;
    let app = &shop.app;
    let source = app
        .post("/v1/sources", json!({ "name": "Exit poll", "kind": "api" }))
        .await;
    let source = source.expect(201).at("/id");
    let (high, every) = (app.room("Best ones").await, app.room("Every one").await);
    app.rule(json!({
        "name": "The best", "who": "room", "channel_id": high, "source_id": source, "score_from": 9,
    }))
    .await;
    let say = |source: &str, score: i32, n: i32| {
        json!({
            "text": format!("{PRAISE} Visit number {n}."), "site": "Leeds", "source": source,
            "score": { "value": score, "scale": "nps" },
        })
    };
    for (n, (source, score)) in [("Exit poll", 9), ("Exit poll", 8), ("api", 10)]
        .into_iter()
        .enumerate()
    {
        shop.send(say(source, score, i32::try_from(n).unwrap())).await;
    }
    app.work().await;
    let told = app.notices().await;
    let of = |room: Uuid| {
        told.iter()
            .filter(|notice| notice.channel_id == Some(room))
            .count()
    };
    assert_eq!((of(high), of(every)), (1, 3));
    let by_rule = told
        .iter()
        .find(|notice| notice.channel_id == Some(high))
        .unwrap();
    assert!(by_rule.rule_id.is_some());
    let mut app = shop.app;
    app.end_with_jobs().await;
}

#[tokio::test]
async fn what_a_rule_keeps_for_the_summary_stands_there_and_leaves_at_no_other_time() {
    let shop = Shop::open().await;
    let app = &shop.app;
    app.rule(json!({ "name": "Weekly", "who": "site_lead", "when": "digest" }))
        .await;
    shop.say(PRAISE).await;
    app.work().await;
    let told = app.told().await;
    assert!(
        told.contains(&(Kind::Praise, Some(shop.lena.id), State::Muted)),
        "{told:?}"
    );
    assert_eq!(app.mails().len(), 1);
    let waits = app.parts().await;
    let lena = app.account_of(shop.lena.id).await.id;
    assert!(
        waits
            .iter()
            .any(|tie| tie.part == Part::Rule && tie.awaits_digest_of == Some(lena))
    );
    shop.app.end().await;
}

#[tokio::test]
async fn who_hears_anyway_hears_once_and_an_ended_rule_tells_nothing() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let first = app
        .rule(json!({ "name": "For Ruth", "who": "person", "staff_id": shop.ruth.id }))
        .await;
    let lead = app.rule(json!({ "name": "Leads", "who": "site_lead" })).await;
    app.rule(json!({ "name": "Leads again", "who": "site_lead", "nth": 1 }))
        .await;
    shop.say(PRAISE).await;
    app.work().await;
    assert_eq!(app.told().await.len(), 2, "{:?}", app.told().await);
    for id in [first, lead] {
        app.call(Method::DELETE, &format!("/v1/rules/{id}"), Some(&app.key), None)
            .await
            .expect(204);
    }
    shop.say("Thank you Tomasz Wilk, you were so kind!").await;
    app.work().await;
    assert_eq!(app.told().await.len(), 4, "one of the two for leads is left");
    let listed = app.get("/v1/rules").await.expect(200);
    assert_eq!(listed.at("/items/2/name"), "Leads again");
    assert!(listed.at("/items/0/ended_at").starts_with("2026-11-21T12:00:00"));
    shop.app.end().await;
}

#[tokio::test]
async fn what_was_recognised_before_a_rule_is_not_told_by_it() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let comment = shop.say(PRAISE).await;
    app.work().await;
    app.advance(TimeDelta::hours(1));
    app.rule(json!({ "name": "Leads", "who": "site_lead" })).await;
    let tx = app.db.write().await.unwrap();
    let route = plaudit::platform::job::Job::Route { comment };
    plaudit::platform::job::enqueue(&tx, app.organisation.id, route, app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.work().await;
    assert_eq!(app.told().await.len(), 1);
    shop.app.end().await;
}

#[tokio::test]
async fn rules_that_cannot_be_say_what_would_be_right() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let yesterday = app.clock.now().date_naive() - TimeDelta::days(1);
    app.leaves(shop.lena.id, yesterday).await;
    for (rule, says) in [
        (json!({ "name": "x", "who": "person" }), "staff_id: say who it is"),
        (
            json!({ "name": "x", "who": "room" }),
            "channel_id: say which room",
        ),
        (
            json!({ "name": "x", "who": "auditors", "staff_id": shop.ruth.id }),
            "who: only person and room",
        ),
        (
            json!({ "name": "x", "who": "person", "staff_id": Uuid::now_v7() }),
            "staff_id: there is none",
        ),
        (
            json!({ "name": "x", "who": "person", "staff_id": shop.lena.id }),
            "staff_id: there is none; choose somebody who works here",
        ),
        (
            json!({ "name": "x", "who": "auditors", "source_id": Uuid::now_v7() }),
            "source_id: there is none",
        ),
        (
            json!({ "name": "x", "who": "auditors", "language": "d1" }),
            "language: give the code",
        ),
    ] {
        let answer = app.post("/v1/rules", rule.clone()).await.expect(422);
        assert!(answer.text.contains(says), "{rule}: {}", answer.text);
    }
    let twice = json!({ "name": "First ones", "who": "auditors", "nth": 1 });
    app.rule(twice.clone()).await;
    let again = app.post("/v1/rules", twice.clone()).await.expect(422);
    assert!(
        again
            .text
            .contains("who: the rule \\\"First ones\\\" says the same already"),
        "{}",
        again.text
    );
    let id = app.get("/v1/rules").await.expect(200).at("/items/0/id");
    app.call(Method::DELETE, &format!("/v1/rules/{id}"), Some(&app.key), None)
        .await
        .expect(204);
    app.rule(twice).await;
    shop.app.end().await;
}

#[tokio::test]
async fn administrators_try_a_rule_on_the_last_week_before_they_save_it() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let boss = app.administrator("boss@example.org").await;
    shop.say(PRAISE).await;
    shop.say("Thank you Priya Nair, you were so kind and patient!")
        .await;
    app.work().await;
    let boss = app.sign_in(&boss).await;
    let page = app.page_as(&boss, "/rules").await.expect(200);
    assert!(page.text.contains("The first rule"), "{}", page.text);
    let fields = |deed| {
        [
            ("name", "First ones"),
            ("who", "site_lead"),
            ("when", "at_once"),
            ("nth", "1"),
            ("do", deed),
        ]
    };
    let tried = app.form_as(&boss, "/rules", &fields("try")).await.expect(200);
    for text in [
        "2 thank-yous",
        "someone of 1 of them",
        "Lena Voss (First ones)",
        "Ruth Adler (The first rule)",
    ] {
        assert!(tried.text.contains(text), "{text}: {}", tried.text);
    }
    assert_eq!(app.told().await.len(), 2);
    assert!(
        !app.page_as(&boss, "/rules").await.text.contains("First ones"),
        "nothing is saved"
    );
    app.form_as(&boss, "/rules", &fields("add")).await.expect(303);
    let page = app.page_as(&boss, "/rules").await.expect(200);
    assert!(
        page.text.contains("Only a person’s thank-you number 1"),
        "{}",
        page.text
    );
    let wrong = [
        ("name", ""),
        ("who", "person"),
        ("person", "Nobody Known"),
        ("score", "much"),
        ("do", "add"),
    ];
    let answer = app.form_as(&boss, "/rules", &wrong).await.expect(422);
    for text in ["Nobody who works here", "Choose a number from 1 to 10."] {
        assert!(answer.text.contains(text), "{text}: {}", answer.text);
    }
    let named = [
        ("name", "Other"),
        ("who", "auditors"),
        ("person", "Ruth Adler"),
        ("do", "add"),
    ];
    let answer = app.form_as(&boss, "/rules", &named).await.expect(422);
    let says = "Choose “One person” above, or leave this empty.";
    assert!(answer.text.contains(says), "{}", answer.text);
    let answer = app.form_as(&boss, "/rules", &fields("add")).await.expect(422);
    assert!(
        answer.text.contains("Another rule says the same."),
        "{}",
        answer.text
    );
    let id = app.get("/v1/rules").await.expect(200).at("/items/0/id");
    app.form_as(&boss, &format!("/rules/{id}/end"), &[])
        .await
        .expect(303);
    assert!(!app.page_as(&boss, "/rules").await.text.contains("First ones"));
    shop.app.end().await;
}

/// Told by a rule, and then asked by the clock: it stands in one summary, once.
#[tokio::test]
async fn whom_a_rule_told_and_the_clock_asked_later_gets_their_summary() {
    let shop = Shop::open().await;
    let app = &shop.app;
    app.rule(json!({ "name": "All", "who": "site_lead" })).await;
    app.live_until("2026-11-23T12:00:00Z").await;
    shop.say(PRAISE).await;
    app.work().await;
    app.live_until("2026-12-06T12:00:00Z").await;
    let lena = app.account_of(shop.lena.id).await.id;
    for part in [Part::Rule, Part::Praise] {
        let parts = app.parts().await;
        let told = parts
            .iter()
            .any(|tie| tie.part == part && tie.reader_id == Some(lena));
        assert!(told, "{part:?}");
    }
    app.advance(TimeDelta::hours(21));
    schedule::run_due(&app.deliver()).await.unwrap();
    app.work().await;
    let told = app.told().await;
    assert!(
        told.contains(&(Kind::Digest, Some(shop.lena.id), State::Sent)),
        "{told:?}"
    );
    assert_eq!(
        with_part(app, Part::Digest).await,
        3,
        "once in the summary of each of the three"
    );
    let mut app = shop.app;
    app.end_with_jobs().await;
}
