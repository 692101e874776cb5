//! Everything that is stored about one person: that every column which points to people is thought of, that the file holds
//! what the database holds, and nobody else's.
use std::collections::{BTreeMap, BTreeSet};

use entity::{account, grant::Role, staff_member};
use futures_util::TryStreamExt;
use plaudit::{
    app::App,
    record::stored::{Head, Line, NOBODY, Whose, lines, pieces},
};
use poem::http::Method;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    demo::SmallDemo,
    reading::SEALING,
    support::{TestApp, telling::*},
};

/// Columns of tables that a name or a foreign key gives away as pointing to a person.
const WORDS: [&str; 7] = [
    "staff",
    "account",
    "manager",
    "reader_id",
    "lead_id",
    "actor",
    "chosen_id",
];

fn names_somebody(column: &str) -> bool {
    column.ends_with("_by") || column.ends_with("_of") || WORDS.iter().any(|word| column.contains(word))
}

impl TestApp {
    async fn stored_about(&self, cookie: &str) -> Value {
        let saved = self.form_as(cookie, "/me/stored", &[]).await.expect(200);
        assert_eq!(saved.header("content-type"), "application/json");
        saved.json()
    }
}

async fn names_and_kinds(app: &App, sqlite: &str, postgres: &str) -> Vec<(String, String)> {
    let backend = app.db.read().get_database_backend();
    let sql = if backend == DbBackend::Sqlite {
        sqlite
    } else {
        postgres
    };
    let rows = app
        .db
        .read()
        .query_all_raw(Statement::from_string(backend, sql))
        .await;
    let text = |row: &sea_orm::QueryResult, name| row.try_get::<String>("", name).unwrap();
    let rows = rows.unwrap();
    rows.iter()
        .map(|row| (text(row, "name"), text(row, "kind")))
        .collect()
}

/// Every column and its type.
async fn columns(app: &App) -> Vec<(String, String)> {
    let all = names_and_kinds(
        app,
        "SELECT m.name || '.' || c.name AS name, c.type AS kind
         FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
        "SELECT table_name || '.' || column_name AS name, data_type AS kind
         FROM information_schema.columns WHERE table_schema = 'public'",
    );
    let all = all.await.into_iter();
    all.filter(|(name, _)| !name.starts_with("comment_search_index"))
        .collect()
}

/// Every column that refers to a row of people, and to which table.
async fn references(app: &App) -> Vec<(String, String)> {
    let all = names_and_kinds(
        app,
        "SELECT m.name || '.' || f.\"from\" AS name, f.\"table\" AS kind
         FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
        "SELECT conrelid::regclass || '.' || a.attname AS name, confrelid::regclass::text AS kind
         FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
         WHERE c.contype = 'f'",
    );
    all.await
        .into_iter()
        .map(|(name, kind)| (name.replace('"', ""), kind.replace('"', "")))
        .collect()
}

/// How many rows of a table hold one of these ids in a column, as such or somewhere in a text.
async fn count(app: &App, column: &str, kind: &str, ids: [Uuid; 2]) -> usize {
    let (table, column) = column.split_once('.').unwrap();
    let backend = app.db.read().get_database_backend();
    let said = |id: Uuid| match (kind.contains("uuid"), backend) {
        (true, DbBackend::Sqlite) => format!("hex(\"{column}\") = '{:X}'", id.simple()),
        (true, _) => format!("\"{column}\" = '{id}'"),
        (false, _) => format!("CAST(\"{column}\" AS text) LIKE '%{id}%'"),
    };
    let such = ids.map(said).join(" OR ");
    let sql = format!("SELECT count(*) AS n FROM \"{table}\" WHERE {such}");
    let row = app
        .db
        .read()
        .query_one_raw(Statement::from_string(backend, sql))
        .await;
    usize::try_from(row.unwrap().unwrap().try_get::<i64>("", "n").unwrap()).unwrap()
}

