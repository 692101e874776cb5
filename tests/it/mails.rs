//! Mails become comments: what each mail of the fixtures comes to, and what the API says of them.
use std::{collections::BTreeMap, fs, path::PathBuf};

use chrono::TimeDelta;
use entity::{comment, comment_revision, recognition, source};
use plaudit::capture::{
    draft::Draft,
    mail::{self, Mail, Own, People, Settings, Taken},
};
use poem::http::Method;
use sea_orm::EntityTrait;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Answer, TestApp, noon, telling::Shop};

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Expected {
    words: String,
    sender: String,
    author: Option<String>,
    contact: Option<String>,
    skipped: Option<String>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mail")
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(folder().join(format!("{name}.eml"))).unwrap()
}

fn mail_source() -> source::Model {
    let settings = Settings {
        trusted_servers: vec!["mx.shop.example".to_owned()],
        own_domains: vec!["own.example".to_owned()],
    };
    source::Model {
        id: Uuid::now_v7(),
        organisation_id: Uuid::now_v7(),
        name: "mail".to_owned(),
        kind: "mail".to_owned(),
        settings: settings.kept(),
        settle_seconds: 0,
        sealed: None,
        sealed_at: None,
        created_at: noon(),
        paused_at: None,
        removed_at: None,
    }
}

fn taken(mail: &Mail) -> Taken {
    let addresses = ["ruth.adler@shop.example", "otto.berg@shop.example"];
    let people = People::named(&addresses, &["Otto Berg"]);
    let own = Own::of("Plaudit <plaudit@shop.example>");
    mail::take(mail, &mail_source(), &people, &own, noon())
}

fn said(draft: Draft) -> Expected {
    draft.check().unwrap();
    let author = draft.words.author.unwrap_or_default();
    let metadata = draft.words.metadata.unwrap();
    Expected {
        words: draft.words.text,
        sender: metadata["sender"].as_str().unwrap().to_owned(),
        author: author.name,
        contact: author.contact,
        skipped: None,
    }
}

