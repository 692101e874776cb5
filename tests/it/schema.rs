//! The entities and the migrations agree.
use std::collections::BTreeMap;

use entity::{
    comment,
    index::{INDICES, UNIQUE_KEYS},
    notice::State,
    passed_on,
};
use migration::{Migrator, MigratorTrait};
use plaudit::{
    capture::read as comments,
    route::{
        promise,
        read::{self, Filter},
    },
    triage::desk::pace,
};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, QueryTrait, Schema, Statement,
    TransactionTrait,
};
use uuid::Uuid;

use crate::support::TestApp;

/// What a schema consists of, each with what matters about it.
type Shape = BTreeMap<String, String>;

#[tokio::test]
async fn entities_and_migrations_agree_in_columns_types_nullability_and_keys() {
    let mut app = TestApp::start().await;
    let migrated = (columns(app.db.writer()).await, unique_keys(app.db.writer()).await);
    Migrator::reset(app.db.writer()).await.unwrap();
    make_from_entities(app.db.writer()).await;
    assert_eq!(differences(&columns(app.db.writer()).await, &migrated.0), [""; 0]);
    assert_eq!(unique_keys(app.db.writer()).await, migrated.1);
    app.end_with_jobs().await;
}

#[tokio::test]
async fn every_listed_index_exists_and_every_index_is_listed() {
    let app = TestApp::start().await;
    let mut found = plain_indices(app.db.writer()).await;
    for (table, name, columns) in INDICES {
        let columns = columns.replace(' ', "");
        assert_eq!(found.remove(*name), Some(format!("{table}: {columns}")), "{name}");
    }
    assert!(found.is_empty(), "not listed in entity::index: {found:?}");
    app.end().await;
}

#[tokio::test]
async fn rows_that_are_named_one_by_one_are_not_searched_for_in_the_whole_organisation() {
    let app = TestApp::start().await;
    let (own, ids) = (app.organisation.id, || (0..50).map(|_| Uuid::now_v7()));
    let db = app.db.writer();
    let statements = [
        comment::Entity::named(own, comment::Column::Id, ids()).build(db.get_database_backend()),
        passed_on::Entity::named(own, passed_on::Column::RecognitionId, ids())
            .build(db.get_database_backend()),
    ];
    for mut statement in statements.into_iter().filter(|_| app.db.is_sqlite()) {
        statement.sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
        let plan = db.query_all_raw(statement).await.unwrap();
        let steps: Vec<String> = plan
            .iter()
            .map(|step| step.try_get("", "detail").unwrap())
            .collect();
        assert!(!steps.concat().contains("organisation_id"), "{steps:?}");
    }
    app.end().await;
}

/// A list that grows with history is read along an index from where its page begins, on both databases.
#[tokio::test]
async fn lists_of_the_api_are_read_along_an_index() {
    let app = TestApp::start().await;
    let own = app.organisation.id;
    let db = app.db.writer();
    let backend = db.get_database_backend();
    let before = Some((app.clock.now(), Uuid::now_v7()));
    let filter = |state| Filter {
        state,
        before,
        ..Filter::default()
    };
    let comments_in = |state| comments::Filter {
        state,
        before,
        ..comments::Filter::default()
    };
    let statements = [
        (
            read::newest(own, filter(None), 50).build(backend),
            "notice_organisation",
            "notice_state",
        ),
        (
            read::newest(own, filter(Some(State::Sent)), 50).build(backend),
            "notice_state",
            "notice_organisation",
        ),
        (
            comments::newest(own, &comments_in(None), 50).build(backend),
            "comment_received",
            "comment_state",
        ),
        (
            comments::newest(own, &comments_in(Some(comment::State::Done)), 50).build(backend),
            "comment_state",
            "comment_received",
        ),
    ];
    for (statement, index, rival) in statements {
        // Of two indices that fit, an empty table gives no reason to choose the better one.
        let steps = steps(&app, statement, &format!("{NO_SORT}; DROP INDEX {rival}")).await;
        assert!(steps.contains(index), "{steps}");
        // From where the page begins, and not from the newest of all.
        let begins = if index.starts_with("comment") {
            "received_at"
        } else {
            "created_at"
        };
        assert!(
            !app.db.is_sqlite() || steps.contains(&format!("{begins}<")),
            "{steps}"
        );
        assert!(
            !steps.contains("TEMP B-TREE") && !steps.contains("Sort"),
            "{steps}"
        );
    }
    app.end().await;
}