/// Whether a column can hold an id.
fn holds_ids(kind: &str) -> bool {
    ["uuid", "char", "text", "json"]
        .iter()
        .any(|one| kind.contains(one))
}

/// What a column can hold that somebody could be known by.
const OF_PEOPLE: [&str; 6] = ["id", "ids", "ids and codes", "address", "description", "roster"];

/// A column that is new in `src/statement/columns.txt` needs a line or a reason.
#[test]
fn every_column_that_could_be_about_somebody_is_told_or_says_why_not() {
    let lines = lines();
    let whole: BTreeSet<&str> = lines
        .iter()
        .filter(|line| line.is_whole())
        .map(Line::table)
        .collect();
    let known: BTreeSet<String> = lines.iter().map(Line::name).collect();
    let listed = plaudit::statement::columns::COLUMNS
        .lines()
        .filter(|line| !line.starts_with('#'));
    let undecided: Vec<&str> = listed
        .filter_map(|line| {
            let (column, rest) = line.split_once(" | ")?;
            let (holds, _) = rest.split_once(" | ")?;
            let table = column.split_once('.')?.0;
            let is_decided = known.contains(column)
                || whole.contains(table)
                || NOBODY.iter().any(|(name, _)| *name == column);
            (OF_PEOPLE.contains(&holds) && !is_decided).then_some(column)
        })
        .collect();
    assert!(
        undecided.is_empty(),
        "give these a line in src/record/stored.rs: {undecided:?}"
    );
}

#[tokio::test]
async fn every_column_that_points_to_a_person_says_what_of_its_rows_is_theirs() {
    let app = TestApp::start().await;
    let known: BTreeSet<String> = lines().iter().map(Line::name).collect();
    assert_eq!(known.len(), lines().len(), "a column has two lines");
    let nobodys: BTreeSet<String> = NOBODY.iter().map(|(name, _)| (*name).to_owned()).collect();
    let columns = columns(&app).await;
    let there: BTreeSet<&String> = columns.iter().map(|(name, _)| name).collect();
    let mut pointing: BTreeSet<String> = columns
        .iter()
        .map(|(name, _)| name.clone())
        .filter(|name| names_somebody(name.split_once('.').unwrap().1))
        .collect();
    let people = ["staff_member", "account"];
    let referring = references(&app).await.into_iter();
    pointing.extend(
        referring
            .filter(|(_, to)| people.contains(&to.as_str()))
            .map(|(name, _)| name),
    );
    let missing: Vec<_> = pointing
        .iter()
        .filter(|name| !known.contains(*name) && !nobodys.contains(*name))
        .collect();
    assert!(
        missing.is_empty(),
        "give these a line in src/record/stored.rs: {missing:?}"
    );
    let gone: Vec<_> = known
        .union(&nobodys)
        .filter(|name| !there.contains(name))
        .collect();
    assert!(gone.is_empty(), "these are no columns: {gone:?}");
    app.end().await;
}

/// Priya is thanked, answers, is told, decides; Tomasz too.
async fn busy() -> (Shop, String) {
    let shop = Shop::open_with(SEALING).await;
    let app = &shop.app;
    for consent in ["staff", "public"] {
        let said = json!({"text": format!("{PRAISE} {consent}"), "site": "Leeds", "consent": consent,
            "author": { "name": "Clara Customer", "contact": "clara@example.com" }});
        shop.send(said).await;
    }
    shop.say("Thank you Tomasz Wilk, so very kind!").await;
    app.work().await;
    let priya = app.signing_in(shop.priya.id).await;
    let cookie = app.sign_in(&priya).await;
    app.form_as(&cookie, "/me", &[("frequency", "digest"), ("own_praise", "yes")])
        .await
        .expect(303);
    let page = app.page_as(&cookie, "/feed").await.text;
    let hide = page
        .split("action=\"")
        .find(|rest| rest.contains("/hide\""))
        .unwrap();
    app.form_as(&cookie, hide.split('"').next().unwrap(), &[])
        .await
        .expect(303);
    let spoken = [("words", "Tomasz Wilk was so kind, she said"), ("way", "phone")];
    app.form_as(&cookie, "/spoken", &spoken).await.expect(303);
    app.account_with("boss@example.org", Role::Administrator, None)
        .await;
    app.work().await;
    (shop, cookie)
}

