//! Praised names that nobody bears: counted, put to whoever leads the site, and read again once somebody said whose they
//! are. Nobody is told of the past unasked, everything counts once, and undoing takes all of it back.
use chrono::{NaiveDate, TimeDelta};
use entity::{comment, name_answer, recognition, staff_member, unmet_name, verdict};
use plaudit::ledger::rebuild;
use poem::http::Method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, TestApp};

/// Ruth leads Leeds, where Wayanti works; nobody is called Wayan.
struct Shop {
    app: TestApp,
    leeds: Uuid,
    ruth: Uuid,
    wayanti: Uuid,
}

const PRAISE: &str = "Wayan was so kind and helpful, thank you Wayan!";

impl Shop {
    async fn open() -> Shop {
        let app = TestApp::start().await;
        let leeds = app.site("Leeds", None).await.id;
        let ruth = app.person("Ruth", "Adler", Some(leeds), None).await.id;
        let wayanti = app.person("Wayanti", "Putra", Some(leeds), Some(ruth)).await.id;
        app.let_lead(leeds, ruth).await;
        Shop {
            app,
            leeds,
            ruth,
            wayanti,
        }
    }

    /// A customer says something at Leeds.
    async fn says(&self, customer: &str, words: &str) -> String {
        let body = json!({ "text": words, "site": "Leeds", "author": { "name": customer } });
        let sent = self.app.post("/v1/comments", body).await.expect(201);
        self.app.work().await;
        sent.at("/id")
    }

    /// Three messages of two customers, of which nobody hears.
    async fn praised(&self) -> [String; 3] {
        let praised = [
            self.says("Ann Bell", PRAISE).await,
            self.says(
                "Ben Cole",
                "Wayan fixed my bike in no time. Brilliant service from Wayan!",
            )
            .await,
            self.says("Ann Bell", PRAISE).await,
        ];
        assert_eq!(self.app.mails().len(), 0);
        praised
    }

    async fn proposals(&self) -> Vec<Value> {
        let list = self.app.get("/v1/alias-proposals").await.expect(200).json();
        list["items"].as_array().unwrap().clone()
    }

