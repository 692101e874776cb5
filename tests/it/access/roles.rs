//! Roles can be taken away: with them end sessions and whatever is open.
use entity::{account, audit, grant::Role, sign_in_link::Kind};
use plaudit::{
    access::{
        Scope, key, session,
        sign_in::{self, NewLink},
    },
    app::App,
    platform::{clock::Clock, config::Config},
};
use poem::http::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::support::{TestApp, noon, process};

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
        app.mails().iter().all(|mail| !mail.raw.contains("/sign-in/")),
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
    app.work().await;
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

/// A key that somebody made, and one that was made with it.
async fn makes_keys(app: &App, account: &entity::account::Model) -> Vec<entity::key::Model> {
    let (own, now) = (account.organisation_id, app.clock.now());
    let tx = app.db.write().await.unwrap();
    let by_hand = session::actor(account.id);
    let (first, _) = key::create(&tx, own, "Till", &[Scope::Admin], &by_hand, now)
        .await
        .unwrap();
    let by_key = format!("key:{}", first.id);
    let (second, _) = key::create(&tx, own, "Kiosk", &[Scope::Admin], &by_key, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    vec![first, second]
}

#[tokio::test]
async fn uninvite_names_the_keys_that_go_on_working_and_revokes_them_when_asked() {
    let shop = process::Installation::create(
        "employee_id,given_name,family_name,site\ne1,Priya,Nair,Leeds\n",
        &[],
    )
    .await;
    shop.run(&["invite", "boss@example.org", "--role", "administrator"]);
    let mut config = Config::from_toml("").unwrap();
    config.database.url = shop.database.url().into();
    let app = App::connect(config, Clock::fixed(noon())).await.unwrap();
    let mut made = Vec::new();
    for address in ["second@example.org", "third@example.org"] {
        shop.run(&["invite", address, "--role", "administrator"]);
        let theirs = account::Entity::find().filter(account::Column::Email.eq(address));
        let theirs = theirs.one(app.db.read()).await.unwrap().unwrap();
        made.push(makes_keys(&app, &theirs).await);
    }
    let said = shop.run(&["uninvite", "second@example.org"]);
    for key in &made[0] {
        let hint = format!("To revoke it: plaudit key revoke {}", key.prefix);
        assert!(said.contains(&hint), "{said}");
    }
    shop.run(&["key", "revoke", &made[0][1].prefix]);
    let said = shop.run(&["uninvite", "third@example.org", "--keys"]);
    assert_eq!(said.matches("Revoked the key plaudit_").count(), 2, "{said}");
    let keys = key::list(app.db.read(), made[0][0].organisation_id)
        .await
        .unwrap();
    let open = keys
        .iter()
        .filter(|key| key.revoked_at.is_none() && key.created_by != "cli");
    let open: Vec<_> = open.map(|key| key.id).collect();
    assert_eq!(open, [made[0][0].id]);
    app.service.db.close().await;
    shop.database.remove().await;
}

#[tokio::test]
async fn the_page_of_roles_names_keys_before_and_after_a_role_ends_and_revokes_them() {
    let app = TestApp::start().await;
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let second = app
        .account_with("second@example.org", Role::Administrator, None)
        .await;
    let third = app
        .account_with("third@example.org", Role::Administrator, None)
        .await;
    let of_second = makes_keys(&app.app(), &second).await;
    let of_third = makes_keys(&app.app(), &third).await;
    let ruth = app.sign_in(&ruth).await;
    let page = async || app.page_as(&ruth, "/roles").await.expect(200).text;
    let shown = page().await;
    assert!(
        shown.contains(&format!("plaudit_{}… (Till)", of_second[0].prefix)),
        "{shown}"
    );
    assert!(!shown.contains("Keys to review"), "{shown}");
    let roles = app.get("/v1/roles").await.expect(200).json();
    let revoke = |at: usize| format!("/roles/{}/revoke", roles["items"][at]["id"].as_str().unwrap());
    app.form_as(&ruth, &revoke(1), &[]).await.expect(303);
    let shown = page().await;
    let (_, left) = shown.split_once("Keys to review").expect("what is left");
    for key in &of_second {
        assert!(left.contains(&format!("/keys/{}/revoke", key.id)), "{left}");
    }
    for key in &of_third {
        assert!(!left.contains(&key.prefix), "{left}");
    }
    app.form_as(&ruth, &revoke(2), &[("keys", "yes")])
        .await
        .expect(303);
    let keys = key::list(app.db.read(), app.organisation.id).await.unwrap();
    for key in keys {
        let is_third_s = of_third.iter().any(|theirs| theirs.id == key.id);
        assert_eq!(key.revoked_at.is_some(), is_third_s, "{}", key.name);
    }
    for key in &of_second {
        app.form_as(&ruth, &format!("/keys/{}/revoke", key.id), &[])
            .await
            .expect(303);
    }
    assert!(!page().await.contains("Keys to review"));
    app.work().await;
    app.end().await;
}
