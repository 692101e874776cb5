//! Nobody can raise themselves by any way in: every way to become an administrator, tried by those who are none.
use entity::grant::Role;
use plaudit::access::{Scope, role};
use poem::http::Method;
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use crate::{
    reading::SEALING,
    support::{Answer, TestApp},
};

#[tokio::test]
async fn nobody_raises_themselves_by_any_way_in() {
    let app = TestApp::start_with(&format!("{SEALING}[limits]\nsign_ins_per_minute = 1000")).await;
    let york = app.site("York", None).await.id;
    let boss = app.person("Zed", "Admin", Some(york), None).await.id;
    let lead = app.person("Pia", "Lund", Some(york), None).await.id;
    let manager = app.person("Gwen", "Boss", Some(york), Some(lead)).await.id;
    let staff = app.person("Tom", "Reed", Some(york), Some(manager)).await.id;
    app.let_lead(york, lead).await;
    let zed = app.signing_in(boss).await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &zed, Role::Administrator, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let auditor = app.account_with("ann@example.org", Role::Auditor, None).await;
    let mut callers = vec![app.sign_in(&auditor).await];
    for one in [lead, manager, staff] {
        callers.push(app.sign_in_staff(one).await);
    }
    // By a code, by a key, by a role of one's own, by the roster: as somebody who is signed in.
    for cookie in &callers {
        let form = async |path: &str| app.form_as(cookie, path, &[]).await.status.as_u16();
        assert!(form(&format!("/team/join/{boss}")).await >= 400);
        assert_eq!(form("/keys").await, 403);
        for (path, whom) in [
            ("/roles".to_owned(), "tom@example.org"),
            (format!("/people/{staff}/roles"), ""),
            (format!("/people/{boss}/roles"), ""),
        ] {
            let role = [("who", whom), ("role", "administrator")];
            app.form_as(cookie, &path, &role).await.expect(403);
        }
        assert_eq!(form("/roster/apply").await, 403);
        for (method, path, body) in [
            (
                Method::POST,
                "/v1/keys".to_owned(),
                json!({ "name": "x", "scopes": ["admin"] }),
            ),
            (
                Method::POST,
                "/v1/roles".to_owned(),
                json!({ "staff_id": staff, "role": "site_lead" }),
            ),
            (
                Method::PATCH,
                format!("/v1/staff/{boss}"),
                json!({ "email": "tom@example.org" }),
            ),
            (
                Method::PATCH,
                format!("/v1/sites/{york}"),
                json!({ "lead_id": staff }),
            ),
        ] {
            let request = app.web().request(method, &path).header("cookie", cookie);
            let request = request.header("sec-fetch-site", "same-origin").body_json(&body);
            Answer::read(request.send().await).await.expect(403);
        }
    }
    // By half a session of an administrator: whoever reads their mail lacks the code.
    let ruth = app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    app.sets_factor_up(&app.sign_in(&ruth).await).await;
    let half = app.half_session(&ruth).await;
    let role = [("who", "tom@example.org"), ("role", "administrator")];
    for path in [
        "/roles",
        "/keys",
        "/roster/apply",
        "/me/second-factor",
        "/me/confirm",
    ] {
        let led = app.form_as(&half, path, &role).await.expect(303);
        assert_eq!(led.header("location"), "/sign-in-code", "{path}");
    }
    let wanted = json!({ "staff_id": staff, "role": "administrator" });
    app.send_as(&half, Method::POST, "/v1/roles", &wanted)
        .await
        .expect(401);
    let link = format!("/sign-on/{}", Uuid::nil());
    assert!(app.form_as(&half, &link, &[]).await.status.as_u16() >= 400);
    // By a key that has every scope but the one for keys: addresses, by operation and by file.
    let scopes: Vec<Scope> = Scope::ALL
        .iter()
        .copied()
        .filter(|scope| *scope != Scope::Admin)
        .collect();
    let key = app.key_for(&scopes).await;
    let as_key = async |method: Method, path: &str, body| {
        app.call(method, path, Some(&key), Some(body))
            .await
            .status
            .as_u16()
    };
    let patch = json!({ "email": "attacker@evil.example" });
    assert_eq!(
        as_key(Method::PATCH, &format!("/v1/staff/{boss}"), patch).await,
        200
    );
    assert_eq!(
        as_key(
            Method::POST,
            "/v1/keys",
            json!({ "name": "x", "scopes": ["admin"] })
        )
        .await,
        403
    );
    let role = json!({ "staff_id": staff, "role": "administrator" });
    assert_eq!(as_key(Method::POST, "/v1/roles", role.clone()).await, 403);
    // An administrator may more than a key that has the scope for keys and roles only.
    let admin = app.key_for(&[Scope::Admin]).await;
    let by_admin = app
        .call(Method::POST, "/v1/roles", Some(&admin), Some(role))
        .await;
    by_admin.expect(403);
    assert_eq!(
        as_key(
            Method::DELETE,
            "/v1/roles/00000000-0000-0000-0000-000000000000",
            json!({})
        )
        .await,
        403
    );
    // By the company's directory: roles are nothing to it, and the address of whoever holds one stays.
    let held = role::list(app.db.read(), app.organisation.id, app.clock.now());
    let before = held.await.unwrap().len();
    for number in ["zed", "eve"] {
        let user = json!({
            "userName": number,
            "emails": [{ "value": "mallory@evil.example", "type": "work" }],
            "roles": [{ "value": "administrator" }],
            "entitlements": [{ "value": "administrator" }],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "employeeNumber": number },
        });
        assert_eq!(as_key(Method::POST, "/scim/v2/Users", user).await, 201);
    }
    let held = role::list(app.db.read(), app.organisation.id, app.clock.now());
    assert_eq!(held.await.unwrap().len(), before);
    assert_eq!(links_to(&app, "mallory@evil.example", boss).await, 0);
    // By a last day that is taken back: whoever comes back holds nothing.
    let of_boss = app.sign_in(&zed).await;
    for ends_on in [json!("2026-11-01"), json!(null)] {
        let patch = json!({ "ends_on": ends_on });
        let path = format!("/v1/staff/{boss}");
        assert_eq!(as_key(Method::PATCH, &path, patch).await, 200);
    }
    app.page_as(&of_boss, "/keys").await.expect(303);
    app.page_as(&app.sign_in(&zed).await, "/keys").await.expect(403);
    // By the address that the roster got while the role was held: whoever owned the old one is told.
    let told = told_of_changes(&app).await;
    assert_eq!(told, ["zed@example.org"]);
    // By the address of somebody who has no role yet, and is invited under it: the role is theirs who read its mail.
    let patch = json!({ "email": "chief@example.org" });
    let path = format!("/v1/staff/{staff}");
    assert_eq!(as_key(Method::PATCH, &path, patch).await, 200);
    app.page_as(callers.last().unwrap(), "/me").await.expect(303);
    let tom = app.signing_in(staff).await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &tom, Role::Administrator, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let patch = json!({ "email": "attacker@evil.example" });
    assert_eq!(as_key(Method::PATCH, &path, patch).await, 200);
    assert_eq!(links_to(&app, "attacker@evil.example", staff).await, 0);
    assert_eq!(links_to(&app, "chief@example.org", staff).await, 1);
    app.end().await;
}

