//! Who gets in by SCIM, and that nobody gets more by it than the roster gives.
use entity::{grant, grant::Role};
use plaudit::access::{Scope, key, role};
use poem::http::Method;
use sea_orm::EntityTrait;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Company, USER, priya};

const PATHS: [(&str, &str); 13] = [
    ("GET", "/Users"),
    ("POST", "/Users"),
    ("GET", "/Users/:id"),
    ("PUT", "/Users/:id"),
    ("PATCH", "/Users/:id"),
    ("DELETE", "/Users/:id"),
    ("POST", "/.search"),
    ("POST", "/Users/.search"),
    ("GET", "/ServiceProviderConfig"),
    ("GET", "/ResourceTypes"),
    ("GET", "/ResourceTypes/User"),
    ("GET", "/Schemas"),
    ("GET", "/Schemas/:id"),
];

fn paths(id: Uuid) -> impl Iterator<Item = (Method, String)> {
    PATHS.iter().map(move |(method, path)| {
        let id = if path.starts_with("/Users") {
            id.to_string()
        } else {
            USER.to_owned()
        };
        (method.parse().unwrap(), path.replace(":id", &id))
    })
}

#[tokio::test]
async fn only_a_key_for_scim_opens_scim_and_it_opens_nothing_else() {
    let company = Company::open_with("[limits]\nwrong_keys_per_minute = 10000").await;
    let id = company.bring("tom").await;
    let others: Vec<Scope> = Scope::ALL
        .iter()
        .copied()
        .filter(|scope| *scope != Scope::Scim)
        .collect();
    let others = company.app.key_for(&others).await;
    let admin = company
        .app
        .account_with("ann@example.org", Role::Administrator, None)
        .await;
    let cookie = company.app.sign_in(&admin).await;
    for (method, path) in paths(id) {
        let whole = format!("/scim/v2{path}");
        for key in ["", "plaudit_0123456789ab_wrong"] {
            let refused = company
                .call_by(key, method.clone(), &path, Some(priya()))
                .await
                .expect(401);
            assert_eq!(refused.at("/status"), "401", "{path}");
        }
        let refused = company
            .call_by(&others, method.clone(), &path, Some(priya()))
            .await
            .expect(403);
        assert!(refused.at("/detail").contains("scim"), "{}", refused.text);
        assert_eq!(refused.header("content-type"), "application/scim+json");
        company.app.ask_as(&cookie, method, &whole).await.expect(401);
    }
    for path in ["/v1/staff", "/v1/comments", "/v1/keys", "/v1/roles"] {
        let refused = company
            .app
            .call(Method::GET, path, Some(&company.key), None)
            .await;
        refused.expect(403);
    }
    assert_eq!(company.people().await, 1);
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn the_key_of_one_company_touches_nobody_of_another() {
    let company = Company::open().await;
    let id: Uuid = company.post(priya()).await.expect(201).at("/id").parse().unwrap();
    let before = (company.person(id).await, company.user(id).await);
    let (other, _) = company.app.other_organisation().await;
    let tx = company.app.db.write().await.unwrap();
    let now = company.app.clock.now();
    let (_, secret) = key::create(&tx, other.id, "directory", &[Scope::Scim], "cli", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let foreign = secret.expose_secret();
    let path = format!("/Users/{id}");
    let off = json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] });
    for (method, body) in [
        (Method::GET, None),
        (Method::PUT, Some(priya())),
        (Method::PATCH, Some(off)),
        (Method::DELETE, None),
    ] {
        company.call_by(foreign, method, &path, body).await.expect(404);
    }
    let listed = company
        .call_by(foreign, Method::GET, "/Users", None)
        .await
        .expect(200);
    assert_eq!(listed.at("/totalResults"), "0");
    // The same user there is another person, and a manager here is nobody's there.
    let mut theirs = priya();
    theirs["externalId"] = json!("x");
    theirs[super::ENTERPRISE]["manager"] = json!({ "value": id });
    let made = company
        .call_by(foreign, Method::POST, "/Users", Some(theirs))
        .await
        .expect(201);
    let made: Uuid = made.at("/id").parse().unwrap();
    assert_ne!(made, id);
    assert_eq!(company.work_of(made).await.manager_id, None);
    assert_eq!((company.person(id).await, company.user(id).await), before);
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn nobody_gets_a_role_by_scim() {
    let company = Company::open().await;
    let wanting = json!({
        "userName": "mallory@example.org",
        "displayName": "Mallory Moe",
        "active": true,
        "userType": "administrator",
        "roles": [{ "value": "administrator", "primary": true }],
        "entitlements": [{ "value": "admin" }],
        "groups": [{ "value": "administrators" }],
    });
    let made = company.post(wanting.clone()).await.expect(201);
    let id: Uuid = made.at("/id").parse().unwrap();
    assert_eq!(made.json()["roles"], Value::Null);
    company.put(id, wanting).await.expect(200);
    let roles = json!([
        { "op": "add", "path": "roles", "value": [{ "value": "administrator" }] },
        { "op": "replace", "value": { "roles[primary eq \"True\"].value": "administrator" } },
    ]);
    company.patch(id, roles).await.expect(200);
    let held = grant::Entity::find().all(company.app.db.read()).await.unwrap();
    assert!(held.is_empty(), "{held:?}");
    let cookie = company.app.sign_in_staff(id).await;
    company.app.page_as(&cookie, "/keys").await.expect(403);
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn the_address_of_whoever_holds_a_role_stays() {
    let company = Company::open().await;
    let id: Uuid = company.post(priya()).await.expect(201).at("/id").parse().unwrap();
    let account = company.app.signing_in(id).await;
    let tx = company.app.db.write().await.unwrap();
    let now = company.app.clock.now();
    role::grant(&tx, &account, Role::Auditor, None, "cli", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let cookie = company.app.sign_in(&account).await;
    let mine = Some("priya.nair@example.org".to_owned());
    let change =
        json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "m@evil.example" }]);
    company.patch(id, change).await.expect(200);
    assert_eq!(company.person(id).await.email, mine);
    let mut whole = priya();
    whole["emails"] = json!([]);
    company.put(id, whole).await.expect(200);
    assert_eq!(company.person(id).await.email, mine);
    let found = plaudit::access::account::of_person(company.app.db.read(), company.app.organisation.id, id);
    assert_eq!(found.await.unwrap().unwrap().email, mine);
    company.app.page_as(&cookie, "/me").await.expect(200);
    // Of everybody else it changes, and whoever was signed in by the old one is signed out.
    let tom = company.bring("tom").await;
    let cookie = company.app.sign_in_staff(tom).await;
    let change =
        json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "t@example.org" }]);
    company.patch(tom, change).await.expect(200);
    assert_eq!(company.person(tom).await.email.as_deref(), Some("t@example.org"));
    company.app.page_as(&cookie, "/me").await.expect(303);
    company.app.work().await;
    company.app.end().await;
}
