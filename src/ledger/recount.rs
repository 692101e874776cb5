//! Counts all recognitions anew inside the database and compares the counters with that: nothing of it passes through
//! the process but what is told, however long the history.
use chrono::NaiveDate;
use domain::period::PeriodKind;
use entity::recognition;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter, QueryResult, QuerySelect, Statement,
    Value,
};
use uuid::Uuid;

use super::rebuild::Report;
use crate::platform::db::Tx;

/// Days of one statement, of five rows each.
const DAYS: usize = 200;

/// One of the two tables of counters.
struct Table {
    name: &'static str,
    /// Whose counters they are: a column of the table, and what it follows from in a recognition.
    scope: &'static str,
    of_recognition: &'static str,
    in_words: &'static str,
}

const TABLES: [Table; 2] = [
    Table {
        name: "recognition_count",
        scope: "site_id",
        of_recognition: "COALESCE(r.site_id, $2)",
        in_words: "site",
    },
    Table {
        name: "team_count",
        scope: "manager_id",
        of_recognition: "r.manager_id",
        in_words: "team of",
    },
];

/// Compares all counters of an organisation and, unless `is_check`, mends them. Nobody may write counters meanwhile.
pub(super) async fn recount(
    tx: &Tx,
    organisation: Uuid,
    is_check: bool,
    report: &mut Report,
) -> Result<(), DbErr> {
    report.recognitions = recognition::Entity::within(organisation)
        .filter(recognition::Column::WithdrawnAt.is_null())
        .count(tx)
        .await?;
    let recounting = Recounting { tx, organisation };
    recounting.note_periods().await?;
    for table in &TABLES {
        recounting.count(table).await?;
        recounting.compare(table, report).await?;
        if !is_check {
            recounting.mend(table).await?;
        }
        recounting.run("DROP TABLE counted; DROP TABLE wrong").await?;
    }
    recounting.run("DROP TABLE period_of_day").await
}

struct Recounting<'a> {
    tx: &'a Tx,
    organisation: Uuid,
}

