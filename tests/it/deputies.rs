//! Who is away, and who stands in: told in their place, for that time and that praise alone.
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use entity::{
    deputy,
    grant::Role,
    notice::{Kind, State as Told},
    promise::State,
    staff_member,
};
use plaudit::{
    access::role,
    roster::{
        Change,
        deputy::{self as deputies, NewDeputy},
    },
    route::promise::clock,
};
use poem::http::Method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    TestApp,
    smtp::Sink,
    telling::{COMPLAINT, PRAISE, Shop},
};

/// Stands in for somebody for a long time, whatever else there is.
pub async fn deputy_of(app: &TestApp, organisation: Uuid, (absent, deputy): (Uuid, Uuid)) -> deputy::Model {
    let today = app.clock.now().date_naive();
    let row = deputy::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(organisation),
        absent_id: Set(absent),
        deputy_id: Set(deputy),
        starts_on: Set(today + TimeDelta::days(1000)),
        ends_on: Set(today + TimeDelta::days(1001)),
        given_by: Set("cli".to_owned()),
        created_at: Set(app.clock.now()),
        taken_back_at: Set(None),
        next_at: Set(None),
    };
    row.insert(app.db.writer()).await.unwrap()
}

struct Away {
    shop: Shop,
    /// Works at the same place, for nobody and with nobody below.
    ben: staff_member::Model,
}

impl Away {
    async fn open() -> Away {
        Away::open_with("").await
    }

    async fn open_with(settings: &str) -> Away {
        let shop = Shop::open_with(settings).await;
        let ben = shop.app.person("Ben", "Okafor", Some(shop.leeds.id), None).await;
        Away { shop, ben }
    }

    async fn stands_in(&self, deputy: Uuid, from: &str, until: &str) -> deputy::Model {
        self.shop
            .app
            .stands_in(deputy, self.shop.ruth.id, from, until)
            .await
    }
}

impl TestApp {
    pub async fn stands_in(&self, deputy: Uuid, absent: Uuid, from: &str, until: &str) -> deputy::Model {
        let day = |day: &str| day.parse::<NaiveDate>().unwrap();
        let tx = self.db.write().await.unwrap();
        let change = Change::begin(&tx, self.organisation.id, "cli", self.clock.now())
            .await
            .unwrap();
        let new = NewDeputy {
            absent,
            deputy,
            starts_on: Some(day(from)),
            ends_on: day(until),
        };
        let made = deputies::give(&change, new).await.unwrap();
        tx.commit().await.unwrap();
        made
    }

