//! What a tool held before it pushed is taken in from a day on: once, whatever fails on the way, within the tool's limits, and
//! taken back as a whole.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{backfill, comment, fetching, import};
use plaudit::{
    capture::source::backfill as stage,
    platform::{
        clock::Clock,
        job::{Kind, queue, worker::Batch},
    },
};
use poem::http::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    fake_tool::{FakeTool, Fault, KEY, Said, answers},
    hooks::{Fixture, Pushed},
    support::{
        Answer, noon,
        process::{Installation, free_port},
    },
};

/// The tools that have a list.
const LISTS: [&str; 5] = ["asknicely", "delighted", "formbricks", "surveymonkey", "typeform"];

/// A source whose tool is asked at a fake.
pub struct Asked {
    pub pushed: Pushed,
    pub tool: FakeTool,
}

impl Asked {
    pub async fn connect(kind: &'static str, said: Vec<Said>) -> Asked {
        let tool = FakeTool::start(kind, said).await;
        let fixture = Fixture {
            settings: tool.settings(),
            ..Fixture::of(kind)
        };
        let asked = Asked {
            pushed: Pushed::connect(kind, &fixture).await,
            tool,
        };
        asked.enter(KEY).await.expect(200);
        asked
    }

    pub async fn enter(&self, key: &str) -> Answer {
        self.pushed.patch(json!({ "hook": { "reading_key": key } })).await
    }

    async fn begin(&self, since: DateTime<Utc>) -> Answer {
        let day = since.date_naive();
        self.post("", json!({ "since": day })).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let path = format!("/v1/sources/{}/backfill{path}", self.pushed.source);
        self.pushed.app.post(&path, body).await
    }

    async fn shown(&self) -> Answer {
        let path = format!("/v1/sources/{}/backfill", self.pushed.source);
        self.pushed.app.get(&path).await.expect(200)
    }

    async fn row(&self) -> backfill::Model {
        let db = self.pushed.app.db.read();
        backfill::Entity::find().one(db).await.unwrap().unwrap()
    }

    async fn undo(&self) -> Answer {
        let path = format!("/v1/imports/{}/undo", self.row().await.import_id);
        self.pushed.app.post(&path, json!({})).await
    }

    async fn texts(&self) -> Vec<String> {
        let comments = self.pushed.comments().await;
        let mut texts: Vec<String> = comments
            .iter()
            .map(|comment| comment["text"].as_str().unwrap().to_owned())
            .collect();
        texts.sort();
        texts
    }

    /// Works, and lets time pass while something waits.
    async fn work_for(&self, minutes: i64) {
        for _ in 0..minutes {
            self.pushed.app.work().await;
            self.pushed.app.advance(TimeDelta::minutes(1));
        }
        self.pushed.app.work().await;
    }

    pub async fn trouble(&self) -> String {
        let path = format!("/v1/sources/{}/test", self.pushed.source);
        let test = self.pushed.app.post(&path, json!({})).await.expect(200);
        test.json()["problem"].as_str().unwrap_or_default().to_owned()
    }

    async fn end(self) {
        assert!(self.tool.violations().is_empty(), "{:?}", self.tool.violations());
        self.pushed.app.end().await;
    }
}

fn expected(said: &[Said]) -> Vec<String> {
    let mut texts: Vec<String> = said.iter().map(|said| said.text.clone()).collect();
    texts.sort();
    texts
}

