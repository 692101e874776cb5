//! A survey tool that is asked for its answers: strict about addresses, parameters and keys, with faults by script. Answers are
//! invented; their shape is that of the tools' documents.
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::fake_http::{Reply, Request, Server};

/// The key that it takes.
pub const KEY: &str = "reading-key-1";

/// What goes wrong with one call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Too many calls; ask again after so many seconds.
    TooMany(u32),
    Fails,
    /// The key may not read this answer.
    Forbids,
    NotJson,
    /// A page is sent again, whatever was asked.
    SamePage,
}

/// One answer of a customer.
#[derive(Clone, Debug)]
pub struct Said {
    pub id: String,
    pub text: String,
    pub at: DateTime<Utc>,
    /// When it was changed last.
    pub revised: DateTime<Utc>,
}

pub struct FakeTool {
    server: Server,
    kind: &'static str,
    state: Arc<Mutex<State>>,
}

struct State {
    kind: &'static str,
    key: String,
    said: Vec<Said>,
    faults: VecDeque<Option<Fault>>,
    calls: Vec<String>,
    violations: Vec<String>,
    last: Option<Value>,
}

impl FakeTool {
    pub async fn start(kind: &'static str, said: Vec<Said>) -> FakeTool {
        let state = Arc::new(Mutex::new(State {
            kind,
            key: KEY.to_owned(),
            said,
            faults: VecDeque::new(),
            calls: Vec::new(),
            violations: Vec::new(),
            last: None,
        }));
        let answering = Arc::clone(&state);
        let server = Server::start(move |request| answering.lock().unwrap().answer(request)).await;
        FakeTool { server, kind, state }
    }

    /// Settings of a source that is asked here, a few answers at a time.
    pub fn settings(&self) -> Value {
        let fetch = json!({
            "server": self.server.base_url(),
            "named": { "form": "frm1", "survey": "77" },
            "list": { "size": 2 },
        });
        let mut fetch = fetch;
        if !matches!(self.kind, "typeform" | "formbricks" | "surveymonkey") {
            fetch.as_object_mut().unwrap().remove("named");
        } else {
            let other = if self.kind == "typeform" { "survey" } else { "form" };
            fetch["named"].as_object_mut().unwrap().remove(other);
        }
        if self.kind == "qualtrics" {
            let fetch = fetch.as_object_mut().unwrap();
            fetch.remove("list");
            fetch.insert("comment".to_owned(), json!({ "text": "/values/QID2_TEXT" }));
        }
        json!({ "fetch": fetch })
    }

    pub fn script(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.state.lock().unwrap().faults.extend(faults);
    }

    pub fn revoke(&self, new: &str) {
        self.state.lock().unwrap().key = new.to_owned();
    }

    pub fn change(&self, change: impl FnOnce(&mut Vec<Said>)) {
        change(&mut self.state.lock().unwrap().said);
    }

    /// What was asked.
    pub fn calls(&self) -> Vec<String> {
        self.state.lock().unwrap().calls.clone()
    }

    /// What was asked that no such tool understands.
    pub fn violations(&self) -> Vec<String> {
        self.state.lock().unwrap().violations.clone()
    }
}

/// So many answers, a day apart, the last one an hour ago.
pub fn answers(count: usize, now: DateTime<Utc>) -> Vec<Said> {
    let said = |number: usize| {
        let at = now - TimeDelta::hours(1) - TimeDelta::days((count - 1 - number) as i64);
        Said {
            id: format!("{}", 100 + number),
            text: format!("Marta was so kind and helpful, visit {number}!"),
            at,
            revised: at,
        }
    };
    (0..count).map(said).collect()
}

impl State {
    fn answer(&mut self, request: &Request) -> Reply {
        self.calls.push(request.target.clone());
        match self.faults.pop_front().flatten() {
            Some(Fault::TooMany(seconds)) => {
                let refused = json!({ "error": { "message": "slow down" } });
                return Reply::json(429, &refused).with("retry-after", seconds);
            }
            Some(Fault::Fails) => return Reply::html(503, "<h1>Away</h1>"),
            Some(Fault::Forbids) => return Reply::json(403, &json!({ "error": { "message": "not yours" } })),
            Some(Fault::NotJson) => return Reply::html(200, "<h1>Maintenance</h1>"),
            Some(Fault::SamePage) => {
                if let Some(last) = &self.last {
                    return Reply::json(200, last);
                }
            }
            None => {}
        }
        if request.method != "GET" || !self.shows_key(request) {
            return Reply::json(401, &json!({ "error": { "message": "the key is not known" } }));
        }
        match self.asked(request) {
            Ok(Some(answer)) => {
                self.last = Some(answer.clone());
                Reply::json(200, &answer)
            }
            Ok(None) => Reply::json(404, &json!({ "error": { "message": "there is no such answer" } })),
            Err(why) => {
                self.violations.push(format!("{why}: {}", request.target));
                Reply::json(400, &json!({ "error": { "message": why } }))
            }
        }
    }

