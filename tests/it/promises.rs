//! That somebody hears of praise by a day: whoever has it is reminded, then the next above is asked, and it ends.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    comment,
    notice::Kind,
    promise::{self, State},
    recognition,
};
use migration::{Migrator, MigratorTrait};
use plaudit::{
    capture::erase,
    roster::{
        Change,
        assignment::{self, AssignmentPatch},
    },
    route::promise::clock,
    triage::desk::pass_on::{self, How, PassOn},
};
use poem::http::Method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    TestApp,
    smtp::{Faults, Received, Sink},
    telling::*,
};

async fn shop() -> (Shop, Sink) {
    let sink = Sink::start().await;
    let shop = Shop::open_with(&sink.settings()).await;
    (shop, sink)
}

impl TestApp {
    /// Moves the clock to a time, an hour or more at once, as the clock of promises and the workers would live through it.
    pub async fn live_until(&self, time: &str) {
        let time: DateTime<Utc> = time.parse().unwrap();
        while self.clock.now() < time {
            self.advance((time - self.clock.now()).min(TimeDelta::hours(1)));
            clock::run_due(self).await.unwrap();
            self.work().await;
        }
    }

    pub async fn promises(&self) -> Vec<promise::Model> {
        let all = promise::Entity::find().order_by_asc(promise::Column::RecognitionId);
        all.all(self.db.read()).await.unwrap()
    }

    pub async fn promise(&self) -> promise::Model {
        let mut all = self.promises().await;
        assert_eq!(all.len(), 1);
        all.pop().unwrap()
    }

    /// State, level and whoever has it, by their id on the roster.
    pub async fn stands(&self) -> (State, i32, Option<Uuid>) {
        let promise = self.promise().await;
        (
            promise.state,
            promise.level,
            self.staff_behind(promise.account_id).await,
        )
    }

    async fn staff_behind(&self, account: Option<Uuid>) -> Option<Uuid> {
        let found = entity::account::Entity::find_by_id(account?)
            .one(self.db.read())
            .await;
        found.unwrap()?.staff_id
    }

