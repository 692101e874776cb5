//! What customers and rosters say is shown as they said it, and does nothing.
mod shown;
mod ways_in;

use std::collections::BTreeSet;

use mail_parser::MessageParser;
use poem::http::Method;
use serde_json::json;

use crate::support::{
    TestApp,
    form::token_of,
    hostile::hostile,
    html::{addresses, faults, vocabulary},
    smtp::Received,
};

const MANY: &str = "[limits]\nform_per_minute = 100000\nform_organisation_per_minute = 100000";
/// What reorders letters, or moves the cursor of a terminal.
const DISGUISES: [char; 8] = [
    '\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{7}', '\u{1b}',
];

/// A page is made of what it is made of with harmless words, leads where it led, and is as valid as ever.
#[track_caller]
fn assert_inert(html: &str, known: &BTreeSet<String>, is_mail: bool, of: &str) {
    let strange: Vec<String> = vocabulary(html).difference(known).cloned().collect();
    assert_eq!(strange, [""; 0], "{of:?}: {html}");
    assert_eq!(faults(html, is_mail), [""; 0], "{of:?}: {html}");
    for address in addresses(html) {
        let is_ours = address.starts_with("http://127.0.0.1:8080/")
            || !address.starts_with("//") && address.starts_with(['/', '#']);
        assert!(is_ours, "{of:?} leads to {address:?}");
    }
    assert!(!html.contains(DISGUISES), "{of:?} disguises: {html}");
}

#[test]
fn there_are_two_hundred_hostile_strings() {
    assert_eq!(hostile().into_iter().collect::<BTreeSet<_>>().len(), 200);
}

/// Everything that the form and its receipt are made of, with harmless words.
async fn customers_pages(app: &TestApp) -> BTreeSet<String> {
    let token = token_of(&app.page("/thank/shop").await.text);
    let wrong = [
        ("token", &*token),
        ("words", ""),
        ("who", "x"),
        ("when", "2999-01-01"),
        ("email", "nobody"),
    ];
    let refused = app.send_form("/thank/shop", &wrong).await.expect(422);
    let all_wrong = ["words", "who", "when", "name"].map(|name| (name, "x".repeat(5000)));
    let all_wrong: Vec<(&str, &str)> = all_wrong
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let too_long = app.send_form("/thank/shop", &all_wrong).await.expect(422);
    let sent = app
        .send_form("/thank/shop", &[("token", &token), ("words", "Kind.")])
        .await
        .expect(303);
    let receipt = sent.header("location");
    let shown = app.page(&receipt).await;
    let correct = format!("{receipt}/correct");
    let refused_again = app
        .send_form(&correct, &[("words", &"x".repeat(5000))])
        .await
        .expect(422);
    let pages = [
        refused,
        too_long,
        shown,
        refused_again,
        app.page("/thank/shop").await,
    ];
    pages.iter().flat_map(|page| vocabulary(&page.text)).collect()
}

