//! Who is told of what, and why.
use chrono::TimeDelta;
use entity::{
    account::Frequency,
    notice::{Kind, State},
    notice_recognition::Part,
};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use crate::support::{
    TestApp,
    telling::{COMPLAINT, PRAISE, Shop},
};

#[tokio::test]
async fn praise_is_told_to_the_manager_of_that_day() {
    let shop = Shop::open().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let told = shop.app.told().await;
    assert_eq!(told, [(Kind::Praise, Some(shop.ruth.id), State::Sent)]);
    assert_eq!(shop.app.notices().await[0].reason["code"], "manager");
    shop.app.end().await;
}

#[tokio::test]
async fn two_people_of_one_manager_are_told_in_one_mail() {
    let shop = Shop::open().await;
    shop.say("Priya Nair was so kind, and Tomasz Wilk helped us too. Thank you Priya, thank you Tomasz!")
        .await;
    shop.app.work().await;
    assert_eq!(shop.app.told().await.len(), 1);
    assert_eq!(shop.app.parts().await.len(), 2);
    let mails = shop.app.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject(), "A customer thanked Priya and Tomasz.");
    shop.app.end().await;
}

#[tokio::test]
async fn a_manager_who_has_left_is_passed_over_and_the_notice_says_so() {
    let shop = Shop::open().await;
    let yesterday = shop.app.clock.now().date_naive() - TimeDelta::days(1);
    let left = |row: &mut entity::staff_member::ActiveModel| row.ends_on = Set(Some(yesterday));
    shop.app.change_person(shop.ruth.id, left).await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    assert_eq!(
        shop.app.told().await,
        [(Kind::Praise, Some(shop.omar.id), State::Sent)]
    );
    let reason = &shop.app.notices().await[0].reason;
    assert_eq!(reason["code"], "manager_above");
    assert_eq!(
        reason["passed_over"],
        json!([{"staff": shop.ruth.id, "why": "left"}])
    );
    shop.app.end().await;
}

#[tokio::test]
async fn a_manager_without_an_address_is_passed_over() {
    let shop = Shop::open().await;
    shop.app
        .change_person(shop.ruth.id, |row| row.email = Set(None))
        .await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    assert_eq!(
        shop.app.told().await,
        [(Kind::Praise, Some(shop.omar.id), State::Sent)]
    );
    shop.app.end().await;
}

#[tokio::test]
async fn nobody_hears_of_their_own_praise_as_lead() {
    let shop = Shop::open().await;
    shop.app.administrator("admin@example.org").await;
    shop.say("Lena Voss was so kind and helpful, thank you Lena!")
        .await;
    shop.app.work().await;
    let notices = shop.app.notices().await;
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].reason["code"], "administrator");
    assert_eq!(notices[0].reason["passed_over"][0]["why"], "is_praised");
    assert_eq!(shop.app.mails()[0].to, "admin@example.org");
    shop.app.end().await;
}

#[tokio::test]
async fn without_manager_lead_and_administrator_the_notice_stands_without_a_reader() {
    let app = TestApp::start().await;
    app.person("Priya", "Nair", None, None).await;
    app.post("/v1/comments", json!({"text": PRAISE}))
        .await
        .expect(201);
    app.work().await;
    assert_eq!(app.told().await, [(Kind::Praise, None, State::NoRecipient)]);
    let listed = app.get("/v1/notices?state=no_recipient").await.expect(200);
    assert_eq!(listed.at("/items/0/reason/code"), "nobody");
    let untold = plaudit::route::read::untold(app.db.read(), app.organisation.id).await;
    assert_eq!(untold.unwrap().no_recipient, 1);
    app.end().await;
}

#[tokio::test]
async fn praise_that_nobody_could_be_told_of_is_told_once_an_administrator_has_come() {
    let app = TestApp::start().await;
    app.person("Priya", "Nair", None, None).await;
    for words in [PRAISE, COMPLAINT] {
        app.post("/v1/comments", json!({"text": words})).await.expect(201);
    }
    app.work().await;
    // A change of the roster by which nobody comes changes nothing.
    app.person("Tomasz", "Wilk", None, None).await;
    app.advance(TimeDelta::minutes(2));
    app.work().await;
    let nobody = app.notices().await;
    assert_eq!(nobody.len(), 2);
    assert!(nobody.iter().all(|notice| notice.state == State::NoRecipient));
    app.administrator("office@example.org").await;
    app.advance(TimeDelta::minutes(2));
    app.work().await;
    let told = app.notices().await;
    assert_eq!(told.len(), 2);
    assert!(
        told.iter()
            .all(|notice| notice.state == State::Sent && notice.reader_id.is_some())
    );
    assert_eq!(app.parts().await.len(), 1);
    app.administrator("second@example.org").await;
    app.advance(TimeDelta::minutes(2));
    app.work().await;
    let mails = app.mails();
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| mail.to == "office@example.org"));
    app.end().await;
}

