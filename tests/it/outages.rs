//! The database fails for a while as comments come in: its disk, a program that locks it, the way to it. What was answered
//! is there, once, and all goes on by itself. The suite runs short forms, `./dev soak` the long ones.
use std::{
    collections::HashSet,
    os::unix::fs::FileExt,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use entity::{attribution, comment, job};
use plaudit::platform::{config::Config, db::Db, wake::Wake};
use sea_orm::{ConnectionTrait, Database, EntityTrait};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use crate::support::process::{Installation, Server, free_port, http_client};

const ROSTER: &str = "employee_id,given_name,family_name,site\n1,Priya,Nair,Leeds\n";
const POSTERS: usize = 4;

fn is_on_postgres() -> bool {
    std::env::var("PLAUDIT_TEST_DATABASE").is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_now_and_then_loses_nothing_that_was_answered() {
    io_errors(40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_another_program_locks_loses_nothing_that_was_answered() {
    locked(Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_databases_that_is_away_loses_nothing_that_was_answered() {
    away(Duration::from_secs(2)).await;
}

/// Fails `count` writes and syncs of the database.
pub async fn io_errors(count: u32) {
    if is_on_postgres() {
        return;
    }
    let directory = TempDir::new().unwrap();
    let library = directory.path().join("io_faults.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/io_faults.c");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .args([source, "-ldl"])
        .status();
    assert!(
        compiled.unwrap().success(),
        "needs a C compiler, as building does"
    );
    let control = directory.path().join("control");
    std::fs::write(&control, [0; 8]).unwrap();
    let control = std::fs::File::options()
        .read(true)
        .write(true)
        .open(control)
        .unwrap();
    let mut installation = Installation::create(ROSTER, &[]).await;
    installation.set("LD_PRELOAD", library.display().to_string());
    installation.set(
        "IO_FAULTS",
        directory.path().join("control").display().to_string(),
    );
    let server = installation.serve(free_port()).await;
    let load = Load::start(&server, &installation);
    control.write_at(&20_u32.to_ne_bytes(), 0).unwrap();
    let mut failed = [0; 4];
    for _ in 0..12_000 {
        control.read_at(&mut failed, 4).unwrap();
        if u32::from_ne_bytes(failed) >= count {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    control.write_at(&0_u32.to_ne_bytes(), 0).unwrap();
    let failed = u32::from_ne_bytes(failed);
    assert!(failed >= count, "{failed} writes failed");
    load.go_on_then_verify(server, installation, &format!("{failed} I/O errors"))
        .await;
}

/// Locks the file for a while.
pub async fn locked(period: Duration) {
    if is_on_postgres() {
        return;
    }
    let installation = Installation::create(ROSTER, &[]).await;
    let server = installation.serve(free_port()).await;
    let load = Load::start(&server, &installation);
    let other = Database::connect(installation.database.url()).await.unwrap();
    while other.execute_unprepared("BEGIN IMMEDIATE").await.is_err() {
        sleep(Duration::from_millis(5)).await;
    }
    sleep(period).await;
    other.execute_unprepared("ROLLBACK").await.unwrap();
    other.close().await.unwrap();
    load.go_on_then_verify(server, installation, "a lock").await;
}

/// Cuts the way to the server for a while.
pub async fn away(period: Duration) {
    if !is_on_postgres() {
        return;
    }
    let mut installation = Installation::create(ROSTER, &[]).await;
    let way = Way::open(&installation.database.url()).await;
    installation.set("PLAUDIT_DATABASE__URL", way.url.clone());
    let server = installation.serve(free_port()).await;
    let load = Load::start(&server, &installation);
    sleep(Duration::from_millis(500)).await;
    way.cut();
    sleep(period).await;
    way.mend();
    load.go_on_then_verify(server, installation, "an absence").await;
}

/// Posters, and what they were answered.
struct Load {
    stop: CancellationToken,
    posters: JoinSet<()>,
    answered: Arc<Mutex<Vec<String>>>,
}

impl Load {
    fn start(server: &Server, installation: &Installation) -> Load {
        let (stop, answered) = (CancellationToken::new(), Arc::default());
        let mut posters = JoinSet::new();
        for poster in 0..POSTERS {
            let url = format!("{}/v1/comments", server.base_url);
            let key = installation.key.clone();
            posters.spawn(post_until(stop.clone(), url, key, poster, Arc::clone(&answered)));
        }
        Load {
            stop,
            posters,
            answered,
        }
    }

    fn count(&self) -> usize {
        self.answered.lock().unwrap().len()
    }

    /// Waits until the server answers posts again by itself, then stops it and counts.
    async fn go_on_then_verify(mut self, server: Server, installation: Installation, after: &str) {
        let before = self.count();
        for _ in 0..2400 {
            sleep(Duration::from_millis(50)).await;
            if self.count() > before + 50 {
                break;
            }
        }
        assert!(
            self.count() > before + 50,
            "posts are answered again after {after}"
        );
        self.stop.cancel();
        while self.posters.join_next().await.is_some() {}
        server.stop().await;
        let answered = std::mem::take(&mut *self.answered.lock().unwrap());
        eprintln!(
            "after {after}: {} answered, {before} of them before it was over",
            answered.len()
        );
        verify(&installation, answered).await;
        installation.database.remove().await;
    }
}

async fn post_until(
    stop: CancellationToken,
    url: String,
    key: String,
    poster: usize,
    answered: Arc<Mutex<Vec<String>>>,
) {
    let client = http_client();
    for number in 0.. {
        if stop.is_cancelled() {
            return;
        }
        let external_id = format!("{poster}-{number}");
        let body = json!({ "text": format!("Priya was so kind, thank you Priya! {external_id}"), "external_id": external_id });
        let request = client
            .post(&url)
            .bearer_auth(&key)
            .header("content-type", "application/json");
        match request.body(body.to_string()).send().await {
            Ok(answer) if answer.status().is_success() => {
                answered.lock().unwrap().push(external_id);
            }
            Ok(answer) => assert!(answer.status().is_server_error(), "{}", answer.status()),
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Everything that was answered is there once, and the work that was interrupted is done.
async fn verify(installation: &Installation, answered: Vec<String>) {
    for _ in 0..200 {
        installation.run(&["work", "--once"]);
        if open(installation).await == 0 {
            break;
        }
        sleep(Duration::from_millis(100)).await; // until leases end and waits are over
    }
    let db = connect(installation).await;
    let comments = comment::Entity::find().all(db.read()).await.unwrap();
    let stored: HashSet<String> = comments
        .iter()
        .filter_map(|comment| comment.external_id.clone())
        .collect();
    assert_eq!(stored.len(), comments.len(), "no comment twice");
    let lost: Vec<_> = answered.iter().filter(|id| !stored.contains(*id)).collect();
    assert!(lost.is_empty(), "lost of {}: {lost:?}", answered.len());
    assert_eq!(open(installation).await, 0, "no job is left");
    let attributions = attribution::Entity::find().all(db.read()).await.unwrap();
    assert_eq!(attributions.len(), comments.len(), "each attributed once");
    db.close().await;
}

async fn open(installation: &Installation) -> usize {
    let db = connect(installation).await;
    let jobs = job::Entity::find().all(db.read()).await.unwrap();
    db.close().await;
    jobs.len()
}

async fn connect(installation: &Installation) -> Db {
    let mut config = Config::from_toml("").unwrap();
    config.database.url = installation.database.url().into();
    Db::connect(&config.database, Arc::new(Wake::default()))
        .await
        .unwrap()
}

/// A way to the database's server that can be cut.
struct Way {
    url: String,
    is_open: tokio::sync::watch::Sender<bool>,
}

impl Way {
    async fn open(url: &str) -> Way {
        let (before, rest) = url.split_once('@').unwrap();
        let (host, after) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{before}@{}/{after}", listener.local_addr().unwrap());
        let (is_open, watched) = tokio::sync::watch::channel(true);
        tokio::spawn(forward_all(listener, host.to_owned(), watched));
        Way { url, is_open }
    }

    fn cut(&self) {
        self.is_open.send_replace(false);
    }

    fn mend(&self) {
        self.is_open.send_replace(true);
    }
}

async fn forward_all(listener: TcpListener, host: String, is_open: tokio::sync::watch::Receiver<bool>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let (host, mut is_open) = (host.clone(), is_open.clone());
        tokio::spawn(async move {
            if !*is_open.borrow() {
                return;
            }
            let mut server = TcpStream::connect(host).await.unwrap();
            tokio::select! {
                _ = copy_bidirectional(&mut client, &mut server) => {}
                _ = is_open.wait_for(|is_open| !is_open) => {}
            }
        });
    }
}
