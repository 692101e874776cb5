//! Work in sets: how many statements a batch takes does not follow from how many comments or digests are in it.
use chrono::{DateTime, TimeDelta, Utc};
use plaudit::{deliver::digest::schedule, platform::job::Kind};
use poem::http::Method;
use serde_json::json;

use crate::support::{TestApp, smtp::Sink};

const MONDAY: &str = "2026-11-23T08:00:00Z";
const GIVEN: [&str; 8] = [
    "Orla", "Piotr", "Quentin", "Rosalind", "Sunniva", "Tobias", "Ulrike", "Vincent",
];
const FAMILY: [&str; 8] = [
    "Abara",
    "Benitez",
    "Castellan",
    "Dvorak",
    "Eriksen",
    "Fontaine",
    "Grabowski",
    "Haverkamp",
];

/// Somebody with a manager of their own is praised at a site of their own, and so is the site; so many times over.
async fn praise(app: &TestApp, people: std::ops::Range<usize>) {
    for number in people {
        let (given, family) = (GIVEN[number % 8], FAMILY[number / 8]);
        let site = app.site(&format!("Shop {number}"), None).await;
        let at = Some(site.id);
        let manager = app.person(&format!("Boss{number}"), "Adler", at, None).await;
        app.lead(site.id, manager.id).await;
        let id = format!("p{number}");
        app.person_with_id(&id, given, family, at, Some(manager.id)).await;
        let words = format!("{given} {family} was so kind and helpful, thank you {given}!");
        let said = [
            words.as_str(),
            "The staff were wonderful, so kind and helpful, thank you all!",
        ];
        for text in said {
            let comment = json!({ "text": text, "site": site.name });
            app.post("/v1/comments", comment).await.expect(201);
        }
    }
}

/// Statements that a batch of a kind takes, its claim and the look that finds it included.
async fn statements_of(app: &TestApp, kind: Kind) -> u64 {
    let before = app.db.statements();
    app.work_on(kind).await;
    app.db.statements() - before
}

/// Rows go in groups of powers of two: six times as many are a few groups more, of each of a dozen tables.
const MORE_GROUPS: u64 = 30;
/// What the server accepts is recorded as it comes: at worst each mail by itself, in so many statements.
const RECORDED: u64 = 4;

#[tokio::test]
async fn a_batch_of_comments_is_attributed_routed_and_told_in_about_as_many_statements_whatever_its_size() {
    let sink = Sink::start().await;
    let app = TestApp::start_with(&sink.settings()).await;
    let every = json!({ "check_every": 1 });
    app.call(Method::PATCH, "/v1/organisation", Some(&app.key), Some(every))
        .await
        .expect(200);
    let kinds = [Kind::Attribute, Kind::Route, Kind::Deliver];
    let mut taken = Vec::new();
    for people in [0..8, 8..56] {
        praise(&app, people).await;
        let mut of_batch = Vec::new();
        for kind in kinds {
            of_batch.push(statements_of(&app, kind).await);
        }
        taken.push(of_batch);
    }
    assert_eq!(sink.received().len(), 56);
    for (place, kind) in kinds.iter().enumerate() {
        let (few, many) = (taken[0][place], taken[1][place]);
        let recorded = if *kind == Kind::Deliver { 40 * RECORDED } else { 0 };
        assert!(
            many <= few + MORE_GROUPS + recorded,
            "{kind:?}: {few} for 8, {many} for 48"
        );
    }
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn digests_are_made_and_mailed_in_about_as_many_statements_whatever_their_number() {
    let mut taken = Vec::new();
    for people in [8, 48] {
        let sink = Sink::start().await;
        let app = TestApp::start_with(&sink.settings()).await;
        praise(&app, 0..people).await;
        app.work().await;
        let monday: DateTime<Utc> = MONDAY.parse().unwrap();
        app.advance(monday - app.clock.now() + TimeDelta::seconds(1));
        let before = app.db.statements();
        assert_eq!(schedule::run_due(&app.deliver()).await.unwrap(), people);
        let made = app.db.statements() - before;
        let mailed = statements_of(&app, Kind::Deliver).await;
        assert_eq!(sink.received().len(), 2 * people);
        taken.push((made, mailed));
        app.end().await;
    }
    let [few, many] = taken[..] else { unreachable!() };
    assert!(
        many.0 <= few.0 + MORE_GROUPS,
        "made: {few:?} for 8, {many:?} for 48"
    );
    assert!(
        many.1 <= few.1 + MORE_GROUPS + 40 * RECORDED,
        "mailed: {few:?} for 8, {many:?} for 48"
    );
}
