//! What is done with people's data, as a page, an operation and a signed file: it follows code and settings.
use entity::grant::Role;
use plaudit::{
    platform::signing,
    statement::{
        columns::COLUMNS,
        file::{self, Kept},
    },
};
use poem::http::Method;
use serde_json::{Value, json};

use crate::{
    reading::SEALING,
    support::{TestApp, telling::*},
};

impl TestApp {
    async fn statement(&self) -> Value {
        self.get("/v1/statement").await.expect(200).json()["statement"].clone()
    }
}

fn roles(statement: &Value, action: &str) -> Value {
    let all = statement["who"].as_array().unwrap();
    let found = all.iter().find(|may| may["action"] == action);
    found.unwrap_or_else(|| panic!("{action}"))["roles"].clone()
}

#[tokio::test]
async fn the_page_speaks_every_language_and_says_what_is_so() {
    let shop = Shop::open_with(SEALING).await;
    let app = &shop.app;
    shop.say(PRAISE).await;
    app.work().await;
    let auditor = app.account_with("dpo@example.org", Role::Auditor, None).await;
    let cookie = app.sign_in(&auditor).await;
    let headings = [
        ("en", "Data protection", "Who may do what"),
        ("de", "Datenschutz", "Wer was darf"),
        ("fr", "Protection des données", "Qui peut faire quoi"),
        ("es", "Protección de datos", "Quién puede hacer qué"),
    ];
    for (language, title, who) in headings {
        let page = app
            .page_as(&cookie, &format!("/statement?lang={language}"))
            .await
            .expect(200)
            .text;
        assert!(page.contains(title) && page.contains(who), "{page}");
        for code in [
            "staff_member.given_name",
            "erase_staff_member",
            "comment_revision.text",
        ] {
            assert!(page.contains(code), "{code} in {language}");
        }
    }
    let named = app.account_with("lead@example.org", Role::SiteLead, None).await;
    let lead = app.sign_in(&named).await;
    app.page_as(&lead, "/statement").await.expect(403);
    shop.app.end().await;
}

#[tokio::test]
async fn a_changed_setting_changes_the_statement_and_the_signed_copy_tells_it() {
    let shop = Shop::open_with(SEALING).await;
    let app = &shop.app;
    let admin = app
        .account_with("boss@example.org", Role::Administrator, None)
        .await;
    let cookie = app.sign_in(&admin).await;
    let before = app.statement().await;
    assert_eq!(before["settings"]["boards"], "team");
    assert_eq!(roles(&before, "get_board")["colleague"], "some");
    let saved = app.form_as(&cookie, "/statement/file", &[]).await.expect(200);
    let copy = saved.text.clone().into_bytes();
    let own = signing::public(app.db.read()).await.unwrap();
    let Kept::Genuine(kept) = file::read(&copy, own) else {
        panic!("{}", saved.text);
    };
    assert_eq!(serde_json::to_value(&*kept).unwrap()["who"], before["who"]);
    let same = app.compared(&cookie, &copy).await;
    assert!(same.contains("Nothing has changed since."), "{same}");

    let patch = json!({ "board_mode": "full" });
    app.call(Method::PATCH, "/v1/organisation", Some(&app.key), Some(patch))
        .await
        .expect(200);
    let channel = json!({ "kind": "webhook", "name": "Till display", "address": "https://127.0.0.1:9/hook" });
    app.post("/v1/channels", channel).await.expect(201);
    let safe = app.account_with("safe@example.org", Role::SafeReader, None).await;
    let after = app.statement().await;
    assert_eq!(after["settings"]["boards"], "full");
    assert_eq!(roles(&after, "get_board")["colleague"], "all", "asked of permit");
    assert_eq!(roles(&before, "show_shielded")["administrator"], "all");
    assert_eq!(
        roles(&after, "show_shielded").get("administrator"),
        None,
        "{}",
        safe.id
    );
    assert!(
        after["leaves"].to_string().contains("Till display"),
        "{}",
        after["leaves"]
    );
    let told = app.compared(&cookie, &copy).await;
    for said in [
        "This is different now:",
        "boards",
        "get_board",
        "show_shielded",
        "Till display",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    let mut forged = saved.text.clone();
    forged = forged.replace("administrator", "administratos");
    assert!(
        app.compared(&cookie, forged.as_bytes())
            .await
            .contains("was changed after it was signed")
    );
    shop.app.end().await;
}

#[tokio::test]
async fn every_column_that_may_be_about_people_stands_in_it() {
    let app = TestApp::start().await;
    let held = app.statement().await["data"].to_string();
    for line in COLUMNS.lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        if ["words", "roster", "address"].contains(&parts[1]) {
            assert!(held.contains(&format!("\"{}\"", parts[0])), "{line}");
        }
    }
    app.end().await;
}

impl TestApp {
    async fn compared(&self, cookie: &str, copy: &[u8]) -> String {
        let boundary = "xxbordexx";
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"s.json\"\r\n\
             Content-Type: application/json\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(copy);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let request = self
            .web()
            .post("/statement")
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .content_type(format!("multipart/form-data; boundary={boundary}"))
            .body(body);
        crate::support::Answer::read(request.send().await).await.text
    }
}