#[tokio::test]
async fn every_tool_with_a_list_brings_what_was_said_since_a_day_once() {
    for kind in LISTS {
        let said = answers(5, noon());
        let asked = Asked::connect(kind, said.clone()).await;
        let begun = asked.begin(said[1].at).await.expect(201);
        assert_eq!(begun.at("/state"), "running", "{kind}");
        asked.pushed.app.work().await;
        assert_eq!(asked.texts().await, expected(&said[1..]), "{kind}");
        let shown = asked.shown().await;
        let counted = ["/state", "/answers", "/added", "/same"].map(|field| shown.at(field));
        assert_eq!(counted, ["done", "4", "4", "0"], "{kind}");
        let first = &asked.pushed.comments().await[0];
        assert_eq!(first["staff_reference"], "E-1042", "{kind}: {first}");
        assert_eq!(first["site"], "Leeds", "{kind}: {first}");
        assert!(!asked.pushed.app.all_recognitions().await.is_empty(), "{kind}");
        // Again: nothing is new.
        asked.begin(said[0].at).await.expect(201);
        asked.pushed.app.work().await;
        assert_eq!(asked.texts().await, expected(&said), "{kind}");
        let path = format!("/v1/sources/{}/backfill", asked.pushed.source);
        let shown = asked.pushed.app.get(&path).await.expect(200);
        let counted = ["/answers", "/added", "/same"].map(|field| shown.at(field));
        assert_eq!(counted, ["5", "1", "4"], "{kind}");
        asked.end().await;
    }
}

#[tokio::test]
async fn history_tells_nobody_and_what_is_new_does() {
    let said = answers(20, noon());
    let asked = Asked::connect("delighted", said.clone()).await;
    asked.begin(said[0].at).await.expect(201);
    asked.pushed.app.work().await;
    let comments = comment::Entity::find()
        .all(asked.pushed.app.db.read())
        .await
        .unwrap();
    assert_eq!(comments.len(), 20);
    for comment in comments {
        let is_old = noon() - comment.occurred_at > TimeDelta::days(14);
        let told = comment.tell != comment::Tell::None;
        assert_ne!(is_old, told, "{}", comment.occurred_at);
    }
    asked.end().await;
}

#[tokio::test]
async fn a_tool_that_is_asked_too_often_is_asked_again_when_it_says() {
    let said = answers(5, noon());
    let asked = Asked::connect("delighted", said.clone()).await;
    asked.tool.script([None, Some(Fault::TooMany(300))]);
    asked.begin(said[0].at).await.expect(201);
    asked.pushed.app.work().await;
    let shown = asked.shown().await;
    let next: DateTime<Utc> = shown.at("/next_at").parse().unwrap();
    assert_eq!(next, noon() + TimeDelta::minutes(5));
    assert!(shown.at("/problem").contains("too many calls"), "{}", shown.text);
    assert!(asked.trouble().await.contains("too many calls"));
    asked.pushed.app.advance(TimeDelta::seconds(299));
    asked.pushed.app.work().await;
    assert_eq!(asked.tool.calls().len(), 2, "it is not asked before then");
    asked.pushed.app.advance(TimeDelta::seconds(1));
    asked.pushed.app.work().await;
    assert_eq!(asked.texts().await, expected(&said));
    assert_eq!(asked.shown().await.at("/state"), "done");
    assert!(!asked.trouble().await.contains("too many calls"));
    asked.end().await;
}

#[tokio::test]
async fn a_tool_that_fails_is_tried_again_and_nothing_is_taken_in_twice() {
    let said = answers(5, noon());
    let asked = Asked::connect("formbricks", said.clone()).await;
    asked
        .tool
        .script([Some(Fault::Fails), None, Some(Fault::NotJson), Some(Fault::Fails)]);
    asked.begin(said[0].at).await.expect(201);
    asked.work_for(3).await;
    assert_eq!(asked.texts().await, expected(&said));
    let shown = asked.shown().await;
    let counted = ["/state", "/answers", "/added", "/same"].map(|field| shown.at(field));
    assert_eq!(counted, ["done", "5", "5", "0"]);
    asked.end().await;
}

