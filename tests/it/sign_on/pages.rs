//! The pages: setting it up, linking one's account, confirming at the company, and "only through the company".
use chrono::TimeDelta;
use entity::{grant::Role, sign_in_link::Kind};
use plaudit::{
    access::{
        role,
        sign_in::{self, NewLink},
    },
    sign_on::{policy, provider},
};
use serde_json::json;

use super::{Browser, Company};
use crate::{
    fake_http::Reply,
    fake_provider::{CLIENT, SECRET},
    support::Answer,
};

impl Company {
    async fn administrator(&self, email: &str) -> entity::account::Model {
        self.app.account_with(email, Role::Administrator, None).await
    }

    async fn signed_in<'a>(&'a self, account: &entity::account::Model) -> Browser<'a> {
        let mut browser = Browser::new(&self.app);
        let cookie = self.app.sign_in(account).await;
        let (name, value) = cookie.split_once('=').unwrap();
        browser.cookies.insert(name.to_owned(), value.to_owned());
        browser
    }

    /// To whom mails went that hold this text.
    async fn told(&self, text: &str) -> Vec<String> {
        self.app.work().await;
        let mails = self
            .app
            .mails()
            .into_iter()
            .filter(|mail| mail.raw.contains(text));
        let mut to: Vec<String> = mails.map(|mail| mail.to).collect();
        to.sort();
        to
    }
}

