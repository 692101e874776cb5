//! The database fails under us: the disk is full, a statement ends the transaction from within, connections are lost.
//! What was answered is there, and writing goes on by itself.
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use entity::{comment, organisation};
use plaudit::{
    capture::group::NotStored,
    platform::{config::Config, db::Db, wake::Wake},
    web::problem::Failure,
};
use poem::http::StatusCode;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    TestApp,
    database::TestDatabase,
    process::{Installation, Server, free_port, http_client},
};

fn words(number: usize) -> serde_json::Value {
    json!({ "text": format!("Number {number}. {}", "What a lovely afternoon. ".repeat(150)) })
}

/// Posts and returns the comment's id where it was answered with success.
async fn post(app: &TestApp, number: usize) -> Option<String> {
    let answer = app.post("/v1/comments", words(number)).await;
    if answer.status == StatusCode::SERVICE_UNAVAILABLE {
        return None;
    }
    Some(answer.expect(201).at("/id"))
}

async fn limit_file(app: &TestApp, pages: &str) {
    let sql = format!("PRAGMA max_page_count = {pages}");
    app.db.writer().execute_unprepared(&sql).await.unwrap();
}

async fn stored(db: &Db) -> HashSet<String> {
    let all = comment::Entity::find().all(db.read()).await.unwrap();
    all.into_iter().map(|comment| comment.id.to_string()).collect()
}

#[tokio::test]
async fn after_a_full_disk_what_is_answered_is_committed() {
    let app = TestApp::start().await;
    if !app.db.is_sqlite() {
        return app.end().await;
    }
    let mut answered = HashSet::new();
    let mut refused = 0;
    for round in 0..3 {
        limit_file(&app, "1").await; // SQLite takes it for "no further page"
        for number in 0..20 {
            match post(&app, round * 100 + number).await {
                Some(id) => assert!(answered.insert(id)),
                None => refused += 1,
            }
        }
    }
    assert!(refused > 0, "the disk was never full");
    assert!(
        answered.len() > 30,
        "writing went on by itself: {}",
        answered.len()
    );
    assert_eq!(stored(&app.db).await, answered);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_not_ready_until_it_can() {
    let app = TestApp::start().await;
    if !app.db.is_sqlite() {
        return app.end().await;
    }
    limit_file(&app, "1").await;
    while post(&app, 1).await.is_some() {}
    limit_file(&app, "1").await;
    let answer = app.web().get("/readyz").send().await;
    answer.assert_status(StatusCode::SERVICE_UNAVAILABLE);
    answer.assert_text("the database cannot be written\n").await;
    app.web().get("/readyz").send().await.assert_status_is_ok();
    app.work().await;
    app.end().await;
}

/// SQLite leaves a transaction by itself, PostgreSQL answers a COMMIT of it without an error.
#[tokio::test]
async fn a_transaction_in_which_a_statement_failed_keeps_nothing_and_says_so() {
    let app = TestApp::start().await;
    let tx = app.db.write().await.unwrap();
    rename(&tx, &app, "Before").await.unwrap();
    tx.execute_unprepared("SELECT nonsense").await.unwrap_err();
    rename(&tx, &app, "After").await.unwrap_err();
    tx.commit().await.unwrap_err();
    let tx = app.db.write().await.unwrap();
    rename(&tx, &app, "Later").await.unwrap();
    tx.commit().await.unwrap();
    let all = organisation::Entity::find().all(app.db.read()).await.unwrap();
    assert_eq!(all[0].name, "Later");
    app.end().await;
}

#[tokio::test]
async fn a_transaction_whose_statement_nobody_waited_for_keeps_nothing_and_says_so() {
    let app = TestApp::start().await;
    let tx = app.db.write().await.unwrap();
    rename(&tx, &app, "Given up").await.unwrap();
    let slow = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT max(i) FROM n";
    tokio::select! {
        biased;
        _ = tx.execute_unprepared(slow) => panic!("it was to take longer"),
        () = tokio::task::yield_now() => {}
    }
    tx.commit().await.unwrap_err();
    let all = organisation::Entity::find().all(app.db.read()).await.unwrap();
    assert_eq!(all[0].name, app.organisation.name);
    app.end().await;
}

async fn rename(connection: &impl ConnectionTrait, app: &TestApp, name: &str) -> Result<(), sea_orm::DbErr> {
    let changed = organisation::ActiveModel {
        id: Set(app.organisation.id),
        name: Set(name.to_owned()),
        ..Default::default()
    };
    changed.update(connection).await.map(drop)
}

#[tokio::test]
async fn connections_that_the_server_has_closed_fail_no_request() {
    let app = TestApp::start().await;
    if app.db.is_sqlite() {
        return app.end().await;
    }
    let ask = || app.get("/v1/organisation");
    let _ = tokio::join!(ask(), ask(), ask(), ask(), ask());
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    app.db.read().execute_unprepared(sql).await.unwrap();
    for _ in 0..10 {
        ask().await.expect(200);
    }
    app.post("/v1/comments", words(1)).await.expect(201);
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_comment_that_finds_the_database_away_is_to_be_sent_again() {
    let mut app = TestApp::start().await;
    app.app().service.db.close().await;
    let away = app.db.write().await.unwrap_err();
    let answer = Failure::from(NotStored::Database(Arc::new(away)));
    assert_eq!(
        (answer.status(), answer.retry_after()),
        (StatusCode::SERVICE_UNAVAILABLE, Some(30))
    );
    app.end_with_jobs().await;
}

#[tokio::test]
async fn a_database_of_the_first_version_is_refused_in_one_sentence() {
    let database = TestDatabase::create().await;
    let mut config = Config::from_toml("").unwrap();
    config.database.url = database.url().into();
    let db = Db::connect(&config.database, Arc::new(Wake::default()))
        .await
        .unwrap();
    let table = "CREATE TABLE seaql_migrations (version text, applied_at bigint)";
    db.writer().execute_unprepared(table).await.unwrap();
    db.close().await;
    for command in ["serve", "migrate", "doctor", "jobs list"] {
        let output = Command::new(env!("CARGO_BIN_EXE_plaudit"))
            .args(command.split(' '))
            .current_dir(TempDir::new().unwrap().path())
            .env(
                "PLAUDIT_SECRET_KEY",
                "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            )
            .env("PLAUDIT_METRICS__BIND", "")
            .env("PLAUDIT_DATABASE__URL", database.url())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{command}");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(
            said.contains("made by the first version of Plaudit, from which this one cannot take over"),
            "{command}: {said}"
        );
    }
    database.remove().await;
}

/// A file system of a few megabytes; `None` where this user may not mount one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Option<SmallDisk> {
        let directory = TempDir::new().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]);
        let mounted = mount.arg(directory.path()).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(SmallDisk(directory));
        }
        eprintln!("NOT TESTED: a full file system; only root may mount one");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

