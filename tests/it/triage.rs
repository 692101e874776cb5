//! A person decides where the engine is not sure; the decision holds, is audited and can be undone.
use chrono::TimeDelta;
use entity::{audit, comment, recognition, staff_member};
use plaudit::roster::{
    Change,
    assignment::{self, AssignmentFields},
    staff::{self, StaffFields},
};
use poem::http::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, TestApp};

/// Two people of one name at one site, and a comment that thanks one of them.
struct Namesakes {
    app: TestApp,
    leeds: Uuid,
    boss: Uuid,
    reed: Uuid,
    lund: Uuid,
    comment: String,
}

const WORDS: &str = "Matthew was so kind and helpful, thank you Matthew!";

async fn matthew(app: &TestApp, family: &str, site: Uuid, manager: Uuid) -> staff_member::Model {
    let tx = app.db.write().await.unwrap();
    let change = Change::begin(&tx, app.organisation.id, "cli", app.clock.now())
        .await
        .unwrap();
    let fields = StaffFields {
        employee_id: format!("m-{family}"),
        given_name: "Matthew".to_owned(),
        family_name: family.to_owned(),
        ..StaffFields::default()
    };
    let made = staff::create(&change, fields).await.unwrap();
    let place = AssignmentFields {
        site: Some(site),
        manager: Some(manager),
        ..AssignmentFields::default()
    };
    assignment::create(&change, made.id, place).await.unwrap();
    tx.commit().await.unwrap();
    made
}

impl Namesakes {
    async fn start() -> Namesakes {
        let app = TestApp::start().await;
        let leeds = app.site("Leeds", None).await.id;
        let boss = app.person("Ruth", "Adler", Some(leeds), None).await.id;
        let reed = matthew(&app, "Reed", leeds, boss).await.id;
        let lund = matthew(&app, "Lund", leeds, boss).await.id;
        let comment = send(&app, WORDS, "r-1").await;
        app.work().await;
        Namesakes {
            app,
            leeds,
            boss,
            reed,
            lund,
            comment,
        }
    }

    async fn decide(&self, decision: Value) -> Answer {
        let path = format!("/v1/triage/{}/decisions", self.comment);
        self.app.post(&path, decision).await
    }

    async fn undo(&self) -> Answer {
        self.app
            .post(&format!("/v1/triage/{}/undo", self.comment), json!({}))
            .await
    }

    async fn state(&self) -> String {
        self.app
            .get(&format!("/v1/comments/{}", self.comment))
            .await
            .expect(200)
            .at("/state")
    }

    /// Who is recognised, in the order of their ids; none is praise of the site.
    async fn recognised(&self) -> Vec<Option<Uuid>> {
        let all = recognition::Entity::find().all(self.app.db.read()).await.unwrap();
        let mut standing: Vec<_> = all
            .into_iter()
            .filter(|recognition| recognition.withdrawn_at.is_none())
            .map(|recognition| recognition.staff_id)
            .collect();
        standing.sort();
        standing
    }

    async fn end(self) {
        self.app.advance(TimeDelta::minutes(3));
        self.app.work().await;
        self.app.end().await;
    }
}

async fn send(app: &TestApp, text: &str, external_id: &str) -> String {
    let sent = app
        .post(
            "/v1/comments",
            json!({"text": text, "site": "Leeds", "external_id": external_id}),
        )
        .await;
    assert!(sent.status.is_success(), "{}", sent.text);
    sent.at("/id")
}

#[tokio::test]
async fn namesakes_wait_for_a_person_with_ranked_candidates_and_their_evidence() {
    let shop = Namesakes::start().await;
    let list = shop.app.get("/v1/triage").await.expect(200);
    assert_eq!(list.at("/items/0/comment/text"), WORDS);
    let candidates = list.json()["items"][0]["candidates"].as_array().unwrap().clone();
    assert_eq!(candidates.len(), 2, "{candidates:?}");
    assert!(candidates.iter().all(|candidate| candidate["state"] == "open"));
    assert_eq!(list.at("/items/0/candidates/0/spans/0/start"), "0");
    assert!(list.json()["items"][0]["candidates"][0]["evidence"].is_array());
    assert_eq!(shop.recognised().await, []);
    shop.end().await;
}