/// What is due is read along an index that holds what is open and nothing else, and so is what people heard of lately.
#[tokio::test]
async fn promises_that_are_due_are_read_along_an_index() {
    let app = TestApp::start().await;
    let (own, db, now) = (app.organisation.id, app.db.writer(), app.clock.now());
    let backend = db.get_database_backend();
    let lately = (now - chrono::TimeDelta::days(28), now);
    for (statement, index) in [
        (promise::clock::due(now, 200).build(backend), "promise_next"),
        (pace::heard_within(own, lately).build(backend), "passed_on_at"),
    ] {
        let dear = format!("{NO_SORT}; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off");
        let steps = steps(&app, statement, &dear).await;
        assert!(steps.contains(index), "{steps}");
        assert!(
            !steps.contains("TEMP B-TREE") && !steps.contains("Sort"),
            "{steps}"
        );
    }
    app.end().await;
}

/// What was said is found along an index: by persons and rare words from what they name, else in the order of the list.
#[tokio::test]
async fn what_was_said_is_found_along_an_index() {
    use plaudit::{
        capture::search::{Typed, Way},
        find::{Wanted, comments::statement},
    };
    let app = TestApp::start().await;
    let (own, db) = (app.organisation.id, app.db.writer());
    let backend = db.get_database_backend();
    let words = Wanted {
        words: Typed::read("kind thank"),
        ..Wanted::default()
    };
    let person = Wanted {
        person: Some(Uuid::now_v7()),
        ..Wanted::default()
    };
    let by_words = if app.db.is_sqlite() {
        "comment_search_index VIRTUAL TABLE INDEX"
    } else {
        "comment_search_words"
    };
    for (wanted, way, index, in_order) in [
        (Wanted::default(), Way::Index, "comment_occurred", true),
        (words.clone(), Way::Index, by_words, false),
        (words, Way::Order, "comment_occurred", true),
        (person, Way::Index, "recognition_staff", false),
    ] {
        let after = Some((app.clock.now(), Uuid::now_v7()));
        let statement = statement(own, &wanted, way, after, backend)
            .unwrap()
            .build(backend);
        let dear = if in_order {
            format!("{NO_SORT}; DROP INDEX comment_site, comment_state, comment_received, comment_tone")
        } else {
            "SET LOCAL enable_seqscan = off".to_owned()
        };
        let steps = steps(&app, statement, &dear).await;
        assert!(steps.contains(index), "{steps}");
        assert!(
            !in_order || !(steps.contains("TEMP B-TREE") || steps.contains("Sort")),
            "{steps}"
        );
        assert!(
            !steps.contains("SCAN comment") || steps.contains(by_words),
            "{steps}"
        );
    }
    app.end().await;
}

/// Neither the newest lines of the log nor what people decided cost more the more there was before.
#[tokio::test]
async fn what_grows_with_history_is_read_along_an_index() {
    use plaudit::{
        access::audit::{self, Wanted},
        triage::check::precision,
    };
    let app = TestApp::start().await;
    let (own, backend) = (app.organisation.id, app.db.writer().get_database_backend());
    let lines = audit::newest(own, &Wanted::default(), Some(Uuid::now_v7()), 50).build(backend);
    let plan = steps(&app, lines, &format!("{NO_SORT}; DROP INDEX audit_action, audit_at, audit_subject, audit_rows_of_block; ALTER TABLE audit DROP CONSTRAINT audit_pkey")).await;
    assert!(
        plan.contains("audit_newest") && !plan.contains("TEMP B-TREE"),
        "{plan}"
    );
    let corrections = precision::corrections(own, app.clock.now()).build(backend);
    let plan = steps(&app, corrections, NO_SORT).await;
    assert!(
        plan.contains("verdict_by_people") && !plan.contains("SCAN"),
        "{plan}"
    );
    app.end().await;
}

