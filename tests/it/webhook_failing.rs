//! Endpoints that fail, end and come back: no event is lost, and none is given up early.
use chrono::TimeDelta;
use entity::{audit, delivery, notice};
use plaudit::{
    deliver::channel::manage,
    platform::job::{Kind, queue},
};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::{
    support::telling::{PRAISE, Shop},
    webhook::{Endpoint, add, shop},
};

const GONE: &str = "410 Gone";
const BUSY: &str = "503 Busy";

impl Shop {
    async fn say_often(&self, times: usize) {
        for number in 0..times {
            self.say(&format!("{PRAISE} Number {number}.")).await;
        }
        self.app.work_on(Kind::Attribute).await;
        self.app.work_on(Kind::Route).await;
    }

    async fn ends_of_channels(&self) -> usize {
        let entries = audit::Entity::find().all(self.app.db.read()).await.unwrap();
        entries
            .iter()
            .filter(|entry| entry.action == "end_channel")
            .count()
    }

    async fn praise_of_channels(&self) -> Vec<notice::Model> {
        let mut notices = self.app.notices().await;
        notices.retain(|notice| notice.channel_id.is_some());
        notices
    }

    async fn retry_jobs(&self) -> u64 {
        let tx = self.app.db.write().await.unwrap();
        let (own, now) = (self.app.organisation.id, self.app.clock.now());
        let replayed = queue::replay(&tx, own, None, now).await.unwrap();
        tx.commit().await.unwrap();
        replayed
    }
}

#[tokio::test]
async fn what_an_endpoint_that_is_gone_was_not_told_goes_to_an_administrator_once() {
    let (shop, sink) = shop().await;
    shop.app.administrator("office@example.org").await;
    let endpoint = Endpoint::start(&[GONE; 20]).await;
    let (id, _) = add(&shop, &endpoint).await;
    shop.say_often(3).await;
    shop.app.work().await;
    shop.app.advance(TimeDelta::minutes(1));
    shop.app.work().await;
    let mails = sink.received();
    let to_office = mails.iter().filter(|mail| mail.to == "office@example.org");
    assert_eq!(to_office.count(), 3);
    assert_eq!(shop.ends_of_channels().await, 1);
    let states: Vec<notice::State> = shop.app.notices().await.iter().map(|one| one.state).collect();
    assert!(
        states.iter().all(|state| *state == notice::State::Sent),
        "{states:?}"
    );
    let ended = manage::remove(&shop.app.deliver(), shop.app.organisation.id, id, "cli").await;
    assert!(ended.is_err(), "it has ended already");
    shop.app.end().await;
}

#[tokio::test]
async fn what_an_endpoint_that_is_gone_was_not_told_goes_to_the_next_one_as_if_it_were_new() {
    let (shop, _sink) = shop().await;
    let gone = Endpoint::start(&[BUSY, BUSY, BUSY, BUSY, GONE]).await;
    add(&shop, &gone).await;
    shop.say_often(1).await;
    for _ in 0..4 {
        shop.app.work().await;
        shop.app.advance(TimeDelta::hours(5));
    }
    let next = Endpoint::start(&[]).await;
    let (next_id, _) = add(&shop, &next).await;
    shop.app.work().await;
    assert_eq!((gone.calls().len(), next.calls().len()), (5, 1));
    let outbox = shop.app.deliveries().await;
    let told: Vec<_> = outbox.iter().filter(|row| row.channel == "webhook").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].channel_id, told[0].state, told[0].attempt),
        (Some(next_id), delivery::State::Accepted, 1)
    );
    shop.app.end().await;
}

#[tokio::test]
async fn what_was_given_up_for_a_channel_goes_on_to_the_next_one_when_it_is_removed() {
    let (shop, _sink) = shop().await;
    let broken = Endpoint::start(&[BUSY; 10]).await;
    let (id, _) = add(&shop, &broken).await;
    shop.say_often(1).await;
    for _ in 0..10 {
        shop.app.work().await;
        shop.app.advance(TimeDelta::hours(25));
    }
    assert_eq!(broken.calls().len(), 10);
    let next = Endpoint::start(&[]).await;
    add(&shop, &next).await;
    manage::remove(&shop.app.deliver(), shop.app.organisation.id, id, "cli")
        .await
        .unwrap();
    shop.app.work().await;
    assert_eq!(next.calls().len(), 1);
    shop.app.end().await;
}

#[tokio::test]
async fn a_channel_that_ends_where_nobody_is_administrator_holds_up_no_later_credit() {
    let (shop, _sink) = shop().await;
    let endpoint = Endpoint::start(&[]).await;
    let (id, _) = add(&shop, &endpoint).await;
    let both = |words: &str| json!({"text": words, "site": "Leeds", "external_id": "r-1"});
    shop.send(both(PRAISE)).await;
    shop.app.work_on(Kind::Attribute).await;
    shop.app.work_on(Kind::Route).await;
    manage::remove(&shop.app.deliver(), shop.app.organisation.id, id, "cli")
        .await
        .unwrap();
    shop.app.work().await;
    shop.app.administrator("office@example.org").await;
    shop.send(both(
        "Priya Nair was so kind and helpful, thank you Priya! And Tomasz Wilk was wonderful, thank you Tomasz!",
    ))
    .await;
    shop.app.advance(TimeDelta::minutes(2));
    shop.app.work().await;
    let told = shop.app.told().await;
    let of_ruth = told.iter().filter(|(kind, reader, state)| {
        (*kind, *reader, *state) == (notice::Kind::Praise, Some(shop.ruth.id), notice::State::Sent)
    });
    assert_eq!(of_ruth.count(), 2, "{told:?}");
    shop.app.end().await;
}

