//! A notice becomes a mail, whatever the mail server does.
use std::{collections::HashSet, time::Duration};

use chrono::TimeDelta;
use entity::{
    account::Frequency,
    delivery,
    notice::{Kind, State},
};
use plaudit::platform::job::queue;
use poem::http::Method;
use sea_orm::ActiveValue::Set;

use crate::support::{
    smtp::{Faults, Received, Sink},
    telling::{PRAISE, Shop},
};

async fn shop() -> (Shop, Sink) {
    let sink = Sink::start().await;
    let shop = Shop::open_with(&sink.settings()).await;
    (shop, sink)
}

/// Lets the waits between attempts pass, until nothing waits any more or a day is over.
async fn wait(shop: &Shop) {
    for _ in 0..48 {
        shop.app.work().await;
        if queue::count_open(shop.app.db.read()).await.unwrap() == 0 {
            return;
        }
        shop.app.advance(TimeDelta::minutes(30));
    }
}

#[tokio::test]
async fn praise_becomes_a_mail_to_the_manager_with_the_words_marked() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let mails = sink.received();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "ruth@example.org");
    assert_eq!(mails[0].subject(), "A customer thanked Priya.");
    assert!(
        mails[0]
            .text()
            .contains("You get this because you manage Priya Nair.")
    );
    assert!(
        mails[0].html().contains(">Priya Nair</span>"),
        "{}",
        mails[0].html()
    );
    let notice = &shop.app.notices().await[0];
    assert_eq!(
        mails[0].header("Message-ID"),
        format!("<{}@shop.example>", notice.id)
    );
    assert_eq!(mails[0].header("Auto-Submitted"), "auto-generated");
    assert_eq!(
        mails[0].header("List-Unsubscribe-Post"),
        "List-Unsubscribe=One-Click"
    );
    assert_eq!(shop.app.deliveries().await[0].state, delivery::State::Accepted);
    shop.app.end().await;
}

#[tokio::test]
async fn the_link_of_a_mail_opens_just_that_praise_for_thirty_days() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let link = sink.received()[0].link("https://plaudit.example/p/");
    let page = shop.app.call(Method::GET, &link, None, None).await.expect(200);
    assert!(page.text.contains("A customer thanked Priya."), "{}", page.text);
    assert!(page.text.contains("<mark>Priya Nair</mark>"), "{}", page.text);
    let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert!(header("x-robots-tag").contains("noindex"));
    shop.app
        .call(Method::GET, "/p/guess", None, None)
        .await
        .expect(404);
    shop.app.advance(TimeDelta::days(31));
    shop.app.call(Method::GET, &link, None, None).await.expect(404);
    shop.app.end().await;
}

#[tokio::test]
async fn a_link_that_was_taken_back_or_whose_words_were_erased_opens_nothing() {
    let (shop, sink) = shop().await;
    let comment = shop.say(PRAISE).await;
    shop.app.work().await;
    let link = sink.received()[0].link("https://plaudit.example/p/");
    shop.app
        .call(
            Method::DELETE,
            &format!("/v1/comments/{comment}"),
            Some(&shop.app.key),
            None,
        )
        .await
        .expect(204);
    shop.app.call(Method::GET, &link, None, None).await.expect(410);
    let notice = shop.app.notices().await[0].clone();
    let tx = shop.app.db.write().await.unwrap();
    let now = shop.app.clock.now();
    plaudit::deliver::link::revoke(&tx, notice.organisation_id, notice.id, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    shop.app.call(Method::GET, &link, None, None).await.expect(404);
    shop.app.end().await;
}

#[tokio::test]
async fn one_click_ends_mail_and_opening_the_page_does_not() {
    let (shop, sink) = shop().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let header = sink.received()[0].header("List-Unsubscribe");
    let link = header
        .trim_matches(['<', '>'])
        .strip_prefix("https://plaudit.example")
        .unwrap();
    let page = shop.app.call(Method::GET, link, None, None).await.expect(200);
    assert!(page.text.contains("r…@example.org"), "{}", page.text);
    assert_eq!(
        shop.app.account_of(shop.ruth.id).await.frequency,
        Frequency::AtOnce
    );
    let post = async |body: &'static str| {
        let request = shop
            .app
            .web()
            .post(link)
            .content_type("application/x-www-form-urlencoded");
        request.body(body).send().await.assert_status_is_ok();
        shop.app.account_of(shop.ruth.id).await.frequency
    };
    assert_eq!(post("List-Unsubscribe=One-Click").await, Frequency::Off);
    shop.say("Tomasz Wilk was so kind, thank you Tomasz!").await;
    shop.app.work().await;
    assert_eq!(sink.received().len(), 1);
    assert_eq!(post("frequency=digest").await, Frequency::Digest);
    shop.app.end().await;
}

