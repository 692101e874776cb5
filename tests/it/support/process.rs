//! The real binary as a process of its own, which can be killed at any moment.
use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use super::database::TestDatabase;

/// A database and a directory, on which one or several servers run.
pub struct Installation {
    pub database: TestDatabase,
    pub directory: TempDir,
    pub key: String,
    settings: Vec<(String, String)>,
}

/// A running `plaudit serve`.
pub struct Server {
    child: Child,
    pub base_url: String,
}

impl Installation {
    /// Makes an organisation with a roster; `settings` are environment variables on top.
    pub async fn create(roster: &str, settings: &[(&str, String)]) -> Installation {
        Installation::on(TestDatabase::create().await, roster, settings)
    }

    /// The same on a database of its own kind.
    pub fn on(database: TestDatabase, roster: &str, settings: &[(&str, String)]) -> Installation {
        let directory = TempDir::new().unwrap();
        let mut all = vec![
            ("PLAUDIT_DATABASE__URL".to_owned(), database.url()),
            (
                "PLAUDIT_SECRET_KEY".to_owned(),
                "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".to_owned(),
            ),
            ("PLAUDIT_METRICS__BIND".to_owned(), String::new()),
            ("PLAUDIT_LOG__LEVEL".to_owned(), "error".to_owned()),
            ("PLAUDIT_WORKER__LEASE_SECONDS".to_owned(), "5".to_owned()),
            ("PLAUDIT_MAIL__TRANSPORT".to_owned(), "off".to_owned()),
            (
                "PLAUDIT_OUTBOUND__ALLOWED_PRIVATE_NETWORKS".to_owned(),
                "[\"127.0.0.0/8\"]".to_owned(),
            ),
        ];
        all.extend(
            settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
        let mut made = Installation {
            database,
            directory,
            key: String::new(),
            settings: all,
        };
        let output = made.run(&[
            "init",
            "--name",
            "Shop",
            "--slug",
            "shop",
            "--time-zone",
            "Europe/London",
        ]);
        let is_key = |word: &&str| word.starts_with("plaudit_") && word.len() > 50;
        made.key = output.split_whitespace().find(is_key).unwrap().to_owned();
        made.import_roster(roster);
        made
    }

    /// Imports a roster file, as somebody does who agrees to everything it would change.
    pub fn import_roster(&self, roster: &str) {
        std::fs::write(self.path("roster.csv"), roster).unwrap();
        let file = self.path("roster.csv");
        let file = file.to_str().unwrap();
        let preview = self.run(&["import", "roster", file, "--create-sites"]);
        let digest = preview.rsplit_once("--apply ").unwrap().1.trim();
        self.run(&["import", "roster", file, "--create-sites", "--apply", digest]);
    }

    /// Sets an environment variable for what is run from now on.
    pub fn set(&mut self, name: &str, value: String) {
        self.settings.push((name.to_owned(), value));
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    /// Runs a command to its end and returns what it printed.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().unwrap();
        let (out, error) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(
            output.status.success(),
            "plaudit {}: {out}{error}",
            arguments.join(" ")
        );
        out.into_owned()
    }

    /// Runs what is refused; what it says.
    pub fn fails(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().unwrap();
        assert!(!output.status.success(), "plaudit {}", arguments.join(" "));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_plaudit")));
        command
            .current_dir(self.directory.path())
            .env_remove("PLAUDIT_TEST_DATABASE");
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts a server on a port and waits until it is ready.
    pub async fn serve(&self, port: u16) -> Server {
        let bind = format!("127.0.0.1:{port}");
        let child = self
            .command()
            .arg("serve")
            .env("PLAUDIT_SERVER__BIND", &bind)
            .env("PLAUDIT_LIMITS__API_PER_MINUTE", "10000000")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let server = Server {
            child,
            base_url: format!("http://{bind}"),
        };
        server.wait_until_ready().await;
        server
    }
}

impl Server {
    async fn wait_until_ready(&self) {
        let client = http_client();
        for _ in 0..600 {
            let answer = client.get(format!("{}/readyz", self.base_url)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the server did not become ready");
    }

    /// Resident memory, in KiB.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// SIGKILL: no goodbye.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM: it ends what it has begun.
    pub async fn stop(mut self) {
        Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        for _ in 0..1000 {
            if self.child.try_wait().unwrap().is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the server did not stop when asked to");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

pub fn http_client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap()
}