#[test]
fn every_mail_of_the_fixtures_comes_to_what_is_expected_of_it() {
    let expected = fs::read_to_string(folder().join("expected.toml")).unwrap();
    let expected: BTreeMap<String, Expected> = toml::from_str(&expected).unwrap();
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let mails = files.filter(|path| path.extension().is_some_and(|end| end == "eml"));
    assert_eq!(mails.count(), expected.len());
    assert!(expected.len() >= 60, "{}", expected.len());
    let mut wrong = Vec::new();
    for (name, expected) in expected {
        let found = match taken(&mail::open(&fixture(&name)).unwrap()) {
            Taken::Said(draft) => said(*draft),
            Taken::Skipped(why) => Expected {
                skipped: Some(why.code().to_owned()),
                ..Expected::default()
            },
        };
        if found != expected {
            wrong.push(format!("{name}: {found:?}\n    not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

impl TestApp {
    async fn mail(&self, mail: impl Into<Vec<u8>>) -> Answer {
        let mail: Vec<u8> = mail.into();
        let sent = self
            .web()
            .request(Method::POST, "/v1/mails")
            .header("authorization", format!("Bearer {}", self.key))
            .content_type("message/rfc822")
            .body(mail);
        Answer::read(sent.send().await).await
    }

    async fn takes_mails(&self) -> String {
        let source =
            json!({"name": "mail", "kind": "mail", "mail": {"trusted_servers": ["MX.shop.example "]}});
        let made = self.post("/v1/sources", source).await.expect(201);
        assert_eq!(made.at("/mail/trusted_servers/0"), "mx.shop.example");
        made.at("/id")
    }
}

fn written(from: &str, id: &str, words: &str) -> String {
    format!("From: {from}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{id}>\r\n\r\n{words}\r\n")
}

const CLARA: &str = "Clara Voss <clara@post.example>";
const PRAISE: &str = "Priya Nair was so kind and helpful, thank you Priya!";

#[tokio::test]
async fn a_mail_praises_somebody_once_however_often_it_comes() {
    let shop = Shop::open().await;
    shop.app.takes_mails().await;
    let mail = written(CLARA, "one@post.example", PRAISE);
    let new = shop.app.mail(mail.clone()).await.expect(201);
    assert_eq!(new.at("/outcome"), "new");
    shop.app.work().await;
    let again = shop.app.mail(mail).await.expect(200);
    assert_eq!(
        (again.at("/outcome"), again.at("/id")),
        ("known".to_owned(), new.at("/id"))
    );
    let praised = recognition::Entity::find().all(shop.app.db.read()).await.unwrap();
    assert_eq!(praised.len(), 1);
    assert_eq!(praised[0].staff_id, Some(shop.priya.id));
    let comments = comment::Entity::find().all(shop.app.db.read()).await.unwrap();
    assert_eq!(comments.len(), 1);
    assert_eq!(
        comments[0].occurred_at,
        "2026-11-20T10:00:00Z"
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap()
    );
    shop.app.end().await;
}

#[tokio::test]
async fn nobody_who_knows_its_id_puts_other_words_in_the_place_of_a_mail() {
    let app = TestApp::start().await;
    app.takes_mails().await;
    let new = app
        .mail(written(CLARA, "one@post.example", "Lovely place"))
        .await
        .expect(201);
    app.advance(TimeDelta::hours(1));
    let forged = written("Max <max@evil.example>", "one@post.example", "Otto was rude");
    let answer = app.mail(forged).await.expect(200);
    assert_eq!(
        (answer.at("/outcome"), answer.at("/id")),
        ("known".to_owned(), new.at("/id"))
    );
    let revisions = comment_revision::Entity::find().all(app.db.read()).await.unwrap();
    assert_eq!(revisions.len(), 1);
    assert_eq!(revisions[0].text.as_deref(), Some("Lovely place"));
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn what_staff_write_is_no_praise_but_what_they_forward_is() {
    let shop = Shop::open().await;
    shop.app.takes_mails().await;
    shop.app
        .change_person(shop.ruth.id, |row| {
            row.email = sea_orm::ActiveValue::Set(Some("Ruth.Adler@shop.example".to_owned()));
        })
        .await;
    shop.app.administrator("boss@elsewhere.example").await;
    for from in ["Ruth Adler <ruth.adler@SHOP.example>", "boss@elsewhere.example"] {
        let own = shop
            .app
            .mail(written(from, &format!("{}@x.example", Uuid::now_v7()), PRAISE))
            .await
            .expect(200);
        assert_eq!(
            (own.at("/outcome"), own.at("/skipped_for")),
            ("skipped".to_owned(), "staff".to_owned()),
            "{from}"
        );
    }
    let forward = fixture("gmail_forward");
    shop.app.mail(forward).await.expect(201);
    let revisions = comment_revision::Entity::find()
        .all(shop.app.db.read())
        .await
        .unwrap();
    assert_eq!(revisions.len(), 1);
    let text = revisions[0].text.as_deref().unwrap();
    assert!(
        text.contains("Priya at the Leeds counter") && !text.contains("Otto"),
        "{text}"
    );
    shop.app.work().await;
    shop.app.end().await;
}

#[tokio::test]
async fn what_cannot_be_taken_is_said_in_words_and_leaves_nothing() {
    let app = TestApp::start().await;
    let mail = written(CLARA, "one@post.example", PRAISE);
    let none = app.mail(mail.clone()).await.expect(422);
    assert!(none.text.contains("there is no source"), "{}", none.text);
    let source = app.takes_mails().await;
    let over = vec![b'x'; 10 * 1024 * 1024 + 1];
    app.mail(over).await.expect(413);
    for (what, says) in [
        ("".to_owned(), "it is no mail"),
        ("hello".to_owned(), "it is no mail"),
        ("\0\0\u{ff}".to_owned(), "it is no mail"),
        (
            written(CLARA, "long@post.example", &"word ".repeat(5_000)),
            "at most 20000 are kept",
        ),
    ] {
        let answer = app.mail(what).await.expect(422);
        assert!(answer.text.contains(says), "{}", answer.text);
    }
    let path = format!("/v1/sources/{source}");
    let pause = Some(json!({"paused": true}));
    app.call(Method::PATCH, &path, Some(&app.key), pause)
        .await
        .expect(200);
    let paused = app.mail(mail.clone()).await.expect(409);
    assert!(paused.text.contains("paused"), "{}", paused.text);
    let wrong = app
        .post(
            "/v1/sources",
            json!({"name": "a", "kind": "api", "mail": {"own_domains": []}}),
        )
        .await
        .expect(422);
    assert!(
        wrong.text.contains("mail: is not for a source of kind api"),
        "{}",
        wrong.text
    );
    let wrong = app
        .post(
            "/v1/sources",
            json!({"name": "a", "kind": "mail", "mail": {"own_domains": ["a b"]}}),
        )
        .await
        .expect(422);
    assert!(wrong.text.contains("own_domains"), "{}", wrong.text);
    assert_eq!(comment::Entity::find().all(app.db.read()).await.unwrap().len(), 0);
    app.end().await;
}

/// A mail with a mail in it, and so on.
fn nested(depth: usize, within: &str) -> String {
    let head = "From: Clara <clara@post.example>\r\nContent-Type: message/rfc822\r\n\r\n";
    format!("{}{within}", head.repeat(depth))
}

fn multiparts(depth: usize) -> String {
    let mut mail = "From: Clara <clara@post.example>\r\n".to_owned();
    for level in 0..depth {
        mail += &format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    }
    mail + "Content-Type: text/plain\r\n\r\nPriya was great\r\n"
}

#[test]
fn mails_in_mails_and_parts_in_parts_end_somewhere() {
    for depth in [1, 50, 400] {
        assert!(mail::open(multiparts(depth).as_bytes()).is_ok(), "{depth}");
        assert!(
            mail::open(nested(depth, "Priya was great").as_bytes()).is_ok(),
            "{depth}"
        );
    }
    for depth in [1_000, 100_000] {
        for mail in [multiparts(depth), nested(depth, "")] {
            let error = mail::open(mail.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), "it has more than 500 parts");
        }
    }
    // What is encoded is not taken apart again.
    let encoded = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, nested(100_000, ""));
    let head = "From: Clara <clara@post.example>\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    mail::open(format!("{head}{encoded}").as_bytes()).unwrap();
}

#[test]
fn the_same_mail_without_an_id_is_the_same() {
    let key = |mail: &str| match taken(&mail::open(mail.as_bytes()).unwrap()) {
        Taken::Said(draft) => draft.idempotency_key.unwrap(),
        Taken::Skipped(why) => panic!("{why:?}"),
    };
    let mail = |words: &str| format!("From: {CLARA}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\r\n{words}");
    assert_eq!(key(&mail("Priya was great")), key(&mail("Priya was great")));
    assert_ne!(key(&mail("Priya was great")), key(&mail("Otto was great")));
    let long = format!(
        "Message-ID: <{}@x>\r\n{}",
        "x".repeat(2_000),
        mail("Priya was great")
    );
    assert_eq!(key(&long), key(&mail("Priya was great")));
}

#[test]
fn old_mails_tell_nobody_and_impossible_times_are_not_believed() {
    let of = |date: &str| match taken(
        &mail::open(format!("From: {CLARA}\r\nDate: {date}\r\n\r\nPriya was great").as_bytes()).unwrap(),
    ) {
        Taken::Said(draft) => (draft.occurred_at, draft.tell),
        Taken::Skipped(why) => panic!("{why:?}"),
    };
    assert_eq!(of("Fri, 20 Nov 2026 10:00:00 +0000").1, comment::Tell::Now);
    assert_eq!(of("Fri, 20 Nov 2025 10:00:00 +0000").1, comment::Tell::None);
    for impossible in [
        "Fri, 20 Nov 2099 10:00:00 +0000",
        "Fri, 20 Nov 1970 10:00:00 +0000",
        "yesterday",
    ] {
        assert_eq!(of(impossible), (None, comment::Tell::Now), "{impossible}");
    }
}

/// Each line begins another quotation: a mail costs what it is long, however it is made.
#[test]
fn a_mail_of_nothing_but_beginnings_of_quotations_is_read_to_its_end() {
    let head = "From: Ann <ann@post.example>\r\nMessage-ID: <q@post.example>\r\n\r\n";
    let mail = mail::open(format!("{head}{}", "> a\r\nb\r\n".repeat(40_000)).as_bytes()).unwrap();
    assert!(matches!(taken(&mail), Taken::Said(_)));
}
