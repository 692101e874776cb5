//! Nobody can raise themselves by any way in: every way to become an administrator, tried by those who are none.
use entity::grant::Role;
use plaudit::access::Scope;
use poem::http::Method;
use serde_json::json;

use crate::support::{Answer, TestApp};

#[tokio::test]
async fn nobody_raises_themselves_by_any_way_in() {
    let app = TestApp::start_with("[limits]\nsign_ins_per_minute = 1000").await;
    let york = app.site("York", None).await.id;
    let boss = app.person("Zed", "Admin", Some(york), None).await.id;
    let lead = app.person("Pia", "Lund", Some(york), None).await.id;
    let manager = app.person("Gwen", "Boss", Some(york), Some(lead)).await.id;
    let staff = app.person("Tom", "Reed", Some(york), Some(manager)).await.id;
    app.let_lead(york, lead).await;
    let zed = app.signing_in(boss).await;
    let tx = app.db.write().await.unwrap();
    plaudit::access::role::grant(&tx, &zed, Role::Administrator, None, "cli", app.clock.now())
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
        assert_eq!(form("/roster/apply").await, 403);
        for (method, path, body) in [
            (
                Method::POST,
                "/v1/keys".to_owned(),
                json!({ "name": "x", "scopes": ["admin"] }),
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
    assert_eq!(
        as_key(
            Method::DELETE,
            "/v1/roles/00000000-0000-0000-0000-000000000000",
            json!({})
        )
        .await,
        403
    );
    // By the address of somebody who has no role yet, and is invited under it.
    let patch = json!({ "email": "chief@example.org" });
    assert_eq!(
        as_key(Method::PATCH, &format!("/v1/staff/{staff}"), patch).await,
        200
    );
    app.page_as(callers.last().unwrap(), "/me").await.expect(303);
    app.send_form("/sign-in", &[("email", "attacker@evil.example")])
        .await
        .expect(200);
    app.after_answers().await;
    app.work().await;
    let to_attacker = app.mails().into_iter().filter(|mail| mail.to.contains("evil"));
    assert_eq!(to_attacker.count(), 0);
    app.end().await;
}
