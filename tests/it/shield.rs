//! What the shield keeps is seen by safe readers alone, until one of them lets it through.
use chrono::TimeDelta;
use entity::{account::Frequency, comment, grant::Role, recognition};
use plaudit::{access::role, ledger::rebuild};
use poem::http::Method;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::TestApp;

const WORDS: &str =
    "Priya Nair helped me well. She has a gorgeous body and I stare at her legs in that tight skirt.";
const SHOWN: &str = "gorgeous body";

struct World {
    app: TestApp,
    priya: Uuid,
    boss: String,
    administrator: String,
}

impl World {
    async fn start() -> World {
        let app = TestApp::start().await;
        let boss = app.person("Ruth", "Adler", None, None).await;
        let priya = app.person("Priya", "Nair", None, Some(boss.id)).await;
        let administrator = app
            .account_with("admin@example.org", Role::Administrator, None)
            .await;
        World {
            boss: app.sign_in_staff(boss.id).await,
            administrator: app.sign_in(&administrator).await,
            priya: priya.id,
            app,
        }
    }

    async fn says(&self, id: &str, text: &str) -> Value {
        let comment = json!({ "external_id": id, "text": text });
        let taken = self.app.post("/v1/comments", comment).await;
        assert!(taken.status.is_success(), "{}", taken.text);
        self.app.work().await;
        taken.json()
    }

    async fn states(&self) -> Vec<comment::State> {
        let all = comment::Entity::find().all(self.app.db.read()).await.unwrap();
        all.into_iter().map(|comment| comment.state).collect()
    }

    async fn thanks(&self) -> usize {
        recognition::Entity::find()
            .filter(recognition::Column::WithdrawnAt.is_null())
            .all(self.app.db.read())
            .await
            .unwrap()
            .len()
    }

    /// Whatever anybody but a safe reader can open.
    async fn is_nowhere(&self) {
        let app = &self.app;
        for path in ["/desk", "/feed/team", "/board"] {
            let page = app.page_as(&self.boss, path).await;
            assert!(!page.text.contains(SHOWN), "{path}: {}", page.text);
        }
        let feed = format!("/feed/staff/{}", self.priya);
        assert!(!app.page_as(&self.administrator, &feed).await.text.contains(SHOWN));
        for path in ["/v1/comments", "/v1/recognitions", "/v1/triage", "/v1/complaints"] {
            let list = app.get(path).await.expect(200);
            assert!(!list.text.contains(SHOWN), "{path}: {}", list.text);
        }
        for mail in app.mails() {
            assert!(!mail.text().contains(SHOWN) && !mail.html().contains(SHOWN));
        }
    }

    async fn decides(&self, cookie: &str, decision: &str) {
        let page = self.app.page_as(cookie, "/shielded").await.expect(200).text;
        let action = page
            .split("action=\"")
            .find(|rest| rest.starts_with("/shielded/"))
            .unwrap();
        let action = action.split('"').next().unwrap();
        let fields = [("decision", decision)];
        self.app.form_as(cookie, action, &fields).await.expect(303);
        self.app.work().await;
    }
}

#[tokio::test]
async fn words_about_somebodys_looks_reach_nobody_but_who_decides_about_them() {
    let world = World::start().await;
    let app = &world.app;
    world.says("1", WORDS).await;
    assert_eq!(world.states().await, [comment::State::Shielded]);
    assert_eq!(world.thanks().await, 0);
    world.is_nowhere().await;
    let mails = app.mails();
    assert_eq!(mails.len(), 1, "to the administrator alone");
    assert_eq!(mails[0].to, "admin@example.org");
    assert!(
        mails[0].text().contains("somebody’s looks or body"),
        "{}",
        mails[0].text()
    );
    let page = app.page_as(&world.administrator, "/shielded").await.expect(200);
    assert!(page.text.contains(SHOWN), "{}", page.text);
    app.page_as(&world.boss, "/shielded").await.expect(403);
    world.app.end().await;
}

