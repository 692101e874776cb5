//! What a stretch of work cost, by what the system and the database count: processor time of the service, of PostgreSQL
//! and of what puts the load on; bytes written; on PostgreSQL statements and flushes of its log.
use std::ops::Sub;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) service_cpu: f64,
    database_cpu: f64,
    load_cpu: f64,
    written: f64,
    statements: f64,
    flushes: f64,
}

impl Sub for Counts {
    type Output = Counts;

    fn sub(self, before: Counts) -> Counts {
        Counts {
            service_cpu: self.service_cpu - before.service_cpu,
            database_cpu: self.database_cpu - before.database_cpu,
            load_cpu: self.load_cpu - before.load_cpu,
            written: self.written - before.written,
            statements: self.statements - before.statements,
            flushes: self.flushes - before.flushes,
        }
    }
}

impl Counts {
    pub(crate) async fn now(service: u32, db: &DatabaseConnection) -> Counts {
        let counts = Counts {
            service_cpu: cpu_of(&service.to_string()),
            load_cpu: cpu_of("self"),
            written: written_by(service),
            ..Counts::default()
        };
        if db.get_database_backend() != DbBackend::Postgres {
            return counts;
        }
        Counts {
            database_cpu: cpu_of_all("postgres"),
            statements: number(
                db,
                "SELECT CAST(SUM(calls) AS double precision) FROM pg_stat_statements JOIN pg_database ON \
                 pg_database.oid = dbid WHERE datname = current_database()",
            )
            .await,
            flushes: number(db, "SELECT CAST(wal_sync AS double precision) FROM pg_stat_wal").await,
            ..counts
        }
    }

    /// In one line, for each of `comments`.
    pub(crate) fn each(&self, comments: usize) -> String {
        let each = |whole: f64| whole / comments.max(1) as f64;
        let mut line = format!(
            "each {:.2} ms of CPU, {:.1} KiB written",
            each(self.service_cpu) * 1000.0,
            each(self.written) / 1024.0
        );
        if self.statements > 0.0 {
            line += &format!(
                ", {:.2} ms of PostgreSQL's, {:.2} statements, {:.3} flushes of its log",
                each(self.database_cpu) * 1000.0,
                each(self.statements),
                each(self.flushes)
            );
        }
        line + &format!("; load and mail server {:.2} ms", each(self.load_cpu) * 1000.0)
    }
}

async fn number(db: &DatabaseConnection, sql: &str) -> f64 {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    match db.query_one_raw(statement).await {
        Ok(Some(row)) => row
            .try_get_by_index::<Option<f64>>(0)
            .unwrap()
            .unwrap_or_default(),
        // A server without pg_stat_statements: `tests/with-postgres --durable` has it.
        _ => 0.0,
    }
}

fn cpu_of(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    seconds(&stat, 11)
}

fn cpu_of_all(name: &str) -> f64 {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    stats
        .filter(|stat| stat.contains(&format!("({name})")))
        .map(|stat| seconds(&stat, 11))
        .sum()
}

/// User and system time from the fields of /proc/PID/stat after the name, the first of which is numbered 0.
pub(crate) fn seconds(stat: &str, first: usize) -> f64 {
    let Some((_, after_name)) = stat.rsplit_once(')') else {
        return 0.0;
    };
    let ticks = after_name.split_whitespace().skip(first).take(2);
    ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

fn written_by(process: u32) -> f64 {
    let io = std::fs::read_to_string(format!("/proc/{process}/io")).unwrap_or_default();
    io.lines()
        .find_map(|line| line.strip_prefix("write_bytes: "))
        .map_or(0.0, |bytes| bytes.parse().unwrap())
}