impl Recounting<'_> {
    /// Which periods each day of the history belongs to, so that the calendar is the same as everywhere else.
    async fn note_periods(&self) -> Result<(), DbErr> {
        let days: Vec<NaiveDate> = recognition::Entity::within(self.organisation)
            .select_only()
            .column(recognition::Column::OccurredOn)
            .distinct()
            .into_tuple()
            .all(self.tx)
            .await?;
        self.run(
            "CREATE TEMPORARY TABLE period_of_day (day date, kind text, start date, PRIMARY KEY (day, kind))",
        )
        .await?;
        for days in days.chunks(DAYS) {
            let of_days = days
                .iter()
                .flat_map(|day| PeriodKind::ALL.iter().map(|kind| (*day, *kind)));
            let rows: Vec<String> = of_days
                .map(|(day, kind)| format!("('{day}', '{}', '{}')", kind.name(), kind.start(day)))
                .collect();
            self.run(&format!("INSERT INTO period_of_day VALUES {}", rows.join(", ")))
                .await?;
        }
        Ok(())
    }

    /// What is right.
    async fn count(&self, table: &Table) -> Result<(), DbErr> {
        let scope = table.of_recognition;
        self.with_organisation(&format!(
            "CREATE TEMPORARY TABLE counted AS SELECT p.kind, p.start, {scope} AS scope, r.staff_id, COUNT(*) AS n \
             FROM recognition r JOIN period_of_day p ON p.day = r.occurred_on \
             WHERE r.organisation_id = $1 AND r.withdrawn_at IS NULL AND r.staff_id IS NOT NULL AND NOT r.logged AND {scope} IS NOT NULL \
             GROUP BY p.kind, p.start, {scope}, r.staff_id",
        ))
        .await
    }

    /// What differs: `n` is right, `stood` is stored.
    async fn compare(&self, table: &Table, report: &mut Report) -> Result<(), DbErr> {
        let Table {
            name,
            scope,
            in_words,
            ..
        } = table;
        // Added up side by side and not joined: a join needs the right index, and SQLite takes the wrong one.
        self.with_organisation(&format!(
            "CREATE TEMPORARY TABLE wrong AS SELECT kind, start, scope, staff_id, CAST(SUM(n) AS bigint) AS n, \
             CAST(SUM(stood) AS bigint) AS stood FROM (SELECT kind, start, scope, staff_id, n, 0 AS stood FROM counted \
             UNION ALL SELECT period_kind, period_start, {scope}, staff_id, 0, n FROM {name} \
             WHERE organisation_id = $1) AS beside \
             GROUP BY kind, start, scope, staff_id HAVING SUM(n) <> SUM(stood)"
        ))
        .await?;
        report.counters += self
            .number(&format!(
                "SELECT COUNT(*) AS n FROM {name} WHERE organisation_id = $1"
            ))
            .await?;
        let differing = self.number("SELECT COUNT(*) AS n FROM wrong").await?;
        let first = self.first_differences(report.room()).await?;
        report.differ(
            differing,
            first
                .iter()
                .map(|row| words(in_words, row))
                .collect::<Result<_, _>>()?,
        );
        Ok(())
    }

    async fn first_differences(&self, most: usize) -> Result<Vec<QueryResult>, DbErr> {
        let sql = format!("SELECT * FROM wrong ORDER BY kind, start, scope, staff_id LIMIT {most}");
        let statement = Statement::from_string(self.tx.get_database_backend(), sql);
        self.tx.query_all_raw(statement).await
    }

    async fn mend(&self, table: &Table) -> Result<(), DbErr> {
        let Table { name, scope, .. } = table;
        let columns = format!("organisation_id, period_kind, period_start, {scope}, staff_id");
        // SQLite cannot tell a join from a conflict without the WHERE.
        self.with_organisation(&format!(
            "INSERT INTO {name} ({columns}, n) SELECT $1, kind, start, scope, staff_id, n FROM wrong WHERE true \
             ON CONFLICT ({columns}) DO UPDATE SET n = excluded.n"
        ))
        .await
    }

    async fn run(&self, sql: &str) -> Result<(), DbErr> {
        self.tx.execute_unprepared(sql).await.map(|_| ())
    }

    /// `$1` is the organisation, `$2` the nil that stands for no site.
    fn statement(&self, sql: &str) -> Statement {
        let all: [Value; 2] = [self.organisation.into(), Uuid::nil().into()];
        let used = all.into_iter().take(if sql.contains("$2") {
            2
        } else {
            usize::from(sql.contains("$1"))
        });
        Statement::from_sql_and_values(self.tx.get_database_backend(), sql, used)
    }

    async fn with_organisation(&self, sql: &str) -> Result<(), DbErr> {
        self.tx.execute_raw(self.statement(sql)).await.map(|_| ())
    }

    async fn number(&self, sql: &str) -> Result<u64, DbErr> {
        let row = self.tx.query_one_raw(self.statement(sql)).await?;
        let number: i64 = row.map_or(Ok(0), |row| row.try_get("", "n"))?;
        Ok(u64::try_from(number).unwrap_or_default())
    }
}

fn words(scope_in_words: &str, row: &QueryResult) -> Result<String, DbErr> {
    let (kind, start): (String, NaiveDate) = (row.try_get("", "kind")?, row.try_get("", "start")?);
    let (scope, staff): (Uuid, Uuid) = (row.try_get("", "scope")?, row.try_get("", "staff_id")?);
    let (right, stood): (i64, i64) = (row.try_get("", "n")?, row.try_get("", "stood")?);
    Ok(format!(
        "counter of staff member {staff}, {scope_in_words} {scope}, {kind} of {start}: {stood}, and {right} is right"
    ))
}
