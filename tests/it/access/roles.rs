//! Roles can be taken away: with them end sessions and whatever is open.
use entity::{audit, grant::Role, sign_in_link::Kind};
use plaudit::access::sign_in::{self, NewLink};
use poem::http::Method;
use sea_orm::EntityTrait;

use crate::support::{TestApp, process};

async fn invited(app: &TestApp, account: &entity::account::Model) -> String {
    let new = NewLink {
        kind: Kind::Invite,
        language: None,
        path: None,
        actor: "cli",
        now: app.clock.now(),
    };
    let tx = app.db.write().await.unwrap();
    let link = sign_in::make(&tx, &app.secrets, account, &new).await.unwrap();
    tx.commit().await.unwrap();
    format!("/sign-in/{}", sign_in::token(&app.secrets, link.id))
}

#[tokio::test]
async fn a_role_that_is_taken_away_ends_sessions_and_invitations() {
    let app = TestApp::start().await;
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let outside = app
        .account_with("outside@evil.example", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&outside).await;
    let invitation = invited(&app, &outside).await;
    app.page(&invitation).await.expect(200);
    let listed = app.get("/v1/roles").await.expect(200);
    let theirs = listed.json()["items"].as_array().unwrap().clone();
    let theirs = theirs
        .iter()
        .find(|role| role["email"] == "outside@evil.example")
        .unwrap()
        .clone();
    assert_eq!(theirs["role"], "administrator");
    assert!(theirs["invited_until"].is_string(), "{theirs}");
    let path = format!("/v1/roles/{}", theirs["id"].as_str().unwrap());
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(204);
    app.page_as(&cookie, "/keys").await.expect(303);
    app.page(&invitation).await.expect(410);
    app.send_form("/sign-in", &[("email", "outside@evil.example")])
        .await
        .expect(200);
    app.after_answers().await;
    app.work().await;
    assert!(
        app.mails().is_empty(),
        "somebody who is neither on the roster nor has a role signs in no more"
    );
    let log = audit::Entity::find().all(app.db.read()).await.unwrap();
    assert!(
        log.iter()
            .any(|entry| entry.action == "revoke_role" && entry.subject_id == Some(outside.id.to_string()))
    );
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(404);
    app.sign_in(&ruth).await;
    app.end().await;
}

#[tokio::test]
async fn the_last_administrator_cannot_be_removed() {
    let app = TestApp::start().await;
    app.account_with("ruth@example.org", Role::Administrator, None)
        .await;
    app.account_with("ann@example.org", Role::Auditor, None).await;
    let gone = app.person("Gone", "Admin", None, None).await.id;
    let account = app.signing_in(gone).await;
    let tx = app.db.write().await.unwrap();
    plaudit::access::role::grant(&tx, &account, Role::Administrator, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.leaves(gone, app.clock.now().date_naive() - chrono::TimeDelta::days(1))
        .await;
    let roles = app.get("/v1/roles").await.expect(200).json();
    let role = |email: &str| {
        let all = roles["items"].as_array().unwrap();
        let found = all.iter().find(|role| role["email"] == email).unwrap();
        format!("/v1/roles/{}", found["id"].as_str().unwrap())
    };
    let key = Some(app.key.as_str());
    let refused = app
        .call(Method::DELETE, &role("ruth@example.org"), key, None)
        .await;
    assert!(refused.expect(409).text.contains("invite another one first"));
    app.call(Method::DELETE, &role("gone@example.org"), key, None)
        .await
        .expect(204);
    app.call(Method::DELETE, &role("ann@example.org"), key, None)
        .await
        .expect(204);
    app.end().await;
}

#[tokio::test]
async fn uninvite_takes_away_what_invite_gave() {
    let shop = process::Installation::create(
        "employee_id,given_name,family_name,site\ne1,Priya,Nair,Leeds\n",
        &[],
    )
    .await;
    shop.run(&["invite", "boss@example.org", "--role", "administrator"]);
    shop.run(&["invite", "second@example.org", "--role", "administrator"]);
    shop.run(&[
        "invite",
        "second@example.org",
        "--role",
        "site-lead",
        "--site",
        "Leeds",
    ]);
    let said = shop.run(&["uninvite", "Second@example.org", "--role", "site-lead"]);
    assert_eq!(
        said.trim(),
        "second@example.org is no site lead of Leeds any more."
    );
    let said = shop.run(&["uninvite", "second@example.org"]);
    assert_eq!(said.trim(), "second@example.org is no administrator any more.");
    let refused = shop.fails(&["uninvite", "boss@example.org"]);
    assert!(refused.contains("invite another one first"), "{refused}");
    let unknown = shop.fails(&["uninvite", "nobody@example.org"]);
    assert!(unknown.contains("holds no such role"), "{unknown}");
    shop.database.remove().await;
}
