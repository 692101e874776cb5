//! People come, change and go as the company's directory says, by SCIM 2.0.
mod gates;
mod leaving;
mod managers;
mod page;
mod spellings;
mod tester;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use entity::{assignment, scim_user, staff_member};
use plaudit::access::Scope;
use poem::http::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, TestApp, form::encoded};

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A company with a directory that has a key for SCIM and for nothing else.
pub struct Company {
    pub app: TestApp,
    key: String,
}

impl Company {
    pub async fn open() -> Company {
        Company::open_with("").await
    }

    pub async fn open_with(settings: &str) -> Company {
        let app = TestApp::start_with(settings).await;
        let key = app.key_for(&[Scope::Scim]).await;
        app.site("Leeds", None).await;
        Company { app, key }
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.call_by(&self.key, method, path, body).await
    }

    pub async fn call_by(&self, key: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
        let path = format!("/scim/v2{path}");
        let mut request = self.app.web().request(method, path);
        request = request.header("authorization", format!("Bearer {key}"));
        if let Some(body) = body {
            request = request
                .content_type("application/scim+json")
                .body(body.to_string());
        }
        Answer::read(request.send().await).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, user: Value) -> Answer {
        self.call(Method::POST, "/Users", Some(user)).await
    }

    pub async fn put(&self, id: Uuid, user: Value) -> Answer {
        self.call(Method::PUT, &format!("/Users/{id}"), Some(user)).await
    }

    pub async fn patch(&self, id: Uuid, operations: Value) -> Answer {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.call(Method::PATCH, &format!("/Users/{id}"), Some(body))
            .await
    }

    pub async fn delete(&self, id: Uuid) -> Answer {
        self.call(Method::DELETE, &format!("/Users/{id}"), None).await
    }

    /// Says that somebody works here, or does not.
    pub async fn active(&self, id: Uuid, active: bool) -> Answer {
        let operation = json!([{ "op": "replace", "path": "active", "value": active }]);
        self.patch(id, operation).await
    }

    /// Brings somebody in by name alone.
    pub async fn bring(&self, name: &str) -> Uuid {
        let user = json!({
            "schemas": [USER],
            "userName": format!("{name}@example.org"),
            "name": { "givenName": name, "familyName": "Smith" },
            "emails": [{ "value": format!("{name}@example.org"), "type": "work", "primary": true }],
            "active": true,
        });
        self.post(user).await.expect(201).at("/id").parse().unwrap()
    }

    pub async fn person(&self, id: Uuid) -> staff_member::Model {
        let found = staff_member::Entity::find_by_id(id);
        found.one(self.app.db.read()).await.unwrap().unwrap()
    }

    pub async fn user(&self, id: Uuid) -> scim_user::Model {
        let found = scim_user::Entity::find_by_id(id);
        found.one(self.app.db.read()).await.unwrap().unwrap()
    }

    /// Where somebody works, the row that began last.
    pub async fn work_of(&self, id: Uuid) -> assignment::Model {
        let all = assignment::Entity::find().filter(assignment::Column::StaffId.eq(id));
        let all = all.all(self.app.db.read()).await.unwrap();
        all.into_iter().max_by_key(|row| row.id).unwrap()
    }

    pub async fn people(&self) -> usize {
        let all = staff_member::Entity::find().all(self.app.db.read());
        all.await.unwrap().len()
    }

    pub fn today(&self) -> NaiveDate {
        self.app.clock.now().date_naive()
    }
}

/// Priya as a directory writes her whole.
pub fn priya() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "00u1",
        "userName": "Priya.Nair@example.org",
        "name": { "givenName": "Priya", "familyName": "Nair" },
        "nickName": "Pri",
        "title": "Barista",
        "emails": [
            { "value": "priya@home.example", "type": "home" },
            { "value": "priya.nair@example.org", "type": "work", "primary": true },
        ],
        "active": true,
        ENTERPRISE: { "employeeNumber": "1002", "department": "Leeds" },
    })
}

