//! The command line as a person types it: backup and restore, doctor, misuse.
use std::process::Command;

use crate::support::{
    process::{Installation, free_port, http_client},
    smtp::{Faults, Sink},
};

const ROSTER: &str = "employee_id,given_name,family_name,preferred_name,aliases,handles,job_title,site,\
                      manager_employee_id,email,phone,starts_on,ends_on\n\
                      e1,Priya,Nair,,,,cashier,Leeds,,priya@example.org,,,\n";

fn is_on_postgres() -> bool {
    std::env::var("PLAUDIT_TEST_DATABASE").is_ok()
}

#[tokio::test]
async fn a_backup_made_while_serving_restores_to_the_same_comments() {
    let shop = Installation::create(ROSTER, &[]).await;
    if is_on_postgres() {
        return shop.database.remove().await;
    }
    let server = shop.serve(free_port()).await;
    post(&server.base_url, &shop.key, "Priya was so kind, thank you Priya!").await;
    shop.run(&["backup", "copy.db"]);
    server.stop().await;
    std::fs::rename(shop.path("copy.db"), shop.path("restored.db")).unwrap();
    let restored = comments_in(&shop.path("restored.db")).await;
    assert_eq!(restored, 1);
}

async fn comments_in(file: &std::path::Path) -> u64 {
    use sea_orm::{EntityTrait, PaginatorTrait};
    let mut config = plaudit::platform::config::Config::from_toml("").unwrap();
    config.database.url = format!("sqlite://{}", file.display()).into();
    let app = plaudit::app::App::connect(config, plaudit::platform::clock::Clock::System)
        .await
        .unwrap();
    app.db.migrate().await.unwrap();
    entity::comment::Entity::find()
        .count(app.db.read())
        .await
        .unwrap()
}

async fn post(base_url: &str, key: &str, text: &str) {
    let request = http_client()
        .post(format!("{base_url}/v1/comments"))
        .bearer_auth(key);
    let body = serde_json::json!({ "text": text }).to_string();
    let answer = request
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 201);
}

#[tokio::test]
async fn doctor_says_what_is_wrong_in_words() {
    let shop = Installation::create(ROSTER, &[("PLAUDIT_MAIL__TRANSPORT", "smtp".to_owned())]).await;
    let (status, out) = run_plain(&shop, &["doctor"], &[("PLAUDIT_MAIL__SMTP_PORT", "1")]);
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains("WRONG  mail: localhost:1: no conver"), "{out}");
    assert!(out.contains("good   database: it answers"), "{out}");
    assert!(out.contains("check  base URL"), "{out}");
    shop.database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_that_was_given_up_is_listed_and_sent_on_demand() {
    let sink = Sink::start().await;
    sink.fail(Faults {
        refuse_message: 1,
        ..Faults::default()
    });
    let roster = format!("{ROSTER}m1,Ruth,Adler,,,,,Leeds,,ruth@example.org,,,\n")
        .replace("Leeds,,priya", "Leeds,m1,priya");
    let shop = Installation::create(&roster, &sink.environment()).await;
    take_in(&shop, "Priya was so kind, thank you Priya!");
    let listed = shop.run(&["jobs", "list"]);
    assert!(listed.contains("deliver") && listed.contains("554"), "{listed}");
    assert!(listed.contains("No jobs waiting."), "{listed}");
    assert_eq!(
        shop.run(&["jobs", "retry", "--all"]).trim(),
        "1 job will be retried."
    );
    shop.run(&["work", "--once"]);
    assert_eq!(sink.received().len(), 1);
    shop.database.remove().await;
}

#[tokio::test]
async fn doctor_says_who_cannot_be_told_and_what_to_do() {
    let shop = Installation::create(ROSTER, &[]).await;
    take_in(&shop, "Priya was so kind, thank you Priya!");
    let (_, out) = run_plain(&shop, &["doctor"], &[]);
    assert!(
        out.contains("check  notifications: 1 notice has nobody to go to: give the people"),
        "{out}"
    );
    shop.database.remove().await;
}

#[tokio::test]
async fn an_environment_variable_that_is_no_setting_is_named_and_ignored() {
    let shop = Installation::create(ROSTER, &[]).await;
    let (status, out) = run_plain(
        &shop,
        &["jobs", "list"],
        &[("PLAUDIT_BIN", "/usr/local/bin/plaudit")],
    );
    assert_eq!(status, Some(0), "{out}");
    assert!(
        out.contains("PLAUDIT_BIN is not a setting and is ignored"),
        "{out}"
    );
    let (status, out) = run_plain(&shop, &["jobs", "list"], &[("PLAUDIT_SERVER__BNID", "x")]);
    assert_eq!(status, Some(2), "{out}");
    assert!(out.contains("bnid"), "{out}");
    shop.database.remove().await;
}

