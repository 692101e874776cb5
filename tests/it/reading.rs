//! Sources of public networks are read: each post becomes one comment, and praise reaches a manager.
use std::collections::HashSet;

use chrono::TimeDelta;
use entity::{comment, comment_revision, job, recognition, source};
use plaudit::{
    app::{App, work},
    capture::{
        connection::{self, Credentials, Health, Mastodon, NewConnection, Settings, State, X},
        reading,
    },
};
use poem::http::Method;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryResult, Statement};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    fake_mastodon::{self, FakeMastodon},
    fake_x::{self, Endpoint, FakeX, Fault, KEYS, NewPost, Standing},
    support::{
        TestApp,
        telling::{PRAISE, Shop},
    },
};

/// A key under which secrets can be sealed.
pub const SEALING: &str = "secret_key = \"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"\n";

/// Settings under which the app reads a fake X.
pub fn reading_from(fake: &FakeX) -> String {
    format!(
        "{SEALING}[server]\nbase_url = \"https://plaudit.example\"\n[x]\naddress = \"{}\"\n",
        fake.base_url()
    )
}

pub fn account_secrets() -> Credentials {
    let lines = [KEYS.consumer, KEYS.consumer_secret, KEYS.token, KEYS.token_secret].join("\n");
    Credentials::parse("x", &lines.into()).unwrap()
}

pub fn x_source(rules: &[&str], budget: Option<i64>) -> NewConnection {
    NewConnection {
        name: "X".to_owned(),
        settings: Settings::X(X {
            handle: fake_x::COMPANY.to_owned(),
            rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
            owns_application: true,
        }),
        credentials: account_secrets(),
        budget,
        settle_seconds: 0,
        days_back: 0,
    }
}

pub fn mastodon_source(fake: &FakeMastodon) -> NewConnection {
    NewConnection {
        name: "Mastodon".to_owned(),
        settings: Settings::Mastodon(Mastodon {
            address: fake.base_url(),
        }),
        credentials: Credentials::parse("mastodon", &fake_mastodon::TOKEN.into()).unwrap(),
        ..x_source(&[], None)
    }
}