#[tokio::test]
async fn praise_that_nobody_could_be_told_of_is_told_once_the_manager_has_an_address() {
    let app = TestApp::start().await;
    let boss = app.person("Ruth", "Adler", None, None).await;
    app.person("Priya", "Nair", None, Some(boss.id)).await;
    app.has_no_mail(boss.id).await;
    app.post("/v1/comments", json!({"text": PRAISE}))
        .await
        .expect(201);
    app.work().await;
    assert_eq!(app.told().await, [(Kind::Praise, None, State::NoRecipient)]);
    let address = json!({"email": "ruth@new.example"});
    let path = format!("/v1/staff/{}", boss.id);
    app.call(poem::http::Method::PATCH, &path, Some(&app.key), Some(address))
        .await
        .expect(200);
    app.advance(TimeDelta::minutes(2));
    app.work().await;
    let mails = app.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "ruth@new.example");
    app.end().await;
}

#[tokio::test]
async fn praise_that_waited_for_weeks_is_told_to_a_new_lead_in_the_digest_only() {
    let app = TestApp::start().await;
    let leeds = app.site("Leeds", None).await;
    let person = app.person("Priya", "Nair", Some(leeds.id), None).await;
    let praise = json!({"text": PRAISE, "site": "Leeds"});
    app.post("/v1/comments", praise.clone()).await.expect(201);
    app.work().await;
    app.advance(TimeDelta::days(15));
    app.post("/v1/comments", praise).await.expect(201);
    app.work().await;
    let lead = app.person("Lena", "Voss", Some(leeds.id), None).await;
    app.lead(leeds.id, lead.id).await;
    app.advance(TimeDelta::minutes(2));
    app.work().await;
    let mut told = app.told().await;
    told.sort_by_key(|(_, _, state)| *state == State::Sent);
    let of = |state| (Kind::Praise, Some(lead.id), state);
    assert_eq!(told, [of(State::Muted), of(State::Sent)]);
    assert_ne!(person.id, lead.id);
    app.end().await;
}

#[tokio::test]
async fn a_lead_is_inherited_from_the_site_above() {
    let shop = Shop::open().await;
    let counter = shop.app.site("Counter", Some(shop.leeds.id)).await;
    shop.app.person("Grace", "Okafor", Some(counter.id), None).await;
    shop.send(json!({"text": "Grace Okafor was wonderful, thank you Grace!", "site": "Leeds / Counter"}))
        .await;
    shop.app.work().await;
    assert_eq!(
        shop.app.told().await,
        [(Kind::Praise, Some(shop.lena.id), State::Sent)]
    );
    let reason = &shop.app.notices().await[0].reason;
    assert_eq!(reason["site"], json!(shop.leeds.id));
    shop.app.end().await;
}

#[tokio::test]
async fn complaints_go_to_the_lead_only() {
    let shop = Shop::open().await;
    shop.say(COMPLAINT).await;
    shop.app.work().await;
    assert_eq!(
        shop.app.told().await,
        [(Kind::Complaint, Some(shop.lena.id), State::Sent)]
    );
    let mails = shop.app.mails();
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, "lena@example.org"));
    assert!(!mails[0].html().contains("class=\"mark\""));
    shop.app.end().await;
}

#[tokio::test]
async fn praise_of_a_site_stands_in_the_leads_digest_and_makes_no_mail() {
    let shop = Shop::open().await;
    shop.say("The staff here were wonderful, so kind and helpful. Thank you all!")
        .await;
    shop.app.work().await;
    assert_eq!(
        shop.app.told().await,
        [(Kind::SitePraise, Some(shop.lena.id), State::Muted)]
    );
    assert!(shop.app.mails().is_empty());
    shop.app.end().await;
}

#[tokio::test]
async fn who_wishes_to_is_told_of_their_own_praise() {
    let shop = Shop::open().await;
    shop.app.account_for(&shop.priya, Frequency::AtOnce, true).await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let mut told = shop.app.told().await;
    told.sort_by_key(|(kind, ..)| *kind == Kind::OwnPraise);
    assert_eq!(told[1], (Kind::OwnPraise, Some(shop.priya.id), State::Sent));
    let mails = shop.app.mails();
    let own = mails.iter().find(|mail| mail.to == "priya@example.org").unwrap();
    assert_eq!(own.subject(), "A customer thanked you.");
    shop.app.end().await;
}

