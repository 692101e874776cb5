//! Hostile strings through every way in. Each test sends the same twice, with harmless strings and with hostile ones:
//! pages and mails must be made of the same then, and say the hostile strings letter by letter.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    account::{self, Frequency},
    comment, job, staff_member,
};
use plaudit::{
    capture::{
        import::{self, CommentFile, Notify, Options, Outcome},
        source as sources,
    },
    deliver::digest::schedule,
    platform::text_file::TextFile,
    roster::import as roster,
};
use poem::http::Method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::shown::Shown;
use crate::{
    coverage::dead_letter_of,
    fake_mastodon::FakeMastodon,
    fake_x::{FakeX, NewPost},
    reading::{SEALING, mastodon_source, x_source},
    support::{
        Answer, TestApp,
        form::{encoded, token_of},
        hostile::hostile,
        telling::{PRAISE, Shop},
    },
};

const MANY: &str = "[limits]\nform_per_minute = 100000\nform_organisation_per_minute = 100000\n\
    held_per_minute = 100000\nheld_organisation_per_minute = 100000\nsign_ins_per_minute = 100000\n";

/// Half of them without what anything acts upon: their letters, and what no name may hold.
fn harmless() -> Vec<String> {
    let is_kept = |letter: &char| letter.is_alphanumeric() || letter.is_whitespace() || letter.is_control();
    let without = |string: &String| string.replace(|letter| !is_kept(&letter), " ");
    hostile()[..100].iter().map(without).collect()
}

/// What no database can keep is refused wherever it comes in.
fn is_kept(string: &str) -> bool {
    !string.contains('\0')
}

/// The words of a comment that holds it; every other one names somebody who has a namesake.
fn praise_with(number: usize, string: &str) -> String {
    let open = match number % 2 {
        0 => PRAISE,
        _ => "Sarah was so kind and helpful, thank you Sarah!",
    };
    format!("{open} {string}")
}

/// One cell of a CSV file, as spreadsheets write it.
fn cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn line(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    cells.join(",") + "\n"
}

/// A shop where mail comes once a week, and cookies of all who read.
async fn open(settings: &str) -> (Shop, Vec<String>) {
    let shop = Shop::open_with(&format!("{settings}{MANY}")).await;
    for reader in [&shop.ruth, &shop.lena, &shop.omar, &shop.priya] {
        shop.app.account_for(reader, Frequency::Digest, true).await;
    }
    shop.app.administrator(ADMIN).await;
    let cookies = signed_in(&shop).await;
    (shop, cookies)
}

const ADMIN: &str = "admin@example.org";

/// Cookies of all who read, the administrator first.
async fn signed_in(shop: &Shop) -> Vec<String> {
    let admin = account::Entity::find().filter(account::Column::Email.eq(ADMIN));
    let admin = admin.one(shop.app.db.read()).await.unwrap().unwrap();
    let mut cookies = vec![shop.app.sign_in(&admin).await];
    for reader in [&shop.ruth, &shop.lena, &shop.priya] {
        cookies.push(shop.app.sign_in_staff(reader.id).await);
    }
    cookies
}

/// Monday morning: what came in is told in digests.
async fn tell_the_week(app: &TestApp) {
    let now = app.clock.now();
    let monday: DateTime<Utc> = "2026-11-23T08:00:00Z".parse().unwrap();
    app.advance(if now < monday {
        monday - now
    } else {
        TimeDelta::days(8)
    });
    schedule::run_due(&app.deliver()).await.unwrap();
    app.work().await;
}

async fn import(app: &TestApp, content: &str) -> (Outcome, Vec<u8>) {
    let file = TextFile::from_bytes("<b>=1.csv", content.as_bytes(), None).unwrap();
    let source = sources::by_name(app.db.read(), app.organisation.id, "import")
        .await
        .unwrap();
    let options = Options {
        notify: Notify::Now,
        ..Options::default()
    };
    let file = CommentFile::open(app.db.read(), &source, file, &options, app.clock.now())
        .await
        .unwrap();
    let mut rejects = Vec::new();
    let outcome = import::run(&app.db, &app.clock, &file, "cli", &mut rejects, &mut |_| {})
        .await
        .unwrap();
    (outcome, rejects)
}

