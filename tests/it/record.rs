//! What somebody was thanked for: the page, the file to take along, and its check.
use chrono::TimeDelta;
use entity::{comment_revision, recognition, signing_key, source};
use plaudit::{
    app::App,
    platform::{clock::Clock, config::Config, signing},
    record::{
        file::{self, Record, Signed},
        verify::{Verified, verify},
    },
};
use poem::http::Method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use crate::{
    reading::SEALING,
    support::{Answer, TestApp, process::Installation, telling::*},
};

impl TestApp {
    async fn take_along(&self, cookie: &str) -> String {
        let saved = self.form_as(cookie, "/me/record/file", &[]).await.expect(200);
        assert_eq!(saved.header("content-type"), "application/json");
        assert!(saved.header("content-disposition").contains("attachment"));
        saved.text
    }

    /// Sends a file to be checked, as a visitor.
    async fn checked(&self, name: &str, text: &str) -> Answer {
        let body =
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n--x--\r\n");
        let request = self.web().post("/verify");
        let request = request.content_type("multipart/form-data; boundary=x");
        Answer::read(request.body(body).send().await).await
    }
}

fn record_in(file: &str) -> Record {
    let signed: Signed = serde_json::from_str(file).unwrap();
    serde_json::from_str(&signed.payload).unwrap()
}

/// Priya is thanked ten times in 2026 and twice the year before; Tomasz once.
async fn thanked() -> Shop {
    let shop = Shop::open_with(SEALING).await;
    for number in 1..=12 {
        let on = if number < 3 { "2025-12-0" } else { "2026-03-1" };
        let comment = json!({
            "text": format!("Thank you Priya Nair, you were so kind, visit {number}"), "site": "Leeds",
            "occurred_at": format!("{on}{}T12:00:00Z", number % 10), "consent": "public",
            "author": { "name": "Clara Customer" },
        });
        shop.send(comment).await;
    }
    shop.say("Thank you Tomasz Wilk, so kind!").await;
    shop.app.work().await;
    shop
}

#[tokio::test]
async fn a_record_counts_from_the_first_thank_you_on_and_is_read_by_year() {
    let shop = thanked().await;
    let app = &shop.app;
    let cookie = app.sign_in_staff(shop.priya.id).await;
    let page = app.page_as(&cookie, "/me/record").await.expect(200).text;
    assert!(page.contains("12 thank-yous."), "{page}");
    assert!(
        page.contains("Your 10th") && page.contains("Your first"),
        "{page}"
    );
    assert!(page.contains("visit 1<") || page.contains("visit 1\n"), "{page}");
    assert!(page.contains("In 2026") && page.contains("visit 12"), "{page}");
    assert!(!page.contains("visit 2<") && !page.contains("Tomasz"), "{page}");
    let before = app
        .page_as(&cookie, "/me/record?year=2025")
        .await
        .expect(200)
        .text;
    assert!(
        before.contains("visit 2") && !before.contains("visit 12") && !before.contains("Your 10th"),
        "{before}"
    );
    assert!(
        app.page_as(&cookie, "/me")
            .await
            .text
            .contains("href=\"/me/record\"")
    );
    // What was taken back counts no more; whose words were erased counts still.
    let rows = recognition::Entity::find().all(app.db.read()).await.unwrap();
    let mut own = rows.into_iter().filter(|row| row.staff_id == Some(shop.priya.id));
    let path = format!("/v1/comments/{}", own.next().unwrap().comment_id);
    app.call(Method::DELETE, &path, Some(&app.key), None)
        .await
        .expect(204);
    let mut taken: recognition::ActiveModel = own.next().unwrap().into();
    taken.withdrawn_at = Set(Some(app.clock.now()));
    taken.update(app.db.writer()).await.unwrap();
    let page = app.page_as(&cookie, "/me/record").await.expect(200).text;
    assert!(page.contains("11 thank-yous."), "{page}");
    let tomasz = app.known_as("tomasz").await;
    let page = app.page_as(&tomasz, "/me/record").await.expect(200).text;
    assert!(
        page.contains("One thank-you.") && !page.contains("visit"),
        "{page}"
    );
    shop.app.end().await;
}