/// Empty tables are read whole, and sorted, unless that is dear.
const NO_SORT: &str =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off";

/// The steps by which the database runs a statement; PostgreSQL after `dear`, which is undone again.
async fn steps(app: &TestApp, mut statement: Statement, dear: &str) -> String {
    let transaction = app.db.writer().begin().await.unwrap();
    let (explain, column) = if app.db.is_sqlite() {
        ("EXPLAIN QUERY PLAN", "detail")
    } else {
        transaction.execute_unprepared(dear).await.unwrap();
        ("EXPLAIN", "QUERY PLAN")
    };
    statement.sql = format!("{explain} {}", statement.sql);
    let plan = transaction.query_all_raw(statement).await.unwrap();
    let steps: Vec<String> = plan
        .iter()
        .map(|step| step.try_get("", column).unwrap())
        .collect();
    transaction.rollback().await.unwrap();
    steps.join("; ")
}

fn differences(entities: &Shape, migrations: &Shape) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = entities.keys().chain(migrations.keys()).collect();
    let differ = names
        .into_iter()
        .filter(|name| entities.get(*name) != migrations.get(*name));
    differ
        .map(|name| format!("{name}: {:?} and {:?}", entities.get(name), migrations.get(name)))
        .collect()
}

async fn make_from_entities(db: &DatabaseConnection) {
    use entity::*;
    make(db, organisation::Entity).await;
    make(db, organisation_logo::Entity).await;
    make(db, key::Entity).await;
    make(db, audit::Entity).await;
    make(db, audit_block::Entity).await;
    make(db, audit_cut::Entity).await;
    make(db, audit_head::Entity).await;
    make(db, staff_member::Entity).await;
    make(db, erased_number::Entity).await;
    make(db, credit_objection::Entity).await;
    make(db, site::Entity).await;
    make(db, site_closure::Entity).await;
    make(db, assignment::Entity).await;
    make(db, shift::Entity).await;
    make(db, deputy::Entity).await;
    make(db, source::Entity).await;
    make(db, name_answer::Entity).await;
    make(db, hook::Entity).await;
    make(db, fetching::Entity).await;
    make(db, push::Entity).await;
    make(db, push_comment::Entity).await;
    make(db, import::Entity).await;
    make(db, backfill::Entity).await;
    make(db, comment::Entity).await;
    make(db, unmet_name::Entity).await;
    make(db, spot_check::Entity).await;
    make(db, comment_revision::Entity).await;
    make(db, comment_search::Entity).await;
    make(db, connection::Entity).await;
    make(db, reader::Entity).await;
    make(db, kept_post::Entity).await;
    make(db, spend::Entity).await;
    make(db, charged_post::Entity).await;
    make(db, attribution::Entity).await;
    make(db, verdict::Entity).await;
    make(db, recognition::Entity).await;
    make(db, recognition_count::Entity).await;
    make(db, team_count::Entity).await;
    make(db, decision::Entity).await;
    make(db, job::Entity).await;
    make(db, account::Entity).await;
    make(db, session::Entity).await;
    make(db, sign_in_link::Entity).await;
    make(db, alert::Entity).await;
    make(db, grant::Entity).await;
    make(db, notice::Entity).await;
    make(db, notice_recognition::Entity).await;
    make(db, passed_on::Entity).await;
    make(db, promise::Entity).await;
    make(db, answer::Entity).await;
    make(db, board_absence::Entity).await;
    make(db, channel::Entity).await;
    make(db, rule::Entity).await;
    make(db, delivery::Entity).await;
    make(db, capability::Entity).await;
    make(db, entity::wall_link::Entity).await;
    make(db, write_probe::Entity).await;
    make(db, entity::signing_key::Entity).await;
    make(db, entity::sign_on_provider::Entity).await;
    make(db, entity::sign_on_link::Entity).await;
    make(db, entity::sign_on_session::Entity).await;
    make(db, entity::sign_on_used::Entity).await;
    make(db, entity::sign_on_policy::Entity).await;
    make(db, entity::scim_user::Entity).await;
    make(db, entity::scim_stop::Entity).await;
    make(db, entity::second_factor::Entity).await;
    make(db, entity::second_factor_policy::Entity).await;
    make(db, entity::recovery_code::Entity).await;
    make(db, entity::half_session::Entity).await;
    for (table, name, columns) in UNIQUE_KEYS {
        db.execute_unprepared(&format!("CREATE UNIQUE INDEX {name} ON {table} ({columns})"))
            .await
            .unwrap();
    }
}

