//! What tools really send, and signatures that others made, as the facts hold them: outside of the project, because
//! some of it is others' work. Where the folder is not there this says so and tests nothing.
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use plaudit::capture::source::tool::{
    Content, Tool,
    signature::{Envelope, Refusal},
};
use serde_json::{Value, json};

fn facts() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/facts/fixtures");
    let folder = std::env::var("PLAUDIT_TEST_FACTS").unwrap_or_else(|_| beside.to_owned());
    let folder = PathBuf::from(folder);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: the facts are not here; name their folder in PLAUDIT_TEST_FACTS");
    None
}

/// Kind, file, content type, key as the vectors name it, and what is said: id, text, hint, score, staff, site.
const SENT: &[(&str, &str, &str, [&str; 6])] = &[
    (
        "typeform",
        "typeform.form_response.json",
        "application/json",
        [
            "a3a12ec67a1365927098a606107fac15",
            "He carried my bags to the bus stop",
            "Marcus (till 4)",
            "10 nps",
            "E-1042",
            "014",
        ],
    ),
    (
        "delighted",
        "delighted.survey_response.updated.json",
        "application/json",
        [
            "5435",
            "Amaél on the phone stayed with me until it was fixed. Please tell her manager!",
            "Amaél",
            "10 nps",
            "E-1042",
            "",
        ],
    ),
    (
        "asknicely",
        "asknicely.response.json",
        "application/json",
        [
            "345094",
            "Marcus at the Hill Street branch was wonderful",
            "",
            "10 nps",
            "E-1042",
            "",
        ],
    ),
    (
        "formbricks",
        "formbricks.responseFinished.json",
        "application/json",
        [
            "cm0response",
            "Big thanks to Priya S. in returns",
            "",
            "9 nps",
            "E-2001",
            "014",
        ],
    ),
    (
        "formbricks-hub",
        "formbricks-hub.feedback_record.created.json",
        "application/json",
        [
            "019ba292-c1f6-7618-aaf2-ecf8e39d1cc9",
            "Marcus was a star",
            "",
            "",
            "",
            "014",
        ],
    ),
    (
        "helpscout",
        "helpscout.rating.json",
        "application/json",
        ["5434", "he was really helpful", "", "5 csat", "", "My Mailbox"],
    ),
    (
        "chatwoot",
        "chatwoot.message_updated.csat.json",
        "application/json",
        ["991", "Lena was brilliant", "", "5 csat", "lena@example.com", ""],
    ),
    (
        "zendesk",
        "zendesk.trigger.json",
        "application/json",
        [
            "208",
            "Awesome support from Paul!",
            "",
            "5 csat",
            "paul@example.com",
            "",
        ],
    ),
    (
        "twilio",
        "twilio.inbound.txt",
        "application/x-www-form-urlencoded",
        [
            "SM1234567890abcdef1234567890abcdef",
            "Thank Marcus at store 14, he was great",
            "",
            "",
            "",
            "",
        ],
    ),
];

#[test]
fn every_push_of_the_facts_says_what_it_should() {
    let Some(facts) = facts() else { return };
    for (kind, file, content_type, expected) in SENT {
        let body = std::fs::read(facts.join(file)).unwrap();
        let body = body.strip_suffix(b"\n").unwrap_or(&body);
        let tool = Tool::find(kind).unwrap();
        let content = tool.content(&tool.payload(content_type, body).unwrap()).unwrap();
        let Content::Said(said) = content else {
            panic!("{kind} says nothing")
        };
        let [said] = &said[..] else {
            panic!("{kind} says {said:?}")
        };
        let score = said
            .words
            .score
            .map(|score| format!("{} {}", score.value, score.scale.name()));
        let found = [
            said.id.clone(),
            Some(said.words.text.clone()),
            said.words.hint.clone(),
            score,
            said.staff.clone(),
            said.site.clone(),
        ];
        assert_eq!(
            found.map(Option::unwrap_or_default),
            expected.map(str::to_owned),
            "{kind}"
        );
    }
}

#[test]
fn what_names_an_answer_and_holds_no_words_is_fetched() {
    let Some(facts) = facts() else { return };
    let thin = [
        (
            "qualtrics",
            "qualtrics.completedResponse.signed.txt",
            "application/x-www-form-urlencoded",
        ),
        (
            "qualtrics",
            "qualtrics.completedResponse.unsigned.txt",
            "application/x-www-form-urlencoded",
        ),
        (
            "surveymonkey",
            "surveymonkey.response_completed.json",
            "application/json",
        ),
    ];
    for (kind, file, content_type) in thin {
        let body = std::fs::read(facts.join(file)).unwrap();
        let body = body.strip_suffix(b"\n").unwrap_or(&body);
        let tool = Tool::find(kind).unwrap();
        let content = tool.content(&tool.payload(content_type, body).unwrap());
        assert_eq!(content, Ok(Content::Thin), "{file}");
    }
}

