//! In which language pages and mails speak, and that nothing they say comes from anywhere but the catalogue.
use std::{collections::BTreeSet, fs};

use chrono::{DateTime, TimeDelta, Utc};
use entity::grant::Role;
use plaudit::deliver::digest::schedule;
use poem::http::Method;
use serde_json::json;

use crate::support::{
    TestApp, html,
    smtp::{Received, Sink},
    telling::*,
};

const ENGLISH: &str = include_str!("../../templates/text/en.toml");

/// A language, its catalogue, its "Powered by", what a weekly mail says of itself, and how it names a week.
struct Translation {
    code: &'static str,
    texts: &'static str,
    kept: &'static str,
    weekly: &'static str,
    week: &'static str,
}

const TRANSLATIONS: [Translation; 3] = [
    Translation {
        code: "de",
        texts: include_str!("../../templates/text/de.toml"),
        kept: "Läuft mit Plaudit",
        weekly: "einmal in der Woche",
        week: "Montag, 16. bis Sonntag, 22. November",
    },
    Translation {
        code: "fr",
        texts: include_str!("../../templates/text/fr.toml"),
        kept: "Fonctionne avec Plaudit",
        weekly: "une fois par semaine",
        week: "du lundi 16 au dimanche 22 novembre",
    },
    Translation {
        code: "es",
        texts: include_str!("../../templates/text/es.toml"),
        kept: "Funciona con Plaudit",
        weekly: "una vez por semana",
        week: "del lunes 16 al domingo, 22 de noviembre",
    },
];

/// A language in which every text stands between brackets; its dates have no Latin letters.
fn bracketed() -> String {
    let mut section = "";
    let mut lines = Vec::new();
    for line in ENGLISH.lines() {
        if line.starts_with('[') {
            section = line;
        }
        lines.push(match line.split_once(" = \"") {
            Some((key, text)) if section != "[language]" => {
                format!("{key} = \"⟦{}⟧\"", text.strip_suffix('"').unwrap())
            }
            _ => line
                .replace("\"en-GB\"", "\"ja\"")
                .replace("\"English\"", "\"⟦English⟧\""),
        });
    }
    lines.join("\n")
}

/// What stands outside the brackets, without what people typed: customers, the roster, the settings.
fn outside(text: &str, data: &[&str]) -> BTreeSet<String> {
    let (mut depth, mut outside) = (0, String::new());
    for letter in text.chars() {
        match letter {
            '⟦' => depth += 1,
            '⟧' => depth -= 1,
            _ if depth == 0 => outside.push(letter),
            _ => {}
        }
    }
    assert_eq!(depth, 0, "{text}");
    // Text parts of mails break lines inside the words of customers.
    outside = outside.split_whitespace().collect::<Vec<_>>().join(" ");
    for known in data {
        outside = outside.replace(known, " ");
    }
    let words = outside.split(|letter: char| !letter.is_alphabetic());
    let words = words.filter(|word| word.len() > 1 && word.is_ascii());
    words.map(str::to_owned).collect()
}

/// What a page says and what is read out of it.
fn said(text: &str) -> String {
    let page = html::read(text);
    let mut said = String::new();
    for element in html::all(&page, "body *, title") {
        if ["script", "style"].contains(&element.value().name()) {
            continue;
        }
        for name in ["alt", "title", "placeholder", "aria-label"] {
            said.push_str(element.value().attr(name).unwrap_or_default());
            said.push('\n');
        }
    }
    // What stands as code is meant for programs: names of columns, lines of a file.
    let mut words = String::new();
    for body in html::all(&page, "body") {
        for node in body.descendants() {
            if let Some(text) = node.value().as_text()
                && !node.ancestors().any(|above| {
                    above
                        .value()
                        .as_element()
                        .is_some_and(|element| element.name() == "code")
                })
            {
                words.push_str(text);
            }
        }
    }
    format!("{said}\n{words}")
}

/// Names, words of customers and technical names that stand on pages as they are.
const DATA: [&str; 28] = [
    // What browsers call themselves.
    "Android",
    "Firefox",
    "Sarah was so kind and helpful, thank you Sarah!",
    PRAISE,
    COMPLAINT,
    "The staff here were wonderful, so kind and helpful. Thank you all!",
    "http://127.0.0.1:8080",
    "Plaudit",
    "SHOP",
    "Leeds",
    "Priya",
    "Nair",
    "Ruth",
    "Adler",
    "Omar",
    "Haddad",
    "Tomasz",
    "Wilk",
    "Lena",
    "Voss",
    "Sarah",
    "Reed",
    "Lund",
    "Browser",
    "English",
    "Deutsch",
    "Español",
    "Français",
];

/// Cookies of tests are those of a server without TLS.
fn over_http(sink: &Sink) -> String {
    let settings = sink.settings().replace("https://", "http://");
    settings + "allow_plain_http = true\n"
}

