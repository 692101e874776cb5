//! Signing in and out: links that work once, sessions that end, and what other sites cannot do.
use chrono::TimeDelta;
use entity::grant::Role;
use plaudit::access::session;
use poem::http::Method;
use sea_orm::EntityTrait;

use crate::support::{Answer, TestApp, form::encoded};

/// Types an address, lets what follows the answer be done, and returns the paths of the links that were mailed.
async fn links_for(app: &TestApp, address: &str) -> Vec<String> {
    app.send_form("/sign-in", &[("email", address)]).await.expect(200);
    links(app).await
}

/// Waits for what is done after the answer, then reads the mails.
async fn links(app: &TestApp) -> Vec<String> {
    app.after_answers().await;
    app.work().await;
    let mut links: Vec<String> = app.mails().iter().map(|mail| link_in(&mail.raw)).collect();
    links.sort();
    links
}

fn link_in(mail: &str) -> String {
    let mail = mail_parser::MessageParser::default().parse(mail).unwrap();
    let text = mail.body_text(0).unwrap();
    let (_, rest) = text.split_once("/sign-in/").expect("a link in the mail");
    format!("/sign-in/{}", rest.split_whitespace().next().unwrap())
}

async fn priya(app: &TestApp) -> uuid::Uuid {
    app.person("Priya", "Nair", None, None).await.id
}

#[tokio::test]
async fn a_mailed_link_signs_in_by_its_button_and_once() {
    let app = TestApp::start().await;
    priya(&app).await;
    let links = links_for(&app, " Priya@Example.org ").await;
    let [link] = links.as_slice() else {
        panic!("{links:?}")
    };
    for _ in 0..3 {
        let page = app.page(link).await.expect(200);
        assert!(page.text.contains("Hello Priya."), "{}", page.text);
        assert!(
            !page.headers.contains_key("set-cookie"),
            "opening a link signs nobody in"
        );
    }
    let answer = app.send_form(link, &[]).await.expect(303);
    assert_eq!(answer.header("location"), "/");
    let home = app.page_as(&answer.cookie(), "/").await.expect(303);
    assert_eq!(home.header("location"), "/feed");
    app.page_as(&answer.cookie(), "/feed").await.expect(200);
    app.page(link).await.expect(410);
    app.send_form(link, &[]).await.expect(410);
    app.end().await;
}

#[tokio::test]
async fn a_sign_in_leads_to_the_page_that_was_asked_for() {
    let app = TestApp::start().await;
    priya(&app).await;
    let asked = app.page("/me?lang=de").await.expect(303);
    let to = asked.header("location");
    app.send_form(&to, &[("email", "priya@example.org")])
        .await
        .expect(200);
    let links = links(&app).await;
    let answer = app.send_form(&links[0], &[]).await.expect(303);
    assert_eq!(answer.header("location"), "/me?lang=de");
    app.end().await;
}

#[tokio::test]
async fn a_link_works_for_a_quarter_of_an_hour() {
    let app = TestApp::start().await;
    priya(&app).await;
    let links = links_for(&app, "priya@example.org").await;
    app.advance(TimeDelta::minutes(14));
    app.page(&links[0]).await.expect(200);
    app.advance(TimeDelta::minutes(1));
    app.page(&links[0]).await.expect(410);
    app.send_form(&links[0], &[]).await.expect(410);
    app.end().await;
}

#[tokio::test]
async fn the_answer_is_the_same_whether_or_not_the_address_is_known() {
    let app = TestApp::start().await;
    priya(&app).await;
    let known = app
        .send_form("/sign-in", &[("email", "priya@example.org")])
        .await
        .expect(200);
    let other = app
        .send_form("/sign-in", &[("email", "prixa@example.org")])
        .await
        .expect(200);
    assert_eq!(known.text.replace("priya@", "prixa@"), other.text);
    assert_eq!(links(&app).await.len(), 1);
    app.end().await;
}

#[tokio::test]
async fn an_address_gets_three_links_at_a_time_and_those_keep_working() {
    let app = TestApp::start_with("[limits]\nsign_ins_per_minute = 1000").await;
    priya(&app).await;
    for _ in 0..6 {
        app.send_form("/sign-in", &[("email", "priya@example.org")])
            .await
            .expect(200);
        app.after_answers().await;
    }
    let links = links(&app).await;
    assert_eq!(links.len(), 3, "{links:?}");
    app.send_form(&links[0], &[]).await.expect(303);
    assert_eq!(links_for(&app, "priya@example.org").await.len(), 4);
    app.end().await;
}