impl TestApp {
    async fn known_as(&self, employee_id: &str) -> String {
        let found = entity::staff_member::Entity::find()
            .filter(entity::staff_member::Column::EmployeeId.eq(employee_id));
        let person = found.one(self.db.read()).await.unwrap().unwrap();
        self.sign_in_staff(person.id).await
    }
}

#[tokio::test]
async fn whoever_is_shown_a_file_learns_whether_it_was_issued_here_and_is_unchanged() {
    let shop = thanked().await;
    let app = &shop.app;
    let ask = app.page("/verify").await.expect(200).text;
    assert!(
        ask.contains("Is this record genuine?") && !ask.contains("<code>"),
        "{ask}"
    );
    let cookie = app.sign_in_staff(shop.priya.id).await;
    let file = app.take_along(&cookie).await;
    for field in ["file", "text"] {
        let answer = app.checked(field, &file).await.expect(200);
        assert_eq!(answer.header("cache-control"), "no-store");
        let page = answer.text;
        assert!(
            page.contains("Yes: it was issued here and has not been changed."),
            "{page}"
        );
        assert!(
            page.contains("Priya Nair, SHOP.") && page.contains("thank you 12 times"),
            "{page}"
        );
        assert!(page.contains("visit 12") && page.contains("<code>"), "{page}");
    }
    let more = file.replace("\\\"all\\\":12", "\\\"all\\\":13");
    assert_ne!(more, file);
    let page = app.checked("file", &more).await.expect(200).text;
    assert!(
        page.contains("No: it was changed") && !page.contains("Priya"),
        "{page}"
    );
    let signed: Signed = serde_json::from_str(&file).unwrap();
    let theirs = file.replace(&signed.public_key, "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=");
    let page = app.checked("file", &theirs).await.expect(200).text;
    assert!(
        page.contains("No: it was not issued by this installation."),
        "{page}"
    );
    for nothing in ["{}", "thank you", "[[[[", &file[..file.len() / 2]] {
        let page = app.checked("file", nothing).await.expect(422).text;
        assert!(page.contains("This is no record."), "{page}");
    }
    let page = app.checked("file", "").await.expect(422).text;
    assert!(page.contains("Choose a file"), "{page}");
    let long = app.checked("file", &"x".repeat(1024 * 1024)).await.expect(413);
    assert!(
        long.text.contains("choose a smaller file") && !long.text.contains("4,000"),
        "{}",
        long.text
    );
    let page = app
        .checked("file", &"x".repeat(900 * 1024))
        .await
        .expect(422)
        .text;
    assert!(page.contains("This is no record."), "{page}");
    shop.app.end().await;
}

