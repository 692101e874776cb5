//! Signing out: there with effect here, and here with the way to do it there.
use chrono::TimeDelta;
use poem::http::Method;
use serde_json::{Value, json};

use super::{Browser, Company};
use crate::{
    fake_http::{Manner, Reply},
    fake_provider::Signed,
    support::{Answer, form::encoded},
};

const DISCOVERY: &str = "/.well-known/openid-configuration";

impl Company {
    /// The provider posts a token, as no browser does.
    async fn hears(&self, token: &str) -> Answer {
        let request = self
            .app
            .web()
            .request(Method::POST, format!("/sign-on/{}/logout", self.id));
        let request = request.content_type("application/x-www-form-urlencoded");
        Answer::read(request.body(encoded(&[("logout_token", token)])).send().await).await
    }

    async fn comes_as(&self, sub: &str, sid: Option<&str>) -> Browser<'_> {
        self.there
            .person(json!({ "sub": sub, "email": "priya@example.org", "email_verified": true, "sid": sid }));
        let (browser, answer) = self.comes().await;
        answer.expect(303);
        assert!(browser.is_signed_in().await);
        browser
    }
}

#[tokio::test]
async fn the_session_that_ended_there_ends_here_at_once_and_no_other() {
    let company = Company::open().await;
    let (first, second) = (
        company.comes_as("s-priya", Some("a")).await,
        company.comes_as("s-priya", Some("b")).await,
    );
    let token = company.there.logout_token(json!({ "sid": "a" }));
    let told = company.hears(&token).await.expect(200);
    assert_eq!(told.header("cache-control"), "no-store");
    assert!(!first.is_signed_in().await && second.is_signed_in().await);
    company.app.end().await;
}

#[tokio::test]
async fn all_sessions_of_a_subject_end_where_no_session_is_named() {
    let company = Company::open().await;
    let browsers = [
        company.comes_as("s-priya", Some("a")).await,
        company.comes_as("s-priya", None).await,
    ];
    let by_mail = company.app.sign_in_staff(company.priya).await;
    let token = company.there.logout_token(json!({ "sub": "s-priya" }));
    company.hears(&token).await.expect(200);
    for browser in browsers {
        assert!(!browser.is_signed_in().await);
    }
    company.app.page_as(&by_mail, "/me").await.expect(200);
    company.app.end().await;
}

#[tokio::test]
async fn only_a_token_of_the_provider_for_signing_out_signs_out() {
    let company = Company::open().await;
    let browser = company.comes_as("s-priya", Some("a")).await;
    let now = company.app.clock.now().timestamp();
    let of = |claims: Value| {
        let mut all = json!({ "sid": "a", "sub": "s-priya" });
        all.as_object_mut()
            .unwrap()
            .extend(claims.as_object().unwrap().clone());
        company.there.logout_token(all)
    };
    let wrong = [
        of(json!({ "iss": "https://login.evil.example" })),
        of(json!({ "aud": "another" })),
        of(json!({ "nonce": "n" })),
        of(json!({ "events": {} })),
        of(json!({ "events": null })),
        of(json!({ "jti": null })),
        of(json!({ "iat": now - 700, "exp": null })),
        of(json!({ "iat": now + 120 })),
        of(json!({ "exp": now - 61 })),
        of(json!({ "sid": null, "sub": null })),
        "a.b.c".to_owned(),
        String::new(),
    ];
    for token in wrong {
        let told = company.hears(&token).await.expect(400);
        assert_eq!(told.at("/error"), "invalid_request");
        assert!(browser.is_signed_in().await, "{token}");
    }
    for signed in [
        Signed::Not,
        Signed::Badly,
        Signed::BySecret,
        Signed::ByPublicKey,
        Signed::By(1),
    ] {
        company.there.state().signed = signed.clone();
        let token = company.there.logout_token(json!({ "sid": "a" }));
        company.hears(&token).await.expect(400);
        assert!(browser.is_signed_in().await, "{signed:?}");
    }
    // Somebody else's session: the subject has to be its own.
    company.there.state().signed = Signed::By(0);
    let token = company.there.logout_token(json!({ "sid": "a", "sub": "s-tom" }));
    company.hears(&token).await.expect(200);
    assert!(browser.is_signed_in().await);
    company.app.end().await;
}

#[tokio::test]
async fn a_token_signs_out_once() {
    let company = Company::open().await;
    company.comes_as("s-priya", Some("a")).await;
    let token = company
        .there
        .logout_token(json!({ "sub": "s-priya", "jti": "7" }));
    company.hears(&token).await.expect(200);
    let again = company.comes_as("s-priya", Some("b")).await;
    company.hears(&token).await.expect(400);
    assert!(again.is_signed_in().await);
    // What is kept of it goes when the token is too old anyway.
    company.app.advance(TimeDelta::days(181));
    let now = company.app.clock.now();
    while plaudit::access::cleanup::delete_some(&company.app.db, now)
        .await
        .unwrap()
        > 0
    {}
    use sea_orm::{EntityTrait, PaginatorTrait};
    let db = company.app.db.read();
    assert_eq!(entity::sign_on_used::Entity::find().count(db).await.unwrap(), 0);
    assert_eq!(
        entity::sign_on_session::Entity::find().count(db).await.unwrap(),
        0
    );
    company.app.end().await;
}

#[tokio::test]
async fn whoever_signs_out_here_is_shown_where_to_sign_out_there() {
    let company = Company::open().await;
    let mut browser = company.comes_as("s-priya", None).await;
    let answer = browser.post("/me/sign-out").await.expect(303);
    assert_eq!(answer.header("location"), "/sign-in");
    let end = format!("{}/end?of=shop", company.there.issuer());
    company.there.state().metadata = json!({ "end_session_endpoint": end })
        .as_object()
        .unwrap()
        .clone();
    company.app.advance(TimeDelta::minutes(61));
    company.there.state().now += 3660;
    let mut browser = company.comes_as("s-priya", None).await;
    let answer = browser.post("/me/sign-out").await.expect(200);
    assert!(!browser.is_signed_in().await);
    let (_, rest) = answer
        .text
        .split_once(&format!("{}/end", company.there.issuer()))
        .unwrap();
    let link = rest
        .split('"')
        .next()
        .unwrap()
        .replace("&#x3D;", "=")
        .replace("&amp;", "&");
    assert!(
        link.contains("of=shop") && link.contains("client_id=plaudit-at-shop"),
        "{link}"
    );
    assert!(link.contains("id_token_hint=ey"), "{link}");
    assert!(link.contains("post_logout_redirect_uri=http%3A%2F%2F"), "{link}");
    company.app.end().await;
}

#[tokio::test]
async fn whoever_signs_out_does_not_wait_for_the_provider() {
    let company = Company::open().await;
    let browser = company.comes_as("s-priya", None).await;
    company.app.advance(TimeDelta::minutes(61));
    let silence = Reply::json(200, &json!({})).sent(Manner::HangBeforeHead);
    company.there.state().instead.insert(DISCOVERY, silence);
    let cookie = browser.cookie();
    let leaving = company.app.form_as(&cookie, "/me/sign-out", &[]);
    let is_asked = async {
        while company.there.state().asked[DISCOVERY] < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = leaving => panic!("the provider says nothing"),
        () = is_asked => {}
    }
    assert!(!browser.is_signed_in().await);
    company.app.end().await;
}
