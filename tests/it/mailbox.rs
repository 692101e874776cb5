//! A mailbox at a real Dovecot: each mail becomes a comment once and is moved, whatever breaks.
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use chrono::TimeDelta;
use entity::{comment, grant::Role, source};
use plaudit::{
    capture::{
        connection::State,
        mailbox::{self, Client, Encryption, Limits, Oauth, Progress},
        remote::{Networks, ReadError},
        source::secrets,
    },
    platform::job::Kind,
};
use poem::http::Method;
use sea_orm::{EntityTrait, PaginatorTrait};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{
    fake_http::{self, Reply, Request},
    fake_imap::FakeImap,
    reading::SEALING,
    reading_crash::{open, wait_for},
    support::{
        Answer, TestApp,
        dovecot::{Dovecot, Mailbox, PASSWORD},
        html, noon,
        process::{Installation, free_port},
        telling::{PRAISE, Shop},
        wiretap::{Cut, Wiretap},
    },
};

const DONE: &str = "Done";
const UNCLEAR: &str = "Unclear";

fn settings(mailbox: &Mailbox, port: u16) -> Value {
    settings_of(&mailbox.user, port)
}

fn settings_of(user: &str, port: u16) -> Value {
    json!({
        "name": "Praise",
        "kind": "mailbox",
        "connection": {
            "secrets": [PASSWORD],
            "mailbox": {
                "host": "127.0.0.1",
                "port": port,
                "encryption": "none",
                "user": user,
                "done_folder": DONE,
                "unclear_folder": UNCLEAR,
            },
        },
        "mail": {"own_domains": ["own.example"]},
    })
}

fn mail(id: &str, words: &str) -> String {
    format!(
        "From: Clara Voss <clara@post.example>\r\nTo: praise@shop.example\r\nSubject: Thanks\r\n\
         Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{id}@post.example>\r\n\r\n{words}\r\n"
    )
}

impl TestApp {
    async fn connect_mailbox(&self, mailbox: &Mailbox, port: u16) -> source::Model {
        self.connect_server(&mailbox.user, port).await
    }

    async fn connect_server(&self, user: &str, port: u16) -> source::Model {
        let made = self
            .post("/v1/sources", settings_of(user, port))
            .await
            .expect(201);
        let id: uuid::Uuid = made.at("/id").parse().unwrap();
        source::Entity::find_by_id(id)
            .one(self.db.read())
            .await
            .unwrap()
            .unwrap()
    }

    /// Works off what is due now and within the minutes that follow.
    async fn pass_minutes(&self, minutes: i64) {
        for _ in 0..minutes {
            self.work().await;
            self.advance(TimeDelta::minutes(1));
        }
        self.work().await;
    }
}

#[tokio::test]
async fn a_mail_becomes_a_comment_and_is_moved_to_the_folder_for_what_is_done() {
    let mailbox = Mailbox::new();
    mailbox.deliver(mail("one", PRAISE));
    mailbox.deliver(mail("two", "").replace("\r\nSubject: Thanks", "\r\nAuto-Submitted: auto-replied"));
    let mut shop = Shop::open_with(SEALING).await;
    let source = shop.app.connect_mailbox(&mailbox, mailbox.port).await;
    shop.app.work().await;
    assert_eq!(shop.app.comments().await.len(), 1);
    assert_eq!(shop.app.all_recognitions().await.len(), 1);
    let counts = [mailbox.count(""), mailbox.count(DONE), mailbox.count(UNCLEAR)];
    assert_eq!(counts, [0, 1, 1]);
    let health = shop.app.health(&source).await;
    assert_eq!((health.state, health.error), (State::Reading, None));
    mailbox.deliver(mail("three", PRAISE));
    shop.app.advance(TimeDelta::minutes(1));
    shop.app.work().await;
    assert_eq!(shop.app.comments().await.len(), 2);
    assert_eq!(mailbox.count(DONE), 2);
    shop.app.end_with_jobs().await;
}

/// What `POST /v1/mails` says of every mail of the fixtures: its words, or that it has none.
async fn judged(app: &TestApp, fixtures: &BTreeMap<String, Vec<u8>>) -> (usize, usize) {
    let source = json!({"name": "mail", "kind": "mail", "mail": {"own_domains": ["own.example"]}});
    app.post("/v1/sources", source).await.expect(201);
    let (mut said, mut skipped) = (0, 0);
    for raw in fixtures.values() {
        let sent = app
            .web()
            .request(Method::POST, "/v1/mails")
            .header("authorization", format!("Bearer {}", app.key))
            .content_type("message/rfc822")
            .body(raw.clone());
        match Answer::read(sent.send().await).await.at("/outcome").as_str() {
            "new" => said += 1,
            _ => skipped += 1,
        }
    }
    (said, skipped)
}