#[tokio::test]
async fn a_server_that_is_down_for_a_day_gets_everything_once_when_it_is_back() {
    let (shop, mut sink) = shop().await;
    sink.go_down();
    for number in 0..8 {
        shop.say(&format!("{PRAISE} Number {number}.")).await;
    }
    for _ in 0..24 {
        shop.app.work().await;
        shop.app.advance(TimeDelta::hours(1));
    }
    assert!(sink.received().is_empty());
    sink.come_back().await;
    shop.app.advance(TimeDelta::minutes(66));
    shop.app.work().await;
    let mut ids: Vec<String> = sink
        .received()
        .iter()
        .map(|mail| mail.header("Message-ID"))
        .collect();
    assert_eq!(ids.len(), 8);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 8);
    shop.app.end().await;
}

#[tokio::test]
async fn a_recipient_refused_for_good_is_noted_the_next_one_up_is_told_and_others_go_on() {
    let (shop, sink) = shop().await;
    sink.fail(Faults {
        unknown: vec!["ruth@example.org".to_owned()],
        ..Faults::default()
    });
    shop.say(PRAISE).await;
    shop.say("Ruth Adler was so kind and helpful, thank you Ruth!")
        .await;
    shop.app.work().await;
    let refused = shop.app.account_of(shop.ruth.id).await;
    assert_eq!(refused.mail_refused_at, Some(shop.app.clock.now()));
    let to: Vec<String> = sink.received().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["omar@example.org", "omar@example.org"]);
    let told = shop.app.told().await;
    assert!(told.contains(&(Kind::Praise, Some(shop.ruth.id), State::Refused)));
    let standing: Vec<_> = shop
        .app
        .parts()
        .await
        .iter()
        .map(|part| part.recognition_id)
        .collect();
    assert_eq!(standing.len(), 2, "each recognition stands in one notice");
    shop.say("Thank you Priya Nair, you were so kind!").await;
    shop.app.work().await;
    assert_eq!(sink.received().len(), 3);
    let outcomes = shop.app.deliveries().await;
    assert_eq!(
        outcomes
            .iter()
            .filter(|one| one.state == delivery::State::Refused)
            .count(),
        1
    );
    shop.app
        .change_person(shop.ruth.id, |row| {
            row.email = Set(Some("r.adler@example.org".to_owned()));
        })
        .await;
    shop.say("Priya Nair again: wonderful, thank you Priya!").await;
    shop.app.work().await;
    assert_eq!(sink.received().last().unwrap().to, "r.adler@example.org");
    shop.app.end().await;
}

#[tokio::test]
async fn a_greylisting_server_takes_the_mail_at_a_later_attempt() {
    let (shop, sink) = shop().await;
    sink.fail(Faults {
        greylist: 3,
        ..Faults::default()
    });
    shop.say(PRAISE).await;
    wait(&shop).await;
    assert_eq!(sink.received().len(), 1);
    let outbox = shop.app.deliveries().await;
    assert_eq!((outbox.len(), outbox[0].attempt, outbox[0].code), (1, 4, None));
    shop.app.end().await;
}

#[tokio::test]
async fn a_connection_that_breaks_in_a_message_or_stalls_is_made_again() {
    let (shop, sink) = shop().await;
    sink.fail(Faults {
        close_in_message: 2,
        stall: 1,
        ..Faults::default()
    });
    shop.say(PRAISE).await;
    wait(&shop).await;
    assert_eq!(sink.received().len(), 1);
    assert_eq!(shop.app.deliveries().await[0].attempt, 4);
    shop.app.end().await;
}

#[tokio::test]
async fn a_slow_server_gets_each_mail_once() {
    let (shop, sink) = shop().await;
    sink.fail(Faults {
        delay: Duration::from_millis(50),
        ..Faults::default()
    });
    for number in 0..6 {
        shop.say(&format!("{PRAISE} Number {number}.")).await;
    }
    shop.app.work().await;
    assert_eq!(different_mails(&sink), 6);
    shop.app.end().await;
}

