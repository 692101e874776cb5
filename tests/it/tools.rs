//! Every tool of the registry by its fixture, through the real route to what is stored: new, corrected, taken back, pushed
//! twice, malformed, wrongly signed, late, with one byte changed.
use chrono::TimeDelta;
use entity::{comment, push};
use plaudit::capture::source::{
    kind::{self, Intake},
    tool::Tool,
};
use poem::http::{Method, StatusCode};
use sea_orm::EntityTrait;
use serde_json::json;

use crate::{
    hooks::{Fixture, Pushed, assert_said},
    support::hostile::hostile,
};

/// Every tool of the registry, with its fixture.
fn tools() -> impl Iterator<Item = (&'static str, Fixture)> {
    Tool::all().map(|(kind, _)| (kind, Fixture::of(kind)))
}

#[tokio::test]
async fn every_tool_brings_what_it_pushed_once() {
    for (kind, fixture) in tools() {
        let pushed = Pushed::connect(kind, &fixture).await;
        for _ in 0..2 {
            pushed.push(&fixture).await.expect(200);
            pushed.app.work().await;
        }
        assert_said(&pushed.comments().await, &fixture.comments, kind);
        assert_eq!(pushed.pushes().await.len(), 1, "{kind}");
        assert_eq!(
            pushed.pushes().await[0].state,
            state(fixture.quarantined),
            "{kind}"
        );
        pushed.app.work().await;
        pushed.app.end().await;
    }
}

fn state(is_quarantined: bool) -> push::State {
    match is_quarantined {
        true => push::State::Quarantined,
        false => push::State::Read,
    }
}

#[tokio::test]
async fn every_tool_corrects_and_takes_back_what_it_said_and_says_nothing_besides() {
    for (kind, fixture) in tools() {
        let pushed = Pushed::connect(kind, &fixture).await;
        let mut unread = usize::from(fixture.quarantined);
        assert!(!fixture.then.is_empty(), "{kind}: what comes later?");
        for other in &fixture.others {
            let what = format!("{kind}: {}", other.what);
            let answer = pushed.push(&fixture.with(other)).await;
            assert_eq!(answer.status, StatusCode::OK, "{what}: {}", answer.text);
            assert!(answer.text.contains(&other.answer), "{what}: {}", answer.text);
            pushed.app.work().await;
            assert_said(&pushed.comments().await, &[], &what);
            unread += usize::from(other.quarantined);
        }
        pushed.push(&fixture).await.expect(200);
        pushed.app.work().await;
        assert_said(&pushed.comments().await, &fixture.comments, kind);
        let quarantined = pushed.pushes().await;
        let quarantined = quarantined
            .iter()
            .filter(|push| push.state == push::State::Quarantined);
        assert_eq!(quarantined.count(), unread, "{kind}");
        for then in &fixture.then {
            pushed.app.advance(TimeDelta::seconds(10));
            pushed.push(&fixture.with(then)).await.expect(200);
            pushed.app.work().await;
            assert_said(
                &pushed.comments().await,
                &then.comments,
                &format!("{kind}: {}", then.what),
            );
        }
        pushed.app.work().await;
        pushed.app.end().await;
    }
}

#[tokio::test]
async fn what_a_tool_deletes_leaves_the_quarantine_too() {
    let fixture = Fixture::of("surveymonkey");
    let pushed = Pushed::connect("surveymonkey", &fixture).await;
    pushed.push(&fixture).await.expect(200);
    pushed.app.work().await;
    let reason = pushed.pushes().await[0].reason.clone().unwrap();
    assert!(reason.contains("holds none of its words"), "{reason}");
    pushed.push(&fixture.with(&fixture.then[0])).await.expect(200);
    pushed.app.work().await;
    assert!(pushed.pushes().await.is_empty());
    pushed.app.end().await;
}

#[tokio::test]
async fn a_tool_that_signs_nothing_yet_is_believed_by_its_address_until_a_secret_is_entered() {
    let signed = Fixture::of("chatwoot");
    let unsigned = Fixture {
        secrets: Vec::new(),
        headers: Default::default(),
        ..signed.clone()
    };
    let pushed = Pushed::connect("chatwoot", &unsigned).await;
    pushed.push(&unsigned).await.expect(200);
    let entered = json!({ "hook": { "secrets": signed.secrets } });
    pushed.patch(entered).await.expect(200);
    pushed.push(&unsigned).await.expect(401);
    pushed.push(&signed).await.expect(200);
    pushed.app.work().await;
    assert_said(&pushed.comments().await, &signed.comments, "chatwoot");
    pushed.app.end().await;
}

