//! What is said otherwise than before is a revision, whoever says it and however often; what is gone waits for nobody.
use chrono::TimeDelta;
use entity::comment;
use plaudit::{
    capture::{
        connection,
        draft::{Draft, Words},
        import::{self, CommentFile, Options},
        source,
        store::{Stored, store},
    },
    platform::text_file::TextFile,
};
use poem::http::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const WORDS: &str = "She was so kind and helpful, thank you!";

async fn send(app: &TestApp, fields: Value) -> Answer {
    let mut comment = json!({"text": WORDS, "external_id": "r-1", "site": "Leeds"});
    let said = fields.as_object().unwrap().clone();
    comment.as_object_mut().unwrap().extend(said);
    app.post("/v1/comments", comment).await
}

async fn credited(app: &TestApp, comment: &str) -> Vec<String> {
    let path = format!("/v1/comments/{comment}/verdicts");
    let verdicts = app.get(&path).await.expect(200).json();
    let items = verdicts["items"].as_array().unwrap().clone();
    let holding = items
        .iter()
        .filter(|verdict| verdict["holds"] == true && verdict["state"] == "credited");
    holding
        .map(|verdict| verdict["staff_id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_corrected_employee_id_moves_the_praise_to_whom_it_belongs() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    let priya = app
        .person_with_id("E-1", "Priya", "Nair", Some(leeds.id), None)
        .await;
    let omar = app
        .person_with_id("E-2", "Omar", "Haddad", Some(leeds.id), None)
        .await;
    let sent = send(&app, json!({"staff_reference": "E-1"})).await.expect(201);
    app.work().await;
    assert_eq!(credited(&app, &sent.at("/id")).await, [priya.id.to_string()]);
    let corrected = send(&app, json!({"staff_reference": "E-2"})).await.expect(200);
    assert_eq!(corrected.at("/outcome"), "revised");
    app.work().await;
    assert_eq!(credited(&app, &sent.at("/id")).await, [omar.id.to_string()]);
    app.end().await;
}

#[tokio::test]
async fn every_field_that_is_corrected_is_kept_and_what_is_not_said_again_stays() {
    let app = TestApp::start().await;
    app.site("Leeds", None).await;
    let sent = send(&app, json!({"occurred_at": "2026-11-20T10:00:00.123456789Z"}))
        .await
        .expect(201);
    let corrections = [
        json!({"occurred_at": "2026-11-19T10:00:00Z"}),
        json!({"author": {"name": "Ann"}}),
        json!({"author": {"name": "Ann"}, "language": "en"}),
        json!({"author": {"name": "Ann"}, "language": "en", "permalink": "https://example.org/1"}),
        json!({"author": {"name": "Ann"}, "language": "en", "metadata": {"till": 4}}),
    ];
    for (number, correction) in (2..).zip(corrections) {
        let answer = send(&app, correction.clone()).await.expect(200);
        assert_eq!(answer.at("/outcome"), "revised", "{correction}");
        let shown = app.get(&format!("/v1/comments/{}", sent.at("/id"))).await;
        assert_eq!(shown.at("/revision"), number.to_string());
        let again = send(&app, correction.clone()).await.expect(200);
        assert_eq!(again.at("/outcome"), "same", "{correction}");
    }
    app.work().await;
    let shown = app.get(&format!("/v1/comments/{}", sent.at("/id"))).await;
    assert_eq!(
        shown.at("/occurred_at"),
        "2026-11-19T10:00:00+00:00",
        "was not said again"
    );
    assert_eq!(shown.at("/author/name"), "Ann");
    app.end().await;
}

#[tokio::test]
async fn a_new_address_of_the_original_does_not_trouble_who_decided() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    let priya = app.person("Priya", "Nair", Some(leeds.id), None).await;
    let sent = send(&app, json!({})).await.expect(201);
    app.work().await;
    let path = format!("/v1/triage/{}/decisions", sent.at("/id"));
    let decision = json!({"decision": "credit", "staff": [priya.id]});
    app.post(&path, decision).await.expect(200);
    app.advance(TimeDelta::minutes(3));
    app.work().await;
    let state = async || {
        let shown = app.get(&format!("/v1/comments/{}", sent.at("/id"))).await;
        shown.at("/state")
    };
    assert_eq!(state().await, "done");
    send(&app, json!({"permalink": "https://example.org/1"}))
        .await
        .expect(200);
    app.work().await;
    assert_eq!(state().await, "done");
    send(&app, json!({"occurred_at": "2026-11-19T10:00:00Z"}))
        .await
        .expect(200);
    app.work().await;
    assert_eq!(state().await, "triage");
    app.advance(TimeDelta::minutes(3));
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_newer_export_without_ids_brings_only_what_it_has_on_top() {
    let app = TestApp::start().await;
    let export = |rows: &[&str]| format!("date,comment\n{}\n", rows.join("\n"));
    let old = [
        "2026-11-20,Lovely place",
        "2026-11-19,Lovely place",
        "2026-11-19,Lovely place",
        "2026-11-18,Well done",
    ];
    let newer: Vec<&str> = [&["2026-11-21,Best shop"][..], &old].concat();
    let options = Options {
        time_zone: Some(chrono_tz::Europe::London),
        ..Options::default()
    };
    let first = take_in(&app, &export(&old), &options).await;
    app.advance(TimeDelta::hours(1));
    let second = take_in(&app, &export(&newer), &options).await;
    assert_eq!((first.added, first.same), (4, 0));
    assert_eq!((second.added, second.same), (1, 4));
    app.work().await;
    app.end().await;
}

async fn take_in(app: &TestApp, content: &str, options: &Options) -> import::Outcome {
    let file = TextFile::from_bytes("comments.csv", content.as_bytes(), None).unwrap();
    let source = source::by_name(app.db.read(), app.organisation.id, "import")
        .await
        .unwrap();
    let file = CommentFile::open(app.db.read(), &source, file, options, app.clock.now())
        .await
        .unwrap();
    import::run(&app.db, &app.clock, &file, "cli", &mut Vec::new(), &mut |_| {})
        .await
        .unwrap()
}

#[tokio::test]
async fn known_comments_are_revised_in_as_many_statements_as_one() {
    let app = TestApp::start().await;
    let source = source::by_name(app.db.read(), app.organisation.id, "api")
        .await
        .unwrap();
    let drafts = |said: &str| -> Vec<Draft> {
        let draft = |number: usize| Draft {
            external_id: Some(format!("r-{number}")),
            words: Words {
                text: format!("{said} {number}"),
                ..Words::default()
            },
            ..Draft::new(&source, app.clock.now())
        };
        (0..250).map(draft).collect()
    };
    let tx = app.db.write().await.unwrap();
    store(&tx, &drafts("Well done")).await.unwrap();
    tx.commit().await.unwrap();
    let tx = app.db.write().await.unwrap();
    let stored = store(&tx, &drafts("Very well done")).await.unwrap();
    tx.commit().await.unwrap();
    assert!(
        stored
            .iter()
            .all(|stored| matches!(stored, Stored::Revised(_, 2))),
        "{stored:?}"
    );
    let comments = comment::Entity::find().all(app.db.read()).await.unwrap();
    assert!(comments.iter().all(|comment| comment.revision == 2));
    let words = app.texts().await;
    assert_eq!(
        words.iter().filter(|words| words.starts_with("Very")).count(),
        250
    );
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn an_erased_question_waits_for_nobody() {
    for way in ["erase", "withdraw"] {
        let app = TestApp::start().await;
        let leeds = app.site("Leeds", None).await;
        for (id, family) in [("m-1", "Reed"), ("m-2", "Lund")] {
            app.person_with_id(id, "Matthew", family, Some(leeds.id), None)
                .await;
        }
        let words = "Matthew was so kind and helpful, thank you Matthew!";
        let sent = send(&app, json!({"text": words})).await.expect(201);
        app.work().await;
        let path = format!("/v1/comments/{}", sent.at("/id"));
        assert_eq!(app.get(&path).await.at("/state"), "triage");
        take_away(&app, &sent.at("/id"), way).await;
        assert_eq!(app.get(&path).await.at("/state"), "done", "{way}");
        let waiting = app.get("/v1/triage").await.expect(200).json();
        assert_eq!(waiting["items"].as_array().unwrap().len(), 0, "{way}");
        app.advance(TimeDelta::minutes(3));
        app.work().await;
        app.end().await;
    }
}

async fn take_away(app: &TestApp, comment: &str, way: &str) {
    let path = format!("/v1/comments/{comment}");
    if way == "erase" {
        app.call(Method::DELETE, &path, Some(&app.key), None)
            .await
            .expect(204);
        return;
    }
    let request = plaudit::capture::erase::Request {
        actor: "customer",
        reason: "withdrawn_by_customer",
        now: app.clock.now(),
    };
    let tx = app.db.write().await.unwrap();
    let id: uuid::Uuid = comment.parse().unwrap();
    plaudit::capture::erase::withdraw(&tx, app.organisation.id, &[id], request)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn three_hundred_sources_are_all_shown_and_asked_about_together() {
    let app = TestApp::start().await;
    let tx = app.db.write().await.unwrap();
    for number in 0..300 {
        let new = source::NewSource {
            name: format!("source {number:03}"),
            kind: "api".to_owned(),
            settle_seconds: 0,
        };
        source::create(&tx, app.organisation.id, new, "cli", app.clock.now())
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let all = source::all(app.db.read(), app.organisation.id).await.unwrap();
    assert_eq!(all.len(), 303);
    let doing = connection::healths(app.db.read(), &all, &app.config.x.prices, app.clock.now());
    assert!(doing.await.unwrap().is_empty(), "none of them is read");
    let admin = app
        .account_with("ada@example.org", entity::grant::Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&admin).await;
    let page = app.page_as(&cookie, "/sources").await.expect(200).text;
    assert_eq!(page.matches("<h2>source ").count(), 300);
    app.end().await;
}