impl TestApp {
    pub async fn connect(&self, new: NewConnection) -> source::Model {
        let tx = self.db.write().await.unwrap();
        let now = self.clock.now();
        let made = connection::create(&tx, &self.secrets, self.organisation.id, new, "cli", now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        made
    }

    pub async fn comments(&self) -> Vec<comment::Model> {
        comment::Entity::find().all(self.db.read()).await.unwrap()
    }

    pub async fn texts(&self) -> Vec<String> {
        let revisions = comment_revision::Entity::find().all(self.db.read()).await;
        let mut texts: Vec<String> = revisions.unwrap().into_iter().filter_map(|r| r.text).collect();
        texts.sort();
        texts
    }

    pub async fn health(&self, source: &source::Model) -> Health {
        let source = source::Entity::find_by_id(source.id)
            .one(self.db.read())
            .await
            .unwrap()
            .unwrap();
        let prices = self.config.x.prices;
        let health = connection::health(self.db.read(), &source, &prices, self.clock.now()).await;
        health.unwrap().unwrap()
    }

    pub async fn rows(&self, sql: &str) -> Vec<QueryResult> {
        let db = self.db.writer();
        let statement = Statement::from_string(db.get_database_backend(), sql);
        db.query_all_raw(statement).await.unwrap()
    }

    pub async fn all_recognitions(&self) -> Vec<recognition::Model> {
        recognition::Entity::find().all(self.db.read()).await.unwrap()
    }
}

/// Moves both clocks and works off what is due then.
async fn pass(app: &TestApp, fake: &FakeX, time: TimeDelta) {
    app.advance(time);
    fake.advance(time);
    app.work().await;
}

#[tokio::test]
async fn a_toot_that_praises_somebody_becomes_a_recognition_and_a_mail() {
    let fake = FakeMastodon::start().await;
    let mut shop = Shop::open_with(SEALING).await;
    shop.app.clock.set(fake.now());
    shop.app.connect(mastodon_source(&fake)).await;
    fake.mention(&format!("<p>@acme {PRAISE}</p>"), "public");
    fake.mention(
        "<p>@acme Priya Nair was wonderful, a secret between us</p>",
        "direct",
    );
    fake.mention(
        "<p>@acme I waited an hour and the staff were rude. Awful.</p>",
        "public",
    );
    shop.app.work().await;
    shop.app.advance(TimeDelta::minutes(3));
    fake.advance(TimeDelta::minutes(3));
    shop.app.work().await;
    assert_eq!(shop.app.comments().await.len(), 2, "the direct post is not taken");
    assert_eq!(shop.app.all_recognitions().await.len(), 1);
    let mails = shop.app.mails();
    assert_eq!(mails.iter().filter(|mail| mail.to.contains("ruth")).count(), 1);
    assert!(fake.violations().is_empty(), "{:?}", fake.violations());
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn a_post_on_x_that_praises_somebody_becomes_a_recognition_and_a_mail_and_a_complaint_does_not() {
    let fake = FakeX::start(1).await;
    let mut shop = Shop::open_with(&reading_from(&fake)).await;
    shop.app.clock.set(fake.now());
    shop.app
        .connect(x_source(&["acme -is:retweet -from:acme"], None))
        .await;
    let praise = fake.post(NewPost::by("ana", &format!("@acme {PRAISE}")));
    fake.post(NewPost::by(
        "ben",
        "@acme I waited an hour and the staff were rude. Awful.",
    ));
    fake.post(NewPost::by("acme", "@acme we thank Priya Nair, she was so kind!"));
    fake.post(NewPost::by("eve", &format!("RT @ana: @acme {PRAISE}")).referring("retweeted", praise));
    shop.app.work().await;
    pass(&shop.app, &fake, TimeDelta::minutes(3)).await;
    assert_eq!(
        shop.app.comments().await.len(),
        2,
        "own posts and retweets are not taken"
    );
    assert_eq!(shop.app.all_recognitions().await.len(), 1);
    let mails = shop.app.mails();
    let mail = mails.iter().find(|mail| mail.to.contains("ruth")).unwrap();
    assert!(mail.raw.contains("x.com/ana/status/"), "{}", mail.raw);
    assert!(
        !mail.raw.contains("so kind and helpful"),
        "the post itself stays on X"
    );
    assert!(fake.violations().is_empty(), "{:?}", fake.violations());
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn the_same_post_by_mentions_and_search_and_read_again_is_one_comment() {
    let fake = FakeX::start(2).await;
    let mut shop = Shop::open_with(&reading_from(&fake)).await;
    shop.app.clock.set(fake.now());
    shop.app.connect(x_source(&["acme"], None)).await;
    fake.post(NewPost::by("ana", &format!("@acme {PRAISE}")));
    for _ in 0..4 {
        pass(&shop.app, &fake, TimeDelta::minutes(3)).await;
    }
    assert_eq!(
        (shop.app.comments().await.len(), shop.app.texts().await.len()),
        (1, 1)
    );
    assert_eq!(shop.app.all_recognitions().await.len(), 1);
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn an_edit_is_a_revision_and_a_post_that_x_finds_late_is_read_too() {
    let fake = FakeX::start(3).await;
    let mut shop = Shop::open_with(&reading_from(&fake)).await;
    shop.app.clock.set(fake.now());
    shop.app.connect(x_source(&[], None)).await;
    let first = fake.post(NewPost::by(
        "ana",
        "@acme Priya Nair was so kind, thank you Priya!",
    ));
    let late =
        fake.post(NewPost::by("ben", "@acme Tomasz Wilk was so helpful, thank you Tomasz!").not_indexed());
    pass(&shop.app, &fake, TimeDelta::minutes(3)).await;
    fake.edit(first, "@acme Priya Nair was so very kind, thank you Priya!");
    fake.index(late);
    pass(&shop.app, &fake, TimeDelta::minutes(5)).await;
    let comments = shop.app.comments().await;
    assert_eq!(comments.len(), 2);
    let edited = comments.iter().find(|c| c.external_id == Some(first.to_string()));
    assert_eq!(
        edited.unwrap().revision,
        2,
        "the edit is a revision under the first id"
    );
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn a_reply_keeps_its_conversation() {
    let fake = FakeX::start(4).await;
    let mut shop = Shop::open_with(&reading_from(&fake)).await;
    shop.app.clock.set(fake.now());
    shop.app.connect(x_source(&[], None)).await;
    let asked = fake.post(NewPost::by("acme", "How was your visit?"));
    fake.post(NewPost::by("ana", &format!("@acme {PRAISE}")).referring("replied_to", asked));
    shop.app.work().await;
    let revisions = comment_revision::Entity::find()
        .all(shop.app.db.read())
        .await
        .unwrap();
    let metadata = revisions[0].metadata.clone().unwrap();
    assert_eq!(metadata["kind"], "reply");
    assert_eq!(metadata["conversation"], asked.to_string());
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn what_was_missed_while_down_is_fetched_and_what_search_no_longer_reaches_is_reported() {
    let fake = FakeX::start(5).await;
    let mut shop = Shop::open_with(&reading_from(&fake)).await;
    shop.app.clock.set(fake.now());
    let source = shop.app.connect(x_source(&["thanks"], None)).await;
    shop.app.work().await;
    let stopped_at = shop.app.clock.now();
    fake.advance(TimeDelta::days(1));
    fake.post(NewPost::by("ana", "thanks to Acme, long ago"));
    fake.advance(TimeDelta::days(6));
    fake.post(NewPost::by("ben", "thanks to Acme, of late"));
    fake.advance(TimeDelta::days(2));
    shop.app.advance(TimeDelta::days(9));
    shop.app.work().await;
    assert_eq!(shop.app.texts().await, ["thanks to Acme, of late"]);
    let health = shop.app.health(&source).await;
    let (from, to) = health.gap.unwrap();
    assert!((stopped_at - TimeDelta::minutes(15) - from).abs() < TimeDelta::seconds(1));
    assert!((shop.app.clock.now() - TimeDelta::days(7) - to).abs() < TimeDelta::hours(1));
    assert_eq!(health.state, State::Reading, "and reading goes on");
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn more_mentions_than_x_keeps_are_reported_as_a_gap() {
    let fake = FakeX::start(6).await;
    let mut shop = Shop::open_with(&reading_from(&fake)).await;
    shop.app.clock.set(fake.now());
    let source = shop.app.connect(x_source(&[], None)).await;
    shop.app.work().await;
    for number in 0..820 {
        fake.advance(TimeDelta::seconds(10));
        fake.post(NewPost::by("ana", &format!("@acme number {number}")));
    }
    shop.app.clock.set(fake.now());
    shop.app.work().await;
    assert_eq!(shop.app.comments().await.len(), 800);
    assert!(shop.app.health(&source).await.gap.is_some());
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn each_refusal_waits_or_stops_as_it_must() {
    let stops = [
        (Fault::Unauthorized, "credentials"),
        (Fault::OutOfCredit, "credit"),
        (Fault::NotEnrolled, "plan"),
        (Fault::NotPermitted, "permission"),
        (Fault::Redirect, "address"),
        (Fault::UsageCappedMonthly, "plan"),
    ];
    for (fault, cause) in stops {
        let (shop, fake, source) = reading_shop().await;
        fake.script([fault]);
        pass(&shop.app, &fake, TimeDelta::minutes(3)).await;
        let health = shop.app.health(&source).await;
        assert_eq!(
            (health.state, health.stopped_by.as_deref()),
            (State::Stopped, Some(cause))
        );
        let calls = fake.calls().len();
        pass(&shop.app, &fake, TimeDelta::days(1)).await;
        let later = fake.calls();
        let asked = later[calls..]
            .iter()
            .filter(|call| call.endpoint == Some(Endpoint::Mentions));
        assert_eq!(asked.count(), 0, "{cause}: nothing is asked until a person acted");
        fake.post(NewPost::by("ana", "@acme well met"));
        connection::test(&shop.app.capture(), &source).await.unwrap();
        shop.app.work().await;
        assert_eq!(
            shop.app.texts().await,
            ["@acme well met"],
            "{cause}: after a test that works it goes on"
        );
        end(shop).await;
    }
}

#[tokio::test]
async fn waits_are_kept_and_no_call_is_made_before_their_end() {
    let waits = [
        // The window began three minutes before.
        (Fault::WindowUsedUp, TimeDelta::minutes(12)),
        (Fault::WindowUsedUpCode88, TimeDelta::minutes(12)),
        (Fault::WindowUsedUpUntold, TimeDelta::seconds(60)),
        (Fault::TooManyConnections, TimeDelta::seconds(60)),
        (Fault::ServerError(503), TimeDelta::seconds(5)),
        (Fault::Truncated, TimeDelta::seconds(5)),
        (Fault::Disconnect, TimeDelta::seconds(5)),
    ];
    for (fault, wait) in waits {
        let (shop, fake, source) = reading_shop().await;
        fake.script([fault]);
        pass(&shop.app, &fake, TimeDelta::minutes(3)).await;
        let calls = fake.calls().len();
        assert_eq!(shop.app.health(&source).await.state, State::Failing, "{fault:?}");
        pass(&shop.app, &fake, wait - TimeDelta::seconds(2)).await;
        assert_eq!(fake.calls().len(), calls, "{fault:?}: too early");
        fake.post(NewPost::by("ana", "@acme well met"));
        pass(&shop.app, &fake, wait * 2 + TimeDelta::seconds(10)).await;
        assert_eq!(shop.app.texts().await, ["@acme well met"], "{fault:?}");
        assert_eq!(shop.app.health(&source).await.state, State::Reading, "{fault:?}");
        assert!(fake.violations().is_empty(), "{:?}", fake.violations());
        end(shop).await;
    }
}

#[tokio::test]
async fn a_deleted_post_leaves_no_word_behind_and_the_recognition_still_counts() {
    for standing in [Standing::Deleted, Standing::Protected, Standing::Withheld] {
        let (shop, fake, source) = reading_shop().await;
        let id = fake.post(NewPost::by("zaphodine", &format!("@acme sentinelword {PRAISE}")));
        pass(&shop.app, &fake, TimeDelta::minutes(5)).await;
        let state = (shop.app.health(&source).await, shop.app.texts().await);
        assert!(
            is_anywhere(&shop.app, "sentinelword").await,
            "it is there before: {state:?}"
        );
        let board = shop.app.get("/v1/recognitions").await.text;
        assert!(board.contains("sentinelword"));
        fake.set_standing(id, standing);
        for _ in 0..25 {
            pass(&shop.app, &fake, TimeDelta::hours(1)).await;
        }
        for word in ["sentinelword", "zaphodine"] {
            assert!(
                !is_anywhere(&shop.app, word).await,
                "{standing:?}: {word} is left in a table"
            );
            for page in ["/v1/recognitions", "/v1/comments"] {
                let shown = shop.app.get(page).await.expect(200).text;
                assert!(!shown.contains(word), "{standing:?}: {page} shows {word}");
            }
        }
        let standing = shop.app.all_recognitions().await;
        assert_eq!(standing.len(), 1, "who was recognised when stays");
        assert_eq!(standing[0].withdrawn_at, None);
        assert_eq!(shop.app.health(&source).await.kept_posts, 0);
        end(shop).await;
    }
}

#[tokio::test]
async fn a_check_takes_over_what_was_edited() {
    let (shop, fake, _) = reading_shop().await;
    let id = fake.post(NewPost::by("ana", "@acme Priya Nair was kind"));
    pass(&shop.app, &fake, TimeDelta::minutes(5)).await;
    fake.advance(TimeDelta::hours(1));
    shop.app.advance(TimeDelta::hours(1));
    let edited = fake.edit(id, "@acme nobody in particular");
    fake.limit(Endpoint::Mentions, 0);
    for _ in 0..25 {
        pass(&shop.app, &fake, TimeDelta::hours(1)).await;
    }
    let comments = shop.app.comments().await;
    assert_eq!((comments.len(), comments[0].revision), (1, 2));
    let revisions = comment_revision::Entity::find()
        .all(shop.app.db.read())
        .await
        .unwrap();
    let newest = revisions.iter().find(|revision| revision.number == 2).unwrap();
    assert_eq!(newest.text.as_deref(), Some("@acme nobody in particular"));
    assert!(newest.permalink.as_ref().unwrap().ends_with(&edited.to_string()));
    end(shop).await;
}

#[tokio::test]
async fn a_toot_that_was_deleted_or_made_private_is_erased_and_an_edited_one_revised() {
    let fake = FakeMastodon::start().await;
    let mut shop = Shop::open_with(SEALING).await;
    shop.app.clock.set(fake.now());
    shop.app.connect(mastodon_source(&fake)).await;
    let deleted = fake.mention(&format!("<p>@acme sentinelone {PRAISE}</p>"), "public");
    let hidden = fake.mention("<p>@acme sentineltwo</p>", "public");
    let edited = fake.mention("<p>@acme before</p>", "unlisted");
    shop.app.work().await;
    fake.delete(deleted);
    fake.set_visibility(hidden, "private");
    fake.advance(TimeDelta::hours(2));
    fake.edit(edited, "<p>@acme after</p>");
    shop.app.advance(TimeDelta::hours(2));
    shop.app.work().await;
    assert_eq!(shop.app.texts().await, ["@acme after", "@acme before"]);
    assert!(!is_anywhere(&shop.app, "sentinel").await);
    assert_eq!(shop.app.all_recognitions().await.len(), 1);
    assert!(fake.violations().is_empty(), "{:?}", fake.violations());
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn a_budget_stops_reading_before_a_call_could_exceed_it_and_raising_it_loses_nothing() {
    let fake = FakeX::start(8).await;
    let mut shop = Shop::open_with(&reading_from(&fake)).await;
    shop.app.clock.set(fake.now());
    // Two pages of own mentions and a little.
    let source = shop.app.connect(x_source(&[], Some(250_000))).await;
    for number in 0..450 {
        fake.post(NewPost::by("ana", &format!("@acme number {number}")));
    }
    fake.advance(TimeDelta::minutes(1));
    for _ in 0..5 {
        pass(&shop.app, &fake, TimeDelta::minutes(3)).await;
    }
    let health = shop.app.health(&source).await;
    assert_eq!(health.state, State::BudgetReached);
    assert!(health.spent.micro_dollars <= 250_000, "{:?}", health.spent);
    assert_eq!(fake.posts_charged() * 1000, health.spent.micro_dollars as u64);
    let shown = shop.app.get(&format!("/v1/sources/{}", source.id)).await;
    assert_eq!(shown.at("/connection/state"), "budget_reached");
    let findings = plaudit::doctor::examine(&shop.app.config, Ok(&shop.app.app())).await;
    let said = findings
        .iter()
        .find(|finding| finding.subject == "source")
        .unwrap();
    assert!(said.words.contains("budget"), "{said}");
    let calls = fake.calls().len();
    pass(&shop.app, &fake, TimeDelta::minutes(10)).await;
    assert_eq!(fake.calls().len(), calls, "nothing is asked");

    let raised = json!({ "connection": { "budget_micro_dollars": 50_000_000 } });
    let path = format!("/v1/sources/{}", source.id);
    shop.app
        .call(Method::PATCH, &path, Some(&shop.app.key), Some(raised))
        .await
        .expect(200);
    shop.app.work().await;
    assert_eq!(shop.app.comments().await.len(), 450);
    assert_eq!(shop.app.health(&source).await.state, State::Reading);
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn readers_that_turn_at_the_same_moment_share_one_budget() {
    let fake = FakeX::start(8).await;
    let mut shop = Shop::open_with(&reading_from(&fake)).await;
    shop.app.clock.set(fake.now());
    let rules = ["acme one", "acme two", "acme three", "acme four", "acme five"];
    // Half a dollar is a page of one search; what a page brings leaves room for no other.
    let source = shop.app.connect(x_source(&rules, Some(1_100_000))).await;
    for number in 0..500 {
        fake.post(NewPost::by(
            "ana",
            &format!("acme one two three four five, number {number}"),
        ));
    }
    fake.advance(TimeDelta::minutes(1));
    for _ in 0..3 {
        pass(&shop.app, &fake, TimeDelta::minutes(3)).await;
    }
    let spent = shop.app.health(&source).await.spent;
    assert!(spent.micro_dollars > 0, "{spent:?}");
    assert!(spent.micro_dollars <= 1_100_000, "{spent:?}");
    let held = shop.app.rows("SELECT 1 FROM reader WHERE held > 0").await;
    assert!(held.is_empty(), "nothing is held once a call has ended");
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn a_post_read_again_on_the_same_day_is_charged_once() {
    let (shop, fake, source) = reading_shop().await;
    fake.post(NewPost::by("ana", "@acme well met"));
    for _ in 0..3 {
        pass(&shop.app, &fake, TimeDelta::minutes(3)).await;
    }
    assert!(fake.posts_charged() > 1, "it was read again");
    let spent = shop.app.health(&source).await.spent;
    assert!(
        (1..=2).contains(&spent.posts),
        "{spent:?}: twice at most, around midnight"
    );
    end(shop).await;
}

async fn reading_shop() -> (Shop, FakeX, source::Model) {
    let fake = FakeX::start(7).await;
    let shop = Shop::open_with(&reading_from(&fake)).await;
    shop.app.clock.set(fake.now());
    let source = shop.app.connect(x_source(&[], None)).await;
    shop.app.work().await;
    (shop, fake, source)
}

async fn end(mut shop: Shop) {
    shop.app.end_with_jobs().await;
}

/// Looks for a word in every column of every table.
async fn is_anywhere(app: &TestApp, word: &str) -> bool {
    let backend = app.db.writer().get_database_backend();
    let tables = match backend {
        DbBackend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
        _ => "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public'",
    };
    for table in app.rows(tables).await {
        let table: String = table.try_get("", "name").unwrap();
        // Column by column: a zero byte in an id would end a text that joins them.
        let columns = match backend {
            DbBackend::Sqlite => {
                let columns = app
                    .rows(&format!("SELECT name FROM pragma_table_info('{table}')"))
                    .await;
                let columns: Vec<String> = columns.iter().map(|c| c.try_get("", "name").unwrap()).collect();
                let texts = columns.iter().map(|c| format!("CAST(\"{c}\" AS TEXT)"));
                texts.collect()
            }
            _ => vec![format!("\"{table}\"::text")],
        };
        let holds = columns.iter().map(|text| format!("{text} LIKE '%{word}%'"));
        let holds = holds.collect::<Vec<_>>().join(" OR ");
        let found = app
            .rows(&format!("SELECT 1 AS n FROM \"{table}\" WHERE {holds}"))
            .await;
        if !found.is_empty() {
            return true;
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_replicas_one_reads_each_page() {
    let fake = FakeX::start(9).await;
    let mut shop = Shop::open_with(&reading_from(&fake)).await;
    let app = shop.app.app();
    app.clock.set(fake.now());
    let other = App::connect((*app.config).clone(), app.clock.clone())
        .await
        .unwrap();
    fake.set_page_size(20);
    for number in 0..500 {
        fake.post(NewPost::by("ana", &format!("@acme number {number}")));
    }
    shop.app.connect(x_source(&[], None)).await;
    let mut replicas = JoinSet::new();
    for replica in [app.clone(), other.clone()] {
        replicas.spawn(async move {
            for _ in 0..20 {
                work::worker(&replica).work_until_idle().await.unwrap();
                tokio::task::yield_now().await;
            }
        });
    }
    replicas.join_all().await;
    shop.app.work().await;
    let calls = fake.calls();
    let pages: Vec<&str> = calls
        .iter()
        .filter(|call| call.endpoint == Some(Endpoint::Mentions))
        .map(|call| call.request.parameter("pagination_token").unwrap_or("first"))
        .collect();
    let different: HashSet<&str> = pages.iter().copied().collect();
    assert_eq!(
        (pages.len(), different.len()),
        (25, 25),
        "each page is read, and read once"
    );
    assert_eq!(shop.app.comments().await.len(), 500);
    other.service.db.close().await;
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn the_page_behind_a_mail_shows_a_post_word_for_word_until_it_is_deleted() {
    let (shop, fake, _) = reading_shop().await;
    let id = fake.post(NewPost::by("ana", &format!("@acme {PRAISE}")));
    pass(&shop.app, &fake, TimeDelta::minutes(5)).await;
    let mails = shop.app.mails();
    let mail = mails.iter().find(|mail| mail.to.contains("ruth")).unwrap();
    let link = mail.link("https://plaudit.example/p/");
    let path = link.as_str();
    let page = shop
        .app
        .call(Method::GET, path, None, None)
        .await
        .expect(200)
        .text;
    assert!(
        page.contains(&format!("@acme {PRAISE}")),
        "word for word, nothing marked: {page}"
    );
    assert!(page.contains("@ana") && page.contains(&format!("https://x.com/ana/status/{id}")));
    fake.set_standing(id, Standing::Deleted);
    for _ in 0..25 {
        pass(&shop.app, &fake, TimeDelta::hours(1)).await;
    }
    let gone = shop
        .app
        .call(Method::GET, path, None, None)
        .await
        .expect(410)
        .text;
    assert!(!gone.contains("kind and helpful") && !gone.contains("ana"));
    end(shop).await;
}

#[tokio::test]
async fn a_source_made_by_the_api_never_shows_its_secrets_and_its_test_says_what_is_wrong() {
    let fake = FakeX::start(10).await;
    let shop = Shop::open_with(&reading_from(&fake)).await;
    shop.app.clock.set(fake.now());
    let secrets = [KEYS.consumer, KEYS.consumer_secret, KEYS.token, KEYS.token_secret];
    let body = json!({ "name": "X", "kind": "x", "connection": {
        "secrets": secrets, "handle": "@acme", "rules": ["acme"], "budget_micro_dollars": 5_000_000 } });
    let made = shop.app.post("/v1/sources", body).await.expect(201);
    let path = format!("/v1/sources/{}", made.at("/id"));
    let test = shop
        .app
        .post(&format!("{path}/test"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (test.at("/works"), test.at("/account")),
        ("true".to_owned(), "acme".to_owned())
    );
    fake.script([Fault::OutOfCredit]);
    let test = shop
        .app
        .post(&format!("{path}/test"), json!({}))
        .await
        .expect(200);
    assert!(test.at("/problem").contains("buy credit"), "{}", test.text);
    shop.app.work().await;
    let shown = shop.app.get(&path).await.expect(200);
    assert_eq!(shown.at("/connection/state"), "reading");
    for secret in secrets {
        assert!(!made.text.contains(secret) && !shown.text.contains(secret));
        assert!(!is_anywhere(&shop.app, secret).await, "kept in the clear");
    }
    let removed = shop
        .app
        .call(Method::DELETE, &path, Some(&shop.app.key), None)
        .await;
    assert_eq!(removed.expect(200).at("/waiting"), "0");
    shop.app.get(&path).await.expect(404);
    shop.app.work().await;
    shop.app.end().await;
}

#[tokio::test]
async fn a_source_that_cannot_be_is_refused_in_words() {
    let app = TestApp::start_with(SEALING).await;
    let refused = [
        (json!({ "name": "X", "kind": "x" }), "is needed"),
        (
            json!({ "name": "X", "kind": "x", "connection": { "secrets": ["a", "b"], "handle": "acme" } }),
            "2 secrets were given",
        ),
        (
            json!({ "name": "X", "kind": "x", "connection": { "secrets": ["two words"], "handle": "acme" } }),
            "a character that no token has",
        ),
        (
            json!({ "name": "M", "kind": "mastodon", "connection": { "secrets": ["a"], "address": "http://m.example" } }),
            "is not https",
        ),
        (
            json!({ "name": "M", "kind": "api", "connection": { "secrets": ["a"], "handle": "acme" } }),
            "is not for a source of kind api",
        ),
    ];
    for (body, said) in refused {
        let answer = app.post("/v1/sources", body).await.expect(422);
        assert!(answer.at("/detail").contains(said), "{}", answer.text);
    }
    app.end().await;
}

#[tokio::test]
async fn a_paused_source_is_not_read_and_a_resumed_one_loses_nothing() {
    let (shop, fake, source) = reading_shop().await;
    let path = format!("/v1/sources/{}", source.id);
    let patch = |paused: bool| json!({ "paused": paused });
    let key = shop.app.key.clone();
    shop.app
        .call(Method::PATCH, &path, Some(&key), Some(patch(true)))
        .await
        .expect(200);
    fake.post(NewPost::by("ana", "@acme well met"));
    let calls = fake.calls().len();
    pass(&shop.app, &fake, TimeDelta::hours(5)).await;
    assert_eq!(fake.calls().len(), calls);
    shop.app
        .call(Method::PATCH, &path, Some(&key), Some(patch(false)))
        .await
        .expect(200);
    shop.app.work().await;
    assert_eq!(shop.app.texts().await, ["@acme well met"]);
    end(shop).await;
}

#[tokio::test]
async fn a_reader_without_its_job_gets_one_again() {
    let (shop, fake, _) = reading_shop().await;
    job::Entity::delete_many()
        .exec(shop.app.db.writer())
        .await
        .unwrap();
    fake.post(NewPost::by("ana", "@acme well met"));
    pass(&shop.app, &fake, TimeDelta::minutes(5)).await;
    assert!(shop.app.texts().await.is_empty());
    assert_eq!(reading::schedule::run_due(&shop.app.capture()).await.unwrap(), 2);
    assert_eq!(reading::schedule::run_due(&shop.app.capture()).await.unwrap(), 0);
    shop.app.work().await;
    assert_eq!(shop.app.texts().await, ["@acme well met"]);
    end(shop).await;
}

#[tokio::test]
async fn a_reader_that_stops_holds_nothing_of_the_budget() {
    let (mut shop, fake, _) = reading_shop().await;
    // As if the process had died in a call, and somebody then took its secrets away.
    shop.app.rows("UPDATE reader SET held = 900000").await;
    shop.app.rows("UPDATE source SET sealed = NULL").await;
    pass(&shop.app, &fake, TimeDelta::minutes(5)).await;
    let stopped = "SELECT 1 FROM reader WHERE stopped_by IS NOT NULL";
    assert!(!shop.app.rows(stopped).await.is_empty());
    let held = shop.app.rows(&format!("{stopped} AND held > 0")).await;
    assert!(held.is_empty(), "who asks no more holds nothing");
    shop.app.end_with_jobs().await;
}
