//! Everything that is stored about one person, as one file. One table below says of every column that points to a person
//! which rows are about them; a test fails where a column has no line.
//!
//! What a column of bytes holds is never told: those are hashes and sealed secrets.
use std::{future::Future, pin::Pin};

use chrono::{DateTime, SecondsFormat, Utc};
use entity::{among, recognition, session};
use futures_util::{Stream, stream};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, IdenStatic, Iterable, ModelTrait,
    PrimaryKeyToColumn, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Value, sea_query::Expr,
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::thanked::{self, Thanked};
use crate::{
    ledger::feed::Shown,
    platform::db::{Db, Reader},
    said,
};

/// Rows that are read at once.
const ROWS: u64 = 500;
/// Thank-yous whose words are read at once.
const WORDS: usize = 200;

/// About whom.
#[derive(Clone, Debug)]
pub struct Whose {
    /// The tenant.
    pub organisation: Uuid,
    /// Their account.
    pub account: Uuid,
    /// Their row of the roster, where they are on it.
    pub staff: Option<Uuid>,
    /// Their number there.
    pub employee_id: Option<String>,
}

/// What a column names somebody by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// The id of their row of the roster.
    Staff,
    /// The id of their account.
    Account,
    /// `account:` and that id, as in the audit log.
    Actor,
    /// Either id, as text.
    Subject,
    /// Their number on the roster.
    Employee,
    /// The id of one of their recognitions.
    Recognition,
    /// The id of one of their sessions.
    Session,
    /// Either id, somewhere in JSON.
    Within,
}

/// What is told of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// All columns.
    All,
    /// These alone: the others are about somebody else.
    Only(&'static [&'static str]),
    /// None, and why.
    Not(&'static str),
}

/// Where the last page ended.
type Place = Vec<Value>;
type Page = (Vec<Map<String, Json>>, Option<Place>);
type Reading<'a> = Pin<Box<dyn Future<Output = Result<Page, DbErr>> + Send + 'a>>;

/// What one column says of somebody.
pub struct Line {
    table: &'static str,
    column: &'static str,
    told: Told,
    read: for<'a> fn(&'a Reader, &'a Whose, Option<Place>) -> Reading<'a>,
}

macro_rules! lines {
    ($($table:ident.$column:ident: $by:ident => $told:expr;)*) => {
        vec![$(Line {
            table: stringify!($table),
            column: entity::$table::Column::$column.as_str(),
            told: $told,
            read: |db, whose, after| {
                let select = entity::$table::Entity::within(whose.organisation);
                let column = entity::$table::Column::$column;
                Box::pin(page(db, select.filter(about(column, By::$by, whose)), $told, after))
            },
        }),*]
    };
}

use Told::{All, Not, Only};