#[tokio::test]
async fn what_is_let_through_goes_its_way_and_is_not_kept_again() {
    let world = World::start().await;
    let app = &world.app;
    world.says("1", WORDS).await;
    world.decides(&world.administrator, "release").await;
    assert_eq!(world.thanks().await, 1);
    assert_eq!(app.mails().len(), 2, "the administrator's, and the manager's");
    let page = app.page_as(&world.administrator, "/shielded").await.expect(200);
    assert!(!page.text.contains(SHOWN));
    world.says("1", WORDS).await;
    assert_eq!(world.thanks().await, 1);
    world.says("1", &format!("{WORDS} Those thighs!")).await;
    assert_eq!(
        world.states().await,
        [comment::State::Shielded],
        "other words are looked at anew"
    );
    assert_eq!(world.thanks().await, 0);
    world.app.end().await;
}

#[tokio::test]
async fn what_is_kept_stays_out_of_everything_for_good() {
    let world = World::start().await;
    world.says("1", WORDS).await;
    world.decides(&world.administrator, "keep").await;
    assert_eq!(world.states().await, [comment::State::Shielded]);
    let page = world
        .app
        .page_as(&world.administrator, "/shielded")
        .await
        .expect(200);
    assert!(!page.text.contains(SHOWN));
    world.is_nowhere().await;
    assert_eq!(world.app.mails().len(), 1);
    world.app.end().await;
}

/// Words that only come with another score, site or author are not looked at anew.
#[tokio::test]
async fn what_was_decided_about_words_holds_as_long_as_they_are_the_same() {
    for (decision, state, thanks) in [
        ("keep", comment::State::Shielded, 0),
        ("release", comment::State::Done, 1),
    ] {
        let world = World::start().await;
        let app = &world.app;
        world.says("1", WORDS).await;
        world.decides(&world.administrator, decision).await;
        let told = app.mails().len();
        app.advance(TimeDelta::minutes(1));
        let scored = json!({
            "external_id": "1", "text": WORDS, "score": {"scale": "nps", "value": 9},
        });
        app.post("/v1/comments", scored).await.expect(200);
        app.work().await;
        assert_eq!(world.states().await, [state], "{decision}");
        assert_eq!(world.thanks().await, thanks, "{decision}");
        assert_eq!(app.mails().len(), told, "{decision}");
        world.app.end().await;
    }
}

/// Of a comment that was let through once, other words are not let through by being sent twice.
#[tokio::test]
async fn what_was_let_through_clears_no_words_but_its_own() {
    let world = World::start().await;
    let app = &world.app;
    world.says("1", WORDS).await;
    world.decides(&world.administrator, "release").await;
    let worse = format!("{WORDS} Those thighs!");
    let scored = json!({ "external_id": "1", "text": worse, "score": {"scale": "nps", "value": 9} });
    for comment in [
        json!({ "external_id": "1", "text": worse }),
        scored.clone(),
        json!({ "external_id": "1", "text": "Priya Nair was so kind and helpful, thank you Priya!" }),
        scored,
    ] {
        app.advance(TimeDelta::minutes(1));
        app.post("/v1/comments", comment).await.expect(200);
        app.work().await;
    }
    assert_eq!(world.states().await, [comment::State::Shielded]);
    assert_eq!(world.thanks().await, 0);
    world.app.end().await;
}

/// Credits that stood before the words changed for the worse.
#[tokio::test]
async fn what_is_erased_before_a_safe_reader_saw_it_credits_nobody() {
    let world = World::start().await;
    let app = &world.app;
    world
        .says("1", "Priya Nair was so kind and helpful, thank you Priya!")
        .await;
    assert_eq!(world.thanks().await, 1);
    app.advance(TimeDelta::minutes(1));
    let id = world.says("1", WORDS).await["id"].as_str().unwrap().to_owned();
    assert_eq!(world.thanks().await, 0);
    let path = format!("/v1/comments/{id}");
    app.call(Method::DELETE, &path, Some(&app.key), None).await;
    app.work().await;
    let report = rebuild::rebuild(&app.db, app.organisation.id, true, app.clock.now()).await;
    assert_eq!(report.unwrap().differences, [""; 0]);
    assert_eq!(world.thanks().await, 0);
    world.app.end().await;
}

