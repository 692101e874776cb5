//! Rooms of Slack, Teams and Google Chat: cards without markup of customers, within what they consent to, few at a time.
use std::sync::LazyLock;

use chrono::TimeDelta;
use entity::{channel, delivery, notice, organisation, recognition, source};
use plaudit::{
    deliver::channel::manage::{self, NewChannel},
    platform::job::{Kind, queue},
};
use poem::http::Method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    support::telling::{PRAISE, Shop},
    webhook::{Endpoint, new, shop},
};

const KINDS: [&str; 3] = ["slack", "teams", "google-chat"];

/// As each kind says that it took a card.
fn taken(kind: &str) -> &'static str {
    match kind {
        "slack" => "200 OK|ok",
        "teams" => "202 Accepted",
        _ => &MESSAGE,
    }
}

/// Google Chat answers with the whole message, longer than what is read of an answer.
static MESSAGE: LazyLock<String> = LazyLock::new(|| {
    let card = "x".repeat(9000);
    format!("200 OK|{{\n  \"name\": \"spaces/A/messages/1\",\n  \"fallbackText\": \"{card}\"\n}}")
});

pub async fn room(shop: &Shop, kind: &str, answers: &[&'static str]) -> (Endpoint, Uuid) {
    let endpoint = Endpoint::ending_in(answers, taken(kind)).await;
    let id = add(shop, new(kind, &endpoint)).await;
    (endpoint, id)
}

async fn add(shop: &Shop, new: NewChannel) -> Uuid {
    let own = shop.app.organisation.id;
    let (made, secret) = manage::add(&shop.app.deliver(), own, new, "cli").await.unwrap();
    assert!(secret.is_none(), "the address of a room is its secret");
    made.id
}

impl Shop {
    pub async fn say_to(&self, consent: &str, words: &str) -> Uuid {
        let comment = json!({"text": words, "site": "Leeds", "consent": consent});
        self.send(comment).await
    }

    /// Says it several times, and has it routed and not yet delivered.
    async fn say_so_often(&self, times: usize) {
        for number in 0..times {
            self.say_to("public", &format!("{PRAISE} Number {number}.")).await;
        }
        self.app.work_on(Kind::Attribute).await;
        self.app.work_on(Kind::Route).await;
    }

    pub async fn only_room(&self) -> channel::Model {
        let room = channel::Entity::find().one(self.app.db.read()).await.unwrap();
        room.unwrap()
    }

    pub async fn to_rooms(&self) -> Vec<delivery::Model> {
        let mut outbox = self.app.deliveries().await;
        outbox.retain(|row| row.channel_id.is_some());
        outbox
    }
}

pub fn cards(endpoint: &Endpoint) -> Vec<Value> {
    let calls = endpoint.calls();
    calls
        .iter()
        .map(|call| serde_json::from_str(&call.body).unwrap())
        .collect()
}

/// The strings of a card below keys of this name, in order.
fn said(card: &Value, key: &str) -> Vec<String> {
    match card {
        Value::Array(all) => all.iter().flat_map(|one| said(one, key)).collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value {
                Value::String(text) if name == key => vec![text.clone()],
                value => said(value, key),
            })
            .collect(),
        _ => Vec::new(),
    }
}

pub fn link(card: &Value) -> String {
    said(card, "url").into_iter().next().unwrap()
}