/// Every column that points to a person.
#[must_use]
pub fn lines() -> Vec<Line> {
    const OTHERS: &str = "it is about those who reported to them, and in those people's files";
    const COUNTED: &str = "counters of those who reported to them; theirs are in those people's files";
    const LOGGED: &[&str] = &["id", "source_id", "received_at", "logged_by", "logged_by_staff"];
    const NETWORK: &str = "the organisation's own account at a network";
    lines! {
        staff_member.Id: Staff => All;
        assignment.StaffId: Staff => All;
        assignment.ManagerId: Staff => Only(&["id", "site_id", "starts_on", "ends_on"]);
        deputy.AbsentId: Staff => All;
        deputy.DeputyId: Staff => Only(&["id", "deputy_id", "starts_on", "ends_on", "taken_back_at"]);
        deputy.GivenBy: Actor => Only(&["id", "given_by", "created_at"]);
        site.LeadId: Staff => Only(&["id", "name", "lead_id"]);
        account.Id: Account => All;
        shift.StaffId: Staff => All;
        account.StaffId: Staff => Not("their account is listed as account.id");
        grant.AccountId: Account => All;
        session.AccountId: Account => All;
        half_session.AccountId: Account => All;
        second_factor.AccountId: Account => All;
        recovery_code.AccountId: Account => All;
        sign_in_link.AccountId: Account => All;
        sign_in_link.CreatedBy: Actor => Only(&["id", "kind", "created_by", "created_at", "expires_at"]);
        sign_on_link.AccountId: Account => All;
        sign_on_policy.AccountId: Account => All;
        alert.AccountId: Account => All;
        capability.AccountId: Account => All;
        board_absence.StaffId: Staff => All;
        credit_objection.StaffId: Staff => All;
        recognition.StaffId: Staff => All;
        recognition.ManagerId: Staff => Not(OTHERS);
        recognition_count.StaffId: Staff => All;
        team_count.StaffId: Staff => All;
        team_count.ManagerId: Staff => Not(COUNTED);
        verdict.StaffId: Staff => All;
        verdict.Actor: Actor => Only(&["id", "comment_id", "state", "decided_by", "actor", "created_at"]);
        promise.RecognitionId: Recognition => Only(&[
            "recognition_id", "comment_id", "state", "level", "made_at", "asked_at", "due_at", "ended_at",
        ]);
        promise.AccountId: Account => Not(OTHERS);
        rule.StaffId: Staff => Only(&["id", "who", "staff_id", "at_once", "created_at", "ended_at"]);
        rule.CreatedBy: Actor => Only(&["id", "name", "created_by", "created_at", "ended_at"]);
        promise.StandsForId: Staff => Not(OTHERS);
        answer.RecognitionId: Recognition => All;
        passed_on.RecognitionId: Recognition => All;
        passed_on.AccountId: Account => All;
        passed_on.ManagerId: Staff => Not(OTHERS);
        decision.Actor: Actor => All;
        decision.UndoneBy: Actor => Only(&["id", "comment_id", "kind", "undone_at", "undone_by"]);
        sign_on_session.SessionId: Session => All;
        scim_user.StaffId: Staff => All;
        scim_user.Manager: Subject => Not(OTHERS);
        notice_recognition.RecognitionId: Recognition => Only(&["notice_id", "recognition_id", "part"]);
        comment.LoggedBy: Account => Only(LOGGED);
        comment.LoggedByStaff: Staff => Only(LOGGED);
        comment.HandledBy: Account => Only(&["id", "handled_at", "handled_by"]);
        comment_revision.StaffReference: Employee => Only(&["comment_id", "number", "staff_reference"]);
        spot_check.StaffId: Staff => Only(&[
            "id", "comment_id", "staff_id", "site_id", "manager_id", "confidence", "created_at", "is_right",
            "answered_at",
        ]);
        spot_check.Candidates: Within => Only(&["id", "comment_id", "site_id", "created_at", "is_right", "answered_at"]);
        spot_check.ManagerId: Staff => Not(OTHERS);
        spot_check.Actor: Actor => Only(&["id", "comment_id", "actor", "is_right", "answered_at"]);
        name_answer.StaffId: Staff => All;
        name_answer.Actor: Actor => All;
        name_answer.UndoneBy: Actor => Only(&["id", "undone_at", "undone_by"]);
        unmet_name.ChosenId: Staff => Only(&["id", "site_id", "comment_id", "chosen_id", "created_at"]);
        unmet_name.Nearest: Within => Only(&["id", "site_id", "comment_id", "created_at"]);
        notice.ReaderId: Account => All;
        notice.Reason: Within => Only(&["id", "kind", "comment_id", "created_at"]);
        notice_recognition.ReaderId: Account => All;
        notice_recognition.AwaitsDigestOf: Account => All;
        delivery.AccountId: Account => All;
        import.Actor: Actor => Only(&["id", "kind", "actor", "started_at", "finished_at", "undone_at"]);
        key.CreatedBy: Actor => Only(&["id", "name", "created_by", "created_at", "last_used_at", "revoked_at"]);
        wall_link.CreatedBy: Actor => All;
        wall_link.ManagerId: Staff => Only(&["id", "name", "manager_id", "created_at", "expires_at", "revoked_at"]);
        audit.Actor: Actor => All;
        audit.SubjectId: Subject => All;
        audit.Detail: Within => All;
        connection.AccountId: Subject => Not(NETWORK);
        connection.AccountHandle: Subject => Not(NETWORK);
    }
}

impl Line {
    /// `table.column`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }

    /// Its table.
    #[must_use]
    pub fn table(&self) -> &'static str {
        self.table
    }

    /// Whether all columns of its rows are told.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.told == Told::All
    }
}

/// Columns with such names that name no person, or nothing of their own.
pub const NOBODY: &[(&str, &str)] = &[
    ("job.leased_by", "the process that does it"),
    (
        "job.payload",
        "work that is under way: it names rows that are listed",
    ),
    ("job.key", "work that is under way: it names rows that are listed"),
    ("charged_post.post_id", "a customer's post"),
    ("comment.external_id", "a customer's message"),
    ("comment.idempotency_key", "a program's request"),
    ("key.prefix", "a program's key"),
    ("kept_post.post_id", "a customer's post"),
    ("reader.after", "how far a source was read"),
    ("reader.next_token", "how far a source was read"),
    ("reader.progress", "how far a source was read"),
    ("sign_on_provider.client_id", "Plaudit at the provider"),
    ("rule.name", "a rule"),
    ("site.name", "a place"),
    ("site.path", "a place"),
    ("site.slug", "a place"),
    ("verdict.decided_by", "whether the engine or a person did"),
    ("reader.stopped_by", "why a reading stopped"),
];

