//! A comment comes in and is credited.
use chrono::TimeDelta;
use entity::{recognition, recognition_count};
use poem::http::Method;
use sea_orm::EntityTrait;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn praise_of_a_named_person_is_credited_to_them_and_counted() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    let boss = app.person("Ruth", "Adler", Some(leeds.id), None).await;
    let priya = app.person("Priya", "Nair", Some(leeds.id), Some(boss.id)).await;
    let sent = app
        .post(
            "/v1/comments",
            json!({"text": "Priya Nair was so kind and helpful, thank you Priya!", "site": "Leeds"}),
        )
        .await
        .expect(201);
    app.work().await;
    let comment = app
        .get(&format!("/v1/comments/{}", sent.at("/id")))
        .await
        .expect(200);
    assert_eq!(comment.at("/state"), "done");
    assert_eq!(comment.at("/tone"), "praise");
    let verdicts = app
        .get(&format!("/v1/comments/{}/verdicts", sent.at("/id")))
        .await
        .expect(200);
    assert_eq!(verdicts.at("/items/0/staff_id"), priya.id.to_string());
    assert_eq!(verdicts.at("/items/0/state"), "credited");
    assert_eq!(verdicts.at("/items/0/spans/0/start"), "0");
    let recognitions = recognition::Entity::find().all(app.db.read()).await.unwrap();
    assert_eq!(recognitions.len(), 1);
    assert_eq!(recognitions[0].manager_id, Some(boss.id));
    assert_eq!(recognitions[0].site_id, Some(leeds.id));
    let counts = recognition_count::Entity::find()
        .all(app.db.read())
        .await
        .unwrap();
    assert_eq!(counts.iter().map(|count| count.n).collect::<Vec<_>>(), [1; 5]);
    app.end().await;
}

#[tokio::test]
async fn the_same_external_id_is_the_same_comment_and_other_words_are_a_revision() {
    let app = TestApp::start().await;
    let first = json!({"text": "Lovely place", "external_id": "r-1"});
    let new = app.post("/v1/comments", first.clone()).await.expect(201);
    let same = app.post("/v1/comments", first).await.expect(200);
    assert_eq!(
        (same.at("/id"), same.at("/outcome")),
        (new.at("/id"), "same".to_owned())
    );
    let revised = app
        .post(
            "/v1/comments",
            json!({"text": "Lovely people", "external_id": "r-1"}),
        )
        .await
        .expect(200);
    assert_eq!(revised.at("/outcome"), "revised");
    app.work().await;
    let shown = app.get(&format!("/v1/comments/{}", new.at("/id"))).await;
    assert_eq!(
        (shown.at("/text"), shown.at("/revision")),
        ("Lovely people".to_owned(), "2".to_owned())
    );
    app.end().await;
}

#[tokio::test]
async fn older_words_that_arrive_late_change_nothing() {
    let app = TestApp::start().await;
    let at = |day: &str| format!("2026-11-{day}T10:00:00Z");
    let newer = json!({"text": "Second words", "external_id": "r-1", "revised_at": at("20")});
    let older = json!({"text": "First words", "external_id": "r-1", "revised_at": at("19")});
    let new = app.post("/v1/comments", newer).await.expect(201);
    assert_eq!(
        app.post("/v1/comments", older).await.expect(200).at("/outcome"),
        "older"
    );
    app.work().await;
    assert_eq!(
        app.get(&format!("/v1/comments/{}", new.at("/id")))
            .await
            .at("/text"),
        "Second words"
    );
    app.end().await;
}

#[tokio::test]
async fn words_that_no_longer_name_somebody_withdraw_the_credit_in_its_original_period() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    app.person("Priya", "Nair", Some(leeds.id), None).await;
    let praise = json!({"text": "Priya Nair was so kind and helpful, thank you Priya!", "external_id": "r-1", "site": "Leeds"});
    app.post("/v1/comments", praise).await.expect(201);
    app.work().await;
    app.advance(TimeDelta::days(40));
    app.post(
        "/v1/comments",
        json!({"text": "The shop is nice.", "external_id": "r-1", "site": "Leeds"}),
    )
    .await
    .expect(200);
    app.work().await;
    let recognitions = recognition::Entity::find().all(app.db.read()).await.unwrap();
    assert!(
        recognitions
            .iter()
            .all(|recognition| recognition.withdrawn_at.is_some()),
        "{recognitions:?}"
    );
    let counts = recognition_count::Entity::find()
        .all(app.db.read())
        .await
        .unwrap();
    assert_eq!(counts.iter().map(|count| count.n).collect::<Vec<_>>(), [0; 5]);
    app.end().await;
}

