//! Tools push to an address: what is rightly signed is kept before the answer and read afterwards, what is not leaves
//! nothing behind, and what cannot be read waits where administrators see it.
use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{audit, comment, comment_revision, hook, push, push_comment, source, staff_member};
use hmac::{Hmac, Mac};
use plaudit::{access::Scope, capture::source::inbox};
use poem::http::{Method, StatusCode};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde::Deserialize;
use serde_json::{Value, json};
use sha1::Sha1;

use crate::{
    reading::SEALING,
    support::{Answer, TestApp},
};

/// A push that a tool might send, and the comments that come of it. Its signature was made by another program.
#[derive(Clone, Debug, Deserialize)]
pub struct Fixture {
    pub secrets: Vec<String>,
    pub content_type: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    pub comments: Vec<Value>,
    /// The push cannot be read.
    #[serde(default)]
    pub quarantined: bool,
    /// Pushes that bring nothing.
    #[serde(default)]
    pub others: Vec<Further>,
    /// Pushes after the first one, each with all comments there are then.
    #[serde(default)]
    pub then: Vec<Further>,
    #[serde(default)]
    pub settings: Value,
}

/// Another push of the same tool.
#[derive(Clone, Debug, Deserialize)]
pub struct Further {
    pub what: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    pub content_type: Option<String>,
    #[serde(default)]
    pub comments: Vec<Value>,
    #[serde(default)]
    pub quarantined: bool,
    /// What must stand in the answer.
    #[serde(default)]
    pub answer: String,
}

impl Fixture {
    /// The same with another push in place of its own.
    pub fn with(&self, further: &Further) -> Fixture {
        let content_type = further.content_type.as_ref().unwrap_or(&self.content_type);
        Fixture {
            content_type: content_type.clone(),
            headers: further.headers.clone(),
            ..self.with_body(&further.body)
        }
    }

    pub fn of(kind: &str) -> Fixture {
        let path = format!("{}/tests/fixtures/push/{kind}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        serde_json::from_str(&text).unwrap()
    }

    pub fn with_body(&self, body: &str) -> Fixture {
        Fixture {
            body: body.to_owned(),
            ..self.clone()
        }
    }
}

/// A source of a tool, and the path to which it pushes.
pub struct Pushed {
    pub app: TestApp,
    pub source: String,
    path: String,
}

impl Pushed {
    pub async fn connect(kind: &str, fixture: &Fixture) -> Pushed {
        let base = "[server]\nbase_url = \"https://plaudit.example\"\n";
        let app = TestApp::start_with(&format!("{SEALING}{base}")).await;
        let leeds = app.site("Leeds", None).await;
        let marta = app
            .person_with_id("E-1042", "Marta", "Lind", Some(leeds.id), None)
            .await;
        let mut row: staff_member::ActiveModel = marta.into();
        row.email = Set(Some("marta@example.com".to_owned()));
        row.update(app.db.writer()).await.unwrap();
        Pushed::to(app, kind, fixture).await
    }

    pub async fn to(app: TestApp, kind: &str, fixture: &Fixture) -> Pushed {
        let mut hook = json!({ "secrets": fixture.secrets });
        if !fixture.settings.is_null() {
            hook["settings"] = fixture.settings.clone();
        }
        let new = json!({ "name": "pushed", "kind": kind, "hook": hook });
        let made = app.post("/v1/sources", new).await.expect(201);
        let path = made.at("/address").replace("https://plaudit.example", "");
        Pushed {
            source: made.at("/id"),
            app,
            path,
        }
    }

    pub async fn push(&self, fixture: &Fixture) -> Answer {
        let mut request = self
            .app
            .web()
            .post(&self.path)
            .header("content-type", &fixture.content_type);
        for (name, value) in &fixture.headers {
            request = request.header(
                name,
                value.replace("@address", &self.signature_of_twilio(fixture)),
            );
        }
        Answer::read(request.body(fixture.body.clone()).send().await).await
    }