fn about<C: ColumnTrait>(column: C, by: By, whose: &Whose) -> Condition {
    let texts = || {
        let ids = [Some(whose.account), whose.staff];
        ids.into_iter().flatten().map(|id| id.to_string())
    };
    let own = match by {
        By::Staff => whose.staff.map(|id| column.eq(id)),
        By::Account => Some(column.eq(whose.account)),
        By::Actor => Some(column.eq(format!("account:{}", whose.account))),
        By::Subject => Some(among(column, texts())),
        By::Employee => whose.employee_id.as_ref().map(|id| column.eq(id.as_str())),
        By::Recognition => whose
            .staff
            .map(|id| column.in_subquery(recognitions(whose.organisation, id))),
        By::Session => Some(column.in_subquery(sessions(whose))),
        By::Within => Some(holds_one(column, texts())),
    };
    // Of nobody, no row is theirs.
    Condition::all().add(own.unwrap_or_else(|| Expr::val(1).eq(0)))
}

fn holds_one(column: impl ColumnTrait, ids: impl Iterator<Item = String>) -> Expr {
    let text = Expr::col(column.as_column_ref()).cast_as("text");
    ids.map(|id| text.clone().like(format!("%{id}%")))
        .reduce(ExprTrait::or)
        .unwrap_or_else(|| Expr::val(1).eq(0))
}

fn sessions(whose: &Whose) -> sea_orm::sea_query::SelectStatement {
    session::Entity::within(whose.organisation)
        .filter(session::Column::AccountId.eq(whose.account))
        .select_only()
        .column(session::Column::Id)
        .into_query()
}

fn recognitions(organisation: Uuid, staff: Uuid) -> sea_orm::sea_query::SelectStatement {
    recognition::Entity::within(organisation)
        .filter(recognition::Column::StaffId.eq(staff))
        .select_only()
        .column(recognition::Column::Id)
        .into_query()
}

/// A page of rows in the order of their primary key.
async fn page<E: EntityTrait>(
    db: &Reader,
    select: Select<E>,
    told: Told,
    after: Option<Place>,
) -> Result<Page, DbErr>
where
    E::Column: Iterable,
    E::Model: Sync,
{
    if matches!(told, Told::Not(_)) {
        return Ok((Vec::new(), None));
    }
    let key: Vec<E::Column> = E::PrimaryKey::iter()
        .map(PrimaryKeyToColumn::into_column)
        .collect();
    let mut select = key
        .iter()
        .fold(select, |select, column| select.order_by_asc(*column));
    if let Some(after) = after {
        let columns = key.iter().map(|column| Expr::col((E::default(), *column)));
        let beyond = Expr::tuple(columns).gt(Expr::tuple(after.into_iter().map(Expr::val)));
        select = select.filter(beyond);
    }
    let rows = select.limit(ROWS).all(db).await?;
    let place = |row: &E::Model| key.iter().map(|column| row.get(*column)).collect();
    let next = (rows.len() as u64 == ROWS)
        .then(|| rows.last().map(place))
        .flatten();
    Ok((rows.iter().map(|row| told_of::<E>(row, told)).collect(), next))
}

fn told_of<E: EntityTrait>(row: &E::Model, told: Told) -> Map<String, Json>
where
    E::Column: Iterable,
{
    let is_told = |name: &str| match told {
        Told::All => true,
        Told::Only(columns) => columns.contains(&name),
        Told::Not(_) => false,
    };
    let columns = E::Column::iter().filter(|column| is_told(column.as_str()));
    let value = |column: E::Column| Some((column.as_str().to_owned(), plain(row.get(column))?));
    columns.filter_map(value).collect()
}

/// A value as JSON; none for bytes and for what is empty.
fn plain(value: Value) -> Option<Json> {
    Some(match value {
        Value::Bool(value) => json!(value?),
        Value::Int(value) => json!(value?),
        Value::BigInt(value) => json!(value?),
        Value::Double(value) => json!(value?),
        Value::String(value) => json!(value?),
        Value::Json(value) => *value?,
        Value::Uuid(value) => json!(value?),
        Value::ChronoDate(value) => json!(value?),
        Value::ChronoDateTimeUtc(value) => json!(time(value?)),
        _ => return None,
    })
}

