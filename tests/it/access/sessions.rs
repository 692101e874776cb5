//! Sessions of those with a role are short, tell of new browsers, and cannot be ridden by other sites.
use chrono::TimeDelta;
use entity::grant::Role;
use poem::http::Method;

use crate::support::{Answer, TestApp, form::encoded};

#[tokio::test]
async fn a_form_that_does_not_say_where_it_comes_from_is_refused_with_a_cookie() {
    let app = TestApp::start().await;
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&ruth).await;
    let request = app
        .web()
        .post("/settings/logo/remove")
        .header("cookie", &cookie)
        .content_type("application/x-www-form-urlencoded")
        .body(encoded(&[]));
    Answer::read(request.send().await).await.expect(403);
    app.form_as(&cookie, "/settings/logo/remove", &[])
        .await
        .expect(303);
    app.end().await;
}

#[tokio::test]
async fn whoever_holds_a_role_is_signed_out_after_half_a_day_unused_and_a_week_in_any_case() {
    let app = TestApp::start().await;
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let (unused, used) = (app.sign_in(&ruth).await, app.sign_in(&ruth).await);
    for _ in 0..16 {
        app.advance(TimeDelta::hours(10));
        app.page_as(&used, "/me").await.expect(200);
        // That it was used is noted after the answer.
        app.db.settle().await;
    }
    app.page_as(&unused, "/me").await.expect(303);
    app.advance(TimeDelta::hours(10));
    app.page_as(&used, "/me").await.expect(303);
    app.end().await;
}

#[tokio::test]
async fn a_role_begins_with_a_sign_in_of_its_own() {
    let app = TestApp::start().await;
    let priya = app.person("Priya", "Nair", None, None).await.id;
    let cookie = app.sign_in_staff(priya).await;
    let account = app.signing_in(priya).await;
    let tx = app.db.write().await.unwrap();
    plaudit::access::role::grant(&tx, &account, Role::Auditor, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.page_as(&cookie, "/keys").await.expect(303);
    app.end().await;
}

/// Signs in by a mailed link, with the cookies that the browser has; all cookies then.
async fn by_mail(app: &TestApp, address: &str, cookies: &str) -> String {
    app.send_form("/sign-in", &[("email", address)]).await.expect(200);
    app.after_answers().await;
    app.work().await;
    let mails = app.mails();
    let mut links = mails.iter().filter_map(|mail| mail.raw.split_once("/sign-in/"));
    let open = async |link: &str| {
        let request = app
            .web()
            .post(link)
            .header("cookie", cookies)
            .header("sec-fetch-site", "same-origin")
            .content_type("application/x-www-form-urlencoded")
            .body("");
        Answer::read(request.send().await).await
    };
    loop {
        let (_, rest) = links.next().expect("a link that works");
        let answer = open(&format!("/sign-in/{}", rest.split_whitespace().next().unwrap())).await;
        if answer.status == 303 {
            let set = answer.headers.get_all("set-cookie").iter();
            let pairs = set.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
            return pairs.collect::<Vec<_>>().join("; ");
        }
    }
}

fn warned(app: &TestApp) -> usize {
    app.mails()
        .iter()
        .filter(|mail| mail.raw.contains("signed in as you"))
        .count()
}

#[tokio::test]
async fn whoever_holds_a_role_is_told_of_a_browser_that_was_never_seen() {
    let app = TestApp::start_with("[limits]\nsign_ins_per_minute = 1000").await;
    app.account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let own = by_mail(&app, "ruth@example.org", "").await;
    app.work().await;
    assert_eq!(warned(&app), 1);
    by_mail(&app, "ruth@example.org", &own).await;
    app.work().await;
    assert_eq!(warned(&app), 1, "the same browser again");
    by_mail(&app, "ruth@example.org", "plaudit-device=guessed").await;
    app.work().await;
    assert_eq!(warned(&app), 2);
    app.person("Priya", "Nair", None, None).await;
    by_mail(&app, "priya@example.org", "").await;
    app.work().await;
    assert_eq!(warned(&app), 2, "without a role nobody is bothered");
    app.end().await;
}

#[tokio::test]
async fn signing_out_everywhere_ends_open_links_too() {
    let app = TestApp::start().await;
    let priya = app.person("Priya", "Nair", None, None).await.id;
    let cookie = app.sign_in_staff(priya).await;
    app.send_form("/sign-in", &[("email", "priya@example.org")])
        .await
        .expect(200);
    app.after_answers().await;
    app.work().await;
    let mail = app.mails().remove(0).raw;
    let (_, rest) = mail.split_once("/sign-in/").unwrap();
    let link = format!("/sign-in/{}", rest.split_whitespace().next().unwrap());
    app.page(&link).await.expect(200);
    app.form_as(&cookie, "/me/sign-out-everywhere", &[])
        .await
        .expect(303);
    app.page(&link).await.expect(410);
    app.call(Method::GET, "/v1/sources", None, None).await.expect(401);
    app.end().await;
}