#[tokio::test]
async fn a_credit_closes_what_is_open_and_is_audited_with_who_and_when() {
    let shop = Namesakes::start().await;
    let decided = shop
        .decide(json!({"decision": "credit", "staff": [shop.reed]}))
        .await
        .expect(200);
    assert_eq!(decided.at("/number"), "1");
    assert_eq!(shop.recognised().await, [Some(shop.reed)]);
    assert_eq!(shop.state().await, "done");
    assert_eq!(shop.app.get("/v1/triage").await.json()["items"], json!([]));
    let log = audit::Entity::find().all(shop.app.db.read()).await.unwrap();
    let line = log.iter().find(|line| line.action == "decide_triage").unwrap();
    assert!(line.actor.starts_with("key:") && line.at == shop.app.clock.now());
    assert_eq!(line.subject_id.as_deref(), Some(shop.comment.as_str()));
    assert_eq!(line.detail["staff"], json!([shop.reed]));
    shop.end().await;
}

#[tokio::test]
async fn somebody_who_was_no_candidate_can_be_credited_and_several_together() {
    let shop = Namesakes::start().await;
    shop.decide(json!({"decision": "credit", "staff": [shop.boss, shop.lund]}))
        .await
        .expect(200);
    let mut both = [Some(shop.boss), Some(shop.lund)];
    both.sort();
    assert_eq!(shop.recognised().await, both);
    shop.end().await;
}

#[tokio::test]
async fn nobody_known_is_praise_of_the_site_if_so_said_and_otherwise_of_nobody() {
    let shop = Namesakes::start().await;
    shop.decide(json!({"decision": "nobody_known", "site_praise": true}))
        .await
        .expect(200);
    assert_eq!(shop.recognised().await, [None]);
    shop.undo().await.expect(200);
    shop.decide(json!({"decision": "nobody_known"})).await.expect(200);
    assert_eq!(shop.recognised().await, []);
    assert_eq!(shop.state().await, "done");
    shop.end().await;
}