/// What stands at the top of the file.
#[derive(Clone, Debug)]
pub struct Head {
    /// The organisation's name.
    pub organisation: String,
    /// The person's.
    pub name: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The pieces of the file, each of a page of rows. An error ends it, so that whoever reads sees that it is not whole.
pub fn pieces(
    db: Db,
    whose: Whose,
    head: Head,
) -> impl Stream<Item = Result<Vec<u8>, std::io::Error>> + Send {
    let writing = Writing {
        db,
        whose,
        head,
        lines: lines(),
        at: At::Head,
        has_rows: false,
    };
    stream::try_unfold(writing, |mut writing| async move {
        let piece = writing.next().await.map_err(std::io::Error::other)?;
        Ok(piece.map(|piece| (piece.into_bytes(), writing)))
    })
}

struct Writing {
    db: Db,
    whose: Whose,
    head: Head,
    lines: Vec<Line>,
    at: At,
    /// Whether the list that is being written has a row already.
    has_rows: bool,
}

enum At {
    Head,
    /// So many are told, the newest first.
    Thanks(Vec<Thanked>, usize),
    Line(usize, Option<Place>),
    End,
}

impl Writing {
    async fn next(&mut self) -> Result<Option<String>, DbErr> {
        let at = std::mem::replace(&mut self.at, At::End);
        Ok(Some(match at {
            At::Head => self.begin().await?,
            At::Thanks(all, told) => self.thanks(all, told).await?,
            At::Line(number, after) => self.line(number, after).await?,
            At::End => return Ok(None),
        }))
    }

    async fn begin(&mut self) -> Result<String, DbErr> {
        let mut all = match self.whose.staff {
            Some(staff) => thanked::of(self.db.read(), self.whose.organisation, staff).await?,
            None => Vec::new(),
        };
        all.reverse();
        self.at = At::Thanks(all, 0);
        let not_told = |line: &Line| match line.told {
            Told::Not(why) => Some((line.name(), json!(why))),
            Told::All | Told::Only(_) => None,
        };
        let not_told: Map<String, Json> = self.lines.iter().filter_map(not_told).collect();
        let head = json!({
            "kind": "plaudit.stored",
            "version": 1,
            "organisation": self.head.organisation,
            "name": self.head.name,
            "issued_at": time(self.head.at),
            "not_listed": not_told,
        });
        let head = head.to_string();
        let open = head.strip_suffix('}').unwrap_or(&head);
        Ok(format!("{open},\n\"thank_yous\":["))
    }

    async fn thanks(&mut self, all: Vec<Thanked>, told: usize) -> Result<String, DbErr> {
        let some: Vec<Thanked> = all.iter().skip(told).take(WORDS).copied().collect();
        if some.is_empty() {
            self.at = At::Line(0, None);
            self.has_rows = false;
            return Ok("],\n\"rows\":{".to_owned());
        }
        let shown = thanked::with_words(self.db.read(), self.whose.organisation, &some).await?;
        self.at = At::Thanks(all, told + some.len());
        Ok(self.rows(shown.iter().map(thanks).collect()))
    }

    async fn line(&mut self, number: usize, after: Option<Place>) -> Result<String, DbErr> {
        let Some(line) = self.lines.get(number) else {
            return Ok("}}\n".to_owned());
        };
        if matches!(line.told, Told::Not(_)) {
            self.at = At::Line(number + 1, None);
            return Ok(String::new());
        }
        let mut piece = String::new();
        if after.is_none() {
            let comma = if number == 0 { "" } else { "," };
            piece = format!("{comma}\n{}:[", Json::from(line.name()));
            self.has_rows = false;
        }
        let (rows, next) = (line.read)(self.db.read(), &self.whose, after).await?;
        piece += &self.rows(rows);
        match next {
            Some(next) => self.at = At::Line(number, Some(next)),
            None => {
                piece.push(']');
                self.at = At::Line(number + 1, None);
            }
        }
        Ok(piece)
    }

    fn rows(&mut self, rows: Vec<Map<String, Json>>) -> String {
        let mut piece = String::new();
        for row in rows {
            piece += if self.has_rows { ",\n" } else { "\n" };
            piece += &Json::Object(row).to_string();
            self.has_rows = true;
        }
        piece
    }
}

/// A thank-you as the feed shows it, without its customer; of posts of X id and link.
fn thanks(shown: &Shown) -> Map<String, Json> {
    let (comment, words) = &shown.comment;
    let text = said::thanks::thanks(&shown.source, (comment, words), &shown.verdict)
        .filter(|_| !said::is_word_for_word(&shown.source))
        .map(|thanks| thanks.text);
    let post = said::post(&shown.source, words);
    let mut row = Map::new();
    let mut add = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            row.insert(name.to_owned(), value);
        }
    };
    add("recognition_id", Some(json!(shown.recognition.id)));
    add("occurred_at", Some(json!(time(shown.recognition.occurred_at))));
    add("site", shown.site.as_ref().map(|site| json!(site.name)));
    add("words", text.map(Json::from));
    add(
        "post_id",
        comment
            .external_id
            .clone()
            .filter(|_| post.is_some())
            .map(Json::from),
    );
    add("link", post.map(|post| Json::from(post.url)));
    row
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