#[tokio::test]
async fn a_room_is_told_once_with_the_words_and_a_link_to_all_of_them() {
    let (shop, sink) = shop().await;
    for kind in KINDS {
        let (endpoint, id) = room(&shop, kind, &[]).await;
        shop.say_to("colleagues", PRAISE).await;
        shop.app.work().await;
        let cards = cards(&endpoint);
        assert_eq!(cards.len(), 1, "{kind}");
        let text = cards[0].to_string();
        assert!(text.contains("A customer thanked Priya."), "{text}");
        assert!(
            text.contains("Priya Nair") && text.contains("was so kind and helpful"),
            "{text}"
        );
        let link = link(&cards[0]);
        let page = shop.app.call(Method::GET, &link, None, None).await.expect(200);
        assert!(page.text.contains("<mark>Priya Nair</mark>"), "{}", page.text);
        assert!(!page.text.contains("/desk"), "a room has no desk: {}", page.text);
        manage::remove(&shop.app.deliver(), shop.app.organisation.id, id, "cli")
            .await
            .unwrap();
        shop.app.work().await;
    }
    assert_eq!(sink.received().len(), 3, "the manager gets mail beside");
    assert!(
        shop.to_rooms()
            .await
            .iter()
            .all(|row| row.state == delivery::State::Accepted && row.attempt == 1)
    );
    shop.app.end().await;
}

#[tokio::test]
async fn what_looks_like_markup_calls_nobody_and_leads_nowhere() {
    let (shop, _sink) = shop().await;
    let words =
        "Thank you Priya Nair, so kind! <!channel> <users/all> @here *x* [y](https://evil.example) <b>";
    for kind in KINDS {
        let (endpoint, id) = room(&shop, kind, &[]).await;
        shop.say_to("public", words).await;
        shop.app.work().await;
        let card = &cards(&endpoint)[0];
        match kind {
            // Rich text has no markup; the one text that has is the headline.
            "slack" => assert!(!card["text"].as_str().unwrap().contains('<')),
            // Text blocks have markup, text runs have none.
            "teams" => assert!(!card.to_string().contains("\"TextBlock\"")),
            _ => {
                let text = card.to_string();
                assert!(
                    text.contains("&lt;users/all&gt;") && !text.contains("<users"),
                    "{text}"
                );
            }
        }
        assert!(said(card, "url").iter().all(|url| !url.contains("evil")));
        manage::remove(&shop.app.deliver(), shop.app.organisation.id, id, "cli")
            .await
            .unwrap();
        shop.app.work().await;
    }
    shop.app.end().await;
}

#[tokio::test]
async fn words_that_are_not_for_colleagues_stay_behind_the_sign_in() {
    let (shop, _sink) = shop().await;
    let (endpoint, _) = room(&shop, "slack", &[]).await;
    shop.say_to("staff", PRAISE).await;
    shop.app.work().await;
    let card = &cards(&endpoint)[0];
    let text = card.to_string();
    assert!(
        text.contains("A customer thanked Priya.") && !text.contains("kind and helpful"),
        "{text}"
    );
    let theirs = format!("/feed/staff/{}", shop.priya.id);
    assert!(link(card).ends_with(&theirs) && !text.contains("/p/"), "{text}");
    shop.app.end().await;
}

#[tokio::test]
async fn a_link_in_a_room_ends_when_the_words_are_no_longer_for_colleagues() {
    let (shop, _sink) = shop().await;
    let (endpoint, _) = room(&shop, "slack", &[]).await;
    shop.say_to("colleagues", PRAISE).await;
    shop.app.work().await;
    let link = link(&cards(&endpoint)[0]);
    shop.app.call(Method::GET, &link, None, None).await.expect(200);
    shop.hide_all().await;
    shop.app.call(Method::GET, &link, None, None).await.expect(410);
    shop.app.end().await;
}