/// To whom it was mailed that their address was changed.
async fn told_of_changes(app: &TestApp) -> Vec<String> {
    app.work().await;
    let told = app
        .mails()
        .into_iter()
        .filter(|mail| mail.raw.contains("was changed"));
    let mut told: Vec<String> = told
        .map(|mail| mail.to)
        .filter(|to| to.starts_with("zed"))
        .collect();
    told.sort();
    told
}

/// How many links for somebody are open once an address was typed.
async fn links_to(app: &TestApp, typed: &str, whose: Uuid) -> usize {
    app.send_form("/sign-in", &[("email", typed)]).await.expect(200);
    app.after_answers().await;
    app.work().await;
    let account = app.signing_in(whose).await.id;
    let links = entity::sign_in_link::Entity::find()
        .all(app.db.read())
        .await
        .unwrap();
    links.iter().filter(|link| link.account_id == account).count()
}

#[tokio::test]
async fn nobody_rises_with_somebody_for_whom_they_made_a_code() {
    let app = TestApp::start().await;
    let york = app.site("York", None).await.id;
    let (pia, olu) = (
        app.person("Pia", "Lund", Some(york), None).await.id,
        app.person("Olu", "Adeyemi", Some(york), None).await.id,
    );
    let gwen = app.person("Gwen", "Boss", Some(york), None).await.id;
    app.let_lead(york, pia).await;
    app.has_no_mail(olu).await;
    let lead = app.sign_in_staff(pia).await;
    let as_olu = app.join(&app.code_by(&lead, olu).await).await;
    app.page_as(&as_olu, "/desk").await.expect(403);
    // Olu becomes the manager of Gwen, who reported to nobody.
    let body = json!({ "staff_id": gwen, "manager_id": olu });
    app.post("/v1/assignments", body).await.expect(201);
    app.page_as(&as_olu, "/desk").await.expect(303);
    app.form_as(&lead, &format!("/team/join/{olu}"), &[])
        .await
        .expect(403);
    app.end().await;
}