#[tokio::test]
async fn a_tool_that_shows_its_secret_late_is_refused_until_it_is_entered_and_the_test_says_so() {
    let fixture = Fixture::of("formbricks");
    let without = Fixture {
        secrets: Vec::new(),
        ..fixture.clone()
    };
    let pushed = Pushed::connect("formbricks", &without).await;
    let test = format!("/v1/sources/{}/test", pushed.source);
    let problem = async || {
        let said = pushed.app.post(&test, json!({})).await.expect(200).json();
        said["problem"].as_str().unwrap_or_default().to_owned()
    };
    pushed.push(&fixture).await.expect(401);
    assert!(problem().await.contains("the secret is missing"));
    let entered = json!({ "hook": { "secrets": fixture.secrets } });
    pushed.patch(entered).await.expect(200);
    assert!(problem().await.contains("has no secret"), "{}", problem().await);
    pushed.push(&fixture.with(&fixture.others[1])).await.expect(200);
    pushed.app.work().await;
    assert!(problem().await.contains("none brought a comment"));
    pushed.push(&fixture).await.expect(200);
    pushed.app.work().await;
    assert_eq!(problem().await, "");
    pushed.app.end().await;
}

#[tokio::test]
async fn what_a_tool_calls_its_people_is_who_the_source_says() {
    let fixture = Fixture {
        settings: json!({ "staff": { "paul@example.com": "E-1042" } }),
        ..Fixture::of("zendesk")
    };
    let pushed = Pushed::connect("zendesk", &fixture).await;
    pushed.push(&fixture).await.expect(200);
    pushed.push(&fixture.with(&fixture.then[0])).await.expect(200);
    pushed.app.work().await;
    assert_eq!(pushed.comments().await[0]["staff_reference"], "E-1042");
    pushed.app.work().await;
    pushed.app.end().await;
}

#[tokio::test]
async fn every_tool_refuses_a_changed_byte_and_an_old_push() {
    for (kind, fixture) in tools() {
        let tool = Tool::find(kind).unwrap();
        if !tool.signature.needs_secret() {
            continue;
        }
        let pushed = Pushed::connect(kind, &fixture).await;
        for (name, value) in &fixture.headers {
            let mut forged = fixture.clone();
            let value = value.replace("@address", &pushed.signature_of_twilio(&fixture));
            let first = &value[..value.len() - 4];
            let other = if value.ends_with("0000") { "1111" } else { "0000" };
            let changed = format!("{first}{other}");
            forged.headers.insert(name.clone(), changed);
            pushed.push(&forged).await.expect(401);
            forged.headers.remove(name);
            pushed.push(&forged).await.expect(401);
        }
        if let Some(scheme) = tool.signature.hmac() {
            let middle = fixture
                .body
                .char_indices()
                .map(|(at, _)| at)
                .nth(fixture.body.len() / 3);
            let (before, after) = fixture.body.split_at(middle.unwrap());
            let letter = after.chars().next().unwrap();
            let other = if letter == 'e' { "a" } else { "e" };
            let changed = format!("{before}{other}{}", &after[letter.len_utf8()..]);
            let mut forged = fixture.with_body(&changed);
            if scheme.signed.contains("{fields}") {
                let right = pushed.signature_of_twilio(&fixture);
                forged
                    .headers
                    .values_mut()
                    .for_each(|value| value.clone_from(&right));
            }
            pushed.push(&forged).await.expect(401);
            if scheme.signed.contains("{body}") {
                let longer = fixture.with_body(&format!("{} ", fixture.body));
                pushed.push(&longer).await.expect(401);
            }
        }
        if tool.has_time() {
            pushed.app.advance(TimeDelta::minutes(10));
            pushed.push(&fixture).await.expect(401);
        }
        assert!(pushed.pushes().await.is_empty(), "{kind}");
        pushed.app.end().await;
    }
}

