//! Two thousand pushes of many sources: some twice, some out of order, some malformed; and what bounds a source.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{comment, comment_revision, hook, push};
use poem::http::StatusCode;
use rand::{Rng, SeedableRng, rngs::StdRng};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};

use crate::{
    hooks::{Fixture, Pushed},
    support::{Answer, noon},
};

const SOURCES: usize = 48;
const PUSHES: usize = 2000;

/// A push to one of the sources.
#[derive(Clone)]
struct Sent {
    source: usize,
    body: String,
}

/// What is sent, and what must come of it.
#[derive(Default)]
struct Plan {
    sent: Vec<Sent>,
    /// The newest words of each comment, by source and id.
    said: BTreeMap<(usize, String), (DateTime<Utc>, String)>,
    malformed: BTreeSet<(usize, String)>,
}

impl Plan {
    fn of(random: &mut StdRng) -> Plan {
        let mut plan = Plan::default();
        for number in 0..PUSHES {
            let source = number % SOURCES;
            match number % 20 {
                0 => plan.send_malformed(source, number),
                2 | 11 => plan.send_again(random),
                _ => plan.say(random, source, number),
            }
        }
        plan.disorder(random);
        plan
    }

    fn send_malformed(&mut self, source: usize, number: usize) {
        let body = match number % 40 {
            0 => format!("{{\"id\": \"m{number}\", \"text\": \"cut o"),
            _ => json!({ "text": format!("without an id {number}") }).to_string(),
        };
        self.malformed.insert((source, body.clone()));
        self.sent.push(Sent { source, body });
    }

    fn send_again(&mut self, random: &mut StdRng) {
        let which = random.random_range(0..self.sent.len());
        self.sent.push(self.sent[which].clone());
    }

    /// A new comment, or other words of one that was sent.
    fn say(&mut self, random: &mut StdRng, source: usize, number: usize) {
        let known = self.said.keys().filter(|(of, _)| *of == source).count();
        let id = match known > 0 && random.random_ratio(1, 5) {
            true => random.random_range(0..known).to_string(),
            false => known.to_string(),
        };
        let at = noon() - TimeDelta::days(1) + TimeDelta::seconds(i64::try_from(number).unwrap());
        let text = format!("The queue was long, number {number}");
        let body = json!({ "id": id, "text": text, "revised_at": at }).to_string();
        self.said.insert((source, id), (at, text));
        self.sent.push(Sent { source, body });
    }

    /// A tenth changes places with something a little later.
    fn disorder(&mut self, random: &mut StdRng) {
        for _ in 0..PUSHES / 10 {
            let at = random.random_range(0..self.sent.len() - SOURCES);
            let later = at + random.random_range(1..SOURCES);
            self.sent.swap(at, later);
        }
    }
}

async fn sources(pushed: &Pushed) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for number in 0..SOURCES {
        let settings = json!({ "comment": { "id": "/id" } });
        let hook = json!({ "secrets": ["a-long-token"], "settings": settings });
        let new = json!({ "name": format!("tool {number}"), "kind": "generic", "hook": hook });
        let made = pushed.app.post("/v1/sources", new).await.expect(201);
        all.push((
            made.at("/id"),
            made.at("/address").replace("https://plaudit.example", ""),
        ));
    }
    all
}

async fn send(pushed: &Pushed, path: &str, body: String) -> Answer {
    let request = pushed.app.web().post(path).content_type("application/json");
    let request = request.header("authorization", "Bearer a-long-token");
    Answer::read(request.body(body).send().await).await
}