async fn shown_of_a_comment_file(strings: &[String]) -> Shown {
    let (shop, _) = open("").await;
    let mut file = "text,author name,email,hint,site,url,consent\n".to_owned();
    for (number, string) in strings.iter().enumerate() {
        let link = format!("https://x.com/{string}");
        file += &line(&[
            &praise_with(number, string),
            string,
            string,
            string,
            "Leeds",
            &link,
            "colleagues",
        ]);
    }
    for id in ["s1", "s2"] {
        shop.app
            .person_with_id(id, "Sarah", id, Some(shop.leeds.id), Some(shop.ruth.id))
            .await;
    }
    let (outcome, _) = import(&shop.app, &file).await;
    assert!(outcome.added as usize * 10 > strings.len() * 9, "{outcome:?}");
    shop.app.work().await;
    tell_the_week(&shop.app).await;
    let cookies = signed_in(&shop).await;
    let feeds = [
        format!("/feed/staff/{}", shop.priya.id),
        format!("/feed/site/{}", shop.leeds.id),
    ];
    let shown = Shown::to(&shop.app, &cookies, &feeds).await;
    end(shop).await;
    shown
}

async fn end(mut shop: Shop) {
    shop.app.end_with_jobs().await;
}

#[tokio::test]
async fn comments_of_a_file_do_nothing() {
    let shown = shown_of_a_comment_file(&hostile()).await;
    shown.assert_inert(&shown_of_a_comment_file(&harmless()).await);
    let all = hostile().into_iter().enumerate();
    let kept = all.filter(|(number, one)| is_kept(one) && is_let_through(*number, one));
    let kept: Vec<String> = kept.map(|(_, one)| one).collect();
    assert!(kept.len() > 190, "{}", kept.len());
    assert_eq!(shown.count(&kept), kept.len());
}

/// Whether the shield takes none of it for something that a safe reader should see first.
fn is_let_through(number: usize, string: &str) -> bool {
    [&praise_with(number, string), string]
        .into_iter()
        .all(|said| domain::shield::look(said).is_empty())
}

/// What is said of lines that cannot be used is opened in a spreadsheet, which runs what looks like a formula.
#[tokio::test]
async fn rejects_are_no_formulas() {
    let app = TestApp::start().await;
    let mut file = "text,site,date,score,consent,staff id\n".to_owned();
    for string in hostile() {
        for wrong in 1..6 {
            let mut cells = ["Kind.", "", "2026-11-20T10:00:00Z", "9", "staff", ""];
            cells[wrong] = &string;
            file += &line(&cells);
        }
    }
    let file = TextFile::from_bytes("x.csv", file.as_bytes(), None).unwrap();
    let source = sources::by_name(app.db.read(), app.organisation.id, "import")
        .await
        .unwrap();
    let options = Options {
        scale: Some(plaudit::capture::draft::Scale::Nps),
        ..Options::default()
    };
    let file = CommentFile::open(app.db.read(), &source, file, &options, app.clock.now())
        .await
        .unwrap();
    let mut rejects = Vec::new();
    let outcome = import::run(&app.db, &app.clock, &file, "cli", &mut rejects, &mut |_| {})
        .await
        .unwrap();
    assert!(outcome.rejected > 900, "{outcome:?}");
    let mut lines = 0;
    for record in csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(&rejects[..])
        .records()
    {
        let record = record.unwrap();
        assert_eq!(record.len(), 2, "{record:?}");
        for cell in &record {
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']),
                "{cell:?}"
            );
            assert!(!cell.contains(super::DISGUISES), "{cell:?}");
        }
        lines += 1;
    }
    assert_eq!(lines, outcome.rejected);
    app.work().await;
    app.end().await;
}

const ROSTER: &str =
    "employee_id,given_name,family_name,preferred_name,aliases,handles,job_title,site,manager_employee_id\n";

