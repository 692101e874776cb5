//! Pushes that name an answer and hold none of its words are completed: fetched from their tool, once each, whatever fails on
//! the way.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{comment, push};
use hmac::{Hmac, Mac};
use plaudit::{
    capture::source::{self as sources, SourcePatch, read_pushes},
    platform::job::{Kind, queue, worker::Batch},
};
use sea_orm::EntityTrait;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    backfill::Asked,
    fake_tool::{Fault, KEY, Said},
    hooks::Fixture,
    support::noon,
};

fn said(id: &str) -> Said {
    let at: DateTime<Utc> = noon() - TimeDelta::hours(2);
    Said {
        id: id.to_owned(),
        text: format!("Marta was so kind and helpful to me ({id})!"),
        at,
        revised: at,
    }
}

/// What SurveyMonkey pushes of an answer.
fn names(id: &str) -> Fixture {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let fixture = Fixture::of("surveymonkey");
    let body = fixture.body.replace("987", id);
    let mac = <Hmac<sha1::Sha1> as Mac>::new_from_slice(b"client-id&client-secret").unwrap();
    let mac = STANDARD.encode(mac.chain_update(body.as_bytes()).finalize().into_bytes());
    let mut push = fixture.with_body(&body);
    push.headers.insert("Sm-Signature".to_owned(), mac);
    push
}