#[tokio::test]
async fn hostile_words_do_nothing_on_the_form_and_the_receipt() {
    let app = TestApp::start_with(MANY).await;
    let known = customers_pages(&app).await;
    for hostile in hostile() {
        let token = token_of(&app.page("/thank/shop").await.expect(200).text);
        let with = |email: &'static str| {
            let typed = ["words", "who", "when", "name", "homepage"].map(|name| (name, hostile.as_str()));
            [
                &[("token", &*token), ("email", email), ("site", "")][..],
                &typed[..4],
            ]
            .concat()
        };
        let refused = app.send_form("/thank/shop", &with("nobody")).await.expect(422);
        assert_inert(&refused.text, &known, false, &hostile);
        let sent = app.send_form("/thank/shop", &with("")).await;
        if sent.status != 303 {
            // Too long for a line, or NUL: it comes back.
            assert_inert(&sent.text, &known, false, &hostile);
            continue;
        }
        assert_eq!(sent.headers.get("set-cookie"), None);
        let receipt = sent.header("location");
        assert_inert(
            &app.page(&receipt).await.expect(200).text,
            &known,
            false,
            &hostile,
        );
        let too_long = format!("{hostile}{}", "x".repeat(4000));
        let refused = app
            .send_form(&format!("{receipt}/correct"), &[("words", &too_long)])
            .await
            .expect(422);
        assert_inert(&refused.text, &known, false, &hostile);
    }
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn hostile_addresses_do_nothing() {
    let app = TestApp::start_with(MANY).await;
    let mut known = customers_pages(&app).await;
    known.extend(vocabulary(&app.page("/thank/nobody").await.text));
    known.extend(vocabulary(&app.page("/thank/shop/nowhere").await.text));
    for hostile in hostile() {
        let part =
            percent_encoding::utf8_percent_encode(&hostile, percent_encoding::NON_ALPHANUMERIC).to_string();
        for path in [
            format!("/thank/{part}"),
            format!("/thank/shop/{part}"),
            format!("/r/{part}"),
            format!("/p/{part}"),
            format!("/thank/shop?lang={part}"),
        ] {
            let answer = app.page(&path).await;
            assert!(
                matches!(answer.status.as_u16(), 200 | 404),
                "{path}: {}",
                answer.status
            );
            assert_inert(&answer.text, &known, false, &path);
            assert_eq!(answer.headers.get("set-cookie"), None, "{path}");
        }
        for path in [
            format!("/static/{part}"),
            format!("/brand/{part}"),
            format!("/brand/{part}.css"),
        ] {
            app.page(&path).await.expect(404);
        }
    }
    app.work().await;
    app.end().await;
}

fn header_names(mail: &Received) -> BTreeSet<String> {
    let message = MessageParser::default().parse(mail.raw.as_bytes()).unwrap();
    message
        .headers()
        .iter()
        .map(|header| header.name().to_owned())
        .collect()
}

/// A mail has the headers it has with harmless words, on one line each, and its page of the praise is inert too.
async fn assert_mails_inert(app: &TestApp, known: &Known) {
    let mails = app.mails();
    assert!(mails.len() > 100, "{} mails", mails.len());
    for mail in mails {
        let subject = mail.subject();
        let strange: Vec<String> = header_names(&mail).difference(&known.headers).cloned().collect();
        assert_eq!(strange, [""; 0], "{subject}");
        assert!(
            !subject.contains(['\r', '\n']) && !subject.contains(DISGUISES),
            "{subject:?}"
        );
        assert_inert(&mail.html(), &known.mails, true, &subject);
        assert!(!mail.text().contains(DISGUISES), "{}", mail.text());
        let Some(at) = mail.text().find("http://127.0.0.1:8080/p/") else {
            continue;
        };
        let link = mail.text()[at..].split_whitespace().next().unwrap().to_owned();
        let page = app
            .page(link.strip_prefix("http://127.0.0.1:8080").unwrap())
            .await
            .expect(200);
        assert_inert(&page.text, &known.pages, false, &subject);
    }
}

/// What mails and their pages are made of, with harmless words and names.
struct Known {
    headers: BTreeSet<String>,
    mails: BTreeSet<String>,
    pages: BTreeSet<String>,
}

impl Known {
    async fn of(app: &TestApp) -> Known {
        let mut known = Known {
            headers: BTreeSet::new(),
            mails: BTreeSet::new(),
            pages: BTreeSet::new(),
        };
        for mail in app.mails() {
            known.headers.extend(header_names(&mail));
            known.mails.extend(vocabulary(&mail.html()));
            let text = mail.text();
            let Some((_, rest)) = text.split_once("http://127.0.0.1:8080/p/") else {
                continue;
            };
            let token = rest.split_whitespace().next().unwrap();
            known.pages.extend(vocabulary(
                &app.page(&format!("/p/{token}")).await.expect(200).text,
            ));
        }
        assert!(!known.pages.is_empty());
        known
    }
}

