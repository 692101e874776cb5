//! The desk and one's own feed as their readers use them.
use chrono::TimeDelta;
use entity::{answer, comment, grant::Role, recognition};
use plaudit::access::role;
use poem::http::Method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::json;
use uuid::Uuid;

use crate::support::{Answer, TestApp, form::token_of, telling::*};

impl TestApp {
    pub async fn one_praise(&self) -> recognition::Model {
        let all = recognition::Entity::find().all(self.db.read()).await.unwrap();
        all.into_iter().find(|row| row.withdrawn_at.is_none()).unwrap()
    }

    pub async fn give_receipt(&self, id: Uuid) {
        let tx = self.db.write().await.unwrap();
        let mut row: comment::ActiveModel = self.comment(id).await.into();
        row.receipt_hash = Set(Some(vec![7; 32]));
        row.update(&tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn settle(&self) {
        self.advance(TimeDelta::minutes(3));
        self.work().await;
    }
}

#[tokio::test]
async fn a_manager_passes_praise_on_with_a_line_and_takes_that_back() {
    let shop = Shop::open().await;
    let (app, id) = (&shop.app, shop.say(PRAISE).await);
    app.work().await;
    app.give_receipt(id).await;
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let desk = app.page_as(&ruth, "/desk").await.expect(200);
    assert!(desk.text.contains("One thing needs you."), "{}", desk.text);
    assert!(
        desk.text.contains("You get this because you manage Priya Nair."),
        "{}",
        desk.text
    );
    let praise = app.one_praise().await.id;
    let path = format!("/desk/praise/{praise}/pass-on");
    let told = app
        .form_as(&ruth, &path, &[("how", "told"), ("note", "She beamed")])
        .await
        .expect(303);
    let desk = app.page_as(&ruth, &told.header("location")).await.expect(200);
    assert!(desk.text.contains("Passed on to Priya Nair."), "{}", desk.text);
    assert!(desk.text.contains("passed on within an hour"), "{}", desk.text);
    let priya = app.sign_in_staff(shop.priya.id).await;
    let feed = app.page_as(&priya, "/feed").await.expect(200);
    assert!(feed.text.contains("Passed on by Ruth Adler"), "{}", feed.text);
    app.form_as(&ruth, &format!("/desk/praise/{praise}/undo"), &[])
        .await
        .expect(303);
    assert!(
        app.page_as(&ruth, "/desk")
            .await
            .text
            .contains("One thing needs you")
    );
    shop.app.end().await;
}

#[tokio::test]
async fn a_name_that_nobody_bears_is_asked_for_again_and_one_that_fits_is_credited() {
    let shop = Shop::open().await;
    let app = &shop.app;
    app.person_with_id("s1", "Sarah", "Reed", Some(shop.leeds.id), Some(shop.ruth.id))
        .await;
    app.person_with_id("s2", "Sarah", "Lund", Some(shop.leeds.id), Some(shop.ruth.id))
        .await;
    let id = shop.say("Sarah was so kind and helpful, thank you Sarah!").await;
    app.work().await;
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let desk = app.page_as(&ruth, "/desk").await.expect(200);
    assert!(
        desk.text.contains("Sarah Lund") && desk.text.contains("Sarah Reed"),
        "{}",
        desk.text
    );
    let path = format!("/desk/comment/{id}/decide");
    let again = app
        .form_as(&ruth, &path, &[("who", "Sara <b>")])
        .await
        .expect(422);
    assert!(again.text.contains("Sara &lt;b&gt;"), "{}", again.text);
    app.form_as(&ruth, &path, &[("decision", "bogus")])
        .await
        .expect(400);
    let done = app
        .form_as(&ruth, &path, &[("who", "sarah  lund")])
        .await
        .expect(303);
    let desk = app.page_as(&ruth, &done.header("location")).await.expect(200);
    assert!(desk.text.contains("Credited to Sarah Lund."), "{}", desk.text);
    app.form_as(&ruth, &format!("/desk/comment/{id}/undo"), &[])
        .await
        .expect(303);
    assert_eq!(app.comment(id).await.state, comment::State::Triage);
    app.settle().await;
    shop.app.end().await;
}

#[tokio::test]
async fn a_lead_deals_with_a_complaint_and_a_manager_may_not() {
    let shop = Shop::open().await;
    let (app, id) = (&shop.app, shop.say(COMPLAINT).await);
    app.work().await;
    let path = format!("/desk/comment/{id}/handled");
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    app.form_as(&ruth, &path, &[]).await.expect(403);
    let lena = app.sign_in_staff(shop.lena.id).await;
    let desk = app.page_as(&lena, &format!("/desk?at={id}")).await.expect(200);
    assert!(desk.text.contains("The staff were rude"), "{}", desk.text);
    let done = app.form_as(&lena, &path, &[]).await.expect(303);
    let desk = app.page_as(&lena, &done.header("location")).await.expect(200);
    assert!(desk.text.contains("Done. This is dealt with."), "{}", desk.text);
    app.form_as(&lena, &format!("{path}/undo"), &[]).await.expect(303);
    assert!(
        app.page_as(&lena, "/desk")
            .await
            .text
            .contains("The staff were rude")
    );
    shop.app.end().await;
}

#[tokio::test]
async fn a_person_answers_hides_and_refuses_praise_of_themselves() {
    let shop = Shop::open().await;
    let id = shop
        .send(json!({"text": PRAISE, "site": "Leeds", "consent": "colleagues"}))
        .await;
    let app = &shop.app;
    app.work().await;
    app.give_receipt(id).await;
    let priya = app.sign_in_staff(shop.priya.id).await;
    let tomasz = entity::staff_member::Entity::find()
        .all(app.db.read())
        .await
        .unwrap();
    let tomasz = tomasz.iter().find(|one| one.given_name == "Tomasz").unwrap().id;
    let tomasz = app.sign_in_staff(tomasz).await;
    let praise = format!("/feed/praise/{}", app.one_praise().await.id);
    app.form_as(&tomasz, &format!("{praise}/answer"), &[("answer", "Mine")])
        .await
        .expect(404);
    app.form_as(&priya, &format!("{praise}/answer"), &[("answer", "Thank you")])
        .await
        .expect(303);
    let feed = app.page_as(&priya, "/feed").await.expect(200);
    assert!(feed.text.contains("Delete my reply"), "{}", feed.text);
    app.form_as(&priya, &format!("{praise}/answer/take-back"), &[])
        .await
        .expect(303);
    assert!(
        answer::Entity::find()
            .all(app.db.read())
            .await
            .unwrap()
            .is_empty()
    );
    let seen = async || {
        app.page_as(&tomasz, "/feed/team")
            .await
            .expect(200)
            .text
            .contains("so kind")
    };
    assert!(seen().await);
    app.form_as(&priya, &format!("{praise}/hide"), &[])
        .await
        .expect(303);
    assert!(!seen().await);
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    assert!(app.page_as(&ruth, "/feed/team").await.text.contains("so kind"));
    app.form_as(&priya, &format!("{praise}/show"), &[])
        .await
        .expect(303);
    assert!(seen().await);
    app.form_as(&priya, &format!("{praise}/not-me"), &[("who", "Lena Voss")])
        .await
        .expect(303);
    let feed = app.page_as(&priya, "/feed").await.expect(200);
    assert!(
        !feed.text.contains("thank you Priya!</p>") || feed.text.contains("Was it you?"),
        "{}",
        feed.text
    );
    let desk = app.page_as(&ruth, "/desk").await;
    assert_eq!(app.comment(id).await.state, comment::State::Triage);
    drop(desk);
    let lena = app.sign_in_staff(shop.lena.id).await;
    let desk = app.page_as(&lena, "/desk").await.expect(200);
    assert!(
        desk.text.contains("Priya Nair says: that wasn’t me."),
        "{}",
        desk.text
    );
    assert!(desk.text.contains("Lena Voss"), "{}", desk.text);
    app.settle().await;
    shop.app.end().await;
}

#[tokio::test]
async fn the_colleagues_feed_leaves_out_what_only_the_person_may_read() {
    let shop = Shop::open().await;
    shop.say(PRAISE).await;
    let app = &shop.app;
    app.work().await;
    let people = entity::staff_member::Entity::find()
        .all(app.db.read())
        .await
        .unwrap();
    let tomasz = people.iter().find(|one| one.given_name == "Tomasz").unwrap().id;
    let tomasz = app.sign_in_staff(tomasz).await;
    assert!(
        !app.page_as(&tomasz, "/feed/team")
            .await
            .expect(200)
            .text
            .contains("so kind")
    );
    shop.app.end().await;
}

#[tokio::test]
async fn praise_nobody_could_place_is_claimed_from_ones_own_feed() {
    let shop = Shop::open().await;
    let app = &shop.app;
    app.person_with_id("s1", "Sarah", "Reed", Some(shop.leeds.id), Some(shop.ruth.id))
        .await;
    app.person_with_id("s2", "Sarah", "Lund", Some(shop.leeds.id), Some(shop.ruth.id))
        .await;
    let words = "Sarah was so kind and helpful, thank you Sarah!";
    let id = shop
        .send(json!({"text": words, "site": "Leeds", "consent": "colleagues"}))
        .await;
    app.work().await;
    let priya = app.sign_in_staff(shop.priya.id).await;
    assert!(
        app.page_as(&priya, "/feed")
            .await
            .expect(200)
            .text
            .contains("I think this was me")
    );
    app.form_as(&priya, &format!("/feed/perhaps/{id}/claim"), &[])
        .await
        .expect(303);
    assert!(
        !app.page_as(&priya, "/feed")
            .await
            .text
            .contains("I think this was me")
    );
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let desk = app.page_as(&ruth, "/desk").await.expect(200);
    assert!(
        desk.text.contains("Priya Nair says: that was me."),
        "{}",
        desk.text
    );
    app.settle().await;
    shop.app.end().await;
}

#[tokio::test]
async fn only_who_is_above_somebody_has_a_desk_and_only_over_their_own() {
    let shop = Shop::open().await;
    let (app, id) = (&shop.app, shop.say(PRAISE).await);
    app.work().await;
    let praise = app.one_praise().await.id;
    let priya = app.sign_in_staff(shop.priya.id).await;
    app.page_as(&priya, "/desk").await.expect(403);
    let other = app.person("Mara", "Blum", None, None).await;
    app.person("Nils", "Berg", None, Some(other.id)).await;
    let mara = app.sign_in_staff(other.id).await;
    let desk = app.page_as(&mara, "/desk").await.expect(200);
    assert!(desk.text.contains("Nothing needs you."), "{}", desk.text);
    for path in [
        format!("/desk/praise/{praise}/pass-on"),
        format!("/desk/praise/{praise}/undo"),
        format!("/desk/praise/{praise}/not-them"),
        format!("/desk/comment/{id}/decide"),
        format!("/desk/comment/{id}/undo"),
        format!("/desk/comment/{id}/handled"),
    ] {
        for cookie in [&priya, &mara] {
            app.form_as(cookie, &path, &[("decision", "nobody")])
                .await
                .expect(403);
        }
        let gone = path.replace(&praise.to_string(), &Uuid::nil().to_string());
        let gone = gone.replace(&id.to_string(), &Uuid::nil().to_string());
        app.form_as(&mara, &gone, &[("decision", "nobody")])
            .await
            .expect(404);
    }
    let signed_out = app.call(Method::GET, "/desk", None, None).await.expect(303);
    assert!(signed_out.header("location").starts_with("/sign-in"));
    shop.app.end().await;
}

#[tokio::test]
async fn being_on_boards_is_chosen_on_ones_own_page() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let priya = app.sign_in_staff(shop.priya.id).await;
    let is_on = async || {
        let found = entity::board_absence::Entity::find()
            .all(app.db.read())
            .await
            .unwrap();
        found.is_empty()
    };
    app.form_as(&priya, "/me", &[("frequency", "digest")])
        .await
        .expect(303);
    assert!(!is_on().await, "the box was not ticked");
    app.form_as(&priya, "/me", &[("on_boards", "yes")])
        .await
        .expect(303);
    assert!(is_on().await);
    shop.app.end().await;
}

#[tokio::test]
async fn mail_of_ones_own_praise_comes_once_it_was_asked_for() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let priya = app.sign_in_staff(shop.priya.id).await;
    let told = async |words: &str| {
        shop.say(words).await;
        app.work().await;
        let notices = entity::notice::Entity::find().all(app.db.read()).await.unwrap();
        let own = notices
            .iter()
            .filter(|notice| notice.kind == entity::notice::Kind::OwnPraise);
        own.count()
    };
    assert_eq!(
        told("Priya Nair was so kind and helpful, thank you Priya!").await,
        0
    );
    let choice = [("frequency", "at_once"), ("own_praise", "yes")];
    app.form_as(&priya, "/me", &choice).await.expect(303);
    assert_eq!(
        told("Thank you Priya Nair, you were so kind and helpful!").await,
        1
    );
    app.form_as(&priya, "/me", &choice[..1]).await.expect(303);
    assert_eq!(
        told("Thanks again Priya Nair, always so kind and helpful!").await,
        1
    );
    shop.app.end().await;
}

