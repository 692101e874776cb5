//! What every answer carries, and whom the service believes about addresses.
use std::collections::BTreeSet;

use chrono::TimeDelta;
use poem::http::Method;
use serde_json::json;

use crate::support::{Answer, TestApp, form::token_of};

const EVERYWHERE: [&str; 8] = [
    "/thank/shop",
    "/thank/nobody",
    "/r/unknown",
    "/static/style.css",
    "/brand/shop.css",
    "/v1/comments",
    "/v1/nothing",
    "/healthz",
];

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_and_keeps_browsers_careful() {
    let app = TestApp::start().await;
    let mut ids = BTreeSet::new();
    for path in EVERYWHERE {
        let answer = app.page(path).await;
        ids.insert(answer.header("x-request-id"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"));
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
    }
    assert_eq!(ids.len(), EVERYWHERE.len());
    app.end().await;
}

#[tokio::test]
async fn head_says_what_get_would_and_sends_nothing() {
    let app = TestApp::start().await;
    for path in EVERYWHERE {
        let (get, head) = (
            app.page(path).await,
            app.call(Method::HEAD, path, None, None).await,
        );
        assert_eq!(get.status, head.status, "{path}");
        assert_eq!(
            get.headers.get("content-type"),
            head.headers.get("content-type"),
            "{path}"
        );
        assert_eq!(head.text, "", "{path}");
    }
    app.end().await;
}

#[tokio::test]
async fn programs_get_problems_and_people_get_pages() {
    let app = TestApp::start().await;
    let problem = app.get("/v1/nothing").await.expect(404);
    assert_eq!(problem.header("content-type"), "application/problem+json");
    assert_eq!(problem.at("/type"), "urn:plaudit:problem:no_such_path");
    let page = app.get("/nothing").await.expect(404);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-store");
    app.end().await;
}

#[tokio::test]
async fn a_static_file_is_kept_for_good_under_its_fingerprint_and_asked_for_again_otherwise() {
    let app = TestApp::start().await;
    let form = app.page("/thank/shop").await.expect(200);
    let (_, rest) = form.text.split_once("href=\"/static/style.css").unwrap();
    let query = rest.split('"').next().unwrap();
    let exact = app.page(&format!("/static/style.css{query}")).await.expect(200);
    assert_eq!(
        exact.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert_eq!(exact.header("content-type"), "text/css; charset=utf-8");
    for path in [
        "/static/style.css",
        "/static/style.css?v=0000000000000000",
        "/brand/shop.css",
    ] {
        let loose = app.page(path).await.expect(200);
        assert_eq!(loose.header("cache-control"), "public, no-cache", "{path}");
        let tag = loose.header("etag");
        for known in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"other\", {tag}"),
            "*".to_owned(),
        ] {
            let request = app.web().get(path).header("if-none-match", &known);
            let same = Answer::read(request.send().await).await.expect(304);
            assert_eq!((same.text.as_str(), same.header("etag")), ("", tag.clone()));
        }
        let request = app.web().get(path).header("if-none-match", "\"other\"");
        Answer::read(request.send().await).await.expect(200);
    }
    for path in [
        "/static/nothing.css",
        "/static/..%2Ftext%2Fen.toml",
        "/brand/nobody.css",
        "/brand/shop",
    ] {
        app.page(path).await.expect(404);
    }
    app.end().await;
}

/// Sends a form that claims to come from an address.
async fn thank_from(app: &TestApp, forwarded_for: &str) -> u16 {
    let token = token_of(&app.page("/thank/shop").await.text);
    app.advance(TimeDelta::seconds(20));
    let request = app
        .web()
        .post("/thank/shop")
        .content_type("application/x-www-form-urlencoded")
        .header("x-forwarded-for", forwarded_for);
    let answer = request
        .body(format!("token={token}&words=Priya+was+kind."))
        .send()
        .await;
    answer.0.status().as_u16()
}

#[tokio::test]
async fn whoever_invents_addresses_is_counted_as_one_sender() {
    let app = TestApp::start_with("[limits]\nform_per_minute = 1\nheld_per_minute = 1").await;
    assert_eq!(thank_from(&app, "198.51.100.1").await, 303);
    assert_eq!(thank_from(&app, "198.51.100.2").await, 303, "held");
    assert_eq!(thank_from(&app, "198.51.100.3").await, 429);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_every_client_has_a_count_of_their_own() {
    let settings = "[limits]\nform_per_minute = 1\nheld_per_minute = 1\n[server]\ntrusted_proxies = [\"127.0.0.0/8\", \"10.0.0.0/8\"]";
    let app = TestApp::start_with(settings).await;
    assert_eq!(thank_from(&app, "198.51.100.1").await, 303);
    assert_eq!(thank_from(&app, "198.51.100.2, 10.1.1.1").await, 303);
    assert_eq!(thank_from(&app, "203.0.113.5, 198.51.100.2").await, 303, "held");
    assert_eq!(
        thank_from(&app, "203.0.113.6, 198.51.100.2").await,
        429,
        "what stands before a stranger is invented"
    );
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_database_that_is_away_loses_no_words() {
    let app = TestApp::start().await;
    let token = token_of(&app.page("/thank/shop").await.text);
    app.break_writing().await;
    let fields = [("token", token.as_str()), ("words", "Priya was kind.")];
    let answer = app.send_form("/thank/shop", &fields).await;
    assert!(answer.status.is_server_error(), "{}", answer.text);
    assert!(answer.text.contains("Priya was kind.") && answer.text.contains("couldn’t save that"));
    app.mend_writing().await;
    app.send_form("/thank/shop", &fields).await.expect(303);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn wrong_keys_are_refused_for_a_while_without_locking_a_right_one_out() {
    let app = TestApp::start_with("[limits]\nwrong_keys_per_minute = 2").await;
    let wrong = async || {
        let answer = app
            .call(Method::GET, "/v1/comments", Some("plaudit_0123456789ab_x"), None)
            .await;
        answer.status.as_u16()
    };
    assert_eq!([wrong().await, wrong().await, wrong().await], [401, 401, 429]);
    app.get("/v1/comments").await.expect(200);
    app.post("/v1/comments", json!({ "text": "Priya was kind." }))
        .await
        .expect(201);
    app.work().await;
    app.end().await;
}