#[tokio::test]
async fn a_revoked_key_stops_it_in_words_and_another_one_lets_it_go_on() {
    let said = answers(5, noon());
    let asked = Asked::connect("typeform", said.clone()).await;
    asked.begin(said[0].at).await.expect(201);
    asked.pushed.app.work_on(Kind::Backfill).await;
    asked.tool.revoke("reading-key-2");
    asked.pushed.app.work().await;
    let shown = asked.shown().await;
    assert_eq!(shown.at("/state"), "stopped");
    assert_eq!(shown.at("/answers"), "2");
    let words =
        "the service does not accept the credentials: the key is not known; enter the reading key again";
    assert!(shown.at("/problem").starts_with(words), "{}", shown.text);
    assert!(asked.trouble().await.contains(words));
    let calls = asked.tool.calls().len();
    asked.pushed.app.advance(TimeDelta::days(1));
    asked.pushed.app.work().await;
    assert_eq!(asked.tool.calls().len(), calls, "a person has to act first");
    asked.enter("reading-key-2").await.expect(200);
    asked.pushed.app.work().await;
    assert_eq!(asked.texts().await, expected(&said));
    assert_eq!(asked.shown().await.at("/state"), "done");
    asked.end().await;
}

#[tokio::test]
async fn a_tool_that_sends_the_same_page_again_does_not_go_round_for_ever() {
    let said = answers(5, noon());
    let asked = Asked::connect("delighted", said.clone()).await;
    asked.tool.script([None, Some(Fault::SamePage)]);
    asked.begin(said[0].at).await.expect(201);
    asked.pushed.app.work().await;
    let shown = asked.shown().await;
    assert_eq!(shown.at("/state"), "stopped");
    assert!(
        shown.at("/problem").contains("the same page came twice"),
        "{}",
        shown.text
    );
    assert_eq!(asked.texts().await, expected(&said[..2]));
    asked.post("/resume", json!({})).await.expect(200);
    asked.pushed.app.work().await;
    assert_eq!(asked.texts().await, expected(&said));
    assert_eq!(asked.shown().await.at("/added"), "5");
    asked.end().await;
}

#[tokio::test]
async fn a_process_that_dies_between_pages_repeats_nothing() {
    let said = answers(7, noon());
    let asked = Asked::connect("surveymonkey", said.clone()).await;
    asked.begin(said[0].at).await.expect(201);
    let app = &asked.pushed.app;
    for page in 1..=4 {
        // One dies with the job in its hands; another has it after the lease.
        let tx = app.db.write().await.unwrap();
        let lease = TimeDelta::seconds(30);
        let lost = queue::claim(&tx, Kind::Backfill, 10, "first", app.clock.now(), lease)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(lost.len(), 1, "page {page}");
        app.advance(TimeDelta::minutes(1));
        app.work_on(Kind::Backfill).await;
        // It was not dead, only slow: what it read is not written.
        let before = import::Entity::find().one(app.db.read()).await.unwrap();
        let batch = Batch {
            jobs: lost,
            lost: CancellationToken::new(),
        };
        stage::read(app.app().capture(), batch).await.unwrap();
        assert_eq!(import::Entity::find().one(app.db.read()).await.unwrap(), before);
    }
    app.work().await;
    assert_eq!(asked.texts().await, expected(&said));
    let shown = asked.shown().await;
    let counted = ["/state", "/answers", "/added", "/same"].map(|field| shown.at(field));
    assert_eq!(counted, ["done", "7", "7", "0"]);
    asked.end().await;
}

#[tokio::test]
async fn so_many_calls_a_minute_are_made_by_all_processes_together() {
    let said = answers(20, noon());
    let asked = Asked::connect("delighted", said.clone()).await;
    let mut settings = asked.tool.settings();
    settings["fetch"]["per_minute"] = json!(3);
    asked
        .pushed
        .patch(json!({ "hook": { "settings": settings } }))
        .await
        .expect(200);
    asked.begin(said[0].at).await.expect(201);
    for minute in 1..=3 {
        asked.pushed.app.work().await;
        asked.pushed.app.work().await;
        assert_eq!(asked.tool.calls().len(), minute * 3, "minute {minute}");
        asked.pushed.app.advance(TimeDelta::seconds(61));
    }
    asked.work_for(3).await;
    assert_eq!(asked.texts().await, expected(&said));
    asked.end().await;
}