    async fn pass_on_as(&self, recognition: Uuid, account: Uuid) {
        let tx = self.db.write().await.unwrap();
        let new = PassOn {
            organisation: self.organisation.id,
            recognition,
            how: How::Told,
            note: None,
            account,
            actor: "account:somebody",
            now: self.clock.now(),
        };
        pass_on::pass_on(&tx, new).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn reports_to(&self, staff: Uuid, manager: Uuid) {
        let tx = self.db.write().await.unwrap();
        let change = Change::begin(&tx, self.organisation.id, "cli", self.clock.now())
            .await
            .unwrap();
        let theirs = entity::assignment::Entity::find()
            .filter(entity::assignment::Column::StaffId.eq(staff))
            .one(&tx)
            .await
            .unwrap()
            .unwrap();
        let patch = AssignmentPatch {
            manager: Some(Some(manager)),
            ..AssignmentPatch::default()
        };
        assignment::update(&change, theirs.id, patch).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn reminders(sink: &Sink) -> Vec<Received> {
    let is_one = |mail: &Received| mail.subject().contains("pass");
    sink.received().into_iter().filter(is_one).collect()
}

#[tokio::test]
async fn whoever_has_praise_is_reminded_once_of_all_that_waits() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    shop.say("Thank you Tomasz Wilk, you were so kind!").await;
    shop.app.work().await;
    let due: Vec<DateTime<Utc>> = shop.app.promises().await.iter().map(|one| one.due_at).collect();
    // Saturday is no working day: Monday and Tuesday are.
    assert_eq!(due, ["2026-11-25T00:00:00Z".parse::<DateTime<Utc>>().unwrap(); 2]);
    shop.app.live_until("2026-11-24T08:59:00Z").await;
    assert!(reminders(&sink).is_empty());
    shop.app.live_until("2026-11-25T08:59:00Z").await;
    let reminders = reminders(&sink);
    assert_eq!(reminders.len(), 1);
    assert_eq!(reminders[0].to, "ruth@example.org");
    let text = reminders[0].text();
    assert!(
        text.contains("Two thank-yous wait for you to pass them on."),
        "{text}"
    );
    for row in [
        "Priya Nair: by Tuesday 24 November",
        "Tomasz Wilk: by Tuesday 24 November",
    ] {
        assert!(text.contains(row), "{text}");
    }
    assert!(text.contains("/desk"), "{text}");
    shop.app.end().await;
}

#[tokio::test]
async fn who_lets_the_time_pass_is_followed_by_two_above_and_then_it_ends() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let app = &shop.app;
    assert_eq!(app.stands().await, (State::Open, 0, Some(shop.ruth.id)));
    app.live_until("2026-11-25T08:59:00Z").await;
    assert_eq!(app.stands().await, (State::Reminded, 0, Some(shop.ruth.id)));
    app.live_until("2026-11-25T09:30:00Z").await;
    assert_eq!(app.stands().await, (State::Open, 1, Some(shop.omar.id)));
    let mail = sink.received().pop().unwrap();
    assert_eq!(mail.to, "omar@example.org");
    let text = mail.text();
    let because = "Nobody has told Priya yet. Ruth Adler was asked on Saturday 21 November.";
    assert!(text.contains(because), "{text}");
    assert!(text.contains("because nobody has told Priya Nair yet"), "{text}");
    app.live_until("2026-11-30T08:59:00Z").await;
    assert_eq!(app.stands().await, (State::Reminded, 1, Some(shop.omar.id)));
    app.live_until("2026-11-30T09:30:00Z").await;
    assert_eq!(app.stands().await, (State::Open, 2, Some(shop.lena.id)));
    app.live_until("2026-12-03T10:00:00Z").await;
    let (state, level, _) = app.stands().await;
    assert_eq!((state, level), (State::Undeliverable, 2));
    let told: Vec<_> = app.told().await.into_iter().map(|(kind, ..)| kind).collect();
    let count = |kind| told.iter().filter(|one| **one == kind).count();
    assert_eq!((count(Kind::Praise), count(Kind::Reminder)), (3, 3));
    app.live_until("2026-12-20T10:00:00Z").await;
    assert_eq!(app.told().await.len(), 6, "an end is an end");
    // Nobody is kept from telling them after all.
    let ruth = app.account_of(shop.ruth.id).await;
    app.pass_on_as(app.promise().await.recognition_id, ruth.id).await;
    assert_eq!(app.promise().await.state, State::Heard);
    shop.app.end().await;
}

#[tokio::test]
async fn the_next_above_finds_it_on_their_desk_and_may_tell_the_person() {
    let shop = Shop::open().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let (app, id) = (&shop.app, shop.app.promise().await.recognition_id);
    let path = format!("/desk/praise/{id}/pass-on");
    let (ruth, omar) = (
        app.sign_in_staff(shop.ruth.id).await,
        app.sign_in_staff(shop.omar.id).await,
    );
    let desk = app.page_as(&ruth, "/desk").await.expect(200);
    let by = "Priya should hear this by Tuesday 24 November.";
    assert!(desk.text.contains(by), "{}", desk.text);
    assert!(!app.page_as(&omar, "/desk").await.text.contains("Priya"));
    app.form_as(&omar, &path, &[("how", "told")]).await.expect(403);
    app.live_until("2026-11-25T10:00:00Z").await;
    let omar = app.sign_in_staff(shop.omar.id).await;
    let desk = app.page_as(&omar, "/desk").await.expect(200);
    assert!(desk.text.contains("One thing needs you."), "{}", desk.text);
    assert!(
        desk.text.contains("because nobody has told Priya Nair yet"),
        "{}",
        desk.text
    );
    app.form_as(&omar, &path, &[("how", "told")]).await.expect(303);
    assert_eq!(app.promise().await.state, State::Heard);
    shop.app.end().await;
}

#[tokio::test]
async fn administrators_find_on_their_desk_what_nobody_told() {
    let shop = Shop::open().await;
    let boss = shop.app.administrator("boss@example.org").await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let cookie = shop.app.sign_in(&boss).await;
    assert!(!shop.app.page_as(&cookie, "/desk").await.text.contains("Priya"));
    shop.app.live_until("2026-12-03T10:00:00Z").await;
    assert_eq!(shop.app.promise().await.state, State::Undeliverable);
    let cookie = shop.app.sign_in(&boss).await;
    let desk = shop.app.page_as(&cookie, "/desk").await.expect(200);
    let text = "Everyone who was asked let the time pass: Priya has still not heard this.";
    assert!(desk.text.contains(text), "{}", desk.text);
    shop.app.end().await;
}

#[tokio::test]
async fn passing_on_ends_it_and_undoing_that_has_it_hold_again() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let app = &shop.app;
    let (ruth, id) = (
        app.account_of(shop.ruth.id).await,
        app.promise().await.recognition_id,
    );
    app.pass_on_as(id, ruth.id).await;
    let heard = app.promise().await;
    assert_eq!((heard.state, heard.next_at), (State::Heard, None));
    app.live_until("2026-11-24T07:00:00Z").await;
    let tx = app.db.write().await.unwrap();
    pass_on::undo(&tx, app.organisation.id, id, "account:ruth", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.live_until("2026-11-24T08:00:00Z").await;
    assert_eq!(app.stands().await, (State::Open, 0, Some(shop.ruth.id)));
    app.live_until("2026-11-24T09:30:00Z").await;
    assert_eq!(reminders(&sink).len(), 1);
    app.pass_on_as(id, ruth.id).await;
    app.live_until("2026-12-24T09:30:00Z").await;
    assert_eq!(app.promise().await.state, State::Heard);
    assert_eq!(sink.received().len(), 2, "the praise and one reminder");
    shop.app.end().await;
}

#[tokio::test]
async fn words_that_are_taken_back_or_erased_or_are_somebody_elses_promise_nothing() {
    let shop = Shop::open().await;
    let taken_back = shop.say(PRAISE).await;
    let erased = shop.say("Priya Nair was so very kind, thanks Priya!").await;
    let other = shop
        .say("Thank you Priya Nair, you were so kind and patient!")
        .await;
    shop.app.work().await;
    let (app, now) = (&shop.app, shop.app.clock.now());
    let request = erase::Request {
        actor: "key:x",
        reason: "erasure_request",
        now,
    };
    let tx = app.db.write().await.unwrap();
    erase::withdraw(&tx, app.organisation.id, &[taken_back], request)
        .await
        .unwrap();
    assert!(
        erase::erase(&tx, app.organisation.id, erased, request)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    let decision = json!({ "decision": "not_praise" });
    app.post(&format!("/v1/triage/{other}/decisions"), decision)
        .await
        .expect(200);
    app.live_until("2026-11-21T13:00:00Z").await;
    for (comment, state) in [
        (taken_back, State::Withdrawn),
        (erased, State::Withdrawn),
        (other, State::Declined),
    ] {
        let promises = app.promises().await;
        let own = promises.iter().find(|one| one.comment_id == comment).unwrap();
        assert_eq!((own.state, own.next_at), (state, None));
    }
    app.live_until("2026-11-24T10:00:00Z").await;
    let told = app.told().await;
    assert!(told.iter().all(|(kind, ..)| *kind != Kind::Reminder), "{told:?}");
    shop.app.end().await;
}

#[tokio::test]
async fn a_leavers_promises_go_to_the_successor_and_keep_their_day() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let app = &shop.app;
    let due = app.promise().await.due_at;
    let cleo = app
        .person("Cleo", "Marsh", Some(shop.leeds.id), Some(shop.omar.id))
        .await;
    app.live_until("2026-11-23T10:00:00Z").await;
    app.leaves(shop.ruth.id, "2026-11-22".parse().unwrap()).await;
    app.reports_to(shop.priya.id, cleo.id).await;
    app.live_until("2026-11-23T11:00:00Z").await;
    assert_eq!(app.stands().await, (State::Open, 0, Some(cleo.id)));
    assert_eq!(app.promise().await.due_at, due);
    let mail = sink.received().pop().unwrap();
    assert_eq!(mail.to, "cleo@example.org");
    assert!(
        mail.text().contains("because you manage Priya Nair"),
        "{}",
        mail.text()
    );
    app.live_until("2026-11-24T10:00:00Z").await;
    assert_eq!(reminders(&sink)[0].to, "cleo@example.org");
    shop.app.end().await;
}

#[tokio::test]
async fn a_dead_mailbox_is_passed_over_at_once_whoever_has_it() {
    let (shop, sink) = shop().await;
    sink.fail(Faults {
        unknown: vec!["ruth@example.org".to_owned()],
        ..Faults::default()
    });
    shop.say(PRAISE).await;
    shop.app.work().await;
    let app = &shop.app;
    assert_eq!(app.stands().await, (State::Open, 0, Some(shop.omar.id)));
    sink.fail(Faults {
        unknown: vec!["omar@example.org".to_owned()],
        ..Faults::default()
    });
    // The reminder is refused.
    app.live_until("2026-11-24T11:00:00Z").await;
    assert_eq!(app.stands().await.2, Some(shop.lena.id));
    app.live_until("2026-12-10T11:00:00Z").await;
    assert_eq!(app.promise().await.state, State::Undeliverable);
    shop.app.end().await;
}

#[tokio::test]
async fn it_waits_while_a_person_must_decide_about_the_comment() {
    let shop = Shop::open().await;
    let comment = shop.say(PRAISE).await;
    shop.app.work().await;
    let app = &shop.app;
    let in_state = async |state| {
        let tx = app.db.write().await.unwrap();
        let row = comment::ActiveModel {
            id: Set(comment),
            state: Set(state),
            ..Default::default()
        };
        row.update(&tx).await.unwrap();
        let route = plaudit::platform::job::Job::Route { comment };
        plaudit::platform::job::enqueue(&tx, app.organisation.id, route, app.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    };
    in_state(comment::State::Triage).await;
    app.live_until("2026-12-10T10:00:00Z").await;
    let paused = app.promise().await;
    assert_eq!(
        (paused.state, paused.level, paused.next_at),
        (State::Paused, 0, None)
    );
    in_state(comment::State::Done).await;
    app.live_until("2026-12-10T12:00:00Z").await;
    let open = app.promise().await;
    assert_eq!(open.state, State::Open);
    assert_eq!(
        open.due_at,
        "2026-12-15T00:00:00Z".parse::<DateTime<Utc>>().unwrap()
    );
    shop.app.end().await;
}

#[tokio::test]
async fn christmas_counts_for_nobody_in_germany_and_a_site_keeps_its_own_days() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let settings = json!({ "time_zone": "Europe/Berlin", "holidays": "de" });
    let saved = app
        .call(Method::PATCH, "/v1/organisation", Some(&app.key), Some(settings))
        .await
        .expect(200);
    assert_eq!(
        (saved.at("/holidays"), saved.at("/heard_within")),
        ("DE".to_owned(), "2".to_owned())
    );
    app.live_until("2026-12-23T10:00:00Z").await;
    shop.say(PRAISE).await;
    app.work().await;
    // Thursday, then Monday: Friday and Saturday are Christmas.
    assert_eq!(
        app.promise().await.due_at,
        "2026-12-28T23:00:00Z".parse::<DateTime<Utc>>().unwrap()
    );
    let path = format!("/v1/sites/{}", shop.leeds.id);
    let own = json!({ "heard_within": 1, "holidays": "DE-BY" });
    app.call(Method::PATCH, &path, Some(&app.key), Some(own))
        .await
        .expect(200);
    app.live_until("2027-01-05T10:00:00Z").await;
    let later = shop
        .say("Thank you Priya Nair, you were so kind and patient!")
        .await;
    app.work().await;
    let promises = app.promises().await;
    let own = promises.iter().find(|one| one.comment_id == later).unwrap();
    // Epiphany is a holiday in Bavaria.
    assert_eq!(
        own.due_at,
        "2027-01-07T23:00:00Z".parse::<DateTime<Utc>>().unwrap()
    );
    for wrong in [
        json!({ "holidays": "Narnia" }),
        json!({ "heard_within": 31 }),
        json!({ "heard_within": 0 }),
    ] {
        let refused = app.call(Method::PATCH, &path, Some(&app.key), Some(wrong)).await;
        assert!([400, 422].contains(&refused.status.as_u16()), "{}", refused.text);
    }
    shop.app.end().await;
}

#[tokio::test]
async fn what_was_told_before_the_upgrade_promises_nothing() {
    let shop = Shop::open().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let all = Migrator::migrations();
    let since = all.iter().rev().position(|one| one.name().ends_with("_promise"));
    let steps = u32::try_from(since.unwrap()).unwrap() + 1;
    Migrator::down(shop.app.db.writer(), Some(steps)).await.unwrap();
    Migrator::up(shop.app.db.writer(), None).await.unwrap();
    let app = &shop.app;
    app.live_until("2026-12-10T10:00:00Z").await;
    assert!(app.promises().await.is_empty());
    assert_eq!(app.told().await.len(), 1);
    // It is passed on like any other.
    let ruth = app.account_of(shop.ruth.id).await;
    let told = recognition::Entity::find()
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    app.pass_on_as(told.id, ruth.id).await;
    shop.say("Thank you Priya Nair, you were so kind and patient!")
        .await;
    app.work().await;
    assert_eq!(app.promises().await.len(), 1);
    shop.app.end().await;
}

#[tokio::test]
async fn the_api_says_how_long_it_takes_by_site_and_period() {
    let shop = Shop::open().await;
    let york = shop.app.site("York", None).await;
    let app = &shop.app;
    app.person("Ines", "Costa", Some(york.id), Some(shop.omar.id))
        .await;
    for _ in 0..9 {
        shop.say(PRAISE).await;
        app.advance(TimeDelta::seconds(1));
    }
    shop.send(json!({ "text": "Ines Costa was so kind and helpful, thank you Ines!", "site": "York" }))
        .await;
    app.work().await;
    let ruth = app.account_of(shop.ruth.id).await;
    let all = recognition::Entity::find().order_by_asc(recognition::Column::RecognisedAt);
    let all = all.all(app.db.read()).await.unwrap();
    assert_eq!(all.len(), 10);
    for praise in all.iter().filter(|one| one.site_id != Some(york.id)) {
        app.advance(TimeDelta::hours(1));
        app.pass_on_as(praise.id, ruth.id).await;
    }
    app.advance(TimeDelta::hours(41));
    let last = all.iter().find(|one| one.site_id == Some(york.id)).unwrap();
    app.pass_on_as(last.id, ruth.id).await;
    let heard = app.get("/v1/heard").await.expect(200);
    assert_eq!(heard.at("/all/n"), "10");
    assert_eq!(
        (heard.at("/all/median_hours"), heard.at("/all/p90_hours")),
        ("5.0".to_owned(), "9.0".to_owned())
    );
    assert_eq!(
        (heard.at("/from"), heard.at("/until")),
        ("2026-10-27".to_owned(), "2026-11-23".to_owned())
    );
    assert_eq!(heard.at("/by_site/0/site_id"), shop.leeds.id.to_string());
    assert_eq!(heard.at("/by_site/1/pace/median_hours"), "50.0");
    let one = app.get(&format!("/v1/heard?site={}", york.id)).await.expect(200);
    assert_eq!(one.at("/all/n"), "1");
    let before = app
        .get("/v1/heard?from=2026-11-01&until=2026-11-20")
        .await
        .expect(200);
    assert_eq!(before.at("/all/n"), "0");
    assert!(before.json().pointer("/all/median_hours").is_none());
    app.get("/v1/heard?from=2026-01-01&until=2026-11-20")
        .await
        .expect(422);
    app.get("/v1/heard?from=2026-11-21&until=2026-11-20")
        .await
        .expect(422);
    shop.app.end().await;
}
