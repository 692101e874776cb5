//! The limit: the rows that comments left, read and inserted once more by the database alone, into tables like theirs with
//! the same keys and indices, a hundred comments a transaction.
use std::time::Instant;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement, TransactionTrait};

const TOGETHER: usize = 100;
/// Tables, and which of their rows are a comment's.
const TABLES: [(&str, &str); 7] = [
    ("comment", "id"),
    ("comment_revision", "comment_id"),
    ("attribution", "comment_id"),
    ("verdict", "comment_id"),
    ("recognition", "comment_id"),
    ("notice", "comment_id"),
    ("delivery", "notice_id IN (SELECT id FROM notice WHERE comment_id"),
];

pub(crate) async fn measure(url: &str, comments: u32) {
    let db = Database::connect(url).await.unwrap();
    let backend = db.get_database_backend();
    for (table, _) in TABLES {
        make_twin(&db, table).await;
    }
    let statement = Statement::from_string(backend, "SELECT id FROM comment ORDER BY id DESC");
    let rows = db.query_all_raw(statement).await.unwrap();
    let ids: Vec<uuid::Uuid> = rows
        .iter()
        .take(comments as usize)
        .map(|row| row.try_get("", "id").unwrap())
        .collect();
    let began = Instant::now();
    for some in ids.chunks(TOGETHER) {
        let tx = db.begin().await.unwrap();
        let list: Vec<String> = (1..=some.len()).map(|at| format!("${at}")).collect();
        for (table, of) in TABLES {
            let end = if of.contains('(') { ")" } else { "" };
            let sql = format!(
                "INSERT INTO twin_{table} SELECT * FROM {table} WHERE {of} IN ({}){end}",
                list.join(", ")
            );
            let values = some.iter().map(|id| (*id).into());
            tx.execute_raw(Statement::from_sql_and_values(backend, sql, values))
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }
    println!(
        "  the rows of {} comments read and inserted by themselves: {:.0} comments/s",
        ids.len(),
        ids.len() as f64 / began.elapsed().as_secs_f64()
    );
    db.close().await.unwrap();
}

/// A table like another, with its keys and indices.
async fn make_twin(db: &DatabaseConnection, table: &str) {
    if db.get_database_backend() == DbBackend::Postgres {
        let sql = format!("CREATE TABLE twin_{table} (LIKE {table} INCLUDING ALL)");
        db.execute_unprepared(&sql).await.unwrap();
        return;
    }
    let sql = format!(
        "SELECT name, sql FROM sqlite_schema WHERE tbl_name = '{table}' AND sql IS NOT NULL ORDER BY type DESC"
    );
    let statement = Statement::from_string(DbBackend::Sqlite, sql);
    for row in db.query_all_raw(statement).await.unwrap() {
        let (name, sql): (String, String) =
            (row.try_get("", "name").unwrap(), row.try_get("", "sql").unwrap());
        let sql = sql.replacen(&format!("\"{name}\""), &format!("\"twin_{name}\""), 1);
        let sql = sql.replacen(&format!("ON \"{table}\""), &format!("ON \"twin_{table}\""), 1);
        db.execute_unprepared(&sql).await.unwrap();
    }
}
