//! Every table is a tenant's, and every column that can hold words says what it holds and what ends it.
use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::support::TestApp;

const COLUMNS: &str = plaudit::statement::columns::COLUMNS;
const WITHOUT_TENANT: &str = include_str!("tenants.txt");
/// What a column may hold; words of customers and their authors are `words` and nothing else.
const HOLDINGS: &[&str] = &[
    "address",
    "codes",
    "description",
    "error without words",
    "file name",
    "hash",
    "id",
    "ids",
    "ids and codes",
    "name",
    "name of the organisation's own account",
    "names",
    "nothing",
    "numbers",
    "path",
    "roster",
    "sealed secret",
    "server's answer",
    "settings",
    "words",
];

#[tokio::test]
async fn every_column_that_can_hold_words_says_what_it_holds_and_what_ends_it() {
    let app = TestApp::start().await;
    let listed: BTreeSet<String> = lines(COLUMNS).map(|line| line[0].clone()).collect();
    let found: BTreeSet<String> = columns(&app)
        .await
        .into_iter()
        .filter(|(_, kind)| holds_words(kind))
        .map(|(name, _)| name)
        .collect();
    let missing: Vec<_> = found.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "say in src/statement/columns.txt what these hold and what ends it: {missing:?}"
    );
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(gone.is_empty(), "these columns are not there: {gone:?}");
    app.end().await;
}

#[test]
fn words_end_with_the_erasure_of_their_comment() {
    for line in lines(COLUMNS) {
        let [column, holds, ends] = line.as_slice() else {
            panic!("three parts: {line:?}")
        };
        assert!(HOLDINGS.contains(&holds.as_str()), "{column}: {holds}");
        assert!(!ends.is_empty(), "{column}");
        assert!(
            holds != "words" || ends.starts_with("erasure of the comment"),
            "{column}"
        );
    }
}

#[tokio::test]
async fn every_table_is_a_tenants_or_says_why_not() {
    let app = TestApp::start().await;
    let mut tables: BTreeMap<String, bool> = BTreeMap::new();
    for (name, _) in columns(&app).await {
        let (table, column) = name.split_once('.').unwrap();
        *tables.entry(table.to_owned()).or_default() |=
            column == "organisation_id" || table == "organisation";
    }
    let without: BTreeSet<String> = tables
        .into_iter()
        .filter(|(_, has)| !has)
        .map(|(table, _)| table)
        .collect();
    let listed: BTreeSet<String> = lines(WITHOUT_TENANT).map(|line| line[0].clone()).collect();
    assert_eq!(without, listed);
    app.end().await;
}

fn lines(text: &str) -> impl Iterator<Item = Vec<String>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('|').map(|part| part.trim().to_owned()).collect())
}

fn holds_words(kind: &str) -> bool {
    let kind = kind.to_lowercase();
    let is_other = ["uuid", "timestamp", "date"]
        .iter()
        .any(|other| kind.contains(other));
    !is_other
        && ["char", "text", "json", "blob", "bytea"]
            .iter()
            .any(|words| kind.contains(words))
}

/// `table.column` and its type.
async fn columns(app: &TestApp) -> Vec<(String, String)> {
    let backend = app.db.read().get_database_backend();
    let sql = match backend {
        DbBackend::Sqlite => {
            "SELECT m.name || '.' || c.name AS name, c.type AS kind
             FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
        _ => {
            "SELECT table_name || '.' || column_name AS name, data_type AS kind
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let rows = app
        .db
        .read()
        .query_all_raw(Statement::from_string(backend, sql))
        .await
        .unwrap();
    let text = |row: &sea_orm::QueryResult, column| row.try_get::<String>("", column).unwrap();
    // What SQLite keeps of an index stands in tables of its own, and holds what its table holds.
    rows.iter()
        .map(|row| (text(row, "name"), text(row, "kind")))
        .filter(|(name, _)| !name.starts_with("comment_search_index"))
        .collect()
}
