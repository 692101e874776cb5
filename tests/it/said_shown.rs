//! One rule for what was said, wherever it is shown: the desk, feeds, mails; and who may read it.
use chrono::TimeDelta;
use entity::{account::Frequency, comment_revision, recognition, source, verdict};
use plaudit::{
    ledger::{
        feed::{Audience, count_since, feed},
        scope::Scope,
    },
    platform::text_file::TextFile,
    roster::import::{self as roster, Options},
    said,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestApp, telling::*};

impl TestApp {
    async fn import(&self, lines: impl Iterator<Item = String>) {
        let header = "employee_id,given_name,family_name,site,manager_employee_id\n";
        let text = header.to_owned() + &lines.collect::<String>();
        let file = TextFile::from_bytes("roster.csv", text.as_bytes(), None).unwrap();
        let (organisation, options, now) = (self.organisation.id, Options::default(), self.clock.now());
        let seen = roster::preview(self.db.read(), &self.secrets, organisation, &file, &options, now)
            .await
            .unwrap();
        let agreed = roster::agreed(
            self.db.read(),
            &self.secrets,
            organisation,
            &file,
            &options,
            &seen.digest,
            now,
        );
        let agreed = agreed.await.unwrap();
        let tx = self.db.write().await.unwrap();
        roster::apply(&tx, agreed, "cli", now).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Everything that was said now came from sources of this kind, from a public address.
    async fn all_came_from(&self, kind: &str, permalink: Option<&str>) {
        let tx = self.db.write().await.unwrap();
        source::Entity::update_many()
            .col_expr(source::Column::Kind, kind.into())
            .exec(&tx)
            .await
            .unwrap();
        comment_revision::Entity::update_many()
            .col_expr(comment_revision::Column::Permalink, permalink.into())
            .exec(&tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn colleague(&self, manager: Uuid) -> String {
        let people = entity::staff_member::Entity::find()
            .all(self.db.read())
            .await
            .unwrap();
        let tomasz = people.iter().find(|one| one.given_name == "Tomasz").unwrap().id;
        assert_ne!(tomasz, manager);
        self.sign_in_staff(tomasz).await
    }
}

#[tokio::test]
async fn a_manager_of_two_thousand_people_has_a_desk_and_a_feed() {
    let shop = Shop::open().await;
    let app = &shop.app;
    app.import((0..2000).map(|n| format!("n{n},Person{n},Quill{n},Leeds,ruth\n")))
        .await;
    shop.say(PRAISE).await;
    app.work().await;
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let desk = app.page_as(&ruth, "/desk").await.expect(200).text;
    assert!(desk.contains("thank you <mark>Priya</mark>"), "{desk}");
    for page in ["/feed/team", "/board", "/team/join"] {
        app.page_as(&ruth, page).await.expect(200);
    }
    shop.app.end().await;
}

/// What the customer keeps from colleagues is neither shown to them nor counted, and pages are cut after that.
#[tokio::test]
async fn a_feed_of_colleagues_counts_and_pages_what_they_may_read() {
    let shop = Shop::open().await;
    let app = &shop.app;
    for number in 0..30 {
        let consent = if number < 25 { "staff" } else { "colleagues" };
        shop.send(json!({"text": format!("{PRAISE} {number}"), "site": "Leeds", "consent": consent}))
            .await;
        app.work().await;
        app.advance(TimeDelta::minutes(1));
    }
    let rows = recognition::Entity::find().all(app.db.read()).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.for_colleagues).count(), 5);
    // The five that colleagues may read were said first in time, so that a page cut too early would be empty.
    let tomasz = app.colleague(shop.ruth.id).await;
    let page = app.page_as(&tomasz, "/feed/team").await.expect(200).text;
    assert!(page.contains("Five thank-yous"), "{page}");
    assert_eq!(page.matches("<blockquote").count(), 5, "{page}");
    assert!(!page.contains("?after="), "{page}");
    let scope = Scope::Team(shop.ruth.id);
    let (own, since) = (app.organisation.id, app.clock.now() - TimeDelta::days(7));
    for (audience, expected) in [(Audience::All, 30), (Audience::Colleagues, 5)] {
        let count = count_since(app.db.read(), own, (scope, audience), since).await;
        assert_eq!(count.unwrap(), expected);
        let shown = feed(app.db.read(), own, (scope, audience), None, 50)
            .await
            .unwrap();
        assert_eq!(shown.len() as u64, expected);
    }
    shop.app.end().await;
}

#[tokio::test]
async fn a_customer_who_takes_back_that_colleagues_may_read_is_heeded() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let said = |consent| json!({"text": PRAISE, "site": "Leeds", "external_id": "one", "consent": consent});
    let tomasz = app.colleague(shop.ruth.id).await;
    for (consent, is_shown) in [("colleagues", true), ("staff", false), ("public", true)] {
        app.advance(TimeDelta::minutes(1));
        shop.send(said(consent)).await;
        if !is_shown {
            let page = app.page_as(&tomasz, "/feed/team").await.expect(200).text;
            assert!(!page.contains("so kind"), "not even before it was read: {page}");
        }
        app.work().await;
        let page = app.page_as(&tomasz, "/feed/team").await.expect(200).text;
        assert_eq!(page.contains("so kind"), is_shown, "{consent}: {page}");
    }
    shop.app.end().await;
}

