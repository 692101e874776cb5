//! A rota says who was there: it tells whom praise without a name is about, and credits nobody who was off duty.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{comment, comment_revision, grant::Role, recognition, shift, site, staff_member};
use plaudit::{
    platform::{clock::Clock, job::Kind, text_file::TextFile},
    roster::rota::{
        self,
        file::{self as rota_file, Options, RotaError},
    },
};
use poem::http::Method;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    files::{cell, workbook},
    support::{Answer, TestApp, process::Installation},
};

const PRAISE: &str = "The lady at the till was lovely and so helpful, thank you!";
const HEADINGS: &str = "employee_id,site,post,date,from,to,breaks";

/// A shop with three people.
struct Shop {
    app: TestApp,
    leeds: site::Model,
    ann: staff_member::Model,
    bea: staff_member::Model,
    cem: staff_member::Model,
}

impl Shop {
    async fn open() -> Shop {
        let app = TestApp::start().await;
        let leeds = app.site("Leeds", None).await;
        let at = Some(leeds.id);
        let ann = app.person("Ann", "Archer", at, None).await;
        let bea = app.person("Bea", "Baker", at, None).await;
        let cem = app.person("Cem", "Cook", at, None).await;
        Shop {
            app,
            leeds,
            ann,
            bea,
            cem,
        }
    }

    async fn say(&self, shifts: Value) -> Answer {
        self.app.post("/v1/rota", json!({ "shifts": shifts })).await
    }

    /// What a customer says who was served on 20 November.
    async fn praised(&self, time: &str, post: Option<&str>) -> Uuid {
        self.said(PRAISE, &format!("2026-11-20T{time}:00Z"), post).await
    }

    async fn said(&self, text: &str, at: &str, post: Option<&str>) -> Uuid {
        let mut comment = json!({ "text": text, "site": "Leeds", "occurred_at": at });
        if let Some(post) = post {
            comment["post"] = json!(post);
        }
        let sent = self.app.post("/v1/comments", comment).await.expect(201);
        self.app.work().await;
        sent.at("/id").parse().unwrap()
    }

    /// Whom the verdicts on a comment credit, and whom they ask about.
    async fn verdicts(&self, comment: Uuid) -> (Vec<Uuid>, Vec<Uuid>) {
        let path = format!("/v1/comments/{comment}/verdicts");
        let all = self.app.get(&path).await.expect(200).json();
        let of = |state: &str| {
            let items = all["items"].as_array().unwrap().iter();
            let holding = items.filter(|one| one["holds"] == true && one["state"] == state);
            let ids = holding.filter_map(|one| one["staff_id"].as_str()?.parse().ok());
            let mut ids: Vec<Uuid> = ids.collect();
            ids.sort();
            ids
        };
        (of("credited"), of("open"))
    }

    async fn shifts(&self) -> Vec<shift::Model> {
        let mut shifts = shift::Entity::find().all(self.app.db.read()).await.unwrap();
        shifts.sort_by_key(|shift| (shift.starts_at, shift.staff_id));
        shifts
    }

    async fn take(&self, content: &str) -> Result<rota::Replaced, RotaError> {
        self.take_file(TextFile::from_bytes("rota.csv", content.as_bytes(), None).unwrap())
            .await
    }

    async fn take_file(&self, file: TextFile) -> Result<rota::Replaced, RotaError> {
        let (app, own, now) = (&self.app, self.app.organisation.id, self.app.clock.now());
        let seen = rota_file::read(app.db.read(), own, &file, &Options::default(), now).await?;
        let tx = app.db.write().await.unwrap();
        let (_, replaced) = rota_file::apply(&tx, own, (&file, seen), "cli", now).await?;
        tx.commit().await.unwrap();
        Ok(replaced)
    }
}