    fn shows_key(&self, request: &Request) -> bool {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let (name, value) = match self.kind {
            "delighted" => (
                "authorization",
                format!("Basic {}", STANDARD.encode(format!("{}:", self.key))),
            ),
            "asknicely" => ("x-apikey", self.key.clone()),
            "formbricks" => ("x-api-key", self.key.clone()),
            "qualtrics" => ("x-api-token", self.key.clone()),
            _ => ("authorization", format!("Bearer {}", self.key)),
        };
        request.header(name) == Some(value.as_str())
    }

    fn asked(&self, request: &Request) -> Result<Option<Value>, String> {
        let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        let only = |names: &[&str]| {
            let mut unknown = request.query.iter().map(|(name, _)| name.as_str());
            match unknown.find(|name| !names.contains(name)) {
                Some(name) => Err(format!("{name} is unknown")),
                None => Ok(()),
            }
        };
        let number = |name: &str| -> Result<usize, String> {
            let given = request.parameter(name).ok_or(format!("{name} is missing"))?;
            given.parse().map_err(|_| format!("{name} is no number"))
        };
        let time = |name: &str| -> Result<DateTime<Utc>, String> {
            let given = request.parameter(name).ok_or(format!("{name} is missing"))?;
            given.parse().map_err(|_| format!("{name} is no time"))
        };
        let is = |name: &str, value: &str| match request.parameter(name) == Some(value) {
            true => Ok(()),
            false => Err(format!("{name} is not {value}")),
        };
        match (self.kind, parts.as_slice()) {
            ("delighted", ["v1", "survey_responses.json"]) => {
                only(&["per_page", "page", "since", "order", "expand[]"])?;
                is("order", "asc")?;
                is("expand[]", "person")?;
                let since = DateTime::from_timestamp(number("since")? as i64, 0).unwrap();
                let page = self
                    .since(since)
                    .skip((number("page")? - 1) * number("per_page")?);
                let page = page.take(number("per_page")?);
                Ok(Some(page.map(delighted).collect()))
            }
            (
                "asknicely",
                [
                    "api",
                    "v1",
                    "responses",
                    "asc",
                    size,
                    page,
                    since,
                    "json",
                    "answered",
                    "responded",
                ],
            ) => {
                only(&[])?;
                let whole = |text: &str| text.parse::<usize>().map_err(|_| "no number".to_owned());
                let since = DateTime::from_timestamp(whole(since)? as i64, 0).unwrap();
                let page = self.since(since).skip((whole(page)? - 1) * whole(size)?);
                let data: Vec<Value> = page.take(whole(size)?).map(asknicely).collect();
                Ok(Some(json!({ "success": true, "totalpages": "3", "data": data })))
            }
            ("typeform", ["forms", "frm1", "responses"]) => {
                only(&["page_size", "since", "before"])?;
                let mut said: Vec<&Said> = self.since(time("since")?).collect();
                said.reverse();
                if let Some(before) = request.parameter("before") {
                    let place = said.iter().position(|said| said.id == before);
                    said.drain(..=place.ok_or("before names no answer")?);
                }
                let items: Vec<Value> = said
                    .into_iter()
                    .take(number("page_size")?)
                    .map(typeform)
                    .collect();
                Ok(Some(json!({ "total_items": self.said.len(), "items": items })))
            }
            ("formbricks", ["api", "v2", "management", "responses"]) => {
                only(&["surveyId", "limit", "skip", "sortBy", "order", "startDate"])?;
                is("surveyId", "77")?;
                is("sortBy", "createdAt")?;
                is("order", "asc")?;
                let page = self.since(time("startDate")?).skip(number("skip")?);
                let data: Vec<Value> = page.take(number("limit")?).map(formbricks).collect();
                Ok(Some(
                    json!({ "data": data, "meta": { "total": self.said.len() } }),
                ))
            }
            ("surveymonkey", ["v3", "surveys", "77", "responses", "bulk"]) => {
                only(&["per_page", "page", "start_created_at", "sort_by", "sort_order"])?;
                let page = self.since(time("start_created_at")?);
                let page = page.skip((number("page")? - 1) * number("per_page")?);
                let data: Vec<Value> = page.take(number("per_page")?).map(surveymonkey).collect();
                Ok(Some(json!({ "data": data, "links": {} })))
            }
            ("surveymonkey", ["v3", "surveys", "1", "responses", id, "details"]) => {
                only(&[])?;
                Ok(self.said.iter().find(|said| said.id == *id).map(surveymonkey))
            }
            ("qualtrics", ["API", "v3", "surveys", "SV_1", "responses", id]) => {
                only(&[])?;
                let found = self.said.iter().find(|said| said.id == *id);
                Ok(found
                    .map(|said| json!({ "result": qualtrics(said), "meta": { "httpStatus": "200 - OK" } })))
            }
            _ => Err("there is no such path".to_owned()),
        }
    }