#[tokio::test]
async fn who_is_brought_in_stands_on_the_roster_and_reads_the_same_back() {
    let company = Company::open().await;
    let made = company.post(priya()).await.expect(201);
    assert_eq!(made.header("content-type"), "application/scim+json");
    let id: Uuid = made.at("/id").parse().unwrap();
    assert_eq!(made.header("location"), made.at("/meta/location"));
    let person = company.person(id).await;
    assert_eq!(person.employee_id, "1002");
    assert_eq!(
        (person.given_name.as_str(), person.family_name.as_str()),
        ("Priya", "Nair")
    );
    assert_eq!(person.preferred_name.as_deref(), Some("Pri"));
    assert_eq!(person.email.as_deref(), Some("priya.nair@example.org"));
    let work = company.work_of(id).await;
    assert_eq!(work.job_title.as_deref(), Some("Barista"));
    assert!(work.site_id.is_some());
    let mut read = company.get(&format!("/Users/{id}")).await.expect(200).json();
    let fields = read.as_object_mut().unwrap();
    assert_eq!(fields.remove("id").unwrap(), json!(id));
    assert_eq!(fields.remove("meta").unwrap()["resourceType"], "User");
    assert_eq!(read, priya());
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn who_is_on_the_roster_already_is_met_and_keeps_id_and_days() {
    let company = Company::open().await;
    let known = company.app.person("Tom", "Reed", None, None).await;
    let begins = NaiveDate::from_ymd_opt(2024, 3, 1).unwrap();
    let path = format!("/v1/staff/{}", known.id);
    let patch = json!({ "starts_on": begins });
    company
        .app
        .call(Method::PATCH, &path, Some(&company.app.key), Some(patch))
        .await
        .expect(200);
    // By the address, since the directory says no number.
    assert_eq!(company.bring("tom").await, known.id);
    let met = company.person(known.id).await;
    assert_eq!((met.employee_id.as_str(), met.starts_on), ("tom", Some(begins)));
    assert_eq!(met.family_name, "Smith");
    assert_eq!(company.people().await, 1);
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn a_whole_user_takes_the_place_of_the_one_before() {
    let company = Company::open().await;
    let id: Uuid = company.post(priya()).await.expect(201).at("/id").parse().unwrap();
    let less = json!({ "userName": "priya.nair@example.org", "displayName": "Priya Roy", "active": true });
    let saved = company.put(id, less).await.expect(200);
    assert_eq!(saved.json()["emails"], Value::Null);
    let person = company.person(id).await;
    assert_eq!(person.family_name, "Roy");
    assert_eq!((person.preferred_name, person.email), (None, None));
    assert_eq!(person.employee_id, "1002", "the number stays");
    let work = company.work_of(id).await;
    assert_eq!((work.job_title, work.site_id), (None, None));
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn two_with_one_name_or_number_are_refused() {
    let company = Company::open().await;
    company.post(priya()).await.expect(201);
    let mut other = priya();
    other["userName"] = json!("PRIYA.NAIR@example.org");
    let refused = company.post(other.clone()).await.expect(409);
    assert_eq!(refused.at("/scimType"), "uniqueness");
    assert_eq!(refused.at("/status"), "409");
    other["userName"] = json!("another@example.org");
    company.post(other.clone()).await.expect(409);
    assert_eq!(company.people().await, 1);
    other[ENTERPRISE]["employeeNumber"] = json!("1003");
    let id: Uuid = company.post(other).await.expect(201).at("/id").parse().unwrap();
    let number = format!("{ENTERPRISE}:employeeNumber");
    let renumber = json!([{ "op": "replace", "path": number, "value": "1002" }]);
    company.patch(id, renumber).await.expect(409);
    assert_eq!(company.person(id).await.employee_id, "1003");
    company.app.work().await;
    company.app.end().await;
}

#[tokio::test]
async fn people_are_found_by_what_directories_ask_for() {
    let company = Company::open().await;
    let id: Uuid = company.post(priya()).await.expect(201).at("/id").parse().unwrap();
    company.bring("tom").await;
    for filter in [
        "userName eq \"priya.nair@EXAMPLE.org\"",
        "externalId eq \"00u1\"",
        "emails[type eq \"work\"].value eq \"priya.nair@example.org\"",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq \"1002\"",
        "active eq true and not (userName eq \"tom@example.org\")",
    ] {
        let found = find(&company, filter).await.expect(200);
        assert_eq!(found.at("/totalResults"), "1", "{filter}: {}", found.text);
        assert_eq!(found.at("/Resources/0/id"), id.to_string(), "{filter}");
    }
    let nobody = find(&company, "userName eq \"nobody@example.org\"")
        .await
        .expect(200);
    assert_eq!(nobody.at("/totalResults"), "0");
    let refused = find(&company, "userName co \"priya\"").await.expect(400);
    assert_eq!(refused.at("/scimType"), "invalidFilter");
    let page = company
        .get("/Users?startIndex=2&count=1")
        .await
        .expect(200)
        .json();
    assert_eq!(page["totalResults"], 2);
    assert_eq!(page["Resources"].as_array().unwrap().len(), 1);
    let names = company.get("/Users?attributes=userName").await.expect(200).json();
    let first = names["Resources"][0].as_object().unwrap();
    let shown: BTreeSet<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(shown, BTreeSet::from(["id", "schemas", "userName"]), "{names}");
    company.app.work().await;
    company.app.end().await;
}

async fn find(company: &Company, filter: &str) -> Answer {
    company
        .get(&format!("/Users?{}", encoded(&[("filter", filter)])))
        .await
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_in_the_protocols_words_and_changes_nothing() {
    let company = Company::open().await;
    for (body, kind) in [
        (json!({ "name": { "givenName": "Nobody" } }), "invalidValue"),
        (json!({ "userName": "x", "active": "maybe" }), "invalidValue"),
        (json!({ "userName": "x\u{0}y" }), "invalidValue"),
        (json!(["x"]), "invalidSyntax"),
    ] {
        let refused = company.post(body).await.expect(400);
        assert_eq!(refused.at("/scimType"), kind, "{}", refused.text);
        assert_eq!(
            refused.at("/schemas/0"),
            "urn:ietf:params:scim:api:messages:2.0:Error"
        );
    }
    let id = Uuid::nil();
    assert_eq!(
        company
            .get(&format!("/Users/{id}"))
            .await
            .expect(404)
            .at("/status"),
        "404"
    );
    company.get("/Users/nobody").await.expect(404);
    company.get("/Groups").await.expect(404);
    assert_eq!(company.people().await, 0);
    company.app.end().await;
}
