//! A link to sign in goes to an address, so who changes an address must not get in by it.
use entity::{alert, grant::Role};
use plaudit::access::{Scope, role};
use poem::http::Method;
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Answer, TestApp};

async fn changes_address(app: &TestApp, staff: Uuid, address: &str) {
    let key = app.key_for(&[Scope::RosterWrite]).await;
    let path = format!("/v1/staff/{staff}");
    let body = json!({ "email": address });
    app.call(Method::PATCH, &path, Some(&key), Some(body))
        .await
        .expect(200);
}

/// To whom mails went that carry a link.
async fn links_to(app: &TestApp, typed: &str) -> Vec<String> {
    app.send_form("/sign-in", &[("email", typed)]).await.expect(200);
    app.after_answers().await;
    app.work().await;
    let mails = app.mails().into_iter();
    let links = mails.filter(|mail| mail.raw.contains("/sign-in/"));
    links.map(|mail| mail.to).collect()
}

async fn administrator_on_the_roster(app: &TestApp) -> Uuid {
    let zed = app.person("Zed", "Admin", None, None).await.id;
    let account = app.signing_in(zed).await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &account, Role::Administrator, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    zed
}

#[tokio::test]
async fn a_key_of_the_roster_does_not_become_administrator_by_an_address() {
    let app = TestApp::start().await;
    let zed = administrator_on_the_roster(&app).await;
    changes_address(&app, zed, "attacker@evil.example").await;
    assert_eq!(links_to(&app, "attacker@evil.example").await, [""; 0]);
    assert_eq!(links_to(&app, "zed@example.org").await, ["zed@example.org"]);
    app.end().await;
}

#[tokio::test]
async fn a_roster_file_does_not_make_an_administrator_either() {
    let app = TestApp::start().await;
    administrator_on_the_roster(&app).await;
    app.site("York", None).await;
    let file = "employee_id,given_name,family_name,site,email\nzed,Zed,Admin,York,attacker@evil.example\n";
    let send = async |apply: &str| {
        let request = app
            .web()
            .post(format!("/v1/imports/roster{apply}"))
            .header("authorization", format!("Bearer {}", app.key))
            .content_type("text/csv")
            .body(file);
        let answer = Answer::read(request.send().await).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        answer
    };
    let digest = send("").await.at("/digest");
    send(&format!("?apply={digest}")).await;
    assert_eq!(links_to(&app, "attacker@evil.example").await, [""; 0]);
    app.end().await;
}

#[tokio::test]
async fn a_changed_address_ends_sessions_and_links_and_is_told_at_the_old_one() {
    let app = TestApp::start().await;
    let priya = app.person("Priya", "Nair", None, None).await.id;
    let cookie = app.sign_in_staff(priya).await;
    assert_eq!(links_to(&app, "priya@example.org").await.len(), 1);
    let link = app.mails()[0].raw.split_once("/sign-in/").unwrap().1.to_owned();
    let link = format!("/sign-in/{}", link.split_whitespace().next().unwrap());
    changes_address(&app, priya, "priya@elsewhere.example").await;
    app.page_as(&cookie, "/me").await.expect(303);
    app.page(&link).await.expect(410);
    app.work().await;
    let told: Vec<_> = app
        .mails()
        .into_iter()
        .filter(|mail| mail.raw.contains("was changed"))
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].to, "priya@example.org");
    assert!(
        !told[0].raw.contains("elsewhere.example"),
        "the new address is nobody else's business"
    );
    let left = alert::Entity::find().all(app.db.read()).await.unwrap();
    assert!(
        left.is_empty(),
        "an address is kept no longer than its mail takes"
    );
    app.end().await;
}

#[tokio::test]
async fn an_address_that_is_written_differently_is_the_same() {
    let app = TestApp::start().await;
    let priya = app.person("Priya", "Nair", None, None).await.id;
    let cookie = app.sign_in_staff(priya).await;
    changes_address(&app, priya, "Priya@Example.org").await;
    app.page_as(&cookie, "/me").await.expect(200);
    app.end().await;
}