/// A shop whose language is one of an installation's own, with something of everything on its pages.
async fn bracketed_shop(folder: &tempfile::TempDir, sink: &Sink) -> Shop {
    fs::create_dir_all(folder.path().join("text")).unwrap();
    fs::write(folder.path().join("text/ja.toml"), bracketed()).unwrap();
    let overrides = folder.path().display();
    let settings = format!("{}\n[templates]\noverrides = \"{overrides}\"\n", over_http(sink));
    let shop = Shop::open_with(&settings).await;
    let app = &shop.app;
    let patch = Some(json!({"language": "ja"}));
    let changed = app
        .call(Method::PATCH, "/v1/organisation", Some(&app.key), patch)
        .await;
    assert_eq!(changed.expect(200).at("/language"), "ja");
    for (number, family) in [("s1", "Reed"), ("s2", "Lund")] {
        app.person_with_id(number, "Sarah", family, Some(shop.leeds.id), Some(shop.ruth.id))
            .await;
    }
    for words in [DATA[0], DATA[1], DATA[2], DATA[3]] {
        shop.send(json!({"text": words, "site": "Leeds", "consent": "colleagues"}))
            .await;
    }
    app.work().await;
    shop
}

/// Those of an operator show codes of the API and of the log as they are.
const PAGES: [(&str, &[&str]); 4] = [
    (
        "ruth",
        &[
            "/desk",
            "/feed",
            "/feed/team",
            "/board",
            "/board?period=week",
            "/me",
            "/team/join",
        ],
    ),
    (
        "priya",
        &[
            "/feed",
            "/feed/team",
            "/board?period=quarter",
            "/me",
            "/me/record",
        ],
    ),
    ("lena", &["/desk", "/board?period=year"]),
    (
        "admin",
        &[
            "/desk",
            "/names",
            "/search",
            "/search?q=xylophone&who=",
            "/precision",
            "/feed",
            "/settings",
            "/held",
            "/jobs",
            "/roster",
            "/board?period=all",
        ],
    ),
];

#[tokio::test]
async fn every_page_and_mail_says_what_stands_in_the_catalogue_and_nothing_else() {
    let (folder, sink) = (tempfile::tempdir().unwrap(), Sink::start().await);
    let shop = bracketed_shop(&folder, &sink).await;
    let app = &shop.app;
    let admin = app
        .account_with("admin@example.org", Role::Administrator, None)
        .await;
    let mut faults = Vec::new();
    for (who, paths) in PAGES {
        let cookie = match who {
            "ruth" => app.sign_in_staff(shop.ruth.id).await,
            "priya" => app.sign_in_staff(shop.priya.id).await,
            "lena" => app.sign_in_staff(shop.lena.id).await,
            _ => app.sign_in(&admin).await,
        };
        for path in paths {
            let page = app.page_as(&cookie, path).await.expect(200).text;
            assert!(
                page.contains("<html lang=\"ja\"") && page.contains('⟦'),
                "{path}: {page}"
            );
            let left = outside(&said(&page).replace("admin@example.org", ""), &DATA);
            faults.extend(left.into_iter().map(|word| format!("{who} {path}: {word}")));
        }
    }
    for path in [
        "/sign-in?lang=ja",
        "/nowhere?lang=ja",
        "/thank/shop",
        "/thank/shop/leeds",
        "/join?lang=ja",
        "/verify?lang=ja",
    ] {
        let page = app.page(path).await.text;
        let left = outside(&said(&page), &DATA);
        faults.extend(left.into_iter().map(|word| format!("{path}: {word}")));
    }
    monday(&shop).await;
    for mail in sink.received() {
        let text = mail.text();
        for words in [mail.subject(), without_addresses(&text), said(&mail.html())] {
            let left = outside(&words, &DATA);
            faults.extend(
                left.into_iter()
                    .map(|word| format!("mail {}: {word}", mail.subject())),
            );
        }
    }
    let kinds: BTreeSet<String> = sink.received().iter().map(Received::subject).collect();
    assert!(
        kinds.len() >= 4,
        "praise, a question, a complaint and digests: {kinds:?}"
    );
    assert!(faults.is_empty(), "{faults:#?}");
    shop.app.end().await;
}

/// The digests of the week leave.
async fn monday(shop: &Shop) {
    let ends: DateTime<Utc> = "2026-11-23T09:00:00Z".parse().unwrap();
    while shop.app.clock.now() < ends {
        shop.app.advance(TimeDelta::hours(1));
        schedule::run_due(&shop.app.deliver()).await.unwrap();
        shop.app.work().await;
    }
}

fn without_addresses(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace);
    words.filter(|word| !word.starts_with("http")).collect()
}

