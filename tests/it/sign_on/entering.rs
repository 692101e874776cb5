//! Who gets in, as whom.
use chrono::TimeDelta;
use entity::grant::Role;
use plaudit::{access::role, sign_on::provider};
use poem::http::Method;
use serde_json::json;

use super::{Browser, Company, provider_at};
use crate::fake_provider::Provider;

const STRANGER: &str = "that account cannot be used here";

#[tokio::test]
async fn somebody_of_the_company_is_known_by_a_verified_address_once_and_by_the_subject_from_then_on() {
    let company = Company::open().await;
    let page = company.app.page("/sign-in").await.expect(200);
    assert!(page.text.contains("Continue with Shop ID"), "{}", page.text);
    let (mut browser, answer) = company.comes().await;
    assert_eq!(answer.expect(303).header("location"), "/");
    let me = browser.get("/me").await.expect(200);
    assert!(me.text.contains("Priya Nair"), "{}", me.text);
    assert_eq!(company.links().await.len(), 1);
    // Another address there changes nothing.
    company
        .there
        .person(json!({ "sub": "s-priya", "email": "p.nair@elsewhere.example" }));
    let (mut again, _) = company.comes().await;
    assert!(again.get("/me").await.expect(200).text.contains("Priya Nair"));
    assert_eq!(company.links().await.len(), 1);
    company.app.end().await;
}

#[tokio::test]
async fn it_leads_back_to_the_page_that_was_asked_for_and_never_elsewhere() {
    let company = Company::open().await;
    for (to, leads) in [
        ("%2Fboard", "/board"),
        ("https%3A%2F%2Fevil.example%2F", "/"),
        ("%2F%2Fevil.example", "/"),
        ("%2F%5Cevil.example", "/"),
    ] {
        let mut browser = Browser::new(&company.app);
        let answer = company
            .comes_in(&mut browser, &format!("?to={to}"))
            .await
            .expect(303);
        assert_eq!(answer.header("location"), leads, "{to}");
    }
    company.app.end().await;
}

#[tokio::test]
async fn what_the_provider_tells_only_when_asked_is_asked_for() {
    let company = Company::open().await;
    company.there.person(json!({ "sub": "s-priya" }));
    let told = json!({ "email": "priya@example.org", "email_verified": "true" });
    company.there.state().info = Some(told.as_object().unwrap().clone());
    let (browser, answer) = company.comes().await;
    answer.expect(303);
    assert!(browser.is_signed_in().await);
    company.app.end().await;
}

#[tokio::test]
async fn what_is_told_of_another_subject_is_not_believed() {
    let company = Company::open().await;
    company.there.person(json!({ "sub": "s-eve" }));
    let told = json!({ "sub": "s-priya", "email": "priya@example.org", "email_verified": true });
    company.there.state().info = Some(told.as_object().unwrap().clone());
    company.refuses("could not be trusted").await;
    company.app.end().await;
}

#[tokio::test]
async fn whoever_is_not_sure_to_be_somebody_here_is_nobody() {
    let company = Company::open().await;
    let app = &company.app;
    let twin = app.person_with_id("priya2", "Priya", "Shah", None, None).await.id;
    app.account_with("ann@example.org", Role::Auditor, None).await;
    let patch = json!({ "email": "same@example.org" });
    for staff in [company.priya, twin] {
        let path = format!("/v1/staff/{staff}");
        app.call(Method::PATCH, &path, Some(&app.key), Some(patch.clone()))
            .await
            .expect(200);
    }
    for claims in [
        json!({ "sub": "1", "email": "priya@example.org", "email_verified": true }),
        json!({ "sub": "2", "email": "same@example.org", "email_verified": true }),
        json!({ "sub": "3", "email": "same@example.org" }),
        json!({ "sub": "4", "email": "same@example.org", "email_verified": false }),
        json!({ "sub": "5", "email": "ann@example.org", "email_verified": true }),
        json!({ "sub": "6", "email": "same@example.com", "email_verified": true }),
        json!({ "sub": "7", "email": "same@sub.example.org", "email_verified": true }),
        json!({ "sub": "8", "email": "x@evil.example@example.org", "email_verified": true }),
        json!({ "sub": "9", "email": "example.org", "email_verified": true }),
        json!({ "sub": "10" }),
    ] {
        company.there.person(claims);
        company.refuses(STRANGER).await;
    }
    app.work().await;
    company.app.end().await;
}

