//! The desk and one's own feed as their readers use them.
use chrono::TimeDelta;
use entity::{answer, assignment, comment, grant::Role, recognition, source};
use poem::http::Method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestApp, telling::*};

impl TestApp {
    async fn one_praise(&self) -> recognition::Model {
        let all = recognition::Entity::find().all(self.db.read()).await.unwrap();
        all.into_iter().find(|row| row.withdrawn_at.is_none()).unwrap()
    }

    async fn give_receipt(&self, id: Uuid) {
        let tx = self.db.write().await.unwrap();
        let mut row: comment::ActiveModel = self.comment(id).await.into();
        row.receipt_hash = Set(Some(vec![7; 32]));
        row.update(&tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn works_in_shifts(&self, staff: Uuid, shifts: Option<&str>) {
        let own = assignment::Column::StaffId.eq(staff);
        let found = assignment::Entity::find().filter(own).one(self.db.read()).await;
        let mut row: assignment::ActiveModel = found.unwrap().unwrap().into();
        row.shifts = Set(shifts.map(str::to_owned));
        let tx = self.db.write().await.unwrap();
        row.update(&tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// What came over the API counts as posts of a public network.
    async fn all_sources_are(&self, kind: &str) {
        let tx = self.db.write().await.unwrap();
        source::Entity::update_many()
            .col_expr(source::Column::Kind, kind.into())
            .exec(&tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn settle(&self) {
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
    assert!(desk.text.contains("One thing waits for you."), "{}", desk.text);
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
    assert!(desk.text.contains("heard within an hour"), "{}", desk.text);
    let priya = app.sign_in_staff(shop.priya.id).await;
    let feed = app.page_as(&priya, "/feed").await.expect(200);
    assert!(feed.text.contains("Passed on by Ruth Adler"), "{}", feed.text);
    app.form_as(&ruth, &format!("/desk/praise/{praise}/undo"), &[])
        .await
        .expect(303);
    assert!(app.page_as(&ruth, "/desk").await.text.contains("One thing waits"));
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
    assert!(desk.text.contains("Noted: dealt with."), "{}", desk.text);
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
    assert!(feed.text.contains("Take my answer back"), "{}", feed.text);
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
        desk.text.contains("Priya Nair says: that was not me."),
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
    assert!(desk.text.contains("Nothing waits."), "{}", desk.text);
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
    app.form_as(&priya, "/me", &[("frequency", "weekly")])
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
async fn an_auditor_reads_the_organisation_s_desk_and_can_do_nothing_there() {
    let shop = Shop::open().await;
    let app = &shop.app;
    for number in ["s1", "s2"] {
        app.person_with_id(number, "Sarah", number, Some(shop.leeds.id), None)
            .await;
    }
    let open = shop.say("Sarah was so kind and helpful, thank you Sarah!").await;
    let complaint = shop.say(COMPLAINT).await;
    let unmanaged = shop.say("Lena Voss was so kind, thank you Lena!").await;
    app.work().await;
    let auditor = app.account_with("audit@example.org", Role::Auditor, None).await;
    let auditor = app.sign_in(&auditor).await;
    let desk = app.page_as(&auditor, "/desk").await.expect(200).text;
    for shown in [
        "Three things wait.",
        "thank you Sarah!",
        "rude",
        "thank you <mark>Lena</mark>",
    ] {
        assert!(desk.contains(shown), "{shown}: {desk}");
    }
    assert!(desk.contains("<b>Sarah s1</b>"), "{desk}");
    assert!(!desk.contains("<button") && !desk.contains("<form") && !desk.contains("<kbd>"));
    assert!(desk.contains("href=\"/desk\" aria-current"), "{desk}");
    let praise = app.one_praise().await;
    assert_eq!(praise.comment_id, unmanaged);
    let praise = praise.id;
    for path in [
        format!("/desk/praise/{praise}/pass-on"),
        format!("/desk/praise/{praise}/not-them"),
        format!("/desk/comment/{open}/decide"),
        format!("/desk/comment/{complaint}/handled"),
    ] {
        app.form_as(&auditor, &path, &[("decision", "nobody")])
            .await
            .expect(403);
    }
    let typed = format!("/desk?done=passed_on&of={praise}");
    assert!(!app.page_as(&auditor, &typed).await.text.contains("Passed on to"));
    shop.app.end().await;
}

#[tokio::test]
async fn an_auditor_who_manages_people_acts_for_those_only() {
    let shop = Shop::open().await;
    let app = &shop.app;
    shop.say(PRAISE).await;
    shop.say("Lena Voss was so kind, thank you Lena!").await;
    app.work().await;
    let ruth = app.account_of(shop.ruth.id).await;
    let tx = app.db.write().await.unwrap();
    let now = app.clock.now();
    plaudit::access::account::grant(&tx, &ruth, Role::Auditor, None, "cli", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let desk = app.page_as(&ruth, "/desk").await.expect(200).text;
    assert!(desk.contains("I read it to Priya"), "{desk}");
    assert!(
        desk.contains("Lena Voss") && !desk.contains("I read it to Lena"),
        "{desk}"
    );
    app.work().await;
    shop.app.end().await;
}

#[tokio::test]
async fn a_lead_who_is_not_on_the_roster_is_led_to_the_desk_and_has_no_feed_of_their_own() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let lead = app
        .account_with("lead@example.org", Role::SiteLead, Some(shop.leeds.id))
        .await;
    let cookie = app.sign_in(&lead).await;
    let led = app.page_as(&cookie, "/feed").await.expect(303);
    assert_eq!(led.header("location"), "/desk");
    let desk = app.page_as(&cookie, "/desk").await.expect(200).text;
    assert!(!desk.contains("href=\"/feed\""), "{desk}");
    let nobody = app.account_with("x@example.org", Role::SiteLead, None).await;
    let cookie = app.sign_in(&nobody).await;
    app.page_as(&cookie, "/feed").await.expect(200);
    shop.app.end().await;
}

#[tokio::test]
async fn a_complaint_says_whom_the_same_words_thank() {
    let shop = Shop::open().await;
    let app = &shop.app;
    shop.say(
        "Priya Nair was so kind and helpful, thank you Priya! But the lift was broken again, it was filthy and we \
         waited an hour. Terrible, never again.",
    )
    .await;
    app.work().await;
    let lena = app.sign_in_staff(shop.lena.id).await;
    let desk = app.page_as(&lena, "/desk").await.expect(200).text;
    assert!(
        desk.contains("The same comment also thanks Priya Nair; that half goes its own way."),
        "{desk}"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn candidates_are_shown_with_their_shift_at_the_time_of_the_words() {
    let shop = Shop::open().await;
    let app = &shop.app;
    for (number, shifts) in [("s1", Some("1-7@9-17")), ("s2", Some("1-7@20-22")), ("s3", None)] {
        let person = app
            .person_with_id(number, "Sarah", number, Some(shop.leeds.id), Some(shop.ruth.id))
            .await;
        app.works_in_shifts(person.id, shifts).await;
    }
    let words = "Sarah was so kind and helpful, thank you Sarah!";
    shop.send(json!({"text": words, "site": "Leeds", "occurred_at": "2026-11-16T10:30:00Z"}))
        .await;
    app.work().await;
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let desk = app.page_as(&ruth, "/desk").await.expect(200).text;
    let of = |name: &str| {
        let (_, rest) = desk.split_once(&format!("</kbd> Sarah {name}</button>")).unwrap();
        rest.split("</li>").next().unwrap().to_owned()
    };
    assert!(of("s1").contains("On shift 09:00–17:00."), "{desk}");
    assert!(of("s2").contains("Not on shift then."), "{desk}");
    assert!(!of("s3").contains("shift"), "{desk}");
    shop.app.end().await;
}

#[tokio::test]
async fn a_post_stands_everywhere_with_its_author_network_time_and_link() {
    for (kind, network) in [("mastodon", "Mastodon"), ("x", "X")] {
        let shop = Shop::open().await;
        let app = &shop.app;
        for number in ["s1", "s2"] {
            app.person_with_id(number, "Sarah", number, Some(shop.leeds.id), Some(shop.ruth.id))
                .await;
        }
        let post = |words: &str, id: &str| {
            json!({"text": words, "site": "Leeds", "external_id": id, "consent": "public",
                   "permalink": format!("https://social.example/{id}"),
                   "occurred_at": "2026-11-16T10:30:00Z",
                   "author": {"name": "Kim <b>", "handle": "kim@social.example"}})
        };
        shop.send(post(PRAISE, "1")).await;
        shop.send(post("Sarah was so kind and helpful, thank you Sarah!", "2"))
            .await;
        app.all_sources_are(kind).await;
        app.work().await;
        let (ruth, priya) = (
            app.sign_in_staff(shop.ruth.id).await,
            app.sign_in_staff(shop.priya.id).await,
        );
        for (cookie, path, posts) in [
            (&ruth, "/desk", 2),
            (&priya, "/feed", 2),
            (&ruth, "/feed/team", 1),
        ] {
            let page = app.page_as(cookie, path).await.expect(200).text;
            let shown = format!(
                "rel=\"noopener noreferrer\"><bdi>Kim &lt;b&gt;</bdi> <bdi>@kim@social.example</bdi> on {network}</a>"
            );
            assert_eq!(page.matches(&shown).count(), posts, "{kind} {path}: {page}");
            assert!(page.contains("https://social.example/1"), "{kind} {path}");
            assert_eq!(
                page.matches("2026-11-16T10:30").count(),
                posts,
                "{kind} {path}: {page}"
            );
            if kind == "x" {
                assert!(!page.contains("<mark>"), "{path}: {page}");
            }
        }
        shop.app.end().await;
    }
}

/// Ruth's desk, the address of Priya's praise there, and Priya's account.
async fn praise_to_send(shop: &Shop) -> (String, String, entity::account::Model) {
    shop.say(PRAISE).await;
    shop.app.work().await;
    let ruth = shop.app.sign_in_staff(shop.ruth.id).await;
    let path = format!("/desk/praise/{}", shop.app.one_praise().await.id);
    (ruth, path, shop.app.account_of_new(shop.priya.id).await)
}

impl TestApp {
    async fn account_of_new(&self, staff: Uuid) -> entity::account::Model {
        let tx = self.db.write().await.unwrap();
        let (own, now) = (self.organisation.id, self.clock.now());
        let made = plaudit::access::account::for_staff(&tx, own, staff, now).await;
        tx.commit().await.unwrap();
        made.unwrap()
    }

    async fn mails_to(&self, address: &str) -> usize {
        self.mails()
            .iter()
            .filter(|mail| mail.header("to").contains(address))
            .count()
    }
}

#[tokio::test]
async fn praise_is_sent_to_the_person_instead_of_being_read_out_and_leaves_once() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let (ruth, path, _) = praise_to_send(&shop).await;
    let desk = app.page_as(&ruth, "/desk").await.expect(200).text;
    assert!(desk.contains("Send it to Priya"), "{desk}");
    let sent = app
        .form_as(&ruth, &format!("{path}/pass-on"), &[("how", "sent")])
        .await
        .expect(303);
    let desk = app.page_as(&ruth, &sent.header("location")).await.text;
    assert!(desk.contains("On its way to Priya Nair"), "{desk}");
    app.work().await;
    assert_eq!(app.mails_to("priya@example.org").await, 0, "it can be undone yet");
    app.settle().await;
    let mails = app.mails();
    let mail = mails.last().unwrap();
    assert!(mail.header("to").contains("priya@example.org"), "{}", mail.raw);
    assert!(mail.text().contains("Somebody thanked you."), "{}", mail.text());
    assert!(
        mail.text().contains("somebody at SHOP passed it on to you"),
        "{}",
        mail.text()
    );
    let passed_on = entity::passed_on::Entity::find()
        .all(app.db.read())
        .await
        .unwrap();
    assert_eq!(passed_on[0].how, entity::passed_on::How::Sent);
    app.form_as(&ruth, &format!("{path}/undo"), &[]).await.expect(303);
    app.form_as(&ruth, &format!("{path}/pass-on"), &[("how", "sent")])
        .await
        .expect(303);
    app.settle().await;
    assert_eq!(
        app.mails_to("priya@example.org").await,
        1,
        "what has left is not sent again"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn an_undo_stops_the_mail_and_the_praise_waits_again() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let (ruth, path, _) = praise_to_send(&shop).await;
    let send = async || {
        app.form_as(&ruth, &format!("{path}/pass-on"), &[("how", "sent")])
            .await
            .expect(303)
    };
    send().await;
    app.form_as(&ruth, &format!("{path}/undo"), &[]).await.expect(303);
    app.settle().await;
    assert_eq!(app.mails_to("priya@example.org").await, 0);
    assert!(
        app.page_as(&ruth, "/desk")
            .await
            .text
            .contains("I read it to Priya")
    );
    send().await;
    app.settle().await;
    assert_eq!(app.mails_to("priya@example.org").await, 1);
    shop.app.end().await;
}

#[tokio::test]
async fn what_cannot_be_mailed_after_all_waits_again_and_was_never_said_to_be_heard() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let (ruth, path, priya) = praise_to_send(&shop).await;
    app.form_as(&ruth, &format!("{path}/pass-on"), &[("how", "sent")])
        .await
        .expect(303);
    app.change_account(priya.id, |row| {
        row.frequency = Set(entity::account::Frequency::Off)
    })
    .await;
    app.settle().await;
    assert_eq!(app.mails_to("priya@example.org").await, 0);
    let desk = app.page_as(&ruth, "/desk").await.text;
    assert!(desk.contains("I read it to Priya"), "{desk}");
    assert!(
        !desk.contains("Send it to Priya"),
        "who wants no mail is not offered one: {desk}"
    );
    app.form_as(&ruth, &format!("{path}/pass-on"), &[("how", "sent")])
        .await
        .expect(303);
    assert!(
        entity::passed_on::Entity::find()
            .all(app.db.read())
            .await
            .unwrap()
            .is_empty()
    );
    shop.app.end().await;
}
