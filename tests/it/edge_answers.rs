//! What stands on every answer, and what is refused before anything is done.
use chrono::TimeDelta;
use entity::recognition;
use futures_util::StreamExt;
use plaudit::roster::{
    Change,
    site::{self, SitePatch},
};
use poem::http::Method;
use sea_orm::EntityTrait;
use serde_json::json;

use crate::support::{Answer, TestApp};

#[tokio::test]
async fn browsers_are_told_to_be_careful_and_to_keep_nothing_of_the_api() {
    let app = TestApp::start_with("[server]\nbase_url = \"https://plaudit.example\"").await;
    let page = app.page("/sign-in").await.expect(200);
    assert_eq!(page.header("strict-transport-security"), "max-age=63072000");
    assert_eq!(page.header("cross-origin-resource-policy"), "same-origin");
    assert!(page.header("permissions-policy").contains("camera=()"));
    let staff = app.get("/v1/staff").await.expect(200);
    assert_eq!(staff.header("cache-control"), "no-store");
    let plain = TestApp::start().await;
    let page = plain.page("/sign-in").await.expect(200);
    assert!(
        !page.headers.contains_key("strict-transport-security"),
        "it is reached by http"
    );
    plain.end().await;
    app.end().await;
}

#[tokio::test]
async fn the_documents_of_the_api_are_packed_and_kept() {
    let app = TestApp::start().await;
    let ask = async |name: &str, value: &str| app.web().get("/docs").header(name, value).send().await.0;
    let packed = ask("accept-encoding", "gzip, br").await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let tag = packed.header("etag").unwrap().to_owned();
    let packed = packed.into_body().into_bytes().await.unwrap();
    assert!(packed.len() < 600_000, "{}", packed.len());
    assert_eq!(ask("if-none-match", &tag).await.status(), 304);
    let plain = app.page("/docs").await.expect(200);
    assert!(plain.text.contains("swagger") && plain.header("cache-control").contains("max-age"));
    app.end().await;
}

#[tokio::test]
async fn another_host_is_refused_unless_it_is_listed() {
    let settings = "[server]\nbase_url = \"https://plaudit.example\"\nhosts = [\"thanks.example\"]";
    let app = TestApp::start_with(settings).await;
    let ask = async |host: &str, path: &str| {
        let answer = app.web().get(path).header("host", host).send().await;
        Answer::read(answer).await.status.as_u16()
    };
    for ours in [
        "plaudit.example",
        "Plaudit.Example:443",
        "thanks.example",
        "127.0.0.1:8080",
        "[::1]:8080",
        "localhost",
    ] {
        assert_eq!(ask(ours, "/sign-in").await, 200, "{ours}");
    }
    assert_eq!(ask("evil.example", "/sign-in").await, 421);
    assert_eq!(ask("evil.example", "/v1/staff").await, 421);
    assert_eq!(ask("balancer.internal", "/healthz").await, 200);
    app.end().await;
}

#[tokio::test]
async fn a_parameter_that_an_operation_does_not_have_is_refused_by_name() {
    let app = TestApp::start().await;
    let refused = app.get("/v1/recognitions?staff_id=1").await.expect(400);
    assert!(refused.at("/detail").contains("staff_id"), "{}", refused.text);
    assert!(
        refused.at("/detail").contains("after"),
        "it says which there are: {}",
        refused.text
    );
    app.get("/v1/recognitions?limit=10").await.expect(200);
    app.get("/v1/recognitions?").await.expect(200);
    let id = uuid::Uuid::now_v7();
    app.get(&format!("/v1/comments/{id}?x=1")).await.expect(400);
    // There is no import with the id "roster".
    app.get("/v1/imports/roster?apply=true").await.expect(405);
    app.end().await;
}

#[tokio::test]
async fn nothing_is_read_of_somebody_without_a_key() {
    let app = TestApp::start().await;
    for path in ["/v1/comments", "/v1/staff"] {
        let no_json = app.web().post(path).content_type("application/json").body("{");
        let answer = Answer::read(no_json.send().await).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text);
    }
    app.end().await;
}

#[tokio::test]
async fn comments_are_sent_through_sources_of_the_api_only() {
    let app = TestApp::start().await;
    for source in ["form", "import"] {
        let comment = json!({ "text": "Priya was kind.", "source": source });
        let refused = app.post("/v1/comments", comment).await.expect(422);
        assert!(refused.at("/detail").contains("kind"), "{}", refused.text);
    }
    app.end().await;
}