const ROSTER: &str = "employee_id,given_name,family_name,site\n1,Priya,Nair,Leeds\n";

/// Disk full, then room, then a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_on_a_full_file_system_loses_nothing_and_goes_on_when_there_is_room() {
    if std::env::var("PLAUDIT_TEST_DATABASE").is_ok() {
        return;
    }
    let Some(disk) = SmallDisk::mount("9m") else {
        return;
    };
    std::fs::write(disk.ballast(), vec![1; 2 << 20]).unwrap();
    let database = TestDatabase::sqlite_in(disk.path()).await;
    let installation = Installation::on(database, ROSTER, &[]);
    let port = free_port();
    let server = installation.serve(port).await;
    let mut answered = Vec::new();
    let mut refused = 0;
    for number in 0.. {
        match post_to(&server, &installation.key, number).await {
            Some(id) => answered.push(id),
            None => refused += 1,
        }
        if refused > 50 {
            break;
        }
    }
    // What the worker writes may just fit where a comment does not.
    for number in 0..100 {
        if !is_ready(&server).await {
            break;
        }
        answered.extend(post_to(&server, &installation.key, 10_000 + number).await);
    }
    let before = answered.len();
    assert!(!is_ready(&server).await, "a full disk is not ready");
    std::fs::remove_file(disk.ballast()).unwrap();
    while !is_ready(&server).await {}
    for number in 0..100 {
        answered.extend(post_to(&server, &installation.key, 100_000 + number).await);
    }
    let since = answered.len() - before;
    assert!(since > 90, "writing goes on by itself: {since} of 100");
    eprintln!(
        "{before} answered before there was room, {refused} refused, {} in all",
        answered.len()
    );
    verify(&installation, &answered).await;
    server.stop().await;
    let server = installation.serve(port).await;
    verify(&installation, &answered).await;
    server.stop().await;
}

async fn post_to(server: &Server, key: &str, number: usize) -> Option<String> {
    let request = http_client()
        .post(format!("{}/v1/comments", server.base_url))
        .bearer_auth(key);
    let request = request
        .header("content-type", "application/json")
        .body(words(number).to_string());
    let answer = request.send().await.unwrap();
    if answer.status() == 503 {
        return None;
    }
    assert_eq!(answer.status(), 201);
    let body: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    Some(body["id"].as_str().unwrap().to_owned())
}

async fn is_ready(server: &Server) -> bool {
    tokio::time::sleep(Duration::from_millis(20)).await;
    let answer = http_client()
        .get(format!("{}/readyz", server.base_url))
        .send()
        .await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

async fn verify(installation: &Installation, answered: &[String]) {
    let mut config = Config::from_toml("").unwrap();
    config.database.url = installation.database.url().into();
    let db = Db::connect(&config.database, Arc::new(Wake::default()))
        .await
        .unwrap();
    let stored = stored(&db).await;
    let lost = answered.iter().filter(|id| !stored.contains(*id)).count();
    assert_eq!(lost, 0, "of {} answered", answered.len());
    db.close().await;
}
