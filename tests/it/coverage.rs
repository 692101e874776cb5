//! Every operation of the API's document, whatever is added to it: who may call it, and what it refuses.
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::{assignment, backfill, grant::Role, import, job, key, source};
use plaudit::{
    access::{Action, Scope, account as accounts, role},
    sign_on::provider,
};
use poem::http::Method;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    deputies::deputy_of,
    names::name_at,
    reading::SEALING,
    rules::rule_in,
    sign_on::provider_at,
    support::{Answer, TestApp, document::Operation},
};

/// Where people could sign in, if anybody answered there.
pub const NEW_PROVIDER: &str = r#"{
    "name": "Shop ID", "issuer": "http://127.0.0.1:9", "client_id": "x", "client_secret": "y"
}"#;

/// An id of nothing, of the right kind for the path.
fn nothing(operation: &Operation) -> String {
    if operation.path.starts_with("/v1/jobs") {
        return "4000000".to_owned();
    }
    Uuid::nil().to_string()
}

async fn call(app: &TestApp, operation: &Operation, key: Option<&str>, id: &str) -> Answer {
    send(app, operation, key, id, body(operation)).await
}

/// A body that means something; the smallest allowed one, where that does.
fn body(operation: &Operation) -> Option<Value> {
    match operation.id.as_str() {
        "answer_alias_proposal" => Some(json!({ "answer": "not_ours" })),
        "decide_triage" => Some(json!({ "decision": "not_praise" })),
        _ => operation.body.as_ref().map(|(_, body)| body.clone()),
    }
}

async fn send(
    app: &TestApp,
    operation: &Operation,
    key: Option<&str>,
    id: &str,
    body: Option<Value>,
) -> Answer {
    let mut request = app.web().request(operation.method.clone(), operation.address(id));
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    if let (Some((media_type, _)), Some(body)) = (&operation.body, body) {
        request = request.content_type(media_type).body(match body {
            Value::String(text) => text,
            body => body.to_string(),
        });
    }
    Answer::read(request.send().await).await
}

#[test]
fn every_operation_is_an_action_and_every_action_an_operation() {
    let all = Operation::all();
    let operations: BTreeSet<(&str, &str)> = all
        .iter()
        .map(|operation| (operation.id.as_str(), operation.scope.as_str()))
        .collect();
    let actions: BTreeSet<(&str, &str)> = Action::ALL
        .iter()
        .map(|action| (action.operation, action.scope.map_or("", Scope::name)))
        .collect();
    assert_eq!(operations, actions);
    assert_eq!(operations.len(), all.len(), "an operation id is used twice");
}

#[tokio::test]
async fn without_a_key_nothing_is_answered() {
    let app = TestApp::start_with("[limits]\nwrong_keys_per_minute = 10000").await;
    for operation in Operation::all() {
        for key in [None, Some("plaudit_0123456789ab_wrong"), Some("")] {
            let answer = call(&app, &operation, key, &nothing(&operation)).await;
            assert_eq!(answer.status, 401, "{}: {}", operation.id, answer.text);
            assert_eq!(
                answer.header("content-type"),
                "application/problem+json",
                "{}",
                operation.id
            );
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{}", operation.id);
        }
    }
    app.end().await;
}

#[tokio::test]
async fn a_key_that_lacks_the_scope_is_told_which_one() {
    let app = TestApp::start().await;
    for operation in Operation::all() {
        let others: Vec<Scope> = Scope::ALL
            .iter()
            .copied()
            .filter(|scope| scope.name() != operation.scope)
            .collect();
        let key = app.key_for(&others).await;
        let answer = call(&app, &operation, Some(&key), &nothing(&operation)).await;
        assert_eq!(answer.status, 403, "{}: {}", operation.id, answer.text);
        assert_eq!(answer.at("/type"), "urn:plaudit:problem:forbidden");
        assert!(answer.at("/detail").contains(&operation.scope), "{}", answer.text);
    }
    app.end().await;
}