/// Whatever this key may sign one day besides: a record is a record by what it says of itself.
#[tokio::test]
async fn only_what_says_that_it_is_a_record_is_taken_for_one() {
    let shop = thanked().await;
    let app = &shop.app;
    let cookie = app.sign_in_staff(shop.priya.id).await;
    let file = app.take_along(&cookie).await;
    let tx = app.db.write().await.unwrap();
    let key = signing::load_or_make(&tx, &app.secrets, app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let own = signing::public(app.db.read()).await.unwrap();
    assert_eq!(own, Some(key.public()));
    assert!(matches!(verify(file.as_bytes(), own), Verified::Genuine(_)));
    assert_eq!(verify(file.as_bytes(), None), Verified::Elsewhere);
    let other = Record {
        kind: "plaudit.invoice".to_owned(),
        ..record_in(&file)
    };
    assert_eq!(
        verify(&file::sign(&other, &key).unwrap(), own),
        Verified::NoRecord
    );
    shop.app.end().await;
}

/// All that a customer let only some people read, and all that a network keeps, stays on the pages.
#[tokio::test]
async fn a_file_holds_the_words_that_anyone_may_read_and_nobody_elses_name() {
    let shop = thanked().await;
    let app = &shop.app;
    for consent in ["staff", "colleagues"] {
        let text = format!("Thank you Priya Nair, this is between {consent}");
        shop.send(json!({"text": text, "site": "Leeds", "consent": consent}))
            .await;
    }
    app.work().await;
    let cookie = app.sign_in_staff(shop.priya.id).await;
    let file = app.take_along(&cookie).await;
    let record = record_in(&file);
    assert_eq!(
        (record.counts.all, record.thanks.len(), record.not_listed),
        (14, 14, 0)
    );
    assert_eq!(
        record.counts.years.into_iter().collect::<Vec<_>>(),
        [(2025, 2), (2026, 12)]
    );
    assert_eq!(
        record
            .thanks
            .iter()
            .filter(|thanks| thanks.words.is_some())
            .count(),
        12
    );
    assert!(!file.contains("between") && !file.contains("Clara"), "{file}");
    let page = app.page_as(&cookie, "/me/record").await.expect(200).text;
    assert!(
        page.contains("between staff") && page.contains("neither printed nor in the file"),
        "{page}"
    );
    let api = source::Entity::update_many()
        .col_expr(source::Column::Kind, "x".into())
        .filter(source::Column::Kind.eq("api"));
    api.exec(app.db.writer()).await.unwrap();
    comment_revision::Entity::update_many()
        .col_expr(
            comment_revision::Column::Permalink,
            Some("https://x.com/ana/status/1790").into(),
        )
        .exec(app.db.writer())
        .await
        .unwrap();
    let file = app.take_along(&cookie).await;
    let record = record_in(&file);
    assert!(
        record
            .thanks
            .iter()
            .all(|thanks| thanks.words.is_none() && thanks.link.is_some())
    );
    assert!(!file.contains("visit"), "{file}");
    let page = app.page_as(&cookie, "/me/record").await.expect(200).text;
    assert!(
        page.contains("visit 12") && page.contains("The file has the link, not the words."),
        "{page}"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn a_long_record_is_cut_and_says_so() {
    let shop = Shop::open_with(SEALING).await;
    let app = &shop.app;
    let words = format!("Thank you Priya Nair! {}", "So \"very\" kind.\n".repeat(240));
    for number in 0..80 {
        let said = json!({"text": format!("{words}{number}"), "site": "Leeds", "consent": "public"});
        shop.send(said).await;
    }
    app.work().await;
    let cookie = app.sign_in_staff(shop.priya.id).await;
    let file = app.take_along(&cookie).await;
    let record = record_in(&file);
    assert_eq!(record.counts.all, 80);
    assert!(record.not_listed > 0 && record.thanks.len() as u64 + record.not_listed == 80);
    let page = app.checked("file", &file).await.expect(200).text;
    assert!(page.contains("Yes: it was issued here"), "{}", file.len());
    shop.app.end().await;
}

#[tokio::test]
async fn there_is_one_key_however_many_need_it_first_and_it_lies_sealed() {
    let app = TestApp::start_with(SEALING).await;
    let make = || async {
        let tx = app.db.write().await.unwrap();
        let key = signing::load_or_make(&tx, &app.secrets, app.clock.now()).await;
        let public = key.unwrap().public();
        tx.commit().await.unwrap();
        public
    };
    let (one, two, three) = tokio::join!(make(), make(), make());
    assert!(one == two && two == three);
    assert_eq!(signing_key::Entity::find().count(app.db.read()).await.unwrap(), 1);
    let row = signing_key::Entity::find()
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.public, one.bytes());
    assert_eq!(
        app.secrets
            .open_bytes(&row.sealed, "signing_key/1")
            .unwrap()
            .len(),
        32
    );
    assert!(app.secrets.open_bytes(&row.sealed, "signing_key/2").is_err());
    app.end().await;
}

#[tokio::test]
async fn without_a_lasting_key_the_page_says_that_nothing_can_be_signed() {
    let shop = Shop::open().await;
    shop.say(PRAISE).await;
    shop.app.work().await;
    let cookie = shop.app.sign_in_staff(shop.priya.id).await;
    let page = shop.app.page_as(&cookie, "/me/record").await.expect(200).text;
    assert!(
        page.contains("No file can be signed here") && !page.contains("/me/record/file"),
        "{page}"
    );
    shop.app
        .form_as(&cookie, "/me/record/file", &[])
        .await
        .expect(503);
    assert_eq!(
        signing_key::Entity::find()
            .count(shop.app.db.read())
            .await
            .unwrap(),
        0
    );
    shop.app.end().await;
}

#[tokio::test]
async fn a_record_shows_the_latest_of_a_year_first_and_turns_pages() {
    let shop = Shop::open_with(SEALING).await;
    let app = &shop.app;
    for number in 0..203 {
        shop.say(&format!("Thank you Priya Nair, so kind, visit {number};"))
            .await;
        app.advance(TimeDelta::minutes(1));
    }
    app.work().await;
    let cookie = app.sign_in_staff(shop.priya.id).await;
    let first = app
        .page_as(&cookie, "/me/record?year=2026")
        .await
        .expect(200)
        .text;
    assert!(
        first.contains("visit 202;") && !first.contains("visit 2;"),
        "{first}"
    );
    assert!(first.contains("year&#x3D;2026&amp;after&#x3D;200"), "{first}");
    let rest = app
        .page_as(&cookie, "/me/record?year=2026&after=200")
        .await
        .expect(200)
        .text;
    assert_eq!(rest.matches("<blockquote").count(), 3, "{rest}");
    let far = format!("/me/record?year=2026&after={}", usize::MAX);
    app.page_as(&cookie, &far).await.expect(200);
    shop.app.end().await;
}

#[tokio::test]
async fn whoever_has_a_shell_checks_files_too() {
    let roster = "employee_id,given_name,family_name,site\ne1,Priya,Nair,Leeds\n";
    let shop = Installation::create(roster, &[]).await;
    let key = shop.run(&["verify", "--key"]);
    assert_eq!(
        (key.trim().len(), shop.run(&["verify", "--key"])),
        (44, key.clone())
    );
    let other = (
        "PLAUDIT_SECRET_KEY",
        "Iq0gT1xJYVvOmAsDZXm8Vb1bWu0dDqGmX1lSg1h2M0E=",
    );
    let public = shop
        .command()
        .args(["verify", "--key"])
        .env(other.0, other.1)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&public.stdout), key, "{public:?}");
    let file = issued(&shop).await;
    std::fs::write(shop.path("record.json"), &file).unwrap();
    let said = shop.run(&["verify", "record.json"]);
    assert!(
        said.starts_with("Genuine: issued here on ") && said.contains("Priya Nair, Shop: thanked 0 times."),
        "{said}"
    );
    let refusals = [
        (file.replace("Priya", "Paula"), "it was changed"),
        (
            file.replace(key.trim(), "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik="),
            "another key",
        ),
        ("{}".to_owned(), "it is no record"),
    ];
    for (content, why) in refusals {
        std::fs::write(shop.path("other.json"), content).unwrap();
        let output = shop.command().args(["verify", "other.json"]).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(why) && error.lines().count() == 1, "{error}");
    }
    let output = shop.command().arg("verify").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    shop.database.remove().await;
}

