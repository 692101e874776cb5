//! The reading key of a source: what its tool asks of whoever reads answers there. Encrypted for the source and the server
//! that is shown it: whoever changes the server has to enter the key anew.
use chrono::{DateTime, Utc};
use entity::{fetching, source};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, sea_query::OnConflict};
use secrecy::{ExposeSecret, SecretString};

use super::{super::SourceError, of};
use crate::{
    capture::{
        app::CaptureApp,
        remote::Secret,
        source::{
            backfill, complete,
            tool::{Tool, fetch::Fetch},
        },
    },
    platform::{
        db::Tx,
        secret::{SealError, Secrets},
    },
};

/// Why there is no key to show.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    #[error("the reading key is missing ({0}): enter it")]
    Missing(String),
    #[error("the reading key was entered for another server; enter it again")]
    OtherServer,
    #[error("the reading key cannot be read: {0}; or enter it again")]
    Sealed(SealError),
    #[error("{0}")]
    Server(String),
}

/// Encrypts a reading key, and goes on with what waited for one.
pub async fn enter(
    tx: &Tx,
    secrets: &Secrets,
    source: &source::Model,
    given: &SecretString,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), SourceError> {
    let tool = Tool::find(&source.kind).ok_or_else(|| invalid("this source is not asked for anything"))?;
    let tool = tool.with(&source.settings).map_err(|error| invalid(&error))?;
    let fetch = tool
        .fetch
        .ok_or_else(|| invalid(&format!("{} is not asked for anything; give none", tool.label)))?;
    let key =
        Secret::parse("reading key", given.expose_secret()).map_err(|error| invalid(&error.to_string()))?;
    let about = about(source, &fetch).map_err(|error| invalid(&error))?;
    let sealed = secrets
        .seal(&key.expose().to_owned().into(), &about)
        .map_err(|error| invalid(&error.to_string()))?;
    let row = fetching::ActiveModel {
        source_id: Set(source.id),
        organisation_id: Set(source.organisation_id),
        sealed: Set(sealed),
        sealed_at: Set(now),
        calls_left: Set(None),
        window_ends_at: Set(None),
        problem: Set(None),
        failed_at: Set(None),
    };
    let replaced = OnConflict::column(fetching::Column::SourceId)
        .update_columns([
            fetching::Column::Sealed,
            fetching::Column::SealedAt,
            fetching::Column::Problem,
            fetching::Column::FailedAt,
        ])
        .to_owned();
    fetching::Entity::insert(row)
        .on_conflict(replaced)
        .exec_without_returning(tx)
        .await?;
    super::super::record(tx, source, "enter_reading_key", actor, now).await?;
    complete::hurry(tx, source, now).await?;
    Ok(backfill::go_on_with_key(tx, source, now).await?)
}

/// The key, or why there is none that could be shown.
pub(super) async fn open(
    app: &CaptureApp,
    source: &source::Model,
    fetch: &Fetch,
) -> Result<Result<SecretString, NoKey>, DbErr> {
    let Some(row) = of(app.db.read(), source).await? else {
        return Ok(Err(NoKey::Missing(fetch.key.clone())));
    };
    Ok(opened(&app.secrets, &row, source, fetch))
}

/// Whether there is a key that was entered for another server than the one that the settings name now.
pub async fn is_for_another_server(
    connection: &impl ConnectionTrait,
    secrets: &Secrets,
    source: &source::Model,
) -> Result<bool, DbErr> {
    let tool = Tool::find(&source.kind).and_then(|tool| tool.with(&source.settings).ok());
    let fetch = tool.and_then(|tool| tool.fetch);
    let row = of(connection, source).await?;
    Ok(fetch
        .zip(row)
        .is_some_and(|(fetch, row)| matches!(opened(secrets, &row, source, &fetch), Err(NoKey::OtherServer))))
}

fn opened(
    secrets: &Secrets,
    row: &fetching::Model,
    source: &source::Model,
    fetch: &Fetch,
) -> Result<SecretString, NoKey> {
    let about = about(source, fetch).map_err(NoKey::Server)?;
    secrets.open(&row.sealed, &about).map_err(|error| match error {
        SealError::Damaged => NoKey::OtherServer,
        error => NoKey::Sealed(error),
    })
}

/// What binds the key to its row and its server.
fn about(source: &source::Model, fetch: &Fetch) -> Result<String, String> {
    let server = fetch.server().map_err(|error| error.to_string())?;
    Ok(format!(
        "{}/fetching/{}/{server}",
        source.organisation_id, source.id
    ))
}

fn invalid(message: &str) -> SourceError {
    SourceError::Invalid {
        field: "reading_key",
        message: message.to_owned(),
    }
}