#[tokio::test]
async fn a_network_that_asks_too_often_waits_but_links_work() {
    let app = TestApp::start_with("[limits]\nsign_ins_per_minute = 2").await;
    priya(&app).await;
    let links = links_for(&app, "priya@example.org").await;
    app.send_form("/sign-in", &[("email", "x@example.org")])
        .await
        .expect(200);
    let refused = app
        .send_form("/sign-in", &[("email", "y@example.org")])
        .await
        .expect(429);
    assert_eq!(refused.header("retry-after"), "30");
    app.send_form(&links[0], &[]).await.expect(303);
    app.end().await;
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let app = TestApp::start().await;
    priya(&app).await;
    let links = links_for(&app, "priya@example.org").await;
    let cookie = app.send_form(&links[0], &[]).await.header("set-cookie");
    assert!(cookie.starts_with("plaudit="), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=15552000"),
        "{cookie}"
    );
    app.end().await;

    let app = TestApp::start_with("[server]\nbase_url = \"https://plaudit.example\"").await;
    priya(&app).await;
    let links = links_for(&app, "priya@example.org").await;
    let cookie = app
        .send_form(&links[0], &[("shared", "yes")])
        .await
        .header("set-cookie");
    assert!(cookie.starts_with("__Host-plaudit="), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
    app.end().await;
}

#[tokio::test]
async fn a_session_ends_by_disuse_by_age_and_by_hand() {
    let app = TestApp::start().await;
    let staff = priya(&app).await;
    let (unused, used, ended) = (
        app.sign_in_staff(staff).await,
        app.sign_in_staff(staff).await,
        app.sign_in_staff(staff).await,
    );
    app.form_as(&ended, "/me/sign-out", &[]).await.expect(303);
    app.page_as(&ended, "/me").await.expect(303);
    for _ in 0..8 {
        // Its last use is noted on the side.
        app.db.settle().await;
        app.advance(session::USUAL.idle - TimeDelta::days(8));
        app.page_as(&used, "/me").await.expect(200);
    }
    app.page_as(&unused, "/me").await.expect(303);
    app.advance(TimeDelta::days(5));
    app.page_as(&used, "/me").await.expect(303);
    app.end().await;
}

#[tokio::test]
async fn somebody_sees_and_ends_their_own_sessions_only() {
    let app = TestApp::start().await;
    let one = app.sign_in_staff(priya(&app).await).await;
    let other = app
        .sign_in_staff(app.person("Tom", "Hall", None, None).await.id)
        .await;
    let second = app
        .sign_in_staff(
            entity::staff_member::Entity::find()
                .one(app.db.read())
                .await
                .unwrap()
                .unwrap()
                .id,
        )
        .await;
    let sessions = entity::session::Entity::find().all(app.db.read()).await.unwrap();
    let page = app.page_as(&one, "/me").await.expect(200);
    assert!(
        page.text.contains(&sessions[2].id.to_string()) && !page.text.contains(&sessions[1].id.to_string())
    );
    let foreign = format!("/me/sessions/{}/end", sessions[1].id);
    app.form_as(&one, &foreign, &[]).await.expect(404);
    app.page_as(&other, "/me").await.expect(200);
    app.form_as(&one, &format!("/me/sessions/{}/end", sessions[2].id), &[])
        .await
        .expect(303);
    app.page_as(&second, "/me").await.expect(303);
    app.form_as(&one, "/me/sign-out-everywhere", &[])
        .await
        .expect(303);
    app.page_as(&one, "/me").await.expect(303);
    app.end().await;
}

#[tokio::test]
async fn another_site_cannot_post_in_somebodys_name() {
    let app = TestApp::start().await;
    let cookie = app.sign_in_staff(priya(&app).await).await;
    let post = |name: &'static str, value: &'static str| {
        let request = app
            .web()
            .post("/me")
            .header("cookie", &cookie)
            .header(name, value);
        request
            .content_type("application/x-www-form-urlencoded")
            .body(encoded(&[("frequency", "never")]))
            .send()
    };
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let answer = Answer::read(post(name, value).await).await;
        assert_eq!(answer.status, 403, "{name}: {value}");
    }
    let ours = Answer::read(post("origin", "http://127.0.0.1:8080").await).await;
    assert_eq!(ours.status, 303);
    app.end().await;
}

#[tokio::test]
async fn the_api_takes_a_session_and_changes_nothing_for_other_sites() {
    let app = TestApp::start().await;
    let admin = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&admin).await;
    app.page_as(&cookie, "/v1/sources").await.expect(200);
    let make_key = |from: &'static str| {
        let request = app
            .web()
            .post("/v1/keys")
            .header("cookie", &cookie)
            .header("sec-fetch-site", from);
        let body = serde_json::json!({"name": "till", "scopes": ["comments:write"]});
        request.body_json(&body).send()
    };
    let refused = Answer::read(make_key("cross-site").await).await.expect(403);
    assert_eq!(refused.at("/type"), "urn:plaudit:problem:forbidden");
    assert_eq!(Answer::read(make_key("same-origin").await).await.status, 201);
    let bare = app.web().post("/v1/keys").header("cookie", &cookie);
    let bare = bare.body_json(&serde_json::json!({"name": "till", "scopes": ["comments:write"]}));
    assert_eq!(Answer::read(bare.send().await).await.status, 403);
    app.call(Method::GET, "/v1/sources", None, None).await.expect(401);
    app.end().await;
}
