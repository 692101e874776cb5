//! Finding messages by their words, and taking lists out: what is found, by whom, and what stands in the files.
use chrono::TimeDelta;
use entity::{comment, comment_revision, comment_search, recognition, source};
use plaudit::{
    access::Scope,
    capture::search::{self, Typed, Way},
};
use poem::http::Method;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, TestApp, telling::*};

const SHIELDED: &str = "She has a gorgeous body and I stare at her legs in that tight skirt.";

impl TestApp {
    /// The texts that a search finds, newest first.
    async fn found(&self, query: &str) -> Vec<String> {
        texts(
            &self
                .get(&format!("/v1/comments/search?{query}"))
                .await
                .expect(200),
        )
    }

    async fn found_as(&self, cookie: &str, query: &str) -> Vec<String> {
        let path = format!("/v1/comments/search?{query}");
        texts(&self.ask_as(cookie, Method::GET, &path).await.expect(200))
    }

    /// The lines of an NDJSON file.
    async fn lines(&self, path: &str) -> Vec<Value> {
        let file = self.get(path).await.expect(200);
        assert_eq!(file.header("content-type"), "application/x-ndjson");
        let lines = file.text.lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn set_comment(&self, id: Uuid, change: impl FnOnce(&mut comment::ActiveModel)) {
        let mut row = comment::ActiveModel {
            id: Set(id),
            ..Default::default()
        };
        change(&mut row);
        row.update(self.db.writer()).await.unwrap();
    }
}

fn texts(page: &Answer) -> Vec<String> {
    let page = page.json();
    let items = page["items"].as_array().unwrap().clone();
    items
        .iter()
        .map(|item| item["text"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// A shop in which three things were said, an hour apart.
async fn talkative() -> (Shop, [Uuid; 3]) {
    let shop = Shop::open().await;
    let mut said = Vec::new();
    for words in [
        "Priya Nair était très aimable à la Weißstraße, thank you Priya!",
        "The hinges were for the other side. Awful, nobody cared and I was ignored.",
        "Tomasz Wilk found a hinge for Zoë Åkesson, thank you Tomasz!",
    ] {
        said.push(shop.say(words).await);
        shop.app.work().await;
        shop.app.advance(TimeDelta::hours(1));
    }
    (shop, said.try_into().unwrap())
}

#[tokio::test]
async fn words_are_found_without_accents_in_any_case_and_by_their_beginning() {
    let (shop, _) = talkative().await;
    let app = &shop.app;
    for (words, count) in [
        ("etait", 1),
        ("%C3%89TAIT+tr%C3%A8s", 1),
        ("weissstrasse", 1),
        ("Wei%C3%9Fstr", 1),
        ("zoe+akesson", 1),
        ("hinge", 2),
        ("hinge+", 2),
        ("hinge+zo", 1),
        ("hing*+zoe", 1),
        ("hing+zoe", 0),
        ("hinges", 1),
        ("inge", 0),
        ("thank+you", 2),
        ("%22hinges%22+OR+aimable", 0),
        ("xylophone", 0),
    ] {
        let found = app.found(&format!("words={words}")).await;
        assert_eq!(found.len(), count, "{words}: {found:?}");
    }
    let newest_first = app.found("words=hinge").await;
    assert!(newest_first[0].starts_with("Tomasz"), "{newest_first:?}");
    let refused = app.get("/v1/comments/search?words=%21").await.expect(422);
    assert!(refused.at("/detail").contains("letter or digit"), "{refused:?}");
    shop.app.end().await;
}

/// Frequent words are not looked up in the index, but seen in the words of one comment after the other.
#[tokio::test]
async fn both_ways_to_words_find_the_same() {
    let (shop, _) = talkative().await;
    let db = &shop.app.db;
    let found = async |typed: &Typed, way| {
        let held = comment::Entity::find().filter(search::holds(typed, way, db.is_sqlite()));
        let held = held.order_by_asc(comment::Column::Id).all(db.writer()).await;
        held.unwrap().iter().map(|comment| comment.id).collect::<Vec<_>>()
    };
    for words in [
        "hinge",
        "hinges",
        "inge",
        "hing zoe",
        "hing* zoe",
        "thank you",
        "and",
        "z",
        "xylophone",
        "WEISSSTR",
    ] {
        let typed = Typed::read(words).unwrap();
        let by_index = found(&typed, Way::Index).await;
        assert_eq!(by_index, found(&typed, Way::Order).await, "{words}");
    }
    let typed = Typed::read("hinge").unwrap();
    assert_eq!(found(&typed, Way::Order).await.len(), 2);
    shop.app.end().await;
}

#[tokio::test]
async fn conditions_hold_together() {
    let (shop, said) = talkative().await;
    let app = &shop.app;
    let york = app.site("York", None).await;
    let scored = shop
        .send(
            json!({"text": "Quick and friendly till.", "site": "York", "score": {"value": 9, "scale": "nps"},
            "occurred_at": "2026-10-01T23:30:00Z"}),
        )
        .await;
    app.work().await;
    let sources = source::Entity::find().all(app.db.read()).await.unwrap();
    let api = sources
        .iter()
        .find(|one| one.kind == "api" && one.organisation_id == app.organisation.id)
        .unwrap();
    let form = sources
        .iter()
        .find(|one| one.kind == "form" && one.organisation_id == app.organisation.id)
        .unwrap();
    for (query, count) in [
        (format!("staff={}", shop.priya.id), 1),
        (format!("site={}", shop.leeds.id), 3),
        (format!("site={}", york.id), 1),
        (format!("source={}", api.id), 4),
        (format!("source={}", form.id), 0),
        ("score_from=9".to_owned(), 1),
        ("score_from=2&score_to=8.5".to_owned(), 0),
        ("state=thanks".to_owned(), 2),
        ("state=to_put_right".to_owned(), 1),
        ("state=put_right".to_owned(), 0),
        // 23:30 UTC is half past midnight of the second in London.
        ("to=2026-10-01".to_owned(), 0),
        ("from=2026-10-02&to=2026-10-02".to_owned(), 1),
        ("from=2026-11-21".to_owned(), 3),
        (format!("words=hinge&staff={}", shop.priya.id), 0),
    ] {
        let found = app.found(&query).await;
        assert_eq!(found.len(), count, "{query}: {found:?}");
    }
    for (path, status) in [
        (format!("site={}", Uuid::nil()), 404),
        (format!("staff={}", Uuid::nil()), 404),
        (format!("source={}", Uuid::nil()), 404),
        ("from=0001-01-01".to_owned(), 422),
        ("score_from=NaN".to_owned(), 422),
    ] {
        app.get(&format!("/v1/comments/search?{path}"))
            .await
            .expect(status);
    }
    let pages = [&said[..], &[scored]].concat().len();
    let mut after = String::new();
    for number in 0..pages {
        let page = app
            .get(&format!("/v1/comments/search?limit=1{after}"))
            .await
            .expect(200);
        assert_eq!(texts(&page).len(), 1, "{number}");
        after = match page.json()["next"].as_str() {
            Some(next) => format!("&after={next}"),
            None => {
                assert_eq!(number, pages - 1);
                break;
            }
        };
    }
    shop.app.end().await;
}

#[tokio::test]
async fn other_words_of_the_same_comment_take_the_place_of_the_earlier_ones() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let say = |words: &str| json!({"text": words, "site": "Leeds", "external_id": "one"});
    shop.send(say("Priya Nair was kind, thank you! Zebulon")).await;
    app.work().await;
    assert_eq!(app.found("words=zebulon").await.len(), 1);
    app.advance(TimeDelta::minutes(1));
    shop.send(say("Priya Nair was kind, thank you! Quagga")).await;
    assert_eq!(app.found("words=quagga").await.len(), 0, "not read yet");
    app.work().await;
    assert_eq!(app.found("words=quagga").await.len(), 1);
    assert_eq!(app.found("words=zebulon").await.len(), 0);
    shop.app.end().await;
}

#[tokio::test]
async fn erased_words_are_not_found_and_lie_nowhere_any_more() {
    let shop = Shop::open().await;
    let app = &shop.app;
    for number in 0..40 {
        shop.say(&format!("Priya Nair was kind, thank you! Number{number}"))
            .await;
    }
    let said = shop
        .send(json!({"text": "Priya Nair was kind, thank you! Zebulonquux", "site": "Leeds", "hint": "Hintquuxar"}))
        .await;
    app.work().await;
    assert_eq!(app.found("words=zebulonq").await.len(), 1);
    assert_eq!(app.found("words=hintq").await.len(), 1);
    assert!(!app.db.is_sqlite() || in_file(app, "zebulonquux").await);
    let path = format!("/v1/comments/{said}");
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(204);
    assert_eq!(app.found("words=zebulonq").await.len(), 0);
    assert_eq!(app.found("words=hintq").await.len(), 0);
    let left = comment_search::Entity::find().all(app.db.read()).await.unwrap();
    assert_eq!(left.len(), 40);
    assert!(left.iter().all(|row| !row.words.contains("quux")));
    if app.db.is_sqlite() {
        // The index keeps beginnings apart from what follows them: parts of the words too are gone.
        for part in ["zebulonquux", "ebulonquux", "hintquuxar", "quux"] {
            assert!(!in_file(app, part).await, "{part}");
        }
        let sound =
            "INSERT INTO comment_search_index(comment_search_index, rank) VALUES ('integrity-check', 1)";
        app.db.writer().execute_unprepared(sound).await.unwrap();
    }
    shop.app.end().await;
}

/// Whether SQLite's file holds a word, in whatever case.
async fn in_file(app: &TestApp, word: &str) -> bool {
    let db = app.db.writer();
    db.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
        .await
        .unwrap();
    let url = secrecy::ExposeSecret::expose_secret(&app.config.database.url).to_owned();
    let file = std::fs::read(url.strip_prefix("sqlite://").unwrap()).unwrap();
    let file = file.to_ascii_lowercase();
    file.windows(word.len()).any(|part| part == word.as_bytes())
}

#[tokio::test]
async fn another_organisation_finds_nothing_of_ours() {
    let (shop, _) = talkative().await;
    let app = &shop.app;
    let (_, stranger) = app.other_organisation().await;
    for path in ["/v1/comments/search?words=hinge", "/v1/comments/search"] {
        let found = app
            .call(Method::GET, path, Some(&stranger), None)
            .await
            .expect(200);
        assert_eq!(texts(&found), [""; 0]);
    }
    for path in [
        "/v1/comments/file?format=ndjson",
        "/v1/recognitions/file?format=ndjson",
    ] {
        let file = app
            .call(Method::GET, path, Some(&stranger), None)
            .await
            .expect(200);
        assert_eq!(file.text, "");
    }
    let path = format!("/v1/comments/search?staff={}", shop.priya.id);
    app.call(Method::GET, &path, Some(&stranger), None)
        .await
        .expect(404);
    shop.app.end().await;
}

#[tokio::test]
async fn whoever_looks_finds_what_they_are_above() {
    let (shop, _) = talkative().await;
    let app = &shop.app;
    let york = app.site("York", None).await;
    let olga = app.person("Olga", "Quist", Some(york.id), None).await;
    app.person("Nadia", "Stern", Some(york.id), Some(olga.id)).await;
    shop.send(json!({"text": "Nadia Stern found my hinge, thank you Nadia!", "site": "York"}))
        .await;
    app.work().await;
    let [ruth, olga, lena, priya] = [shop.ruth.id, olga.id, shop.lena.id, shop.priya.id];
    // Ruth manages those of whom two were said, Olga one at York; Lena leads Leeds.
    for (who, all, hinges) in [(ruth, 2, 1), (olga, 1, 1), (lena, 3, 2)] {
        let cookie = app.sign_in_staff(who).await;
        assert_eq!(app.found_as(&cookie, "").await.len(), all);
        assert_eq!(app.found_as(&cookie, "words=hinge").await.len(), hinges);
        let page = app.page_as(&cookie, "/search?q=hinge").await.expect(200).text;
        assert_eq!(page.matches("<blockquote").count(), hinges, "{page}");
        assert!(
            page.contains("<b>hinge</b>") || page.contains("<b>hinges</b>"),
            "{page}"
        );
        let file = app
            .ask_as(&cookie, Method::GET, "/v1/comments/file?format=ndjson")
            .await
            .expect(200);
        assert_eq!(file.text.lines().count(), all);
        let praise = app
            .ask_as(&cookie, Method::GET, "/v1/recognitions/file?format=ndjson")
            .await
            .expect(200);
        let thanks = if who == olga { 1 } else { 2 };
        assert_eq!(praise.text.lines().count(), thanks, "{}", praise.text);
    }
    let cookie = app.sign_in_staff(priya).await;
    app.page_as(&cookie, "/search").await.expect(403);
    app.ask_as(&cookie, Method::GET, "/v1/comments/search")
        .await
        .expect(403);
    let auditor = app
        .account_with("audit@example.org", entity::grant::Role::Auditor, None)
        .await;
    let auditor = app.sign_in(&auditor).await;
    assert_eq!(app.found_as(&auditor, "words=hinge").await.len(), 3);
    shop.app.end().await;
}

#[tokio::test]
async fn what_the_shield_keeps_what_is_held_and_what_nobody_has_read_is_not_found() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let shielded = shop.say(SHIELDED).await;
    assert_eq!(app.found("words=gorgeous").await.len(), 0, "not read yet");
    app.work().await;
    assert_eq!(app.comment(shielded).await.state, comment::State::Shielded);
    assert_eq!(app.found("words=gorgeous").await.len(), 0);
    let said = shop.say(PRAISE).await;
    app.work().await;
    assert_eq!(app.found("words=kind").await.len(), 1);
    app.set_comment(said, |row| row.state = Set(comment::State::Held))
        .await;
    assert_eq!(app.found("words=kind").await.len(), 0);
    for path in ["comments", "recognitions"] {
        for since in ["", "&changed_since=2020-01-01T00:00:00Z"] {
            let path = format!("/v1/{path}/file?format=ndjson{since}");
            let file = app.get(&path).await.expect(200).text;
            assert!(!file.contains("gorgeous") && !file.contains("so kind"), "{file}");
        }
    }
    app.work().await;
    shop.app.end().await;
}

#[tokio::test]
async fn a_file_holds_no_formula_and_no_customer() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let author = json!({"name": "Carla Customer", "contact": "carla@example.org"});
    shop.send(json!({"text": "=HYPERLINK(\"http://evil\") Priya Nair was so kind, \"thank you\" Priya!", "site": "Leeds",
        "author": author, "external_id": "+1"}))
        .await;
    app.work().await;
    let csv = app.get("/v1/comments/file").await.expect(200);
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        csv.header("content-disposition"),
        "attachment; filename=\"comments-2026-11-21.csv\""
    );
    assert!(
        csv.text
            .starts_with("\u{feff}id,occurred_at,received_at,source,external_id,"),
        "{}",
        csv.text
    );
    assert!(
        csv.text
            .contains(",\"'=HYPERLINK(\"\"http://evil\"\") Priya Nair"),
        "{}",
        csv.text
    );
    assert!(csv.text.contains(",'+1,"), "{}", csv.text);
    assert!(csv.text.contains(",Priya Nair,"), "{}", csv.text);
    assert!(!csv.text.to_lowercase().contains("carla"), "{}", csv.text);
    let praise = app.get("/v1/recognitions/file?format=csv").await.expect(200).text;
    assert!(
        praise.contains("'=HYPERLINK") && praise.contains(",priya,Priya Nair,Leeds,"),
        "{praise}"
    );
    let lines = app.lines("/v1/comments/file?format=ndjson").await;
    assert_eq!(lines[0]["external_id"], "+1");
    assert_eq!(lines[0]["staff_ids"], json!([shop.priya.id]));
    assert!(lines[0].get("author").is_none() && lines[0].get("score").is_none());
    shop.app.end().await;
}

