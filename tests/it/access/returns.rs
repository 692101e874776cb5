//! Who has left reads their own feed for a while and nothing else, and comes back without what they held.
use chrono::TimeDelta;
use entity::{grant::Role, organisation};
use plaudit::access::{Scope, role};
use poem::http::Method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::json;
use uuid::Uuid;

use crate::support::{Answer, TestApp};

/// Zed, an administrator on the roster, who left yesterday; and a session of his.
async fn zed_has_left(app: &TestApp) -> (Uuid, String) {
    let york = app.site("York", None).await.id;
    let zed = app.person("Zed", "Admin", Some(york), None).await.id;
    let account = app.signing_in(zed).await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &account, Role::Administrator, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let cookie = app.sign_in(&account).await;
    app.page_as(&cookie, "/keys").await.expect(200);
    app.leaves(zed, app.clock.now().date_naive() - TimeDelta::days(1))
        .await;
    app.page_as(&cookie, "/keys").await.expect(403);
    (zed, cookie)
}

async fn holds_nothing(app: &TestApp, zed: Uuid, cookie: &str) {
    app.page_as(cookie, "/keys").await.expect(303);
    let again = app.sign_in_staff(zed).await;
    app.page_as(&again, "/feed").await.expect(200);
    app.page_as(&again, "/keys").await.expect(403);
    assert_eq!(app.get("/v1/roles").await.expect(200).json()["items"], json!([]));
}

#[tokio::test]
async fn a_key_of_the_roster_brings_no_role_back() {
    let app = TestApp::start().await;
    let (zed, cookie) = zed_has_left(&app).await;
    let key = app.key_for(&[Scope::RosterWrite]).await;
    let path = format!("/v1/staff/{zed}");
    let patch = async |body| {
        app.call(Method::PATCH, &path, Some(&key), Some(body))
            .await
            .expect(200)
    };
    patch(json!({ "phone": "1234" })).await;
    app.page_as(&cookie, "/me").await.expect(200);
    patch(json!({ "ends_on": null })).await;
    holds_nothing(&app, zed, &cookie).await;
    app.end().await;
}

#[tokio::test]
async fn a_roster_file_brings_no_role_back_either() {
    let app = TestApp::start().await;
    let (zed, cookie) = zed_has_left(&app).await;
    let file = "employee_id,given_name,family_name,site,email,ends_on\nzed,Zed,Admin,York,zed@example.org,\n";
    let send = async |apply: &str| {
        let request = app
            .web()
            .post(format!("/v1/imports/roster{apply}"))
            .header("authorization", format!("Bearer {}", app.key))
            .content_type("text/csv")
            .body(file);
        Answer::read(request.send().await).await.expect(200)
    };
    let digest = send("").await.at("/digest");
    send(&format!("?apply={digest}")).await;
    holds_nothing(&app, zed, &cookie).await;
    app.end().await;
}

#[tokio::test]
async fn who_leaves_in_the_future_keeps_a_role_until_then() {
    let app = TestApp::start().await;
    let zed = app.person("Zed", "Admin", None, None).await.id;
    let account = app.signing_in(zed).await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &account, Role::Administrator, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let cookie = app.sign_in(&account).await;
    let today = app.clock.now().date_naive();
    app.leaves(zed, today + TimeDelta::days(7)).await;
    app.leaves(zed, today + TimeDelta::days(30)).await;
    app.page_as(&cookie, "/keys").await.expect(200);
    app.end().await;
}

#[tokio::test]
async fn who_has_left_sees_no_board_of_those_who_work_here() {
    let app = TestApp::start().await;
    let row = organisation::ActiveModel {
        id: Set(app.organisation.id),
        board_mode: Set(organisation::BoardMode::Full),
        ..Default::default()
    };
    row.update(app.db.writer()).await.unwrap();
    let york = app.site("York", None).await.id;
    let olu = app.person("Olu", "Adeyemi", Some(york), None).await.id;
    let cookie = app.sign_in_staff(olu).await;
    app.page_as(&cookie, "/board").await.expect(200);
    app.leaves(olu, app.clock.now().date_naive() - TimeDelta::days(10))
        .await;
    app.page_as(&cookie, "/feed").await.expect(200);
    app.page_as(&cookie, "/board").await.expect(403);
    app.page_as(&cookie, &format!("/board?site={york}"))
        .await
        .expect(403);
    app.end().await;
}