#[tokio::test]
async fn hostile_words_and_authors_do_nothing_in_mails() {
    let app = TestApp::start().await;
    let boss = app.person("Ruth", "Adler", None, None).await;
    app.person("Priya", "Nair", None, Some(boss.id)).await;
    let say = async |words: &str, with: &str| {
        let text = format!("Priya Nair was so kind and helpful, thank you Priya! {words}");
        let author = json!({ "name": with, "handle": with, "contact": with });
        let comment = json!({ "text": text, "author": author, "hint": with, "language": "en", "metadata": { "x": with } });
        app.post("/v1/comments", comment).await
    };
    for (words, with) in [
        ("One.\nTwo.\n\nThree.", "Ann"),
        ("But the till was rude and slow, terrible.", "Ann"),
        ("", ""),
    ] {
        say(words, with).await.expect(201);
    }
    app.work().await;
    let known = Known::of(&app).await;
    for hostile in hostile() {
        let answer = say(&hostile, &hostile).await;
        assert!(
            [201, 400, 422].contains(&answer.status.as_u16()),
            "{hostile:?}: {}",
            answer.text
        );
        let type_of_answer = answer.header("content-type");
        assert!(type_of_answer.starts_with("application/"), "{type_of_answer}");
    }
    app.work().await;
    assert_mails_inert(&app, &known).await;
    app.end().await;
}

#[tokio::test]
async fn hostile_names_of_people_and_sites_do_nothing_on_pages_and_in_mails() {
    let app = TestApp::start_with(MANY).await;
    let boss = app.person("Ruth", "Adler", None, None).await;
    let leeds = app.site("Leeds", None).await;
    let praise = async |employee: &str, site: &str| {
        let text = "She was so kind and helpful, thank you!";
        let comment = json!({ "text": text, "staff_reference": employee, "site": site });
        app.post("/v1/comments", comment).await.expect(201);
    };
    app.person_with_id("p0", "Priya", "Nair", Some(leeds.id), Some(boss.id))
        .await;
    praise("p0", "Leeds").await;
    app.work().await;
    let known = Known::of(&app).await;
    let mut forms = customers_pages(&app).await;
    forms.extend(vocabulary(&app.page("/thank/shop/leeds").await.text));
    let mut taken = 0;
    for (number, hostile) in hostile().iter().enumerate() {
        let body = json!({ "name": hostile });
        let site = app
            .call(Method::POST, "/v1/sites", Some(&app.key), Some(body))
            .await;
        let body =
            json!({ "employee_id": format!("h{number}"), "given_name": hostile, "family_name": hostile });
        let person = app
            .call(Method::POST, "/v1/staff", Some(&app.key), Some(body))
            .await;
        if site.status != 201 || person.status != 201 {
            assert!(
                site.status.is_client_error() || person.status.is_client_error(),
                "{}{}",
                site.text,
                person.text
            );
            continue;
        }
        let assignment = json!({
            "staff_id": person.at("/id"), "site_id": site.at("/id"), "manager_id": boss.id, "starts_on": "2026-01-01",
        });
        app.post("/v1/assignments", assignment).await.expect(201);
        let found = app
            .get(&format!("/v1/sites/{}", site.at("/id")))
            .await
            .expect(200);
        praise(&format!("h{number}"), &found.at("/path")).await;
        let form = app
            .page(&format!("/thank/shop/{}", found.at("/slug")))
            .await
            .expect(200);
        assert_inert(&form.text, &forms, false, hostile);
        taken += 1;
    }
    assert!(taken > 100, "{taken} names were taken");
    assert_inert(
        &app.page("/thank/shop").await.text,
        &forms,
        false,
        "the list of sites",
    );
    app.work().await;
    assert_mails_inert(&app, &known).await;
    app.end().await;
}
