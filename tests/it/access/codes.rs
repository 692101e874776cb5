//! Codes are for whoever has no address, and made by those above: never a way up.
use entity::grant::Role;
use plaudit::access::role;
use poem::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, TestApp};

/// Pia leads York; others work there.
async fn york() -> (TestApp, Uuid, String) {
    let app = TestApp::start().await;
    let york = app.site("York", None).await.id;
    let pia = app.person("Pia", "Lund", Some(york), None).await.id;
    app.let_lead(york, pia).await;
    let cookie = app.sign_in_staff(pia).await;
    (app, york, cookie)
}

async fn makes_code(app: &TestApp, cookie: &str, staff: Uuid) -> u16 {
    let path = format!("/team/join/{staff}");
    app.form_as(cookie, &path, &[]).await.status.as_u16()
}

#[tokio::test]
async fn a_site_lead_makes_no_code_for_an_administrator_who_works_there() {
    let (app, york, pia) = york().await;
    let zed = app.person("Zed", "Admin", Some(york), None).await.id;
    let account = app.signing_in(zed).await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &account, Role::Administrator, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(makes_code(&app, &pia, zed).await, 404);
    app.has_no_mail(zed).await;
    assert_eq!(
        makes_code(&app, &pia, zed).await,
        404,
        "a role keeps its own address"
    );
    app.page_as(&pia, &format!("/team/join/{zed}")).await.expect(404);
    app.end().await;
}

#[tokio::test]
async fn nobody_makes_a_code_for_somebody_who_has_an_address() {
    let (app, york, pia) = york().await;
    let maria = app.person("Maria", "Kowalska", Some(york), None).await.id;
    assert_eq!(makes_code(&app, &pia, maria).await, 404);
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let ruth = app.sign_in(&ruth).await;
    assert_eq!(makes_code(&app, &ruth, maria).await, 404);
    app.end().await;
}

#[tokio::test]
async fn only_an_administrator_makes_a_code_for_somebody_who_is_above_others() {
    let (app, york, pia) = york().await;
    let gwen = app.person("Gwen", "Boss", Some(york), None).await.id;
    app.person("Tom", "Reed", Some(york), Some(gwen)).await;
    let olu = app.person("Olu", "Adeyemi", Some(york), None).await.id;
    app.has_no_mail(gwen).await;
    app.has_no_mail(olu).await;
    let list = app.page_as(&pia, "/team/join").await.expect(200);
    assert!(
        list.text.contains("Olu Adeyemi") && !list.text.contains("Gwen Boss"),
        "{}",
        list.text
    );
    assert_eq!(makes_code(&app, &pia, gwen).await, 403);
    assert_eq!(makes_code(&app, &pia, olu).await, 303);
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let ruth = app.sign_in(&ruth).await;
    assert_eq!(makes_code(&app, &ruth, gwen).await, 303);
    app.end().await;
}

/// What a key of the roster says.
async fn change(app: &TestApp, method: Method, path: &str, body: Value) {
    let answer = app.call(method, path, Some(&app.key), Some(body)).await;
    assert!(answer.status.is_success(), "{}", answer.text);
}

#[tokio::test]
async fn nobody_makes_a_code_for_somebody_who_will_be_above_others() {
    let (app, york, pia) = york().await;
    let olu = app.person("Olu", "Adeyemi", Some(york), None).await.id;
    let tom = app.person("Tom", "Reed", Some(york), None).await.id;
    app.has_no_mail(olu).await;
    let code = app.code_by(&pia, olu).await;
    let on_monday = json!({ "staff_id": tom, "manager_id": olu, "starts_on": "2026-11-23" });
    change(&app, Method::POST, "/v1/assignments", on_monday).await;
    app.send_form(&format!("/join?code={code}"), &[])
        .await
        .expect(422);
    assert_eq!(makes_code(&app, &pia, olu).await, 403);
    app.end().await;
}

#[tokio::test]
async fn a_session_by_a_code_ends_when_its_owner_gets_reports_or_a_site() {
    let (app, york, pia) = york().await;
    let leeds = app.site("Leeds", None).await.id;
    let tom = app.person("Tom", "Reed", Some(york), None).await.id;
    let rises = [
        (
            Method::POST,
            "/v1/assignments".to_owned(),
            "manager_id",
            json!({ "staff_id": tom }),
        ),
        (Method::PATCH, format!("/v1/sites/{leeds}"), "lead_id", json!({})),
        (
            Method::POST,
            "/v1/sites".to_owned(),
            "lead_id",
            json!({ "name": "Hull" }),
        ),
    ];
    for (number, (method, path, field, body)) in rises.into_iter().enumerate() {
        let olu = app
            .person(&format!("Olu{number}"), "Adeyemi", Some(york), None)
            .await
            .id;
        app.has_no_mail(olu).await;
        let cookie = app.join(&app.code_by(&pia, olu).await).await;
        app.page_as(&cookie, "/feed").await.expect(200);
        let mut body = body;
        body[field] = json!(olu);
        change(&app, method, &path, body).await;
        app.page_as(&cookie, "/feed").await.expect(303);
    }
    app.end().await;
}

#[tokio::test]
async fn a_roster_file_that_puts_somebody_above_others_ends_their_session_by_a_code() {
    let (app, york, pia) = york().await;
    let olu = app.person("Olu", "Adeyemi", Some(york), None).await.id;
    app.person("Tom", "Reed", Some(york), None).await;
    app.has_no_mail(olu).await;
    let cookie = app.join(&app.code_by(&pia, olu).await).await;
    let file = "employee_id,given_name,family_name,site,manager_employee_id\ntom,Tom,Reed,York,olu\n";
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
    app.page_as(&cookie, "/feed").await.expect(200);
    send(&format!("?apply={digest}")).await;
    app.page_as(&cookie, "/feed").await.expect(303);
    app.end().await;
}

#[tokio::test]
async fn a_manager_with_an_address_or_with_reports_already_stays_signed_in() {
    let (app, york, _) = york().await;
    let gwen = app.person("Gwen", "Boss", Some(york), None).await.id;
    let tom = app.person("Tom", "Reed", Some(york), Some(gwen)).await.id;
    let olu = app.person("Olu", "Adeyemi", Some(york), None).await.id;
    app.has_no_mail(gwen).await;
    let (of_gwen, of_olu) = (app.sign_in_staff(gwen).await, app.sign_in_staff(olu).await);
    for (manager, cookie) in [(gwen, &of_gwen), (olu, &of_olu)] {
        let body = json!({ "staff_id": tom, "manager_id": manager });
        change(&app, Method::POST, "/v1/assignments", body).await;
        app.page_as(cookie, "/feed").await.expect(200);
    }
    app.end().await;
}