#[test]
fn a_list_of_ratings_is_read_by_the_generic_mapping() {
    let Some(facts) = facts() else { return };
    let body = std::fs::read(facts.join("zendesk.satisfaction_ratings.json")).unwrap();
    let settings = json!({ "comment": {
        "each": "/satisfaction_ratings", "id": "/id", "text": "/comment", "occurred_at": "/created_at",
        "score": { "at": "/score", "scale": "csat", "values": { "good": 5, "bad": 1 } },
    } });
    let tool = Tool::find("generic").unwrap().with(&settings).unwrap();
    let content = tool
        .content(&tool.payload("application/json", &body).unwrap())
        .unwrap();
    let Content::Said(said) = content else {
        panic!("nothing was said")
    };
    assert_eq!(said.len(), 1);
    assert_eq!(
        (said[0].id.as_deref(), said[0].words.text.as_str()),
        (Some("35436"), "Awesome support!")
    );
}

/// The vectors name tools as they like.
fn kind(named: &str) -> Option<&'static str> {
    Some(match named {
        "delighted" => "delighted",
        "formbricks/standard-webhooks" | "standard-webhooks (public vector, re-verified)" => "formbricks",
        "typeform" => "typeform",
        "zendesk" => "zendesk",
        "twilio" => "twilio",
        "surveymonkey" => "surveymonkey",
        "qualtrics" => "qualtrics",
        _ => return None,
    })
}

#[test]
fn every_signature_of_the_facts_is_believed_and_none_that_was_changed() {
    let Some(facts) = facts() else { return };
    let vectors: Vec<Value> =
        serde_json::from_slice(&std::fs::read(facts.join("vectors.json")).unwrap()).unwrap();
    let mut checked = 0;
    for vector in vectors {
        let Some(tool) = kind(vector["tool"].as_str().unwrap()).and_then(Tool::find) else {
            continue;
        };
        let body = match vector["file"].as_str() {
            Some(file) => std::fs::read(facts.join(file)).unwrap(),
            None => vector["body"].as_str().unwrap().as_bytes().to_vec(),
        };
        let body = body.strip_suffix(b"\n").unwrap_or(&body).to_vec();
        let headers = headers(&vector);
        let time = headers.iter().find(|(name, _)| name.contains("timestamp"));
        let now = time.map_or(DateTime::UNIX_EPOCH, |(_, said)| at(said));
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        };
        let key = vector["key"].as_str().unwrap();
        let key = key.split(" (").next().unwrap();
        let secrets: Vec<&str> = key.splitn(tool.secrets.len(), '&').collect();
        let verify = |body: &[u8], now: DateTime<Utc>| {
            let url = vector["url"].as_str().unwrap_or_default();
            let envelope = Envelope {
                header: &header,
                body,
                url,
                now,
            };
            tool.signature.verify(&envelope, &secrets)
        };
        assert_eq!(verify(&body, now), Ok(()), "{}", vector["tool"]);
        let mut changed = body.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        assert!(verify(&changed, now).is_err(), "{}", vector["tool"]);
        if time.is_some() {
            let late = now + chrono::TimeDelta::minutes(6);
            assert_eq!(verify(&body, late), Err(Refusal::Stale), "{}", vector["tool"]);
        }
        checked += 1;
    }
    assert!(checked >= 6, "{checked} vectors were checked");
}

fn headers(vector: &Value) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    let named = vector["headers"].as_object().into_iter().flatten();
    all.extend(named.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())));
    if let (Some(name), Some(value)) = (vector["header"].as_str(), vector["value"].as_str()) {
        all.push((name.to_owned(), value.to_owned()));
    }
    // The public vector of Standard Webhooks names its parts by themselves.
    if let Some(id) = vector["id"].as_str() {
        let time = vector["timestamp"].to_string();
        let signature = vector["value"].as_str().unwrap();
        all.extend([
            ("webhook-id".to_owned(), id.to_owned()),
            ("webhook-timestamp".to_owned(), time),
            ("webhook-signature".to_owned(), signature.to_owned()),
        ]);
    }
    all
}

fn at(said: &str) -> DateTime<Utc> {
    let seconds = said.parse().ok().and_then(|at| DateTime::from_timestamp(at, 0));
    seconds.unwrap_or_else(|| said.parse().unwrap())
}
