//! An organisation at the size of a chain. One comment goes the whole way; its rows are copied for everybody else.
use entity::{
    account, assignment, comment, comment_revision, notice, notice_recognition, recognition, staff_member,
    team_count, verdict,
};
use plaudit::{
    access::{Scope, key},
    app::{App, tenant, work},
    roster::{
        Change,
        assignment::AssignmentFields,
        organisation::NewOrganisation,
        site::{self, NewSite},
        staff::{self, StaffFields},
    },
    web::{self, Web},
};
use poem::{EndpointExt, test::TestClient};
use sea_orm::{ConnectionTrait, DbBackend, IdenStatic, Iterable};
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

const PEOPLE_EACH: u32 = 10;

pub(crate) async fn fill(app: &App, managers: u32) {
    one_of_all(app).await;
    let people = managers * PEOPLE_EACH;
    let sql = Sql { app };
    let (manager, person, account) = (sql.id("a1", "n.i"), sql.id("a2", "n.i"), sql.id("a3", "n.i"));
    let its_manager = sql.id("a1", &format!("(n.i - 1) / {PEOPLE_EACH} + 1"));
    let its_account = sql.id("a3", &format!("(n.i - 1) / {PEOPLE_EACH} + 1"));
    let [comment, words, verdict, recognition, notice] =
        ["a4", "a5", "a6", "a7", "a8"].map(|kind| sql.id(kind, "n.i"));
    let manages = "t.given_name = 'Ruth'";
    let praised = "t.given_name = 'Priya'";
    sql.copy::<staff_member::Column>(
        "staff_member",
        &[
            ("id", &manager),
            ("employee_id", "'m' || n.i"),
            ("given_name", "'Manager' || n.i"),
            ("email", "'m' || n.i || '@example.org'"),
        ],
        managers,
        manages,
    )
    .await;
    sql.copy::<staff_member::Column>(
        "staff_member",
        &[
            ("id", &person),
            ("employee_id", "'p' || n.i"),
            ("given_name", "'Person' || n.i"),
            ("email", "NULL"),
        ],
        people,
        praised,
    )
    .await;
    sql.copy::<account::Column>(
        "account",
        &[("id", &account), ("staff_id", &manager)],
        managers,
        "true",
    )
    .await;
    sql.copy::<assignment::Column>(
        "assignment",
        &[
            ("id", &sql.id("a9", "n.i")),
            ("staff_id", &person),
            ("manager_id", &its_manager),
        ],
        people,
        "t.manager_id IS NOT NULL",
    )
    .await;
    sql.copy::<comment::Column>(
        "comment",
        &[
            ("id", &comment),
            ("receipt_hash", "NULL"),
            ("external_id", "'c' || n.i"),
        ],
        people,
        "true",
    )
    .await;
    sql.copy::<comment_revision::Column>(
        "comment_revision",
        &[("id", &words), ("comment_id", &comment)],
        people,
        "true",
    )
    .await;
    sql.copy::<verdict::Column>(
        "verdict",
        &[("id", &verdict), ("comment_id", &comment), ("staff_id", &person)],
        people,
        "true",
    )
    .await;
    sql.copy::<recognition::Column>(
        "recognition",
        &[
            ("id", &recognition),
            ("comment_id", &comment),
            ("staff_id", &person),
            ("manager_id", &its_manager),
        ],
        people,
        "true",
    )
    .await;
    sql.copy::<notice::Column>(
        "notice",
        &[
            ("id", &notice),
            ("comment_id", &comment),
            ("reader_id", &its_account),
        ],
        people,
        "true",
    )
    .await;
    sql.copy::<notice_recognition::Column>(
        "notice_recognition",
        &[
            ("notice_id", &notice),
            ("recognition_id", &recognition),
            ("reader_id", &its_account),
            ("awaits_digest_of", &its_account),
        ],
        people,
        "true",
    )
    .await;
    sql.copy::<team_count::Column>(
        "team_count",
        &[("manager_id", &its_manager), ("staff_id", &person)],
        people,
        "t.period_kind = 'month'",
    )
    .await;
    if app.db.writer().get_database_backend() == DbBackend::Postgres {
        app.db.writer().execute_unprepared("ANALYZE").await.unwrap();
    }
}

struct Sql<'a> {
    app: &'a App,
}

impl Sql<'_> {
    /// An id that follows from a number.
    fn id(&self, kind: &str, number: &str) -> String {
        match self.app.db.writer().get_database_backend() {
            DbBackend::Sqlite => format!("unhex('{kind}' || printf('%030x', {number}))"),
            _ => format!("('{kind}' || lpad(to_hex({number}), 30, '0'))::uuid"),
        }
    }

    /// Copies the one row of a table that there is (or that meets the condition), with other values in some columns.
    async fn copy<C: Iterable + IdenStatic>(
        &self,
        table: &str,
        others: &[(&str, &str)],
        times: u32,
        which: &str,
    ) {
        let columns: Vec<String> = C::iter().map(|column| column.as_str().to_owned()).collect();
        let value = |column: &String| {
            let other = others.iter().find(|(name, _)| name == column);
            other.map_or_else(|| format!("t.{column}"), |(_, value)| (*value).to_owned())
        };
        let values: Vec<String> = columns.iter().map(value).collect();
        let sql = format!(
            "INSERT INTO {table} ({}) SELECT {} FROM {table} t CROSS JOIN \
             (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times}) SELECT i FROM n) AS n \
             WHERE {which}",
            columns.join(", "),
            values.join(", ")
        );
        self.app.db.writer().execute_unprepared(&sql).await.expect(table);
    }
}

/// One manager, one person, one comment, told.
async fn one_of_all(app: &App) {
    let now = app.clock.now();
    let tx = app.db.write().await.unwrap();
    let new = NewOrganisation {
        name: "Bench".into(),
        slug: "bench".into(),
        time_zone: "Europe/London".into(),
        language: "en".into(),
    };
    let made = tenant::create(&tx, new, "cli", now).await.unwrap();
    let change = Change::begin(&tx, made.id, "cli", now).await.unwrap();
    let leeds = NewSite {
        name: "Leeds".into(),
        ..NewSite::default()
    };
    let leeds = site::create(&change, leeds).await.unwrap();
    let person = |given: &str| StaffFields {
        employee_id: given.to_lowercase(),
        given_name: given.to_owned(),
        family_name: "Nair".to_owned(),
        email: Some(format!("{}@example.org", given.to_lowercase())),
        ..StaffFields::default()
    };
    let ruth = staff::create(&change, person("Ruth")).await.unwrap();
    let priya = staff::create(&change, person("Priya")).await.unwrap();
    let place = AssignmentFields {
        manager: Some(ruth.id),
        site: Some(leeds.id),
        ..AssignmentFields::default()
    };
    plaudit::roster::assignment::create(&change, priya.id, place)
        .await
        .unwrap();
    let (_, secret) = key::create(&tx, made.id, "bench", Scope::ALL, "cli", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let web = TestClient::new(
        web::routes(Web::new(app.clone(), CancellationToken::new()))
            .map_to_response()
            .boxed(),
    );
    let body =
        serde_json::json!({"text": "Priya Nair was so kind and helpful, thank you Priya!", "site": "Leeds"});
    let sent = web
        .post("/v1/comments")
        .header("authorization", format!("Bearer {}", secret.expose_secret()))
        .body_json(&body)
        .send()
        .await;
    sent.assert_status(poem::http::StatusCode::CREATED);
    work::worker(app).work_until_idle().await.unwrap();
}
