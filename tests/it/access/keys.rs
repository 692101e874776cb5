//! Keys do what they are for, and make no keys that do more.
use plaudit::access::Scope;
use poem::http::Method;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn a_key_that_sends_comments_erases_none() {
    let app = TestApp::start().await;
    let sent = app
        .post("/v1/comments", json!({ "text": "Very kind" }))
        .await
        .expect(201);
    let path = format!("/v1/comments/{}", sent.at("/id"));
    let form = app.key_for(&[Scope::CommentsWrite]).await;
    app.call(Method::DELETE, &path, Some(&form), None)
        .await
        .expect(403);
    let erasing = app.key_for(&[Scope::CommentsErase]).await;
    app.call(Method::DELETE, &path, Some(&erasing), None)
        .await
        .expect(204);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_key_makes_no_key_that_may_more_than_itself() {
    let app = TestApp::start().await;
    let admin = app.key_for(&[Scope::Admin, Scope::CommentsWrite]).await;
    let make = |scopes: serde_json::Value| {
        let body = json!({ "name": "till", "scopes": scopes });
        app.call(Method::POST, "/v1/keys", Some(&admin), Some(body))
    };
    let refused = make(json!(["comments:write", "comments:read"])).await.expect(403);
    assert!(refused.text.contains("comments:read"), "{}", refused.text);
    make(json!(["comments:write"])).await.expect(201);
    let listed = app.get("/v1/keys").await.expect(200).json();
    let makers: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["created_by"].clone())
        .collect();
    assert_eq!(makers[0], "cli");
    let of_key = format!("key:{}", listed["items"][1]["id"].as_str().unwrap());
    assert_eq!(makers[2], of_key);
    app.end().await;
}
