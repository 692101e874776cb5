//! Making, changing, resuming and removing connections.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{connection, job, reader, source};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    Credentials, MENTIONS, Settings, hurry, is_connected, job_key, of, readers_of, settings::invalid,
};
use crate::{
    capture::{
        mail, mailbox,
        reading::{OVERLAP, SEARCH_REACHES},
        source::{self as sources, SourceError},
    },
    platform::{db::Tx, secret::Secrets},
};

/// Posts of a page, which a budget must at least allow.
pub(crate) const PAGE_POSTS: u32 = 100;
/// How far back a new source may reach: as far as X's search does.
const FURTHEST_DAYS: i64 = 7;

/// A connection to be.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// The source's name.
    pub name: String,
    /// What to read.
    pub settings: Settings,
    /// The secrets.
    pub credentials: Credentials,
    /// Millionths of a US dollar a month; none for no limit.
    pub budget: Option<i64>,
    /// How long words may still change before they are attributed.
    pub settle_seconds: i32,
    /// How many days back the first round reaches; 0 to 7.
    pub days_back: i64,
}

/// What is to change; what is empty stays.
#[derive(Clone, Debug, Default)]
pub struct ConnectionPatch {
    /// New secrets.
    pub credentials: Option<Credentials>,
    /// Another limit, or none.
    pub budget: Option<Option<i64>>,
    /// Other searches (X).
    pub rules: Option<Vec<String>>,
    /// Whether the application belongs to the account (X).
    pub owns_application: Option<bool>,
    /// Another server address (Mastodon).
    pub address: Option<String>,
    /// Another server, folder or user (mailboxes).
    pub mailbox: Option<mailbox::Patch>,
    /// Whose word is taken instead (mailboxes).
    pub mail: Option<mail::Settings>,
}

/// Makes a connection and begins to read.
pub async fn create(
    tx: &Tx,
    secrets: &Secrets,
    organisation: Uuid,
    new: NewConnection,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<source::Model, SourceError> {
    let settings = new.settings.checked()?;
    if !(0..=FURTHEST_DAYS).contains(&new.days_back) {
        return Err(invalid("days_back", format!("give 0 to {FURTHEST_DAYS}")));
    }
    if new.credentials.kind() != settings.kind() {
        return Err(invalid("secrets", "are those of another network".to_owned()));
    }
    check_secrets(&settings, &new.credentials)?;
    let plain = sources::NewSource {
        name: new.name,
        kind: settings.kind().to_owned(),
        settle_seconds: new.settle_seconds,
    };
    let source = sources::insert(tx, organisation, plain, to_json(&settings)?, actor, now).await?;
    let source = keep_secrets(tx, secrets, &source, &new.credentials, now).await?;
    let row = connection::ActiveModel {
        source_id: Set(source.id),
        organisation_id: Set(organisation),
        budget: Set(checked_budget(new.budget)?),
        account_id: Set(None),
        account_handle: Set(None),
        read_from: Set(now - TimeDelta::days(new.days_back).clamp(OVERLAP, SEARCH_REACHES)),
    };
    let connection = row.insert(tx).await?;
    add_readers(tx, &source, &connection, &settings).await?;
    let readers = readers_of(tx, &source).await?;
    hurry(tx, &readers, now).await?;
    Ok(source)
}

fn check_secrets(settings: &Settings, credentials: &Credentials) -> Result<(), SourceError> {
    match (settings, credentials) {
        (Settings::Mailbox(mailbox), Credentials::Mailbox(credentials)) => mailbox.check(credentials),
        _ => Ok(()),
    }
}

async fn keep_secrets(
    tx: &Tx,
    secrets: &Secrets,
    source: &source::Model,
    credentials: &Credentials,
    now: DateTime<Utc>,
) -> Result<source::Model, SourceError> {
    sources::hook::keep_secrets(tx, secrets, source, &credentials.lines(), now).await
}

fn to_json(settings: &Settings) -> Result<serde_json::Value, DbErr> {
    serde_json::to_value(settings).map_err(|error| DbErr::Json(error.to_string()))
}

fn checked_budget(budget: Option<i64>) -> Result<Option<i64>, SourceError> {
    match budget {
        Some(amount) if amount < 0 => Err(invalid(
            "budget",
            format!("{amount} is negative; give millionths of a dollar"),
        )),
        budget => Ok(budget),
    }
}

/// Adds the readers that the settings ask for and that are not there yet.
async fn add_readers(
    tx: &Tx,
    source: &source::Model,
    connection: &connection::Model,
    settings: &Settings,
) -> Result<(), DbErr> {
    let there = readers_of(tx, source).await?;
    for name in settings.readers() {
        if !there.iter().any(|reader| reader.name == name) {
            new_reader(source, connection, settings, name).insert(tx).await?;
        }
    }
    Ok(())
}

fn new_reader(
    source: &source::Model,
    connection: &connection::Model,
    settings: &Settings,
    name: String,
) -> reader::ActiveModel {
    // Mastodon is read upwards from its first notification: nothing of what lies between is missed.
    let is_mastodon = matches!(settings, Settings::Mastodon(_));
    reader::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(source.organisation_id),
        source_id: Set(source.id),
        after: Set((is_mastodon && name == MENTIONS).then(|| "0".to_owned())),
        from_time: Set((!is_mastodon).then_some(connection.read_from)),
        round_posts: Set(0),
        held: Set(0),
        failures: Set(0),
        name: Set(name),
        next_token: Set(None),
        round_started_at: Set(None),
        calls_left: Set(None),
        window_ends_at: Set(None),
        last_read_at: Set(None),
        caught_up_at: Set(None),
        last_error: Set(None),
        failed_at: Set(None),
        stopped_by: Set(None),
        gap_from: Set(None),
        gap_to: Set(None),
        progress: Set(None),
    }
}

