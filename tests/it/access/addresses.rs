//! A link to sign in goes to an address, so who changes an address must not get in by it.
use entity::{alert, grant::Role, sign_in_link};
use plaudit::{
    access::{Scope, role},
    roster::{
        Change,
        staff::{self, StaffFields},
    },
};
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

#[tokio::test]
async fn an_address_that_was_changed_while_a_role_was_held_is_told_when_the_role_ends() {
    let app = TestApp::start().await;
    app.account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let zed = administrator_on_the_roster(&app).await;
    changes_address(&app, zed, "attacker@evil.example").await;
    app.work().await;
    assert!(app.mails().is_empty(), "it has no effect yet");
    let roles = app.get("/v1/roles").await.expect(200).json();
    let roles = roles["items"].as_array().unwrap();
    let role = roles.iter().find(|role| role["email"] == "zed@example.org");
    let path = format!("/v1/roles/{}", role.unwrap()["id"].as_str().unwrap());
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(204);
    app.work().await;
    let told: Vec<_> = app.mails().into_iter().map(|mail| (mail.to, mail.raw)).collect();
    assert!(told.iter().all(|(to, _)| to == "zed@example.org"), "{told:?}");
    let of_address = told.iter().filter(|(_, mail)| mail.contains("was changed"));
    assert_eq!(of_address.count(), 1, "{told:?}");
    let of_role = told.iter().filter(|(_, mail)| mail.contains("was taken away"));
    assert_eq!(of_role.count(), 1, "{told:?}");
    app.end().await;
}

#[tokio::test]
async fn a_role_that_ends_with_the_same_address_tells_of_the_role_only() {
    let app = TestApp::start().await;
    app.account_with("ruth@example.org", Role::Administrator, None)
        .await;
    administrator_on_the_roster(&app).await;
    let roles = app.get("/v1/roles").await.expect(200).json();
    let path = format!("/v1/roles/{}", roles["items"][1]["id"].as_str().unwrap());
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(204);
    app.work().await;
    let mails = app.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].raw.contains("was taken away"), "{}", mails[0].raw);
    app.end().await;
}

#[tokio::test]
async fn nobody_crowds_somebody_of_another_organisation_out_of_signing_in() {
    let app = TestApp::start().await;
    let (other, _) = app.other_organisation().await;
    let tx = app.db.write().await.unwrap();
    let change = Change::begin(&tx, other.id, "cli", app.clock.now())
        .await
        .unwrap();
    for number in 0..9 {
        let fields = StaffFields {
            employee_id: format!("e{number}"),
            given_name: "Priya".to_owned(),
            email: Some("priya@example.org".to_owned()),
            ..StaffFields::default()
        };
        staff::create(&change, fields).await.unwrap();
    }
    tx.commit().await.unwrap();
    let priya = app.person("Priya", "Nair", None, None).await.id;
    links_to(&app, "priya@example.org").await;
    let links = sign_in_link::Entity::find().all(app.db.read()).await.unwrap();
    let own = app.signing_in(priya).await.id;
    assert_eq!(links.iter().filter(|link| link.account_id == own).count(), 1);
    let of_other = links.iter().filter(|link| link.organisation_id == other.id);
    assert_eq!(of_other.count(), 5);
    app.end().await;
}

#[tokio::test]
async fn strangers_who_ask_for_links_leave_the_connection_that_writes_alone() {
    let app = TestApp::start().await;
    let ask = async |address: &str| {
        app.send_form("/sign-in", &[("email", address)]).await.expect(200);
    };
    // The line that says so is written once a minute.
    ask("nobody@example.org").await;
    app.after_answers().await;
    let writing = app.db.write().await.unwrap();
    ask("stranger@example.org").await;
    let done = tokio::time::timeout(std::time::Duration::from_secs(10), app.after_answers());
    done.await.expect("it waits for the connection that writes");
    drop(writing);
    app.end().await;
}
