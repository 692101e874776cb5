//! Connections to public networks: the sources of kind `x` and `mastodon`. A connection is a source with secrets, a
//! budget, and a row for each of its readers; [`super::reading`] does the reading.
mod change;
mod client;
mod credentials;
mod health;
mod settings;
mod test;

pub(crate) use change::PAGE_POSTS;
pub(in crate::capture) use change::forget;
pub use change::{ConnectionPatch, NewConnection, create, resume, update};
pub(crate) use client::keep_rotated;
pub use client::{Client, Clients, NotConnected, open};
pub use credentials::{Credentials, CredentialsError};
pub use health::{Health, Mails, State, health, healths};
pub use settings::{Mastodon, Settings, X};
pub use test::{Account, TestError, test};
pub(crate) use test::{introduce, note, reads_of_introduction};

use chrono::{DateTime, Utc};
use entity::{connection, reader, source};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::platform::{
    db::Tx,
    job::{self, Job, NewJob},
};

/// The reader that looks kept posts up again.
pub const CHECK: &str = "check";
/// The reader of what mentions the account.
pub const MENTIONS: &str = "mentions";
/// The reader of a mailbox.
pub const FOLDER: &str = "folder";

/// The kinds of sources that are connections.
pub const KINDS: [&str; 3] = ["x", "mastodon", "mailbox"];

/// Whether a source is read from a network.
#[must_use]
pub fn is_connected(source: &source::Model) -> bool {
    KINDS.contains(&source.kind.as_str())
}

/// An account as people write it: networks put a mark before a handle, mailboxes have an address.
#[must_use]
pub fn shown(source: &source::Model, handle: &str) -> String {
    match source.kind.as_str() {
        "mailbox" => handle.to_owned(),
        _ => format!("@{handle}"),
    }
}

/// The connection of a source.
pub async fn of(
    connection: &impl ConnectionTrait,
    source: &source::Model,
) -> Result<Option<connection::Model>, DbErr> {
    connection::Entity::within(source.organisation_id)
        .filter(connection::Column::SourceId.eq(source.id))
        .one(connection)
        .await
}

/// The readers of a source, by name.
pub async fn readers_of(
    connection: &impl ConnectionTrait,
    source: &source::Model,
) -> Result<Vec<reader::Model>, DbErr> {
    reader::Entity::within(source.organisation_id)
        .filter(reader::Column::SourceId.eq(source.id))
        .order_by_asc(reader::Column::Name)
        .all(connection)
        .await
}

/// The one waiting job of a reader.
pub(crate) fn job_of(reader: &reader::Model, run_at: DateTime<Utc>) -> NewJob {
    NewJob {
        organisation: reader.organisation_id,
        job: Job::Read { reader: reader.id },
        run_at,
        key: Some(job_key(reader.id)),
    }
}

pub(crate) fn job_key(reader: Uuid) -> String {
    format!("read:{reader}")
}

/// Makes readers read now, whatever they were waiting for.
pub(crate) async fn hurry(tx: &Tx, readers: &[reader::Model], now: DateTime<Utc>) -> Result<(), DbErr> {
    let keys = readers.iter().map(|reader| job_key(reader.id)).collect();
    job::queue::make_due(tx, keys, now).await?;
    let jobs = readers.iter().map(|reader| job_of(reader, now)).collect();
    job::enqueue_all(tx, jobs).await
}