fn roster_of(strings: &[String], manager: &str) -> String {
    let mut file = ROSTER.to_owned();
    for (number, string) in strings.iter().enumerate() {
        let id = format!("h{number} {}", string.chars().take(40).collect::<String>());
        file += &line(&[
            &id, string, string, string, string, string, string, string, manager,
        ]);
    }
    file
}

async fn upload(app: &TestApp, cookie: &str, file: &str) -> Answer {
    let mut body = format!(
        "--x-y-z\r\nContent-Disposition: form-data; name=\"file\"; filename=\"<b onclick=x>=1.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n{file}\r\n"
    );
    for name in ["create_sites", "complete"] {
        body += &format!("--x-y-z\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\nyes\r\n");
    }
    body += "--x-y-z--\r\n";
    let request = app.web().post("/roster").header("cookie", cookie);
    let request = request.header("sec-fetch-site", "same-origin");
    let request = request.content_type("multipart/form-data; boundary=x-y-z");
    Answer::read(request.body(body).send().await).await
}

/// The roster is shown with its mistakes, then without them, applied, shown again with other names and with leavers,
/// and everybody on it is praised.
async fn shown_of_a_roster(strings: &[String]) -> (Shown, usize) {
    let (shop, cookies) = open("").await;
    let app = &shop.app;
    let wrong = upload(app, &cookies[0], &roster_of(strings, ""))
        .await
        .expect(200);
    let options = roster::Options {
        create_sites: true,
        ..roster::Options::default()
    };
    let good = usable(app, strings, &options).await;
    let file = TextFile::from_bytes("x.csv", roster_of(&good, "ruth").as_bytes(), None).unwrap();
    let new = upload(app, &cookies[0], &roster_of(&good, "ruth"))
        .await
        .expect(200);
    let now = app.clock.now();
    let seen = roster::preview(app.db.read(), app.organisation.id, &file, &options, now)
        .await
        .unwrap();
    let (own, digest) = (app.organisation.id, &seen.digest);
    let agreed = roster::agreed(app.db.read(), own, &file, &options, digest, now).await;
    let tx = app.db.write().await.unwrap();
    roster::apply(&tx, agreed.unwrap(), "cli", now).await.unwrap();
    tx.commit().await.unwrap();
    let renamed: Vec<String> = good.iter().map(|name| format!("{name}.")).collect();
    let changed = upload(app, &cookies[0], &roster_of(&renamed, "omar"))
        .await
        .expect(200);
    praise_everybody(app).await;
    tell_the_week(app).await;
    let cookies = signed_in(&shop).await;
    let mut shown = Shown::to(app, &cookies, &[format!("/feed/site/{}", shop.leeds.id)]).await;
    for (of, page) in [("wrong", wrong), ("new", new), ("changed", changed)] {
        shown.add(of, &page.text);
    }
    let read = shown.count(&good);
    assert_eq!(read, good.len(), "names that stand on pages");
    end(shop).await;
    (shown, read)
}

/// The strings that can be names of people and of sites.
async fn usable(app: &TestApp, strings: &[String], options: &roster::Options) -> Vec<String> {
    let is_name = |string: &&String| string.chars().count() <= 110 && !string.chars().any(char::is_control);
    let mut good: Vec<String> = strings.iter().filter(is_name).cloned().collect();
    loop {
        let file = TextFile::from_bytes("x.csv", roster_of(&good, "").as_bytes(), None).unwrap();
        let now = app.clock.now();
        let seen = roster::preview(app.db.read(), app.organisation.id, &file, options, now)
            .await
            .unwrap();
        if seen.problems.is_empty() {
            return good;
        }
        let bad: Vec<usize> = seen
            .problems
            .iter()
            .flat_map(|problem| &problem.lines)
            .map(|line| *line as usize - 2)
            .collect();
        let mut number = 0..;
        good.retain(|_| !bad.contains(&number.next().unwrap()));
        assert!(good.len() * 2 > strings.len(), "{:?}", seen.problems);
    }
}