async fn make(db: &DatabaseConnection, entity: impl EntityTrait) {
    let schema = Schema::new(db.get_database_backend());
    db.execute(&schema.create_table_from_entity(entity))
        .await
        .unwrap();
    for index in schema.create_index_from_entity(entity) {
        db.execute(&index).await.unwrap();
    }
}

async fn columns(db: &DatabaseConnection) -> Shape {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT m.name || '.' || c.name AS name, c.type || ' nullable=' || (c.\"notnull\" = 0) || ' key=' || c.pk AS value
             FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
        }
        _ => {
            "SELECT table_name || '.' || column_name AS name, data_type || ' nullable=' || is_nullable AS value
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    shape(db, sql).await
}

async fn unique_keys(db: &DatabaseConnection) -> Vec<String> {
    let mut keys: Vec<String> = indices(db)
        .await
        .into_values()
        .filter(|index| index.contains("unique:"))
        .collect();
    keys.sort();
    keys
}

/// Indices that are neither unique keys of a whole table nor primary keys.
async fn plain_indices(db: &DatabaseConnection) -> Shape {
    let all = indices(db).await;
    all.into_iter()
        .filter(|(_, index)| !index.contains("unique:"))
        .collect()
}

/// Name → `table: columns`, or `table unique: columns`.
async fn indices(db: &DatabaseConnection) -> Shape {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT name, t || CASE WHEN whole THEN ' unique: ' ELSE ': ' END || group_concat(c) AS value FROM (
                 SELECT i.name AS name, m.name AS t, i.\"unique\" AND NOT i.partial AS whole, coalesce(c.name, '(expression)') AS c
                 FROM sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) c
                 WHERE m.type = 'table' AND i.origin <> 'pk' ORDER BY i.name, c.seqno)
             GROUP BY name, t, whole"
        }
        _ => {
            "SELECT i.relname AS name, t.relname || CASE WHEN x.indisunique AND x.indpred IS NULL THEN ' unique: '
                 ELSE ': ' END || string_agg(coalesce(a.attname, '(expression)'), ',' ORDER BY array_position(x.indkey::int2[], a.attnum)) AS value
             FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
             JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
             LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND a.attnum = ANY (x.indkey)
             WHERE NOT x.indisprimary GROUP BY i.relname, t.relname, x.indisunique, x.indpred"
        }
    };
    shape(db, sql).await
}

async fn shape(db: &DatabaseConnection, sql: &str) -> Shape {
    let rows = db
        .query_all_raw(Statement::from_string(db.get_database_backend(), sql))
        .await
        .unwrap();
    let text = |row: &sea_orm::QueryResult, column| row.try_get::<String>("", column).unwrap();
    let all = rows.iter().map(|row| (text(row, "name"), text(row, "value")));
    // No entity can say how the words of comments are indexed.
    let beyond_entities = ["schema_migration", "comment_search_index", "comment_search_words"];
    all.filter(|(name, _)| {
        !beyond_entities
            .iter()
            .any(|beginning| name.starts_with(beginning))
    })
    .collect()
}