#[tokio::test]
async fn when_everything_goes_wrong_at_once_each_mail_is_taken_once_within_the_waits() {
    let (shop, mut sink) = shop().await;
    sink.fail(Faults {
        unknown: vec!["lena@example.org".to_owned()],
        greylist: 2,
        close_in_message: 3,
        stall: 1,
        delay: Duration::from_millis(2),
        ..Faults::default()
    });
    let grace = shop
        .app
        .person("Grace", "Okafor", Some(shop.leeds.id), None)
        .await;
    for number in 0..5 {
        shop.say(&format!("{PRAISE} Number {number}.")).await;
        shop.say(&format!(
            "Thank you {} Okafor, you were so kind! Number {number}.",
            grace.given_name
        ))
        .await;
    }
    shop.app.administrator("office@example.org").await;
    shop.app.work().await;
    sink.go_down();
    shop.app.advance(TimeDelta::hours(3));
    shop.app.work().await;
    sink.come_back().await;
    wait(&shop).await;
    assert_eq!(different_mails(&sink), 10);
    let to_office = |mail: &&Received| mail.to == "office@example.org";
    assert_eq!(sink.received().iter().filter(to_office).count(), 5);
    shop.app.end().await;
}

/// How many mails were taken, none of them twice.
fn different_mails(sink: &Sink) -> usize {
    let mails = sink.received();
    let ids: HashSet<String> = mails.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), mails.len());
    ids.len()
}

#[tokio::test]
async fn mails_that_were_given_up_after_days_without_a_server_are_replayed_over_the_api() {
    let (shop, mut sink) = shop().await;
    sink.go_down();
    shop.say(PRAISE).await;
    shop.app.work().await;
    while shop.app.jobs().await[0].dead_at.is_none() {
        shop.app.advance(TimeDelta::minutes(66));
        shop.app.work().await;
    }
    let waited = shop.app.clock.now() - shop.app.notices().await[0].created_at;
    assert!((3..5).contains(&waited.num_days()), "{waited}");
    sink.come_back().await;
    let listed = shop.app.get("/v1/jobs").await.expect(200);
    assert!(
        listed
            .at("/items/0/last_error")
            .contains("no conversation with the mail server")
    );
    let retry = format!("/v1/jobs/{}/retry", listed.at("/items/0/id"));
    shop.app
        .call(Method::POST, &retry, Some(&shop.app.key), None)
        .await
        .expect(202);
    shop.app.work().await;
    assert_eq!(different_mails(&sink), 1);
    shop.app.end().await;
}

#[tokio::test]
async fn a_mail_that_is_sent_again_because_the_answer_was_lost_is_the_same_mail() {
    let (shop, sink) = shop().await;
    sink.fail(Faults {
        close_after_message: 1,
        ..Faults::default()
    });
    shop.say(PRAISE).await;
    wait(&shop).await;
    let mails = sink.received();
    assert_eq!(mails.len(), 2);
    assert_eq!(
        (mails[0].is_acknowledged, mails[1].is_acknowledged),
        (false, true)
    );
    assert_eq!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
    let link = "https://plaudit.example/p/";
    assert_eq!(mails[0].link(link), mails[1].link(link));
    shop.app.end().await;
}

#[tokio::test]
async fn a_message_refused_for_good_is_given_up_and_can_be_replayed() {
    let (shop, sink) = shop().await;
    sink.fail(Faults {
        refuse_message: 1,
        ..Faults::default()
    });
    shop.say(PRAISE).await;
    shop.app.work().await;
    let dead = queue::dead_letters(shop.app.db.read(), shop.app.organisation.id)
        .await
        .unwrap();
    assert_eq!(dead.len(), 1);
    let reason = dead[0].last_error.clone().unwrap();
    assert!(reason.contains("554") && !reason.contains('@'), "{reason}");
    let tx = shop.app.db.write().await.unwrap();
    queue::replay(&tx, shop.app.organisation.id, None, shop.app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    shop.app.work().await;
    assert_eq!(sink.received().len(), 1);
    shop.app.end().await;
}

#[tokio::test]
async fn many_mails_share_a_few_connections() {
    let (shop, sink) = shop().await;
    for number in 0..40 {
        shop.say(&format!("{PRAISE} Number {number}.")).await;
    }
    shop.app.work().await;
    assert_eq!(sink.received().len(), 40);
    assert!(sink.connections() <= 4, "{} connections", sink.connections());
    shop.app.end().await;
}