#[tokio::test]
async fn a_form_that_is_signed_in_one_field_is_refused_where_another_of_that_name_is_read() {
    let fixture = Fixture::of("qualtrics");
    let signed = fixture.with(&fixture.others[0]);
    let pushed = Pushed::connect("qualtrics", &fixture).await;
    pushed.push(&signed).await.expect(200);
    let more = "MSG=%7B%22response_id%22%3A%22R_1%22%2C%22comment%22%3A%22Well+done%22%7D";
    for forged in [
        format!("{}&{more}", signed.body),
        format!("{more}&{}", signed.body),
        signed.body.replacen("SV_1", "SV_2", 1),
        signed.body.replacen("HMAC=8b", "HMAC=8c", 1),
    ] {
        pushed.push(&signed.with_body(&forged)).await.expect(401);
    }
    pushed.app.work().await;
    assert_said(&pushed.comments().await, &[], "qualtrics");
    pushed.app.work().await;
    pushed.app.end().await;
}

#[tokio::test]
async fn a_list_that_says_again_what_was_erased_brings_the_rest_and_is_not_kept() {
    let settings = json!({ "comment": { "each": "/records" }, "signature": { "scheme": "address" } });
    let fixture = Fixture {
        secrets: Vec::new(),
        headers: Default::default(),
        settings,
        ..Fixture::of("generic")
    };
    let pushed = Pushed::connect("generic", &fixture).await;
    let list = |ids: &[&str]| {
        let record = |id: &&str| json!({ "external_id": id, "text": format!("Marta was kind, {id}") });
        let records: Vec<_> = ids.iter().map(record).collect();
        fixture.with_body(&json!({ "records": records }).to_string())
    };
    pushed.push(&list(&["a"])).await.expect(200);
    pushed.app.work().await;
    let all = comment::Entity::find().all(pushed.app.db.read()).await.unwrap();
    let (path, key) = (format!("/v1/comments/{}", all[0].id), pushed.app.key.clone());
    let erasing = pushed.app.call(Method::DELETE, &path, Some(&key), None);
    erasing.await.expect(204);
    pushed.push(&list(&["a", "b"])).await.expect(200);
    pushed.app.work().await;
    let left = pushed.comments().await;
    let texts: Vec<&str> = left
        .iter()
        .filter_map(|comment| comment["text"].as_str())
        .collect();
    assert_eq!(texts, ["Marta was kind, b"]);
    assert!(
        pushed.pushes().await.is_empty(),
        "the words that were erased are kept"
    );
    pushed.app.work().await;
    pushed.app.end().await;
}

#[tokio::test]
async fn names_that_no_database_keeps_go_to_the_quarantine() {
    let fixture = Fixture {
        secrets: Vec::new(),
        headers: Default::default(),
        settings: json!({ "signature": { "scheme": "address" } }),
        ..Fixture::of("generic")
    };
    let pushed = Pushed::connect("generic", &fixture).await;
    let long = "x".repeat(5000);
    let bodies = [
        json!({ "external_id": "a\u{0}", "withdrawn": true }),
        json!({ "external_id": long, "withdrawn": true }),
        json!({ "external_id": "b", "text": "Well done", "staff_reference": "E\u{0}" }),
    ];
    for body in &bodies {
        pushed
            .push(&fixture.with_body(&body.to_string()))
            .await
            .expect(200);
    }
    pushed.app.work().await;
    let pushes = pushed.pushes().await;
    let is_apart = |push: &push::Model| push.state == push::State::Quarantined;
    assert_eq!(pushes.len(), bodies.len());
    assert!(pushes.iter().all(is_apart), "{pushes:?}");
    pushed.app.work().await;
    pushed.app.end().await;
}

#[tokio::test]
async fn secrets_that_cannot_sign_are_refused_and_those_there_are_are_not_taken_away() {
    let fixture = Fixture::of("standard-webhooks");
    let pushed = Pushed::connect("standard-webhooks", &fixture).await;
    for wrong in [json!(["whsec_"]), json!(["whsec_not base 64"]), json!([])] {
        let refused = pushed
            .patch(json!({ "hook": { "secrets": wrong } }))
            .await
            .expect(422);
        assert!(refused.text.contains("secrets"), "{}", refused.text);
    }
    pushed.push(&fixture).await.expect(200);
    let own = json!({ "scheme": "token", "header": "X-Key" });
    let new = json!({ "name": "own", "kind": "chatwoot", "hook": { "settings": { "signature": own } } });
    let made = pushed.app.post("/v1/sources", new).await.expect(201);
    let path = made.at("/address").replace("https://plaudit.example", "");
    pushed.app.post(&path, json!({})).await.expect(401);
    let sw = json!({ "signature": { "scheme": "standard_webhooks" } });
    let new = json!({ "name": "sw", "kind": "generic", "hook": { "settings": sw, "make_secret": true } });
    let made = pushed.app.post("/v1/sources", new).await.expect(201);
    assert!(made.text.contains("whsec_"), "{}", made.text);
    pushed.app.work().await;
    pushed.app.end().await;
}