/// A file of an installation, signed in another process than the one that checks it.
async fn issued(shop: &Installation) -> String {
    let settings = format!("{SEALING}[server]\nbase_url = \"https://plaudit.example\"\n");
    let mut config = Config::from_toml(&settings).unwrap();
    config.database.url = shop.database.url().into();
    let app = App::connect(config, Clock::System).await.unwrap();
    let organisation = entity::organisation::Entity::find()
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    let person = entity::staff_member::Entity::find()
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    let now = app.clock.now();
    let record = file::record(
        app.db.read(),
        &organisation,
        &person,
        ("https://plaudit.example", now),
    );
    let record = record.await.unwrap();
    let tx = app.db.write().await.unwrap();
    let key = signing::load_or_make(&tx, &app.secrets, now).await.unwrap();
    tx.commit().await.unwrap();
    let file = file::sign(&record, &key).unwrap();
    app.service.db.close().await;
    String::from_utf8(file).unwrap()
}

/// Nobody else's record has an address.
#[tokio::test]
async fn a_record_is_noted_in_the_log_by_whom_it_was_saved() {
    let shop = thanked().await;
    let app = &shop.app;
    let cookie = app.sign_in_staff(shop.priya.id).await;
    app.take_along(&cookie).await;
    let noted = entity::audit::Entity::find()
        .filter(entity::audit::Column::Action.eq("save_own_record"))
        .one(app.db.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(noted.subject_id, Some(shop.priya.id.to_string()));
    assert_eq!(noted.detail, json!({ "recognitions": 12 }));
    let account = app.signing_in(shop.priya.id).await.id;
    assert_eq!(noted.actor, format!("account:{account}"));
    assert_ne!(account, Uuid::nil());
    shop.app.end().await;
}
