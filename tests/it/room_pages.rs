//! The page "Rooms" and `/v1/channels`: added, tested, read, sent again, removed.
use chrono::TimeDelta;
use entity::{channel, delivery};
use poem::http::Method;
use sea_orm::EntityTrait;
use serde_json::json;

use crate::{
    rooms::{cards, link, room},
    support::telling::PRAISE,
    webhook::{Endpoint, new, shop},
};

#[tokio::test]
async fn an_administrator_adds_tests_and_removes_a_room_on_a_page() {
    let (shop, _sink) = shop().await;
    let office = shop.app.administrator("office@example.org").await;
    let cookie = shop.app.sign_in(&office).await;
    let endpoint = Endpoint::ending_in(
        &[
            "200 OK|ok",
            "403 Forbidden|action_prohibited",
            "404 Not Found|no_service",
        ],
        "200 OK|ok",
    )
    .await;
    let address = new("slack", &endpoint).address;
    let typed = |kind: &'static str, address: &str| {
        [
            ("kind", kind.to_owned()),
            ("name", "Front <i>".to_owned()),
            ("address", address.to_owned()),
        ]
    };
    let send = async |path: &str, fields: &[(&str, String)]| {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        shop.app.form_as(&cookie, path, &fields).await
    };
    for (kind, address, says) in [
        ("", address.as_str(), "Please fill this in."),
        ("slack", "http://hooks.slack.com/1", "starting with https://"),
        (
            "teams",
            "https://hooks.slack.com/services/1",
            "belongs to another service",
        ),
        ("slack", "https://10.0.0.7/1", "private network"),
    ] {
        let page = send("/channels", &typed(kind, address)).await.expect(422);
        assert!(page.text.contains(says), "{says}: {}", page.text);
    }
    let page = send("/channels", &typed("slack", &address)).await.expect(201);
    assert!(
        page.text.contains("Front &lt;i&gt;") && page.text.contains("Send a test to see"),
        "{}",
        page.text
    );
    let id = shop.only_room().await.id;
    let test = format!("/channels/{id}/test");
    let page = send(&test, &[]).await.expect(200);
    assert!(page.text.contains("The test was accepted"), "{}", page.text);
    let page = send(&test, &[]).await.expect(200);
    assert!(
        page.text.contains("The test was not accepted. Check") && page.text.contains("403"),
        "{}",
        page.text
    );
    let page = send(&test, &[]).await.expect(200);
    assert!(page.text.contains("there is no such room"), "{}", page.text);
    assert!(shop.only_room().await.ended_at.is_none(), "a test ends no room");
    let tests = cards(&endpoint);
    assert!(tests[0].to_string().contains("This is a test."), "{}", tests[0]);
    assert_eq!(
        link(&tests[0]),
        format!("{}/channels", shop.app.config.server.base_url)
    );
    shop.say_to("public", PRAISE).await;
    shop.app.work().await;
    let card = cards(&endpoint)[3].to_string();
    assert!(
        !card.contains("kind and helpful"),
        "the box for words was not ticked: {card}"
    );
    let list = shop.app.page_as(&cookie, "/channels").await.expect(200);
    assert!(list.text.contains("One thank-you in 30 days."), "{}", list.text);
    let page = shop.app.page_as(&cookie, &format!("/channels/{id}")).await;
    let page = page.expect(200);
    assert!(page.text.contains("Delivered"), "{}", page.text);
    for page in [&list, &page] {
        assert!(!page.text.contains(&address), "{}", page.text);
    }
    send(&format!("/channels/{id}/secret"), &[]).await.expect(404);
    send(&format!("/channels/{id}/remove"), &[]).await.expect(303);
    send(&test, &[]).await.expect(404);
    send(&format!("/channels/{id}/replay"), &[]).await.expect(404);
    shop.app.work().await;
    shop.app.end().await;
}