    fn since(&self, at: DateTime<Utc>) -> impl Iterator<Item = &Said> {
        self.said.iter().filter(move |said| said.at >= at)
    }
}

fn delighted(said: &Said) -> Value {
    json!({
        "id": said.id, "survey_type": "nps", "score": 9, "comment": said.text,
        "person": { "id": "9", "email": "ines@example.org", "name": "Ines", "created_at": 1_795_000_000 },
        "permalink": "https://app.delighted.com/r/abc",
        "created_at": said.at.timestamp(), "updated_at": said.revised.timestamp(),
        "person_properties": { "ClosedByEmployee": "E-1042", "store": "Leeds" },
        "notes": [], "tags": [], "additional_answers": [],
    })
}

fn asknicely(said: &Said) -> Value {
    json!({
        "response_id": said.id, "person_id": "9", "name": "Ines", "email": "ines@example.org",
        "answer": "9", "comment": said.text, "question_type": "NPS", "segment": "general",
        "sent": said.at.timestamp().to_string(), "responded": said.revised.timestamp().to_string(),
        "employee_id_c": "E-1042", "store_c": "Leeds",
    })
}

fn typeform(said: &Said) -> Value {
    json!({
        "response_id": said.id, "token": said.id, "landed_at": said.at, "submitted_at": said.at,
        "hidden": { "employee_id": "E-1042", "store": "Leeds" }, "calculated": { "score": 0 },
        "answers": [
            { "type": "number", "number": 9, "field": { "id": "F2", "type": "nps", "ref": "nps" } },
            { "type": "text", "text": said.text, "field": { "id": "F3", "type": "long_text", "ref": "comment" } },
        ],
    })
}

fn formbricks(said: &Said) -> Value {
    json!({
        "id": said.id, "surveyId": "77", "createdAt": said.at, "updatedAt": said.revised, "finished": true,
        "language": "en", "contactAttributes": null, "variables": {}, "meta": {},
        "data": { "nps": 9, "comment": said.text, "employee_id": "E-1042", "store": "Leeds" },
    })
}

fn surveymonkey(said: &Said) -> Value {
    json!({
        "id": said.id, "survey_id": "1", "response_status": "completed",
        "date_created": said.at, "date_modified": said.revised,
        "custom_variables": { "employee_id": "E-1042", "store": "Leeds" },
        "metadata": { "contact": { "email": { "type": "string", "value": "ines@example.org" } } },
        "pages": [{ "id": "p", "questions": [
            { "id": "q1", "answers": [{ "choice_id": "12", "choice_metadata": { "weight": "9" } }] },
            { "id": "q2", "answers": [{ "text": said.text }] },
        ] }],
    })
}

fn qualtrics(said: &Said) -> Value {
    json!({
        "responseId": said.id,
        "values": {
            "startDate": said.at, "endDate": said.at, "recordedDate": said.at, "finished": 1,
            "QID1": 9, "QID2_TEXT": said.text, "employee_id": "E-1042", "site": "Leeds", "userLanguage": "EN",
        },
        "labels": {}, "displayedFields": [],
    })
}
