//! The service as a process of its own, and how it is doing.
use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use tempfile::TempDir;

use super::{
    company::Company,
    counts::{Counts, seconds},
    sink::Sink,
};

pub(crate) struct Service {
    pub(crate) address: String,
    pub(crate) key: String,
    pub(crate) directory: TempDir,
    process: Child,
    db: DatabaseConnection,
}

impl Service {
    pub(crate) async fn start(url: &str, company: &Company, sink: &Sink) -> Service {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let settings =
            sink.settings()
                .replacen("[server]", &format!("[server]\nbind = \"127.0.0.1:{port}\""), 1);
        let settings = format!(
            "secret_key = \"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"\n[database]\nurl = \"{url}\"\n\
             [limits]\napi_per_minute = 100000000\n[metrics]\nbind = \"\"\n[log]\nlevel = \"warn\"\n{settings}\n{}\n",
            std::env::var("MORE").unwrap_or_default()
        );
        std::fs::write(directory.path().join("plaudit.toml"), settings).unwrap();
        let init = [
            "init",
            "--name",
            "Bench",
            "--slug",
            "bench",
            "--time-zone",
            "Europe/London",
        ];
        let made = run(directory.path(), &init);
        let key = made
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with("plaudit_"))
            .unwrap()
            .to_owned();
        company.write_roster(&directory.path().join("roster.csv"));
        let import = ["import", "roster", "roster.csv", "--create-sites"];
        let preview = run(directory.path(), &import);
        let digest = preview.rsplit_once("--apply ").unwrap().1.trim().to_owned();
        run(directory.path(), &[&import[..], &["--apply", &digest]].concat());
        let process = command(directory.path())
            .arg("serve")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let address = format!("127.0.0.1:{port}");
        for _ in 0..600 {
            if std::net::TcpStream::connect(&address).is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let db = Database::connect(url).await.unwrap();
        if db.get_database_backend() == DbBackend::Postgres {
            let counting = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements";
            let _ = db.execute_unprepared(counting).await;
        }
        Service {
            address,
            key,
            directory,
            process,
            db,
        }
    }

    /// Imports comments; answers the seconds of CPU that it took.
    pub(crate) fn import(&self, file: &Path) -> f64 {
        let before = seconds_of_children();
        let file = file.display().to_string();
        run(
            self.directory.path(),
            &["import", "comments", &file, "--yes", "--tell", "now"],
        );
        seconds_of_children() - before
    }

    /// Waits until no job of these kinds waits or runs.
    pub(crate) async fn until_idle(&self, kinds: &[&str]) {
        let kinds = kinds.join("', '");
        let sql = format!("SELECT 1 AS one FROM job WHERE dead_at IS NULL AND kind IN ('{kinds}') LIMIT 1");
        while self.first(&sql).await {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let dead = self
            .first("SELECT 1 AS one FROM job WHERE dead_at IS NOT NULL LIMIT 1")
            .await;
        assert!(!dead, "jobs were given up");
    }

    async fn first(&self, sql: &str) -> bool {
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        self.db.query_one_raw(statement).await.unwrap().is_some()
    }

    /// The greatest age of a waiting job, looked at once a second.
    pub(crate) async fn oldest_job_while(&self, during: Duration) -> Duration {
        let until = Instant::now() + during;
        let mut oldest = 0.0_f64;
        let age = match self.db.get_database_backend() {
            DbBackend::Sqlite => "(julianday('now') - julianday(MIN(run_at))) * 86400.0",
            _ => "CAST(EXTRACT(EPOCH FROM clock_timestamp() - MIN(run_at)) AS double precision)",
        };
        let sql =
            format!("SELECT {age} AS age FROM job WHERE dead_at IS NULL AND kind IN ('attribute', 'route')");
        while Instant::now() < until {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let statement = Statement::from_string(self.db.get_database_backend(), &sql);
            let row = self.db.query_one_raw(statement).await.unwrap().unwrap();
            let age: Option<f64> = row.try_get("", "age").unwrap();
            oldest = oldest.max(age.unwrap_or_default());
        }
        Duration::from_secs_f64(oldest.max(0.0))
    }

    pub(crate) async fn counts(&self) -> Counts {
        Counts::now(self.process.id(), &self.db).await
    }

    pub(crate) fn peak_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }

    /// Ends it; its folder is left to the caller.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.db.close().await.unwrap();
        self.directory
    }
}

/// Of processes that have ended.
fn seconds_of_children() -> f64 {
    seconds(&std::fs::read_to_string("/proc/self/stat").unwrap(), 13)
}

fn command(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plaudit"));
    command.current_dir(directory);
    command
}

fn run(directory: &Path, arguments: &[&str]) -> String {
    let output = command(directory).args(arguments).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}{complaint}");
    said
}