#[tokio::test]
async fn pushes_and_backfill_may_cross_and_the_newest_words_hold() {
    let mut said = answers(4, noon());
    said[0].revised = said[0].at + TimeDelta::minutes(1);
    let asked = Asked::connect("delighted", said.clone()).await;
    // A push with newer words comes before the page, one with older words after it.
    let newer = push(
        &said[0],
        "Marta was so kind. Really!",
        said[0].at + TimeDelta::minutes(2),
    );
    asked.pushed.push(&newer).await.expect(200);
    asked.pushed.app.work().await;
    asked.begin(said[0].at).await.expect(201);
    asked.pushed.app.work().await;
    let older = push(
        &said[1],
        "Marta was kind at first",
        said[1].at - TimeDelta::minutes(1),
    );
    asked.pushed.push(&older).await.expect(200);
    let same = push(&said[2], &said[2].text.clone(), said[2].at);
    asked.pushed.push(&same).await.expect(200);
    asked.pushed.app.work().await;
    said[0].text = "Marta was so kind. Really!".to_owned();
    assert_eq!(asked.texts().await, expected(&said));
    // What was pushed stays when the rest is taken back.
    let undone = asked.undo().await.expect(200);
    assert_eq!(undone.at("/withdrawn"), "1");
    assert_eq!(asked.texts().await, expected(&said[..3]));
    asked.pushed.app.work().await;
    asked.end().await;
}

/// An answer as Delighted pushes it.
fn push(said: &Said, text: &str, revised: DateTime<Utc>) -> Fixture {
    use hmac::{Hmac, Mac};
    let data = json!({
        "id": said.id, "survey_type": "nps", "score": 9, "comment": text,
        "person": { "id": "9", "email": "ines@example.org", "name": "Ines" },
        "permalink": "https://app.delighted.com/r/abc",
        "created_at": said.at.timestamp(), "updated_at": revised.timestamp(),
        "person_properties": { "ClosedByEmployee": "E-1042", "store": "Leeds" }, "additional_answers": [],
    });
    let body =
        json!({ "event_type": "survey_response.updated", "event_id": "1", "event_data": data }).to_string();
    let mac = <Hmac<sha2::Sha256> as Mac>::new_from_slice(b"dl-key").unwrap();
    let mac = mac.chain_update(body.as_bytes()).finalize().into_bytes();
    let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut push = Fixture::of("delighted").with_body(&body);
    let name = "X-Delighted-Webhook-Signature".to_owned();
    push.headers.insert(name, format!("sha256={hex}"));
    push
}

#[tokio::test]
async fn one_that_is_undone_while_it_runs_brings_nothing_further() {
    let said = answers(6, noon());
    let asked = Asked::connect("asknicely", said.clone()).await;
    asked.begin(said[0].at).await.expect(201);
    asked.pushed.app.work_on(Kind::Backfill).await;
    asked.pushed.app.work_on(Kind::Attribute).await;
    assert_eq!(asked.texts().await.len(), 2);
    let second = asked.begin(said[0].at).await.expect(422);
    assert!(second.text.contains("one is not done yet"), "{}", second.text);
    assert_eq!(asked.undo().await.expect(200).at("/withdrawn"), "2");
    asked.pushed.app.work().await;
    assert!(asked.texts().await.is_empty());
    let credited = asked.pushed.app.all_recognitions().await;
    assert!(credited.iter().all(|credited| credited.withdrawn_at.is_some()));
    let calls = asked.tool.calls().len();
    // Taken in again, they come back.
    asked.begin(said[0].at).await.expect(201);
    asked.pushed.app.work().await;
    assert!(asked.tool.calls().len() > calls);
    assert_eq!(asked.texts().await, expected(&said));
    asked.end().await;
}

