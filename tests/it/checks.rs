//! A random share of automatic credits is put as a question before somebody who was not told: what they say is counted, and
//! decided where it differs. Nobody hears later for it.
use chrono::TimeDelta;
use entity::{audit, comment, organisation, recognition, spot_check};
use plaudit::{attribute::draw, triage::check::FORGOTTEN_AFTER};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Answer, TestApp,
    html::{faults_of, read},
};

/// Lena leads Leeds, where Priya and Tomasz report to Ruth; every automatic credit is asked about.
struct Shop {
    app: TestApp,
    ruth: Uuid,
    lena: Uuid,
    priya: Uuid,
    tomasz: Uuid,
}

const PRAISE: &str = "Priya was so kind and helpful, thank you Priya!";

impl Shop {
    async fn open(every: u32) -> Shop {
        let app = TestApp::start().await;
        let leeds = app.site("Leeds", None).await.id;
        let ruth = app.person("Ruth", "Adler", Some(leeds), None).await.id;
        let lena = app.person("Lena", "Moss", None, None).await.id;
        let priya = app.person("Priya", "Nair", Some(leeds), Some(ruth)).await.id;
        let tomasz = app.person("Tomasz", "Quill", Some(leeds), Some(ruth)).await.id;
        app.let_lead(leeds, lena).await;
        let shop = Shop {
            app,
            ruth,
            lena,
            priya,
            tomasz,
        };
        shop.set(json!({ "check_every": every })).await.expect(200);
        shop
    }

    async fn set(&self, settings: Value) -> Answer {
        let path = "/v1/organisation";
        self.app
            .call(
                poem::http::Method::PATCH,
                path,
                Some(&self.app.key),
                Some(settings),
            )
            .await
    }

    async fn says(&self, words: &str) -> Uuid {
        let body = json!({ "text": words, "site": "Leeds" });
        let sent = self.app.post("/v1/comments", body).await.expect(201);
        self.app.work().await;
        sent.at("/id").parse().unwrap()
    }

    async fn checks(&self) -> Vec<spot_check::Model> {
        spot_check::Entity::find().all(self.app.db.read()).await.unwrap()
    }

    async fn desk(&self, whose: Uuid) -> String {
        let cookie = self.app.sign_in_staff(whose).await;
        self.app.page_as(&cookie, "/desk").await.expect(200).text
    }

    async fn answer(&self, by: Uuid, check: Uuid, fields: &[(&str, &str)]) -> Answer {
        let cookie = self.app.sign_in_staff(by).await;
        self.app
            .form_as(&cookie, &format!("/desk/check/{check}/answer"), fields)
            .await
    }

    async fn precision(&self) -> Value {
        self.app.get("/v1/precision").await.expect(200).json()
    }

    async fn recognised(&self) -> Vec<Option<Uuid>> {
        let standing = recognition::Entity::find().filter(recognition::Column::WithdrawnAt.is_null());
        let all = standing.all(self.app.db.read()).await.unwrap();
        all.into_iter().map(|one| one.staff_id).collect()
    }