/// A manager who also has a role in everything.
async fn desk_of(app: &TestApp, staff: Uuid, role: Option<Role>) -> String {
    let account = app.signing_in(staff).await;
    if let Some(role) = role {
        let tx = app.db.write().await.unwrap();
        role::grant(&tx, &account, role, None, "cli", app.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    let cookie = app.sign_in(&account).await;
    app.page_as(&cookie, "/desk").await.expect(200).text
}

async fn send_as_programs(app: &TestApp, count: usize) {
    for _ in 0..count {
        let token = token_of(&app.page("/thank/shop").await.expect(200).text);
        let fields = [("token", token.as_str()), ("words", "buy now")];
        app.send_form_at_once("/thank/shop", &fields).await.expect(303);
    }
}

#[tokio::test]
async fn a_desk_says_how_much_is_held_back_to_those_who_may_look_through_it() {
    let limits = "[limits]\nheld_per_minute = 1000\nheld_organisation_per_minute = 1000";
    let shop = Shop::open_with(limits).await;
    let app = &shop.app;
    let admin = desk_of(app, shop.ruth.id, Some(Role::Administrator)).await;
    assert!(!admin.contains("href=\"/held\">Look"), "nothing is held: {admin}");
    send_as_programs(app, 2).await;
    let admin = desk_of(app, shop.ruth.id, None).await;
    assert!(
        admin.contains("2</b> messages look like spam. <a href=\"/held\">"),
        "{admin}"
    );
    let lead = desk_of(app, shop.lena.id, None).await;
    assert!(!lead.contains("look like spam"), "{lead}");
    send_as_programs(app, 97).await;
    let admin = desk_of(app, shop.ruth.id, None).await;
    assert!(admin.contains(">99</b> messages look like spam."), "{admin}");
    send_as_programs(app, 1).await;
    let admin = desk_of(app, shop.ruth.id, None).await;
    assert!(admin.contains(">99+</b> messages look like spam."), "{admin}");
    shop.app.end().await;
}

/// Decides as a program does.
async fn credit(app: &TestApp, comment: Uuid, staff: &[Uuid]) {
    let path = format!("/v1/triage/{comment}/decisions");
    let body = json!({ "decision": "credit", "staff": staff });
    app.post(&path, body).await.expect(200);
}

async fn praise_of(app: &TestApp, staff: Uuid) -> Uuid {
    let all = recognition::Entity::find().all(app.db.read()).await.unwrap();
    all.iter().find(|row| row.staff_id == Some(staff)).unwrap().id
}

#[tokio::test]
async fn praise_of_two_people_is_passed_on_by_the_manager_of_each() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let mara = app.person("Mara", "Blum", Some(shop.leeds.id), None).await.id;
    let nils = app
        .person("Nils", "Berg", Some(shop.leeds.id), Some(mara))
        .await
        .id;
    let id = shop
        .say("Priya Nair and Nils Berg were so kind, thank you both!")
        .await;
    app.work().await;
    credit(app, id, &[shop.priya.id, nils]).await;
    let (of_priya, of_nils) = (praise_of(app, shop.priya.id).await, praise_of(app, nils).await);
    let (ruth, mara) = (
        app.sign_in_staff(shop.ruth.id).await,
        app.sign_in_staff(mara).await,
    );
    let pass_on = async |cookie: &str, praise: Uuid| {
        let path = format!("/desk/praise/{praise}/pass-on");
        app.form_as(cookie, &path, &[("how", "told")])
            .await
            .status
            .as_u16()
    };
    assert_eq!(pass_on(&mara, of_priya).await, 403);
    assert_eq!(pass_on(&ruth, of_nils).await, 403);
    assert_eq!(pass_on(&ruth, of_priya).await, 303);
    for path in ["undo", "not-them"] {
        let path = format!("/desk/praise/{of_priya}/{path}");
        app.form_as(&mara, &path, &[]).await.expect(403);
    }
    let typed = format!("/desk?done=passed_on&of={of_priya}");
    assert!(!app.page_as(&mara, &typed).await.text.contains("Passed on to"));
    assert_eq!(pass_on(&mara, of_nils).await, 303);
    app.settle().await;
    shop.app.end().await;
}

#[tokio::test]
async fn nobody_but_an_administrator_credits_themselves() {
    let shop = Shop::open().await;
    let (app, ruth) = (&shop.app, shop.ruth.id);
    let at = Some(shop.leeds.id);
    app.lead(shop.leeds.id, ruth).await;
    app.person_with_id("r2", "Ruth", "Lund", at, Some(ruth)).await;
    let id = shop.say("Ruth was so kind and helpful, thank you Ruth!").await;
    app.work().await;
    assert_eq!(app.comment(id).await.state, comment::State::Triage);
    let cookie = app.sign_in_staff(ruth).await;
    let desk = app.page_as(&cookie, "/desk").await.expect(200).text;
    assert!(
        desk.contains("<b>Ruth Adler</b>") && desk.contains("credit yourself"),
        "{desk}"
    );
    assert!(!desk.contains("value=\"all\""), "{desk}");
    let path = format!("/desk/comment/{id}/decide");
    let chosen = ruth.to_string();
    for fields in [
        ("staff", chosen.as_str()),
        ("who", "Ruth Adler"),
        ("decision", "all"),
    ] {
        let refused = app.form_as(&cookie, &path, &[fields]).await.expect(422);
        assert!(
            refused.text.contains("role=\"alert\">You can’t credit yourself"),
            "{}",
            refused.text
        );
    }
    let by_api = async |cookie: &str, path: &str, body: serde_json::Value| {
        let request = app.web().post(path).header("cookie", cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        Answer::read(request.body_json(&body).send().await).await
    };
    let decide = format!("/v1/triage/{id}/decisions");
    let credited = json!({ "decision": "credit", "staff": [ruth] });
    by_api(&cookie, &decide, credited.clone()).await.expect(409);
    // Somebody above takes back what a program had credited: that is not undone by whom it praised.
    credit(app, id, &[ruth]).await;
    app.post(&decide, json!({ "decision": "not_praise" }))
        .await
        .expect(200);
    let undo = format!("/v1/triage/{id}/undo");
    by_api(&cookie, &undo, json!({})).await.expect(409);
    let all = recognition::Entity::find().all(app.db.read()).await.unwrap();
    assert!(all.iter().all(|row| row.withdrawn_at.is_some()));
    let account = app.account_of(ruth).await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &account, Role::Administrator, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let cookie = app.sign_in_staff(ruth).await;
    by_api(&cookie, &decide, credited).await.expect(200);
    app.settle().await;
    shop.app.end().await;
}
