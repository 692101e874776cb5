//! Feeds, boards and counters say the same, for everybody, always.
use std::collections::HashMap;

use chrono::TimeDelta;
use entity::{organisation::BoardMode, recognition, recognition_count, team_count, verdict};
use plaudit::{
    app::App,
    ledger::rebuild,
    platform::job::Job,
    roster::organisation::{self, OrganisationPatch},
    triage::{self, Answer as Said, NewDecision},
};
use poem::http::Method;
use sea_orm::{ConnectionTrait, EntityTrait, Statement};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{Answer, TestApp};

/// North with Leeds and York below it, South; two people each in Leeds and York, whose managers differ.
struct Shop {
    app: TestApp,
    north: Uuid,
    leeds: Uuid,
    south: Uuid,
    ruth: Uuid,
    omar: Uuid,
    staff: Vec<Uuid>,
}

const NAMES: [(&str, &str); 4] = [
    ("Priya", "Nair"),
    ("Tobias", "Quinn"),
    ("Ingrid", "Solheim"),
    ("Bartosz", "Wilk"),
];

impl Shop {
    async fn start() -> Shop {
        let app = TestApp::start().await;
        let north = app.site("North", None).await.id;
        let leeds = app.site("Leeds", Some(north)).await.id;
        let york = app.site("York", Some(north)).await.id;
        let south = app.site("South", None).await.id;
        let ruth = app.person("Ruth", "Adler", Some(leeds), None).await.id;
        let omar = app.person("Omar", "Haddad", Some(york), None).await.id;
        let mut staff = Vec::new();
        for (number, (given, family)) in NAMES.iter().enumerate() {
            let (site, manager) = if number < 2 { (leeds, ruth) } else { (york, omar) };
            staff.push(app.person(given, family, Some(site), Some(manager)).await.id);
        }
        set_mode(&app, BoardMode::Full).await;
        Shop {
            app,
            north,
            leeds,
            south,
            ruth,
            omar,
            staff,
        }
    }

    /// Praise of the person of that number.
    async fn praise(&self, number: usize) -> String {
        let (given, family) = NAMES[number];
        let site = if number < 2 { "Leeds" } else { "York" };
        let text = format!("{given} {family} was so kind and helpful, thank you {given}!");
        self.app.advance(TimeDelta::seconds(1));
        let sent = self
            .app
            .post("/v1/comments", json!({"text": text, "site": site}))
            .await;
        self.app.work().await;
        sent.expect(201).at("/id")
    }

    async fn feed(&self, query: &str) -> Vec<String> {
        let page = self
            .app
            .get(&format!("/v1/recognitions{query}"))
            .await
            .expect(200);
        names(&page)
    }

    async fn board(&self, query: &str) -> Vec<(u64, String, u64)> {
        let page = self.app.get(&format!("/v1/board{query}")).await.expect(200);
        standings(&page)
    }

    async fn end(self) {
        let check = rebuild::rebuild(&self.app.db, self.app.organisation.id, true, self.app.clock.now());
        assert_eq!(check.await.unwrap().differences, [""; 0]);
        self.app.advance(TimeDelta::minutes(3));
        self.app.work().await;
        self.app.end().await;
    }
}

