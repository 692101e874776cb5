//! A database a test: a copy of a file that was migrated once, or of a PostgreSQL template.
use std::path::PathBuf;

use plaudit::platform::{config::Config, db::Db, wake::Wake};
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// The environment variable that names a PostgreSQL server: `postgres://user@host:port/postgres`.
const SERVER: &str = "PLAUDIT_TEST_DATABASE";

pub enum TestDatabase {
    Sqlite(TempDir),
    Postgres { server: String, name: String },
}

impl TestDatabase {
    pub async fn create() -> TestDatabase {
        match std::env::var(SERVER) {
            Ok(server) => postgres(server).await,
            Err(_) => sqlite(TempDir::new().unwrap()).await,
        }
    }

    /// A file below `directory`, which may lie on a file system of its own.
    pub async fn sqlite_in(directory: &std::path::Path) -> TestDatabase {
        sqlite(TempDir::new_in(directory).unwrap()).await
    }

    pub fn url(&self) -> String {
        match self {
            TestDatabase::Sqlite(directory) => format!("sqlite://{}", file_in(directory).display()),
            TestDatabase::Postgres { server, name } => in_database(server, name),
        }
    }

    pub async fn remove(&self) {
        if let TestDatabase::Postgres { server, name } = self {
            execute(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

fn file_in(directory: &TempDir) -> PathBuf {
    directory.path().join("plaudit.db")
}

/// One migrated file for the whole run, copied for each test.
async fn sqlite(directory: TempDir) -> TestDatabase {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
    let template = TEMPLATE
        .get_or_init(|| async {
            let directory = TempDir::new().unwrap();
            migrate(&format!("sqlite://{}", file_in(&directory).display())).await;
            std::fs::read(file_in(&directory)).unwrap()
        })
        .await;
    std::fs::write(file_in(&directory), template).unwrap();
    TestDatabase::Sqlite(directory)
}

async fn postgres(server: String) -> TestDatabase {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let template = TEMPLATE
        .get_or_init(|| async {
            let name = format!("template_{}", Uuid::now_v7().simple());
            execute(&server, &format!("CREATE DATABASE {name}")).await;
            migrate(&in_database(&server, &name)).await;
            name
        })
        .await;
    let name = format!("test_{}", Uuid::now_v7().simple());
    execute(&server, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    TestDatabase::Postgres { server, name }
}

async fn migrate(url: &str) {
    let mut config = Config::from_toml("").unwrap();
    config.database.url = url.into();
    let db = Db::connect(&config.database, std::sync::Arc::new(Wake::default()))
        .await
        .unwrap();
    db.migrate().await.unwrap();
    db.close().await;
}

async fn execute(server: &str, sql: &str) {
    let connection = Database::connect(server).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

/// The server's address with another database's name.
fn in_database(server: &str, name: &str) -> String {
    let (before, after) = server.rsplit_once('/').unwrap();
    let options = after
        .split_once('?')
        .map(|(_, options)| format!("?{options}"))
        .unwrap_or_default();
    format!("{before}/{name}{options}")
}