    /// Answers of an earlier time: confidence, and whether it was right.
    async fn answered(&self, comment: Uuid, answers: impl IntoIterator<Item = (f64, bool)>) {
        let before = self.checks().await.remove(0);
        let tx = self.app.db.write().await.unwrap();
        for (confidence, is_right) in answers {
            let other = comment::Entity::find_by_id(comment)
                .one(&tx)
                .await
                .unwrap()
                .unwrap();
            let id = Uuid::now_v7();
            let other = comment::ActiveModel {
                id: Set(id),
                external_id: Set(Some(id.to_string())),
                idempotency_key: Set(None),
                receipt_hash: Set(None),
                ..comment::ActiveModel::from(other)
            };
            other.reset_all().insert(&tx).await.unwrap();
            let row = spot_check::ActiveModel {
                id: Set(Uuid::now_v7()),
                comment_id: Set(id),
                confidence: Set(confidence),
                is_right: Set(Some(is_right)),
                actor: Set(Some("account:x".to_owned())),
                answered_at: Set(Some(self.app.clock.now())),
                ..spot_check::ActiveModel::from(before.clone())
            };
            row.reset_all().insert(&tx).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn end(self) {
        self.app.advance(TimeDelta::minutes(3));
        self.app.work().await;
        self.app.end().await;
    }
}

#[tokio::test]
async fn a_credit_is_told_at_once_and_asked_about_before_somebody_who_was_not_told() {
    let shop = Shop::open(1).await;
    shop.says(PRAISE).await;
    assert_eq!(shop.app.mails().len(), 1, "Ruth is told as ever");
    let check = shop.checks().await.remove(0);
    assert_eq!((check.staff_id, check.is_right), (shop.priya, None));
    assert!(check.candidates.0.contains(&shop.priya) && check.candidates.0.contains(&shop.tomasz));
    let asked = shop.desk(shop.lena).await;
    let form = format!("/desk/check/{}/answer", check.id);
    assert!(asked.contains(&form) && asked.contains("Tomasz Quill"), "{asked}");
    assert!(
        !asked.contains("<mark>") && !asked.contains("in 100"),
        "our mark shows: {asked}"
    );
    assert!(!shop.desk(shop.ruth).await.contains(&form), "Ruth was told of it");
    shop.app.advance(FORGOTTEN_AFTER);
    assert!(shop.desk(shop.ruth).await.contains(&form), "a fortnight later");
    shop.end().await;
}

#[tokio::test]
async fn an_answer_that_agrees_is_counted_and_changes_nothing() {
    let shop = Shop::open(1).await;
    shop.says(PRAISE).await;
    let check = shop.checks().await.remove(0);
    let priya = shop.priya.to_string();
    shop.answer(shop.lena, check.id, &[("staff", &priya)])
        .await
        .expect(303);
    let answered = shop.checks().await.remove(0);
    assert_eq!((answered.is_right, answered.decision_id), (Some(true), None));
    assert_eq!(shop.recognised().await, [Some(shop.priya)]);
    assert!(!shop.desk(shop.lena).await.contains("/desk/check/"));
    shop.answer(shop.lena, check.id, &[("decision", "not_staff")])
        .await
        .expect(303);
    assert_eq!(
        shop.checks().await.remove(0).is_right,
        Some(true),
        "once is enough"
    );
    let noted = audit::Entity::find().filter(audit::Column::Action.eq("answer_spot_check"));
    assert_eq!(noted.count(shop.app.db.read()).await.unwrap(), 1);
    shop.end().await;
}

#[tokio::test]
async fn an_answer_that_differs_is_a_decision_like_any_other_and_undoing_it_asks_again() {
    let shop = Shop::open(1).await;
    let comment = shop.says(PRAISE).await;
    let check = shop.checks().await.remove(0);
    let tomasz = shop.tomasz.to_string();
    shop.answer(shop.lena, check.id, &[("staff", &tomasz)])
        .await
        .expect(303);
    assert_eq!(shop.checks().await.remove(0).is_right, Some(false));
    assert_eq!(shop.recognised().await, [Some(shop.tomasz)]);
    shop.app
        .post(&format!("/v1/triage/{comment}/undo"), json!({}))
        .await
        .expect(200);
    assert_eq!(shop.checks().await.remove(0).answered_at, None);
    assert_eq!(shop.recognised().await, [Some(shop.priya)]);
    shop.end().await;
}

#[tokio::test]
async fn a_share_is_asked_about_that_nobody_can_foresee_and_none_where_nobody_wants_it() {
    let shop = Shop::open(4).await;
    for number in 0..80 {
        let body = json!({ "text": PRAISE, "site": "Leeds", "external_id": number.to_string() });
        shop.app.post("/v1/comments", body).await.expect(201);
    }
    shop.app.work().await;
    let drawn = shop.checks().await.len();
    assert!((6..=40).contains(&drawn), "one of four: {drawn} of 80");
    shop.set(json!({ "check_every": 0 })).await.expect(200);
    for _ in 0..20 {
        let body = json!({ "text": PRAISE, "site": "Leeds" });
        shop.app.post("/v1/comments", body).await.expect(201);
    }
    shop.app.work().await;
    assert_eq!(shop.checks().await.len(), drawn);
    for wrong in [json!(-1), json!(10_001)] {
        let refused = shop.set(json!({ "check_every": wrong })).await;
        assert!(refused.status.is_client_error(), "{}", refused.text);
    }
    shop.set(json!({ "target_precision": 0.4 })).await.expect(422);
    shop.end().await;
}

/// One comment can give a desk a question about an automatic credit and a complaint: each has an id of its own.
#[tokio::test]
async fn a_question_about_a_comment_and_its_complaint_stand_side_by_side_on_a_desk() {
    let shop = Shop::open(1).await;
    let comment = shop.says(PRAISE).await;
    let check = check_of(&shop.app, comment).await;
    let mut complains = comment::Entity::find_by_id(comment)
        .one(shop.app.db.read())
        .await
        .unwrap()
        .unwrap()
        .into_active_model();
    complains.concern_since = Set(Some(shop.app.clock.now()));
    let tx = shop.app.db.write().await.unwrap();
    complains.update(&tx).await.unwrap();
    tx.commit().await.unwrap();
    let desk = shop.desk(shop.lena).await;
    assert!(desk.contains(&format!("complaint-{comment}")), "{desk}");
    assert_eq!(faults_of(&read(&desk), false), [""; 0]);

    let unknown = shop.answer(shop.lena, check, &[("who", "Nobody Here")]).await;
    let page = unknown.expect(422).text;
    assert_eq!(page.matches("aria-invalid").count(), 1, "{page}");
    shop.end().await;
}

#[tokio::test]
async fn where_several_are_thanked_nobody_is_asked_since_one_name_says_nothing_of_another() {
    let shop = Shop::open(1).await;
    shop.says(
        "Priya was so kind and helpful, and Tomasz was wonderful too. Thank you Priya! Thank you Tomasz!",
    )
    .await;
    let both = [Some(shop.priya), Some(shop.tomasz)];
    let credited = shop.recognised().await;
    assert!(both.iter().all(|one| credited.contains(one)), "{credited:?}");
    assert!(shop.checks().await.is_empty());
    shop.end().await;
}

/// What somebody decided of others is theirs: the question was about one person.
#[tokio::test]
async fn an_answer_takes_nothing_from_those_whom_somebody_credited_beside() {
    let shop = Shop::open(1).await;
    let comment = shop.says(PRAISE).await;
    let check = check_of(&shop.app, comment).await;
    let decide = json!({ "decision": "credit", "staff": [shop.priya, shop.tomasz] });
    let path = format!("/v1/triage/{comment}/decisions");
    shop.app.post(&path, decide).await.expect(200);
    let tomasz = shop.tomasz.to_string();
    shop.answer(shop.lena, check, &[("staff", &tomasz)]).await;
    let open = shop.checks().await;
    assert!(
        open[0].answered_at.is_none(),
        "the right name of somebody else is no answer: {open:?}"
    );
    shop.answer(shop.lena, check, &[("decision", "nobody")])
        .await
        .expect(303);
    assert_eq!(shop.recognised().await, [Some(shop.tomasz)]);
    shop.end().await;
}

#[tokio::test]
async fn what_is_erased_is_not_asked_about() {
    let shop = Shop::open(1).await;
    let comment = shop.says(PRAISE).await;
    let path = format!("/v1/comments/{comment}");
    let key = shop.app.key.clone();
    shop.app
        .call(poem::http::Method::DELETE, &path, Some(&key), None)
        .await
        .expect(204);
    assert!(shop.checks().await.is_empty());
    shop.end().await;
}

#[tokio::test]
async fn precision_is_said_from_thirty_answers_on_with_a_threshold_that_reaches_the_target() {
    let shop = Shop::open(1).await;
    let comment = shop.says(PRAISE).await;
    shop.answered(comment, (0..29).map(|_| (0.95, true))).await;
    let few = shop.precision().await;
    assert_eq!(
        (&few["all"]["n"], &few["all"]["precision"]),
        (&json!(29), &Value::Null)
    );
    shop.answered(comment, (0..60).map(|n| (0.945, n % 10 != 0)))
        .await;
    shop.answered(comment, (0..60).map(|_| (0.975, true))).await;
    let found = shop.precision().await;
    assert_eq!(
        (&found["all"]["n"], &found["all"]["right"]),
        (&json!(149), &json!(143))
    );
    assert_eq!(found["by_language"][0]["language"], json!("en"));
    assert_eq!(found["by_language"][0]["answers"], found["all"]);
    assert_eq!(found["proposal"]["threshold"], json!(0.95));
    assert_eq!(found["proposal"]["answers"]["n"], json!(89));
    let admin = shop
        .app
        .account_with("admin@example.org", entity::grant::Role::Administrator, None)
        .await;
    let cookie = shop.app.sign_in(&admin).await;
    let page = shop.app.page_as(&cookie, "/precision").await.expect(200).text;
    for said in [
        "96% of automatic credits are right",
        "143 of 149 answers agreed",
        "Use 95%",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    shop.app
        .form_as(&cookie, "/precision/threshold", &[("threshold", "95")])
        .await
        .expect(303);
    assert_eq!(
        shop.app.get("/v1/organisation").await.json()["threshold"],
        json!(0.95)
    );
    let wrong = [("target", "much"), ("every", "")];
    shop.app.form_as(&cookie, "/precision", &wrong).await.expect(422);
    shop.end().await;
}

#[tokio::test]
async fn the_threshold_follows_by_itself_only_where_that_is_wanted_and_once_a_week() {
    let shop = Shop::open(1).await;
    let comment = shop.says(PRAISE).await;
    // Asked before there are so many answers that fewer are.
    for _ in 0..3 {
        shop.says(PRAISE).await;
    }
    shop.answered(comment, (0..60).map(|n| (0.945, n % 10 != 0)))
        .await;
    shop.answered(comment, (0..60).map(|_| (0.975, true))).await;
    let priya = shop.priya.to_string();
    let agree = async || {
        let open = shop
            .checks()
            .await
            .into_iter()
            .find(|one| one.answered_at.is_none());
        shop.answer(shop.lena, open.unwrap().id, &[("staff", &priya)])
            .await
            .expect(303);
    };
    let own = async || {
        let own = organisation::Entity::find_by_id(shop.app.organisation.id);
        own.one(shop.app.db.read()).await.unwrap().unwrap()
    };
    agree().await;
    assert_eq!(own().await.threshold, None, "nobody asked for it");
    shop.set(json!({ "adjusts_threshold": true })).await.expect(200);
    agree().await;
    assert_eq!(own().await.threshold, Some(0.95));
    let noted = audit::Entity::find().filter(audit::Column::Action.eq("adjust_threshold"));
    let noted = noted.all(shop.app.db.read()).await.unwrap();
    assert_eq!((noted.len(), noted[0].actor.as_str()), (1, "system"));
    assert_eq!(noted[0].detail["from"], json!(0.94));
    shop.answered(comment, (0..30).map(|_| (0.965, false))).await;
    agree().await;
    assert_eq!(own().await.threshold, Some(0.95), "a week has not passed");
    shop.app.advance(TimeDelta::days(7));
    agree().await;
    assert_eq!(own().await.threshold, Some(0.97));
    shop.end().await;
}

#[tokio::test]
async fn corrections_by_managers_count_apart() {
    let shop = Shop::open(0).await;
    let comment = shop.says(PRAISE).await;
    let body = json!({ "decision": "not_praise" });
    shop.app
        .post(&format!("/v1/triage/{comment}/decisions"), body)
        .await
        .expect(200);
    let found = shop.precision().await;
    assert_eq!((&found["corrected"], &found["all"]["n"]), (&json!(1), &json!(0)));
    shop.end().await;
}

/// A question about the credit in a comment.
pub async fn check_of(app: &TestApp, comment: Uuid) -> Uuid {
    let praise = recognition::Entity::find()
        .filter(recognition::Column::CommentId.eq(comment))
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    let said = comment::Entity::find_by_id(comment)
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    let staff = praise.staff_id.unwrap();
    let tx = app.db.write().await.unwrap();
    draw::forget(&tx, vec![comment]).await.unwrap();
    let row = spot_check::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(said.organisation_id),
        comment_id: Set(comment),
        revision: Set(said.revision),
        staff_id: Set(staff),
        source_id: Set(said.source_id),
        site_id: Set(praise.site_id),
        manager_id: Set(praise.manager_id),
        language: Set(Some("en".to_owned())),
        confidence: Set(0.97),
        candidates: Set(entity::json::Ids(vec![staff])),
        created_at: Set(app.clock.now()),
        is_right: Set(None),
        decision_id: Set(None),
        actor: Set(None),
        answered_at: Set(None),
    };
    let made = row.insert(&tx).await.unwrap();
    tx.commit().await.unwrap();
    made.id
}