#[tokio::test]
async fn every_bad_line_of_a_file_is_named() {
    let app = TestApp::start().await;
    let lines: String = (0..50).map(|n| format!("Kind {n},eleven\n")).collect();
    let request = app
        .web()
        .post("/v1/imports/comments?scale=nps")
        .content_type("text/csv");
    let request = request.header("authorization", format!("Bearer {}", app.key));
    let answer = Answer::read(request.body(format!("text,score\n{lines}")).send().await).await;
    let answer = answer.expect(200).json();
    assert_eq!(answer["rejected"], 50);
    assert_eq!(answer["rejects"].as_array().unwrap().len(), 50);
    app.end().await;
}

/// One reads the events of a feed until the first is there, or the stream ends.
async fn next_event(
    stream: &mut (impl futures_util::Stream<Item = std::io::Result<impl AsRef<[u8]>>> + Unpin),
) -> Option<String> {
    loop {
        let bytes = stream.next().await?.ok()?;
        let text = String::from_utf8_lossy(bytes.as_ref()).into_owned();
        if text.contains("event:") {
            return Some(text);
        }
    }
}

#[tokio::test]
async fn five_feeds_of_one_session_are_told_by_one_watch_and_end_with_it() {
    let app = TestApp::start().await;
    let priya = app.person("Priya", "Nair", None, None).await;
    let cookie = app.sign_in_staff(priya.id).await;
    let open = async || {
        let request = app.web().get("/feed/live").header("cookie", &cookie);
        request.send().await.0
    };
    let mut streams = Vec::new();
    for _ in 0..5 {
        let answer = open().await;
        assert_eq!(answer.status(), 200);
        streams.push(Box::pin(answer.into_body().into_bytes_stream()));
    }
    assert_eq!(open().await.status(), 429);
    streams.pop();
    let again = open().await;
    assert_eq!(again.status(), 200, "one was closed");
    streams.push(Box::pin(again.into_body().into_bytes_stream()));
    let praise = json!({ "text": "Priya Nair was so kind and helpful, thank you Priya!" });
    app.post("/v1/comments", praise).await.expect(201);
    app.work().await;
    assert_eq!(
        recognition::Entity::find()
            .all(app.db.read())
            .await
            .unwrap()
            .len(),
        1
    );
    for stream in &mut streams {
        let event = next_event(stream).await.unwrap();
        assert!(event.contains("recognition"), "{event}");
    }
    app.form_as(&cookie, "/me/sign-out", &[]).await.expect(303);
    for stream in &mut streams {
        assert_eq!(next_event(stream).await, None);
    }
    app.end().await;
}

#[tokio::test]
async fn a_feed_ends_with_the_employment_of_its_reader() {
    let app = TestApp::start().await;
    let priya = app.person("Priya", "Nair", None, None).await;
    let cookie = app.sign_in_staff(priya.id).await;
    let answer = app
        .web()
        .get("/feed/live")
        .header("cookie", &cookie)
        .send()
        .await
        .0;
    let mut stream = Box::pin(answer.into_body().into_bytes_stream());
    let long_ago = (app.clock.now() - TimeDelta::days(200)).date_naive();
    app.leaves(priya.id, long_ago).await;
    assert_eq!(next_event(&mut stream).await, None);
    app.end().await;
}

#[tokio::test]
async fn a_shop_below_a_country_is_shown_in_the_zone_of_the_country() {
    let app = TestApp::start().await;
    let portugal = app.site("Azores", None).await;
    let shop = app.site("Horta", Some(portugal.id)).await;
    let tx = app.db.write().await.unwrap();
    let change = Change::begin(&tx, app.organisation.id, "cli", app.clock.now())
        .await
        .unwrap();
    let zone = SitePatch {
        time_zone: Some(Some("Atlantic/Azores".to_owned())),
        ..SitePatch::default()
    };
    site::update(&change, portugal.id, zone).await.unwrap();
    tx.commit().await.unwrap();
    let boss = app.person("Ruth", "Adler", Some(shop.id), None).await;
    let priya = app.person("Priya", "Nair", Some(shop.id), Some(boss.id)).await;
    // Noon in London is eleven in the Azores.
    let praise = json!({ "text": "Priya Nair was so kind, thank you Priya!", "site": "Horta", "occurred_at": "2026-11-21T12:00:00Z" });
    app.post("/v1/comments", praise).await.expect(201);
    app.work().await;
    for (person, path) in [(priya.id, "/feed"), (boss.id, "/desk")] {
        let cookie = app.sign_in_staff(person).await;
        let page = app.page_as(&cookie, path).await.expect(200);
        assert!(
            page.text.contains("11:00") && !page.text.contains("12:00"),
            "{path}: {}",
            page.text
        );
    }
    let request = app.ask_as("", Method::GET, "/thank/shop/horta").await.expect(200);
    assert!(request.text.contains("Horta"));
    app.end().await;
}