#[tokio::test]
async fn what_is_ours_is_unknown_to_another_organisation() {
    let app = TestApp::start_with(SEALING).await;
    let things = Things::make(&app).await;
    backfill_of(&app, things.id_for("/v1/sources/").parse().unwrap()).await;
    let (_, stranger) = app.other_organisation().await;
    for operation in Operation::all().iter().filter(|operation| operation.has_id()) {
        let id = things.id_for(&operation.path);
        let answer = call(&app, operation, Some(&stranger), &id).await;
        // What only people do a key does nowhere.
        let expected = if operation.scope.is_empty() { 403 } else { 404 };
        assert_eq!(answer.status, expected, "{}: {}", operation.id, answer.text);
        if operation.method == Method::GET {
            call(&app, operation, Some(&app.key), &id).await.expect(200);
        }
    }
    app.work().await;
    let mut app = app;
    app.end_with_jobs().await;
}

#[tokio::test]
async fn lists_of_another_organisation_show_nothing_of_ours() {
    let app = TestApp::start_with(SEALING).await;
    let things = Things::make(&app).await;
    let (_, stranger) = app.other_organisation().await;
    let lists = Operation::all();
    for operation in lists.iter().filter(|o| o.method == Method::GET && !o.has_id()) {
        let theirs = call(&app, operation, Some(&stranger), "").await;
        assert!(
            !theirs.status.is_server_error(),
            "{}: {}",
            operation.id,
            theirs.text
        );
        for (of, id) in &things.0 {
            let id = id.split(',').next_back().unwrap();
            let is_there = theirs.text.contains(&format!("\"{id}\""));
            assert!(
                !is_there,
                "{} shows another organisation's {of}: {}",
                operation.id, theirs.text
            );
        }
    }
    app.work().await;
    let mut app = app;
    app.end_with_jobs().await;
}

#[tokio::test]
async fn a_field_that_nobody_knows_is_refused_by_name() {
    let app = TestApp::start().await;
    for operation in Operation::all() {
        let Some(mut body) = operation.json_body() else {
            continue;
        };
        body.insert("surprise".to_owned(), json!(1));
        let id = nothing(&operation);
        let answer = send(&app, &operation, Some(&app.key), &id, Some(Value::Object(body))).await;
        assert_eq!(answer.status, 400, "{}: {}", operation.id, answer.text);
        assert!(
            answer.at("/detail").contains("surprise"),
            "{}: {}",
            operation.id,
            answer.text
        );
    }
    app.end().await;
}

#[tokio::test]
async fn what_should_be_a_string_and_is_none_is_refused_by_name() {
    let app = TestApp::start().await;
    let mut count = 0;
    for operation in Operation::all() {
        let Some(body) = operation.json_body() else {
            continue;
        };
        for (name, _) in body.iter().filter(|(_, value)| value.is_string()) {
            for wrong in [json!(false), json!(7)] {
                let mut body = body.clone();
                body.insert(name.clone(), wrong);
                let id = nothing(&operation);
                let answer = send(&app, &operation, Some(&app.key), &id, Some(Value::Object(body))).await;
                assert_eq!(answer.status, 400, "{}: {}", operation.id, answer.text);
                assert!(
                    answer.at("/detail").contains(name),
                    "{}: {}",
                    operation.id,
                    answer.text
                );
                count += 1;
            }
        }
    }
    assert!(count > 10, "{count}");
    let nested = json!({ "text": "Kind.", "author": { "name": true } });
    let answer = app.post("/v1/comments", nested).await.expect(400);
    assert!(answer.at("/detail").contains("author.name"), "{}", answer.text);
    app.end().await;
}

#[tokio::test]
async fn a_body_of_another_type_and_one_that_is_no_json_are_refused() {
    let app = TestApp::start().await;
    for operation in Operation::all()
        .iter()
        .filter(|operation| operation.json_body().is_some())
    {
        let request = |media_type: &str, body: &'static str| {
            app.web()
                .request(operation.method.clone(), operation.address(&nothing(operation)))
                .header("authorization", format!("Bearer {}", app.key))
                .content_type(media_type)
                .body(body)
        };
        let answer = Answer::read(request("text/html", "{}").send().await).await;
        assert_eq!(answer.status, 415, "{}: {}", operation.id, answer.text);
        for body in ["", "{", "[]", "\"\u{1}\"", "{\"a\":1"] {
            let answer = Answer::read(request("application/json", body).send().await).await;
            assert_eq!(answer.status, 400, "{} {body}: {}", operation.id, answer.text);
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
    }
    app.end().await;
}