/// The page tells nobody who works there: it is the same for an address that is known and one that is not.
#[tokio::test]
async fn an_outsider_learns_nothing_of_who_works_here() {
    let company = Company::open().await;
    company
        .app
        .account_with("ann@example.org", Role::Administrator, None)
        .await;
    let mut seen = Vec::new();
    for email in ["ann@example.org", "nobody@example.org", "priya@example.com"] {
        company
            .there
            .person(json!({ "sub": email, "email": email, "email_verified": true }));
        let (_, answer) = company.comes().await;
        seen.push((answer.status, answer.text));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
    company.app.end().await;
}

#[tokio::test]
async fn a_link_stays_with_whom_it_was_made_for_whatever_the_roster_says() {
    let company = Company::open().await;
    let app = &company.app;
    company.comes().await.1.expect(303);
    let before = company.links().await;
    // Priya's address goes to somebody new, who then comes as themselves.
    let patch = |email: &str| json!({ "email": email });
    let path = format!("/v1/staff/{}", company.priya);
    app.call(
        Method::PATCH,
        &path,
        Some(&app.key),
        Some(patch("p.nair@example.org")),
    )
    .await
    .expect(200);
    let new = app.person_with_id("new", "Noor", "Quill", None, None).await.id;
    let of_new = format!("/v1/staff/{new}");
    app.call(
        Method::PATCH,
        &of_new,
        Some(&app.key),
        Some(patch("priya@example.org")),
    )
    .await
    .expect(200);
    let (mut browser, _) = company.comes().await;
    assert!(browser.get("/me").await.expect(200).text.contains("Priya Nair"));
    company
        .there
        .person(json!({ "sub": "s-noor", "email": "priya@example.org", "email_verified": true }));
    let (mut browser, _) = company.comes().await;
    assert!(browser.get("/me").await.expect(200).text.contains("Noor Quill"));
    // And whoever gets Priya's new address there is not Priya.
    company
        .there
        .person(json!({ "sub": "s-eve", "email": "p.nair@example.org", "email_verified": true }));
    let (browser, answer) = company.comes().await;
    assert!(answer.text.contains(STRANGER) && !browser.is_signed_in().await);
    assert_eq!(company.links().await["s-priya"], before["s-priya"]);
    app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn the_subject_of_another_issuer_is_somebody_else() {
    let company = Company::open().await;
    company.comes().await.1.expect(303);
    let other = Provider::start(company.app.clock.now()).await;
    let new = provider_at(&other.issuer());
    let made = provider::add(&company.app.sign_on(), company.app.organisation.id, new, "cli")
        .await
        .unwrap();
    other.person(json!({ "sub": "s-priya", "email": "eve@evil.example", "email_verified": true }));
    let mut browser = Browser::new(&company.app);
    let begun = browser.get(&format!("/sign-on/{}", made.id)).await.expect(303);
    let answer = browser.get(&other.lets_in(&begun.header("location"))).await;
    assert!(answer.text.contains(STRANGER) && !browser.is_signed_in().await);
    company.app.end().await;
}

#[tokio::test]
async fn whoever_has_left_does_not_get_in_by_their_link() {
    let company = Company::open().await;
    company.comes().await.1.expect(303);
    let today = company.app.clock.now().date_naive();
    company
        .app
        .leaves(company.priya, today - TimeDelta::days(91))
        .await;
    let (browser, answer) = company.comes().await;
    assert!(answer.text.contains(STRANGER) && !browser.is_signed_in().await);
    company.app.end().await;
}

#[tokio::test]
async fn a_provider_of_one_company_lets_nobody_into_another() {
    let company = Company::open().await;
    let (other, _) = company.app.other_organisation().await;
    let tx = company.app.db.write().await.unwrap();
    let now = company.app.clock.now();
    plaudit::access::account::create(&tx, other.id, "xe@example.org", "cli", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    company
        .there
        .person(json!({ "sub": "s-xe", "email": "xe@example.org", "email_verified": true }));
    company.refuses(STRANGER).await;
    // Of several companies no stranger is told how their people sign in.
    let page = company.app.page("/sign-in").await.expect(200);
    assert!(!page.text.contains("Shop ID"));
    let page = company.app.page("/sign-in?at=shop").await.expect(200);
    assert!(page.text.contains("Shop ID"));
    company.app.end().await;
}

#[tokio::test]
async fn groups_give_the_roles_that_an_administrator_entered_and_take_back_only_those() {
    let company = Company::with_roles(&["plaudit-auditors=auditor", "leads=site-lead:York"]).await;
    let app = &company.app;
    let held = async || {
        let all = role::list(app.db.read(), app.organisation.id, app.clock.now())
            .await
            .unwrap();
        let mut held: Vec<&str> = all.iter().map(|held| role::name(held.grant.role)).collect();
        held.sort_unstable();
        held.join(" ")
    };
    let groups = |groups: serde_json::Value| json!({ "sub": "s-priya", "email": "priya@example.org", "email_verified": true, "groups": groups });
    company
        .there
        .person(groups(json!(["administrators", "plaudit-auditors", "leads"])));
    let (mut browser, _) = company.comes().await;
    assert_eq!(held().await, "auditor site_lead");
    browser.get("/keys").await.expect(200);
    // Whoever holds a role by a group gets no link by mail: only the company knows whether they are in it still.
    app.send_form("/sign-in", &[("email", "priya@example.org")])
        .await
        .expect(200);
    app.after_answers().await;
    assert_eq!(
        app.jobs()
            .await
            .iter()
            .filter(|job| job.kind == "sign_in")
            .count(),
        0
    );
    // One of them is given by hand as well.
    let priya = app.signing_in(company.priya).await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &priya, Role::Auditor, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    company.there.person(groups(json!([])));
    company.comes().await.1.expect(303);
    assert_eq!(held().await, "auditor");
    app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn coming_here_while_signed_in_there_proves_nothing() {
    let company = Company::with_roles(&["admins=administrator"]).await;
    let app = &company.app;
    let boss = app
        .account_with("zed@example.org", Role::Administrator, None)
        .await;
    let claims = |auth_time: Option<i64>| {
        json!({ "sub": "s-priya", "email": "priya@example.org", "email_verified": true,
            "groups": "admins", "auth_time": auth_time })
    };
    let key = [("name", "Till"), ("scope", "comments:write")];
    company.there.person(claims(None));
    let (browser, _) = company.comes().await;
    app.form_as(&browser.cookie(), "/keys", &key).await.expect(303);
    let now = app.clock.now().timestamp();
    company.there.person(claims(Some(now - 3600)));
    let (browser, _) = company.comes().await;
    app.form_as(&browser.cookie(), "/keys", &key).await.expect(303);
    company.there.person(claims(Some(now - 10)));
    let (browser, _) = company.comes().await;
    app.form_as(&browser.cookie(), "/keys", &key).await.expect(201);
    app.page_as(&app.sign_in(&boss).await, "/keys").await.expect(200);
    app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn on_a_device_that_others_use_too_it_ends_with_the_browser() {
    let company = Company::open().await;
    let page = company.app.page("/sign-in").await.expect(200);
    assert!(page.text.contains(&format!("/sign-on/{}?shared", company.id)));
    let mut browser = Browser::new(&company.app);
    // A second sign-in, where it is not said again, is at the same device.
    for query in ["?shared", "?confirm"] {
        let answer = company.comes_in(&mut browser, query).await.expect(303);
        let set = answer.headers.get_all("set-cookie");
        let set: Vec<&str> = set.iter().map(|one| one.to_str().unwrap()).collect();
        let session = set.iter().find(|one| one.starts_with("plaudit=")).unwrap();
        assert!(!session.contains("Max-Age"), "{session}");
        assert!(!browser.cookies.contains_key("plaudit-device"));
    }
    company.app.end().await;
}