/// Every column in which one of these ids stands, with the number of such rows: all of them are in the file.
async fn told(app: &App, file: &Value, ids: [Uuid; 2]) -> BTreeMap<String, usize> {
    let rows = file["rows"].as_object().unwrap();
    let mut seen = BTreeMap::new();
    for (column, kind) in columns(app).await {
        let kind = kind.to_lowercase();
        let is_left_out =
            file["not_listed"].get(&column).is_some() || NOBODY.iter().any(|(name, _)| *name == column);
        if !holds_ids(&kind) || is_left_out {
            continue;
        }
        let count = count(app, &column, &kind, ids).await;
        if count > 0 {
            let told = rows.get(&column).unwrap_or_else(|| panic!("nothing of {column}"));
            assert_eq!(told.as_array().unwrap().len(), count, "{column}");
            seen.insert(column, count);
        }
    }
    seen
}

#[tokio::test]
async fn the_file_holds_every_row_that_the_database_has_about_somebody() {
    let (shop, cookie) = busy().await;
    let app = &shop.app;
    for (staff, cookie) in [
        (shop.priya.id, cookie),
        (shop.ruth.id, app.sign_in_staff(shop.ruth.id).await),
    ] {
        let account = app.signing_in(staff).await.id;
        let file = app.stored_about(&cookie).await;
        let rows = file["rows"].as_object().unwrap();
        let seen = told(app, &file, [staff, account]).await;
        assert!(
            seen.contains_key("session.account_id") && seen.contains_key("assignment.staff_id"),
            "{seen:?}"
        );
        let actor = format!("account:{account}");
        let acts = rows["audit.actor"].as_array().unwrap();
        assert!(acts.iter().all(|row| row["actor"] == json!(actor)));
        assert!(
            acts.iter().any(|row| row["action"] == "save_own_data"),
            "{acts:?}"
        );
    }
    shop.app.end().await;
}

#[tokio::test]
async fn nobody_in_the_demo_lacks_a_row_in_their_file() {
    let demo = SmallDemo::lived_through(60).await;
    let app = &demo.app;
    let accounts = account::Entity::find().all(app.db.read()).await.unwrap();
    let mut seen = BTreeSet::new();
    for account in accounts.iter().filter(|account| account.staff_id.is_some()) {
        let staff = account.staff_id.unwrap();
        let person = staff_member::Entity::find_by_id(staff)
            .one(app.db.read())
            .await
            .unwrap();
        let whose = Whose {
            organisation: account.organisation_id,
            account: account.id,
            staff: Some(staff),
            employee_id: person.map(|person| person.employee_id),
        };
        let head = Head {
            organisation: "Demo".to_owned(),
            name: "Somebody".to_owned(),
            at: app.clock.now(),
        };
        let pieces: Vec<Vec<u8>> = pieces(app.db.clone(), whose, head).try_collect().await.unwrap();
        let file: Value = serde_json::from_slice(&pieces.concat()).unwrap();
        seen.extend(told(app, &file, [staff, account.id]).await.into_keys());
    }
    for column in [
        "recognition.staff_id",
        "notice.reader_id",
        "site.lead_id",
        "assignment.manager_id",
    ] {
        assert!(seen.contains(column), "{column} is not in {seen:?}");
    }
}