#[tokio::test]
async fn init_makes_an_administrator_and_prints_the_link_that_signs_them_in() {
    let shop = Installation::create(ROSTER, &[]).await;
    let out = shop.run(&[
        "init",
        "--name",
        "Bäckerei Groß",
        "--time-zone",
        "Europe/Berlin",
        "--language",
        "de",
        "--administrator",
        "Mia@Example.org",
    ]);
    assert!(out.contains("Made Bäckerei Groß (backerei-gross)."), "{out}");
    assert!(
        out.contains("http://127.0.0.1:8080/thank/backerei-gross"),
        "{out}"
    );
    assert!(
        out.contains("Nothing answers at these addresses until plaudit serve runs"),
        "{out}"
    );
    assert!(out.contains("ssh -L "), "{out}");
    let port = free_port();
    let server = shop.serve(port).await;
    let link = out.split_whitespace().find(|word| word.contains("/sign-in/"));
    let link = link.unwrap().replace("http://127.0.0.1:8080", &server.base_url);
    let page = http_client().get(link).send().await.unwrap();
    assert_eq!(page.status().as_u16(), 200);
    let listed = shop.run(&["key", "list", "--organisation", "backerei-gross"]);
    assert!(listed.contains("first key"), "{listed}");
    server.stop().await;
    shop.database.remove().await;
}

/// Where nothing is yet: what a command answers, and which files are there then.
fn run_in(folder: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String, Vec<String>) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_plaudit"));
    let output = command
        .current_dir(folder)
        .env_remove("PLAUDIT_DATABASE__URL")
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
        files,
    )
}

#[test]
fn before_init_commands_say_that_it_is_to_be_run_and_misuse_of_it_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, said) in [
        (&["init"][..], "needs --name and --time-zone"),
        (
            &["init", "--name", "", "--time-zone", "Europe/London"][..],
            "name",
        ),
        (
            &["init", "--name", "寿司", "--time-zone", "Asia/Tokyo"][..],
            "give --slug too",
        ),
        (
            &["init", "--name", "Tarn", "--time-zone", "London"][..],
            "Europe/London",
        ),
    ] {
        let (status, out, files) = run_in(folder.path(), arguments);
        assert_eq!(status, Some(2), "{out}");
        assert!(out.contains(said), "{out}");
        assert_eq!(files, [""; 0], "{arguments:?}");
    }
    let (status, out, _) = run_in(folder.path(), &["source", "list"]);
    assert_eq!(status, Some(2), "{out}");
    assert!(out.contains("run plaudit init"), "{out}");
    let (_, out, _) = run_in(folder.path(), &["doctor"]);
    assert!(
        out.contains("run plaudit init") && !out.contains("no such table"),
        "{out}"
    );
}

/// The key stands beside the settings that were read, which are told what to name.
#[test]
fn init_puts_the_key_beside_the_settings_that_it_was_given() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let settings = folder.path().join("s.toml");
    let database = folder.path().join("p.db");
    std::fs::write(
        &settings,
        format!("[database]\nurl = \"sqlite://{}\"\n", database.display()),
    )
    .unwrap();
    let named = settings.to_str().unwrap();
    let init = [
        "--config",
        named,
        "init",
        "--name",
        "Tarn",
        "--time-zone",
        "Europe/London",
    ];
    let (status, out, files) = run_in(elsewhere.path(), &init);
    assert_eq!(status, Some(0), "{out}");
    assert!(folder.path().join("plaudit.key").exists(), "{out}");
    assert!(
        out.contains("Add this line at the top of") && out.contains("s.toml: secret_key_file"),
        "{out}"
    );
    assert!(!files.iter().any(|file| file == "plaudit.toml"), "{files:?}");
}

#[tokio::test]
async fn init_without_anybody_to_ask_says_what_it_needs_and_makes_nothing() {
    let shop = Installation::create(ROSTER, &[]).await;
    for (arguments, needed) in [
        (&["init"][..], "needs --name and --time-zone"),
        (
            &["init", "--name", "寿司", "--time-zone", "Asia/Tokyo"][..],
            "--slug",
        ),
        (
            &[
                "init",
                "--name",
                "Tarn",
                "--time-zone",
                "Europe/London",
                "--language",
                "xx",
            ][..],
            "choose one of",
        ),
        (
            &[
                "init",
                "--name",
                "Tarn",
                "--time-zone",
                "Europe/London",
                "--administrator",
                "me",
            ][..],
            "is not a mail address",
        ),
    ] {
        let (status, out) = run_plain(&shop, arguments, &[]);
        assert_eq!(status, Some(2), "{arguments:?}: {out}");
        assert!(out.contains(needed), "{out}");
    }
    // Still the only one: no command asks which is meant.
    shop.run(&["key", "list"]);
    shop.database.remove().await;
}

