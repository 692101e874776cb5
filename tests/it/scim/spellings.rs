//! What Entra and Okta really send.
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Company, ENTERPRISE, USER, priya};

impl Company {
    async fn priya(&self) -> Uuid {
        self.post(priya()).await.expect(201).at("/id").parse().unwrap()
    }
}

#[tokio::test]
async fn entra_makes_changes_and_ends_somebody() {
    let company = Company::open().await;
    let manager = company.bring("ruth").await;
    // A new user of the gallery-less app: a manager as text, booleans as texts.
    let new = json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "58342554",
        "userName": "omar@example.org",
        "active": "True",
        "displayName": "Omar Haddad",
        "emails": [{ "primary": true, "type": "work", "value": "omar@example.org" }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Omar Haddad", "familyName": "Haddad", "givenName": "Omar" },
        "roles": [],
        "title": null,
        ENTERPRISE: { "department": "Leeds", "manager": manager.to_string() },
    });
    let made = company.post(new).await.expect(201);
    assert_eq!(made.json()["active"], true);
    let id: Uuid = made.at("/id").parse().unwrap();
    assert_eq!(company.work_of(id).await.manager_id, Some(manager));
    assert_eq!(company.person(id).await.employee_id, "omar@example.org");

    let changes = json!([
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "o.haddad@example.org" },
        { "op": "Replace", "path": "name.familyName", "value": "Haddad-Roy" },
        { "op": "Add", "path": "title", "value": "Porter" },
        { "op": "Add", "path": format!("{ENTERPRISE}:employeeNumber"), "value": 1007 },
        { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+44 1" },
        { "op": "Remove", "path": format!("{ENTERPRISE}:manager") },
    ]);
    company.patch(id, changes).await.expect(200);
    let person = company.person(id).await;
    assert_eq!(person.email.as_deref(), Some("o.haddad@example.org"));
    assert_eq!(person.family_name, "Haddad-Roy");
    assert_eq!(person.employee_id, "1007");
    assert_eq!(person.phone, None);
    let work = company.work_of(id).await;
    assert_eq!(
        (work.job_title.as_deref(), work.manager_id),
        (Some("Porter"), None)
    );

    let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
    let ended = company.patch(id, off).await.expect(200);
    assert_eq!(ended.json()["active"], false);
    assert_eq!(company.person(id).await.ends_on, Some(company.today()));
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn entras_values_without_a_path_and_managers_in_a_list_are_understood() {
    let company = Company::open().await;
    let manager = company.bring("ruth").await;
    let id = company.priya().await;
    let changes = json!([
        { "op": "Add", "value": {
            "name.familyName": "Roy",
            "displayName": "Priya Roy",
            format!("{ENTERPRISE}:department"): "Leeds",
        } },
        { "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": [{ "$ref": null, "value": manager }] },
    ]);
    company.patch(id, changes).await.expect(200);
    assert_eq!(company.person(id).await.family_name, "Roy");
    assert_eq!(company.work_of(id).await.manager_id, Some(manager));
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn an_address_is_made_where_entra_replaces_one_that_is_not_there() {
    let company = Company::open().await;
    let new = json!({ "userName": "ann", "displayName": "Ann Lee" });
    let made = company.post(new).await.expect(201);
    let id: Uuid = made.at("/id").parse().unwrap();
    assert_eq!(company.person(id).await.email, None);
    let path = "emails[type eq \"work\"].value";
    let changes = json!([{ "op": "Replace", "path": path, "value": "ann@example.org" }]);
    let saved = company.patch(id, changes).await.expect(200);
    assert_eq!(saved.at("/emails/0/type"), "work");
    let person = company.person(id).await;
    assert_eq!(person.email.as_deref(), Some("ann@example.org"));
    assert_eq!(
        (person.given_name.as_str(), person.family_name.as_str()),
        ("Ann", "Lee")
    );
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn okta_ends_by_a_patch_without_a_path_and_lets_back_in_by_a_whole_user() {
    let company = Company::open().await;
    let id = company.priya().await;
    let off = json!([{ "op": "replace", "value": { "active": false } }]);
    company.patch(id, off).await.expect(200);
    assert_eq!(company.person(id).await.ends_on, Some(company.today()));
    // A whole user that does not say so lets nobody in again.
    let mut silent = priya();
    silent.as_object_mut().unwrap().remove("active");
    silent["groups"] = json!([]);
    silent["locale"] = json!("en-GB");
    silent["id"] = json!(id);
    let saved = company.put(id, silent).await.expect(200);
    assert_eq!(saved.json()["active"], false);
    assert_eq!(saved.json()["locale"], Value::Null);
    assert!(company.person(id).await.ends_on.is_some());
    company.put(id, priya()).await.expect(200);
    assert_eq!(company.person(id).await.ends_on, None);
    assert_eq!(company.work_of(id).await.ends_on, None);
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn a_patch_is_followed_whole_or_not_at_all() {
    let company = Company::open().await;
    let id = company.priya().await;
    for (last, kind) in [
        (json!({ "op": "remove" }), "noTarget"),
        (
            json!({ "op": "replace", "path": "id", "value": "x" }),
            "mutability",
        ),
        (json!({ "op": "move", "path": "title" }), "invalidSyntax"),
        (
            json!({ "op": "replace", "path": "emails[", "value": "x" }),
            "invalidPath",
        ),
    ] {
        let changes = json!([{ "op": "replace", "path": "title", "value": "Boss" }, last]);
        let refused = company.patch(id, changes).await.expect(400);
        assert_eq!(refused.at("/scimType"), kind, "{}", refused.text);
        assert_eq!(company.work_of(id).await.job_title.as_deref(), Some("Barista"));
    }
    company.app.work().await;
    company.app.end().await;
}