async fn praise_everybody(app: &TestApp) {
    let mut file = "text,staff id\n".to_owned();
    for person in staff_member::Entity::find().all(app.db.read()).await.unwrap() {
        file += &line(&["So kind and helpful, thank you!", &person.employee_id]);
    }
    let (outcome, _) = import(app, &file).await;
    assert!(outcome.added > 50, "{outcome:?}");
    app.work().await;
}

#[tokio::test]
async fn a_roster_of_hostile_names_does_nothing() {
    let (shown, read) = shown_of_a_roster(&hostile()).await;
    assert!(read > 100, "{read}");
    shown.assert_inert(&shown_of_a_roster(&harmless()).await.0);
}

fn markup(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Posts on X and Mastodon, by hostile authors, as text and, at Mastodon, as the markup it is.
async fn shown_of_networks(strings: &[String]) -> Shown {
    let (x, mastodon) = (FakeX::start(1).await, FakeMastodon::start().await);
    let (shop, _) = open(&format!("{SEALING}[x]\naddress = \"{}\"\n", x.base_url())).await;
    shop.app.clock.set(x.now());
    shop.app.connect(x_source(&["acme"], None)).await;
    mastodon.advance(x.now() - mastodon.now());
    shop.app.connect(mastodon_source(&mastodon)).await;
    let ruth = shop.app.account_of(shop.ruth.id).await.id;
    let (first, rest) = strings.split_at(40);
    for (strings, frequency) in [(first, Frequency::AtOnce), (rest, Frequency::Digest)] {
        shop.app
            .change_account(ruth, |row| row.frequency = Set(frequency))
            .await;
        for string in strings {
            x.post(NewPost::by(string, &format!("@acme {PRAISE} {string}")).named(string));
            let html = format!("<p>@acme {PRAISE} {}</p>", markup(string));
            let id = mastodon.mention_by((string, string), &html, "public");
            mastodon.set_url(id, &format!("https://mastodon.example/{string}"));
        }
        for string in strings.iter().take(25) {
            mastodon.mention_by((string, string), &format!("{PRAISE} {string}"), "public");
        }
        for _ in 0..4 {
            shop.app.work().await;
            let time = TimeDelta::minutes(3);
            shop.app.advance(time);
            x.advance(time);
            mastodon.advance(time);
        }
    }
    let taken = comment::Entity::find()
        .all(shop.app.db.read())
        .await
        .unwrap()
        .len();
    assert!(taken > 2 * strings.len(), "{taken} posts were taken in");
    tell_the_week(&shop.app).await;
    let cookies = signed_in(&shop).await;
    assert!(shop.app.mails().len() > 80, "{} mails", shop.app.mails().len());
    let feeds = [format!("/feed/staff/{}", shop.priya.id)];
    let shown = Shown::to(&shop.app, &cookies, &feeds).await;
    end(shop).await;
    shown
}

#[tokio::test]
async fn posts_and_their_authors_do_nothing() {
    let shown = shown_of_networks(&hostile()).await;
    shown.assert_inert(&shown_of_networks(&harmless()).await);
}

/// What customers send that is held, what they are answered, and what is typed on the way.
async fn shown_of_the_form(strings: &[String]) -> Shown {
    let (shop, cookies) = open("").await;
    let app = &shop.app;
    for string in strings.iter().map(String::as_str).filter(|one| is_kept(one)) {
        let token = token_of(&app.page("/thank/shop/leeds").await.expect(200).text);
        let fields = [
            ("token", &*token),
            ("words", string),
            ("who", string),
            ("name", string),
        ];
        let sent = app.send_form_at_once("/thank/shop/leeds", &fields).await;
        assert!([303, 422].contains(&sent.status.as_u16()), "{}", sent.text);
    }
    let page = app.page("/thank/shop/leeds").await.expect(200);
    let fields = [("token", &*token_of(&page.text)), ("words", PRAISE)];
    let receipt = app
        .send_form("/thank/shop/leeds", &fields)
        .await
        .expect(303)
        .header("location");
    app.work().await;
    let mut shown = Shown::default();
    for string in strings {
        answer_and_note(&shop, &cookies, string).await;
        let page = app.page(&receipt).await.expect(200);
        shown.add("receipt", &page.text);
    }
    let rest = Shown::to(app, &cookies, &[format!("/feed/staff/{}", shop.priya.id)]).await;
    shown.extend(rest);
    end(shop).await;
    shown
}

/// The manager's line and the person's answer on the receipt of the one praise there is.
async fn answer_and_note(shop: &Shop, cookies: &[String], string: &str) {
    let found = entity::recognition::Entity::find().one(shop.app.db.read()).await;
    let praise = found.unwrap().unwrap().id;
    let (ruth, priya) = (&cookies[1], &cookies[3]);
    for (cookie, path, fields) in [
        (ruth, format!("/desk/praise/{praise}/undo"), vec![]),
        (
            ruth,
            format!("/desk/praise/{praise}/pass-on"),
            vec![("note", string)],
        ),
        (
            priya,
            format!("/feed/praise/{praise}/answer"),
            vec![("answer", string)],
        ),
    ] {
        let done = shop.app.form_as(cookie, &path, &fields).await;
        assert!(
            [303, 413, 422].contains(&done.status.as_u16()),
            "{path}: {}",
            done.text
        );
    }
}

#[tokio::test]
async fn what_is_held_and_what_is_answered_does_nothing() {
    let shown = shown_of_the_form(&hostile()).await;
    shown.assert_inert(&shown_of_the_form(&harmless()).await);
}

/// What is typed on pages of staff and administrators: it comes back, or stays as a name.
async fn shown_of_typing(strings: &[String]) -> Shown {
    let (shop, cookies) = open("").await;
    let app = &shop.app;
    for id in ["s1", "s2"] {
        app.person_with_id(id, "Sarah", id, Some(shop.leeds.id), Some(shop.ruth.id))
            .await;
    }
    let id = shop.say("Sarah was so kind and helpful, thank you Sarah!").await;
    app.work().await;
    let mut shown = Shown::default();
    for string in strings.iter().map(String::as_str) {
        let settings = [
            ("name", ""),
            ("time_zone", string),
            ("board", "team"),
            ("credit_from", "x"),
            ("colour", string),
            ("privacy_url", string),
        ];
        let sent = [
            (&cookies[0], "/settings".to_owned(), settings.to_vec()),
            (&cookies[0], "/keys".to_owned(), vec![("name", string)]),
            (
                &cookies[1],
                format!("/desk/comment/{id}/decide"),
                vec![("who", string)],
            ),
            (&cookies[1], "/sign-in".to_owned(), vec![("email", string)]),
            (&cookies[1], "/join".to_owned(), vec![("code", string)]),
        ];
        for (cookie, path, fields) in sent {
            let answer = app.form_as(cookie, &path, &fields).await;
            assert!(answer.status.as_u16() < 500, "{path}: {}", answer.text);
            shown.add_page(&path, &answer);
        }
        let searched = format!("/audit?{}", encoded(&[("q", string)]));
        shown.add_page(&searched, &app.page_as(&cookies[0], &searched).await);
    }
    end(shop).await;
    shown
}

#[tokio::test]
async fn what_is_typed_and_comes_back_does_nothing() {
    let shown = shown_of_typing(&hostile()).await;
    shown.assert_inert(&shown_of_typing(&harmless()[..9]).await);
}

/// What stands in the address of a page, under every name that a page looks for.
#[tokio::test]
async fn what_stands_in_addresses_does_nothing() {
    let shown_of = async |strings: &[String]| {
        let (shop, cookies) = open("").await;
        let mut shown = Shown::default();
        for string in strings {
            let typed = [
                "after", "at", "done", "of", "period", "site", "team", "to", "code", "lang",
            ];
            let typed = encoded(&typed.map(|name| (name, string.as_str())));
            for path in ["/sign-in", "/join", "/desk", "/board"] {
                let path = format!("{path}?{typed}");
                let answer = shop.app.page_as(&cookies[0], &path).await;
                assert!(answer.status.as_u16() < 500, "{path}: {}", answer.text);
                shown.add_page(&path, &answer);
            }
        }
        end(shop).await;
        shown
    };
    shown_of(&hostile())
        .await
        .assert_inert(&shown_of(&harmless()[..9]).await);
}

/// Names that administrators give: of the organisation, its sources, its keys, its channels, and files.
async fn shown_of_names(strings: &[String]) -> Shown {
    let (shop, cookies) = open(SEALING).await;
    let app = &shop.app;
    let mut shown = Shown::default();
    for (number, string) in strings.iter().enumerate() {
        let short: String = string.chars().take(50).collect();
        for (path, body) in [
            (
                "/v1/sources",
                json!({ "name": format!("{short} {number}"), "kind": "api" }),
            ),
            ("/v1/keys", json!({ "name": short, "scopes": ["admin"] })),
            (
                "/v1/channels",
                json!({ "kind": "webhook", "name": short, "address": "https://127.0.0.1:9/1" }),
            ),
        ] {
            let made = app.post(path, body).await;
            assert!(made.status.as_u16() < 500, "{path}: {}", made.text);
        }
        let link = format!(
            "https://plaudit.example/{}",
            string.replace(char::is_whitespace, "")
        );
        let body = json!({ "name": short, "privacy_url": link });
        let named = app
            .call(Method::PATCH, "/v1/organisation", Some(&app.key), Some(body))
            .await;
        if named.status == 200 {
            shown.add("form", &app.page("/thank/shop").await.expect(200).text);
        }
    }
    job_that_failed(app, strings).await;
    shown.extend(Shown::to(app, &cookies, &[]).await);
    end(shop).await;
    shown
}

/// What a database or a server said may stand in a job that was given up.
async fn job_that_failed(app: &TestApp, strings: &[String]) {
    for string in strings.iter().filter(|one| is_kept(one)).take(60) {
        let id = dead_letter_of(app, app.organisation.id).await;
        let tx = app.db.write().await.unwrap();
        let failed = job::ActiveModel {
            id: Set(id),
            last_error: Set(Some(string.clone())),
            ..Default::default()
        };
        failed.update(&tx).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn what_administrators_name_does_nothing() {
    let shown = shown_of_names(&hostile()).await;
    shown.assert_inert(&shown_of_names(&harmless()).await);
}

/// The API says what came in as JSON that no browser takes for a page.
#[tokio::test]
async fn answers_of_the_api_are_json_and_nothing_else() {
    let (shop, _) = open("").await;
    let app = &shop.app;
    for string in hostile().iter().filter(|one| is_kept(one)) {
        let author = json!({ "name": string, "handle": string, "contact": string });
        let comment = json!({ "text": format!("{PRAISE} {string}"), "author": author, "site": "Leeds" });
        let sent = app.post("/v1/comments", comment).await;
        assert!([201, 400, 422].contains(&sent.status.as_u16()), "{}", sent.text);
    }
    app.work().await;
    let mut said = String::new();
    for list in [
        "comments",
        "recognitions",
        "triage",
        "notices",
        "staff",
        "sites",
        "sources",
        "keys",
        "jobs",
        "imports",
    ] {
        let answer = app
            .call(
                Method::GET,
                &format!("/v1/{list}?limit=200"),
                Some(&app.key),
                None,
            )
            .await;
        let answer = if answer.status == 400 {
            app.get(&format!("/v1/{list}")).await
        } else {
            answer
        };
        let answer = answer.expect(200);
        assert!(
            answer.header("content-type").starts_with("application/json"),
            "{list}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{list}");
        let json: Value = answer.json();
        said.push_str(&json["items"].to_string());
    }
    let whole = hostile().iter().filter(|one| is_kept(one)).all(|one| {
        let json = Value::String(one.clone()).to_string();
        said.contains(json.trim_matches('"'))
    });
    assert!(whole, "words come back as they were sent");
    end(shop).await;
}
