//! The service as a process of its own, and what it made of the forms.
use std::{
    collections::HashSet,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use entity::{comment, comment::State, comment_revision, recognition};
use plaudit::{
    app::App,
    platform::{clock::Clock, config::Config},
};
use sea_orm::EntityTrait;
use tempfile::TempDir;

const ROSTER: &str = "employee_id,given_name,family_name,preferred_name,aliases,handles,job_title,site,\
                      manager_employee_id,email,phone,starts_on,ends_on\n\
                      1,Priya,Nair,,,,,Leeds,2,priya@example.org,,,\n\
                      2,Ruth,Adler,,,,,Leeds,,ruth@example.org,,,\n";

/// What a form became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Became {
    /// Stored, and credited to somebody.
    Attributed,
    /// Stored, and held back.
    Held,
    /// Stored, and credited to nobody.
    Other,
}

/// A running service with a shop; it ends with this value.
pub(super) struct Service {
    /// The address of the form.
    pub(super) form: String,
    process: Child,
    app: App,
    directory: TempDir,
}

impl Service {
    pub(super) async fn start() -> Service {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let run = |arguments: &[&str]| command(&directory).args(arguments).output().unwrap();
        let shop = [
            "init",
            "--name",
            "Shop",
            "--slug",
            "shop",
            "--time-zone",
            "Europe/London",
        ];
        assert!(run(&shop).status.success());
        std::fs::write(directory.path().join("roster.csv"), ROSTER).unwrap();
        let import = ["import", "roster", "roster.csv", "--create-sites"];
        let preview = String::from_utf8(run(&import).stdout).unwrap();
        let digest = preview.rsplit_once("--apply ").unwrap().1.trim().to_owned();
        assert!(
            run(&[&import[..], &["--apply", &digest]].concat())
                .status
                .success()
        );
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = command(&directory)
            .arg("serve")
            .env("PLAUDIT_SERVER__BIND", format!("127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        wait_until_ready(port).await;
        let mut config = Config::from_toml("").unwrap();
        config.database.url = format!("sqlite://{}", directory.path().join("plaudit.db").display()).into();
        Service {
            form: format!("http://127.0.0.1:{port}/thank/shop"),
            process,
            app: App::connect(config, Clock::System).await.unwrap(),
            directory,
        }
    }

    /// Waits until every form that went straight through was read.
    pub(super) async fn idle(&self) {
        for _ in 0..600 {
            let all = comment::Entity::find().all(self.app.db.read()).await.unwrap();
            let is_open =
                |comment: &comment::Model| matches!(comment.state, State::Settling | State::Attributing);
            if !all.iter().any(is_open) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("{}: forms are still being read", self.directory.path().display());
    }

    /// The words of every form, and what it became.
    pub(super) async fn became(&self) -> Vec<(String, Became)> {
        let db = self.app.db.read();
        let recognitions = recognition::Entity::find().all(db).await.unwrap();
        let credited: HashSet<_> = recognitions.iter().map(|one| one.comment_id).collect();
        let comments = comment::Entity::find().all(db).await.unwrap();
        let held = comments.iter().filter(|comment| comment.state == State::Held);
        let held: HashSet<_> = held.map(|comment| comment.id).collect();
        let words = comment_revision::Entity::find().all(db).await.unwrap();
        let became = |words: comment_revision::Model| {
            let what = match words.comment_id {
                id if held.contains(&id) => Became::Held,
                id if credited.contains(&id) => Became::Attributed,
                _ => Became::Other,
            };
            (words.text.unwrap_or_default(), what)
        };
        words.into_iter().map(became).collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(directory: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plaudit"));
    command
        .current_dir(directory.path())
        .env("PLAUDIT_DATABASE__URL", "sqlite://plaudit.db")
        .env(
            "PLAUDIT_SECRET_KEY",
            "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        )
        .env("PLAUDIT_METRICS__BIND", "")
        .env("PLAUDIT_LOG__LEVEL", "error");
    command
}

async fn wait_until_ready(port: u16) {
    for _ in 0..600 {
        let url = format!("http://127.0.0.1:{port}/readyz");
        if reqwest::get(url)
            .await
            .is_ok_and(|answer| answer.status().is_success())
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the service did not become ready");
}