/// X asks that posts are shown as they are; other networks do not.
#[tokio::test]
async fn posts_of_x_and_only_they_are_shown_with_nothing_marked() {
    let shop = Shop::open().await;
    let app = &shop.app;
    for number in ["s1", "s2"] {
        app.person_with_id(number, "Sarah", number, Some(shop.leeds.id), Some(shop.ruth.id))
            .await;
    }
    shop.say(PRAISE).await;
    shop.say("Sarah was so kind and helpful, thank you Sarah!").await;
    app.work().await;
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    for (kind, permalink, is_marked) in [
        ("x", Some("https://x.com/a/status/1"), false),
        ("x", None, false),
        ("mastodon", Some("https://social.example/@a/1"), true),
        ("mastodon", None, true),
    ] {
        app.all_came_from(kind, permalink).await;
        for path in ["/desk", "/feed/team"] {
            let page = app.page_as(&ruth, path).await.expect(200).text;
            assert!(page.contains("so kind"), "{page}");
            assert_eq!(
                page.contains("<mark>"),
                is_marked,
                "{kind} {permalink:?} {path}: {page}"
            );
        }
    }
    shop.app.end().await;
}

#[tokio::test]
async fn how_sure_the_engine_is_reads_the_same_in_the_mail_and_on_the_desk() {
    let shop = Shop::open().await;
    let app = &shop.app;
    for number in ["s1", "s2"] {
        app.person_with_id(number, "Sarah", number, Some(shop.leeds.id), Some(shop.ruth.id))
            .await;
    }
    shop.say("Sarah was so kind and helpful, thank you Sarah!").await;
    app.work_on(plaudit::platform::job::Kind::Attribute).await;
    let tx = app.db.write().await.unwrap();
    verdict::Entity::update_many()
        .col_expr(verdict::Column::Confidence, 0.999.into())
        .filter(verdict::Column::State.eq(verdict::State::Open))
        .exec(&tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.work().await;
    let mails = app.mails();
    let text = mails
        .iter()
        .find(|mail| mail.subject().contains("mean"))
        .unwrap()
        .text();
    assert!(
        text.contains("Almost sure.") && !text.contains("% likely"),
        "{text}"
    );
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let desk = app.page_as(&ruth, "/desk").await.expect(200).text;
    assert!(
        desk.contains("<summary>Almost sure</summary><p>99% likely.</p>") && !desk.contains("100% likely"),
        "{desk}"
    );
    let open = verdict::Entity::find().all(app.db.read()).await.unwrap();
    assert!(open.iter().all(|one| said::in_hundred(one) == Some(99)));
    shop.app.end().await;
}

#[tokio::test]
async fn a_complaint_beside_thanks_is_read_by_managers_and_not_by_those_who_are_thanked() {
    let shop = Shop::open().await;
    let app = &shop.app;
    app.account_for(&shop.priya, Frequency::AtOnce, true).await;
    let room = "The room was filthy and the manager was horribly rude to us.";
    shop.say(&format!("{PRAISE} {room}")).await;
    app.work().await;
    let priya = app.sign_in_staff(shop.priya.id).await;
    let feed = app.page_as(&priya, "/feed").await.expect(200).text;
    assert!(feed.contains("[…]") && !feed.contains("filthy"), "{feed}");
    let recognised = app.get("/v1/recognitions").await.expect(200);
    assert_eq!(
        recognised.at("/items/0/text"),
        format!("{PRAISE} […]"),
        "{}",
        recognised.text
    );
    for mail in app.mails() {
        let own = mail.to == "priya@example.org";
        assert_eq!(mail.text().contains("horribly rude"), !own, "{}", mail.to);
        if own {
            let text = mail.text();
            let token = text
                .split("/p/")
                .nth(1)
                .unwrap()
                .split_whitespace()
                .next()
                .unwrap();
            let page = app.page(&format!("/p/{token}")).await.expect(200).text;
            assert!(!page.contains("filthy"), "{page}");
        }
    }
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let desk = app.page_as(&ruth, "/desk").await.expect(200).text;
    assert!(desk.contains("horribly rude"), "{desk}");
    shop.app.end().await;
}
