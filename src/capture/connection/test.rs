//! One real call that shows whether a connection works.
use chrono::{DateTime, Utc};
use entity::{connection, source};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr};

use super::{Client, NotConnected, Settings, keep_rotated, of, open, resume};
use crate::{
    capture::app::CaptureApp,
    capture::{
        reading::spend,
        remote::ReadError,
        x::{self, Reads},
    },
    platform::db::Tx,
};

/// The account a connection reads as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Stays when the handle changes.
    pub id: String,
    /// Without `@`.
    pub handle: String,
    /// As it calls itself.
    pub name: String,
}

/// Why a connection does not work.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// It is none, or was removed.
    #[error("{0:?} is no connection: nothing is read from it")]
    NoConnection(String),
    /// No call can be made.
    #[error(transparent)]
    NotConnected(#[from] NotConnected),
    /// The service said no, or nothing.
    #[error("{}", .0.told(*.1))]
    Refused(ReadError, DateTime<Utc>),
    /// The month's budget does not cover the call.
    #[error("the budget of this month is used up; raise it to test")]
    Budget,
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// Asks the service who we are; where it answers, reading that was stopped goes on.
pub async fn test(app: &CaptureApp, source: &source::Model) -> Result<Account, TestError> {
    let connection = of(app.db.read(), source)
        .await?
        .ok_or_else(|| TestError::NoConnection(source.name.clone()))?;
    let reads = reads_of_introduction(app, source)?;
    let now = app.clock.now();
    let price = spend::Price::of_call(app.config.x.prices.of(reads));
    if !spend::allows(app.db.read(), &connection, None, price, now).await? {
        return Err(TestError::Budget);
    }
    let client = open(app, source)?;
    let account = introduce(&client, source).await;
    keep_rotated(app, source, &client).await?;
    let account = account.map_err(|error| TestError::Refused(error, app.clock.now()))?;
    let tx = app.db.write().await?;
    note(&tx, app, &connection, &account, reads).await?;
    resume(&tx, source, app.clock.now()).await?;
    tx.commit().await?;
    Ok(account)
}

/// Asks the service who we are.
pub(crate) async fn introduce(client: &Client, source: &source::Model) -> Result<Account, ReadError> {
    match client {
        Client::X(client) => {
            let handle = match Settings::of(source) {
                Some(Settings::X(x)) => x.handle,
                _ => String::new(),
            };
            let account = client.verify(&handle).await?;
            Ok(Account {
                id: account.id.to_string(),
                handle: account.handle,
                name: account.name,
            })
        }
        Client::Mailbox(client) => {
            client.verify().await?;
            let (user, folder) = match Settings::of(source) {
                Some(Settings::Mailbox(mailbox)) => (mailbox.user, mailbox.folder),
                _ => Default::default(),
            };
            Ok(Account {
                id: user.clone(),
                handle: user,
                name: folder,
            })
        }
        Client::Mastodon(client) => {
            let account = client.verify().await?;
            Ok(Account {
                id: account.id,
                handle: account.handle,
                name: account.name,
            })
        }
    }
}

/// An application asks for the account by name, which has a price; an account asks for itself.
pub(crate) fn reads_of_introduction(app: &CaptureApp, source: &source::Model) -> Result<Reads, NotConnected> {
    let by_name = match open(app, source)? {
        Client::X(client) => client.is_application(),
        Client::Mastodon(_) | Client::Mailbox(_) => false,
    };
    Ok(x::Reads {
        accounts: u32::from(by_name),
        ..x::Reads::default()
    })
}

/// Keeps who we are, and what asking cost.
pub(crate) async fn note(
    tx: &Tx,
    app: &CaptureApp,
    connection: &connection::Model,
    account: &Account,
    reads: Reads,
) -> Result<(), DbErr> {
    let mut row: connection::ActiveModel = connection.clone().into();
    row.account_id = Set(Some(account.id.clone()));
    row.account_handle = Set(Some(account.handle.clone()));
    row.update(tx).await?;
    let price = app.config.x.prices.of(reads);
    spend::add(tx, connection, 0, price, app.clock.now()).await
}
