//! Adding, listing and removing providers.
use chrono::TimeDelta;
use entity::grant::Role;
use plaudit::{
    access::{role, session::Device},
    sign_on::{
        Trouble,
        attempt::{Attempt, Purpose, Wanted},
        begin, provider,
        session::{self, Returned},
    },
};
use poem::http::Method;
use sea_orm::EntityTrait;
use serde_json::json;

use super::{Company, provider_at};
use crate::{
    fake_provider::SECRET,
    reading::SEALING,
    support::{Answer, TestApp},
};

#[tokio::test]
async fn the_address_to_enter_there_is_known_before_the_provider_is_added() {
    let app = TestApp::start_with(&format!(
        "{SEALING}[server]\nbase_url = \"https://praise.example\"\n"
    ))
    .await;
    let before = app
        .get("/v1/sign-on/providers")
        .await
        .expect(200)
        .at("/next_redirect_uri");
    assert!(before.starts_with("https://praise.example/sign-on/") && before.ends_with("/return"));
    let new = json!({ "name": "Shop ID", "issuer": "https://login.example.com", "client_id": "x", "client_secret": SECRET });
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&ruth).await;
    let made = app.send_as(&cookie, Method::POST, "/v1/sign-on/providers", &new);
    let made = made.await.expect(201);
    assert_eq!(made.at("/redirect_uri"), before);
    assert!(!made.text.contains(SECRET));
    let list = app.get("/v1/sign-on/providers").await.expect(200);
    assert_ne!(list.at("/next_redirect_uri"), before);
    assert!(!list.text.contains(SECRET));
    // Sealed at rest.
    let row = entity::sign_on_provider::Entity::find()
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    assert!(!row.client_secret.windows(6).any(|part| part == b"client"));
    let id = made.at("/id");
    app.ask_as(&cookie, Method::DELETE, &format!("/v1/sign-on/providers/{id}"))
        .await
        .expect(204);
    let row = entity::sign_on_provider::Entity::find()
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    assert!(row.client_secret.is_empty() && row.ended_at.is_some());
    app.page(&format!("/sign-on/{id}")).await.expect(404);
    app.end().await;
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_with_what_would_be_right() {
    let app = TestApp::start_with(SEALING).await;
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&ruth).await;
    let with = |field: &str, value: serde_json::Value| {
        let mut new = json!({ "name": "Shop ID", "issuer": "https://login.example.com", "client_id": "x",
            "client_secret": "y", "domains": ["example.com"] });
        new[field] = value;
        new
    };
    for (field, value, right) in [
        ("name", json!(" "), "1 to 80 characters"),
        ("issuer", json!("login.example.com"), "https://login.example.com"),
        (
            "issuer",
            json!("http://login.example.com"),
            "https://login.example.com",
        ),
        (
            "issuer",
            json!("https://login.example.com/?a=b"),
            "https://login.example.com",
        ),
        (
            "issuer",
            json!("https://10.0.0.1"),
            "outbound.allowed_private_networks",
        ),
        ("client_secret", json!(" "), "client secret"),
        ("domains", json!(["example"]), "example.com"),
        ("domains", json!(["a b.example"]), "example.com"),
    ] {
        let new = with(field, value);
        let answer = app.send_as(&cookie, Method::POST, "/v1/sign-on/providers", &new);
        let answer = answer.await.expect(422);
        assert!(answer.at("/detail").contains(right), "{field}: {}", answer.text);
    }
    let (sign_on, own) = (app.sign_on(), app.organisation.id);
    for (roles, right) in [
        (vec!["x=king"], "there are administrator, auditor and site-lead"),
        (vec!["x=auditor:York"], "belongs to the role site-lead"),
        (vec!["x=site-lead:Nowhere"], "Nowhere"),
    ] {
        let mut new = provider_at("https://login.example.com");
        new.group_claim = Some("groups".to_owned());
        new.group_roles = roles
            .iter()
            .map(|one| provider::NewGroupRole::read(one).unwrap())
            .collect();
        let error = provider::add(&sign_on, own, new, "cli")
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(right), "{error}");
    }
    app.end().await;
}

#[tokio::test]
async fn changing_it_needs_a_sign_in_of_a_moment_ago() {
    let app = TestApp::start_with(SEALING).await;
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&ruth).await;
    app.advance(TimeDelta::hours(1));
    let new = json!({ "name": "Shop ID", "issuer": "https://login.example.com", "client_id": "x", "client_secret": "y" });
    let request = app.web().post("/v1/sign-on/providers").header("cookie", &cookie);
    let request = request.header("sec-fetch-site", "same-origin").body_json(&new);
    let refused = Answer::read(request.send().await).await.expect(403);
    assert_eq!(refused.at("/type"), "urn:plaudit:problem:confirm");
    app.end().await;
}

#[tokio::test]
async fn with_a_provider_end_its_sessions_its_links_and_the_roles_that_its_groups_gave() {
    let company = Company::with_roles(&["admins=administrator"]).await;
    let app = &company.app;
    let claims = json!({ "sub": "s-priya", "email": "priya@example.org", "email_verified": true, "groups": ["admins"] });
    company.there.person(claims);
    let (browser, answer) = company.comes().await;
    answer.expect(303);
    let (sign_on, own) = (app.sign_on(), app.organisation.id);
    // The only administrator there is.
    let refused = provider::remove(&sign_on, own, company.id, "cli")
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("invite another one first"),
        "{refused}"
    );
    assert!(browser.is_signed_in().await);
    app.account_with("zed@example.org", Role::Administrator, None)
        .await;
    provider::remove(&sign_on, own, company.id, "cli").await.unwrap();
    assert!(!browser.is_signed_in().await && company.links().await.is_empty());
    let held = role::list(app.db.read(), own, app.clock.now()).await.unwrap();
    assert_eq!(held.len(), 1);
    app.page("/sign-in").await.expect(200);
    app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn a_provider_that_is_removed_meanwhile_lets_nobody_in() {
    let company = Company::open().await;
    let (app, sign_on) = (&company.app, company.app.sign_on());
    let own = app.organisation.id;
    let before = provider::find(app.db.read(), own, company.id).await.unwrap();
    let wanted = Wanted {
        purpose: Purpose::SignIn,
        path: None,
        is_shared: false,
    };
    let begun = begin::begin(&sign_on, &before, wanted).await.unwrap();
    let back = company.there.lets_in(&begun.address);
    let (_, query) = back.split_once("code=").unwrap();
    let (code, state) = query.split_once("&state=").unwrap();
    let now = app.clock.now();
    let attempt = Attempt::opened(&app.secrets, Some(&begun.cookie), company.id, state, now).unwrap();
    provider::remove(&sign_on, own, company.id, "cli").await.unwrap();
    let returned = Returned {
        provider: &before,
        attempt: &attempt,
        code: code.to_owned(),
        device: &Device::default(),
        before: None,
    };
    let refused = session::enter(&sign_on, &returned).await.unwrap_err();
    assert!(matches!(refused, Trouble::Stale), "{refused}");
    assert!(company.links().await.is_empty());
    company.app.end().await;
}