#[tokio::test]
async fn of_two_thousand_pushes_each_comment_is_stored_once_and_what_is_malformed_is_set_apart() {
    let mut random = StdRng::seed_from_u64(14);
    let plan = Plan::of(&mut random);
    let pushed = Pushed::connect("generic", &Fixture::of("generic")).await;
    let sources = sources(&pushed).await;
    assert_eq!(plan.sent.len(), PUSHES);
    for (number, sent) in plan.sent.iter().enumerate() {
        let (_, path) = &sources[sent.source];
        let answer = send(&pushed, path, sent.body.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{number}: {}", answer.text);
        if number % 300 == 299 {
            pushed.app.work().await;
        }
    }
    pushed.app.work().await;
    assert_eq!(newest(&pushed, &sources).await, plan.said_texts());
    assert_eq!(quarantined(&pushed, &sources).await, plan.malformed_by_source());
    pushed.app.work().await;
    pushed.app.end().await;
}

impl Plan {
    fn said_texts(&self) -> BTreeMap<(usize, String), String> {
        let text =
            |(key, (_, text)): (&(usize, String), &(DateTime<Utc>, String))| (key.clone(), text.clone());
        self.said.iter().map(text).collect()
    }

    fn malformed_by_source(&self) -> BTreeMap<usize, usize> {
        let mut counts = BTreeMap::new();
        for (source, _) in &self.malformed {
            *counts.entry(*source).or_default() += 1;
        }
        counts
    }
}

async fn newest(pushed: &Pushed, sources: &[(String, String)]) -> BTreeMap<(usize, String), String> {
    let db = pushed.app.db.read();
    let revisions = comment_revision::Entity::find().all(db).await.unwrap();
    let words: BTreeMap<_, _> = revisions
        .into_iter()
        .map(|words| ((words.comment_id, words.number), words.text.unwrap()))
        .collect();
    let comments = comment::Entity::find().all(db).await.unwrap();
    let said = comments.into_iter().map(|comment| {
        let source = number_of(sources, &comment.source_id.to_string());
        let text = words[&(comment.id, comment.revision)].clone();
        ((source, comment.external_id.unwrap()), text)
    });
    said.collect()
}

async fn quarantined(pushed: &Pushed, sources: &[(String, String)]) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    for push in pushed.pushes().await {
        assert_ne!(push.state, push::State::Waiting);
        if push.state == push::State::Quarantined {
            *counts
                .entry(number_of(sources, &push.source_id.to_string()))
                .or_default() += 1;
        }
    }
    counts
}

fn number_of(sources: &[(String, String)], id: &str) -> usize {
    sources.iter().position(|(known, _)| known == id).unwrap()
}

#[tokio::test]
async fn a_source_whose_inbox_is_full_puts_off_what_is_new_and_knows_what_it_has() {
    let fixture = Fixture::of("generic");
    let pushed = Pushed::connect("generic", &fixture).await;
    pushed.push(&fixture).await.expect(200);
    let fill = async |column: hook::Column, value: i64| {
        hook::Entity::update_many()
            .col_expr(column, Expr::value(value))
            .filter(hook::Column::SourceId.eq(pushed.source.parse::<uuid::Uuid>().unwrap()))
            .exec(pushed.app.db.writer())
            .await
            .unwrap();
    };
    let later = |number: u32| fixture.with_body(&json!({ "text": format!("Later {number}") }).to_string());
    fill(hook::Column::Pushes, 200_000).await;
    let full = pushed.push(&later(1)).await.expect(429);
    assert!(
        full.text.contains("inbox of this source is full"),
        "{}",
        full.text
    );
    pushed.push(&fixture).await.expect(200);
    fill(hook::Column::Pushes, 1).await;
    fill(hook::Column::Bytes, 512 * 1024 * 1024).await;
    pushed.push(&later(2)).await.expect(429);
    assert_eq!(pushed.pushes().await.len(), 1, "nothing of it is stored");
    fill(hook::Column::Bytes, 100).await;
    pushed.push(&later(1)).await.expect(200);
    pushed.app.work().await;
    pushed.app.end().await;
}

#[tokio::test]
async fn a_source_that_is_pushed_to_without_end_is_asked_to_wait_and_others_are_not() {
    let fixture = Fixture::of("generic");
    let pushed = Pushed::connect("generic", &fixture).await;
    let answers = futures_util::future::join_all((0..300).map(|_| pushed.push(&fixture))).await;
    let (taken, refused): (Vec<Answer>, Vec<Answer>) = answers
        .into_iter()
        .partition(|answer| answer.status == StatusCode::OK);
    assert!(taken.len() >= 50, "{}", taken.len());
    let refused = refused.into_iter().next().unwrap().expect(429);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    let other = json!({ "name": "other", "kind": "generic", "hook": { "secrets": ["a-long-token"] } });
    let made = pushed.app.post("/v1/sources", other).await.expect(201);
    let path = made.at("/address").replace("https://plaudit.example", "");
    let body: Value = json!({ "text": "Well done" });
    send(&pushed, &path, body.to_string()).await.expect(200);
    pushed.app.work().await;
    pushed.app.end().await;
}