#[tokio::test]
async fn later_words_that_praise_somebody_else_are_told_without_repeating_the_first() {
    let shop = Shop::open().await;
    let first = json!({"text": PRAISE, "site": "Leeds", "external_id": "r-1"});
    shop.send(first).await;
    shop.app.work().await;
    let both = "Priya Nair was so kind and helpful, thank you Priya! And Tomasz Wilk was wonderful, thank you Tomasz!";
    shop.send(json!({"text": both, "site": "Leeds", "external_id": "r-1"}))
        .await;
    shop.app.work().await;
    let notices = shop.app.notices().await;
    let ordinals: Vec<i32> = notices.iter().map(|notice| notice.ordinal).collect();
    assert_eq!(ordinals, [1, 2]);
    let subjects: Vec<String> = shop
        .app
        .mails()
        .iter()
        .map(super::support::smtp::Received::subject)
        .collect();
    assert!(
        subjects.contains(&"A customer thanked Tomasz.".to_owned()),
        "{subjects:?}"
    );
    let parts = shop.app.parts().await;
    assert_eq!(parts.len(), 2);
    assert!(parts.iter().all(|part| part.part == Part::Praise));
    assert_ne!(parts[0].recognition_id, parts[1].recognition_id);
    shop.app.end().await;
}

#[tokio::test]
async fn words_that_are_routed_twice_are_told_once() {
    let shop = Shop::open().await;
    let comment = shop.say(PRAISE).await;
    shop.app.work().await;
    let row = shop.app.comment(comment).await;
    for _ in 0..2 {
        let tx = shop.app.db.write().await.unwrap();
        let again = plaudit::route::job_for(&row, shop.app.clock.now());
        plaudit::platform::job::enqueue_all(&tx, vec![again])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        shop.app.work().await;
    }
    assert_eq!(shop.app.notices().await.len(), 1);
    assert_eq!(shop.app.mails().len(), 1);
    shop.app.end().await;
}

#[tokio::test]
async fn a_reader_who_wants_the_digest_only_gets_no_mail_at_once() {
    let shop = Shop::open().await;
    shop.app.account_for(&shop.ruth, Frequency::Digest, false).await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    assert_eq!(
        shop.app.told().await,
        [(Kind::Praise, Some(shop.ruth.id), State::Muted)]
    );
    assert_eq!(shop.app.notices().await[0].reason["muted"], "frequency");
    assert!(shop.app.mails().is_empty());
    shop.app.end().await;
}

#[tokio::test]
async fn imported_history_tells_nobody() {
    let shop = Shop::open().await;
    let comment = shop.say(PRAISE).await;
    shop.app.tell(comment, entity::comment::Tell::None).await;
    shop.app.work().await;
    assert!(shop.app.notices().await.is_empty());
    shop.app.end().await;
}

#[tokio::test]
async fn an_open_question_is_put_to_the_lead_and_cancelled_once_it_is_decided() {
    let shop = Shop::open().await;
    let reed = shop
        .app
        .person("Matthew", "Reed", Some(shop.leeds.id), Some(shop.ruth.id))
        .await;
    shop.app
        .person_with_id(
            "matthew2",
            "Matthew",
            "Stone",
            Some(shop.leeds.id),
            Some(shop.ruth.id),
        )
        .await;
    let comment = shop
        .say("Matthew was brilliant, so patient and kind. Thank you Matthew!")
        .await;
    shop.app.work().await;
    assert_eq!(
        shop.app.told().await,
        [(Kind::Triage, Some(shop.lena.id), State::Sent)]
    );
    let body = json!({"decision": "credit", "staff": [reed.id]});
    shop.app
        .post(&format!("/v1/triage/{comment}/decisions"), body)
        .await
        .expect(200);
    shop.app.work().await;
    assert_eq!(shop.app.notices().await.len(), 1, "an undo is still possible");
    shop.app.advance(TimeDelta::minutes(2));
    shop.app.work().await;
    assert_eq!(
        shop.app.told().await[1],
        (Kind::Praise, Some(shop.ruth.id), State::Sent)
    );
    shop.app.end().await;
}

#[tokio::test]
async fn praise_that_is_taken_back_before_its_mail_leaves_is_not_told_and_can_be_told_later() {
    let shop = Shop::open().await;
    let first = |words: &str| json!({"text": words, "site": "Leeds", "external_id": "r-1"});
    shop.send(first(PRAISE)).await;
    shop.app.work_on(plaudit::platform::job::Kind::Attribute).await;
    shop.app.work_on(plaudit::platform::job::Kind::Route).await;
    shop.app.advance(TimeDelta::seconds(1));
    shop.send(first("Lovely place.")).await;
    shop.app.work().await;
    assert_eq!(
        shop.app.told().await,
        [(Kind::Praise, Some(shop.ruth.id), State::Cancelled)]
    );
    shop.app.advance(TimeDelta::seconds(1));
    shop.send(first(PRAISE)).await;
    shop.app.work().await;
    assert_eq!(
        shop.app.told().await[1],
        (Kind::Praise, Some(shop.ruth.id), State::Sent)
    );
    assert_eq!(shop.app.mails().len(), 1);
    shop.app.end().await;
}