fn fixtures() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mail");
    fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .map(|path| (path.display().to_string(), fs::read(path).unwrap()))
        .collect()
}

#[tokio::test]
async fn every_mail_is_a_comment_once_however_often_the_line_is_cut() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 60);
    let mut oracle = Shop::open_with(SEALING).await;
    let (said, skipped) = judged(&oracle.app, &fixtures).await;
    let expected = oracle.app.texts().await;
    oracle.app.end_with_jobs().await;

    let mailbox = Mailbox::new();
    for raw in fixtures.values() {
        mailbox.deliver(raw);
    }
    let tap = Wiretap::before(mailbox.port).await;
    let mut shop = Shop::open_with(SEALING).await;
    shop.app.connect_mailbox(&mailbox, tap.port).await;
    // Deep in a conversation, then ever nearer to its beginning; what a cut left is what the next one meets.
    let mut cuts = 0;
    for at in [3, 41, 5, 33, 4, 12, 9, 7, 5, 3, 2, 1, 0] {
        for how in [Cut::Unheard, Cut::Unanswered, Cut::Midway] {
            tap.cut_after(at, how);
            while tap.is_armed() {
                shop.app.work_on(Kind::Read).await;
                shop.app.advance(TimeDelta::minutes(2));
            }
            cuts += 1;
            shop.app.advance(TimeDelta::minutes(70));
        }
    }
    assert!(cuts >= 20, "{cuts} cuts");
    for _ in 0..6 {
        shop.app.work_on(Kind::Read).await;
        shop.app.advance(TimeDelta::minutes(1));
    }
    assert_eq!(shop.app.texts().await, expected);
    assert_eq!(shop.app.comments().await.len(), said);
    let counts = [mailbox.count(""), mailbox.count(DONE), mailbox.count(UNCLEAR)];
    assert_eq!(counts, [0, said, skipped]);
    shop.app.end_with_jobs().await;
}

impl TestApp {
    async fn patch(&self, id: uuid::Uuid, change: Value) -> Answer {
        let path = format!("/v1/sources/{id}");
        self.call(Method::PATCH, &path, Some(&self.key), Some(change))
            .await
    }
}

