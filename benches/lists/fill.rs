//! An organisation and its history, written by the database itself.
use entity::account as accounts;
use plaudit::{
    access::account,
    app::App,
    capture::source::create_standard,
    roster::organisation::{NewOrganisation, create},
};
use sea_orm::{ConnectionTrait, DbBackend};
use uuid::Uuid;

use super::{A_MONTH, administrator, now};

const SITES: u32 = 50;
const STAFF: u32 = 400;
/// Person `n` reports to person `n - n % TEAM`.
const TEAM: u32 = 20;
/// The feed of the second site.
pub(super) const SITE_FEED: &str = "/feed/site/51730000-0000-0000-0000-000000000002";

pub(super) const SITE_LIST: &str = "/v1/recognitions?limit=50&site=51730000-0000-0000-0000-000000000002";
pub(super) const OWN_LIST: &str = "/v1/recognitions?limit=50&staff=57af0000-0000-0000-0000-000000000002";
pub(super) const TEAM_LIST: &str = "/v1/recognitions?limit=50&team=57af0000-0000-0000-0000-000000000000";
pub(super) const TEAM_BOARD: &str = "/v1/board?period=month&team=57af0000-0000-0000-0000-000000000000";

/// Who signs in: both feeds of the person and both desks of the manager are full in the last month alone.
pub(super) struct Filled {
    pub(super) person: accounts::Model,
    pub(super) manager: accounts::Model,
    pub(super) administrator: accounts::Model,
}

/// Everything that is there before anybody asks.
pub(super) async fn fill(app: &App, months: u32) -> Filled {
    let tx = app.db.write().await.unwrap();
    let new = NewOrganisation {
        name: "Bench".to_owned(),
        slug: "bench".to_owned(),
        time_zone: "UTC".to_owned(),
        language: "en".to_owned(),
    };
    let own = create(&tx, new, "cli", now()).await.unwrap().id;
    create_standard(&tx, own, now()).await.unwrap();
    let source = entity::source::Entity::within(own);
    let source = sea_orm::QuerySelect::limit(source, 1)
        .one(&tx)
        .await
        .unwrap()
        .unwrap();
    let administrator = administrator(&tx, own).await;
    tx.commit().await.unwrap();
    let fill = Fill::new(app, own, months);
    if is_sqlite(app) {
        // Only while it is filled; what reads has connections of its own.
        fill.execute("PRAGMA foreign_keys = OFF").await;
        fill.execute("PRAGMA cache_size = -1000000").await;
    }
    fill.roster().await;
    let tx = app.db.write().await.unwrap();
    let person = account::for_staff(&tx, own, staff_id(2), now()).await.unwrap();
    let manager = account::for_staff(&tx, own, staff_id(0), now()).await.unwrap();
    tx.commit().await.unwrap();
    fill.comments(source.id).await;
    fill.praise(manager.id).await;
    fill.told(manager.id).await;
    fill.noted().await;
    plaudit::ledger::rebuild::rebuild(&app.db, own, false, now())
        .await
        .unwrap();
    fill.settle().await;
    Filled {
        person,
        manager,
        administrator,
    }
}

/// How a database says it; `i` numbers the comments, oldest first.
struct Fill<'a> {
    app: &'a App,
    own: String,
    numbers: String,
    at: String,
    day: String,
    /// The last month begins with this comment.
    last: u32,
}