#[tokio::test]
async fn of_posts_on_x_a_file_holds_id_and_link() {
    let shop = Shop::open().await;
    let app = &shop.app;
    shop.send(json!({"text": PRAISE, "site": "Leeds", "external_id": "1790",
        "permalink": "https://x.com/ana/status/1790", "score": {"value": 9, "scale": "nps"}}))
        .await;
    app.work().await;
    source::Entity::update_many()
        .col_expr(source::Column::Kind, "x".into())
        .exec(app.db.writer())
        .await
        .unwrap();
    assert_eq!(app.found("words=kind").await.len(), 1);
    for path in [
        "/v1/comments/file?format=ndjson",
        "/v1/recognitions/file?format=ndjson",
    ] {
        let lines = app.lines(path).await;
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["external_id"], "1790");
        assert_eq!(lines[0]["link"], "https://x.com/ana/status/1790");
        for absent in ["words", "language", "score"] {
            assert!(lines[0].get(absent).is_none(), "{}", lines[0]);
        }
    }
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let page = app.page_as(&ruth, "/search?q=kind").await.expect(200).text;
    assert!(
        page.contains("so kind and helpful") && !page.contains("<b>kind"),
        "{page}"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn a_file_of_what_changed_tells_what_is_gone() {
    let (shop, [first, complaint, last]) = talkative().await;
    let app = &shop.app;
    let since = app.clock.now() + TimeDelta::minutes(1);
    let address = |list: &str| {
        let since = since.format("%Y-%m-%dT%H:%M:%SZ");
        format!("/v1/{list}/file?format=ndjson&changed_since={since}")
    };
    app.advance(TimeDelta::hours(1));
    assert_eq!(app.lines(&address("comments")).await.len(), 0);
    let path = format!("/v1/comments/{first}");
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(204);
    app.set_comment(complaint, |row| row.handled_at = Set(Some(since)))
        .await;
    let praise = recognition::Entity::find().all(app.db.read()).await.unwrap();
    let of_last = praise.into_iter().find(|row| row.comment_id == last).unwrap();
    let mut row: recognition::ActiveModel = of_last.into();
    row.withdrawn_at = Set(Some(since));
    row.update(app.db.writer()).await.unwrap();
    let comments = app.lines(&address("comments")).await;
    let ids: Vec<&Value> = comments.iter().map(|line| &line["id"]).collect();
    assert_eq!(ids, [&json!(complaint), &json!(first)]);
    assert!(comments[1].get("words").is_none() && comments[1]["erased_at"].is_string());
    let praise = app.lines(&address("recognitions")).await;
    let ids: Vec<&Value> = praise.iter().map(|line| &line["comment_id"]).collect();
    assert_eq!(ids, [&json!(last), &json!(first)]);
    assert!(praise[0]["withdrawn_at"].is_string() && praise[1].get("words").is_none());
    // Without it, what is gone is not listed; a thank-you stays without its words.
    assert_eq!(app.lines("/v1/comments/file?format=ndjson").await.len(), 2);
    assert_eq!(app.lines("/v1/recognitions/file?format=ndjson").await.len(), 1);
    shop.app.end().await;
}

#[tokio::test]
async fn a_long_file_is_whole_and_every_line_stands_in_it_once() {
    let shop = Shop::open().await;
    let app = &shop.app;
    // All at one moment, so that the ids alone part the pages.
    for number in 0..450 {
        let thanks = "!".repeat(1 + number % 9);
        shop.say(&format!("Priya Nair was so kind, thank you{thanks}"))
            .await;
    }
    app.work().await;
    for path in [
        "/v1/comments/file?format=ndjson",
        "/v1/comments/file?format=ndjson&words=kind",
        "/v1/recognitions/file?format=ndjson",
    ] {
        let lines = app.lines(path).await;
        let ids: std::collections::HashSet<&str> =
            lines.iter().map(|line| line["id"].as_str().unwrap()).collect();
        assert_eq!((lines.len(), ids.len()), (450, 450), "{path}");
    }
    let csv = app.get("/v1/comments/file").await.expect(200).text;
    assert_eq!(csv.lines().count(), 451);
    assert_eq!(csv.matches("occurred_at").count(), 1);
    shop.app.end().await;
}

#[tokio::test]
async fn who_takes_a_list_out_stands_in_the_log_without_the_words_they_looked_for() {
    let (shop, _) = talkative().await;
    let app = &shop.app;
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let fields = |form| [("q", "zoe"), ("from", "2026-01-01"), ("as", form)];
    let file = app
        .form_as(&ruth, "/search/save", &fields("comments.csv"))
        .await
        .expect(200);
    assert!(
        file.text.contains("Tomasz Wilk found") && !file.text.contains("aimable"),
        "{}",
        file.text
    );
    let praise = app
        .form_as(&ruth, "/search/save", &fields("recognitions.ndjson"))
        .await
        .expect(200);
    assert_eq!(praise.text.lines().count(), 2, "{}", praise.text);
    app.form_as(&ruth, "/search/save", &fields("comments.exe"))
        .await
        .expect(400);
    let log = entity::audit::Entity::find().all(app.db.read()).await.unwrap();
    let of = |action: &str| {
        log.iter()
            .filter(|entry| entry.action == action)
            .collect::<Vec<_>>()
    };
    let saved = of("save_comments");
    assert_eq!((saved.len(), of("save_recognitions").len()), (1, 1));
    assert_eq!(saved[0].detail["format"], "csv");
    assert_eq!(saved[0].detail["conditions"]["has_words"], true);
    assert!(!saved[0].detail.to_string().contains("zoe"));
    let key = app.key_for(&[Scope::RecognitionsRead]).await;
    app.call(Method::GET, "/v1/comments/file", Some(&key), None)
        .await
        .expect(403);
    shop.app.end().await;
}

#[tokio::test]
async fn the_page_says_what_cannot_be_read_and_that_nothing_was_found() {
    let (shop, _) = talkative().await;
    let app = &shop.app;
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    for (query, said) in [
        ("who=Nemo", "goes by “Nemo”"),
        ("from=yesterday", "One of the days"),
        ("score_from=high", "has to be a number"),
    ] {
        let page = app
            .page_as(&ruth, &format!("/search?{query}"))
            .await
            .expect(422)
            .text;
        assert!(page.contains(said) && !page.contains("<blockquote"), "{page}");
    }
    let page = app.page_as(&ruth, "/search?q=xylophone").await.expect(200).text;
    assert!(
        page.contains("Nothing found") && !page.contains("/search/save"),
        "{page}"
    );
    let page = app.page_as(&ruth, "/search?who=priya").await.expect(200).text;
    assert_eq!(page.matches("<blockquote").count(), 1, "{page}");
    shop.app.end().await;
}

/// More comments than this were written by a test itself, without their words.
const WRITTEN_BY_HAND: u64 = 5_000;

/// The words of every comment are in the index as they hold, and no others.
pub async fn index_is_right(app: &plaudit::app::App) {
    if comment::Entity::find().count(app.db.read()).await.unwrap() > WRITTEN_BY_HAND {
        return;
    }
    let rows = comment_search::Entity::find().all(app.db.read()).await.unwrap();
    let comments = comment::Entity::find().all(app.db.read()).await.unwrap();
    let words = comment_revision::Entity::find().all(app.db.read()).await.unwrap();
    let mut expected: Vec<(Uuid, String)> = Vec::new();
    for comment in comments.iter().filter(|comment| comment.erased_at.is_none()) {
        let of =
            |one: &&comment_revision::Model| one.comment_id == comment.id && one.number == comment.revision;
        if let Some(words) = words.iter().find(of) {
            expected.push((comment.id, plaudit::capture::search::searched(words)));
        }
    }
    let mut found: Vec<(Uuid, String)> = rows.into_iter().map(|row| (row.comment_id, row.words)).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "the index of words is not that of the comments");
}