    /// The address with the form's fields in the order of their names, signed with the token.
    pub fn signature_of_twilio(&self, fixture: &Fixture) -> String {
        let fields: BTreeMap<String, String> = form_urlencoded::parse(fixture.body.as_bytes())
            .into_owned()
            .collect();
        let mut signed = format!("https://plaudit.example{}", self.path);
        signed.extend(fields.into_iter().flat_map(|(name, value)| [name, value]));
        let token = fixture.secrets.first().map_or("", String::as_str);
        let mac = <Hmac<Sha1> as Mac>::new_from_slice(token.as_bytes()).unwrap();
        STANDARD.encode(mac.chain_update(signed.as_bytes()).finalize().into_bytes())
    }

    pub async fn shown(&self) -> Answer {
        let path = format!("/v1/sources/{}", self.source);
        self.app.get(&path).await.expect(200)
    }

    pub async fn patch(&self, body: Value) -> Answer {
        let path = format!("/v1/sources/{}", self.source);
        let key = Some(self.app.key.as_str());
        self.app.call(Method::PATCH, &path, key, Some(body)).await
    }

    pub async fn pushes(&self) -> Vec<push::Model> {
        push::Entity::find().all(self.app.db.read()).await.unwrap()
    }

    /// What was said, as the fixtures write it.
    pub async fn comments(&self) -> Vec<Value> {
        let db = self.app.db.read();
        let mut comments = comment::Entity::find().all(db).await.unwrap();
        comments.retain(|comment| comment.withdrawn_at.is_none());
        comments.sort_by_key(|comment| comment.id);
        let revisions = comment_revision::Entity::find().all(db).await.unwrap();
        let sites = entity::site::Entity::find().all(db).await.unwrap();
        let shown = comments.into_iter().map(|comment| {
            let words = revisions
                .iter()
                .find(|words| words.comment_id == comment.id && words.number == comment.revision)
                .unwrap();
            let site = sites.iter().find(|site| Some(site.id) == words.site_id);
            let score = words.score_value.zip(words.score_scale.clone());
            let fields = [
                ("external_id", json!(comment.external_id)),
                ("text", json!(words.text)),
                ("hint", json!(words.hint)),
                (
                    "score",
                    score.map_or(Value::Null, |(value, scale)| json!([value, scale])),
                ),
                ("site", json!(site.map(|site| &site.name))),
                ("staff_reference", json!(words.staff_reference)),
                ("author", json!(words.author)),
                ("permalink", json!(words.permalink)),
                ("language", json!(words.language)),
                ("consent", json!(words.consent)),
                ("metadata", json!(words.metadata)),
                ("occurred_at", json!(comment.occurred_at)),
            ];
            let said = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(said.map(|(name, value)| (name.to_owned(), value)).collect())
        });
        shown.collect()
    }
}

/// Whether what was said is what was expected; numbers are compared as such, times as instants.
pub fn assert_said(said: &[Value], expected: &[Value], of: &str) {
    assert_eq!(said.len(), expected.len(), "{of}: {said:#?}");
    for (said, expected) in said.iter().zip(expected) {
        let (mut said, mut expected) = (said.clone(), expected.clone());
        for value in [&mut said, &mut expected] {
            if let Some(score) = value.pointer_mut("/score/0") {
                *score = json!(score.as_f64());
            }
            if let Some(id) = value.pointer_mut("/author/external_id")
                && id.as_str().is_some_and(|id| id == "@hash" || is_hash(id))
            {
                *id = json!("a hash");
            }
            if let Some(at) = value.get_mut("occurred_at") {
                *at = json!(at.as_str().unwrap().parse::<DateTime<Utc>>().unwrap());
            }
        }
        if expected.get("external_id").is_none() {
            said.as_object_mut().unwrap().remove("external_id");
        }
        assert_eq!(said, expected, "{of}");
    }
}

fn is_hash(id: &str) -> bool {
    id.len() == 24 && id.chars().all(|letter| letter.is_ascii_hexdigit())
}

fn generic() -> Fixture {
    Fixture::of("generic")
}

#[tokio::test]
async fn what_is_pushed_is_credited_and_the_same_push_again_changes_nothing() {
    let fixture = generic();
    let pushed = Pushed::connect("generic", &fixture).await;
    pushed.push(&fixture).await.expect(200);
    assert!(pushed.comments().await.is_empty(), "it is read after the answer");
    pushed.app.work().await;
    assert_said(&pushed.comments().await, &fixture.comments, "generic");
    assert_eq!(pushed.app.all_recognitions().await.len(), 1);
    pushed.push(&fixture).await.expect(200);
    assert_eq!(pushed.app.work().await, 0, "nothing is new");
    assert_eq!(pushed.shown().await.at("/hook/pushes"), "1");
    pushed.app.end().await;
}

#[tokio::test]
async fn a_wrong_signature_leaves_no_body_and_one_line_a_minute() {
    let fixture = generic();
    let pushed = Pushed::connect("generic", &fixture).await;
    let mut forged = fixture.clone();
    forged
        .headers
        .insert("Authorization".to_owned(), "Bearer guess".to_owned());
    for _ in 0..5 {
        pushed.push(&forged).await.expect(401);
    }
    let refusals = async || {
        let lines = audit::Entity::find().all(pushed.app.db.read()).await.unwrap();
        let refused = lines.into_iter().filter(|line| line.action == "refuse_push");
        refused
            .map(|line| line.detail["count"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(refusals().await, [1]);
    pushed.app.advance(TimeDelta::minutes(2));
    pushed.push(&forged).await.expect(401);
    assert_eq!(refusals().await, [1, 5]);
    assert!(pushed.pushes().await.is_empty());
    let shown = pushed.shown().await;
    assert_eq!(shown.at("/hook/refused"), "6");
    let path = format!("/v1/sources/{}/test", pushed.source);
    let test = pushed.app.post(&path, json!({})).await.expect(200);
    assert!(
        test.at("/problem").contains("compare the secret"),
        "{}",
        test.text
    );
    pushed.app.end().await;
}

#[tokio::test]
async fn a_paused_source_keeps_what_comes_and_a_removed_one_says_that_it_is_gone() {
    let fixture = generic();
    let pushed = Pushed::connect("generic", &fixture).await;
    pushed.patch(json!({ "paused": true })).await.expect(200);
    pushed.push(&fixture).await.expect(200);
    pushed.app.work().await;
    assert!(pushed.comments().await.is_empty());
    assert_eq!(pushed.shown().await.at("/hook/waiting"), "1");
    pushed.patch(json!({ "paused": false })).await.expect(200);
    pushed.app.work().await;
    assert_eq!(pushed.comments().await.len(), 1);
    pushed.patch(json!({ "paused": true })).await.expect(200);
    pushed
        .push(&fixture.with_body("{\"text\": \"Later\"}"))
        .await
        .expect(200);
    let path = format!("/v1/sources/{}", pushed.source);
    let key = Some(pushed.app.key.as_str());
    let removed = pushed
        .app
        .call(Method::DELETE, &path, key, None)
        .await
        .expect(200);
    assert_eq!(removed.at("/waiting"), "1");
    assert!(pushed.pushes().await.is_empty());
    let gone = pushed.push(&fixture).await.expect(410);
    assert_eq!(gone.header("content-type"), "application/problem+json");
    let source = source::Entity::find().all(pushed.app.db.read()).await.unwrap();
    assert!(source.iter().all(|source| source.sealed.is_none()));
    pushed.app.work().await;
    pushed.app.end().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_seen_corrected_and_read_again() {
    let fixture = generic();
    let pushed = Pushed::connect("generic", &fixture).await;
    pushed
        .patch(json!({ "hook": { "settings": { "comment": { "id": "/key" } } } }))
        .await
        .expect(200);
    let body = json!({ "body": { "words": "Marta was so kind and helpful!" } }).to_string();
    pushed.push(&fixture.with_body(&body)).await.expect(200);
    pushed.app.work().await;
    assert!(pushed.comments().await.is_empty());
    let path = format!("/v1/sources/{}/quarantine", pushed.source);
    let list = pushed.app.get(&path).await.expect(200);
    assert!(
        list.at("/items/0/reason").contains("the id of the comment"),
        "{}",
        list.text
    );
    let one = format!("{path}/{}", list.at("/items/0/id"));
    assert_eq!(pushed.app.get(&one).await.expect(200).at("/body"), body);
    let without_words = pushed.app.key_for(&[Scope::Admin]).await;
    let refused = pushed
        .app
        .call(Method::GET, &one, Some(&without_words), None)
        .await
        .expect(403);
    assert!(refused.text.contains("comments:read"), "{}", refused.text);
    let lines = audit::Entity::find().all(pushed.app.db.read()).await.unwrap();
    assert!(lines.iter().any(|line| line.action == "read_push"));
    let settings = json!({ "comment": { "text": "/body/words" } });
    pushed
        .patch(json!({ "hook": { "settings": settings } }))
        .await
        .expect(200);
    let again = pushed
        .app
        .post(&format!("{path}/replay"), json!({}))
        .await
        .expect(200);
    assert_eq!(again.at("/count"), "1");
    pushed.app.work().await;
    assert_eq!(pushed.comments().await.len(), 1);
    assert_eq!(pushed.shown().await.at("/hook/quarantined"), "0");
    pushed.app.end().await;
}

#[tokio::test]
async fn pushes_go_with_erased_words_and_with_age() {
    let fixture = generic();
    let pushed = Pushed::connect("generic", &fixture).await;
    pushed.push(&fixture).await.expect(200);
    pushed
        .push(&fixture.with_body("{\"text\": \"A second one\"}"))
        .await
        .expect(200);
    pushed.app.work().await;
    let comments = comment::Entity::find().all(pushed.app.db.read()).await.unwrap();
    let first = comments.iter().min_by_key(|comment| comment.id).unwrap();
    let path = format!("/v1/comments/{}", first.id);
    let key = Some(pushed.app.key.as_str());
    pushed
        .app
        .call(Method::DELETE, &path, key, None)
        .await
        .expect(204);
    assert_eq!(pushed.pushes().await.len(), 1);
    pushed.push(&fixture).await.expect(200);
    pushed.app.work().await;
    assert_eq!(
        pushed.pushes().await.len(),
        1,
        "what was erased does not come back"
    );
    pushed.app.advance(TimeDelta::days(29));
    assert_eq!(inbox::forget_old(&pushed.app.capture()).await.unwrap(), 0);
    pushed.app.advance(TimeDelta::days(2));
    assert_eq!(inbox::forget_old(&pushed.app.capture()).await.unwrap(), 1);
    assert!(pushed.pushes().await.is_empty());
    let hooks = hook::Entity::find().all(pushed.app.db.read()).await.unwrap();
    assert_eq!((hooks[0].pushes, hooks[0].bytes), (0, 0));
    pushed.app.work().await;
    pushed.app.end().await;
}

#[tokio::test]
async fn erased_words_that_are_pushed_again_are_not_kept() {
    let fixture = Fixture {
        settings: json!({ "comment": { "id": "/id" } }),
        ..generic()
    };
    let pushed = Pushed::connect("generic", &fixture).await;
    let words = |text: &str| fixture.with_body(&json!({ "id": "c-1", "text": text }).to_string());
    pushed.push(&words("Marta was kind")).await.expect(200);
    pushed.app.work().await;
    let comment = comment::Entity::find()
        .one(pushed.app.db.read())
        .await
        .unwrap()
        .unwrap();
    let path = format!("/v1/comments/{}", comment.id);
    let key = Some(pushed.app.key.as_str());
    pushed
        .app
        .call(Method::DELETE, &path, key, None)
        .await
        .expect(204);
    pushed.push(&words("Marta was very kind")).await.expect(200);
    pushed.app.work().await;
    assert!(pushed.pushes().await.is_empty());
    assert!(pushed.app.texts().await.is_empty());
    pushed.app.work().await;
    pushed.app.end().await;
}

#[tokio::test]
async fn services_that_try_the_address_are_answered_and_strangers_are_not() {
    let pushed = Pushed::connect("generic", &generic()).await;
    let web = pushed.app.web();
    assert_eq!(web.head(&pushed.path).send().await.0.status(), StatusCode::OK);
    let path = format!("{}?challenge=abc123", pushed.path);
    let challenged = Answer::read(web.get(&path).send().await).await.expect(200);
    assert_eq!(challenged.text, "abc123");
    pushed.push(&generic().with_body("")).await.expect(200);
    assert!(pushed.pushes().await.is_empty());
    let unknown = web
        .post("/hooks/nobody-knows-this-address")
        .body("{}")
        .send()
        .await;
    assert_eq!(unknown.0.status(), StatusCode::NOT_FOUND);
    pushed.app.end().await;
}

#[tokio::test]
async fn a_new_address_replaces_the_old_one() {
    let fixture = generic();
    let mut pushed = Pushed::connect("generic", &fixture).await;
    let renewed = pushed
        .patch(json!({ "hook": { "new_address": true } }))
        .await
        .expect(200);
    pushed.push(&fixture).await.expect(404);
    pushed.path = renewed.at("/address").replace("https://plaudit.example", "");
    for number in 0..20 {
        let body = json!({ "text": format!("Well done {number}") }).to_string();
        pushed.push(&fixture.with_body(&body)).await.expect(200);
    }
    pushed.app.work().await;
    assert_eq!(pushed.comments().await.len(), 20);
    pushed.app.end().await;
}

#[tokio::test]
async fn what_cannot_be_connected_is_refused_in_words() {
    let app = TestApp::start_with(SEALING).await;
    let refused = async |new: Value| app.post("/v1/sources", new).await.expect(422).at("/detail");
    let new = |kind: &str, hook: Value| json!({ "name": "new", "kind": kind, "hook": hook });
    assert!(
        refused(json!({ "name": "new", "kind": "carrier-pigeon" }))
            .await
            .contains("use api, form")
    );
    assert!(
        refused(new("generic", json!({})))
            .await
            .contains("give 1, one a line: Bearer token")
    );
    let wrong = json!({ "secrets": ["x"], "settings": { "comment": { "text": "words" } } });
    assert!(refused(new("generic", wrong)).await.contains("must begin with /"));
    assert!(
        refused(new("api", json!({})))
            .await
            .contains("is not for a source of kind api")
    );
    assert!(
        refused(new(
            "generic",
            json!({ "secrets": ["x"], "retention_days": 30, "settings": { "x": 1 } })
        ))
        .await
        .contains("is no setting")
    );
    app.end().await;
}

/// A tool that sends lists of comments, and needs no secret.
/// Nobody can say where the words stand before a push has come: the first ones wait for that.
#[tokio::test]
async fn a_push_that_came_before_the_mapping_is_read_once_there_is_one() {
    let pushed = Pushed::connect("generic", &generic()).await;
    let body = r#"{"feedback": {"comment": "Marta was so kind"}}"#;
    pushed.push(&generic().with_body(body)).await.expect(200);
    pushed.app.work().await;
    assert_eq!(pushed.shown().await.at("/hook/quarantined"), "1");
    let settings = json!({ "comment": { "text": "/feedback/comment" } });
    pushed
        .patch(json!({ "hook": { "settings": settings } }))
        .await
        .expect(200);
    let replay = format!("/v1/sources/{}/quarantine/replay", pushed.source);
    pushed.app.post(&replay, json!({})).await.expect(200);
    pushed.app.work().await;
    assert_eq!(pushed.comments().await[0]["text"], "Marta was so kind");
    // With a mapping what says nothing is passed over.
    pushed
        .push(&generic().with_body("{\"score\": 3}"))
        .await
        .expect(200);
    pushed.app.work().await;
    assert_eq!(pushed.shown().await.at("/hook/quarantined"), "0");
    pushed.app.end().await;
}

fn lists() -> Fixture {
    Fixture {
        secrets: Vec::new(),
        settings: json!({ "signature": { "scheme": "address" }, "comment": { "each": "/items", "id": "/id" } }),
        ..generic()
    }
}

fn list_of(count: usize) -> String {
    let items: Vec<Value> = (0..count)
        .map(|number| json!({ "id": format!("c{number}"), "text": "The queue was long." }))
        .collect();
    json!({ "items": items }).to_string()
}

#[tokio::test]
async fn pushes_of_many_comments_are_read_together() {
    let pushed = Pushed::connect("generic", &lists()).await;
    for number in 0..3 {
        let body = list_of(1000).replace("\"c", &format!("\"{number}-"));
        pushed.push(&lists().with_body(&body)).await.expect(200);
    }
    pushed.app.work().await;
    let comments = comment::Entity::find().all(pushed.app.db.read()).await.unwrap();
    assert_eq!(comments.len(), 3000);
    let ties = push_comment::Entity::find()
        .all(pushed.app.db.read())
        .await
        .unwrap();
    assert_eq!(ties.len(), 3000);
    pushed.app.end().await;
}

#[tokio::test]
async fn a_push_of_too_many_comments_is_set_apart_in_words() {
    let pushed = Pushed::connect("generic", &lists()).await;
    pushed.push(&lists().with_body(&list_of(1500))).await.expect(200);
    pushed.app.work().await;
    let pushes = pushed.pushes().await;
    assert_eq!(pushes[0].state, push::State::Quarantined);
    let reason = pushes[0].reason.clone().unwrap();
    assert_eq!(reason, "it holds 1500 comments; one push may hold 1000");
    pushed.app.end().await;
}

#[tokio::test]
async fn pushes_that_several_processes_forget_at_once_are_counted_off_once() {
    let pushed = Pushed::connect("generic", &lists()).await;
    for number in 0..20 {
        let body = json!({ "items": [{ "id": number.to_string(), "text": "Long queue." }] });
        pushed
            .push(&lists().with_body(&body.to_string()))
            .await
            .expect(200);
    }
    pushed.app.work().await;
    pushed.app.advance(TimeDelta::days(31));
    let kept = lists().with_body(&json!({ "items": [] }).to_string());
    pushed.push(&kept).await.expect(200);
    pushed.app.work().await;
    let processes = (0..4).map(|_| {
        let app = pushed.app.app();
        async move { inbox::forget_old(&app.capture()).await.unwrap() }
    });
    futures_util::future::join_all(processes).await;
    let hooks = hook::Entity::find().all(pushed.app.db.read()).await.unwrap();
    assert_eq!(pushed.pushes().await.len(), 1);
    assert_eq!((hooks[0].pushes, hooks[0].bytes), (1, kept.body.len() as i64));
    pushed.app.end().await;
}

#[tokio::test]
async fn who_has_the_address_alone_keeps_nobody_who_can_sign_from_pushing() {
    let fixture = generic();
    let pushed = Pushed::connect("generic", &fixture).await;
    let mut forged = fixture.clone();
    let guess = "Bearer guess".to_owned();
    forged.headers.insert("Authorization".to_owned(), guess);
    for number in 0..60 {
        let refused = pushed.push(&forged).await;
        assert_eq!(refused.status.as_u16(), if number < 20 { 401 } else { 429 });
    }
    pushed.push(&fixture).await.expect(200);
    pushed.app.work().await;
    pushed.app.end().await;
}