    async fn take_back(&self, id: Uuid) {
        let tx = self.db.write().await.unwrap();
        let change = Change::begin(&tx, self.organisation.id, "cli", self.clock.now())
            .await
            .unwrap();
        deputies::take_back(&change, id).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// What tells of somebody's own people leaves by their own right, though they stand in for the other one's manager.
#[tokio::test]
async fn praise_of_ones_own_people_does_not_hang_on_an_absence() {
    let away = Away::open().await;
    let app = &away.shop.app;
    away.stands_in(away.ben.id, "2026-11-21", "2026-11-27").await;
    let leeds = Some(away.shop.leeds.id);
    let dana = app.person("Dana", "Frost", leeds, Some(away.ben.id)).await;
    for words in [
        "Thank you Priya Nair and Dana Frost, you were both so kind and patient!",
        "Thank you Dana Frost and Priya Nair, you were both so kind and patient!",
    ] {
        away.shop.say(words).await;
        app.work().await;
    }
    let notices = app.notices().await;
    let to_ben = notices.iter().filter(|notice| notice.kind == Kind::Praise);
    let reasons: Vec<_> = to_ben.map(|notice| &notice.reason).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    for reason in reasons {
        assert_eq!(
            (&reason["code"], reason.get("stands_for")),
            (&json!("manager"), None)
        );
    }
    let mail = app.mails()[0].text();
    assert!(
        mail.contains("Priya Nair") && mail.contains("Dana Frost"),
        "{mail}"
    );
    let promises = app.promises().await;
    let stood_in = promises
        .iter()
        .filter(|one| one.stands_for_id == Some(away.shop.ruth.id));
    assert_eq!((promises.len(), stood_in.count()), (4, 2), "{}", dana.id);
    away.shop.app.end().await;
}

#[tokio::test]
async fn praise_during_an_absence_is_told_to_the_deputy_and_not_to_the_manager() {
    let away = Away::open().await;
    let app = &away.shop.app;
    away.stands_in(away.ben.id, "2026-11-21", "2026-11-27").await;
    away.shop.say(PRAISE).await;
    app.work().await;
    assert_eq!(app.told().await, [(Kind::Praise, Some(away.ben.id), Told::Sent)]);
    let reason = &app.notices().await[0].reason;
    assert_eq!(
        (&reason["code"], &reason["stands_for"]),
        (&json!("deputy"), &json!(away.shop.ruth.id))
    );
    assert_eq!(
        reason["passed_over"],
        json!([{"staff": away.shop.ruth.id, "why": "absent"}])
    );
    let text = app.mails()[0].text();
    let because = "because you are standing in for the manager of Priya Nair";
    assert!(text.contains(because), "{text}");
    assert_eq!(app.stands().await, (State::Open, 0, Some(away.ben.id)));
    // They find it on their desk, and pass it on.
    let ben = app.sign_in_staff(away.ben.id).await;
    let desk = app.page_as(&ben, "/desk").await.expect(200);
    assert!(desk.text.contains(because), "{}", desk.text);
    let path = format!("/desk/praise/{}/pass-on", app.promise().await.recognition_id);
    app.form_as(&ben, &path, &[("how", "told")]).await.expect(303);
    assert_eq!(app.promise().await.state, State::Heard);
    away.shop.app.end().await;
}

#[tokio::test]
async fn what_waits_goes_to_the_deputy_as_the_absence_begins_and_back_as_it_ends() {
    let sink = Sink::start().await;
    let away = Away::open_with(&sink.settings()).await;
    let app = &away.shop.app;
    away.stands_in(away.ben.id, "2026-11-22", "2026-11-23").await;
    away.shop.say(PRAISE).await;
    app.work().await;
    let due = app.promise().await.due_at;
    assert_eq!(app.stands().await, (State::Open, 0, Some(away.shop.ruth.id)));
    let ben = app.sign_in_staff(away.ben.id).await;
    app.page_as(&ben, "/desk").await.expect(403);
    app.live_until("2026-11-22T00:30:00Z").await;
    assert_eq!(app.stands().await, (State::Open, 0, Some(away.ben.id)));
    assert_eq!(app.promise().await.due_at, due, "for the rest of the term");
    let mail = sink.received().pop().unwrap();
    assert_eq!(mail.to, "ben@example.org");
    let link = mail
        .text()
        .lines()
        .find(|line| line.contains("/p/"))
        .unwrap()
        .to_owned();
    let link = format!("/p/{}", link.split_once("/p/").unwrap().1.trim());
    app.page(&link).await.expect(200);
    app.page_as(&ben, "/desk").await.expect(200);
    // The day after the last day begins: what they had is the manager's again, and nothing is told twice.
    let path = format!("/desk/praise/{}/pass-on", app.promise().await.recognition_id);
    while app.clock.now()
        < "2026-11-24T00:00:00Z"
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap()
    {
        app.advance(TimeDelta::hours(1));
    }
    assert_eq!(
        app.stands().await.2,
        Some(away.ben.id),
        "the clock has not looked yet"
    );
    let ben = app.sign_in_staff(away.ben.id).await;
    app.form_as(&ben, &path, &[("how", "told")]).await.expect(403);
    app.page(&link).await.expect(410);
    clock::run_due(app).await.unwrap();
    app.work().await;
    assert_eq!(app.stands().await, (State::Open, 0, Some(away.shop.ruth.id)));
    let own = app.account_of(away.ben.id).await.id;
    let ties = app.parts().await;
    assert!(
        ties.iter().all(|tie| tie.awaits_digest_of != Some(own)),
        "nor in a later summary"
    );
    let told = app.told().await;
    let praise = told.iter().filter(|(kind, ..)| *kind == Kind::Praise);
    assert_eq!(praise.count(), 2, "{told:?}");
    away.shop.app.end().await;
}

#[tokio::test]
async fn the_deputy_is_asked_before_the_next_above() {
    let away = Away::open().await;
    let app = &away.shop.app;
    away.shop.say(PRAISE).await;
    app.work().await;
    away.stands_in(away.ben.id, "2026-11-21", "2026-12-30").await;
    app.live_until("2026-11-21T13:00:00Z").await;
    assert_eq!(app.stands().await, (State::Open, 0, Some(away.ben.id)));
    app.live_until("2026-11-25T08:59:00Z").await;
    assert_eq!(app.stands().await, (State::Reminded, 0, Some(away.ben.id)));
    app.live_until("2026-11-25T09:30:00Z").await;
    assert_eq!(app.stands().await, (State::Open, 1, Some(away.shop.omar.id)));
    away.shop.app.end().await;
}

#[tokio::test]
async fn an_absence_that_is_taken_back_gives_the_manager_what_is_open() {
    let away = Away::open().await;
    let app = &away.shop.app;
    let given = away.stands_in(away.ben.id, "2026-11-21", "2026-12-30").await;
    away.shop.say(PRAISE).await;
    app.work().await;
    app.take_back(given.id).await;
    app.live_until("2026-11-21T13:00:00Z").await;
    assert_eq!(app.stands().await, (State::Open, 0, Some(away.shop.ruth.id)));
    let ben = app.sign_in_staff(away.ben.id).await;
    app.page_as(&ben, "/desk").await.expect(403);
    away.shop.app.end().await;
}

#[tokio::test]
async fn a_deputy_who_cannot_be_told_is_passed_over_as_the_manager_is() {
    let away = Away::open().await;
    let app = &away.shop.app;
    away.stands_in(away.ben.id, "2026-11-21", "2026-12-30").await;
    app.change_person(away.ben.id, |row| row.email = Set(None)).await;
    away.shop.say(PRAISE).await;
    app.work().await;
    assert_eq!(
        app.told().await,
        [(Kind::Praise, Some(away.shop.omar.id), Told::Sent)]
    );
    let passed_over = &app.notices().await[0].reason["passed_over"];
    assert_eq!(passed_over[0]["why"], "absent");
    assert_eq!(passed_over[1], json!({"staff": away.ben.id, "why": "no_address"}));
    away.shop.app.end().await;
}

#[tokio::test]
async fn nobody_looks_after_their_own_praise_and_a_deputys_deputy_does_not_count() {
    let away = Away::open().await;
    let app = &away.shop.app;
    let tomasz = entity::staff_member::Entity::find()
        .all(app.db.read())
        .await
        .unwrap();
    let tomasz = tomasz.into_iter().find(|one| one.given_name == "Tomasz").unwrap();
    away.stands_in(tomasz.id, "2026-11-21", "2026-11-27").await;
    away.shop.say("Thank you Tomasz Wilk, you were so kind!").await;
    app.work().await;
    assert_eq!(
        app.told().await,
        [(Kind::Praise, Some(away.shop.omar.id), Told::Sent)]
    );
    let cookie = app.sign_in_staff(tomasz.id).await;
    let path = format!("/desk/praise/{}/pass-on", app.promise().await.recognition_id);
    app.form_as(&cookie, &path, &[("how", "told")]).await.expect(403);
    // Tomasz is away too: nobody stands in for a deputy.
    app.stands_in(away.ben.id, tomasz.id, "2026-11-21", "2026-11-27")
        .await;
    away.shop.say(PRAISE).await;
    app.work().await;
    let last = app.told().await.pop().unwrap();
    assert_eq!(last, (Kind::Praise, Some(away.shop.omar.id), Told::Sent));
    away.shop.app.end().await;
}

#[tokio::test]
async fn what_customers_complain_of_stays_with_the_lead() {
    let away = Away::open().await;
    let app = &away.shop.app;
    let complaint = away.shop.say(COMPLAINT).await;
    app.work().await;
    away.stands_in(away.ben.id, "2026-11-21", "2026-11-27").await;
    let ben = app.sign_in_staff(away.ben.id).await;
    app.form_as(&ben, &format!("/desk/comment/{complaint}/handled"), &[])
        .await
        .expect(403);
    away.shop.app.end().await;
}

#[tokio::test]
async fn a_manager_names_their_deputy_and_ends_it_on_their_own_page() {
    let away = Away::open().await;
    let app = &away.shop.app;
    let ruth = app.sign_in_staff(away.shop.ruth.id).await;
    let page = app.page_as(&ruth, "/me").await.expect(200);
    assert!(page.text.contains("Who stands in?"), "{}", page.text);
    let fields = |who, until| [("away_deputy", who), ("away_from", ""), ("away_until", until)];
    for (who, until, wrong) in [
        (
            "Nobody Known",
            "2026-11-27",
            "Nobody who works here has that name or number.",
        ),
        ("Ruth Adler", "2026-11-27", "This person can’t stand in."),
        ("Ben Okafor", "2026-11-20", "Choose a last day that isn’t over"),
        ("Ben Okafor", "2027-11-27", "Choose a last day that isn’t over"),
        ("Ben Okafor", "Friday", "That date doesn’t look right."),
    ] {
        let answer = app
            .form_as(&ruth, "/me/deputies", &fields(who, until))
            .await
            .expect(422);
        assert!(answer.text.contains(wrong), "{who} {until}: {}", answer.text);
    }
    app.form_as(&ruth, "/me/deputies", &fields("Ben Okafor", "2026-11-27"))
        .await
        .expect(303);
    let again = app
        .form_as(&ruth, "/me/deputies", &fields("Omar Haddad", "2026-11-23"))
        .await;
    assert!(
        again
            .expect(422)
            .text
            .contains("Someone already stands in on some of these days.")
    );
    let row = "Ben Okafor stands in for Ruth Adler";
    assert!(app.page_as(&ruth, "/me").await.text.contains(row));
    let ben = app.sign_in_staff(away.ben.id).await;
    let own = app.page_as(&ben, "/me").await.expect(200);
    assert!(
        own.text.contains(row) && !own.text.contains("Who stands in?"),
        "{}",
        own.text
    );
    let given = deputy::Entity::find().one(app.db.read()).await.unwrap().unwrap();
    let path = format!("/me/deputies/{}/end", given.id);
    app.form_as(&ben, &path, &[]).await.expect(404);
    app.form_as(&ruth, &path, &[]).await.expect(303);
    assert!(!app.page_as(&ruth, "/me").await.text.contains(row));
    // Who is told of what is not changed by whoever sits at an open browser.
    app.advance(TimeDelta::hours(1));
    let later = app
        .form_as(&ruth, "/me/deputies", &fields("Ben Okafor", "2026-11-27"))
        .await;
    assert!(later.expect(303).header("location").starts_with("/me/confirm"));
    away.shop.app.end().await;
}

#[tokio::test]
async fn deputies_are_given_listed_and_taken_back_by_the_api() {
    let away = Away::open().await;
    let app = &away.shop.app;
    let new = json!({ "absent_id": away.shop.ruth.id, "deputy_id": away.ben.id, "ends_on": "2026-11-27" });
    let made = app.post("/v1/deputies", new.clone()).await.expect(201);
    assert_eq!(made.at("/starts_on"), "2026-11-21");
    app.post("/v1/deputies", new).await.expect(422);
    let over = json!({ "absent_id": away.ben.id, "deputy_id": away.shop.ruth.id, "starts_on": "2026-11-10", "ends_on": "2026-11-22" });
    let since_today = app.post("/v1/deputies", over).await.expect(201);
    assert_eq!(since_today.at("/starts_on"), "2026-11-21");
    let path = format!("/v1/deputies/{}", since_today.at("/id"));
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(204);
    app.leaves(away.shop.lena.id, "2026-11-20".parse().unwrap()).await;
    let gone = json!({ "absent_id": away.shop.lena.id, "deputy_id": away.ben.id, "ends_on": "2026-11-27" });
    let refused = app.post("/v1/deputies", gone).await.expect(422);
    assert!(
        refused.text.contains("works here until 2026-11-20 only"),
        "{}",
        refused.text
    );
    let listed = app.get("/v1/deputies").await.expect(200);
    assert_eq!(listed.at("/items/0/id"), made.at("/id"));
    let path = format!("/v1/deputies/{}", made.at("/id"));
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(204);
    let listed = app.get("/v1/deputies").await.expect(200);
    assert!(
        listed
            .at("/items/0/taken_back_at")
            .starts_with("2026-11-21T12:00:00")
    );
    app.call(
        Method::DELETE,
        &format!("/v1/deputies/{}", Uuid::now_v7()),
        Some(&app.key),
        None,
    )
    .await
    .expect(404);
    away.shop.app.end().await;
}

/// Who is asked for want of anybody else may be away, too: it stays with one of them, and goes round no more.
#[tokio::test]
async fn where_lead_and_administrator_are_both_away_the_clock_comes_to_an_end() {
    let away = Away::open().await;
    let app = &away.shop.app;
    let (ruth, omar) = (away.shop.ruth.id, away.shop.omar.id);
    let (lena, priya) = (away.shop.lena.id, away.shop.priya.id);
    app.sign_in_staff(ruth).await;
    let account = app.account_of(ruth).await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &account, Role::Administrator, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    for absent in [ruth, omar, lena] {
        let row = deputy_of(app, app.organisation.id, (absent, priya)).await;
        let today = app.clock.now().date_naive();
        let mut row = row.into_active_model();
        row.starts_on = Set(today);
        row.ends_on = Set(today + TimeDelta::days(5));
        row.next_at = Set(Some(app.clock.now()));
        row.update(app.db.writer()).await.unwrap();
    }
    away.shop.say(PRAISE).await;
    app.work().await;
    app.advance(TimeDelta::minutes(2));
    let looked = tokio::time::timeout(Duration::from_secs(60), clock::run_due(app));
    looked.await.expect("it ends").unwrap();
    let (state, _, holder) = app.stands().await;
    assert_eq!(state, State::Open);
    assert!(holder == Some(ruth) || holder == Some(lena), "{holder:?}");
    away.shop.app.end().await;
}