impl Shop {
    async fn hide_all(&self) {
        let tx = self.app.db.write().await.unwrap();
        recognition::Entity::update_many()
            .col_expr(recognition::Column::HiddenAt, Expr::value(self.app.clock.now()))
            .filter(recognition::Column::OrganisationId.eq(self.app.organisation.id))
            .exec(&tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn praise_that_was_hidden_before_it_left_is_told_to_no_room() {
    let (shop, _sink) = shop().await;
    let (endpoint, _) = room(&shop, "teams", &[]).await;
    shop.say_so_often(1).await;
    shop.hide_all().await;
    shop.app.work().await;
    assert!(endpoint.calls().is_empty());
    let notices = shop.app.notices().await;
    let of_room = notices.iter().find(|notice| notice.channel_id.is_some()).unwrap();
    assert_eq!(of_room.state, notice::State::Muted);
    shop.app.end().await;
}

#[tokio::test]
async fn words_of_x_and_words_for_a_room_without_words_never_leave() {
    let (shop, _sink) = shop().await;
    let bare = Endpoint::ending_in(&[], taken("slack")).await;
    let without_words = NewChannel {
        with_words: false,
        ..new("slack", &bare)
    };
    add(&shop, without_words).await;
    let (full, _) = room(&shop, "google-chat", &[]).await;
    shop.say_so_often(1).await;
    shop.app.work().await;
    let is_quoted = |card: &Value| card.to_string().contains("kind and helpful");
    assert!(!is_quoted(&cards(&bare)[0]) && is_quoted(&cards(&full)[0]));
    assert!(link(&cards(&bare)[0]).contains("/p/"));
    shop.app.advance(TimeDelta::hours(1));
    shop.say_so_often(1).await;
    let tx = shop.app.db.write().await.unwrap();
    source::Entity::update_many()
        .col_expr(source::Column::Kind, Expr::value("x"))
        .filter(source::Column::OrganisationId.eq(shop.app.organisation.id))
        .exec(&tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    shop.app.work().await;
    let of_x = &cards(&full)[1];
    assert!(
        of_x.to_string().contains("thanked Priya") && !is_quoted(of_x),
        "{of_x}"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn an_error_inside_a_200_is_noticed_and_the_card_comes_again() {
    let (shop, _sink) = shop().await;
    let wrong = [
        ("slack", "200 OK|<html>Sign in to the guest network</html>"),
        (
            "teams",
            "200 OK|Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429",
        ),
        ("google-chat", "200 OK|{}"),
    ];
    for (kind, answer) in wrong {
        let (endpoint, id) = room(&shop, kind, &[answer]).await;
        shop.say_to("public", PRAISE).await;
        shop.app.work().await;
        assert_eq!(endpoint.calls().len(), 1, "{kind}");
        shop.app.advance(TimeDelta::minutes(1));
        shop.app.work().await;
        assert_eq!(endpoint.calls().len(), 2, "{kind}");
        manage::remove(&shop.app.deliver(), shop.app.organisation.id, id, "cli")
            .await
            .unwrap();
        shop.app.work().await;
    }
    shop.app.end().await;
}

#[tokio::test]
async fn up_to_five_come_one_by_one_in_order_and_more_are_gathered_in_one_card() {
    let (shop, _sink) = shop().await;
    let (endpoint, _) = room(&shop, "slack", &[]).await;
    shop.say_so_often(3).await;
    for seen in 1..=3 {
        shop.app.work().await;
        assert_eq!(endpoint.calls().len(), seen, "one at a time");
        shop.app.advance(TimeDelta::seconds(1));
    }
    let numbers = ["Number 0", "Number 1", "Number 2"];
    for (card, number) in cards(&endpoint).iter().zip(numbers) {
        assert!(card.to_string().contains(number), "{card}");
    }
    shop.say_so_often(7).await;
    shop.app.work().await;
    assert_eq!(endpoint.calls().len(), 4);
    let gathered = cards(&endpoint)[3].to_string();
    assert!(
        gathered.contains("Seven thank-yous") && gathered.contains("Number 6"),
        "{gathered}"
    );
    let outbox = shop.to_rooms().await;
    assert_eq!(outbox.len(), 10);
    assert!(
        outbox
            .iter()
            .all(|row| row.state == delivery::State::Accepted && row.attempt == 1)
    );
    shop.app.end().await;
}

#[tokio::test]
async fn a_room_that_had_five_cards_waits_until_ten_minutes_are_over() {
    let (shop, _sink) = shop().await;
    let (endpoint, _) = room(&shop, "teams", &[]).await;
    for _ in 0..5 {
        shop.say_so_often(1).await;
        shop.app.work().await;
        shop.app.advance(TimeDelta::minutes(1));
    }
    shop.say_so_often(2).await;
    shop.app.work().await;
    assert_eq!(endpoint.calls().len(), 5);
    shop.app.advance(TimeDelta::minutes(5));
    shop.app.work().await;
    assert_eq!(endpoint.calls().len(), 6, "both in one card");
    shop.app.end().await;
}

#[tokio::test]
async fn a_gathered_card_that_is_not_taken_comes_again_whole() {
    let (shop, _sink) = shop().await;
    let (endpoint, _) = room(&shop, "slack", &["503 Busy"]).await;
    shop.say_so_often(6).await;
    shop.app.work().await;
    shop.app.advance(TimeDelta::minutes(1));
    shop.app.work().await;
    let cards = cards(&endpoint);
    assert_eq!(cards.len(), 2);
    assert_eq!(cards[0], cards[1]);
    assert!(shop.to_rooms().await.iter().all(|row| row.attempt == 2));
    shop.app.end().await;
}

#[tokio::test]
async fn a_room_that_is_no_more_ends_and_a_card_that_is_refused_is_given_up() {
    let (mut shop, sink) = shop().await;
    shop.app.administrator("office@example.org").await;
    let (gone, id) = room(&shop, "slack", &["404 Not Found|no_service"]).await;
    shop.say_so_often(1).await;
    shop.app.work().await;
    shop.app.advance(TimeDelta::minutes(1));
    shop.app.work().await;
    assert_eq!(gone.calls().len(), 1);
    let ended = channel::Entity::find_by_id(id)
        .one(shop.app.db.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ended.ended_because.as_deref(), Some("gone"));
    assert!(ended.address.is_empty() && ended.secrets.is_empty());
    let mails = sink.received();
    assert_eq!(
        mails
            .iter()
            .filter(|mail| mail.to == "office@example.org")
            .count(),
        1
    );
    let (strict, _) = room(&shop, "slack", &["400 Bad Request|invalid_blocks"]).await;
    shop.say_so_often(1).await;
    shop.app.work().await;
    shop.app.advance(TimeDelta::hours(1));
    shop.app.work().await;
    assert_eq!(strict.calls().len(), 1);
    let dead = queue::dead_letters(shop.app.db.read(), shop.app.organisation.id)
        .await
        .unwrap();
    assert_eq!(dead.len(), 1);
    let refused = shop.to_rooms().await;
    assert!(
        refused
            .iter()
            .any(|row| row.state == delivery::State::Refused && row.code == Some(400))
    );
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn a_card_speaks_the_language_of_the_organisation() {
    let (shop, _sink) = shop().await;
    let tx = shop.app.db.write().await.unwrap();
    let row = organisation::ActiveModel {
        id: Set(shop.app.organisation.id),
        language: Set("de".to_owned()),
        ..Default::default()
    };
    row.update(&tx).await.unwrap();
    tx.commit().await.unwrap();
    let (endpoint, _) = room(&shop, "teams", &[]).await;
    shop.say_to("public", PRAISE).await;
    shop.app.work().await;
    let text = cards(&endpoint)[0].to_string();
    assert!(text.contains("Alles lesen"), "{text}");
    shop.app.end().await;
}

#[tokio::test]
async fn a_room_at_a_private_address_or_of_another_kind_is_refused() {
    let (shop, _sink) = shop().await;
    for (kind, address) in [
        ("slack", "https://10.0.0.7/services/1"),
        ("slack", "http://hooks.slack.com/services/1"),
        ("teams", "https://hooks.slack.com/services/1"),
        ("irc", "https://chat.example.org/1"),
    ] {
        let new = NewChannel {
            kind: kind.to_owned(),
            name: "Team".to_owned(),
            address: address.to_owned(),
            with_words: true,
        };
        let added = manage::add(&shop.app.deliver(), shop.app.organisation.id, new, "cli").await;
        assert!(added.is_err(), "{kind} {address}");
    }
    shop.app.end().await;
}