async fn set_mode(app: &TestApp, mode: BoardMode) {
    let tx = app.db.write().await.unwrap();
    let patch = OrganisationPatch {
        board_mode: Some(mode),
        ..OrganisationPatch::default()
    };
    organisation::update(&tx, app.organisation.id, patch, "cli", app.clock.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

fn names(page: &Answer) -> Vec<String> {
    let name = |item: &Value| item["name"].as_str().unwrap_or("site").to_owned();
    page.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(name)
        .collect()
}

fn standings(page: &Answer) -> Vec<(u64, String, u64)> {
    let row = |item: &Value| {
        let name = item["name"].as_str().unwrap().to_owned();
        (
            item["rank"].as_u64().unwrap(),
            name,
            item["count"].as_u64().unwrap(),
        )
    };
    page.json()["items"].as_array().unwrap().iter().map(row).collect()
}

fn row(rank: u64, name: &str, count: u64) -> (u64, String, u64) {
    (rank, name.to_owned(), count)
}

#[tokio::test]
async fn feeds_show_their_scope_newest_first_with_the_sites_below() {
    let shop = Shop::start().await;
    for number in [0, 2, 1, 3, 0] {
        shop.praise(number).await;
    }
    let all = [
        "Priya Nair",
        "Bartosz Wilk",
        "Tobias Quinn",
        "Ingrid Solheim",
        "Priya Nair",
    ];
    assert_eq!(shop.feed("").await, all);
    assert_eq!(shop.feed(&format!("?site={}", shop.north)).await, all);
    let leeds = ["Priya Nair", "Tobias Quinn", "Priya Nair"];
    assert_eq!(shop.feed(&format!("?site={}", shop.leeds)).await, leeds);
    assert_eq!(shop.feed(&format!("?team={}", shop.ruth)).await, leeds);
    assert_eq!(
        shop.feed(&format!("?staff={}", shop.staff[0])).await,
        ["Priya Nair", "Priya Nair"]
    );
    assert!(shop.feed(&format!("?site={}", shop.south)).await.is_empty());
    shop.end().await;
}

#[tokio::test]
async fn pages_of_a_feed_neither_lose_nor_repeat_when_more_comes_in() {
    let shop = Shop::start().await;
    for number in [0, 1, 2, 3, 0, 1, 2] {
        shop.praise(number).await;
    }
    for scope in [String::new(), format!("&site={}", shop.north)] {
        let expected = comments(&shop.app.get(&format!("/v1/recognitions?limit=200{scope}")).await);
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/recognitions?limit=2{scope}{after}");
            let page = shop.app.get(&path).await.expect(200);
            seen.extend(comments(&page));
            shop.praise(3).await;
            match page.json()["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(seen, expected);
    }
    shop.end().await;
}

fn comments(page: &Answer) -> Vec<String> {
    let comment = |item: &Value| item["comment_id"].as_str().unwrap().to_owned();
    page.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(comment)
        .collect()
}

#[tokio::test]
async fn what_is_withdrawn_leaves_the_feed_and_erased_words_leave_their_recognition_behind() {
    let shop = Shop::start().await;
    let (first, second) = (shop.praise(0).await, shop.praise(1).await);
    let decide = format!("/v1/triage/{first}/decisions");
    shop.app
        .post(&decide, json!({"decision": "not_praise"}))
        .await
        .expect(200);
    let erase = format!("/v1/comments/{second}");
    shop.app
        .call(Method::DELETE, &erase, Some(&shop.app.key), None)
        .await
        .expect(204);
    let page = shop.app.get("/v1/recognitions").await.expect(200);
    assert_eq!(names(&page), ["Tobias Quinn"]);
    let item = &page.json()["items"][0];
    assert!(item.get("text").is_none() && item["spans"] == json!([]), "{item}");
    assert_eq!(shop.board("").await, [row(1, "Tobias Quinn", 1)]);
    shop.end().await;
}

#[tokio::test]
async fn site_praise_is_in_the_sites_feed_and_on_no_board() {
    let shop = Shop::start().await;
    let comment = shop.praise(0).await;
    let decide = format!("/v1/triage/{comment}/decisions");
    let unknown = json!({"decision": "nobody_known", "site_praise": true, "take_back": [shop.staff[0]]});
    shop.app.post(&decide, unknown).await.expect(200);
    assert_eq!(shop.feed(&format!("?site={}", shop.north)).await, ["site"]);
    assert!(shop.board("").await.is_empty());
    shop.end().await;
}

#[tokio::test]
async fn boards_share_ranks_among_equals_and_cover_the_sites_below() {
    let shop = Shop::start().await;
    for number in [0, 0, 2, 2, 1, 3] {
        shop.praise(number).await;
    }
    let whole = [
        row(1, "Ingrid Solheim", 2),
        row(1, "Priya Nair", 2),
        row(3, "Bartosz Wilk", 1),
        row(3, "Tobias Quinn", 1),
    ];
    assert_eq!(shop.board("").await, whole);
    assert_eq!(shop.board(&format!("?site={}", shop.north)).await, whole);
    let leeds = [row(1, "Priya Nair", 2), row(2, "Tobias Quinn", 1)];
    assert_eq!(shop.board(&format!("?site={}", shop.leeds)).await, leeds);
    assert_eq!(shop.board(&format!("?team={}", shop.ruth)).await, leeds);
    assert_eq!(
        shop.board(&format!("?team={}&period=all", shop.omar)).await,
        [row(1, "Ingrid Solheim", 2), row(2, "Bartosz Wilk", 1)]
    );
    assert!(shop.board("?on=2026-10-31").await.is_empty());
    assert_eq!(shop.board("?period=quarter&on=2026-10-31").await, whole);
    let board = shop.app.get("/v1/board?period=week").await;
    assert_eq!(
        (
            board.at("/starts_on"),
            board.at("/ends_on"),
            board.at("/total"),
            board.at("/people")
        ),
        ("2026-11-16".into(), "2026-11-22".into(), "6".into(), "4".into())
    );
    let (mut rows, mut after) = (Vec::new(), String::new());
    for _ in 0..4 {
        let page = shop
            .app
            .get(&format!("/v1/board?limit=1{after}"))
            .await
            .expect(200);
        rows.extend(standings(&page));
        let next = page.json()["next"].as_str().map(str::to_owned);
        after = next.map(|next| format!("&after={next}")).unwrap_or_default();
    }
    assert_eq!((rows.as_slice(), after.as_str()), (whole.as_slice(), ""));
    shop.end().await;
}

#[tokio::test]
async fn the_organisation_decides_which_boards_there_are() {
    let shop = Shop::start().await;
    let status = async |path: &str| shop.app.get(path).await.status.as_u16();
    let team = format!("/v1/board?team={}", shop.ruth);
    for (mode, whole, of_a_team) in [
        (BoardMode::Off, 409, 409),
        (BoardMode::Team, 409, 200),
        (BoardMode::Full, 200, 200),
    ] {
        set_mode(&shop.app, mode).await;
        assert_eq!(
            (status("/v1/board").await, status(&team).await),
            (whole, of_a_team)
        );
    }
    shop.end().await;
}

#[tokio::test]
async fn nobody_sees_feeds_and_boards_of_another_organisation() {
    let shop = Shop::start().await;
    shop.praise(0).await;
    let (_, foreign) = shop.app.other_organisation().await;
    let get = async |path: String| shop.app.call(Method::GET, &path, Some(&foreign), None).await;
    assert!(names(&get("/v1/recognitions".to_owned()).await.expect(200)).is_empty());
    for scope in [format!("site={}", shop.leeds), format!("team={}", shop.ruth)] {
        get(format!("/v1/recognitions?{scope}")).await.expect(404);
        get(format!("/v1/board?{scope}")).await.expect(404);
    }
    get(format!("/v1/recognitions?staff={}", shop.staff[0]))
        .await
        .expect(404);
    shop.end().await;
}

#[tokio::test]
async fn rebuild_tells_and_mends_what_was_corrupted_and_keeps_what_tells_of_its_day() {
    let shop = Shop::start().await;
    for number in [0, 1, 2] {
        shop.praise(number).await;
    }
    let before = recognition::Entity::find().all(shop.app.db.read()).await.unwrap();
    let broken = [
        "UPDATE recognition_count SET n = n + 6 WHERE period_kind = 'month'",
        "DELETE FROM team_count WHERE period_kind = 'week'",
        "DELETE FROM notice_recognition",
        "DELETE FROM promise",
        "DELETE FROM recognition WHERE staff_id IN (SELECT id FROM staff_member WHERE given_name = 'Priya')",
    ];
    for sql in broken {
        shop.app.db.writer().execute_unprepared(sql).await.unwrap();
    }
    let organisation = shop.app.organisation.id;
    let now = shop.app.clock.now();
    let check = rebuild::rebuild(&shop.app.db, organisation, true, now)
        .await
        .unwrap();
    assert!(check.differing >= 7, "{:?}", check.differences);
    let again = rebuild::rebuild(&shop.app.db, organisation, true, now)
        .await
        .unwrap();
    assert_eq!(again.differing, check.differing, "a check mends nothing");
    let mended = rebuild::rebuild(&shop.app.db, organisation, false, now)
        .await
        .unwrap();
    assert!(mended.differing > 0);
    assert_eq!(shop.board("").await.len(), 3);
    let after = recognition::Entity::find().all(shop.app.db.read()).await.unwrap();
    let known = |r: &&recognition::Model| r.staff_id != Some(shop.staff[0]);
    let by_id = |rows: &[recognition::Model]| -> HashMap<Uuid, recognition::Model> {
        rows.iter().filter(known).map(|r| (r.id, r.clone())).collect()
    };
    assert_eq!(by_id(&before), by_id(&after));
    let made_anew = after.iter().find(|r| !known(r)).unwrap();
    let lost = before.iter().find(|r| !known(r)).unwrap();
    assert_eq!(
        (
            made_anew.recognised_at,
            made_anew.occurred_on,
            made_anew.site_id,
            made_anew.manager_id
        ),
        (
            lost.recognised_at,
            lost.occurred_on,
            lost.site_id,
            lost.manager_id
        )
    );
    shop.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn credits_and_undos_from_eight_sides_at_once_leave_counters_that_equal_a_recount() {
    let shop = Shop::start().await;
    let mut comments = Vec::new();
    for number in 0..12 {
        comments.push(shop.praise(number % 4).await.parse::<Uuid>().unwrap());
    }
    let mut config = (*shop.app.config).clone();
    config.database.max_connections = 8;
    let all_sides = App::connect(config, shop.app.clock.clone()).await.unwrap();
    let mut sides = JoinSet::new();
    for side in 0..8_usize {
        let (app, organisation) = (all_sides.clone(), shop.app.organisation.id);
        let (comments, staff) = (comments.clone(), shop.staff.clone());
        sides.spawn(async move {
            for turn in 0..25 {
                let comment = comments[(side * 5 + turn * 7) % comments.len()];
                let tx = app.db.write().await.unwrap();
                let outcome = if (side + turn) % 3 == 0 {
                    triage::undo(&tx, organisation, comment, "cli", None, app.clock.now()).await
                } else {
                    let credit = vec![staff[(side + turn) % 4], staff[(side * 3 + turn * 5) % 4]];
                    let take_back = staff.iter().filter(|id| !credit.contains(id)).copied().collect();
                    let new = NewDecision {
                        organisation,
                        comment,
                        answer: Said::Credit(credit),
                        take_back,
                        keeps_others: false,
                        actor: "cli",
                        oneself: None,
                        now: app.clock.now(),
                    };
                    triage::decide(&tx, new).await
                };
                match outcome {
                    Ok(_) => tx.commit().await.unwrap(),
                    Err(triage::DecisionError::Database(error)) => panic!("{error}"),
                    Err(_) => tx.rollback().await.unwrap(),
                }
            }
        });
    }
    while let Some(side) = sides.join_next().await {
        side.unwrap();
    }
    all_sides.service.db.close().await;
    let verdicts = verdict::Entity::find().all(shop.app.db.read()).await.unwrap();
    assert!(verdicts.len() > 150, "{} verdicts", verdicts.len());
    let standing = recognition::Entity::find().all(shop.app.db.read()).await.unwrap();
    let standing = standing.iter().filter(|r| r.withdrawn_at.is_none()).count() as i64;
    let counts = recognition_count::Entity::find()
        .all(shop.app.db.read())
        .await
        .unwrap();
    let teams = team_count::Entity::find().all(shop.app.db.read()).await.unwrap();
    assert_eq!(counts.iter().map(|c| c.n).sum::<i64>(), standing * 5);
    assert_eq!(teams.iter().map(|c| c.n).sum::<i64>(), standing * 5);
    let total: u64 = shop.board("").await.iter().map(|(_, _, n)| n).sum();
    assert_eq!(total as i64, standing);
    shop.end().await;
}

#[tokio::test]
async fn feeds_and_boards_read_indices_and_never_all_of_history() {
    let shop = Shop::start().await;
    shop.praise(0).await;
    let tx = shop.app.db.write().await.unwrap();
    let scopes = [
        ("staff_id", shop.staff[0]),
        ("site_id", shop.leeds),
        ("manager_id", shop.ruth),
    ];
    // The planner of PostgreSQL prefers to read a small table whole; it is to show what it can do.
    if !tx.is_sqlite() {
        tx.execute_unprepared(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off",
        )
        .await
        .unwrap();
    }
    let db = &tx;
    for (column, id) in scopes {
        let own = format!(
            "organisation_id = {} AND {column} = {}",
            literal(db, shop.app.organisation.id),
            literal(db, id)
        );
        let sql = format!(
            "SELECT * FROM recognition WHERE {own} AND withdrawn_at IS NULL AND recognised_at <= '2026-11-21 12:00:00+00:00' \
             AND (recognised_at < '2026-11-21 12:00:00+00:00' OR id < {}) ORDER BY recognised_at DESC, id DESC LIMIT 51",
            literal(db, id)
        );
        let plan = plan(db, &sql).await;
        let index = format!("recognition_{}", column.trim_end_matches("_id"));
        assert!(plan.contains(&index), "{plan}");
        assert!(!plan.contains("B-TREE") && !plan.contains("Sort"), "{plan}");
    }
    tx.rollback().await.unwrap();
    shop.end().await;
}

fn literal(db: &impl ConnectionTrait, id: Uuid) -> String {
    match db.get_database_backend() {
        sea_orm::DbBackend::Sqlite => format!("x'{}'", id.simple()),
        _ => format!("'{id}'"),
    }
}

async fn plan(db: &impl ConnectionTrait, sql: &str) -> String {
    let backend = db.get_database_backend();
    let (explain, column) = match backend {
        sea_orm::DbBackend::Sqlite => ("EXPLAIN QUERY PLAN", "detail"),
        _ => ("EXPLAIN", "QUERY PLAN"),
    };
    let rows = db
        .query_all_raw(Statement::from_string(backend, format!("{explain} {sql}")))
        .await
        .unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.try_get("", column).unwrap()).collect();
    lines.join("\n")
}

#[tokio::test]
async fn a_decision_hands_on_one_job_to_route() {
    let shop = Shop::start().await;
    let comment = shop.praise(0).await.parse::<Uuid>().unwrap();
    let decide = format!("/v1/triage/{comment}/decisions");
    shop.app
        .post(&decide, json!({"decision": "credit", "staff": [shop.staff[1]]}))
        .await
        .expect(200);
    let jobs = entity::job::Entity::find().all(shop.app.db.read()).await.unwrap();
    let job = serde_json::to_value(Job::Route { comment }).unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!(
        (jobs[0].kind.as_str(), &jobs[0].payload),
        ("route", &job["payload"])
    );
    shop.end().await;
}