#[tokio::test]
async fn erased_words_are_in_no_answer_and_the_recognition_stays() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    app.person("Priya", "Nair", Some(leeds.id), None).await;
    let sent = app
        .post(
            "/v1/comments",
            json!({"text": "Priya Nair was so kind and helpful, thank you Priya! My Zebulon agrees.", "site": "Leeds"}),
        )
        .await
        .expect(201);
    app.work().await;
    let path = format!("/v1/comments/{}", sent.at("/id"));
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(204);
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(204);
    let shown = app.get(&path).await.expect(200);
    assert!(!shown.text.contains("Zebulon") && shown.at("/erased_reason") == "erasure_request");
    let recognitions = recognition::Entity::find().all(app.db.read()).await.unwrap();
    assert_eq!(
        recognitions
            .iter()
            .filter(|recognition| recognition.withdrawn_at.is_none())
            .count(),
        1
    );
    app.end().await;
}

#[tokio::test]
async fn an_idempotency_key_makes_a_repeated_request_harmless() {
    let app = TestApp::start().await;
    let send = async |text: &str| {
        let request = app
            .web()
            .post("/v1/comments")
            .header("authorization", format!("Bearer {}", app.key));
        let request = request
            .header("idempotency-key", "k-1")
            .body_json(&json!({ "text": text }));
        crate::support::Answer::read(request.send().await).await
    };
    let first = send("Thank you").await.expect(201);
    assert_eq!(send("Thank you").await.expect(200).at("/id"), first.at("/id"));
    let reused = send("Something else").await.expect(409);
    assert_eq!(reused.at("/type"), "urn:plaudit:problem:conflict");
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn bad_input_is_refused_with_a_problem_that_says_what_would_be_right() {
    let app = TestApp::start().await;
    for (body, words) in [
        (json!({"text": "  \n"}), "blank"),
        (json!({"text": "a\u{0}b"}), "NUL"),
        (
            json!({"text": "ok", "score": {"value": 11, "scale": "nps"}}),
            "0 to 10",
        ),
        (json!({"text": "ok", "site": "Atlantis"}), "Atlantis"),
        (json!({"text": "ok", "source": "fax"}), "fax"),
        (json!({"text": "ok", "staff_reference": "E404"}), "E404"),
        (
            json!({"text": "ok", "occurred_at": "1999-12-31T23:59:59Z"}),
            "2000",
        ),
        (
            json!({"text": "ok", "occurred_at": "2027-01-01T00:00:00Z"}),
            "future",
        ),
        (json!({"text": "ok", "colour": "red"}), "colour"),
        (json!({"text": ""}), "text"),
        (json!({"score": {"value": 1, "scale": "nps"}}), "NewComment"),
    ] {
        let refused = app.post("/v1/comments", body.clone()).await;
        assert!(
            refused.status.is_client_error() && refused.text.contains(words),
            "{body}: {}",
            refused.text
        );
        assert_eq!(
            refused.headers["content-type"], "application/problem+json",
            "{body}"
        );
    }
    assert_eq!(app.get("/v1/comments").await.json()["items"], json!([]));
    app.end().await;
}

#[tokio::test]
async fn another_organisations_comment_is_not_found() {
    let app = TestApp::start().await;
    let (_, foreign) = app.other_organisation().await;
    let sent = app
        .post("/v1/comments", json!({"text": "Thank you"}))
        .await
        .expect(201);
    let path = format!("/v1/comments/{}", sent.at("/id"));
    app.call(Method::GET, &path, Some(&foreign), None)
        .await
        .expect(404);
    app.call(Method::DELETE, &path, Some(&foreign), None)
        .await
        .expect(404);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let app = TestApp::start_with("[server]\nbody_limit_bytes = 1000").await;
    let refused = app
        .post("/v1/comments", json!({"text": "x".repeat(2000)}))
        .await
        .expect(413);
    assert_eq!(refused.at("/type"), "urn:plaudit:problem:too_large");
    app.end().await;
}