/// What was given up for a room is tried again from its page: one, or all, and those of another room are left alone.
#[tokio::test]
async fn what_was_given_up_for_a_room_is_sent_again_from_its_page() {
    let (mut shop, _sink) = shop().await;
    let office = shop.app.administrator("office@example.org").await;
    let cookie = shop.app.sign_in(&office).await;
    let (endpoint, id) = room(&shop, "slack", &["400 Bad|invalid_payload"; 2]).await;
    let (other, _) = room(&shop, "teams", &["400 Bad|Bad payload"; 2]).await;
    for number in 0..2 {
        shop.say_to("public", &format!("{PRAISE} Number {number}.")).await;
        shop.app.work().await;
        shop.app.advance(TimeDelta::minutes(1));
    }
    let given_up = |rows: &[delivery::Model]| {
        let refused = rows.iter().filter(|row| row.state == delivery::State::Refused);
        refused.filter(|row| row.channel_id == Some(id)).count()
    };
    assert_eq!(given_up(&shop.to_rooms().await), 2);
    let path = format!("/channels/{id}");
    let page = shop.app.page_as(&cookie, &path).await.expect(200);
    assert!(
        page.text.contains("Failed") && page.text.contains("it refuses the card (400)"),
        "{}",
        page.text
    );
    let notice = page.text.split("name=\"notice\" value=\"").nth(1).unwrap();
    let notice = &notice[..36];
    let replay = format!("{path}/replay");
    let odd = [("notice", "1")];
    shop.app.form_as(&cookie, &replay, &odd).await.expect(400);
    let one = [("notice", notice)];
    shop.app.form_as(&cookie, &replay, &one).await.expect(303);
    shop.app.work().await;
    assert_eq!((endpoint.calls().len(), given_up(&shop.to_rooms().await)), (3, 1));
    shop.app.advance(TimeDelta::minutes(1));
    let before = json!({"until": "2000-01-01T00:00:00Z"});
    let api = format!("/v1{replay}");
    let none = shop.app.post(&api, before).await.expect(200);
    assert_eq!(none.json()["count"], 0);
    let rest = shop.app.post(&api, json!({})).await.expect(200);
    assert_eq!(rest.json()["count"], 1);
    shop.app.work().await;
    assert_eq!((endpoint.calls().len(), given_up(&shop.to_rooms().await)), (4, 0));
    assert_eq!(other.calls().len(), 2, "nobody asked for this one");
    let audit = shop.app.page_as(&cookie, "/audit").await.expect(200);
    assert!(audit.text.contains("Retried messages"), "{}", audit.text);
    shop.app.end_with_jobs().await;
}

/// Whoever adds a room decides who else reads: a sign-in of an hour ago is not enough.
#[tokio::test]
async fn a_room_is_added_by_whoever_signed_in_a_moment_ago() {
    let (shop, _sink) = shop().await;
    let office = shop.app.administrator("office@example.org").await;
    let cookie = shop.app.sign_in(&office).await;
    shop.app.advance(TimeDelta::hours(1));
    let page = shop.app.page_as(&cookie, "/channels").await.expect(200);
    assert!(
        page.text.contains("/me/confirm?to") && page.text.contains("%2Fchannels"),
        "{}",
        page.text
    );
    let fields = [
        ("kind", "slack"),
        ("name", "Desk"),
        ("address", "https://hooks.slack.com/services/1"),
    ];
    let led = shop.app.form_as(&cookie, "/channels", &fields).await.expect(303);
    assert!(led.header("location").contains("/me/confirm"));
    let rooms = channel::Entity::find().all(shop.app.db.read()).await.unwrap();
    assert!(rooms.is_empty());
    shop.app.end().await;
}

#[tokio::test]
async fn a_program_adds_an_endpoint_tests_it_and_reads_what_left() {
    let (shop, _sink) = shop().await;
    let endpoint = Endpoint::start(&[]).await;
    let new = new("webhook", &endpoint);
    let body = json!({"kind": new.kind, "name": new.name, "address": new.address});
    let made = shop.app.post("/v1/channels", body).await.expect(201);
    assert!(made.at("/secret").starts_with("whsec_"));
    let path = format!("/v1/channels/{}", made.at("/id"));
    let test = format!("{path}/test");
    let tested = shop
        .app
        .call(Method::POST, &test, Some(&shop.app.key), None)
        .await
        .expect(200);
    assert_eq!(tested.json()["accepted"], true);
    assert!(endpoint.calls()[0].body.contains("channel.tested"));
    shop.say(PRAISE).await;
    shop.app.work().await;
    let left = shop.app.get(&format!("{path}/deliveries")).await.expect(200);
    assert_eq!(
        (
            left.at("/items/0/state"),
            left.json()["items"][0]["attempts"].clone()
        ),
        ("accepted".to_owned(), json!(1))
    );
    let changed = shop
        .app
        .call(Method::POST, &format!("{path}/secret"), Some(&shop.app.key), None)
        .await
        .expect(200);
    let (first, second) = (made.at("/secret"), changed.at("/secret"));
    assert!(second.starts_with("whsec_") && first != second);
    let listed = shop.app.get("/v1/channels").await.expect(200);
    assert!(
        !listed.text.contains(&new.address) && !listed.text.contains("whsec_"),
        "{}",
        listed.text
    );
    shop.app
        .call(Method::DELETE, &path, Some(&shop.app.key), None)
        .await
        .expect(204);
    shop.app
        .call(Method::DELETE, &path, Some(&shop.app.key), None)
        .await
        .expect(404);
    let odd = json!({"kind": "irc", "name": "x", "address": "https://chat.example.org/"});
    shop.app.post("/v1/channels", odd).await.expect(422);
    shop.app.work().await;
    shop.app.end().await;
}
