//! What looks like junk is held, shown to administrators, and goes its way or goes for good.
use chrono::TimeDelta;
use entity::{audit, comment, comment_revision};
use poem::http::Method;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;

use crate::support::{Answer, TestApp, form::token_of};

const PRAISE: &str = "Priya Nair was so kind and helpful, thank you Priya!";

/// Opens the form and sends it filled in; as a program does, without any wait.
async fn send_at_once(app: &TestApp, fields: &[(&str, &str)]) -> Answer {
    let token = token_of(&app.page("/thank/shop").await.expect(200).text);
    let mut all = vec![("token", token.as_str()), ("words", PRAISE)];
    all.extend(fields);
    app.send_form_at_once("/thank/shop", &all).await.expect(303)
}

async fn comments(app: &TestApp) -> Vec<comment::Model> {
    comment::Entity::find().all(app.db.read()).await.unwrap()
}

/// Words for somebody whose manager can be told.
async fn shop() -> TestApp {
    let app = TestApp::start().await;
    let boss = app.person("Ruth", "Adler", None, None).await;
    app.person("Priya", "Nair", None, Some(boss.id)).await;
    app
}

async fn reasons(app: &TestApp) -> Vec<serde_json::Value> {
    let list = app.get("/v1/held").await.expect(200).json();
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| item["held_for"].clone()).collect()
}

#[tokio::test]
async fn a_form_sent_as_soon_as_it_was_shown_is_held_and_nobody_is_told() {
    let app = shop().await;
    let receipt = send_at_once(&app, &[]).await.header("location");
    assert_eq!(app.work().await, 0, "there is nothing to do");
    assert_eq!(comments(&app).await[0].state, comment::State::Held);
    assert_eq!(reasons(&app).await, [json!(["too_fast"])]);
    let page = app.page(&receipt).await.expect(200);
    assert!(
        page.text.contains("SHOP has received your message."),
        "{}",
        page.text
    );
    app.end().await;
}

