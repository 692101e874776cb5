//! Before keys, roles and addresses are changed somebody who is signed in shows once more that it is they.
use chrono::TimeDelta;
use entity::grant::Role;
use poem::http::Method;
use serde_json::json;

use crate::support::{Answer, TestApp};

async fn makes_key_by_api(app: &TestApp, cookie: &str) -> Answer {
    let request = app
        .web()
        .request(Method::POST, "/v1/keys")
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
        .body_json(&json!({ "name": "till", "scopes": ["comments:write"] }));
    Answer::read(request.send().await).await
}

#[tokio::test]
async fn a_session_of_an_hour_ago_makes_no_key_until_it_is_confirmed() {
    let app = TestApp::start().await;
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&ruth).await;
    makes_key_by_api(&app, &cookie).await.expect(201);
    app.advance(TimeDelta::hours(1));
    let refused = makes_key_by_api(&app, &cookie).await.expect(403);
    assert_eq!(refused.at("/type"), "urn:plaudit:problem:confirm");
    let page = app.page_as(&cookie, "/keys").await.expect(200);
    assert!(page.text.contains("confirm that it is you"), "{}", page.text);
    let key = [("name", "Till"), ("scope", "comments:write")];
    let led = app.form_as(&cookie, "/keys", &key).await.expect(303);
    assert_eq!(led.header("location"), "/me/confirm?to=%2Fkeys");
    app.page_as(&cookie, "/me/confirm?to=%2Fkeys").await.expect(200);
    app.form_as(&cookie, "/me/confirm?to=%2Fkeys", &[])
        .await
        .expect(200);
    app.work().await;
    let mail = app
        .mails()
        .into_iter()
        .find(|mail| mail.raw.contains("/sign-in/"))
        .unwrap()
        .raw;
    let (_, rest) = mail.split_once("/sign-in/").unwrap();
    let link = format!("/sign-in/{}", rest.split_whitespace().next().unwrap());
    let entered = app.form_as(&cookie, &link, &[]).await.expect(303);
    assert_eq!(entered.header("location"), "/keys");
    let fresh = entered.cookie();
    app.page_as(&cookie, "/me").await.expect(303);
    app.form_as(&fresh, "/keys", &key).await.expect(201);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn roles_and_addresses_need_it_too_and_looking_does_not() {
    let app = TestApp::start().await;
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    app.account_with("ann@example.org", Role::Auditor, None).await;
    let cookie = app.sign_in(&ruth).await;
    let roles = app.get("/v1/roles").await.expect(200).json();
    let ann = roles["items"][1]["id"].as_str().unwrap();
    app.advance(TimeDelta::hours(1));
    let page = app.page_as(&cookie, "/roles").await.expect(200);
    assert!(
        page.text.contains("ann@example.org") && page.text.contains("Remove role"),
        "{}",
        page.text
    );
    let led = app
        .form_as(&cookie, &format!("/roles/{ann}/revoke"), &[])
        .await
        .expect(303);
    assert_eq!(led.header("location"), "/me/confirm?to=%2Froles");
    let led = app.form_as(&cookie, "/roster/apply", &[]).await.expect(303);
    assert_eq!(led.header("location"), "/me/confirm?to=%2Froster");
    let fresh = app.sign_in(&ruth).await;
    app.form_as(&fresh, &format!("/roles/{ann}/revoke"), &[])
        .await
        .expect(303);
    let page = app.page_as(&fresh, "/roles").await.expect(200);
    assert!(!page.text.contains("ann@example.org"), "{}", page.text);
    let own = roles["items"][0]["id"].as_str().unwrap();
    let last = app
        .form_as(&fresh, &format!("/roles/{own}/revoke"), &[])
        .await
        .expect(409);
    assert!(
        last.text.contains("Nobody else is an administrator"),
        "{}",
        last.text
    );
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn who_is_above_whom_needs_it_too() {
    let app = TestApp::start().await;
    let york = app.site("York", None).await.id;
    let gwen = app.person("Gwen", "Boss", Some(york), None).await.id;
    let tom = app.person("Tom", "Reed", Some(york), Some(gwen)).await.id;
    let olu = app.person("Olu", "Adeyemi", Some(york), None).await.id;
    app.has_no_mail(gwen).await;
    app.has_no_mail(olu).await;
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&ruth).await;
    app.advance(TimeDelta::hours(1));
    for (method, path, body) in [
        (
            Method::POST,
            "/v1/assignments".to_owned(),
            json!({ "staff_id": tom, "manager_id": olu }),
        ),
        (
            Method::PATCH,
            format!("/v1/sites/{york}"),
            json!({ "lead_id": olu }),
        ),
        (
            Method::POST,
            "/v1/sites".to_owned(),
            json!({ "name": "Hull", "lead_id": olu }),
        ),
    ] {
        let request = app.web().request(method, &path).header("cookie", &cookie);
        let request = request.header("sec-fetch-site", "same-origin").body_json(&body);
        let refused = Answer::read(request.send().await).await.expect(403);
        assert_eq!(refused.at("/type"), "urn:plaudit:problem:confirm", "{path}");
    }
    let led = app
        .form_as(&cookie, &format!("/team/join/{gwen}"), &[])
        .await
        .expect(303);
    assert_eq!(led.header("location"), "/me/confirm?to=%2Fteam%2Fjoin");
    // Managers who came in by a code have no address to confirm by.
    let made = app
        .form_as(&cookie, &format!("/team/join/{olu}"), &[])
        .await
        .expect(303);
    assert_eq!(made.header("location"), format!("/team/join/{olu}"));
    app.work().await;
    app.end().await;
}