#[tokio::test]
async fn the_file_has_nothing_of_customers_colleagues_or_tokens() {
    let (shop, cookie) = busy().await;
    let app = &shop.app;
    let file = app.stored_about(&cookie).await;
    assert_eq!(file["name"], "Priya Nair");
    let words: Vec<&str> = file["thank_yous"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["words"].as_str().unwrap())
        .collect();
    assert_eq!(words.len(), 2);
    assert!(words.iter().all(|words| words.starts_with(PRAISE)));
    let own = &file["rows"]["staff_member.id"][0];
    assert_eq!(
        (&own["given_name"], &own["email"]),
        (&json!("Priya"), &json!("priya@example.org"))
    );
    assert_eq!(file["rows"]["account.id"][0]["own_praise"], json!(true));
    assert_eq!(
        file["rows"]["session.account_id"][0]["device"],
        "Firefox, Android"
    );
    let text = file.to_string();
    for stranger in [
        "Clara",
        "clara@example.com",
        "Tomasz",
        "Ruth",
        "token_hash",
        "hash\"",
        "boss@example.org",
    ] {
        assert!(!text.contains(stranger), "{stranger} in {text}");
    }
    shop.app.end().await;
}

#[tokio::test]
async fn many_rows_are_told_once_each() {
    let (shop, cookie) = busy().await;
    let app = &shop.app;
    let account = app.signing_in(shop.priya.id).await;
    let tx = app.db.write().await.unwrap();
    let now = app.clock.now();
    let actor = format!("account:{}", account.id);
    let entry = |number: i32| plaudit::access::audit::Entry {
        organisation: app.organisation.id,
        at: now,
        actor: &actor,
        action: "sign_in",
        subject_kind: "account",
        subject_id: None,
        detail: json!({ "number": number }),
    };
    plaudit::access::audit::record_all(&tx, (0..1203).map(entry))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let file = app.stored_about(&cookie).await;
    let acts = file["rows"]["audit.actor"].as_array().unwrap();
    let numbers: BTreeSet<i64> = acts
        .iter()
        .filter_map(|row| row["detail"]["number"].as_i64())
        .collect();
    let ids: BTreeSet<&str> = acts.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!((numbers.len(), ids.len()), (1203, acts.len()));
    shop.app.end().await;
}

#[tokio::test]
async fn the_file_is_had_by_the_api_too_and_by_nobody_else() {
    let (shop, cookie) = busy().await;
    let app = &shop.app;
    let file = app
        .ask_as(&cookie, Method::GET, "/v1/me/stored")
        .await
        .expect(200);
    assert_eq!(file.header("content-type"), "application/json");
    let (file, page) = (file.json(), app.stored_about(&cookie).await);
    assert_eq!(file["rows"]["staff_member.id"], page["rows"]["staff_member.id"]);
    assert_eq!(file["thank_yous"].as_array().unwrap().len(), 2);
    app.get("/v1/me/stored").await.expect(403);
    app.call(Method::GET, "/v1/me/stored", None, None)
        .await
        .expect(401);
    shop.app.end().await;
}

#[tokio::test]
async fn whoever_is_not_on_the_roster_and_whoever_works_elsewhere_get_only_their_own() {
    let (shop, _) = busy().await;
    let app = &shop.app;
    let accounts = account::Entity::find().all(app.db.read()).await.unwrap();
    let boss = accounts
        .into_iter()
        .find(|one| one.email.as_deref() == Some("boss@example.org"))
        .unwrap();
    let cookie = app.sign_in(&boss).await;
    let file = app.stored_about(&cookie).await;
    assert_eq!(file["thank_yous"], json!([]));
    assert_eq!(file["rows"]["grant.account_id"][0]["role"], "administrator");
    for (column, rows) in file["rows"].as_object().unwrap() {
        let rows = rows.as_array().unwrap();
        assert!(rows.is_empty() || !column.contains("staff"), "{column}: {rows:?}");
    }
    assert!(!file.to_string().contains("Priya"));
    let asked = app.ask_as(&cookie, Method::GET, "/me/stored").await;
    assert_eq!(asked.status.as_u16(), 405);
    shop.app.end().await;
}