#[tokio::test]
async fn a_path_says_which_methods_it_takes() {
    let app = TestApp::start().await;
    let mut expected: std::collections::BTreeMap<String, BTreeSet<String>> = Default::default();
    for operation in Operation::all() {
        let methods = expected
            .entry(operation.address(&nothing(&operation)))
            .or_default();
        methods.insert(operation.method.to_string());
        if operation.method == Method::GET {
            methods.insert("HEAD".to_owned());
        }
    }
    let pages = plaudit::web::pages::methods(plaudit::web::pages::PAGES);
    expected.extend(pages.into_iter().map(|(path, methods)| {
        let methods = methods.into_iter().map(str::to_owned);
        (path.replace(':', ""), methods.collect())
    }));
    for (path, methods) in expected {
        let path = path.split('?').next().unwrap();
        for method in ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"] {
            let is_taken = methods.contains(method);
            let request = app.web().request(method.parse().unwrap(), path);
            let answer = Answer::read(request.send().await).await;
            assert_eq!(
                answer.status != 405,
                is_taken,
                "{method} {path}: {}",
                answer.status
            );
            if !is_taken {
                let said: BTreeSet<String> = answer.header("allow").split(", ").map(str::to_owned).collect();
                assert_eq!(said, methods, "{path}");
            }
        }
    }
    app.end().await;
}