async fn states(asked: &Asked) -> Vec<(push::State, String)> {
    let mut pushes = asked.pushed.pushes().await;
    pushes.sort_by_key(|push| push.id);
    pushes
        .into_iter()
        .map(|push| (push.state, push.reason.unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn what_surveymonkey_and_qualtrics_name_is_fetched_and_read() {
    let asked = Asked::connect("surveymonkey", vec![said("987")]).await;
    for _ in 0..2 {
        asked.pushed.push(&names("987")).await.expect(200);
        asked.pushed.app.work().await;
    }
    let comments = asked.pushed.comments().await;
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0]["text"], said("987").text.as_str());
    assert_eq!(comments[0]["external_id"], "987");
    assert_eq!(comments[0]["staff_reference"], "E-1042");
    assert_eq!(asked.pushed.app.all_recognitions().await.len(), 1);
    assert_eq!(states(&asked).await, [(push::State::Read, String::new())]);
    assert_eq!(asked.tool.calls().len(), 1);
    // Deleted there, its words go here.
    asked
        .pushed
        .push(&Fixture::of("surveymonkey").with(&Fixture::of("surveymonkey").then[0]))
        .await
        .expect(200);
    asked.pushed.app.work().await;
    assert!(asked.pushed.comments().await.is_empty());
    assert!(
        asked.tool.violations().is_empty(),
        "{:?}",
        asked.tool.violations()
    );
    asked.pushed.app.end().await;

    let asked = Asked::connect("qualtrics", vec![said("R_0")]).await;
    let fixture = Fixture::of("qualtrics");
    let thin = fixture.others.iter().find(|other| other.quarantined).unwrap();
    asked.pushed.push(&fixture.with(thin)).await.expect(200);
    asked.pushed.app.work().await;
    let comments = asked.pushed.comments().await;
    assert_eq!(comments[0]["text"], said("R_0").text.as_str());
    assert_eq!(comments[0]["external_id"], "R_0");
    assert_eq!(comments[0]["site"], "Leeds");
    assert!(
        asked.tool.violations().is_empty(),
        "{:?}",
        asked.tool.violations()
    );
    asked.pushed.app.end().await;
}

#[tokio::test]
async fn one_waits_while_its_tool_is_away_and_asks_again_when_it_says() {
    let asked = Asked::connect("surveymonkey", vec![said("1"), said("2")]).await;
    asked.tool.script([Some(Fault::Fails), Some(Fault::TooMany(120))]);
    asked.pushed.push(&names("1")).await.expect(200);
    asked.pushed.push(&names("2")).await.expect(200);
    asked.pushed.app.work().await;
    assert_eq!(asked.pushed.shown().await.at("/hook/waiting"), "2");
    assert_eq!(
        asked.tool.calls().len(),
        1,
        "a tool in trouble is asked for one alone"
    );
    assert!(asked.trouble().await.contains("503"), "{}", asked.trouble().await);
    asked.pushed.app.advance(TimeDelta::seconds(60));
    asked.pushed.app.work().await;
    assert!(
        asked.trouble().await.contains("too many calls"),
        "{}",
        asked.trouble().await
    );
    asked.pushed.app.advance(TimeDelta::seconds(60));
    asked.pushed.app.work().await;
    assert_eq!(asked.tool.calls().len(), 2, "not before the tool's time");
    asked.pushed.app.advance(TimeDelta::seconds(70));
    asked.pushed.app.work().await;
    asked.pushed.app.advance(TimeDelta::seconds(120));
    asked.pushed.app.work().await;
    assert_eq!(asked.pushed.comments().await.len(), 2);
    assert_eq!(asked.trouble().await, "");
    asked.pushed.app.end().await;
}

#[tokio::test]
async fn no_tool_is_waited_for_longer_than_a_day() {
    let asked = Asked::connect("surveymonkey", vec![said("1")]).await;
    asked.tool.script([Some(Fault::TooMany(365 * 86_400))]);
    asked.pushed.push(&names("1")).await.expect(200);
    asked.pushed.app.work().await;
    asked.pushed.app.advance(TimeDelta::days(1));
    asked.pushed.app.work().await;
    assert_eq!(asked.pushed.comments().await.len(), 1);
    asked.pushed.app.end().await;
}

/// Its job looks while the source is paused, and ends once it is not.
#[tokio::test]
async fn a_push_is_read_whose_source_is_resumed_while_its_job_ends() {
    let fixture = Fixture::of("typeform");
    let pushed = crate::hooks::Pushed::connect("typeform", &fixture).await;
    let (app, own) = (&pushed.app, pushed.app.organisation.id);
    pushed.push(&fixture).await.expect(200);
    pushed.patch(json!({ "paused": true })).await.expect(200);
    let tx = app.db.write().await.unwrap();
    let lease = TimeDelta::minutes(1);
    let jobs = queue::claim(&tx, Kind::Push, 10, "first", app.clock.now(), lease)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(jobs.len(), 1);
    let tx = app.db.write().await.unwrap();
    let resumed = SourcePatch {
        paused: Some(false),
        ..SourcePatch::default()
    };
    let source = pushed.source.parse().unwrap();
    sources::update(&tx, own, source, resumed, "cli", app.clock.now())
        .await
        .unwrap();
    let batch = Batch {
        jobs,
        lost: CancellationToken::new(),
    };
    let reading = tokio::spawn(read_pushes::read(app.app().capture(), batch));
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    tx.commit().await.unwrap();
    reading.await.unwrap().unwrap();
    app.work().await;
    assert_eq!(pushed.comments().await.len(), 1);
    pushed.app.end().await;
}

/// A token may read one survey and not the other.
#[tokio::test]
async fn an_answer_that_the_tool_refuses_holds_up_no_other() {
    let asked = Asked::connect("surveymonkey", vec![said("1"), said("2")]).await;
    asked.tool.script([Some(Fault::Forbids)]);
    asked.pushed.push(&names("1")).await.expect(200);
    asked.pushed.push(&names("2")).await.expect(200);
    asked.pushed.app.work().await;
    let states = states(&asked).await;
    let states: Vec<_> = states.iter().map(|(state, _)| *state).collect();
    assert_eq!(states, [push::State::Waiting, push::State::Read]);
    asked.pushed.app.advance(TimeDelta::minutes(15));
    asked.pushed.app.work().await;
    assert_eq!(asked.pushed.comments().await.len(), 2);
    asked.pushed.app.end().await;
}

#[tokio::test]
async fn an_answer_that_is_gone_is_set_apart_in_words() {
    let asked = Asked::connect("surveymonkey", Vec::new()).await;
    asked.pushed.push(&names("1")).await.expect(200);
    asked.pushed.app.work().await;
    let reason = "the tool says that the answer which it names is not there, or not any more";
    assert_eq!(
        states(&asked).await,
        [(push::State::Quarantined, reason.to_owned())]
    );
    // It came late: read again, it is there.
    asked.tool.change(|all| all.push(said("1")));
    let replay = format!("/v1/sources/{}/quarantine/replay", asked.pushed.source);
    asked.pushed.app.post(&replay, json!({})).await.expect(200);
    asked.pushed.app.work().await;
    assert_eq!(asked.pushed.comments().await.len(), 1);
    asked.pushed.app.end().await;
}

#[tokio::test]
async fn wrong_credentials_stand_in_the_health_and_the_push_waits_for_right_ones() {
    let asked = Asked::connect("surveymonkey", vec![said("1"), said("2")]).await;
    asked.tool.revoke("reading-key-2");
    asked.pushed.push(&names("1")).await.expect(200);
    asked.pushed.push(&names("2")).await.expect(200);
    asked.pushed.app.work().await;
    let trouble = asked.trouble().await;
    assert!(
        trouble.contains("does not accept the credentials")
            && trouble.contains("enter the reading key again"),
        "{trouble}"
    );
    assert_eq!(asked.tool.calls().len(), 1, "one refusal is enough for both");
    assert_eq!(asked.pushed.shown().await.at("/hook/waiting"), "2");
    asked.enter("reading-key-2").await.expect(200);
    asked.pushed.app.work().await;
    assert_eq!(asked.pushed.comments().await.len(), 2);
    assert_eq!(asked.trouble().await, "");
    asked.pushed.app.end().await;
}

#[tokio::test]
async fn without_a_key_it_is_set_apart_and_says_what_to_enter() {
    let mut asked = Asked::connect("surveymonkey", vec![said("1")]).await;
    asked.pushed.app.end_with_jobs().await;
    let fixture = Fixture {
        settings: asked.tool.settings(),
        ..Fixture::of("surveymonkey")
    };
    asked.pushed = crate::hooks::Pushed::connect("surveymonkey", &fixture).await;
    asked.pushed.push(&names("1")).await.expect(200);
    asked.pushed.app.work().await;
    let (state, reason) = states(&asked).await.remove(0);
    assert_eq!(state, push::State::Quarantined);
    assert!(
        reason.contains("holds none of its words; the reading key is missing (access token)"),
        "{reason}"
    );
    asked.enter(KEY).await.expect(200);
    let replay = format!("/v1/sources/{}/quarantine/replay", asked.pushed.source);
    asked.pushed.app.post(&replay, json!({})).await.expect(200);
    asked.pushed.app.work().await;
    assert_eq!(asked.pushed.comments().await.len(), 1);
    asked.pushed.app.end().await;
}

#[tokio::test]
async fn one_that_is_deleted_there_before_it_was_fetched_never_comes() {
    let asked = Asked::connect("surveymonkey", vec![said("987")]).await;
    asked.tool.script([Some(Fault::Fails)]);
    asked.pushed.push(&names("987")).await.expect(200);
    asked.pushed.app.work().await;
    let fixture = Fixture::of("surveymonkey");
    asked
        .pushed
        .push(&fixture.with(&fixture.then[0]))
        .await
        .expect(200);
    asked.pushed.app.work().await;
    asked.pushed.app.advance(TimeDelta::minutes(10));
    asked.pushed.app.work().await;
    assert!(asked.pushed.comments().await.is_empty());
    let comments = comment::Entity::find()
        .all(asked.pushed.app.db.read())
        .await
        .unwrap();
    assert!(comments.iter().all(|comment| comment.withdrawn_at.is_some()));
    asked.pushed.app.end().await;
}

#[tokio::test]
async fn a_paused_source_fetches_nothing_until_it_is_resumed() {
    let asked = Asked::connect("surveymonkey", vec![said("1")]).await;
    asked.tool.script([Some(Fault::Fails)]);
    asked.pushed.push(&names("1")).await.expect(200);
    asked.pushed.app.work().await;
    asked.pushed.patch(json!({ "paused": true })).await.expect(200);
    asked.pushed.app.advance(TimeDelta::minutes(10));
    asked.pushed.app.work().await;
    assert_eq!(asked.tool.calls().len(), 1);
    asked.pushed.patch(json!({ "paused": false })).await.expect(200);
    asked.pushed.app.work().await;
    assert_eq!(asked.pushed.comments().await.len(), 1);
    asked.pushed.app.end().await;
}

#[tokio::test]
async fn many_are_fetched_within_the_allowance() {
    let all: Vec<Said> = (0..7).map(|number| said(&number.to_string())).collect();
    let asked = Asked::connect("surveymonkey", all).await;
    let mut settings = asked.tool.settings();
    settings["fetch"]["per_minute"] = json!(2);
    asked
        .pushed
        .patch(json!({ "hook": { "settings": settings } }))
        .await
        .expect(200);
    for number in 0..7 {
        asked.pushed.push(&names(&number.to_string())).await.expect(200);
    }
    for minute in 1..=3 {
        asked.pushed.app.work().await;
        assert_eq!(asked.tool.calls().len(), minute * 2, "minute {minute}");
        asked.pushed.app.advance(TimeDelta::seconds(61));
    }
    for _ in 0..4 {
        asked.pushed.app.work().await;
        asked.pushed.app.advance(TimeDelta::seconds(61));
    }
    asked.pushed.app.work().await;
    assert_eq!(asked.pushed.comments().await.len(), 7);
    asked.pushed.app.end().await;
}