#[tokio::test]
async fn what_was_kept_by_mistake_is_decided_about_again() {
    let world = World::start().await;
    let comment = world.says("1", WORDS).await;
    world.decides(&world.administrator, "keep").await;
    let path = format!("/shielded?kept={}", comment["id"].as_str().unwrap());
    let page = world.app.page_as(&world.administrator, &path).await.expect(200);
    assert!(page.text.contains("Kept from everybody.") && !page.text.contains(SHOWN));
    let action = path.replace("?kept=", "/");
    let undo = [("decision", "undo")];
    world
        .app
        .form_as(&world.administrator, &action, &undo)
        .await
        .expect(303);
    assert_eq!(world.app.mails().len(), 1, "nobody is asked twice");
    world.decides(&world.administrator, "release").await;
    assert_eq!(world.thanks().await, 1);
    world.app.end().await;
}

#[tokio::test]
async fn a_named_safe_reader_decides_and_nobody_else_sees_it() {
    let world = World::start().await;
    let app = &world.app;
    let reader = app.account_with("safe@example.org", Role::SafeReader, None).await;
    let reader = app.sign_in(&reader).await;
    world.says("1", WORDS).await;
    let to: Vec<_> = app.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["safe@example.org"]);
    app.page_as(&world.administrator, "/shielded").await.expect(403);
    assert!(
        app.page_as(&reader, "/shielded")
            .await
            .expect(200)
            .text
            .contains(SHOWN)
    );
    app.page_as(&reader, "/people").await.expect(403);
    world.decides(&reader, "release").await;
    assert_eq!(world.thanks().await, 1);
    world.app.end().await;
}

#[tokio::test]
async fn praise_whose_words_change_leaves_feeds_and_boards() {
    let world = World::start().await;
    let app = &world.app;
    world
        .says("1", "Priya Nair was so kind and helpful, thank you Priya!")
        .await;
    assert_eq!(world.thanks().await, 1);
    world.says("1", WORDS).await;
    assert_eq!(world.thanks().await, 0);
    world.is_nowhere().await;
    let recounted = app.get("/v1/recognitions").await.expect(200).json();
    assert_eq!(recounted["items"], json!([]));
    world.app.end().await;
}

#[tokio::test]
async fn a_new_safe_reader_is_told_once_of_what_waits() {
    let world = World::start().await;
    let app = &world.app;
    for id in ["1", "2"] {
        app.advance(TimeDelta::minutes(1));
        world.says(id, WORDS).await;
    }
    let told = |address: &str| app.mails().iter().filter(|mail| mail.to == address).count();
    assert_eq!(told("admin@example.org"), 2);
    let name = async |address: &str| {
        let named = app.account_with(address, Role::SafeReader, None).await;
        app.work().await;
        named
    };
    let first = name("safe@example.org").await;
    assert_eq!(told("safe@example.org"), 1);
    name("second@example.org").await;
    assert_eq!(told("second@example.org"), 1);
    assert_eq!(told("safe@example.org"), 1, "whoever was told is not told again");
    let first = app.sign_in(&first).await;
    for _ in 0..2 {
        world.decides(&first, "keep").await;
    }
    name("third@example.org").await;
    assert_eq!(told("third@example.org"), 0, "nothing waits any more");
    world.app.end().await;
}