#[tokio::test]
async fn undo_restores_what_was_and_only_the_last_decision_can_be_undone_once() {
    let shop = Namesakes::start().await;
    shop.undo().await.expect(409);
    shop.decide(json!({"decision": "credit", "staff": [shop.reed, shop.boss]}))
        .await
        .expect(200);
    let undone = shop.undo().await.expect(200);
    assert_eq!(undone.at("/decision"), "credit");
    assert_eq!(shop.recognised().await, []);
    assert_eq!(shop.state().await, "triage");
    let list = shop.app.get("/v1/triage").await;
    let open = list.json()["items"][0]["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|candidate| candidate["state"] == "open" && candidate["decided_by"] == "engine")
        .count();
    assert_eq!(open, 2);
    shop.undo().await.expect(409);
    shop.end().await;
}

#[tokio::test]
async fn a_credit_that_is_undone_within_two_minutes_is_not_routed_before() {
    let shop = Namesakes::start().await;
    shop.decide(json!({"decision": "credit", "staff": [shop.reed]}))
        .await
        .expect(200);
    shop.app.advance(TimeDelta::seconds(119));
    assert_eq!(shop.app.work().await, 0, "nobody may hear of it yet");
    shop.app.advance(TimeDelta::seconds(1));
    assert!(shop.app.work().await > 0);
    shop.end().await;
}

#[tokio::test]
async fn a_person_beats_the_engine_and_changed_words_bring_the_comment_back_to_them() {
    let shop = Namesakes::start().await;
    shop.decide(json!({"decision": "credit", "staff": [shop.lund]}))
        .await
        .expect(200);
    send(
        &shop.app,
        "Matthew Reed was so kind and helpful, thank you Matthew Reed!",
        "r-1",
    )
    .await;
    shop.decide(json!({"decision": "not_praise"})).await.expect(409);
    shop.app.work().await;
    assert!(
        shop.recognised().await.contains(&Some(shop.lund)),
        "the person's word holds"
    );
    let list = shop.app.get("/v1/triage").await.expect(200);
    assert_eq!(list.at("/items/0/words_changed"), "true");
    shop.decide(json!({"decision": "credit", "staff": [shop.reed]}))
        .await
        .expect(200);
    assert_eq!(
        shop.recognised().await,
        [Some(shop.reed)],
        "a credit that is not repeated is withdrawn"
    );
    assert_eq!(shop.state().await, "done");
    shop.undo().await.expect(200);
    assert_eq!(shop.state().await, "triage", "the words are still other ones");
    shop.end().await;
}

#[tokio::test]
async fn words_that_change_after_an_undo_are_the_engines_again() {
    let shop = Namesakes::start().await;
    shop.decide(json!({"decision": "not_staff"})).await.expect(200);
    shop.undo().await.expect(200);
    send(
        &shop.app,
        "Matthew Reed was so kind and helpful, thank you Matthew Reed!",
        "r-1",
    )
    .await;
    shop.app.work().await;
    assert_eq!(shop.recognised().await, [Some(shop.reed)]);
    assert_eq!(shop.state().await, "done");
    shop.end().await;
}

#[tokio::test]
async fn a_credit_of_the_engine_can_be_taken_back_and_given_to_another() {
    let shop = Namesakes::start().await;
    let comment = send(
        &shop.app,
        "Matthew Reed was so kind and helpful, thank you!",
        "r-2",
    )
    .await;
    shop.app.work().await;
    assert_eq!(shop.recognised().await, [Some(shop.reed)]);
    let path = format!("/v1/triage/{comment}/decisions");
    let instead = json!({"decision": "credit", "staff": [shop.lund], "take_back": [shop.reed]});
    shop.app.post(&path, instead).await.expect(200);
    assert_eq!(shop.recognised().await, [Some(shop.lund)]);
    shop.app
        .post(&path, json!({"decision": "not_praise"}))
        .await
        .expect(200);
    assert_eq!(shop.recognised().await, []);
    shop.end().await;
}

#[tokio::test]
async fn decisions_that_make_no_sense_are_refused_and_change_nothing() {
    let shop = Namesakes::start().await;
    let (other, _) = shop.app.other_organisation().await;
    for (decision, status) in [
        (json!({"decision": "credit"}), 422),
        (json!({"decision": "credit", "staff": [other.id]}), 422),
        (json!({"decision": "not_staff", "staff": [shop.reed]}), 422),
        (
            json!({"decision": "credit", "staff": [shop.reed], "site_praise": true}),
            422,
        ),
        (
            json!({"decision": "credit", "staff": [shop.reed], "take_back": [shop.reed]}),
            422,
        ),
        (json!({"decision": "perhaps"}), 400),
    ] {
        shop.decide(decision).await.expect(status);
    }
    assert_eq!(shop.state().await, "triage");
    shop.decide(json!({"decision": "not_staff"})).await.expect(200);
    shop.decide(json!({"decision": "not_staff"})).await.expect(409);
    shop.end().await;
}

#[tokio::test]
async fn triage_is_listed_by_site_team_and_person_oldest_first_and_never_to_strangers() {
    let shop = Namesakes::start().await;
    let (_, foreign) = shop.app.other_organisation().await;
    shop.app.advance(TimeDelta::minutes(1));
    let second = send(&shop.app, "Matthew was lovely and very patient with me", "r-2").await;
    shop.app.work().await;
    let north = shop.app.site("North", None).await.id;
    let ids = |answer: Answer| -> Vec<String> {
        let items = answer.expect(200).json()["items"].as_array().unwrap().clone();
        let id = |item: &Value| item["comment"]["id"].as_str().unwrap().to_owned();
        items.iter().map(id).collect()
    };
    let both = [shop.comment.clone(), second.clone()];
    let get = async |query: String| shop.app.get(&format!("/v1/triage{query}")).await;
    assert_eq!(ids(get(String::new()).await), both);
    assert_eq!(ids(get(format!("?site={}", shop.leeds)).await), both);
    assert_eq!(ids(get(format!("?team={}", shop.boss)).await), both);
    assert_eq!(ids(get(format!("?staff={}", shop.reed)).await), both);
    assert!(ids(get(format!("?site={north}")).await).is_empty());
    assert!(ids(get(format!("?team={}", shop.reed)).await).is_empty());
    let first = get("?limit=1".to_owned()).await;
    let next = first.at("/next");
    assert_eq!(ids(first), both[..1]);
    assert_eq!(ids(get(format!("?limit=1&after={next}")).await), both[1..]);
    let theirs = shop
        .app
        .call(Method::GET, "/v1/triage", Some(&foreign), None)
        .await;
    assert!(ids(theirs).is_empty());
    for path in [
        format!("{}/undo", shop.comment),
        format!("{}/decisions", shop.comment),
    ] {
        let body = json!({"decision": "not_praise"});
        shop.app
            .call(
                Method::POST,
                &format!("/v1/triage/{path}"),
                Some(&foreign),
                Some(body),
            )
            .await
            .expect(404);
    }
    let theirs = format!("/v1/triage?site={}", shop.leeds);
    shop.app
        .call(Method::GET, &theirs, Some(&foreign), None)
        .await
        .expect(404);
    shop.end().await;
}

#[tokio::test]
async fn complaints_are_listed_apart_and_recognise_nobody() {
    let shop = Namesakes::start().await;
    let angry =
        "Matthew Reed was rude, ignored us for an hour and ruined our day. Terrible service, never again.";
    let comment = send(&shop.app, angry, "r-3").await;
    shop.app.work().await;
    let shown = shop.app.get(&format!("/v1/comments/{comment}")).await;
    assert_eq!(shown.at("/tone"), "complaint");
    let list = shop.app.get("/v1/complaints").await.expect(200);
    assert_eq!(list.at("/items/0/id"), comment);
    assert_eq!(list.json()["items"].as_array().unwrap().len(), 1);
    let here = shop.app.get(&format!("/v1/complaints?site={}", shop.leeds)).await;
    assert_eq!(here.at("/items/0/id"), comment);
    assert_eq!(shop.recognised().await, []);
    let row = comment::Entity::find_by_id(comment.parse::<Uuid>().unwrap())
        .one(shop.app.db.read())
        .await
        .unwrap();
    assert_eq!(row.unwrap().state, comment::State::Done);
    shop.end().await;
}

#[tokio::test]
async fn who_is_credited_amid_complaints_makes_the_comment_mixed_and_the_lead_hears_of_it() {
    let shop = Namesakes::start().await;
    let angry = "Awful. Awful. Awful. Dirty, rude, expensive, slow, broken. Never again. \
                 Matthew Reed helped us, he was very helpful.";
    let comment = send(&shop.app, angry, "r-4").await;
    shop.app.work().await;
    assert_eq!(shop.recognised().await, [Some(shop.reed)]);
    let runs = entity::attribution::Entity::find()
        .all(shop.app.db.read())
        .await
        .unwrap();
    let own = runs.iter().find(|run| run.comment_id.to_string() == comment);
    assert_eq!(own.unwrap().tone, comment::Tone::Complaint, "by its words alone");
    let shown = shop.app.get(&format!("/v1/comments/{comment}")).await;
    assert_eq!(shown.at("/tone"), "mixed");
    let list = shop.app.get("/v1/complaints").await.expect(200);
    assert_eq!(list.at("/items/0/id"), comment);
    shop.end().await;
}

#[tokio::test]
async fn a_complaint_in_which_a_person_credits_somebody_is_mixed_until_that_is_undone() {
    let shop = Namesakes::start().await;
    let angry =
        "Matthew Reed was rude, ignored us for an hour and ruined our day. Terrible service, never again.";
    let comment = send(&shop.app, angry, "r-3").await;
    shop.app.work().await;
    let tone = async || shop.app.get(&format!("/v1/comments/{comment}")).await.at("/tone");
    let body = json!({"decision": "credit", "staff": [shop.lund]});
    let decide = format!("/v1/triage/{comment}/decisions");
    shop.app.post(&decide, body).await.expect(200);
    assert_eq!(shop.recognised().await, [Some(shop.lund)]);
    assert_eq!(tone().await, "mixed");
    let undo = format!("/v1/triage/{comment}/undo");
    shop.app
        .call(Method::POST, &undo, Some(&shop.app.key), None)
        .await
        .expect(200);
    assert_eq!(shop.recognised().await, []);
    assert_eq!(tone().await, "complaint");
    shop.end().await;
}