    /// The only name that waits.
    async fn name(&self) -> Value {
        let mut all = self.proposals().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    async fn answer(&self, name: &Value, body: Value) -> Answer {
        let path = format!("/v1/alias-proposals/{}/answer", name["id"].as_str().unwrap());
        self.app.post(&path, body).await
    }

    async fn is_wayanti(&self, name: &Value) {
        let body = json!({ "answer": "alias", "staff_id": self.wayanti });
        self.answer(name, body).await.expect(200);
    }

    async fn undo(&self, name: &Value) -> Answer {
        let path = format!("/v1/alias-proposals/{}/undo", name["id"].as_str().unwrap());
        self.app.post(&path, json!({})).await
    }

    async fn answers(&self) -> Vec<Value> {
        let list = self.app.get("/v1/alias-answers").await.expect(200).json();
        list["items"].as_array().unwrap().clone()
    }

    async fn recognitions(&self) -> Vec<recognition::Model> {
        recognition::Entity::find()
            .filter(recognition::Column::WithdrawnAt.is_null())
            .all(self.app.db.read())
            .await
            .unwrap()
    }

    /// What the board of the team counts for Wayanti.
    async fn counted(&self) -> u64 {
        let path = format!("/v1/board?team={}&period=year", self.ruth);
        let board = self.app.get(&path).await.expect(200).json();
        let rows = board["items"].as_array().unwrap().clone();
        let own = rows.iter().find(|row| row["staff_id"] == json!(self.wayanti));
        own.map_or(0, |row| row["count"].as_u64().unwrap())
    }

    async fn counters_equal_a_recount(&self) {
        let own = self.app.organisation.id;
        let check = rebuild::rebuild(&self.app.db, own, true, self.app.clock.now()).await;
        assert_eq!(check.unwrap().differences, [""; 0]);
    }

    async fn end(self) {
        self.counters_equal_a_recount().await;
        self.app.advance(TimeDelta::minutes(3));
        self.app.work().await;
        self.app.end().await;
    }
}

#[tokio::test]
async fn a_praised_name_is_proposed_from_three_messages_of_two_customers_on() {
    let shop = Shop::open().await;
    for words in [PRAISE, PRAISE, PRAISE] {
        shop.says("Ann Bell", words).await;
    }
    assert!(shop.proposals().await.is_empty(), "one customer says so");
    shop.says("Ben Cole", PRAISE).await;
    let name = shop.name().await;
    assert_eq!(
        (&name["name"], &name["messages"], &name["customers"]),
        (&json!("Wayan"), &json!(4), &json!(2))
    );
    assert_eq!(name["nearest"], json!([shop.wayanti]));
    assert_eq!(name["comments"].as_array().unwrap().len(), 3);
    shop.end().await;
}

#[tokio::test]
async fn what_is_kept_of_a_name_is_where_it_stands_and_it_goes_with_the_words() {
    let shop = Shop::open().await;
    let [first, ..] = shop.praised().await;
    let rows = unmet_name::Entity::find().all(shop.app.db.read()).await.unwrap();
    assert_eq!(rows.len(), 3);
    assert!(!format!("{rows:?}").to_lowercase().contains("wayan"));
    shop.app
        .call(
            Method::DELETE,
            &format!("/v1/comments/{first}"),
            Some(&shop.app.key),
            None,
        )
        .await
        .expect(204);
    assert!(shop.proposals().await.is_empty());
    let left = unmet_name::Entity::find()
        .count(shop.app.db.read())
        .await
        .unwrap();
    assert_eq!(left, 2);
    shop.end().await;
}

#[tokio::test]
async fn customers_own_names_and_those_of_their_kin_are_never_proposed() {
    let shop = Shop::open().await;
    for customer in ["Wayan Sari", "Ann Wayan", "wayan"] {
        shop.says(customer, PRAISE).await;
    }
    for customer in ["Ann", "Ben", "Cleo"] {
        shop.says(
            customer,
            "My husband Wayan was so happy with his new bike, great shop!",
        )
        .await;
        shop.says(customer, "Great shop and lovely staff. Kind regards, Wayan")
            .await;
    }
    assert_eq!(shop.proposals().await, Vec::<Value>::new());
    shop.end().await;
}

#[tokio::test]
async fn an_alias_brings_the_past_exactly_once_and_tells_nobody_and_undoing_takes_it_back() {
    let shop = Shop::open().await;
    shop.praised().await;
    let name = shop.name().await;
    let notices = shop.app.notices().await.len();
    shop.is_wayanti(&name).await;
    assert!(shop.proposals().await.is_empty(), "it waits no more");
    shop.app.work().await;
    let won = shop.recognitions().await;
    assert_eq!(won.len(), 3);
    assert!(
        won.iter()
            .all(|one| one.staff_id == Some(shop.wayanti) && one.waiting_since.is_none())
    );
    assert_eq!(shop.counted().await, 3);
    let progress = &shop.answers().await[0];
    assert_eq!(
        (&progress["to_read"], &progress["read"], &progress["credited"]),
        (&json!(3), &json!(3), &json!(3))
    );
    assert!(progress["finished_at"].is_string());
    shop.counters_equal_a_recount().await;

    shop.app.advance(TimeDelta::days(8));
    shop.app.work().await;
    assert_eq!(shop.app.mails().len(), 0, "nobody is told unasked");
    assert_eq!(shop.app.notices().await.len(), notices);

    shop.undo(&name).await.expect(200);
    shop.app.work().await;
    assert!(shop.recognitions().await.is_empty());
    assert_eq!(shop.counted().await, 0);
    shop.counters_equal_a_recount().await;
    assert_eq!(shop.name().await, name, "it waits again");
    assert_eq!(shop.answers().await[0]["name"], Value::Null);
    shop.undo(&name).await.expect(409);

    shop.is_wayanti(&name).await;
    shop.app.work().await;
    assert_eq!((shop.recognitions().await.len(), shop.counted().await), (3, 3));
    assert_eq!(shop.app.mails().len(), 0);
    shop.end().await;
}

#[tokio::test]
async fn reading_again_twice_changes_nothing_more() {
    let shop = Shop::open().await;
    shop.praised().await;
    let name = shop.name().await;
    shop.is_wayanti(&name).await;
    shop.app.work().await;
    let count = async || verdict::Entity::find().count(shop.app.db.read()).await.unwrap();
    let before = count().await;
    let answer = name_answer::Entity::find()
        .one(shop.app.db.read())
        .await
        .unwrap()
        .unwrap();
    let again = plaudit::platform::job::Job::AskAgain {
        answer: answer.id,
        is_undone: false,
        after: None,
    };
    let tx = shop.app.db.write().await.unwrap();
    plaudit::platform::job::enqueue(&tx, shop.app.organisation.id, again, shop.app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    shop.app.work().await;
    assert_eq!(count().await, before);
    assert_eq!(shop.counted().await, 3);
    shop.end().await;
}

#[tokio::test]
async fn more_messages_than_one_batch_are_all_read_again() {
    let shop = Shop::open().await;
    for number in 0..230 {
        let body =
            json!({ "text": PRAISE, "site": "Leeds", "author": { "name": format!("Customer {number}") } });
        shop.app.post("/v1/comments", body).await.expect(201);
    }
    shop.app.work().await;
    let name = shop.name().await;
    assert_eq!(name["messages"], json!(230));
    shop.is_wayanti(&name).await;
    shop.app.work_on(plaudit::platform::job::Kind::AskAgain).await;
    let progress = &shop.answers().await[0];
    assert_eq!(
        (&progress["read"], &progress["finished_at"]),
        (&json!(100), &Value::Null)
    );
    // Taken back half way: all of it goes back, and the rest is not read.
    shop.undo(&name).await.expect(200);
    shop.app.work().await;
    assert!(shop.recognitions().await.is_empty());
    assert_eq!(shop.answers().await[0]["to_read"], json!(100));
    shop.is_wayanti(&name).await;
    shop.app.work().await;
    assert_eq!(
        (shop.recognitions().await.len(), shop.counted().await),
        (230, 230)
    );
    shop.end().await;
}

#[tokio::test]
async fn what_comes_in_later_is_told_as_usual_and_undoing_takes_that_back_too() {
    let shop = Shop::open().await;
    shop.praised().await;
    let name = shop.name().await;
    shop.is_wayanti(&name).await;
    shop.app.work().await;
    shop.says("Dora Fry", PRAISE).await;
    assert_eq!(shop.app.mails().len(), 1, "Ruth hears of what is new");
    assert_eq!(shop.counted().await, 4);
    shop.undo(&name).await.expect(200);
    shop.app.work().await;
    assert!(shop.recognitions().await.is_empty());
    assert_eq!(shop.counted().await, 0);
    assert_eq!(
        shop.name().await["messages"],
        json!(4),
        "the new message counts for the name again"
    );
    shop.end().await;
}

#[tokio::test]
async fn a_name_that_somebody_else_bears_is_refused_for_the_days_on_which_they_work() {
    let shop = Shop::open().await;
    shop.praised().await;
    let name = shop.name().await;
    let other = shop
        .app
        .person_with_id("w2", "Wayan", "Lestari", Some(shop.leeds), Some(shop.ruth))
        .await;
    let body = |from: Option<&str>| json!({ "answer": "alias", "staff_id": shop.wayanti, "starts_on": from });
    let refused = shop.answer(&name, body(None)).await.expect(409);
    assert!(
        refused.text.contains("Wayan Lestari is called Wayan"),
        "{}",
        refused.text
    );
    let today = shop.app.clock.now().date_naive();
    shop.app.leaves(other.id, today - TimeDelta::days(30)).await;
    shop.answer(&name, body(None)).await.expect(409);
    shop.answer(&name, body(Some(&(today - TimeDelta::days(29)).to_string())))
        .await
        .expect(200);
    shop.app.work().await;
    shop.end().await;
}

#[tokio::test]
async fn an_alias_holds_on_its_days_only_and_at_its_site_only() {
    let shop = Shop::open().await;
    let york = shop.app.site("York", None).await.id;
    shop.app.person("Olga", "Berg", Some(york), Some(shop.ruth)).await;
    shop.praised().await;
    let name = shop.name().await;
    let today = shop.app.clock.now().date_naive();
    let body =
        json!({ "answer": "alias", "staff_id": shop.wayanti, "starts_on": today + TimeDelta::days(1) });
    shop.answer(&name, body).await.expect(200);
    shop.app.work().await;
    assert!(shop.recognitions().await.is_empty(), "those messages are older");
    let at_york = json!({ "text": PRAISE, "site": "York", "author": { "name": "Dora Fry" } });
    shop.app.advance(TimeDelta::days(2));
    shop.app.post("/v1/comments", at_york).await.expect(201);
    shop.app.work().await;
    assert!(
        shop.recognitions().await.is_empty(),
        "{:?}",
        shop.recognitions().await
    );
    shop.says("Dora Fry", PRAISE).await;
    assert_eq!(shop.recognitions().await.len(), 1);
    shop.end().await;
}

#[tokio::test]
async fn an_answer_that_cannot_be_is_refused_and_says_what_would_be_right() {
    let shop = Shop::open().await;
    shop.praised().await;
    let name = shop.name().await;
    let day = |day: &str| day.parse::<NaiveDate>().unwrap();
    for (body, status) in [
        (json!({ "answer": "alias" }), 422),
        (json!({ "answer": "not_ours", "staff_id": shop.wayanti }), 422),
        (json!({ "answer": "alias", "staff_id": Uuid::now_v7() }), 422),
        (
            json!({ "answer": "alias", "staff_id": shop.wayanti, "starts_on": day("2026-05-02"), "ends_on": day("2026-05-01") }),
            422,
        ),
    ] {
        shop.answer(&name, body).await.expect(status);
    }
    assert_eq!(
        name_answer::Entity::find()
            .count(shop.app.db.read())
            .await
            .unwrap(),
        0
    );
    let unknown = json!({ "id": Uuid::now_v7() });
    shop.answer(&unknown, json!({ "answer": "not_ours" }))
        .await
        .expect(404);
    shop.end().await;
}

#[tokio::test]
async fn a_name_that_is_none_of_ours_is_silent_until_that_is_undone() {
    let shop = Shop::open().await;
    shop.praised().await;
    let name = shop.name().await;
    shop.answer(&name, json!({ "answer": "not_ours" }))
        .await
        .expect(200);
    shop.says("Eve Gray", PRAISE).await;
    assert!(shop.proposals().await.is_empty());
    shop.answer(&name, json!({ "answer": "not_ours" }))
        .await
        .expect(409);
    shop.undo(&name).await.expect(200);
    assert_eq!(shop.name().await["messages"], json!(4));
    shop.end().await;
}

#[tokio::test]
async fn who_is_chosen_twice_for_a_name_they_do_not_bear_is_asked_about() {
    let shop = Shop::open().await;
    let decide = async |comment: &str| {
        let path = format!("/v1/triage/{comment}/decisions");
        let body = json!({ "decision": "credit", "staff": [shop.wayanti] });
        shop.app.post(&path, body).await.expect(200);
    };
    let first = shop.says("Ann Bell", PRAISE).await;
    decide(&first).await;
    assert!(shop.proposals().await.is_empty(), "once may be chance");
    let second = shop.says("Ann Bell", PRAISE).await;
    decide(&second).await;
    let name = shop.name().await;
    assert_eq!(
        (&name["chosen_staff_id"], &name["chosen_times"]),
        (&json!(shop.wayanti), &json!(2))
    );
    shop.app
        .post(&format!("/v1/triage/{second}/undo"), json!({}))
        .await
        .expect(200);
    assert!(
        shop.proposals().await.is_empty(),
        "what is undone teaches nothing"
    );
    shop.end().await;
}

#[tokio::test]
async fn a_slip_of_a_name_that_people_decide_twice_is_asked_about_and_then_known() {
    let shop = Shop::open().await;
    let ayuk = shop
        .app
        .person("Ayuk", "Enow", Some(shop.leeds), Some(shop.ruth))
        .await
        .id;
    // Of two whose names are as near, nobody can be sure.
    shop.app
        .person("Ayuz", "Berg", Some(shop.leeds), Some(shop.ruth))
        .await;
    let words = "Ayu was so kind and helpful, thank you Ayu!";
    let mut waiting = Vec::new();
    for customer in ["Ann Bell", "Ben Cole", "Cleo Dunn"] {
        waiting.push(shop.says(customer, words).await);
    }
    let state = async |comment: &str| {
        let found = comment::Entity::find_by_id(comment.parse::<Uuid>().unwrap());
        found.one(shop.app.db.read()).await.unwrap().unwrap().state
    };
    assert_eq!(state(&waiting[2]).await, comment::State::Triage);
    for comment in &waiting[..2] {
        let path = format!("/v1/triage/{comment}/decisions");
        let body = json!({ "decision": "credit", "staff": [ayuk] });
        shop.app.post(&path, body).await.expect(200);
    }
    let name = shop.name().await;
    assert_eq!(
        (&name["name"], &name["chosen_staff_id"]),
        (&json!("Ayu"), &json!(ayuk))
    );
    shop.answer(&name, json!({ "answer": "alias", "staff_id": ayuk }))
        .await
        .expect(200);
    shop.app.work().await;
    assert_eq!(
        state(&waiting[2]).await,
        comment::State::Done,
        "it was waiting, and is decided by the alias"
    );
    assert_eq!(shop.recognitions().await.len(), 3);
    shop.undo(&name).await.expect(200);
    shop.app.work().await;
    assert_eq!(shop.recognitions().await.len(), 2, "what people decided stays");
    shop.end().await;
}

#[tokio::test]
async fn whoever_leads_the_site_says_on_the_page_whose_name_it_is() {
    let shop = Shop::open().await;
    let york = shop.app.site("York", None).await.id;
    let olga = shop.app.person("Olga", "Berg", Some(york), None).await.id;
    shop.app.let_lead(york, olga).await;
    shop.praised().await;
    let id = shop.name().await["id"].as_str().unwrap().to_owned();
    let (lead, other) = (
        shop.app.sign_in_staff(shop.ruth).await,
        shop.app.sign_in_staff(olga).await,
    );
    let page = shop.app.page_as(&lead, "/names").await.expect(200).text;
    for said in [
        "Who is Wayan?",
        "praised in 3 messages",
        "Wayan is Wayanti Putra",
        "<mark>Wayan</mark>",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let elsewhere = shop.app.page_as(&other, "/names").await.expect(200).text;
    assert!(!elsewhere.contains("Wayan"), "{elsewhere}");
    let staff = shop.wayanti.to_string();
    shop.app
        .form_as(&other, &format!("/names/{id}"), &[("staff", &staff)])
        .await
        .expect(403);
    let wrong = [("who", "Nobody Known"), ("from", ""), ("until", "")];
    let again = shop
        .app
        .form_as(&lead, &format!("/names/{id}"), &wrong)
        .await
        .expect(422)
        .text;
    assert!(again.contains("No one by that name"), "{again}");
    shop.app
        .form_as(&lead, &format!("/names/{id}"), &[("staff", &staff)])
        .await
        .expect(303);
    let page = shop.app.page_as(&lead, "/names").await.expect(200).text;
    assert!(page.contains("Looked through 0 of 3 messages"), "{page}");
    shop.app.work().await;
    let page = shop.app.page_as(&lead, "/names").await.expect(200).text;
    assert!(page.contains("Three earlier thank-yous were found."), "{page}");
    assert_eq!(shop.counted().await, 3);
    shop.app
        .form_as(&lead, &format!("/names/{id}/undo"), &[])
        .await
        .expect(303);
    shop.app.work().await;
    assert_eq!(shop.counted().await, 0);
    shop.end().await;
}

/// Nobody credits themselves by saying that a praised name is theirs, by page or by request.
#[tokio::test]
async fn whoever_leads_the_site_does_not_say_that_a_praised_name_is_their_own() {
    let shop = Shop::open().await;
    shop.praised().await;
    let name = shop.name().await;
    let lead = shop.app.sign_in_staff(shop.ruth).await;
    let (path, own) = (
        format!("/names/{}", name["id"].as_str().unwrap()),
        shop.ruth.to_string(),
    );
    let page = shop.app.page_as(&lead, "/names").await.expect(200).text;
    assert!(!page.contains(&own), "the reader is offered: {page}");
    let refused = shop.app.form_as(&lead, &path, &[("staff", &own)]).await;
    let page = refused.expect(422).text;
    assert!(page.contains("You can’t credit yourself."), "{page}");
    shop.app.work().await;
    assert!(shop.recognitions().await.is_empty());
    shop.end().await;
}

/// Somebody said of these words that they praise nobody: that stands, whoever is called so.
#[tokio::test]
async fn an_alias_credits_nobody_where_it_was_decided_that_nobody_is_praised() {
    let shop = Shop::open().await;
    let [first, ..] = shop.praised().await;
    shop.says("Cleo Dunn", PRAISE).await;
    let path = format!("/v1/triage/{first}/decisions");
    for decide in [
        json!({ "decision": "credit", "staff": [shop.ruth] }),
        json!({ "decision": "not_praise" }),
    ] {
        shop.app.post(&path, decide).await.expect(200);
    }
    shop.is_wayanti(&shop.name().await).await;
    shop.app.work().await;
    let credited = shop.recognitions().await;
    assert!(
        credited.iter().all(|one| one.comment_id.to_string() != first),
        "{credited:?}"
    );
    assert_eq!(credited.len(), 3);
    shop.end().await;
}

#[tokio::test]
async fn nothing_of_it_is_another_organisations() {
    let shop = Shop::open().await;
    shop.praised().await;
    let name = shop.name().await;
    let (_, key) = shop.app.other_organisation().await;
    let list = shop
        .app
        .call(Method::GET, "/v1/alias-proposals", Some(&key), None)
        .await;
    assert_eq!(list.expect(200).json()["items"], json!([]));
    let path = format!("/v1/alias-proposals/{}/answer", name["id"].as_str().unwrap());
    let body = json!({ "answer": "not_ours" });
    shop.app
        .call(Method::POST, &path, Some(&key), Some(body))
        .await
        .expect(404);
    let people = staff_member::Entity::find()
        .count(shop.app.db.read())
        .await
        .unwrap();
    assert_eq!(people, 2);
    shop.end().await;
}

/// A name that waits at a site, in three messages that are there.
pub async fn name_at(app: &TestApp, organisation: Uuid, site: Uuid) -> Uuid {
    let name = Uuid::now_v7();
    let said = comment::Entity::within(organisation)
        .all(app.db.read())
        .await
        .unwrap();
    for (number, comment) in said.into_iter().take(3).enumerate() {
        let row = unmet_name::ActiveModel {
            id: Set(Uuid::now_v7()),
            organisation_id: Set(organisation),
            site_id: Set(site),
            name_id: Set(name),
            comment_id: Set(comment.id),
            revision: Set(comment.revision),
            span: Set(entity::json::Spans(vec![entity::json::Span { start: 0, end: 5 }])),
            customer_id: Set(Uuid::from_u128(number as u128)),
            nearest: Set(Default::default()),
            is_found: Set(true),
            chosen_id: Set(None),
            created_at: Set(app.clock.now()),
        };
        row.insert(app.db.writer()).await.unwrap();
    }
    name
}