#[tokio::test]
async fn init_makes_the_key_file_that_the_settings_name() {
    let shop = Installation::create(ROSTER, &[]).await;
    let file = shop.path("secret.key");
    let settings = [
        ("PLAUDIT_SECRET_KEY", ""),
        ("PLAUDIT_SECRET_KEY_FILE", file.to_str().unwrap()),
    ];
    let (status, out) = run_plain(&shop, &["jobs", "list"], &settings);
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains("plaudit init makes it"), "{out}");
    let init = ["init", "--name", "Tarn", "--time-zone", "Europe/London"];
    let (status, out) = run_plain(&shop, &init, &settings);
    assert_eq!(status, Some(0), "{out}");
    let made = std::fs::read(&file).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let (status, out) = run_plain(
        &shop,
        &["init", "--name", "Fell", "--time-zone", "Europe/London"],
        &settings,
    );
    assert_eq!((status, std::fs::read(&file).unwrap()), (Some(0), made), "{out}");
    shop.database.remove().await;
}

#[tokio::test]
async fn doctor_names_the_first_steps_that_are_left() {
    let shop = Installation::create(ROSTER, &[]).await;
    let (_, out) = run_plain(&shop, &["doctor"], &[]);
    for left in [
        "check  first steps: nobody administers shop; plaudit invite",
        "check  first steps: nobody on the roster of shop has a manager",
        "check  first steps: no customer of shop wrote yet; they write at http://127.0.0.1:8080/thank/shop",
    ] {
        assert!(out.contains(left), "{left}: {out}");
    }
    shop.run(&["invite", "mia@example.org", "--role", "administrator"]);
    let roster = format!("{ROSTER}m1,Ruth,Adler,,,,,Leeds,,ruth@example.org,,,\n")
        .replace("Leeds,,priya", "Leeds,m1,priya");
    shop.import_roster(&roster);
    take_in(&shop, "Priya was so kind, thank you Priya!");
    let (_, out) = run_plain(&shop, &["doctor"], &[]);
    assert!(out.contains("good   first steps: shop has people"), "{out}");
    assert!(!out.contains("check  first steps"), "{out}");
    shop.database.remove().await;
}

#[test]
fn a_manual_page_and_completions_are_made_for_every_command() {
    let directory = tempfile::tempdir().unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_plaudit"))
        .arg("packaging")
        .arg(directory.path())
        .status();
    assert!(made.unwrap().success());
    let read = |path: &str| std::fs::read_to_string(directory.path().join(path)).unwrap();
    assert!(read("man/plaudit.1").contains("/etc/plaudit/plaudit.toml"));
    assert!(read("man/plaudit-import-roster.1").contains("create\\-sites"));
    for completions in ["plaudit.bash", "plaudit.fish", "_plaudit"] {
        let text = read(&format!("completions/{completions}"));
        assert!(text.contains("doctor"), "{completions}");
    }
}

/// Imports words and does all that follows, in processes that have ended.
fn take_in(shop: &Installation, words: &str) {
    std::fs::write(shop.path("comments.csv"), format!("text\n\"{words}\"\n")).unwrap();
    shop.run(&["import", "comments", "comments.csv", "--yes", "--tell", "now"]);
    shop.run(&["work", "--once"]);
}

#[tokio::test]
async fn misuse_is_one_plain_line_and_status_2() {
    let shop = Installation::create(ROSTER, &[]).await;
    for arguments in [
        &["key", "revoke", "00000000-0000-0000-0000-000000000000"][..],
        &["key", "create", "--name", "x", "--scope", "everything"],
        &["--config", "nowhere.toml", "doctor"],
        &[
            "init",
            "--name",
            "Shop",
            "--slug",
            "shop",
            "--time-zone",
            "Europe/London",
        ],
        &[
            "init",
            "--name",
            "Shop",
            "--slug",
            "shop2",
            "--time-zone",
            "Mars/Olympus",
        ],
    ] {
        let (status, out) = run_plain(&shop, arguments, &[]);
        assert_eq!(status, Some(2), "{arguments:?}: {out}");
        assert!(
            !out.contains("panicked") && out.contains("plaudit: ") || out.contains("error:"),
            "{arguments:?}: {out}"
        );
    }
    shop.database.remove().await;
}

fn run_plain(shop: &Installation, arguments: &[&str], settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command: Command = shop.command();
    let output = command
        .args(arguments)
        .envs(settings.iter().copied())
        .output()
        .unwrap();
    let words = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&words).into_owned())
}

#[tokio::test]
async fn whoever_works_here_is_not_erased_and_the_line_says_what_to_do_first() {
    let shop = Installation::create(ROSTER, &[]).await;
    let said = |args: &[&str]| {
        let output = shop.command().args(args).output().unwrap();
        let line = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), line)
    };
    let (status, line) = said(&["person", "erase", "e1", "--yes"]);
    assert_eq!(status, Some(2), "{line}");
    assert!(line.contains("give them a last day first"), "{line}");
    let (status, line) = said(&["person", "erase", "nobody", "--yes"]);
    assert!(
        status == Some(2) && line.contains("nobody on the roster"),
        "{line}"
    );
    let (status, line) = said(&["person", "readmit", "e1"]);
    assert!(status == Some(2) && line.contains("was erased"), "{line}");
    shop.database.remove().await;
}