/// One of everything that has an id, by the beginning of its path.
struct Things(Vec<(&'static str, String)>);

impl Things {
    async fn make(app: &TestApp) -> Things {
        let site = app.site("Leeds", None).await;
        let person = app.person("Priya", "Nair", Some(site.id), None).await;
        let comment = app
            .post("/v1/comments", json!({ "text": "Priya was kind." }))
            .await
            .expect(201);
        let db = app.db.read();
        let assignment = assignment::Entity::find().one(db).await.unwrap().unwrap();
        let source = source::Entity::find().one(db).await.unwrap().unwrap();
        let key = key::Entity::find()
            .filter(key::Column::OrganisationId.eq(app.organisation.id))
            .one(db)
            .await
            .unwrap()
            .unwrap();
        let room = json!({ "kind": "webhook", "name": "Desk", "address": "https://127.0.0.1:9/1" });
        let room = app.post("/v1/channels", room).await.expect(201);
        let provider = provider_of(app, app.organisation.id).await;
        let deputy = deputy_of(app, app.organisation.id, (person.id, person.id)).await;
        Things(vec![
            ("/v1/sign-on/providers", provider),
            ("/v1/channels", room.at("/id")),
            ("/v1/sources/{id}/quarantine/{push}", push_of(app, &app.key).await),
            ("/v1/comments", comment.at("/id")),
            ("/v1/triage", comment.at("/id")),
            ("/v1/held", comment.at("/id")),
            (
                "/v1/alias-proposals",
                name_at(app, app.organisation.id, site.id).await.to_string(),
            ),
            ("/v1/sites", site.id.to_string()),
            ("/v1/staff", person.id.to_string()),
            ("/v1/assignments", assignment.id.to_string()),
            ("/v1/rules", rule_in(app, app.organisation.id).await),
            ("/v1/deputies", deputy.id.to_string()),
            ("/v1/sources", source.id.to_string()),
            ("/v1/keys", key.id.to_string()),
            ("/v1/roles", role_in(app, app.organisation.id).await.to_string()),
            (
                "/v1/imports",
                import_of(app, app.organisation.id).await.to_string(),
            ),
            (
                "/v1/jobs",
                dead_letter_of(app, app.organisation.id).await.to_string(),
            ),
        ])
    }

    /// The id of ours that belongs into a path. A new kind of thing must be added above.
    fn id_for(&self, path: &str) -> String {
        let found = self.0.iter().find(|(of, _)| path.starts_with(of));
        let (_, id) = found.unwrap_or_else(|| panic!("make a thing of ours for {path}"));
        id.clone()
    }
}

/// A backfill of a source that is done.
async fn backfill_of(app: &TestApp, source: Uuid) {
    let row = backfill::ActiveModel {
        import_id: Set(import_of(app, app.organisation.id).await),
        organisation_id: Set(app.organisation.id),
        source_id: Set(source),
        since: Set(app.clock.now()),
        state: Set(backfill::State::Done),
        place: Set(json!({})),
        pages: Set(1),
        failures: Set(0),
        problem: Set(None),
        next_at: Set(None),
    };
    let tx = app.db.write().await.unwrap();
    backfill::Entity::insert(row)
        .exec_without_returning(&tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// A push that could not be read: the ids of its source and of itself, with a comma between.
pub async fn push_of(app: &TestApp, key: &str) -> String {
    let name = format!("pushed {}", Uuid::now_v7().simple());
    let new = json!({ "name": name, "kind": "generic", "hook": { "secrets": ["a-long-token"] } });
    let made = app.call(Method::POST, "/v1/sources", Some(key), Some(new)).await;
    let made = made.expect(201);
    let address = made.at("/address");
    let push = app
        .web()
        .post(&address[address.find("/hooks/").unwrap()..])
        .header("authorization", "Bearer a-long-token")
        .content_type("application/json")
        .body("[");
    Answer::read(push.send().await).await.expect(200);
    app.work().await;
    let path = format!("/v1/sources/{}/quarantine", made.at("/id"));
    let list = app.call(Method::GET, &path, Some(key), None).await.expect(200);
    format!("{},{}", made.at("/id"), list.at("/items/0/id"))
}

/// A provider where nobody listens.
pub async fn provider_of(app: &TestApp, organisation: Uuid) -> String {
    let new = provider_at("http://127.0.0.1:9");
    let made = provider::add(&app.sign_on(), organisation, new, "cli").await;
    made.unwrap().id.to_string()
}

/// A role of somebody new.
pub async fn role_in(app: &TestApp, organisation: Uuid) -> Uuid {
    let now = app.clock.now();
    let email = format!("{}@example.org", Uuid::now_v7().simple());
    let tx = app.db.write().await.unwrap();
    let account = accounts::create(&tx, organisation, &email, "cli", now)
        .await
        .unwrap();
    role::grant(&tx, &account, Role::Auditor, None, "cli", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let roles = role::list(app.db.read(), organisation, now).await.unwrap();
    roles.last().unwrap().grant.id
}

pub async fn import_of(app: &TestApp, organisation: Uuid) -> Uuid {
    let now: DateTime<Utc> = app.clock.now();
    let id = Uuid::now_v7();
    let row = import::ActiveModel {
        id: Set(id),
        organisation_id: Set(organisation),
        kind: Set("comments".to_owned()),
        source_id: Set(None),
        file_name: Set("nps.csv".to_owned()),
        digest: Set(String::new()),
        counts: Set(json!({})),
        actor: Set("cli".to_owned()),
        started_at: Set(now),
        finished_at: Set(Some(now)),
        undone_at: Set(None),
        columns: Set(None),
    };
    let tx = app.db.write().await.unwrap();
    import::Entity::insert(row)
        .exec_without_returning(&tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id
}

pub async fn dead_letter_of(app: &TestApp, organisation: Uuid) -> i64 {
    let row = job::ActiveModel {
        organisation_id: Set(Some(organisation)),
        kind: Set("attribute".to_owned()),
        payload: Set(json!({ "attribute": { "comment": Uuid::nil(), "revision": 1 } })),
        key: Set(None),
        run_at: Set(app.clock.now()),
        attempt: Set(3),
        leased_until: Set(None),
        leased_by: Set(None),
        dead_at: Set(Some(app.clock.now())),
        last_error: Set(None),
        ..Default::default()
    };
    let tx = app.db.write().await.unwrap();
    let made = job::Entity::insert(row).exec(&tx).await.unwrap();
    tx.commit().await.unwrap();
    made.last_insert_id
}