/// A string as it stands within its quotation marks in JSON.
fn within(text: &str) -> String {
    let quoted = json!(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// A form with another value in place of one.
fn with_value(form: &str, old: &str, new: &str) -> String {
    let fields = form_urlencoded::parse(form.as_bytes()).into_owned();
    let changed = fields.map(|(name, value)| match value == old {
        true => (name, new.to_owned()),
        false => (name, value),
    });
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(changed)
        .finish()
}

/// What a broken proxy, a curious stranger or a changed tool might send.
const MALFORMED: [&str; 8] = [
    "{",
    "[]",
    "nonsense",
    "{\"event_type\": \"form_response\", \"event\": 7}",
    "\"text\"",
    "{\"a\": \"\\ud800\"}",
    "{\"text\": {\"text\": [1, 2]}}",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];

#[tokio::test]
async fn no_tool_makes_a_comment_of_what_is_malformed_or_fails_over_it() {
    for (kind, fixture) in tools() {
        let bare = Fixture {
            secrets: Vec::new(),
            settings: json!({ "signature": { "scheme": "address" } }),
            ..fixture
        };
        let pushed = Pushed::connect(kind, &bare).await;
        for malformed in MALFORMED {
            pushed.push(&bare.with_body(malformed)).await.expect(200);
        }
        pushed.app.work().await;
        assert!(pushed.comments().await.is_empty(), "{kind}");
        let pushes = pushed.pushes().await;
        assert!(
            pushes.iter().all(|push| push.state != push::State::Waiting),
            "{kind}"
        );
        let unread = pushes
            .iter()
            .filter(|push| push.state == push::State::Quarantined);
        let no_json = if bare.content_type.contains("json") { 4 } else { 0 };
        assert!(unread.clone().count() >= no_json, "{kind}: {pushes:?}");
        assert!(unread.clone().all(|push| push.reason.is_some()), "{kind}");
        pushed.app.end().await;
    }
}

#[tokio::test]
async fn hostile_strings_come_through_every_tool_letter_by_letter() {
    for (kind, fixture) in tools() {
        let Some(words) = fixture
            .comments
            .first()
            .map(|comment| comment["text"].as_str().unwrap())
        else {
            assert!(fixture.quarantined, "{kind} says nothing");
            continue;
        };
        let bare = Fixture {
            secrets: Vec::new(),
            settings: json!({ "signature": { "scheme": "address" } }),
            ..fixture.clone()
        };
        let is_form = fixture.content_type.contains("form");
        let pushed = Pushed::connect(kind, &bare).await;
        let strings: Vec<String> = hostile()
            .into_iter()
            .filter(|string| !string.contains('\0') && plaudit::capture::draft::check_text(string).is_ok())
            .take(20)
            .collect();
        for string in &strings {
            let body = match is_form {
                true => with_value(&bare.body, words, string),
                false => bare.body.replace(&within(words), &within(string)),
            };
            assert_ne!(body, bare.body, "{kind}");
            pushed.push(&bare.with_body(&body)).await.expect(200);
            pushed.app.work().await;
        }
        let texts = pushed.app.texts().await;
        for string in &strings {
            assert!(texts.contains(string), "{kind}: {string:?}");
        }
        pushed.app.work().await;
        pushed.app.end().await;
    }
}

#[test]
fn every_kind_of_source_has_a_row_in_the_documents() {
    let documents = include_str!("../../docs/sources.md");
    for kind in kind::all() {
        let row = format!("| `{}` | {}", kind.name(), kind.label());
        assert!(documents.contains(&row), "docs/sources.md lacks {row:?}");
        if let Intake::Pushed(tool) = kind.intake() {
            assert!(tool.label == kind.label() && !tool.label.is_empty());
        }
    }
}
