//! The pages of administrators: each does what its button says, and writes it into the log.
use entity::{grant::Role, key, organisation::BoardMode, source, staff_member};
use sea_orm::EntityTrait;

use crate::support::{Answer, TestApp, form::token_of, office::Office};

const ROSTER: &str = "employee_id,given_name,family_name,site\ne1,Priya,Nair,Leeds\ne2,Tom,<b>Hall,Leeds\n";

impl Office {
    /// Sends a file as a browser does.
    async fn upload(&self, content: &str, ticked: &[&str]) -> Answer {
        self.upload_to("/roster", content, ticked).await
    }

    async fn upload_to(&self, path: &str, content: &str, ticked: &[&str]) -> Answer {
        let mut body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"staff.csv\"\r\n\
             Content-Type: text/csv\r\n\r\n{content}\r\n"
        );
        for name in ticked {
            body += &format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\nyes\r\n");
        }
        body += "--x--\r\n";
        let request = self.app.web().post(path).header("cookie", &self.cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        let request = request.content_type("multipart/form-data; boundary=x");
        Answer::read(request.body(body).send().await).await
    }

    async fn people(&self) -> usize {
        let all = staff_member::Entity::find().all(self.app.db.read()).await;
        all.unwrap().len()
    }
}

/// The hidden fields of a page.
fn hidden(page: &str) -> Vec<(String, String)> {
    let fields = page.split("<input type=\"hidden\" name=\"").skip(1);
    fields
        .map(|field| {
            let (name, rest) = field.split_once("\" value=\"").unwrap();
            (name.to_owned(), rest.split('"').next().unwrap().to_owned())
        })
        .collect()
}

#[tokio::test]
async fn a_roster_is_applied_exactly_as_it_was_shown_or_not_at_all() {
    let office = Office::start().await;
    let seen = office.upload(ROSTER, &["create_sites"]).await.expect(200);
    assert!(seen.text.contains("Nothing is changed yet."), "{}", seen.text);
    assert!(seen.text.contains("Tom &lt;b&gt;Hall"), "{}", seen.text);
    assert_eq!(office.people().await, 0);
    let fields = hidden(&seen.text);
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut other = fields.clone();
    other.retain(|(name, _)| *name != "create_sites");
    let stale = office.send("/roster/apply", &other).await.expect(409);
    assert!(stale.text.contains("We can’t use this file."), "{}", stale.text);
    assert_eq!(office.people().await, 0);
    office.send("/roster/apply", &fields).await.expect(200);
    assert_eq!(office.people().await, 2);
    office.send("/roster/apply", &fields).await.expect(409);
    office.app.work().await;
    office.app.end().await;
}

#[tokio::test]
async fn a_roster_with_a_bad_line_shows_it_and_offers_no_button() {
    let office = Office::start().await;
    let bad = "employee_id,given_name,family_name,site\n,Priya,Nair,\n";
    let seen = office.upload(bad, &[]).await.expect(200);
    assert!(seen.text.contains("Line 2."), "{}", seen.text);
    assert!(!seen.text.contains("/roster/apply"), "{}", seen.text);
    let refused = office.upload("colour\nred\n", &[]).await.expect(200);
    assert!(
        refused.text.contains("These columns are missing.") && refused.text.contains("<b>Last name</b>"),
        "{}",
        refused.text
    );
    office.app.end().await;
}

/// The hidden fields of the form that takes the file anew, with boxes that are ticked.
fn again<'f>(fields: &'f [(String, String)], ticked: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let file = fields
        .iter()
        .filter(|(name, _)| name == "name" || name == "file")
        .map(|(name, value)| (name.as_str(), value.as_str()));
    file.take(2).chain(ticked.iter().copied()).collect()
}