#[tokio::test]
async fn one_that_was_stopped_goes_on_where_it_stood() {
    let said = answers(6, noon());
    let asked = Asked::connect("typeform", said.clone()).await;
    asked.begin(said[0].at).await.expect(201);
    asked.pushed.app.work_on(Kind::Backfill).await;
    assert_eq!(
        asked.post("/stop", json!({})).await.expect(200).at("/state"),
        "stopped"
    );
    asked.pushed.app.work().await;
    assert_eq!(asked.tool.calls().len(), 1);
    asked.post("/resume", json!({})).await.expect(200);
    asked.pushed.app.work().await;
    assert_eq!(asked.texts().await, expected(&said));
    assert!(
        asked.tool.calls()[1].contains("before="),
        "{:?}",
        asked.tool.calls()
    );
    asked.end().await;
}

#[tokio::test]
async fn another_way_of_reading_begins_at_the_first_page() {
    let said = answers(6, noon());
    let asked = Asked::connect("formbricks", said.clone()).await;
    asked.begin(said[0].at).await.expect(201);
    asked.pushed.app.work_on(Kind::Backfill).await;
    assert_ne!(asked.row().await.place, json!({}));
    let mut settings = asked.tool.settings();
    settings["fetch"]["list"]["size"] = json!(3);
    let patch = json!({ "hook": { "settings": settings } });
    asked.pushed.patch(patch).await.expect(200);
    assert_eq!(asked.row().await.place, json!({}));
    asked.pushed.app.work().await;
    assert_eq!(asked.texts().await, expected(&said));
    asked.end().await;
}

#[tokio::test]
async fn a_key_goes_to_the_server_for_which_it_was_entered_and_to_no_other() {
    let said = answers(2, noon());
    let asked = Asked::connect("formbricks", said.clone()).await;
    let other = FakeTool::start("formbricks", said.clone()).await;
    asked
        .pushed
        .patch(json!({ "hook": { "settings": other.settings() } }))
        .await
        .expect(200);
    asked.begin(said[0].at).await.expect(201);
    asked.pushed.app.work().await;
    assert!(other.calls().is_empty());
    let shown = asked.shown().await;
    assert!(
        shown.at("/problem").contains("entered for another server"),
        "{}",
        shown.text
    );
    let mut settings = asked.tool.settings();
    settings["fetch"]["server"] = json!("https://10.1.2.3");
    let patch = json!({ "hook": { "settings": settings, "reading_key": KEY } });
    asked.pushed.patch(patch).await.expect(200);
    asked.pushed.app.work().await;
    let shown = asked.shown().await;
    assert!(
        shown.at("/problem").contains("no public address"),
        "{}",
        shown.text
    );
    let fetching = fetching::Entity::find()
        .one(asked.pushed.app.db.read())
        .await
        .unwrap()
        .unwrap();
    assert!(!String::from_utf8_lossy(&fetching.sealed).contains(KEY));
    let path = format!("/v1/sources/{}", asked.pushed.source);
    let key = Some(asked.pushed.app.key.as_str());
    asked
        .pushed
        .app
        .call(Method::DELETE, &path, key, None)
        .await
        .expect(200);
    let left = fetching::Entity::find()
        .all(asked.pushed.app.db.read())
        .await
        .unwrap();
    assert!(left.is_empty(), "the key goes with the source");
    asked.end().await;
}