#[tokio::test]
async fn a_person_who_pastes_their_words_is_not_held() {
    let app = shop().await;
    let token = token_of(&app.page("/thank/shop").await.text);
    let (nonce, _) = token.split_once('.').unwrap();
    let hand: String = nonce.chars().rev().collect();
    let fields = [
        ("token", token.as_str()),
        ("words", PRAISE),
        ("hand", hand.as_str()),
    ];
    app.send_form_at_once("/thank/shop", &fields).await.expect(303);
    assert!(reasons(&app).await.is_empty());
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_person_who_takes_a_moment_is_not_held() {
    let app = shop().await;
    let token = token_of(&app.page("/thank/shop").await.text);
    app.advance(TimeDelta::seconds(3));
    let fields = [("token", token.as_str()), ("words", PRAISE), ("homepage", "")];
    app.send_form_at_once("/thank/shop", &fields).await.expect(303);
    app.work().await;
    assert_eq!(app.mails().len(), 1);
    assert!(reasons(&app).await.is_empty());
    app.end().await;
}

#[tokio::test]
async fn mending_a_mistake_in_a_hurry_is_not_held() {
    let app = shop().await;
    let token = token_of(&app.page("/thank/shop").await.text);
    let fields = [("token", token.as_str()), ("words", "")];
    let again = app.send_form("/thank/shop", &fields).await.expect(422);
    let fields = [("token", &*token_of(&again.text)), ("words", PRAISE)];
    app.send_form_at_once("/thank/shop", &fields).await.expect(303);
    assert!(reasons(&app).await.is_empty());
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_form_without_a_token_of_ours_is_held_and_not_lost() {
    let app = shop().await;
    let known = token_of(&app.page("/thank/shop").await.text);
    let (nonce, _) = known.split_once('.').unwrap();
    for token in [
        "",
        "1234",
        "../../etc",
        nonce,
        &format!("{nonce}.1.AAAAAAAAAAAAAAAAAAAAAA"),
    ] {
        let fields = [("token", token), ("words", PRAISE)];
        app.send_form("/thank/shop", &fields).await.expect(303);
    }
    // The last two are one form, sent twice.
    assert_eq!(reasons(&app).await, vec![json!(["no_token"]); 4]);
    app.end().await;
}

#[tokio::test]
async fn whoever_fills_in_the_field_that_nobody_sees_is_held() {
    let app = shop().await;
    let form = app.page("/thank/shop").await.text;
    assert!(form.contains("<div hidden><label for=\"homepage\">"), "{form}");
    let fields = [
        ("token", &*token_of(&form)),
        ("words", PRAISE),
        ("homepage", "http://x"),
    ];
    app.send_form("/thank/shop", &fields).await.expect(303);
    assert_eq!(reasons(&app).await, [json!(["trap"])]);
    app.end().await;
}

#[tokio::test]
async fn more_than_one_network_usually_sends_are_held() {
    let app = TestApp::start_with("[limits]\nform_per_minute = 1").await;
    for _ in 0..2 {
        let token = token_of(&app.page("/thank/shop").await.text);
        let fields = [("token", token.as_str()), ("words", "Priya was kind.")];
        app.send_form("/thank/shop", &fields).await.expect(303);
    }
    assert_eq!(reasons(&app).await, [json!(["network"])]);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn more_than_an_organisation_usually_gets_are_held() {
    let app = TestApp::start_with("[limits]\nform_organisation_per_minute = 1").await;
    app.other_organisation().await;
    for path in ["/thank/shop", "/thank/shop", "/thank/other"] {
        let token = token_of(&app.page(path).await.text);
        let fields = [("token", token.as_str()), ("words", "Priya was kind.")];
        app.send_form(path, &fields).await.expect(303);
    }
    assert_eq!(reasons(&app).await, [json!(["organisation"])]);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn what_is_released_goes_its_way_and_the_log_says_who_let_it() {
    let app = shop().await;
    send_at_once(&app, &[]).await;
    let id = comments(&app).await[0].id;
    app.post(&format!("/v1/held/{id}/release"), json!({}))
        .await
        .expect(204);
    app.work().await;
    assert_eq!(app.mails().len(), 1);
    assert_eq!(comments(&app).await[0].state, comment::State::Done);
    assert!(reasons(&app).await.is_empty());
    let newest = audit::Entity::find().order_by_desc(audit::Column::Id);
    let line = newest.one(app.db.read()).await.unwrap().unwrap();
    assert_eq!(
        (&*line.action, line.subject_id),
        ("release_comment", Some(id.to_string()))
    );
    assert_eq!(line.detail, json!({ "held_for": ["too_fast"] }));
    let again = app
        .post(&format!("/v1/held/{id}/release"), json!({}))
        .await
        .expect(409);
    assert!(again.at("/detail").contains("not held back"), "{}", again.text);
    app.end().await;
}

#[tokio::test]
async fn junk_is_erased_and_its_receipt_says_so() {
    let app = shop().await;
    let receipt = send_at_once(&app, &[]).await.header("location");
    let id = comments(&app).await[0].id;
    let path = format!("/v1/held/{id}");
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(204);
    let words = comment_revision::Entity::find()
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(words.text, None);
    assert!(reasons(&app).await.is_empty());
    let page = app.page(&receipt).await.expect(200);
    assert!(page.text.contains("Your message was erased."), "{}", page.text);
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(409);
    app.end().await;
}

#[tokio::test]
async fn held_words_can_be_corrected_and_stay_held() {
    let app = shop().await;
    let receipt = send_at_once(&app, &[]).await.header("location");
    let corrected = format!("{PRAISE} And Tom.");
    let fields = [("words", corrected.as_str())];
    app.send_form(&format!("{receipt}/correct"), &fields)
        .await
        .expect(303);
    assert_eq!(app.work().await, 0);
    let list = app.get("/v1/held").await.json();
    assert_eq!(list["items"][0]["text"], corrected);
    let id = comments(&app).await[0].id;
    app.post(&format!("/v1/held/{id}/release"), json!({}))
        .await
        .expect(204);
    app.work().await;
    assert_eq!(app.mails().len(), 1, "the new words are read");
    app.end().await;
}

#[tokio::test]
async fn held_words_can_be_taken_back() {
    let app = shop().await;
    let receipt = send_at_once(&app, &[]).await.header("location");
    app.send_form(&format!("{receipt}/withdraw"), &[])
        .await
        .expect(303);
    assert!(reasons(&app).await.is_empty());
    let id = comments(&app).await[0].id;
    app.post(&format!("/v1/held/{id}/release"), json!({}))
        .await
        .expect(409);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn nobody_decides_about_held_words_before_they_are_released() {
    let app = shop().await;
    send_at_once(&app, &[]).await;
    let path = format!("/v1/triage/{}/decisions", comments(&app).await[0].id);
    let refused = app
        .post(&path, json!({ "decision": "not_praise" }))
        .await
        .expect(409);
    assert!(
        refused.at("/detail").contains("release it first"),
        "{}",
        refused.text
    );
    app.end().await;
}

#[tokio::test]
async fn the_list_of_what_is_held_comes_in_pages_oldest_first() {
    let app = shop().await;
    for words in ["one", "two", "three"] {
        send_at_once(&app, &[("name", words)]).await;
        app.advance(TimeDelta::seconds(1));
    }
    let mut seen = Vec::new();
    let mut path = "/v1/held?limit=2".to_owned();
    loop {
        let page = app.get(&path).await.expect(200).json();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["id"].clone()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/held?limit=2&after={next}");
    }
    let all = comment::Entity::find().order_by_asc(comment::Column::ReceivedAt);
    let all = all.all(app.db.read()).await.unwrap();
    let all: Vec<_> = all.iter().map(|comment| json!(comment.id)).collect();
    assert_eq!(seen, all);
    app.end().await;
}