#[tokio::test]
async fn praise_that_was_undone_in_time_and_is_given_again_is_told_to_the_endpoint() {
    let (shop, _sink) = shop().await;
    shop.app
        .person_with_id("nayar", "Priya", "Nayar", Some(shop.leeds.id), Some(shop.ruth.id))
        .await;
    let endpoint = Endpoint::start(&[]).await;
    add(&shop, &endpoint).await;
    let comment = shop.say("Priya was so kind and helpful, thank you Priya!").await;
    shop.app.work().await;
    let path = format!("/v1/triage/{comment}");
    let credit = async || {
        let decision = json!({"decision": "credit", "staff": [shop.priya.id]});
        shop.app
            .post(&format!("{path}/decisions"), decision)
            .await
            .expect(200)
    };
    credit().await;
    shop.app.work().await;
    shop.app
        .post(&format!("{path}/undo"), json!({}))
        .await
        .expect(200);
    shop.app.advance(TimeDelta::minutes(3));
    shop.app.work().await;
    assert!(endpoint.calls().is_empty(), "it was undone in time");
    credit().await;
    shop.app.advance(TimeDelta::minutes(3));
    shop.app.work().await;
    shop.app.advance(TimeDelta::minutes(3));
    shop.app.work().await;
    let calls = endpoint.calls();
    assert_eq!(calls.len(), 1);
    let event: Value = serde_json::from_str(&calls[0].body).unwrap();
    assert_eq!(
        event["data"]["recognitions"][0]["staff_id"],
        shop.priya.id.to_string()
    );
    shop.app.end().await;
}

#[tokio::test]
async fn an_event_that_was_given_up_is_delivered_when_its_job_is_retried() {
    let (shop, _sink) = shop().await;
    let endpoint = Endpoint::start(&[BUSY; 11]).await;
    add(&shop, &endpoint).await;
    shop.say_often(1).await;
    for _ in 0..12 {
        shop.app.work().await;
        shop.app.advance(TimeDelta::hours(25));
    }
    assert_eq!(endpoint.calls().len(), 10, "then it is given up");
    assert_eq!(shop.retry_jobs().await, 1);
    shop.app.work().await;
    assert_eq!(endpoint.calls().len(), 11);
    assert_eq!(
        shop.retry_jobs().await,
        1,
        "a retry is one attempt, and it stands there again"
    );
    shop.app.work().await;
    assert_eq!(endpoint.calls().len(), 12);
    let told = shop.praise_of_channels().await;
    assert_eq!(told[0].state, notice::State::Sent);
    shop.app.end().await;
}

#[tokio::test]
async fn what_is_put_off_since_its_endpoint_failed_has_not_been_tried() {
    let (mut shop, _sink) = shop().await;
    let endpoint = Endpoint::start(&[BUSY; 100]).await;
    add(&shop, &endpoint).await;
    shop.say_often(40).await;
    shop.app.work_on(Kind::Call).await;
    let mut jobs = shop.app.jobs().await;
    jobs.retain(|job| job.kind == Kind::Call.name());
    let is_tried = |job: &&entity::job::Model| job.attempt > 0;
    let tried = jobs.iter().filter(is_tried).count();
    assert_eq!((jobs.len(), tried), (40, endpoint.calls().len()));
    assert!(tried < 40, "the others wait");
    let soon = shop.app.clock.now() + TimeDelta::seconds(5);
    assert!(
        jobs.iter()
            .all(|job| job.run_at >= soon && job.leased_until.is_none())
    );
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn an_endpoint_that_says_zero_seconds_is_asked_no_sooner_than_any_other() {
    let (mut shop, _sink) = shop().await;
    let endpoint = Endpoint::start(&["503 Busy\r\nretry-after: 0"; 20]).await;
    add(&shop, &endpoint).await;
    shop.say_often(1).await;
    shop.app.work().await;
    assert_eq!(endpoint.calls().len(), 1);
    shop.app.advance(TimeDelta::seconds(5));
    shop.app.work().await;
    assert_eq!(endpoint.calls().len(), 2);
    shop.app.end_with_jobs().await;
}

/// What was said before a channel was added is none of its praise, also when its comment is looked at again.
#[tokio::test]
async fn a_new_endpoint_is_not_told_of_old_praise() {
    let (shop, _sink) = shop().await;
    let sent = |words: &str| json!({"text": words, "site": "Leeds", "external_id": "r-1"});
    shop.send(sent(PRAISE)).await;
    shop.app.work().await;
    shop.app.advance(TimeDelta::days(30));
    let endpoint = Endpoint::start(&[]).await;
    add(&shop, &endpoint).await;
    shop.send(sent(
        "Priya Nair was so kind and helpful, thank you Priya! And Tomasz Wilk was wonderful, thank you Tomasz!",
    ))
    .await;
    shop.app.work().await;
    let calls = endpoint.calls();
    assert_eq!(calls.len(), 1);
    assert!(
        !calls[0].body.contains(&shop.priya.id.to_string()),
        "{}",
        calls[0].body
    );
    shop.app.end().await;
}