#[tokio::test]
async fn what_cannot_be_taken_in_is_refused_in_words() {
    let asked = Asked::connect("typeform", Vec::new()).await;
    let refused = async |body: Value| asked.post("", body).await.expect(422).at("/detail");
    assert!(
        refused(json!({ "since": "2027-01-01" }))
            .await
            .contains("lies in the future")
    );
    assert!(
        refused(json!({ "since": "1999-01-01" }))
            .await
            .contains("before 2000-01-01")
    );
    let settings = json!({ "fetch": { "server": "https://api.typeform.com" } });
    asked
        .pushed
        .patch(json!({ "hook": { "settings": settings } }))
        .await
        .expect(200);
    let unnamed = refused(json!({ "since": "2026-01-01" })).await;
    assert!(unnamed.contains("say which form to read"), "{unnamed}");
    let wrong = json!({ "fetch": { "list": { "address": "/x/{nothing}" } } });
    let wrong = asked
        .pushed
        .patch(json!({ "hook": { "settings": wrong } }))
        .await
        .expect(422);
    assert!(wrong.text.contains("which stands for nothing"), "{}", wrong.text);
    let key = asked.enter("two words").await.expect(422);
    assert!(key.text.contains("a character that no token has"), "{}", key.text);
    asked.end().await;

    let fixture = Fixture::of("generic");
    let plain = Pushed::connect("generic", &fixture).await;
    let path = format!("/v1/sources/{}/backfill", plain.source);
    let refused = plain
        .app
        .post(&path, json!({ "since": "2026-01-01" }))
        .await
        .expect(422);
    assert!(
        refused.text.contains("import its export as a file"),
        "{}",
        refused.text
    );
    plain.app.get(&path).await.expect(404);
    plain.app.end().await;
}

/// The real program: begun by command line, read by a server that is killed between two pages, gone on with by another.
#[tokio::test]
async fn by_command_line_one_survives_a_server_that_is_killed() {
    let roster = "employee_id,given_name,family_name,site\nE-1042,Marta,Lind,Leeds\n";
    let shop = Installation::create(roster, &[]).await;
    let said = answers(6, Clock::System.now());
    let tool = FakeTool::start("formbricks", said.clone()).await;
    tool.script([None, None, Some(Fault::Fails)]);
    std::fs::write(shop.path("settings.json"), tool.settings().to_string()).unwrap();
    std::fs::write(shop.path("key.txt"), KEY).unwrap();
    let add = [
        "source",
        "add",
        "formbricks",
        "Survey",
        "--no-secret",
        "--settings",
        "settings.json",
    ];
    shop.run(&add);
    let since = said[0].at.date_naive().to_string();
    let begin = ["source", "backfill", "Survey", "--since", since.as_str()];
    assert!(
        shop.fails(&begin)
            .contains("reading_key: is missing; enter it first")
    );
    shop.run(&["source", "set", "Survey", "--reading-key", "key.txt"]);
    assert!(shop.run(&begin).contains("running"));
    assert!(shop.fails(&begin).contains("one is not done yet"));
    let status = || shop.run(&["source", "backfill", "Survey"]);
    for killed in [true, false] {
        let server = shop.serve(free_port()).await;
        let wanted = if killed {
            "2 pages, 4 answers, 4 new"
        } else {
            "done; 4 pages, 6 answers, 6 new"
        };
        let mut said = status();
        for _ in 0..400 {
            if said.contains(wanted) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            said = status();
        }
        assert!(said.contains(wanted), "{said}");
        server.kill();
    }
    let said = status();
    let undo = said
        .split("plaudit import undo ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    assert!(
        shop.run(&["import", "undo", undo])
            .contains("Withdrew 6 comments")
    );
    assert!(status().contains("undone"));
    let resume = shop.fails(&["source", "backfill", "Survey", "--resume"]);
    assert!(resume.contains("no backfill that could go on"), "{resume}");
    let mut elsewhere = tool.settings();
    elsewhere["fetch"]["server"] = "https://elsewhere.example".into();
    std::fs::write(shop.path("settings.json"), elsewhere.to_string()).unwrap();
    let moved = shop.run(&["source", "set", "Survey", "--settings", "settings.json"]);
    assert!(moved.contains("enter it again with --reading-key"), "{moved}");
    assert!(tool.violations().is_empty(), "{:?}", tool.violations());
}
