//! What the desk shows to whom, and how.
use entity::{assignment, grant::Role, source};
use plaudit::access::role;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use crate::support::{TestApp, telling::*};

impl TestApp {
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
        "Three things are waiting.",
        "kind and helpful, thank you",
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
    app.settle().await;
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
    role::grant(&tx, &ruth, Role::Auditor, None, "cli", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let desk = app.page_as(&ruth, "/desk").await.expect(200).text;
    assert!(desk.contains("I’ve read it to Priya"), "{desk}");
    assert!(
        desk.contains("Lena Voss") && !desk.contains("I’ve read it to Lena"),
        "{desk}"
    );
    app.settle().await;
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
        desk.contains("This message also thanks Priya Nair. We’ve passed that part on separately."),
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
