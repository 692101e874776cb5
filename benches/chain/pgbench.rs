//! A peer for posts on PostgreSQL: pgbench with the statements of a capture, a transaction for each comment, into tables like
//! those of the service.
use std::{fs, path::Path, process::Command};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

const SECONDS: &str = "15";
/// What a new row has for itself in a column.
type Own = (&'static str, &'static str);
/// Tables, and what is a new row's own; by the first the newest row is found that the others are like.
const COPIED: [(&str, &[Own]); 3] = [
    (
        "comment",
        &[
            ("id", "gen_random_uuid()"),
            ("external_id", "CAST(gen_random_uuid() AS text)"),
            ("idempotency_key", "NULL"),
        ],
    ),
    (
        "comment_revision",
        &[("comment_id", "CAST(:id AS uuid)"), ("id", "gen_random_uuid()")],
    ),
    (
        "comment_search",
        &[
            ("comment_id", "CAST(:id AS uuid)"),
            ("id", "CAST(random() * 9e15 AS bigint)"),
        ],
    ),
];
const JOB: &str = "INSERT INTO posted_job (organisation_id, kind, payload, run_at, attempt) SELECT organisation_id, \
                   'attribute', json_build_object('comment', CAST(:id AS text), 'revision', 1), received_at, 0 FROM \
                   one_comment;\nCOMMIT;\n";

/// Prints what pgbench reaches with as many clients; says why where there is none.
pub(crate) async fn measure(url: &str, directory: &Path, clients: u32) {
    let Some(program) = program() else {
        println!("  no pgbench beside it: none is installed");
        return;
    };
    let db = Database::connect(url).await.unwrap();
    let script = directory.join("capture.sql");
    fs::write(&script, transaction(&db).await).unwrap();
    db.close().await.unwrap();
    let output = Command::new(program)
        .args([
            "--no-vacuum",
            "--protocol=prepared",
            "--jobs=1",
            "--time",
            SECONDS,
        ])
        .args(["--client", &clients.to_string(), "--file"])
        .args([script.as_os_str(), url.as_ref()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let wanted = |line: &&str| line.starts_with("tps") || line.starts_with("latency average");
    let figures: Vec<&str> = said.lines().filter(wanted).collect();
    println!(
        "  pgbench, the same statements, {clients} clients: {}",
        figures.join(", ")
    );
}

fn program() -> Option<std::path::PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let programs = versions.map(|version| version.path().join("bin/pgbench"));
    programs.filter(|program| program.exists()).max()
}

async fn transaction(db: &DatabaseConnection) -> String {
    make_twin(db, "job").await;
    let mut script = "BEGIN;\n".to_owned();
    for (table, own) in COPIED {
        make_twin(db, table).await;
        let newest = own.first().unwrap().0;
        let one = format!("CREATE TABLE one_{table} AS SELECT * FROM {table} ORDER BY {newest} DESC LIMIT 1");
        db.execute_unprepared(&format!("DROP TABLE IF EXISTS one_{table}; {one}"))
            .await
            .unwrap();
        let columns = columns(db, table).await;
        let values: Vec<&str> = columns
            .iter()
            .map(|column| {
                let own = own.iter().find(|(name, _)| name == column);
                own.map_or(column.as_str(), |(_, value)| value)
            })
            .collect();
        let end = if table == "comment" {
            " RETURNING id \\gset"
        } else {
            ";"
        };
        script += &format!(
            "INSERT INTO posted_{table} ({}) SELECT {} FROM one_{table}{end}\n",
            columns.join(", "),
            values.join(", ")
        );
    }
    script + JOB
}

async fn make_twin(db: &DatabaseConnection, table: &str) {
    let sql = format!(
        "DROP TABLE IF EXISTS posted_{table}; CREATE TABLE posted_{table} (LIKE {table} INCLUDING ALL)"
    );
    db.execute_unprepared(&sql).await.unwrap();
}

async fn columns(db: &DatabaseConnection, table: &str) -> Vec<String> {
    let sql = format!(
        "SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' AND is_generated = 'NEVER'"
    );
    let rows = db
        .query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.try_get("", "column_name").unwrap())
        .collect()
}