#[tokio::test]
async fn what_a_file_lacks_is_offered_where_it_is_refused_in_the_language_of_the_reader() {
    let office = Office::start().await;
    let seen = office.upload(ROSTER, &[]).await.expect(200).text;
    assert!(
        seen.contains("There is no place Leeds.") && seen.contains("Create the missing place<"),
        "{seen}"
    );
    assert!(seen.contains("Of 2 lines, 0 are as they were."), "{seen}");
    assert!(
        !seen.contains("--create-sites") && !seen.contains("/roster/apply"),
        "{seen}"
    );
    for (language, says) in [
        ("de", "Den Ort Leeds gibt es nicht."),
        ("fr", "Le lieu Leeds n’existe pas."),
        ("es", "El lugar Leeds no existe."),
    ] {
        let path = format!("/roster?lang={language}");
        let told = office.upload_to(&path, ROSTER, &[]).await.expect(200).text;
        assert!(
            told.contains(says) && !told.contains("there is no site"),
            "{language}: {told}"
        );
    }
    let fields = hidden(&seen);
    let ticked = again(&fields, &[("create_sites", "yes")]);
    let seen = office.send("/roster/columns", &ticked).await.expect(200).text;
    assert!(
        seen.contains("/roster/apply") && seen.contains("Apply 3 changes"),
        "{seen}"
    );
    let applied = office.send("/roster/apply", &borrowed(&hidden(&seen))).await;
    let applied = applied.expect(200).text;
    assert!(applied.contains("3 changes were applied."), "{applied}");
    assert_eq!(office.people().await, 2);
    office.app.work().await;
    office.app.end().await;
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    let all = fields.iter();
    all.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn whoever_is_missing_from_a_complete_file_leaves_once_a_box_says_so() {
    let office = Office::start().await;
    let leeds = office.app.site("Leeds", None).await.id;
    for number in ["e1", "e2", "e3"] {
        office
            .app
            .person_with_id(number, "Kim", number, Some(leeds), None)
            .await;
    }
    let file = "employee_id,given_name,family_name,site,email\ne1,Kim,e1,Leeds,\n";
    let seen = office.upload(file, &["complete"]).await.expect(200).text;
    assert!(
        seen.contains("2 of 3 people are not in the file and would leave.")
            && seen.contains("name=\"allow_leavers\" value=\"2\"")
            && seen.contains("Let 2 people leave"),
        "{seen}"
    );
    // What a cell empties is said.
    assert!(
        seen.contains("Email: <del>") && seen.contains("is emptied"),
        "{seen}"
    );
    assert!(seen.contains("It has one line;"), "{seen}");
    assert!(
        !seen.contains("allow-leavers") && !seen.contains("/roster/apply"),
        "{seen}"
    );
    let fields = hidden(&seen);
    let ticked = again(&fields, &[("complete", "yes"), ("allow_leavers", "2")]);
    let seen = office.send("/roster/columns", &ticked).await.expect(200).text;
    let applied = office
        .send("/roster/apply", &borrowed(&hidden(&seen)))
        .await
        .expect(200);
    assert!(
        applied.text.contains("3 changes were applied."),
        "{}",
        applied.text
    );
    office.app.work().await;
    office.app.end().await;
}

#[tokio::test]
async fn a_number_that_becomes_somebody_else_s_is_asked_about() {
    let office = Office::start().await;
    let leeds = office.app.site("Leeds", None).await.id;
    for (number, given, family) in [("1002", "Priya", "Nair"), ("1003", "Ann", "Lee")] {
        office
            .app
            .person_with_id(number, given, family, Some(leeds), None)
            .await;
    }
    let file = "employee_id,given_name,family_name,site\n1002,Tom,Hill,Leeds\n1003,Ann,Park,Leeds\n";
    let seen = office.upload(file, &[]).await.expect(200).text;
    assert!(
        seen.contains("Number 1002 was Priya Nair and becomes Tom Hill: the same person?"),
        "{seen}"
    );
    assert!(
        !seen.contains("Number 1003"),
        "whoever marries stays who they are: {seen}"
    );
    assert!(seen.contains("/roster/apply"), "it may be right: {seen}");
    office.app.end().await;
}

#[tokio::test]
async fn what_is_no_table_is_said_in_the_language_of_the_reader() {
    let office = Office::start().await;
    let told = office
        .upload_to("/roster?lang=de", "%PDF-1.4 a roster", &[])
        .await
        .expect(422)
        .text;
    assert!(
        told.contains("Das ist keine Tabelle, die wir lesen können."),
        "{told}"
    );
    office.app.end().await;
}

#[tokio::test]
async fn the_form_has_a_poster_that_leads_to_it() {
    let office = Office::start().await;
    office.app.site("Leeds", None).await;
    let sources = office.page("/sources").await.expect(200);
    assert!(sources.text.contains("href=\"/poster/shop\""), "{}", sources.text);
    let poster = office.app.page("/poster/shop").await.expect(200);
    assert!(poster.text.contains("/thank/shop</b>"), "{}", poster.text);
    assert!(
        poster.text.contains("href=\"/poster/shop/leeds\""),
        "{}",
        poster.text
    );
    let poster = office.app.page("/poster/shop/leeds").await.expect(200);
    assert!(poster.text.contains("/thank/shop/leeds</b>"), "{}", poster.text);
    assert!(poster.text.contains("<svg class=\"qr\""), "{}", poster.text);
    office.app.page("/poster/nowhere").await.expect(404);
    office.app.end().await;
}

#[tokio::test]
async fn a_form_says_what_is_kept_without_a_page_of_ones_own() {
    let app = TestApp::start().await;
    let form = app.page("/thank/shop").await.expect(200);
    assert!(form.text.contains("href=\"/privacy/shop\""), "{}", form.text);
    let page = app.page("/privacy/shop").await.expect(200);
    assert!(page.text.contains("for 90 days"), "{}", page.text);
    assert!(
        page.text.contains("it is in no feed, on no board"),
        "{}",
        page.text
    );
    app.page("/privacy/nowhere").await.expect(404);
    app.end().await;
}

#[tokio::test]
async fn the_first_day_begins_with_the_people() {
    let office = Office::start().await;
    let desk = office.page("/desk").await.expect(200);
    assert!(desk.text.contains("First: add your people."), "{}", desk.text);
    assert!(
        desk.text.contains("href=\"/roster\">Add your people"),
        "{}",
        desk.text
    );
    office.app.person("Priya", "Nair", None, None).await;
    let desk = office.page("/desk").await.expect(200);
    assert!(desk.text.contains("Nothing needs you."), "{}", desk.text);
    office.app.end().await;
}

#[tokio::test]
async fn a_roster_that_a_german_spreadsheet_saved_is_read() {
    let office = Office::start().await;
    let asked = office.page("/roster").await.expect(200);
    assert!(asked.text.contains("manager_employee_id"), "{}", asked.text);
    let file = "Personalnummer;Nachname;Vorname;Filiale;Eintritt\r\n7;Groß;Änne;;01.04.2015\r\n";
    let seen = office.upload(file, &[]).await.expect(200);
    assert!(seen.text.contains("Änne Groß"), "{}", seen.text);
    assert!(seen.text.contains("/roster/apply"), "{}", seen.text);
    office.app.end().await;
}

#[tokio::test]
async fn what_a_column_stands_for_is_chosen_on_the_page_and_holds_for_the_next_file() {
    let office = Office::start().await;
    let example = office.page("/roster/example.csv").await.expect(200);
    assert!(example.text.starts_with("employee_id,"), "{}", example.text);
    let file = "Kürzel;Vorname;Nachname;Filiale\r\nimar;Ida;Marsch;\r\n";
    let seen = office.upload(file, &[]).await.expect(200);
    assert!(!seen.text.contains("/roster/apply"), "{}", seen.text);
    let mut chosen = hidden(&seen.text);
    chosen.push(("column0".to_owned(), "employee_id".to_owned()));
    let send = async |path: &str, given: Vec<(String, String)>| {
        let given: Vec<(&str, &str)> = given
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        office.send(path, &given).await.expect(200)
    };
    let again = send("/roster/columns", chosen).await;
    assert!(again.text.contains("/roster/apply"), "{}", again.text);
    assert_eq!(office.people().await, 0);
    let applying = again.text.split("action=\"/roster/apply\"").nth(1).unwrap();
    send("/roster/apply", hidden(applying)).await;
    assert_eq!(office.people().await, 1);
    let next = office
        .upload("Kürzel;Name;Filiale\r\njhar;Jo Harms;\r\n", &[])
        .await
        .expect(200);
    assert!(next.text.contains("Jo Harms"), "{}", next.text);
    assert!(next.text.contains("/roster/apply"), "{}", next.text);
    office.app.work().await;
    office.app.end().await;
}

#[tokio::test]
async fn a_key_is_shown_once_and_revoked_at_once() {
    let office = Office::start().await;
    office
        .send("/keys", &[("name", "Till"), ("scope", "nonsense")])
        .await
        .expect(400);
    office.send("/keys", &[("name", "Till")]).await.expect(422);
    let made = office
        .send("/keys", &[("name", "Till <i>"), ("scope", "comments:read")])
        .await
        .expect(201);
    let (_, rest) = made.text.split_once("<code>plaudit_").unwrap();
    let secret = format!("plaudit_{}", rest.split('<').next().unwrap());
    let read = || {
        office
            .app
            .call(poem::http::Method::GET, "/v1/comments", Some(&secret), None)
    };
    read().await.expect(200);
    let listed = office.page("/keys").await.expect(200);
    assert!(!listed.text.contains(&secret) && listed.text.contains("Till &lt;i&gt;"));
    let keys = key::Entity::find().all(office.app.db.read()).await.unwrap();
    let key = keys.iter().find(|key| key.name.starts_with("Till")).unwrap();
    office
        .send(&format!("/keys/{}/revoke", key.id), &[])
        .await
        .expect(303);
    read().await.expect(401);
    office.app.end().await;
}

#[tokio::test]
async fn settings_are_saved_together_or_not_at_all() {
    let office = Office::start().await;
    let good = [
        ("name", "Tarn & Holloway"),
        ("time_zone", "Europe/Berlin"),
        ("board", "full"),
        ("credit_from", "85"),
        ("colour", "#17486b"),
        ("privacy_url", ""),
    ];
    for (field, value) in [
        ("time_zone", "Berlin"),
        ("credit_from", "x"),
        ("colour", "blue"),
        ("name", ""),
    ] {
        let mut wrong = good;
        for pair in wrong.iter_mut().filter(|(name, _)| *name == field) {
            pair.1 = value;
        }
        let page = office.send("/settings", &wrong).await.expect(422);
        assert!(
            page.text.contains("aria-invalid=\"true\""),
            "{field}: {}",
            page.text
        );
    }
    office.send("/settings", &good).await.expect(303);
    let saved = entity::organisation::Entity::find_by_id(office.app.organisation.id)
        .one(office.app.db.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (saved.name.as_str(), saved.board_mode, saved.threshold),
        ("Tarn & Holloway", BoardMode::Full, Some(0.85))
    );
    assert_eq!(saved.colour.as_deref(), Some("#17486b"));
    office.app.end().await;
}

#[tokio::test]
async fn a_source_is_paused_and_goes_on() {
    let office = Office::start().await;
    let found = source::Entity::find()
        .one(office.app.db.read())
        .await
        .unwrap()
        .unwrap();
    let switch = format!("/sources/{}/switch", found.id);
    for is_paused in [true, false] {
        office.send(&switch, &[]).await.expect(303);
        let now = source::Entity::find_by_id(found.id)
            .one(office.app.db.read())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(now.paused_at.is_some(), is_paused);
    }
    office.app.end().await;
}

#[tokio::test]
async fn the_log_names_who_did_what_and_is_searched_and_turned() {
    let office = Office::start().await;
    for number in 0..60 {
        let name = format!("Key {number}");
        office
            .send("/keys", &[("name", &name), ("scope", "admin")])
            .await
            .expect(201);
    }
    let first = office.page("/audit?q=create_key").await.expect(200);
    assert_eq!(first.text.matches("<code>create_key</code>").count(), 50);
    assert_eq!(first.text.matches("Created an API key").count(), 50);
    assert!(
        first.text.contains("<span>ruth@example.org</span>"),
        "{}",
        first.text
    );
    let (_, rest) = first.text.split_once("create_key&amp;after&#x3D;").unwrap();
    let next = format!("/audit?q=create_key&after={}", rest.split('"').next().unwrap());
    let second = office.page(&next).await.expect(200);
    assert_eq!(second.text.matches("<code>create_key</code>").count(), 11);
    let none = office.page("/audit?q=%22%3E%3Cscript%3E").await.expect(200);
    assert!(!none.text.contains("<script>\""), "{}", none.text);
    office.app.end().await;
}

#[tokio::test]
async fn auditors_see_the_pages_without_buttons() {
    let office = Office::start().await;
    let auditor = office
        .app
        .account_with("audit@example.org", Role::Auditor, None)
        .await;
    let cookie = office.app.sign_in(&auditor).await;
    for path in ["/roster", "/sources", "/held", "/jobs", "/keys", "/settings"] {
        let page = office.app.page_as(&cookie, path).await.expect(200);
        assert!(!page.text.contains("type=\"submit\""), "{path}: {}", page.text);
    }
    office.app.end().await;
}

#[tokio::test]
async fn what_is_held_is_shown_with_its_reason_and_released_or_erased() {
    let office = Office::start().await;
    let app = &office.app;
    app.person("Priya", "Nair", None, None).await;
    for words in [
        "Priya Nair was so kind and helpful, thank you Priya! <b>",
        "Buy watches",
    ] {
        let token = token_of(&app.page("/thank/shop").await.expect(200).text);
        let fields = [("token", token.as_str()), ("words", words)];
        app.send_form_at_once("/thank/shop", &fields).await.expect(303);
    }
    let page = office.page("/held").await.expect(200).text;
    assert!(page.contains("thank you Priya! &lt;b&gt;"), "{page}");
    assert!(page.contains("no one was seen typing or pasting."), "{page}");
    let actions: Vec<&str> = page
        .split("action=\"/held/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let [praise, junk] = actions.as_slice() else {
        panic!("two are held: {page}")
    };
    office
        .send(&format!("/held/{praise}"), &[("decision", "release")])
        .await
        .expect(303);
    office
        .send(&format!("/held/{junk}"), &[("decision", "junk")])
        .await
        .expect(303);
    let page = office.page("/held").await.expect(200).text;
    assert!(page.contains("Nothing looks like spam."), "{page}");
    assert!(app.work().await > 0, "what was released goes its way");
    let released = app
        .get(&format!("/v1/comments/{praise}"))
        .await
        .expect(200)
        .json();
    assert_eq!(released["state"], "done");
    let erased = app.get(&format!("/v1/comments/{junk}")).await.expect(200).json();
    assert!(erased["text"].is_null());
    office.app.end().await;
}

/// A file near the limit grows when a form carries it: it must be applied all the same.
#[tokio::test]
async fn a_damaged_workbook_is_refused_with_what_would_be_right() {
    let office = Office::start().await;
    let page = office.upload("PK\u{3}\u{4}\u{14}workbook", &[]).await.expect(422);
    assert!(page.text.contains("Open it, save it again"), "{}", page.text);
    office.app.end().await;
}

#[tokio::test]
async fn a_large_roster_that_was_shown_can_be_applied() {
    let office = Office::start_with("[server]\nimport_limit_bytes = 310000").await;
    let mut content = "employee_id,given_name,family_name,site\n".to_owned();
    for number in 0..9_000 {
        content += &format!(
            "{number},Given{:x},Family{:x},\n",
            number * 7919,
            number * 104_729
        );
    }
    assert!((250_000..300_000).contains(&content.len()), "{}", content.len());
    let shown = office.upload(&content, &[]).await.expect(200);
    let fields = hidden(&shown.text);
    assert!(!fields.is_empty(), "{}", shown.text);
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    office.send("/roster/apply", &fields).await.expect(200);
    assert!(office.people().await >= 9_000);
    office.app.work().await;
    office.app.end().await;
}