/// An administrator, above whom there is nobody, may.
#[tokio::test]
async fn a_safe_reader_decides_about_no_words_that_may_be_about_herself() {
    let world = World::start().await;
    let app = &world.app;
    let other = app.account_with("safe@example.org", Role::SafeReader, None).await;
    let herself = app.signing_in(world.priya).await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &herself, Role::SafeReader, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let herself = app.sign_in(&herself).await;
    let comment = world.says("1", WORDS).await;
    let action = format!("/shielded/{}", comment["id"].as_str().unwrap());
    for decision in ["release", "keep", "undo"] {
        let refused = app.form_as(&herself, &action, &[("decision", decision)]).await;
        assert_eq!(refused.expect(303).header("location"), "/shielded?own=yes");
    }
    let page = app.page_as(&herself, "/shielded?own=yes").await.expect(200).text;
    assert!(page.contains("the message may be about you"), "{page}");
    assert_eq!(world.states().await, [comment::State::Shielded]);
    let other = app.sign_in(&other).await;
    world.decides(&other, "release").await;
    assert_eq!(world.thanks().await, 1);
    world.app.end().await;
}

#[tokio::test]
async fn other_words_are_nowhere_before_the_shield_has_looked_at_them() {
    let world = World::start().await;
    let app = &world.app;
    let praise = "Priya Nair was so kind and helpful, thank you Priya!";
    world.says("1", praise).await;
    let shows = async || {
        let list = app.get("/v1/recognitions").await.expect(200).text;
        let team = app.page_as(&world.boss, "/feed/team").await.expect(200).text;
        let desk = app.page_as(&world.boss, "/desk").await.expect(200).text;
        [list, team, desk].map(|shown| shown.contains("so kind"))
    };
    assert_eq!(shows().await, [true; 3]);
    app.advance(TimeDelta::minutes(1));
    let other = json!({ "external_id": "1", "text": format!("{praise} {WORDS}") });
    app.post("/v1/comments", other).await.expect(200);
    world.is_nowhere().await;
    assert_eq!(shows().await, [false; 3]);
    app.work().await;
    world.is_nowhere().await;
    app.advance(TimeDelta::minutes(1));
    world.says("1", &format!("{praise} Again!")).await;
    assert_eq!(shows().await, [true; 3]);
    world.app.end().await;
}

#[tokio::test]
async fn what_comes_in_quiet_hours_is_asked_with_what_waited() {
    let world = World::start().await;
    let app = &world.app;
    let account = app
        .account_with("both@example.org", Role::Administrator, None)
        .await;
    let tx = app.db.write().await.unwrap();
    role::grant(&tx, &account, Role::SafeReader, None, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let quiet = |row: &mut entity::account::ActiveModel| {
        row.quiet_from = Set(Some(11 * 60));
        row.quiet_until = Set(Some(14 * 60));
    };
    app.change_account(account.id, quiet).await;
    world.says("1", WORDS).await;
    world
        .says(
            "2",
            "The lift was broken and dirty, we waited an hour. Terrible, never again.",
        )
        .await;
    let to_reader = || {
        app.mails()
            .into_iter()
            .filter(|mail| mail.to == "both@example.org")
    };
    assert_eq!(to_reader().count(), 0, "it is noon");
    app.advance(TimeDelta::hours(3));
    app.work().await;
    let mails: Vec<_> = to_reader().collect();
    assert_eq!(mails.len(), 1);
    let text = mails[0].text();
    assert!(
        text.contains("The shield kept a message back.") && text.contains("/shielded"),
        "{text}"
    );
    assert!(
        text.contains("The lift was broken") && !text.contains(SHOWN),
        "{text}"
    );
    world.app.end().await;
}

#[tokio::test]
async fn whoever_reads_digests_alone_is_asked_at_once_all_the_same() {
    let world = World::start().await;
    let app = &world.app;
    let reader = app.account_with("safe@example.org", Role::SafeReader, None).await;
    let digests = |row: &mut entity::account::ActiveModel| row.frequency = Set(Frequency::Digest);
    app.change_account(reader.id, digests).await;
    world.says("1", WORDS).await;
    assert_eq!(app.mails().len(), 1, "no digest tells of it");
    world.app.end().await;
}