#[tokio::test]
async fn an_administrator_adds_tests_and_removes_a_provider_on_one_page() {
    let company = Company::open().await;
    let app = &company.app;
    let ruth = company.administrator("ruth@example.org").await;
    let cookie = app.sign_in(&ruth).await;
    let page = app.page_as(&cookie, "/sign-on").await.expect(200);
    let next = provider::next_id(app.db.read(), app.organisation.id)
        .await
        .unwrap();
    assert!(
        page.text.contains(&app.sign_on().redirect_address(next)),
        "{}",
        page.text
    );
    let issuer = company.there.issuer();
    let wrong = [
        ("name", ""),
        ("issuer", "login"),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
    ];
    let refused = app.form_as(&cookie, "/sign-on", &wrong).await.expect(422);
    assert!(!refused.text.contains("secret &amp; more") && refused.text.contains(CLIENT));
    for (field, value, says) in [
        ("domains", "example", "Write domains of mail"),
        ("group_roles", "admins", "Write a line for each group"),
        ("group_roles", "admins=king", "Write a line for each group"),
    ] {
        let form = [
            ("name", "Second"),
            ("issuer", &*issuer),
            ("client_id", CLIENT),
            ("client_secret", SECRET),
            ("group_claim", "groups"),
            (field, value),
        ];
        let refused = app.form_as(&cookie, "/sign-on", &form).await.expect(422);
        assert!(refused.text.contains(says), "{field} {value}: {}", refused.text);
    }
    let form = [
        ("name", "Second"),
        ("issuer", &*issuer),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
        ("domains", "example.org, example.com"),
        ("group_claim", "groups"),
        ("group_roles", "admins=administrator\r\nleads=site-lead:York\r\n"),
    ];
    let added = app.form_as(&cookie, "/sign-on", &form).await.expect(201);
    assert!(added.text.contains("It answers as it should"), "{}", added.text);
    let page = app.page_as(&cookie, "/sign-on").await.expect(200);
    assert!(page.text.contains("Nobody has signed in there yet"));
    assert!(
        page.text.contains("leads&#x3D;site-lead:York") && page.text.contains("example.com"),
        "{}",
        page.text
    );
    let tested = app
        .form_as(&cookie, &format!("/sign-on/{next}/test"), &[])
        .await
        .expect(200);
    assert!(tested.text.contains("It answers as it should"), "{}", tested.text);
    // In the reader's language, and nothing else.
    let missing = Reply::json(404, &json!({}));
    company
        .there
        .state()
        .instead
        .insert("/.well-known/openid-configuration", missing);
    let request = app
        .web()
        .post(format!("/sign-on/{next}/test"))
        .header("cookie", &cookie);
    let request = request
        .header("sec-fetch-site", "same-origin")
        .header("accept-language", "de");
    let tested = Answer::read(request.send().await).await.expect(200);
    assert!(
        tested
            .text
            .contains("Unter diesem Aussteller beschreibt sich kein Anbieter"),
        "{}",
        tested.text
    );
    app.form_as(&cookie, &format!("/sign-on/{next}/remove"), &[])
        .await
        .expect(303);
    let page = app.page_as(&cookie, "/sign-on").await.expect(200);
    assert!(!page.text.contains("leads&#x3D;site-lead"));
    // An hour later it has to be confirmed.
    app.advance(TimeDelta::hours(1));
    let led = app
        .form_as(&cookie, "/sign-on-only", &[("but_for", "")])
        .await
        .expect(303);
    assert_eq!(led.header("location"), "/me/confirm?to=%2Fsign-on");
    app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn whoever_holds_a_role_links_from_where_they_are_signed_in_and_is_told() {
    let company = Company::open().await;
    let zed = company.administrator("zed@example.org").await;
    company
        .there
        .person(json!({ "sub": "s-zed", "email": "zed@example.org", "email_verified": true }));
    let mut browser = company.signed_in(&zed).await;
    let me = browser.get("/me").await.expect(200);
    assert!(
        me.text.contains(&format!("action=\"/sign-on/{}?to", company.id)),
        "{}",
        me.text
    );
    let answer = company.links_in(&mut browser, &[]).await.expect(303);
    assert_eq!(answer.header("location"), "/me");
    assert_eq!(company.links().await["s-zed"], zed.id);
    assert!(
        browser
            .get("/me")
            .await
            .expect(200)
            .text
            .contains("Linked: you can sign in with it.")
    );
    assert_eq!(
        company.told("was linked with a company account").await,
        ["zed@example.org"]
    );
    let (mut again, _) = company.comes().await;
    again.get("/keys").await.expect(200);
    // A second subject is not linked with the same account, nor the same subject with a second account.
    company
        .there
        .person(json!({ "sub": "s-other", "email": "zed@example.org", "email_verified": true }));
    let mut browser = company.signed_in(&zed).await;
    assert!(
        company
            .links_in(&mut browser, &[])
            .await
            .text
            .contains("cannot be used here")
    );
    company.there.person(json!({ "sub": "s-zed" }));
    let priya = company.app.signing_in(company.priya).await;
    let mut browser = company.signed_in(&priya).await;
    assert!(
        company
            .links_in(&mut browser, &[])
            .await
            .text
            .contains("cannot be used here")
    );
    assert_eq!(company.links().await.len(), 1);
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn linking_asks_to_prove_it_there_and_needs_the_session_that_began_it() {
    let company = Company::open().await;
    let zed = company.administrator("zed@example.org").await;
    let mut browser = company.signed_in(&zed).await;
    let back = company.begins_link(&mut browser, &[]).await;
    browser.cookies.remove("plaudit");
    assert!(
        browser
            .get(&back)
            .await
            .expect(400)
            .text
            .contains("Begin again here")
    );
    assert!(company.links().await.is_empty());
    company.app.end().await;
}

#[tokio::test]
async fn a_link_that_was_handed_over_links_once_and_signs_nobody_in_by_itself() {
    let company = Company::open().await;
    let app = &company.app;
    let zed = company.administrator("zed@example.org").await;
    let new = NewLink {
        kind: Kind::Link,
        language: None,
        path: None,
        actor: "cli",
        now: app.clock.now(),
    };
    let tx = app.db.write().await.unwrap();
    let link = sign_in::make(&tx, &app.secrets, &zed, &new).await.unwrap();
    tx.commit().await.unwrap();
    let token = sign_in::token(&app.secrets, link.id);
    app.page(&format!("/sign-in/{token}")).await.expect(410);
    app.send_form(&format!("/sign-in/{token}"), &[]).await.expect(410);
    let page = app.page(&format!("/sign-on-link/{token}")).await.expect(200);
    assert!(page.text.contains("zed@example.org") && page.text.contains(&format!("value=\"{token}\"")));
    company.there.person(json!({ "sub": "s-zed" }));
    let form = [("handed", &*token)];
    let mut browser = Browser::new(app);
    company.links_in(&mut browser, &form).await.expect(303);
    assert_eq!(company.links().await["s-zed"], zed.id);
    browser.get("/keys").await.expect(200);
    browser
        .send(&format!("/sign-on/{}", company.id), &form)
        .await
        .expect(410);
    app.page(&format!("/sign-on-link/{token}")).await.expect(410);
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn it_is_confirmed_at_the_company_by_the_same_person() {
    let company = Company::with_roles(&["admins=administrator"]).await;
    company.administrator("zed@example.org").await;
    let as_admin = json!({ "sub": "s-priya", "email": "priya@example.org", "email_verified": true, "groups": ["admins"] });
    company.there.person(as_admin.clone());
    let (mut browser, _) = company.comes().await;
    let page = browser.get("/me/confirm?to=%2Fkeys").await.expect(200);
    assert!(
        page.text
            .contains(&format!("/sign-on/{}?confirm&amp;to&#x3D;%2Fkeys", company.id)),
        "{}",
        page.text
    );
    assert!(
        !page.text.contains("Send me the link"),
        "no link by mail works for her"
    );
    let answer = company
        .comes_in(&mut browser, "?confirm&to=%2Fkeys")
        .await
        .expect(303);
    assert_eq!(answer.header("location"), "/keys");
    let key = [("name", "Till"), ("scope", "comments:write")];
    company
        .app
        .form_as(&browser.cookie(), "/keys", &key)
        .await
        .expect(201);
    // A provider that does not say when confirms nothing.
    let mut unsaid = as_admin.clone();
    unsaid["auth_time"] = json!(null);
    company.there.person(unsaid);
    let answer = company.comes_in(&mut browser, "?confirm").await;
    assert!(answer.text.contains("is not set up correctly"), "{}", answer.text);
    company
        .there
        .person(json!({ "sub": "s-tom", "email": "tom@example.org", "email_verified": true }));
    company.app.person("Tom", "Reed", None, None).await;
    let answer = company.comes_in(&mut browser, "?confirm").await;
    assert!(answer.text.contains("cannot be used here"), "{}", answer.text);
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn only_through_the_company_leaves_one_way_past_it_which_all_administrators_hear_of() {
    let company = Company::open().await;
    let app = &company.app;
    let ruth = company.administrator("ruth@example.org").await;
    let zed = company.administrator("zed@example.org").await;
    let ann = app.account_with("ann@example.org", Role::Auditor, None).await;
    let cookie = app.sign_in(&ruth).await;
    let nia = app.person("Nia", "Bell", None, None).await.id;
    app.has_no_mail(nia).await;
    let by_mail = app.sign_in(&zed).await;
    let by_code = app.sign_in_staff(nia).await;
    let only = async |account: uuid::Uuid| {
        app.form_as(&cookie, "/sign-on-only", &[("but_for", &account.to_string())])
            .await
    };
    let untried = only(ruth.id).await.expect(409);
    assert!(
        untried.text.contains("Nobody has signed in there yet"),
        "{}",
        untried.text
    );
    let (there, _) = company.comes().await;
    // A link that is open already.
    app.send_form("/sign-in", &[("email", "zed@example.org")])
        .await
        .expect(200);
    app.after_answers().await;
    for nobody in [ann.id, uuid::Uuid::nil()] {
        only(nobody).await.expect(409);
    }
    only(ruth.id).await.expect(303);
    // Whoever came otherwise, and could come through the company, is signed out.
    assert!(there.is_signed_in().await);
    for (who, is_signed_in) in [(&by_mail, false), (&by_code, true), (&cookie, true)] {
        let status = app.page_as(who, "/me").await.status;
        assert_eq!(status == 200, is_signed_in, "{status}");
    }
    app.work().await;
    let link_of = |to: &str| {
        let mails = app.mails().into_iter().filter(|mail| mail.to == to);
        let raw = mails.map(|mail| mail.raw).find(|raw| raw.contains("/sign-in/"))?;
        let (_, rest) = raw.split_once("/sign-in/").unwrap();
        Some(format!("/sign-in/{}", rest.split_whitespace().next().unwrap()))
    };
    app.send_form(&link_of("zed@example.org").unwrap(), &[])
        .await
        .expect(410);
    for email in ["priya@example.org", "ann@example.org", "ruth@example.org"] {
        app.send_form("/sign-in", &[("email", email)]).await.expect(200);
        app.after_answers().await;
    }
    app.work().await;
    assert_eq!(
        (link_of("priya@example.org"), link_of("ann@example.org")),
        (None, None)
    );
    assert!(company.told("without the company account").await.is_empty());
    app.send_form(&link_of("ruth@example.org").unwrap(), &[])
        .await
        .expect(303);
    let told = company.told("without the company account").await;
    assert_eq!(told, ["ruth@example.org", "zed@example.org"]);
    // Through the company everybody gets in; codes go on; the last provider stays.
    company.comes().await.1.expect(303);
    let refused = provider::remove(&app.sign_on(), app.organisation.id, company.id, "cli").await;
    assert!(refused.unwrap_err().to_string().contains("last provider"));
    let page = app.page("/sign-in").await.expect(200);
    assert!(page.text.contains("Sign in another way"), "{}", page.text);
    // Whoever may still use a link keeps the role that lets them.
    let held = role::list(app.db.read(), app.organisation.id, app.clock.now())
        .await
        .unwrap();
    assert!(held.iter().any(|held| held.grant.account_id == zed.id));
    policy::set(&app.sign_on(), app.organisation.id, None, "cli")
        .await
        .unwrap();
    app.send_form("/sign-in", &[("email", "ann@example.org")])
        .await
        .expect(200);
    app.after_answers().await;
    app.work().await;
    assert!(link_of("ann@example.org").is_some());
    company.app.end().await;
}

#[tokio::test]
async fn with_the_company_as_the_only_way_roles_are_given_there_and_somebody_can_always_get_in() {
    let company = Company::open().await;
    let app = &company.app;
    let own = app.organisation.id;
    let ruth = company.administrator("ruth@example.org").await;
    let zed = company.administrator("zed@example.org").await;
    let cookie = app.sign_in(&ruth).await;
    company.comes().await.1.expect(303);
    let invite = async |who: &str| {
        let form = [("who", who), ("role", "auditor")];
        app.form_as(&cookie, "/roles", &form).await.expect(303);
        app.work().await;
        let mail = app.mails().into_iter().rfind(|mail| mail.to == who).unwrap();
        let raw = mail.raw.replace("=\r\n", "");
        let (_, rest) = raw.split_once("/sign-").unwrap();
        format!("/sign-{}", rest.split_whitespace().next().unwrap())
    };
    let before = invite("ann@example.org").await;
    assert!(before.starts_with("/sign-in/"), "{before}");
    policy::set(
        &app.sign_on(),
        own,
        Some(ruth.id),
        &format!("account:{}", ruth.id),
    )
    .await
    .unwrap();
    app.send_form(&before, &[]).await.expect(410);
    let invited_until = async |who: &str| {
        let held = role::list(app.db.read(), own, app.clock.now()).await.unwrap();
        let theirs = held.iter().find(|held| held.address.as_deref() == Some(who));
        theirs.unwrap().invited_until
    };
    assert_eq!(invited_until("ann@example.org").await, None, "it works no more");
    // Whoever gets a role now is led to the company.
    let led = invite("nia@example.org").await;
    let token = led.strip_prefix("/sign-on-link/").expect("a link to the company");
    assert!(invited_until("nia@example.org").await.is_some());
    app.send_form(&format!("/sign-in/{token}"), &[]).await.expect(410);
    company.there.person(json!({ "sub": "s-nia" }));
    let mut nia = Browser::new(app);
    company.links_in(&mut nia, &[("handed", token)]).await.expect(303);
    nia.get("/keys").await.expect(200);
    // Who may in an emergency stays an administrator, and closes nothing behind everybody.
    let held = role::list(app.db.read(), own, app.clock.now()).await.unwrap();
    let hers = held.iter().find(|held| held.grant.account_id == ruth.id).unwrap();
    let revoke = format!("/roles/{}/revoke", hers.grant.id);
    let refused = app.form_as(&cookie, &revoke, &[]).await.expect(409);
    assert!(
        refused.text.contains("in an emergency this administrator"),
        "{}",
        refused.text
    );
    // However she goes, another one gets in.
    assert!(!may_use_mail(&company, &zed).await);
    let tx = app.db.write().await.unwrap();
    let gone = entity::grant::ActiveModel {
        id: sea_orm::ActiveValue::Unchanged(hers.grant.id),
        ended_at: sea_orm::ActiveValue::Set(Some(app.clock.now())),
        ..Default::default()
    };
    sea_orm::ActiveModelTrait::update(gone, &tx).await.unwrap();
    tx.commit().await.unwrap();
    assert!(may_use_mail(&company, &zed).await);
    company.app.end().await;
}

/// Whether somebody who asks for a link by mail gets one.
async fn may_use_mail(company: &Company, account: &entity::account::Model) -> bool {
    let app = &company.app;
    let email = account.email.clone().unwrap();
    let count = || app.mails().iter().filter(|mail| mail.to == email).count();
    app.work().await;
    let before = count();
    app.send_form("/sign-in", &[("email", &email)]).await.expect(200);
    app.after_answers().await;
    app.work().await;
    count() > before
}