/// Changes a connection; reading goes on at once.
pub async fn update(
    tx: &Tx,
    secrets: &Secrets,
    source: &source::Model,
    patch: ConnectionPatch,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), SourceError> {
    let (Some(connection), Some(settings)) = (of(tx, source).await?, Settings::of(source)) else {
        return Err(invalid("kind", format!("{} is no connection", source.kind)));
    };
    let before = settings.clone();
    let settings = changed(settings, &patch)?.checked()?;
    if let (Some(field), None) = (settings.leads_elsewhere(&before), &patch.credentials) {
        let message = format!(
            "are needed anew where {field} changes: those that are kept go to the server for which they were entered alone"
        );
        return Err(invalid("secrets", message));
    }
    let mut row: connection::ActiveModel = connection.clone().into();
    let mut source = source.clone();
    if let Some(credentials) = &patch.credentials {
        if credentials.kind() != settings.kind() {
            return Err(invalid("secrets", "are those of another network".to_owned()));
        }
        source = keep_secrets(tx, secrets, &source, credentials, now).await?;
        // Other secrets may be those of another account.
        row.account_id = Set(None);
    }
    if let Some(budget) = patch.budget {
        row.budget = Set(checked_budget(budget)?);
    }
    let connection = if row.is_changed() {
        row.update(tx).await?
    } else {
        connection
    };
    if let Some(credentials) = &patch.credentials {
        check_secrets(&settings, credentials)?;
    }
    if !settings.is_same_place(&before) {
        // What is known of the one place means nothing at the other, and a turn that is under way there writes nothing.
        forget_readers(tx, &source).await?;
    }
    let mut row: source::ActiveModel = source.clone().into();
    row.settings = Set(to_json(&settings)?);
    let source = row.update(tx).await?;
    drop_readers(tx, &source, &settings).await?;
    add_readers(tx, &source, &connection, &settings).await?;
    sources::record(tx, &source, "update_connection", actor, now).await?;
    Ok(resume(tx, &source, now).await?)
}

fn changed(settings: Settings, patch: &ConnectionPatch) -> Result<Settings, SourceError> {
    let is_x = matches!(settings, Settings::X(_));
    if !is_x && (patch.rules.is_some() || patch.owns_application.is_some()) {
        return Err(invalid("rules", "are a setting of X's sources".to_owned()));
    }
    if !matches!(settings, Settings::Mastodon(_)) && patch.address.is_some() {
        return Err(invalid(
            "address",
            "is a setting of Mastodon's sources".to_owned(),
        ));
    }
    if !matches!(settings, Settings::Mailbox(_)) && (patch.mailbox.is_some() || patch.mail.is_some()) {
        return Err(invalid("mailbox", "is a setting of mailboxes".to_owned()));
    }
    Ok(match settings {
        Settings::X(mut x) => {
            x.rules = patch.rules.clone().unwrap_or(x.rules);
            x.owns_application = patch.owns_application.unwrap_or(x.owns_application);
            Settings::X(x)
        }
        Settings::Mastodon(mut mastodon) => {
            mastodon.address = patch.address.clone().unwrap_or(mastodon.address);
            Settings::Mastodon(mastodon)
        }
        Settings::Mailbox(mailbox) => {
            let mut mailbox = mailbox.with(patch.mailbox.clone().unwrap_or_default());
            mailbox.mail = patch.mail.clone().unwrap_or(mailbox.mail);
            Settings::Mailbox(mailbox)
        }
    })
}

/// Searches that are no longer asked for.
async fn drop_readers(tx: &Tx, source: &source::Model, settings: &Settings) -> Result<(), DbErr> {
    let wanted = settings.readers();
    for reader in readers_of(tx, source).await? {
        if !wanted.contains(&reader.name) {
            forget_reader(tx, &reader).await?;
        }
    }
    Ok(())
}

async fn forget_readers(tx: &Tx, source: &source::Model) -> Result<(), DbErr> {
    for reader in readers_of(tx, source).await? {
        forget_reader(tx, &reader).await?;
    }
    Ok(())
}

async fn forget_reader(tx: &Tx, reader: &reader::Model) -> Result<(), DbErr> {
    job::Entity::delete_many()
        .filter(job::Column::Key.eq(job_key(reader.id)))
        .exec(tx)
        .await?;
    reader::Entity::delete_by_id(reader.id).exec(tx).await?;
    Ok(())
}

/// Reads at once, also what was stopped until a person had put something right. A gap that was reported counts as
/// seen.
pub async fn resume(tx: &Tx, source: &source::Model, now: DateTime<Utc>) -> Result<(), DbErr> {
    if !is_connected(source) || source.paused_at.is_some() {
        return Ok(());
    }
    reader::Entity::update_many()
        .col_expr(reader::Column::StoppedBy, Expr::value(None::<String>))
        .col_expr(reader::Column::GapFrom, Expr::value(None::<DateTime<Utc>>))
        .col_expr(reader::Column::GapTo, Expr::value(None::<DateTime<Utc>>))
        .filter(reader::Column::OrganisationId.eq(source.organisation_id))
        .filter(reader::Column::SourceId.eq(source.id))
        .exec(tx)
        .await?;
    let readers = readers_of(tx, source).await?;
    hurry(tx, &readers, now).await
}

/// Forgets how a source is read, where it is read at all.
pub(in crate::capture) async fn forget(tx: &Tx, source: &source::Model) -> Result<(), DbErr> {
    forget_readers(tx, source).await?;
    connection::Entity::delete_by_id(source.id).exec(tx).await?;
    Ok(())
}
