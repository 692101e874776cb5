//! Clients, made from what is kept of a connection and kept while that stays the same.
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use entity::source;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::{Credentials, CredentialsError, Settings};
use crate::{
    capture::app::CaptureApp,
    capture::{
        mailbox, mastodon,
        remote::{BaseUrl, BaseUrlError, CallLimits, Networks},
        source::secrets,
        x,
    },
    platform::secret::SealError,
};

/// A client of a network or a mailbox.
#[derive(Clone, Debug)]
pub enum Client {
    /// Reads X.
    X(x::Client),
    /// Reads a Mastodon server.
    Mastodon(mastodon::Client),
    /// Reads a mailbox.
    Mailbox(Box<mailbox::Client>),
}

/// Clients in use. A client of X learns which names X uses today, which is worth keeping.
#[derive(Debug, Default)]
pub struct Clients(Mutex<HashMap<Uuid, Kept>>);

#[derive(Debug)]
struct Kept {
    sealed: Option<Vec<u8>>,
    settings: Settings,
    client: Client,
}

/// Why no client can be made: an administrator has to act.
#[derive(Debug, thiserror::Error)]
pub enum NotConnected {
    /// The settings are of another kind than the source.
    #[error("its settings cannot be read; set them again")]
    Settings,
    /// The secrets cannot be decrypted.
    #[error("its secrets cannot be read: {0}; or enter them again")]
    Sealed(#[from] SealError),
    /// What was decrypted is no longer taken for secrets.
    #[error("its secrets cannot be used: {0}; enter them again")]
    Credentials(#[from] CredentialsError),
    /// The address cannot be used.
    #[error(transparent)]
    Address(#[from] BaseUrlError),
    /// The machine cannot do TLS.
    #[error("{0}")]
    Client(#[from] mastodon::ClientError),
    /// The machine cannot do TLS.
    #[error("{0}")]
    Mailbox(#[from] mailbox::ClientError),
}

/// The client of a connection.
pub fn open(app: &CaptureApp, source: &source::Model) -> Result<Client, NotConnected> {
    let settings = Settings::of(source).ok_or(NotConnected::Settings)?;
    let mut kept = app.clients.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(&source.id)
        && known.sealed == source.sealed
        && known.settings == settings
    {
        return Ok(known.client.clone());
    }
    let mut client = make(app, source, &settings)?;
    if let (Client::Mailbox(new), Some(Client::Mailbox(earlier))) =
        (&client, kept.get(&source.id).map(|known| &known.client))
    {
        client = Client::Mailbox(Box::new(new.as_ref().clone().going_on_from(earlier)));
    }
    let known = Kept {
        sealed: source.sealed.clone(),
        settings,
        client: client.clone(),
    };
    kept.insert(source.id, known);
    Ok(client)
}

/// Keeps the secrets that a provider changed while it was asked, whatever becomes of what it was asked for: those there are may
/// work no more. What somebody entered meanwhile stays.
pub(crate) async fn keep_rotated(
    app: &CaptureApp,
    source: &source::Model,
    client: &Client,
) -> Result<(), DbErr> {
    use source::Column;
    let rotated = match client {
        Client::Mailbox(mailbox) => mailbox.rotated(),
        Client::X(_) | Client::Mastodon(_) => None,
    };
    let Some(rotated) = rotated else { return Ok(()) };
    let lines = rotated.expose().into();
    let sealed = secrets::seal(&app.secrets, source.organisation_id, source.id, &lines);
    let sealed = sealed.map_err(|error| DbErr::Custom(error.to_string()))?;
    let tx = app.db.write().await?;
    source::Entity::update_many()
        .col_expr(Column::Sealed, Expr::value(Some(sealed)))
        .filter(Column::Id.eq(source.id))
        .filter(Column::OrganisationId.eq(source.organisation_id))
        .filter(Column::Sealed.eq(source.sealed.clone()))
        .exec(&tx)
        .await?;
    tx.commit().await
}

fn make(app: &CaptureApp, source: &source::Model, settings: &Settings) -> Result<Client, NotConnected> {
    let lines = secrets::open(&app.secrets, source)?.ok_or(NotConnected::Settings)?;
    let limits = CallLimits::default();
    let networks = Networks::and(&app.config.outbound.allowed_private_networks);
    match (settings, Credentials::parse(&source.kind, &lines)?) {
        (Settings::X(settings), Credentials::X(credentials)) => Ok(Client::X(x::Client::new(x::Settings {
            base: BaseUrl::parse(&app.config.x.address)?,
            credentials,
            owns_application: settings.owns_application,
            limits,
        }))),
        (Settings::Mastodon(settings), Credentials::Mastodon(access_token)) => {
            let client = mastodon::Client::new(mastodon::Settings {
                base: BaseUrl::parse(&settings.address)?,
                access_token,
                networks,
                limits,
            })?;
            Ok(Client::Mastodon(client))
        }
        (Settings::Mailbox(settings), Credentials::Mailbox(credentials)) => {
            let limits = mailbox::Limits::default();
            let client = mailbox::Client::new(settings.clone(), credentials, networks, limits)?;
            Ok(Client::Mailbox(Box::new(client)))
        }
        _ => Err(NotConnected::Settings),
    }
}