impl Fill<'_> {
    fn new(app: &App, own: Uuid, months: u32) -> Fill<'_> {
        let count = months * A_MONTH;
        let (age, seconds) = (
            format!("({} - i) / {A_MONTH}", count - 1),
            format!("(i % {A_MONTH} * 241)"),
        );
        let (numbers, at, day) = if is_sqlite(app) {
            let month = format!("'2026-11-01', '-' || ({age}) || ' months'");
            (
                format!(
                    "WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < {count} - 1)"
                ),
                format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', {month}, '+' || {seconds} || ' seconds')"),
                format!("date({month}, '+' || ({seconds} / 86400) || ' days')"),
            )
        } else {
            let month = format!("timestamp '2026-11-01' - make_interval(months => {age})");
            (
                format!("WITH numbers(i) AS (SELECT * FROM generate_series(0, {count} - 1))"),
                format!("(({month} + make_interval(secs => {seconds})) AT TIME ZONE 'UTC')"),
                format!("({month} + make_interval(days => {seconds} / 86400))::date"),
            )
        };
        Fill {
            app,
            own: literal(app, own),
            numbers,
            at,
            day,
            last: count - A_MONTH,
        }
    }

    async fn execute(&self, sql: &str) {
        self.app.db.writer().execute_unprepared(sql).await.expect(sql);
    }

    /// One row a comment that meets a condition.
    async fn rows(&self, table: &str, columns: &str, values: &str, condition: &str) {
        let (numbers, own) = (&self.numbers, &self.own);
        self.execute(&format!(
            "{numbers} INSERT INTO {table} (organisation_id, {columns}) SELECT {own}, {values} FROM numbers WHERE {condition}"
        ))
        .await;
    }

    fn id(&self, lead: &str, number: &str) -> String {
        let lead = format!("{lead}0000000000000000");
        if is_sqlite(self.app) {
            return format!("unhex('{lead}' || printf('%08x', {number}))");
        }
        format!("('{lead}' || lpad(to_hex({number}), 8, '0'))::uuid")
    }

    fn literal(&self, id: Uuid) -> String {
        literal(self.app, id)
    }

    /// Whether a comment of the last month has this remainder by 100.
    fn is_late(&self, remainder: u32) -> String {
        format!("(i >= {} AND i % 100 = {remainder})", self.last)
    }

    async fn roster(&self) {
        let (own, at) = (&self.own, "'2020-01-01T00:00:00+00:00'");
        for number in 1..=SITES {
            let site = self.literal(id(0x5173, number));
            self.execute(&format!("INSERT INTO site (id, organisation_id, name, path, slug, changed_in_version, created_at) VALUES ({site}, {own}, 'S{number}', 'S{number}', 's{number}', 1, {at})")).await;
            self.execute(&format!("INSERT INTO site_closure (ancestor_id, descendant_id, organisation_id, depth) VALUES ({site}, {site}, {own}, 0)")).await;
        }
        for number in 0..STAFF {
            let (person, manager) = (
                self.literal(staff_id(number)),
                self.literal(staff_id(number - number % TEAM)),
            );
            let (site, row) = (
                self.literal(id(0x5173, 1 + number % SITES)),
                self.literal(id(0xa551, number)),
            );
            self.execute(&format!("INSERT INTO staff_member (id, organisation_id, employee_id, given_name, family_name, aliases, handles, changed_in_version, created_at) VALUES ({person}, {own}, 'e{number}', 'Given{number}', 'Family{number}', '[]', '[]', 1, {at})")).await;
            if number % TEAM != 0 {
                self.execute(&format!("INSERT INTO assignment (id, organisation_id, staff_id, site_id, manager_id, created_at) VALUES ({row}, {own}, {person}, {site}, {manager}, {at})")).await;
            }
        }
    }

    /// Of the last month one in a hundred is to be decided, one to be put right, and two look like junk.
    async fn comments(&self, source: Uuid) {
        let (comment, site) = (
            self.id("c0330000", "i"),
            self.id("51730000", &format!("1 + i % {SITES}")),
        );
        let (source, at) = (self.literal(source), &self.at);
        let (open, wrong, held) = (self.is_late(7), self.is_late(5), self.is_held());
        let state = format!("CASE WHEN {open} THEN 'triage' WHEN {held} THEN 'held' ELSE 'done' END");
        let tone = format!("CASE WHEN {wrong} THEN 'complaint' ELSE 'praise' END");
        let since = format!("CASE WHEN {wrong} THEN {at} END");
        self.rows(
            "comment",
            "id, source_id, site_id, state, tone, tell, revision, words_changed, occurred_at, received_at, concern_since",
            &format!("{comment}, {source}, {site}, {state}, {tone}, 'now', 1, FALSE, {at}, {at}, {since}"),
            "TRUE",
        )
        .await;
        self.rows(
            "comment_revision",
            "id, comment_id, number, text, consent, revised_at, received_at",
            &format!("{comment}, {comment}, 1, 'Thank you, you were so kind and helpful with the hinge, number ' || i, 'colleagues', {at}, {at}"),
            "TRUE",
        )
        .await;
        let words = "'and helpful hinge kind number so thank the were with you ' || i";
        self.rows(
            "comment_search",
            "comment_id, words",
            &format!("{comment}, {words}"),
            "TRUE",
        )
        .await;
        self.rows(
            "attribution",
            "id, comment_id, revision, tone, outcome, unnamed_praise, unnamed_spans, roster_version, settings_version, model_version, threshold, created_at",
            &format!("{comment}, {comment}, 1, {tone}, 'attributed', FALSE, '[]', 1, 1, '1', 0.8, {at}"),
            &format!("NOT {held}"),
        )
        .await;
    }

    fn is_held(&self) -> String {
        format!("({} OR {})", self.is_late(3), self.is_late(53))
    }

    /// Comment `i` is of person `i % STAFF`, who works at site `1 + i % SITES`. One in ten of the last month waits to
    /// be passed on; the others were, within ten hours.
    async fn praise(&self, by: Uuid) {
        let (comment, staff) = (
            self.id("c0330000", "i"),
            self.id("57af0000", &format!("(i % {STAFF})")),
        );
        let manager = self.id("57af0000", &format!("(i % {STAFF} - i % {TEAM})"));
        let site = self.id("51730000", &format!("1 + i % {SITES}"));
        let (at, day, by) = (&self.at, &self.day, self.literal(by));
        let (open, last) = (self.is_late(7), self.last);
        let said_so = format!("NOT {} AND NOT {}", self.is_held(), self.is_late(5));
        let state = format!("CASE WHEN {open} THEN 'open' ELSE 'credited' END");
        self.rows(
            "verdict",
            "id, comment_id, staff_id, sequence, revision, state, decided_by, confidence, rank, spans, evidence, created_at",
            &format!("{comment}, {comment}, {staff}, 1, 1, {state}, 'engine', 0.9, 1, '[]', '[]', {at}"),
            &said_so,
        )
        .await;
        let is_waiting = format!("(i >= {last} AND i % 10 = 1)");
        self.rows(
            "recognition",
            "id, comment_id, staff_id, site_id, manager_id, occurred_at, occurred_on, recognised_at, waiting_since, for_colleagues, quiet",
            &format!("{comment}, {comment}, {staff}, {site}, {manager}, {at}, {day}, {at}, CASE WHEN {is_waiting} THEN {at} END, TRUE, FALSE"),
            &format!("{said_so} AND NOT {open}"),
        )
        .await;
        let heard = if is_sqlite(self.app) {
            format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', {at}, '+' || (i % 600) || ' minutes')")
        } else {
            format!("{at} + make_interval(mins => i % 600)")
        };
        self.rows(
            "passed_on",
            "id, recognition_id, comment_id, manager_id, account_id, how, said_at, passed_on_at",
            &format!("{comment}, {comment}, {comment}, {manager}, {by}, 'told', {at}, {heard}"),
            &format!("{said_so} AND NOT {open} AND NOT {is_waiting}"),
        )
        .await;
    }

    /// A notice and a mail for each comment.
    async fn told(&self, reader: Uuid) {
        let (notice, at, reader) = (self.id("4071ce00", "i"), &self.at, self.literal(reader));
        let comment = self.id("c0330000", "i");
        self.rows(
            "notice",
            "id, reader_id, kind, comment_id, ordinal, state, reason, due_at, created_at, sent_at",
            &format!("{notice}, {reader}, 'praise', {comment}, 1, 'sent', '{{\"code\":\"manager\"}}', {at}, {at}, {at}"),
            "TRUE",
        )
        .await;
        self.rows(
            "delivery",
            "id, notice_id, channel, account_id, state, attempt, due_at, created_at, attempted_at",
            &format!("{notice}, {notice}, 'mail', {reader}, 'accepted', 1, {at}, {at}, {at}"),
            "TRUE",
        )
        .await;
    }

    /// A line of the audit log for each comment.
    async fn noted(&self) {
        let (entry, at) = (self.id("a0d17000", "i"), &self.at);
        self.rows(
            "audit",
            "id, at, actor, action, subject_kind, subject_id, detail",
            &format!("{entry}, {at}, 'cli', 'settings.changed', 'organisation', 'x', '{{}}'"),
            "TRUE",
        )
        .await;
    }

    /// What the databases do by themselves in time.
    async fn settle(&self) {
        if is_sqlite(self.app) {
            self.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
        } else {
            self.execute("VACUUM ANALYZE").await;
        }
    }
}

fn is_sqlite(app: &App) -> bool {
    app.db.writer().get_database_backend() == DbBackend::Sqlite
}

fn literal(app: &App, id: Uuid) -> String {
    if is_sqlite(app) {
        return format!("x'{}'", id.simple());
    }
    format!("'{id}'")
}

fn staff_id(number: u32) -> Uuid {
    id(0x57af, number)
}

fn id(lead: u128, number: u32) -> Uuid {
    Uuid::from_u128((lead << 112) + u128::from(number))
}
