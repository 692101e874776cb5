//! What whoever runs Plaudit relies on: health, metrics, logs without words, files for one user, words that are gone.
use std::os::unix::fs::PermissionsExt;

use plaudit::platform::telemetry::metrics;
use poem::http::Method;
use serde_json::json;

use crate::support::{
    TestApp,
    process::{Installation, free_port, http_client},
};

const ROSTER: &str = "employee_id,given_name,family_name,preferred_name,aliases,handles,job_title,site,\
                      manager_employee_id,email,phone,starts_on,ends_on\n\
                      e1,Priya,Okapinair,,,,,Leeds,m,priya@example.org,,,\n\
                      m,Ruth,Zebradler,,,,,Leeds,,ruth@example.org,,,\n";

#[tokio::test]
async fn health_and_reading_go_on_while_somebody_writes_and_uses_are_noted_afterwards() {
    let app = TestApp::start().await;
    let writing = app.db.write().await.unwrap();
    app.web().get("/readyz").send().await.assert_status_is_ok();
    let keys = app.get("/v1/keys").await.expect(200);
    // PostgreSQL has other connections to note the use by, before or after this reading.
    if app.db.is_sqlite() {
        let used = keys.json().pointer("/items/0/last_used_at").cloned();
        assert!(used.is_none_or(|used| used.is_null()));
    }
    writing.commit().await.unwrap();
    app.db.settle().await;
    let keys = app.get("/v1/keys").await.expect(200);
    assert_eq!(keys.at("/items/0/last_used_at"), "2026-11-21T12:00:00+00:00");
    app.end().await;
}

#[tokio::test]
async fn jobs_are_counted_when_they_are_done() {
    let app = TestApp::start().await;
    app.post("/v1/comments", json!({ "text": "Thank you!" }))
        .await
        .expect(201);
    app.work().await;
    let counted = metrics::text();
    assert!(
        counted.contains("plaudit_jobs_total{kind=\"attribute\",outcome=\"done\"}"),
        "{counted}"
    );
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_serves_metrics_too() {
    let shop = Installation::create(ROSTER, &[]).await;
    if std::env::var("PLAUDIT_TEST_DATABASE").is_err() {
        return;
    }
    let address = format!("127.0.0.1:{}", free_port());
    let mut worker = shop
        .command()
        .arg("work")
        .env("PLAUDIT_METRICS__BIND", &address)
        .spawn()
        .unwrap();
    let mut served = String::new();
    for _ in 0..200 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        if let Ok(answer) = http_client()
            .get(format!("http://{address}/metrics"))
            .send()
            .await
        {
            served = answer.text().await.unwrap();
            break;
        }
    }
    assert!(served.contains("plaudit_open_jobs"), "{served}");
    worker.kill().unwrap();
    worker.wait().unwrap();
    shop.database.remove().await;
}

#[tokio::test]
async fn the_most_talkative_log_holds_neither_words_nor_names_nor_addresses() {
    let settings = [
        ("PLAUDIT_LOG__LEVEL", "trace".to_owned()),
        ("PLAUDIT_MAIL__TRANSPORT", "directory".to_owned()),
    ];
    let shop = Installation::create(ROSTER, &settings).await;
    let words = "Priya Okapinair was so kind and helpful, thank you Priya! Quaggaword.";
    std::fs::write(shop.path("comments.csv"), format!("text\n\"{words}\"\n")).unwrap();
    shop.run(&["import", "comments", "comments.csv", "--yes", "--tell", "now"]);
    let worked = shop.command().args(["work", "--once"]).output().unwrap();
    let log = String::from_utf8(worked.stderr).unwrap();
    assert!(worked.status.success(), "{log}");
    let mails = std::fs::read_dir(shop.path("mail")).unwrap();
    let mails: String = mails
        .map(|mail| std::fs::read_to_string(mail.unwrap().path()).unwrap())
        .collect();
    assert!(mails.contains("Quaggaword"), "a mail was composed: {mails}");
    assert!(log.contains("plaudit"), "something was logged: {log}");
    assert!(!log.contains('\u{1b}'), "a file holds no colours: {log}");
    for secret in [
        "Quaggaword",
        "Okapinair",
        "Zebradler",
        "example.org",
        "kind and helpful",
    ] {
        assert!(!log.contains(secret), "{secret} stands in the log: {log}");
    }
    shop.database.remove().await;
}

#[tokio::test]
async fn erased_words_are_in_no_byte_of_the_file() {
    let app = TestApp::start().await;
    if !app.db.is_sqlite() {
        return app.end().await;
    }
    let mut ids = Vec::new();
    for number in 0..20 {
        let body = json!({
            "text": format!("ZEBRAWORDQ {number}. {}", "It was lovely. ".repeat(number * 20)),
            "author": { "name": "ZEBRANAMEQ" },
            "external_id": format!("z{number}"),
        });
        ids.push(app.post("/v1/comments", body).await.expect(201).at("/id"));
    }
    app.work().await;
    let file = app.config.database.file().unwrap();
    app.db.tidy().await.unwrap();
    assert!(
        std::fs::read(&file)
            .unwrap()
            .windows(10)
            .any(|bytes| bytes == b"ZEBRAWORDQ")
    );
    for id in ids {
        let path = format!("/v1/comments/{id}");
        app.call(Method::DELETE, &path, Some(&app.key), None)
            .await
            .expect(204);
    }
    app.work().await;
    app.db.tidy().await.unwrap();
    for suffix in ["", "-wal"] {
        let bytes = std::fs::read(format!("{}{suffix}", file.display())).unwrap();
        for secret in [b"ZEBRAWORDQ", b"ZEBRANAMEQ"] {
            assert!(!bytes.windows(10).any(|found| found == secret), "{suffix}");
        }
    }
    app.end().await;
}

#[tokio::test]
async fn files_are_for_one_user_and_doctor_says_where_they_are_not() {
    let shop = Installation::create(ROSTER, &[]).await;
    let is_private = |name: &str| {
        let mode = std::fs::metadata(shop.path(name)).unwrap().permissions().mode();
        mode & 0o077 == 0
    };
    let fresh = format!("sqlite://{}", shop.path("fresh.db").display());
    let made = shop
        .command()
        .arg("migrate")
        .env("PLAUDIT_DATABASE__URL", &fresh)
        .status();
    assert!(made.unwrap().success());
    assert!(is_private("fresh.db"));
    std::fs::set_permissions(shop.path("fresh.db"), PermissionsExt::from_mode(0o644)).unwrap();
    let said = shop
        .command()
        .arg("doctor")
        .env("PLAUDIT_DATABASE__URL", &fresh)
        .output()
        .unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(
        said.contains("check  files: other users of this machine can read") && said.contains("fresh.db"),
        "{said}"
    );
    shop.database.remove().await;
}