#[tokio::test]
async fn a_refused_password_stops_the_reading_and_another_one_lets_it_go_on() {
    let mailbox = Mailbox::new();
    mailbox.deliver(mail("one", PRAISE));
    let mut shop = Shop::open_with(SEALING).await;
    let mut wrong = settings(&mailbox, mailbox.port);
    wrong["connection"]["secrets"] = json!(["hunter2"]);
    let made = shop.app.post("/v1/sources", wrong).await.expect(201);
    let id: uuid::Uuid = made.at("/id").parse().unwrap();
    shop.app.pass_minutes(90).await;
    let source = shop.app.get(&format!("/v1/sources/{id}")).await.expect(200);
    assert_eq!(source.at("/connection/state"), "stopped");
    assert_eq!(source.at("/connection/stopped_by"), "credentials");
    let why = source.at("/connection/last_error");
    assert!(
        why.contains("Authentication failed") && !why.contains("hunter2"),
        "{why}"
    );
    let tested = shop.app.post(&format!("/v1/sources/{id}/test"), json!({})).await;
    assert_eq!(tested.expect(200).at("/works"), "false");
    let change = json!({"connection": {"secrets": [PASSWORD]}});
    shop.app.patch(id, change).await.expect(200);
    shop.app.work().await;
    assert_eq!(shop.app.comments().await.len(), 1);
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn a_folder_that_is_gone_is_missed_in_words_and_read_again_without_doubling() {
    let mailbox = Mailbox::new();
    mailbox.make("Praise");
    let mut shop = Shop::open_with(SEALING).await;
    let mut other = settings(&mailbox, mailbox.port);
    other["connection"]["mailbox"]["folder"] = json!("Praise");
    other["connection"]["mailbox"]["done_folder"] = json!("");
    let made = shop.app.post("/v1/sources", other).await.expect(201);
    mailbox.deliver_to("Praise", mail("one", PRAISE), 0);
    // Of these the digest says that they are the same.
    let nameless =
        mail("two", "Priya Nair helped us, thank you!").replace("Message-ID: <two@post.example>\r\n", "");
    mailbox.deliver_to("Praise", &nameless, 0);
    shop.app.work().await;
    assert_eq!(shop.app.comments().await.len(), 2);
    assert_eq!(mailbox.count("Praise"), 2, "without a folder for them they stay");

    mailbox.drop_folder("Praise");
    shop.app.pass_minutes(2).await;
    let path = format!("/v1/sources/{}", made.at("/id"));
    let source = shop.app.get(&path).await.expect(200);
    assert_eq!(source.at("/connection/state"), "failing");
    let why = source.at("/connection/last_error");
    assert!(why.contains("the folder \"Praise\" cannot be opened"), "{why}");

    mailbox.make("Praise");
    mailbox.deliver_to("Praise", mail("one", PRAISE), 0);
    mailbox.deliver_to("Praise", &nameless, 0);
    mailbox.deliver_to("Praise", mail("three", PRAISE), 0);
    shop.app.pass_minutes(90).await;
    assert_eq!(shop.app.comments().await.len(), 3);
    let source = shop.app.get(&path).await.expect(200);
    assert_eq!(source.at("/connection/state"), "reading");
    assert!(
        source
            .at("/connection/mailbox/renumbered_at")
            .starts_with("2026-11-21T")
    );
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn a_mail_that_ends_every_conversation_holds_up_none_behind_it() {
    let mailbox = Mailbox::new();
    for number in 0..5 {
        mailbox.deliver(mail(&format!("n{number}"), &format!("{PRAISE} {number}")));
    }
    let tap = Wiretap::before(mailbox.port).await;
    tap.cut_at_every("UID FETCH 3 (UID BODY");
    let mut shop = Shop::open_with(SEALING).await;
    let source = shop.app.connect_mailbox(&mailbox, tap.port).await;
    shop.app.pass_minutes(10).await;
    assert_eq!(shop.app.comments().await.len(), 4);
    let counts = [mailbox.count(""), mailbox.count(DONE), mailbox.count(UNCLEAR)];
    assert_eq!(counts, [0, 4, 1]);
    let skipped = shop.app.health(&source).await.mails.unwrap().skipped;
    assert_eq!(skipped, BTreeMap::from([("not_fetched".to_owned(), 1)]));
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn a_mail_that_a_server_does_not_bring_or_nests_too_deeply_is_counted_and_passed_over() {
    let server = FakeImap::start(4, |command| match command.split(" BODY").next() {
        Some("UID FETCH 2 (UID") => Some(format!("* 2 FETCH (UID 2 BODYSTRUCTURE {}", "(".repeat(10_000))),
        Some("UID FETCH 3 (UID") => Some(String::new()),
        _ => None,
    })
    .await;
    let mut shop = Shop::open_with(SEALING).await;
    let source = shop.app.connect_server("praise", server.port).await;
    shop.app.work().await;
    assert_eq!(shop.app.comments().await.len(), 2);
    let skipped = shop.app.health(&source).await.mails.unwrap().skipped;
    let counted = ["not_fetched", "unreadable"].map(|why| (why.to_owned(), 1));
    assert_eq!(skipped, BTreeMap::from(counted));
    for uid in 1..=4 {
        assert_eq!(
            server.said(&format!("UID FETCH {uid} (UID BODY")).len(),
            1,
            "{uid}"
        );
    }
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn a_mail_that_is_deleted_while_it_is_read_is_counted_nowhere() {
    let server = FakeImap::start(4, |command| match command {
        "UID SEARCH UID 3" => Some("* SEARCH\r\n".to_owned()),
        _ if command.starts_with("UID FETCH 3 (UID BODY") => Some(String::new()),
        _ => None,
    })
    .await;
    let mut shop = Shop::open_with(SEALING).await;
    let source = shop.app.connect_server("praise", server.port).await;
    shop.app.work().await;
    assert_eq!(shop.app.comments().await.len(), 3);
    let skipped = shop.app.health(&source).await.mails.unwrap().skipped;
    assert!(skipped.is_empty(), "{skipped:?}");
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn a_server_that_says_goodbye_or_numbers_nothing_for_good_is_not_read() {
    for (command, answer, said) in [
        ("", "* BYE too busy\r\n", "the server hung up: too busy"),
        (
            "SELECT \"INBOX\"",
            "* OK [UIDVALIDITY 0] as ever\r\n",
            "without UIDVALIDITY",
        ),
        ("SELECT \"INBOX\"", "* 100 EXISTS\r\n", "without UIDVALIDITY"),
        (
            "SELECT \"INBOX\"",
            "* 1 FETCH (BODYSTRUCTURE ((((((",
            "answer cannot be read",
        ),
    ] {
        let answer = match answer.strip_suffix("((((((") {
            Some(nested) => nested.to_owned() + &"(".repeat(10_000),
            None => answer.to_owned(),
        };
        let server = FakeImap::start(1, move |asked| (asked == command).then(|| answer.clone())).await;
        let told = client_of(&server).verify().await.unwrap_err().told(noon());
        assert!(told.contains(said), "{told}");
    }
}

#[tokio::test]
async fn no_command_names_more_mails_than_servers_take() {
    let server = FakeImap::start(1_200, |_| None).await;
    let client = client_of(&server);
    let round = client.read(&Progress::default(), noon(), noon()).await.unwrap();
    let asked: Vec<String> = ["1:500", "501:1000", "1001:1200"]
        .map(|set| format!("UID FETCH {set} (UID INTERNALDATE)"))
        .into();
    assert_eq!(server.said("UID FETCH 1:500"), asked[..1]);
    assert_eq!(server.said("UID FETCH 501:"), asked[1..2]);
    assert_eq!(server.said("UID FETCH 1001:"), asked[2..]);
    assert_eq!((round.letters.len(), round.has_more), (50, true));
    let progress = Progress {
        read_to: 1_200,
        done: (1..=600).map(|uid| 2 * uid).collect(),
        ..round.progress
    };
    let round = client.read(&progress, noon(), noon()).await.unwrap();
    assert_eq!((server.said("UID MOVE").len(), round.progress.done.len()), (2, 0));
}

#[tokio::test]
async fn secrets_go_to_no_other_server_than_the_one_for_which_they_were_entered() {
    let mailbox = Mailbox::new();
    let mut shop = Shop::open_with(SEALING).await;
    let source = shop.app.connect_mailbox(&mailbox, mailbox.port).await;
    let mastodon = json!({
        "name": "Toots", "kind": "mastodon",
        "connection": {"secrets": ["token"], "address": "https://mastodon.example"},
    });
    let toots = shop.app.post("/v1/sources", mastodon).await.expect(201);
    let toots: uuid::Uuid = toots.at("/id").parse().unwrap();
    for (id, field, change) in [
        (source.id, "host", json!({"mailbox": {"host": "localhost"}})),
        (source.id, "port", json!({"mailbox": {"port": 144}})),
        (
            source.id,
            "encryption",
            json!({"mailbox": {"encryption": "tls", "port": 144}}),
        ),
        (source.id, "user", json!({"mailbox": {"user": "somebody"}})),
        (
            source.id,
            "oauth.token_url",
            json!({"mailbox": {"oauth": {"token_url": "https://tokens.example", "client_id": "c"}}}),
        ),
        (toots, "address", json!({"address": "https://elsewhere.example"})),
    ] {
        let refused = shop
            .app
            .patch(id, json!({"connection": change}))
            .await
            .expect(422);
        let why = format!("secrets: are needed anew where {field} changes");
        assert!(refused.text.contains(&why), "{}", refused.text);
        let mut change = change;
        change["secrets"] = json!(["another"]);
        shop.app
            .patch(id, json!({"connection": change}))
            .await
            .expect(200);
    }
    let change = json!({"connection": {"mailbox": {"folder": "Praise", "user": "somebody"}}});
    shop.app.patch(source.id, change).await.expect(200);
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn a_turn_that_is_under_way_writes_nothing_once_another_folder_is_to_be_read() {
    let mailbox = Mailbox::new();
    for number in 0..3 {
        mailbox.deliver(mail(&format!("n{number}"), PRAISE));
    }
    mailbox.make("Praise");
    mailbox.deliver_to("Praise", mail("other", "Priya Nair helped us, thank you!"), 0);
    let tap = Wiretap::before(mailbox.port).await;
    let mut shop = Shop::open_with(SEALING).await;
    let source = shop.app.connect_mailbox(&mailbox, tap.port).await;
    // LOGIN, CAPABILITY, SELECT, two to find where to begin, one for what waits, and the first mail.
    tap.cut_after(7, Cut::Held);
    let change = async {
        wait_for(|| async { tap.is_held() }).await;
        let change = json!({"connection": {"mailbox": {"folder": "Praise"}}});
        shop.app.patch(source.id, change).await.expect(200);
        tap.let_go();
    };
    tokio::join!(shop.app.work_on(Kind::Read), change);
    assert!(
        tap.said().last().unwrap().starts_with("UID FETCH 2 "),
        "{:?}",
        tap.said()
    );
    shop.app.pass_minutes(2).await;
    assert_eq!(
        shop.app.texts().await,
        ["Thanks\n\nPriya Nair helped us, thank you!"]
    );
    let view = shop
        .app
        .get(&format!("/v1/sources/{}", source.id))
        .await
        .expect(200);
    assert!(!view.text.contains("renumbered_at"), "{}", view.text);
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn what_is_no_mail_and_what_is_huge_hold_up_none_behind_them() {
    let mailbox = Mailbox::new();
    mailbox.deliver([0xff; 3000]);
    mailbox.deliver("");
    let boundary = "--b\r\nContent-Type: text/plain\r\n\r\n";
    let head = mail("huge", "").replace(
        "\r\n\r\n\r\n",
        "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
    );
    let mut huge = format!(
        "{head}{boundary}{PRAISE}\r\n--b\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    huge.extend(std::iter::repeat_n(
        "UEsDBBQAAAAIAAAAIQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
        50 * 1024 * 1024 / 78,
    ));
    mailbox.deliver(huge);
    let deep: String = (0..1_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    mailbox.deliver(mail("deep", "").trim_end().to_owned() + "\r\n" + &deep);
    mailbox.deliver(mail("last", "Priya Nair was wonderful, thank you!"));
    let mut shop = Shop::open_with(SEALING).await;
    shop.app.connect_mailbox(&mailbox, mailbox.port).await;
    shop.app.work().await;
    let texts = shop.app.texts().await;
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts.iter().any(|text| text.contains(PRAISE)), "{texts:?}");
    let counts = [mailbox.count(""), mailbox.count(DONE), mailbox.count(UNCLEAR)];
    assert_eq!(counts, [0, 2, 3]);
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn mails_of_before_are_left_alone_and_those_that_are_put_there_are_read() {
    let mailbox = Mailbox::new();
    mailbox.deliver_to("", mail("old", PRAISE), 30);
    let mut shop = Shop::open_with(SEALING).await;
    shop.app.connect_mailbox(&mailbox, mailbox.port).await;
    shop.app.work().await;
    assert_eq!((shop.app.comments().await.len(), mailbox.count("")), (0, 1));
    // A manager puts a mail of last week into the folder.
    mailbox.deliver_to("", mail("put", PRAISE), 7);
    shop.app.pass_minutes(2).await;
    assert_eq!((shop.app.comments().await.len(), mailbox.count("")), (1, 1));
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn a_server_that_cannot_move_copies_and_takes_away() {
    for (capabilities, left) in [("IMAP4rev1 UIDPLUS", 0), ("IMAP4rev1", 3)] {
        let server = Dovecot::start(&format!("imap_capability = {capabilities}"));
        let mailbox = server.mailbox();
        for number in 0..3 {
            mailbox.deliver(mail(&format!("n{number}"), PRAISE));
        }
        let mut shop = Shop::open_with(SEALING).await;
        shop.app.connect_mailbox(&mailbox, mailbox.port).await;
        shop.app.pass_minutes(3).await;
        assert_eq!(shop.app.comments().await.len(), 3);
        let counts = [mailbox.count(""), mailbox.count(DONE)];
        assert_eq!(counts, [left, 3], "{capabilities}");
        shop.app.end_with_jobs().await;
    }
}

#[tokio::test]
async fn two_workers_read_each_mail_once() {
    let mailbox = Mailbox::new();
    for number in 0..120 {
        mailbox.deliver(mail(&format!("n{number}"), PRAISE));
    }
    let mut shop = Shop::open_with(SEALING).await;
    shop.app.connect_mailbox(&mailbox, mailbox.port).await;
    for _ in 0..6 {
        tokio::join!(shop.app.work_on(Kind::Read), shop.app.work_on(Kind::Read));
        shop.app.advance(TimeDelta::minutes(1));
    }
    assert_eq!(shop.app.comments().await.len(), 120);
    assert_eq!([mailbox.count(""), mailbox.count(DONE)], [0, 120]);
    shop.app.end_with_jobs().await;
}

/// A client, as it is outside of an app.
fn client(host: &str, encryption: Encryption, networks: &[&str]) -> Client {
    let allowed: Vec<_> = networks.iter().map(|network| network.parse().unwrap()).collect();
    let settings = mailbox::Settings {
        host: host.to_owned(),
        encryption,
        user: "praise".to_owned(),
        ..mailbox::Settings::default()
    };
    let credentials = mailbox::Credentials::parse(&[PASSWORD]).unwrap();
    let settings = settings.checked().unwrap();
    Client::new(settings, credentials, Networks::and(&allowed), Limits::default()).unwrap()
}

/// A client of a server that misbehaves.
fn client_of(server: &FakeImap) -> Client {
    let settings = mailbox::Settings {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        encryption: Encryption::None,
        user: "praise".to_owned(),
        done_folder: Some(DONE.to_owned()),
        ..mailbox::Settings::default()
    };
    let credentials = mailbox::Credentials::parse(&[PASSWORD]).unwrap();
    let networks = Networks::and(&["127.0.0.0/8".parse().unwrap()]);
    Client::new(
        settings.checked().unwrap(),
        credentials,
        networks,
        Limits::default(),
    )
    .unwrap()
}

#[tokio::test]
async fn a_password_goes_to_no_private_network_and_nowhere_unprotected() {
    let now = noon();
    for host in ["127.0.0.1", "localhost", "::1"] {
        let error = client(host, Encryption::Tls, &[]).verify().await.unwrap_err();
        assert!(matches!(error, ReadError::Private(_)), "{error}");
        assert!(error.told(now).contains("outbound.allowed_private_networks"));
    }
    let error = client("1.1.1.1", Encryption::None, &["0.0.0.0/0"]).verify().await;
    let told = error.unwrap_err().told(now);
    assert!(told.contains("tls or starttls"), "{told}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_to_be_so() {
    let error = client("imap.nowhere.invalid", Encryption::Tls, &[])
        .verify()
        .await;
    let told = error.unwrap_err().told(noon());
    assert!(told.contains("\"imap.nowhere.invalid\" was not found"), "{told}");
    let error = client("127.0.0.1", Encryption::None, &["127.0.0.0/8"])
        .verify()
        .await;
    let told = error.unwrap_err().told(noon());
    assert!(told.contains("does not answer on port 143"), "{told}");
}

#[tokio::test]
async fn protected_connections_are_made_to_servers_that_the_machine_trusts_and_to_no_others() {
    let mailbox = Mailbox::new();
    mailbox.deliver(mail("one", PRAISE));
    let trusted = mailbox.certificate().to_str().unwrap().to_owned();
    let installation = Installation::create(
        ROSTER,
        &[
            ("SSL_CERT_FILE", trusted),
            ("PLAUDIT_SOURCE_SECRETS", PASSWORD.to_owned()),
        ],
    )
    .await;
    let add = |name: &'static str, encryption: &'static str, port: u16| {
        let arguments = [
            "source",
            "add",
            "mailbox",
            name,
            "--host",
            "localhost",
            "--encryption",
            encryption,
        ];
        let rest = [
            "--user".to_owned(),
            mailbox.user.clone(),
            "--port".to_owned(),
            port.to_string(),
        ];
        let mut all: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        all.extend(rest);
        all
    };
    let run =
        |arguments: &[String]| installation.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let said = run(&add("Tls", "tls", mailbox.tls_port));
    assert!(
        said.contains(&format!("Tls works: it reads as {}", mailbox.user)),
        "{said}"
    );
    let said = run(&add("Later", "starttls", mailbox.port));
    assert!(said.contains("Later works"), "{said}");

    let untrusting = installation
        .command()
        .args(["source", "test", "Tls"])
        .env_remove("SSL_CERT_FILE")
        .output()
        .unwrap();
    let said = String::from_utf8(untrusting.stderr).unwrap();
    assert!(
        said.contains("the certificate of localhost is not trusted"),
        "{said}"
    );
    let said = installation.fails(&["source", "set", "Tls", "--folder", "A", "--done-folder", "a"]);
    assert!(said.contains("\"a\" is the folder that is read"), "{said}");
    installation.database.remove().await;
}

const ROSTER: &str = "employee_id,given_name,family_name,preferred_name,aliases,handles,job_title,site,\
                      manager_employee_id,email,phone,starts_on,ends_on\n\
                      e1,Priya,Nair,,,,,Leeds,,e1@example.org,,,\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_while_it_reads_leaves_each_mail_to_the_next() {
    const MAILS: usize = 60;
    let mailbox = Mailbox::new();
    for number in 0..MAILS {
        mailbox.deliver_now(mail(&format!("n{number}"), &format!("{PRAISE} {number}")));
    }
    let tap = Wiretap::before(mailbox.port).await;
    let settings = [
        ("PLAUDIT_READING__EVERY_SECONDS", "10".to_owned()),
        ("PLAUDIT_WORKER__POLL_SECONDS", "1".to_owned()),
        ("PLAUDIT_SOURCE_SECRETS", PASSWORD.to_owned()),
    ];
    let installation = Installation::create(ROSTER, &settings).await;
    let port = tap.port.to_string();
    installation.run(&[
        "source",
        "add",
        "mailbox",
        "Praise",
        "--host",
        "127.0.0.1",
        "--encryption",
        "none",
        "--days-back",
        "1",
        "--port",
        &port,
        "--user",
        &mailbox.user,
        "--done-folder",
        DONE,
        "--unclear-folder",
        UNCLEAR,
    ]);
    let bind = free_port();
    // While it fetches, before anything is on disk; and when it is to move what is.
    for (at, command) in [(30, "UID FETCH"), (60, "UID MOVE")] {
        tap.cut_after(at, Cut::Held);
        let server = installation.serve(bind).await;
        wait_for(|| async { tap.is_held() }).await;
        server.kill();
        assert!(
            tap.said().last().unwrap().starts_with(command),
            "{:?}",
            tap.said()
        );
        tap.let_go();
    }
    let server = installation.serve(bind).await;
    wait_for(|| async { mailbox.count(DONE) == MAILS }).await;
    server.stop().await;
    let listed = installation.run(&["source", "list"]);
    assert!(listed.contains("every mail became a comment"), "{listed}");
    let db = open(&installation).await;
    let comments = comment::Entity::find().count(db.read()).await.unwrap();
    assert_eq!((comments, mailbox.count("")), (MAILS as u64, 0));
    db.close().await;
    installation.database.remove().await;
}

#[tokio::test]
async fn an_administrator_connects_a_mailbox_by_page_and_is_told_what_is_wrong() {
    let mailbox = Mailbox::new();
    let mut shop = Shop::open_with(SEALING).await;
    let account = shop
        .app
        .account_with("ruth@example.org", Role::Administrator, None)
        .await;
    let cookie = shop.app.sign_in(&account).await;
    let form = shop
        .app
        .page_as(&cookie, "/connect/mailbox")
        .await
        .expect(200)
        .text;
    assert!(
        html::faults(&form, false).is_empty(),
        "{:?}",
        html::faults(&form, false)
    );
    let port = mailbox.port.to_string();
    let typed = |password: &'static str, folder: &'static str| {
        vec![
            ("name", "Mails"),
            ("host", "127.0.0.1"),
            ("encryption", "none"),
            ("port", port.as_str()),
            ("user", mailbox.user.as_str()),
            ("password", password),
            ("folder", folder),
            ("done_folder", DONE),
            ("unclear_folder", UNCLEAR),
        ]
    };
    let post = async |fields: &[(&str, &str)]| shop.app.form_as(&cookie, "/connect/mailbox", fields).await;
    let refused = post(&typed("hunter2", "INBOX")).await.expect(422).text;
    assert!(
        refused.contains("Authentication failed") && !refused.contains("hunter2"),
        "{refused}"
    );
    let refused = post(&typed(PASSWORD, "Nowhere")).await.expect(422).text;
    assert!(
        refused.contains("the folder &quot;Nowhere&quot; cannot be opened"),
        "{refused}"
    );
    let refused = post(&typed(PASSWORD, DONE)).await.expect(422).text;
    assert!(refused.contains("This is the folder that is read."), "{refused}");
    let refused = post(&[("name", "form")]).await.expect(422).text;
    for (field, said) in [
        ("name", "Another source has this name."),
        ("host", "Please fill this in."),
        ("user", "Please fill this in."),
        ("password", "Please fill this in."),
    ] {
        assert!(refused.contains(&said_at(field, said)), "{field}: {refused}");
    }
    let long = "x".repeat(10_001);
    for (field, value, said) in [
        ("port", "0", "Write a number from 1 to 65535"),
        ("host", "https://imap", "Write the server’s name alone"),
        (
            "user",
            &long[..251],
            "This is too long, or has a line break in it.",
        ),
        ("password", &long, "This is too long, or has a line break in it."),
        (
            "folder",
            &long[..251],
            "This is too long, or has a line break in it.",
        ),
        (
            "done_folder",
            &long[..251],
            "This is too long, or has a line break in it.",
        ),
        ("unclear_folder", "inbox", "This is the folder that is read."),
        ("trusted_server", "mx_;", "Write the server’s name alone"),
    ] {
        let mut fields = typed(PASSWORD, "INBOX");
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        let refused = post(&fields).await.expect(422).text;
        assert!(refused.contains(&said_at(field, said)), "{field}: {refused}");
        assert_eq!(refused.matches("aria-invalid").count(), 1, "{field}: {refused}");
    }
    assert!(
        html::faults(&refused, false).is_empty(),
        "{:?}",
        html::faults(&refused, false)
    );
    post(&typed(PASSWORD, "INBOX")).await.expect(303);
    mailbox.deliver(mail("one", "Thanks").replace("\r\nSubject: Thanks", "\r\nAuto-Submitted: auto-replied"));
    shop.app.work().await;
    let page = shop.app.page_as(&cookie, "/sources").await.expect(200).text;
    for said in [
        "<h2>Mails</h2>",
        &mailbox.user,
        "One mail was read without a message",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(mailbox.count(UNCLEAR), 1);
    shop.app.end_with_jobs().await;
}

/// How a page says something beside a field.
fn said_at(field: &str, said: &str) -> String {
    format!("<p class=\"err\" id=\"{field}-err\">{said}")
}

/// A provider of tokens: what it was asked, the refresh token that it takes now, and the access token of now.
#[derive(Default)]
struct Provider {
    asked: Vec<BTreeMap<String, String>>,
    refresh: usize,
    access: usize,
}

impl Provider {
    /// Every refresh makes the token of before worthless, as strict providers do.
    fn answer(&mut self, request: &Request, user: &str) -> Reply {
        if request.path == "/whose" {
            let is_of_now = request.parameter("token") == Some(format!("access-{}", self.access).as_str());
            let status = if is_of_now { 200 } else { 401 };
            return Reply::json(status, &json!({"email": user}));
        }
        let form: BTreeMap<String, String> = request.form().into_iter().collect();
        let refresh = form.get("refresh_token").cloned();
        self.asked.push(form);
        if refresh.is_some_and(|token| token != format!("refresh-{}", self.refresh)) {
            return Reply::json(
                400,
                &json!({"error": "invalid_grant", "error_description": "It was revoked."}),
            );
        }
        self.refresh += 1;
        self.access += 1;
        let (access, refresh) = (
            format!("access-{}", self.access),
            format!("refresh-{}", self.refresh),
        );
        Reply::json(
            200,
            &json!({"access_token": access, "expires_in": 3600, "refresh_token": refresh}),
        )
    }
}

#[tokio::test]
async fn a_mailbox_is_opened_with_tokens_and_those_that_the_provider_changes_are_kept() {
    let user = format!("u{}", uuid::Uuid::now_v7().simple());
    let provider = Arc::new(Mutex::new(Provider::default()));
    let (answers, name) = (provider.clone(), user.clone());
    let http = fake_http::Server::start(move |request| answers.lock().unwrap().answer(request, &name)).await;
    let server = Dovecot::with_tokens(&format!("{}/whose?token=", http.base_url()));
    let mailbox = server.mailbox_of(&user);
    mailbox.deliver(mail("one", PRAISE));
    let mut shop = Shop::open_with(SEALING).await;
    let mut with_tokens = settings(&mailbox, mailbox.port);
    with_tokens["connection"]["secrets"] = json!(["s3cret", "refresh-0"]);
    with_tokens["connection"]["mailbox"]["oauth"] = json!({
        "token_url": format!("{}/token", http.base_url()),
        "client_id": "plaudit",
        "scope": "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
    });
    let made = shop.app.post("/v1/sources", with_tokens).await.expect(201);
    shop.app.pass_minutes(3).await;
    let source = shop
        .app
        .get(&format!("/v1/sources/{}", made.at("/id")))
        .await
        .expect(200);
    assert_eq!(source.at("/connection/state"), "reading", "{}", source.text);
    assert_eq!(shop.app.comments().await.len(), 1);
    assert_eq!(mailbox.count(DONE), 1);
    let asked = provider.lock().unwrap().asked.clone();
    assert_eq!(asked.len(), 1, "a token is used until it ends: {asked:?}");
    let said = |field: &str| asked[0].get(field).map(String::as_str);
    assert_eq!(said("grant_type"), Some("refresh_token"));
    assert_eq!(
        (said("client_id"), said("client_secret")),
        (Some("plaudit"), Some("s3cret"))
    );

    let id: uuid::Uuid = made.at("/id").parse().unwrap();
    let row = source::Entity::find_by_id(id).one(shop.app.db.read()).await;
    let kept = secrets::open(&shop.app.secrets, &row.unwrap().unwrap())
        .unwrap()
        .unwrap();
    assert_eq!(kept.expose_secret(), "s3cret\nrefresh-1");

    // The server takes it back before its time: the refresh token that was kept gets another.
    provider.lock().unwrap().access += 1;
    mailbox.deliver(mail("two", PRAISE));
    shop.app.pass_minutes(3).await;
    assert_eq!(shop.app.comments().await.len(), 2);
    assert_eq!(provider.lock().unwrap().asked[1]["refresh_token"], "refresh-1");

    provider.lock().unwrap().refresh = 77;
    provider.lock().unwrap().access = 77;
    shop.app.pass_minutes(3).await;
    let source = shop
        .app
        .get(&format!("/v1/sources/{}", made.at("/id")))
        .await
        .expect(200);
    assert_eq!(source.at("/connection/stopped_by"), "credentials");
    assert!(
        source.at("/connection/last_error").contains("It was revoked."),
        "{}",
        source.text
    );
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn a_client_of_its_own_right_asks_for_tokens_with_its_secret_alone() {
    let user = format!("u{}", uuid::Uuid::now_v7().simple());
    let provider = Arc::new(Mutex::new(Provider::default()));
    let (answers, name) = (provider.clone(), user.clone());
    let http = fake_http::Server::start(move |request| answers.lock().unwrap().answer(request, &name)).await;
    let server = Dovecot::with_tokens(&format!("{}/whose?token=", http.base_url()));
    let mailbox = server.mailbox_of(&user);
    let settings = mailbox::Settings {
        host: "127.0.0.1".to_owned(),
        port: mailbox.port,
        encryption: Encryption::None,
        user,
        oauth: Some(Oauth {
            token_url: format!("{}/token", http.base_url()),
            client_id: "plaudit".to_owned(),
            scope: "https://outlook.office365.com/.default".to_owned(),
        }),
        ..mailbox::Settings::default()
    };
    let credentials = mailbox::Credentials::parse(&["s3cret"]).unwrap();
    let networks = Networks::and(&["127.0.0.0/8".parse().unwrap()]);
    let client = Client::new(
        settings.checked().unwrap(),
        credentials,
        networks,
        Limits::default(),
    );
    let client = client.unwrap();
    client.verify().await.unwrap();
    assert!(client.rotated().is_none());
    let asked = provider.lock().unwrap().asked.clone();
    assert_eq!(asked[0]["grant_type"], "client_credentials");
    assert_eq!(asked[0]["scope"], "https://outlook.office365.com/.default");
}
