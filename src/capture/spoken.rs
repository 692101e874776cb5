//! What a customer said aloud, on the phone or at the counter: somebody on the staff writes it down, and that they did
//! is kept with it. From there on it is a comment like any other.
use chrono::{DateTime, NaiveTime, Utc};
use entity::{comment, json::Author, organisation, source, staff_member};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::{
    draft::{Draft, Logged, Unusable, Words},
    source as sources,
    store::{Stored, store},
};
use crate::{
    access::{Person, audit},
    platform::{
        calendar::{day_in, zone},
        db::Tx,
        lock,
    },
};

/// The kind of source, and the name of the one that is made when the first is written down.
pub const KIND: &str = "spoken";
/// Most that one person writes down in a day.
pub const MOST_A_DAY: u64 = 30;
/// Longest name of a customer.
pub const LONGEST_NAME: usize = 80;

/// How it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// On the phone.
    Phone,
    /// Face to face.
    Counter,
}

impl Way {
    /// Its name in the API and in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Way::Phone => "phone",
            Way::Counter => "counter",
        }
    }
}

/// Who writes it down.
#[derive(Clone, Copy, Debug)]
pub struct Logger<'a> {
    /// Where they work.
    pub organisation: &'a organisation::Model,
    /// Who.
    pub person: &'a Person,
    /// The same, as in the audit log.
    pub actor: &'a str,
    /// When.
    pub now: DateTime<Utc>,
}

/// What was said.
#[derive(Clone, Debug)]
pub struct Said {
    /// The customer's words.
    pub text: String,
    /// The customer's name, if they gave it.
    pub customer: Option<String>,
    /// Whom it praises, if the one who writes it down knows; else the words decide.
    pub praised: Option<staff_member::Model>,
    /// Where.
    pub site: Option<Uuid>,
    /// How.
    pub way: Way,
    /// What makes a repeated request harmless: the same again, by the same person, is the same.
    pub key: Option<String>,
}

/// Why nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum NotLogged {
    /// Praise of oneself.
    #[error("nobody logs praise of themselves; ask a colleague to log it, or the customer to write it")]
    Oneself,
    /// One after the most.
    #[error("you have logged {MOST_A_DAY} messages today, the most that one person can; go on tomorrow")]
    Enough,
    /// The source was paused or removed.
    #[error("your company takes no spoken messages at the moment; an administrator can change that")]
    Closed,
    /// The key was used for other words.
    #[error("this Idempotency-Key was used with other words; use a new key")]
    KeyReused,
    /// Words that cannot be kept.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// Keeps what was said, with a line in the audit log. Whoever calls has permitted it; after an error nothing may be
/// committed.
pub async fn log(tx: &Tx, logger: Logger<'_>, said: Said) -> Result<Stored, NotLogged> {
    let own = logger.person.staff;
    if said
        .praised
        .as_ref()
        .is_some_and(|praised| Some(praised.id) == own)
    {
        return Err(NotLogged::Oneself);
    }
    // Two requests of one person wait for each other, so that both are counted.
    lock::account(tx, logger.organisation.id, logger.person.account).await?;
    let source = open_source(tx, logger).await?;
    let detail = json!({ "staff": said.praised.as_ref().map(|one| one.id), "way": said.way.name() });
    let draft = draft(&source, logger, said);
    draft.check()?;
    let stored = store(tx, std::slice::from_ref(&draft)).await?;
    match stored.first() {
        Some(Stored::KeyReused(_)) | None => Err(NotLogged::KeyReused),
        Some(Stored::New(id)) if logged_today(tx, logger).await? <= MOST_A_DAY => {
            record(tx, logger, *id, detail).await?;
            Ok(Stored::New(*id))
        }
        Some(Stored::New(_)) => Err(NotLogged::Enough),
        Some(known) => Ok(*known),
    }
}

fn draft(source: &source::Model, logger: Logger<'_>, said: Said) -> Draft {
    let author = said.customer.map(|name| Author {
        name: Some(name),
        ..Author::default()
    });
    let by = logger.person;
    Draft {
        idempotency_key: said.key.map(|key| format!("{}/{key}", by.account)),
        logged: Some(Logged {
            account: by.account,
            staff: by.staff,
        }),
        words: Words {
            text: said.text,
            site: said.site,
            author,
            staff_reference: said.praised.map(|praised| praised.employee_id),
            metadata: Some(json!({ "said_by": said.way.name(), "logged_by": by.name })),
            ..Words::default()
        },
        ..Draft::new(source, logger.now)
    }
}

/// The source, made with the first that comes; none while all of the kind are paused, or once they were removed.
async fn open_source(tx: &Tx, logger: Logger<'_>) -> Result<source::Model, NotLogged> {
    let own = logger.organisation.id;
    if let Some(open) = sources::open_of_kind(tx, own, KIND).await? {
        return Ok(open);
    }
    lock::organisation(tx, own).await?;
    if let Some(open) = sources::open_of_kind(tx, own, KIND).await? {
        return Ok(open);
    }
    let of_kind = source::Entity::within(own).filter(source::Column::Kind.eq(KIND));
    if of_kind.count(tx).await? > 0 {
        return Err(NotLogged::Closed);
    }
    // Somebody may have called another source so.
    let name = match sources::is_taken(tx, own, KIND).await? {
        true => Uuid::now_v7().simple().to_string(),
        false => KIND.to_owned(),
    };
    let row = sources::row(own, &name, KIND, 0, logger.now);
    Ok(row.insert(tx).await?)
}

/// How much somebody wrote down since the day began in their organisation.
async fn logged_today(connection: &impl ConnectionTrait, logger: Logger<'_>) -> Result<u64, DbErr> {
    use comment::Column;
    let midnight = day_in(logger.organisation, logger.now).and_time(NaiveTime::MIN);
    let local = midnight.and_local_timezone(zone(logger.organisation)).earliest();
    let since = local.map_or_else(|| midnight.and_utc(), |local| local.with_timezone(&Utc));
    comment::Entity::within(logger.organisation.id)
        .filter(Column::LoggedBy.eq(logger.person.account))
        .filter(Column::ReceivedAt.gte(since))
        .count(connection)
        .await
}

async fn record(tx: &Tx, logger: Logger<'_>, comment: Uuid, detail: serde_json::Value) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: logger.organisation.id,
        at: logger.now,
        actor: logger.actor,
        action: "log_spoken",
        subject_kind: "comment",
        subject_id: Some(comment.to_string()),
        detail,
    };
    audit::record(tx, entry).await
}

/// Whom a message that this account wrote down was said to praise, by employee id; none where it is not theirs.
pub async fn written_down(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    account: Uuid,
    id: Uuid,
) -> Result<Option<Option<String>>, DbErr> {
    let found = comment::Entity::within(organisation)
        .filter(comment::Column::Id.eq(id))
        .filter(comment::Column::LoggedBy.eq(account))
        .all(connection)
        .await?;
    let words = super::read::with_words(connection, found).await?;
    Ok(words.into_iter().next().map(|(_, words)| words.staff_reference))
}