/// English texts that are long enough to be told from names, and are not the same in the other language.
fn english_sentences(other: &str) -> Vec<String> {
    let texts = ENGLISH.lines().filter_map(|line| line.split_once(" = \""));
    let parts = texts.flat_map(|(_, text)| text.trim_end_matches('"').split(['{', '}', '*']));
    let long = parts
        .map(str::trim)
        .filter(|part| part.len() > 11 && part.contains(' '));
    long.filter(|part| !other.contains(*part))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn a_company_reads_pages_and_mails_in_its_language() {
    for translation in &TRANSLATIONS {
        reads_its_language(translation).await;
    }
}

async fn reads_its_language(translation: &Translation) {
    let code = translation.code;
    let sink = Sink::start().await;
    let shop = Shop::open_with(&over_http(&sink)).await;
    let app = &shop.app;
    let patch = Some(json!({ "language": code }));
    app.call(Method::PATCH, "/v1/organisation", Some(&app.key), patch)
        .await
        .expect(200);
    for words in [DATA[1], DATA[2], DATA[3]] {
        shop.say(words).await;
    }
    app.work().await;
    let english = english_sentences(translation.texts);
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    for path in ["/desk", "/feed/team", "/board", "/me"] {
        let page = app.page_as(&ruth, path).await.expect(200).text;
        assert!(page.contains(&format!("<html lang=\"{code}\"")), "{page}");
        let found: Vec<_> = english.iter().filter(|text| page.contains(*text)).collect();
        assert!(found.is_empty(), "{path}: {found:?}");
    }
    monday(&shop).await;
    let mails = sink.received();
    for mail in &mails {
        let whole = format!("{}\n{}\n{}", mail.subject(), mail.text(), mail.html());
        let found: Vec<_> = english.iter().filter(|text| whole.contains(*text)).collect();
        assert!(found.is_empty(), "{}: {found:?}", mail.subject());
        assert!(whole.contains(translation.kept), "{whole}");
    }
    let to_ruth =
        |mail: &&Received| mail.to == "ruth@example.org" && mail.text().contains(translation.weekly);
    let digest = mails.iter().find(to_ruth).expect("a digest");
    assert!(digest.text().contains(translation.week), "{}", digest.text());
    shop.app.end().await;
}

#[tokio::test]
async fn the_reader_s_language_goes_before_the_site_s_and_that_before_the_company_s() {
    let sink = Sink::start().await;
    let shop = Shop::open_with(&over_http(&sink)).await;
    let app = &shop.app;
    let subjects = async |words: &str| {
        let before = sink.received().len();
        shop.say(words).await;
        app.work().await;
        let new: Vec<Received> = sink.received().split_off(before);
        new.iter()
            .find(|mail| mail.to == "ruth@example.org")
            .unwrap()
            .subject()
    };
    assert_eq!(subjects(PRAISE).await, "A customer thanked Priya.");
    let site = format!("/v1/sites/{}", shop.leeds.id);
    let set = async |path: &str, language: serde_json::Value| {
        let body = Some(json!({ "language": language }));
        app.call(Method::PATCH, path, Some(&app.key), body).await
    };
    set(&site, "de-AT".into()).await.expect(200);
    assert_eq!(subjects(&format!("{PRAISE} Two")).await, "Ein Danke für Priya.");
    let ruth = app.sign_in_staff(shop.ruth.id).await;
    let mine = [("frequency", "at_once"), ("language", "en")];
    app.form_as(&ruth, "/me", &mine).await.expect(303);
    assert_eq!(
        subjects(&format!("{PRAISE} Three")).await,
        "A customer thanked Priya."
    );
    app.form_as(&ruth, "/me", &[("frequency", "at_once"), ("language", "")])
        .await
        .expect(303);
    set(&site, serde_json::Value::Null).await.expect(200);
    set("/v1/organisation", "de".into()).await.expect(200);
    assert_eq!(subjects(&format!("{PRAISE} Four")).await, "Ein Danke für Priya.");
    let page = app.page_as(&ruth, "/desk").await.expect(200).text;
    assert!(page.contains("<html lang=\"de\""), "{page}");
    let chosen = app.page_as(&ruth, "/desk?lang=en").await.expect(200).text;
    assert!(chosen.contains("<html lang=\"en\""), "{chosen}");
    shop.app.end().await;
}

#[tokio::test]
async fn a_language_without_a_catalogue_is_refused_with_those_there_are() {
    let app = TestApp::start().await;
    let site = app.site("Leeds", None).await;
    for (path, language) in [
        ("/v1/organisation".to_owned(), "xx"),
        ("/v1/organisation".to_owned(), "Deutsch!"),
        (format!("/v1/sites/{}", site.id), "it"),
    ] {
        let body = Some(json!({ "language": language }));
        let refused = app
            .call(Method::PATCH, &path, Some(&app.key), body)
            .await
            .expect(422);
        assert!(
            refused.text.contains("choose one of en, de, es, fr"),
            "{}",
            refused.text
        );
    }
    let admin = app
        .account_with("admin@example.org", Role::Administrator, None)
        .await;
    let admin = app.sign_in(&admin).await;
    app.form_as(&admin, "/me", &[("language", "xx")])
        .await
        .expect(400);
    app.end().await;
}