/// On 20 November.
fn on_duty(employee_id: &str, post: Option<&str>, from: &str, to: &str, breaks: &[(&str, &str)]) -> Value {
    let at = |time: &str| format!("2026-11-20T{time}:00Z");
    let breaks: Vec<Value> = breaks
        .iter()
        .map(|(from, to)| json!({ "starts_at": at(from), "ends_at": at(to) }))
        .collect();
    let mut shift = json!({
        "employee_id": employee_id, "site": "Leeds", "starts_at": at(from), "ends_at": at(to), "breaks": breaks,
    });
    if let Some(post) = post {
        shift["post"] = json!(post);
    }
    shift
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[tokio::test]
async fn whoever_was_alone_at_the_post_is_credited_and_nobody_else() {
    let shop = Shop::open().await;
    let written = shop
        .say(json!([
            on_duty("ann", Some("Till 4"), "08:00", "16:00", &[("11:00", "11:30")]),
            on_duty("bea", Some("Till 5"), "08:00", "16:00", &[]),
        ]))
        .await
        .expect(200);
    assert_eq!(
        (written.at("/days"), written.at("/shifts")),
        ("1".to_owned(), "2".to_owned())
    );
    let praised = shop.praised("10:05", Some("till 4")).await;
    assert_eq!(shop.verdicts(praised).await, (vec![shop.ann.id], vec![]));
    let in_break = shop.praised("11:15", Some("Till 4")).await;
    assert_eq!(
        shop.verdicts(in_break).await,
        (vec![], vec![]),
        "nobody was there"
    );
    let after = shop.praised("18:00", Some("Till 4")).await;
    assert_eq!(shop.verdicts(after).await, (vec![], vec![]));
    let of_site = recognition::Entity::find().filter(recognition::Column::StaffId.is_null());
    assert_eq!(
        of_site.count(shop.app.db.read()).await.unwrap(),
        2,
        "then it is praise of the site"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn two_at_the_post_a_change_and_no_post_are_questions() {
    let shop = Shop::open().await;
    shop.say(json!([
        on_duty("ann", Some("Till 4"), "08:00", "12:00", &[]),
        on_duty("bea", Some("Till 4"), "10:00", "12:00", &[]),
        on_duty("cem", Some("Till 4"), "12:00", "16:00", &[]),
    ]))
    .await
    .expect(200);
    let mut two = vec![shop.ann.id, shop.bea.id];
    two.sort();
    let asked = shop.praised("11:00", Some("Till 4")).await;
    assert_eq!(shop.verdicts(asked).await, (vec![], two.clone()));
    let before_the_change = shop.praised("10:01", Some("Till 4")).await;
    assert_eq!(shop.verdicts(before_the_change).await, (vec![], two));
    let without_a_post = shop.praised("14:00", None).await;
    assert_eq!(shop.verdicts(without_a_post).await, (vec![], vec![shop.cem.id]));
    let triage = shop.app.get("/v1/triage").await.expect(200);
    assert!(triage.text.contains("unnamed.on_duty"), "{}", triage.text);
    let boss = shop
        .app
        .account_with("admin@example.org", Role::Administrator, None)
        .await;
    let cookie = shop.app.sign_in(&boss).await;
    let desk = shop.app.page_as(&cookie, "/desk").await.expect(200);
    for told in ["on duty at Till 4 at 11:00", "on duty there at the time"] {
        assert!(desk.text.contains(told), "{told}: {}", desk.text);
    }
    // Whom nobody could be told of is routed again a moment after somebody got a role.
    shop.app.clock.advance(chrono::TimeDelta::minutes(2));
    shop.app.work().await;
    shop.app.end().await;
}

#[tokio::test]
async fn a_name_wins_and_complaints_days_without_a_time_and_words_of_things_credit_nobody() {
    let shop = Shop::open().await;
    shop.say(json!([on_duty("ann", Some("Till 4"), "08:00", "16:00", &[])]))
        .await
        .expect(200);
    let at = "2026-11-20T10:05:00Z";
    for (text, at, credited) in [
        (
            "Bea Baker at the till was so kind and helpful, thank you Bea!",
            at,
            vec![shop.bea.id],
        ),
        ("The lady at the till was rude and unhelpful.", at, vec![]),
        ("Lovely cakes, great prices.", at, vec![]),
        (PRAISE, "2026-11-20T12:00:00Z", vec![]),
    ] {
        let said = shop.said(text, at, Some("Till 4")).await;
        assert_eq!(shop.verdicts(said).await, (credited, vec![]), "{text}");
    }
    let now = json!({ "text": PRAISE, "site": "Leeds", "post": "Till 4" });
    let sent = shop.app.post("/v1/comments", now).await.expect(201);
    shop.app.work().await;
    let untimed = shop.verdicts(sent.at("/id").parse().unwrap()).await;
    assert_eq!(
        untimed,
        (vec![], vec![]),
        "when it came in is not when they were served"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn nights_and_days_on_which_clocks_change_are_as_long_as_they_are() {
    let shop = Shop::open().await;
    shop.take(&format!(
        "{HEADINGS}\n\
         ann,Leeds,Desk,2026-11-19,22:00,06:00,\"23:45-00:15, 3:00-3:30\"\n\
         bea,Leeds,Desk,2026-10-24,23:00,03:00,\n"
    ))
    .await
    .unwrap();
    let shifts = shop.shifts().await;
    assert_eq!(
        shifts[0].ends_at - shifts[0].starts_at,
        TimeDelta::hours(5),
        "clocks went back"
    );
    assert_eq!(shifts[1].ends_at, time("2026-11-20T06:00:00Z"));
    let praise = "The lady at the desk was lovely and so helpful, thank you!";
    for (at, credited) in [
        ("2026-11-20T02:00:00Z", vec![shop.ann.id]),
        ("2026-11-20T00:05:00Z", vec![]),
        ("2026-11-20T06:30:00Z", vec![]),
        ("2026-10-25T00:30:00Z", vec![shop.bea.id]),
        ("2026-10-25T01:30:00Z", vec![shop.bea.id]),
        ("2026-10-25T03:30:00Z", vec![]),
    ] {
        let said = shop.said(praise, at, Some("desk")).await;
        assert_eq!(shop.verdicts(said).await, (credited, vec![]), "{at}");
    }
    shop.app.end().await;
}

#[tokio::test]
async fn the_same_file_changes_nothing_and_another_replaces_its_days_only() {
    let shop = Shop::open().await;
    let first = format!(
        "{HEADINGS}\n\
         ann,Leeds,Till 4,2026-11-19,8:00,16:00,10:00-10:15\n\
         ann,Leeds,Till 4,2026-11-20,8:00,16:00,\n\
         bea,Leeds,Till 5,2026-11-20,8:00,16:00,\n"
    );
    let written = shop.take(&first).await.unwrap();
    assert_eq!((written.days, written.same, written.shifts), (2, 0, 3));
    let before = shop.shifts().await;
    let again = shop.take(&first).await.unwrap();
    assert_eq!((again.days, again.same, again.shifts), (0, 2, 0));
    assert_eq!(shop.shifts().await, before);
    let praised = shop.praised("10:05", Some("Till 4")).await;
    assert_eq!(shop.verdicts(praised).await.0, [shop.ann.id]);
    let changed = shop
        .take(&format!("{HEADINGS}\ncem,Leeds,Till 4,2026-11-20,8:00,16:00,\n"))
        .await
        .unwrap();
    assert_eq!((changed.days, changed.shifts, changed.comments), (1, 1, 1));
    let after = shop.shifts().await;
    assert_eq!(after.len(), 2);
    assert_eq!(after[0], before[0], "other days stay");
    shop.app.work().await;
    assert_eq!(
        shop.verdicts(praised).await,
        (vec![shop.cem.id], vec![]),
        "it is read again"
    );
    shop.app.end().await;
}

#[tokio::test]
async fn a_rota_that_comes_later_is_asked_and_what_people_decided_stands() {
    let shop = Shop::open().await;
    let (open, decided) = (
        shop.praised("10:05", Some("Till 4")).await,
        shop.praised("10:10", Some("Till 4")).await,
    );
    let answer = json!({ "decision": "credit", "staff": [shop.bea.id] });
    shop.app
        .post(&format!("/v1/triage/{decided}/decisions"), answer)
        .await
        .expect(200);
    shop.app.work().await;
    let written = shop
        .say(json!([on_duty("ann", Some("Till 4"), "08:00", "16:00", &[])]))
        .await
        .expect(200);
    assert_eq!(written.at("/comments"), "1");
    shop.app.work().await;
    assert_eq!(shop.verdicts(open).await, (vec![shop.ann.id], vec![]));
    assert_eq!(shop.verdicts(decided).await.0, [shop.bea.id]);
    let held = recognition::Entity::find().filter(recognition::Column::WithdrawnAt.is_null());
    let held = held.count(shop.app.db.read()).await.unwrap();
    assert_eq!(held, 3, "Ann's in the site's place, and Bea's beside it");
    shop.app.advance(TimeDelta::minutes(5));
    shop.app.work().await;
    shop.app.end().await;
}

#[tokio::test]
async fn a_bad_file_says_where_and_nothing_is_written() {
    let shop = Shop::open().await;
    shop.app
        .person_with_id("ann-2", "Ann", "Archer", Some(shop.leeds.id), None)
        .await;
    for (line, told) in [
        (
            "nobody,Leeds,,2026-11-20,8:00,16:00,",
            "line 3, column employee_id: \"nobody\": there is nobody",
        ),
        (
            "ann,York,,2026-11-20,8:00,16:00,",
            "line 3, column site: there is no site \"York\"",
        ),
        (
            "ann,Leeds,,2026-11-20,soon,16:00,",
            "line 3, column from: \"soon\": no time; right is",
        ),
        (
            "ann,Leeds,,2026-11-20,8:00,16:00,10:00-10:15,13:00",
            "line 3: the line has another number",
        ),
    ] {
        let content = format!("{HEADINGS}\nbea,Leeds,,2026-11-20,8:00,16:00,\n{line}\n");
        let refused = shop.take(&content).await.unwrap_err().to_string();
        assert!(refused.contains(told), "{refused}");
    }
    let by_name = "name,site,date,from,to\nBea Baker,Leeds,2026-11-20,8:00,16:00\nAnn Archer,Leeds,2026-11-20,8:00,16:00\n";
    let refused = shop.take(by_name).await.unwrap_err().to_string();
    assert!(
        refused.contains("column name: \"Ann Archer\": several people"),
        "{refused}"
    );
    for (shift, told) in [
        (
            on_duty("nobody", None, "08:00", "16:00", &[]),
            "shifts[0].employee_id",
        ),
        (on_duty("ann", None, "16:00", "08:00", &[]), "shifts[0].ends_at"),
        (
            on_duty("ann", None, "08:00", "16:00", &[("17:00", "17:15")]),
            "shifts[0].breaks",
        ),
    ] {
        let answer = shop.say(json!([shift])).await.expect(422);
        assert!(answer.at("/detail").contains(told), "{}", answer.text);
    }
    assert!(shop.shifts().await.is_empty());
    shop.app.end().await;
}

#[tokio::test]
async fn a_workbook_is_taken_in_over_the_api_and_shifts_are_listed_by_site_and_day() {
    let shop = Shop::open().await;
    let number = |place: &str, value: f64| format!("<c r=\"{place}\"><v>{value}</v></c>");
    let headings: String = ["Mitarbeiter", "Filiale", "Kasse", "Datum", "Von", "Bis"]
        .iter()
        .zip(["A1", "B1", "C1", "D1", "E1", "F1"])
        .map(|(text, place)| cell(place, text))
        .collect();
    let text: String = [
        ("A2", "Ann Archer"),
        ("B2", "Leeds"),
        ("C2", "4"),
        ("D2", "20.11.2026"),
    ]
    .map(|(place, text)| cell(place, text))
    .concat();
    let times = number("E2", 22.0 / 24.0) + &number("F2", 6.5 / 24.0);
    let bytes = workbook(&format!("<row>{headings}{text}{times}</row>"), "<sst/>");
    let send = async |path: &str| {
        let request = shop.app.web().request(Method::POST, path);
        let request = request.header("authorization", format!("Bearer {}", shop.app.key));
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        Answer::read(
            request
                .header("content-type", kind)
                .body(bytes.clone())
                .send()
                .await,
        )
        .await
    };
    let seen = send("/v1/imports/rota").await.expect(200);
    assert_eq!(
        (seen.at("/shifts"), seen.at("/problems")),
        ("1".to_owned(), "[]".to_owned())
    );
    assert!(shop.shifts().await.is_empty(), "a dry run");
    let taken = send("/v1/imports/rota?apply=true").await.expect(200);
    assert_eq!(taken.at("/written/days"), "1");
    let imported = shop.app.get("/v1/imports").await.expect(200);
    assert_eq!(imported.at("/items/0/kind"), "rota");
    let undo = format!("/v1/imports/{}/undo", taken.at("/import_id"));
    shop.app.post(&undo, json!({})).await.expect(409);
    let listed = shop
        .app
        .get(&format!("/v1/rota?site={}&day=2026-11-20", shop.leeds.id))
        .await
        .expect(200);
    assert_eq!(listed.at("/items/0/staff_id"), shop.ann.id.to_string());
    assert_eq!(time(&listed.at("/items/0/ends_at")), time("2026-11-21T06:30:00Z"));
    let other_day = shop.app.get("/v1/rota?day=2026-11-21").await.expect(200);
    assert_eq!(other_day.json()["items"], json!([]));
    shop.app.end().await;
}

#[tokio::test]
async fn another_organisations_rota_is_neither_seen_nor_touched() {
    let shop = Shop::open().await;
    shop.say(json!([on_duty("ann", Some("Till 4"), "08:00", "16:00", &[])]))
        .await
        .expect(200);
    let before = shop.shifts().await;
    let (_, stranger) = shop.app.other_organisation().await;
    let theirs = async |method, path: &str, body| shop.app.call(method, path, Some(&stranger), body).await;
    let listed = theirs(Method::GET, "/v1/rota", None).await.expect(200);
    assert_eq!(listed.json()["items"], json!([]));
    theirs(Method::GET, &format!("/v1/rota?site={}", shop.leeds.id), None)
        .await
        .expect(404);
    let shifts = json!({ "shifts": [on_duty("ann", Some("Till 4"), "09:00", "10:00", &[])] });
    theirs(Method::POST, "/v1/rota", Some(shifts)).await.expect(422);
    assert_eq!(shop.shifts().await, before);
    shop.app.end().await;
}

#[tokio::test]
async fn the_post_is_corrected_like_what_else_decides_and_erased_with_the_words() {
    let shop = Shop::open().await;
    shop.say(json!([
        on_duty("ann", Some("Till 4"), "08:00", "16:00", &[]),
        on_duty("bea", Some("Till 5"), "08:00", "16:00", &[]),
    ]))
    .await
    .expect(200);
    let send = async |post: &str| {
        let comment = json!({
            "text": PRAISE, "site": "Leeds", "occurred_at": "2026-11-20T10:05:00Z", "external_id": "r-1", "post": post,
        });
        let sent = shop.app.post("/v1/comments", comment).await;
        shop.app.work().await;
        sent
    };
    let sent = send("Till 4").await.expect(201);
    let id: Uuid = sent.at("/id").parse().unwrap();
    assert_eq!(shop.verdicts(id).await.0, [shop.ann.id]);
    assert_eq!(send("Till 5").await.expect(200).at("/outcome"), "revised");
    assert_eq!(shop.verdicts(id).await.0, [shop.bea.id]);
    assert_eq!(send("Till 5").await.expect(200).at("/outcome"), "same");
    let path = format!("/v1/comments/{id}");
    shop.app
        .call(Method::DELETE, &path, Some(&shop.app.key), None)
        .await
        .expect(204);
    let revisions = comment_revision::Entity::find()
        .all(shop.app.db.read())
        .await
        .unwrap();
    assert!(revisions.iter().all(|revision| revision.post.is_none()));
    shop.app.work().await;
    shop.app.end().await;
}

#[tokio::test]
async fn shifts_are_kept_for_ninety_days_and_older_ones_are_not_taken() {
    let shop = Shop::open().await;
    let old = format!("{HEADINGS}\nann,Leeds,4,2026-08-01,8:00,16:00,\nann,Leeds,4,2026-11-20,8:00,16:00,\n");
    assert_eq!(shop.take(&old).await.unwrap().shifts, 1);
    let app = &shop.app;
    assert_eq!(rota::forget_old(&app.db, app.clock.now()).await.unwrap(), 0);
    app.advance(TimeDelta::days(90));
    assert_eq!(rota::forget_old(&app.db, app.clock.now()).await.unwrap(), 1);
    assert!(shop.shifts().await.is_empty());
    shop.app.end().await;
}

#[tokio::test]
async fn the_shifts_of_a_batch_are_read_in_one_statement_however_many_comments_it_has() {
    let shop = Shop::open().await;
    shop.say(json!([on_duty("ann", Some("Till 4"), "08:00", "16:00", &[])]))
        .await
        .expect(200);
    let mut taken = Vec::new();
    for count in [4, 32] {
        for second in 0..count {
            let at = format!("2026-11-20T10:05:{second:02}Z");
            let comment = json!({ "text": PRAISE, "site": "Leeds", "occurred_at": at, "post": "Till 4" });
            shop.app.post("/v1/comments", comment).await.expect(201);
        }
        let before = shop.app.db.statements();
        shop.app.work_on(Kind::Attribute).await;
        taken.push(shop.app.db.statements() - before);
        shop.app.work().await;
    }
    assert!(taken[1] <= taken[0], "no more for 32 than for 4: {taken:?}");
    let credited = recognition::Entity::find().filter(recognition::Column::StaffId.eq(shop.ann.id));
    assert_eq!(credited.count(shop.app.db.read()).await.unwrap(), 36);
    let waiting = comment::Entity::find().filter(comment::Column::State.ne(comment::State::Done));
    assert_eq!(waiting.count(shop.app.db.read()).await.unwrap(), 0);
    shop.app.end().await;
}

#[tokio::test]
async fn the_command_line_takes_a_rota_in_and_says_what_is_wrong() {
    let roster = "employee_id,given_name,family_name,site\nE-1,Ann,Archer,Leeds\n";
    let shop = Installation::create(roster, &[]).await;
    // Of the machine's own clock, which says what is kept.
    let day = (Clock::System.now() - TimeDelta::days(2)).date_naive();
    let write = |line: &str| {
        std::fs::write(shop.path("rota.csv"), format!("name,date,from,to,till\n{line}\n")).unwrap();
    };
    write(&format!("Ann Archer,{day},8:00,16:00,4"));
    let command = ["import", "rota", "rota.csv", "--site", "Leeds"];
    let dry = shop.run(&[&command[..], &["--dry-run"]].concat());
    assert!(
        dry.contains("post") && dry.contains("1 shift in 1 line."),
        "{dry}"
    );
    let taken = shop.run(&[&command[..], &["--yes"]].concat());
    assert!(taken.contains("Wrote 1 shift on 1 day of a site"), "{taken}");
    let again = shop.run(&[&command[..], &["--yes"]].concat());
    assert!(
        again.contains("Wrote 0 shifts on 0 days of a site; 1 day had"),
        "{again}"
    );
    write(&format!("Zoe Nobody,{day},8:00,16:00,4"));
    let told = shop.fails(&[&command[..], &["--yes"]].concat());
    assert!(told.contains("nothing can be taken in"), "{told}");
    let misused = shop.fails(&["import", "rota", "rota.csv", "--site", "York", "--yes"]);
    assert!(misused.contains("there is no site \"York\""), "{misused}");
    shop.database.remove().await;
}
