//! Links in mails: unguessable, the same again in a repeated mail, kept as a hash, good for thirty days.
use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{capability, notice};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use super::stage::Parcel;
use crate::platform::{
    db::{Tx, insert_or},
    secret,
    service::Service,
};

/// How long a link works after its mail.
pub const GOOD_FOR: TimeDelta = TimeDelta::days(30);

/// What a link opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// What a notice tells, read-only: `/p/{token}`.
    Page,
    /// How often the reader gets mail: `/u/{token}`.
    Unsubscribe,
}

impl Purpose {
    /// Its name in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Page => "notice_page",
            Purpose::Unsubscribe => "unsubscribe",
        }
    }
}

/// The address of what a notice tells.
#[must_use]
pub fn page_url(service: &Service, notice: Uuid) -> String {
    let token = service.secrets.token(Purpose::Page.name(), notice);
    format!("{}/p/{token}", service.config.server.base_url)
}

/// The address where the reader of a notice ends such mails.
#[must_use]
pub fn unsubscribe_url(service: &Service, notice: Uuid) -> String {
    let token = service.secrets.token(Purpose::Unsubscribe.name(), notice);
    format!("{}/u/{token}", service.config.server.base_url)
}

/// The address where readers choose when and how they are written to.
#[must_use]
pub fn settings_url(service: &Service) -> String {
    format!("{}/me", service.config.server.base_url)
}

/// The address of a comment on the desk.
#[must_use]
pub fn desk_url(service: &Service, comment: Option<Uuid>) -> String {
    let place = comment
        .map(|comment| format!("?at={comment}#{comment}"))
        .unwrap_or_default();
    format!("{}/desk{place}", service.config.server.base_url)
}

/// The page of what the shield keeps.
#[must_use]
pub fn shield_url(service: &Service) -> String {
    format!("{}/shielded", service.config.server.base_url)
}

/// Makes the links of mails work before they leave; a digest links to the pages of further notices of its reader.
pub(super) async fn keep(
    tx: &Tx,
    service: &Service,
    parcels: &[Parcel],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let items = parcels.iter().flat_map(|parcel| {
        let purposes = parcel.channel.links();
        parcel.items.iter().map(move |item| (purposes, item))
    });
    let links = items.flat_map(|(purposes, item)| {
        let own = purposes.iter().map(|purpose| (item.notice.id, *purpose));
        let pages = item.linked.iter().map(|id| (*id, Purpose::Page));
        own.chain(pages).map(|link| (link, &item.notice))
    });
    // One statement cannot change a row twice.
    let links: HashMap<(Uuid, Purpose), &notice::Model> = links.collect();
    let mut rows: Vec<_> = links
        .into_iter()
        .map(|((id, purpose), notice)| row(service, notice, id, purpose, now))
        .collect();
    rows.sort_by(|one, other| one.token_hash.as_ref().cmp(other.token_hash.as_ref()));
    let longer = OnConflict::column(capability::Column::TokenHash)
        .update_column(capability::Column::ExpiresAt)
        .to_owned();
    insert_or(tx, rows, longer).await
}

fn row(
    service: &Service,
    notice: &notice::Model,
    id: Uuid,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> capability::ActiveModel {
    capability::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(notice.organisation_id),
        token_hash: Set(secret::hash(&service.secrets.token(purpose.name(), id))),
        purpose: Set(purpose.name().to_owned()),
        notice_id: Set(Some(id)),
        account_id: Set(notice.reader_id),
        created_at: Set(now),
        expires_at: Set(now + GOOD_FOR),
        revoked_at: Set(None),
    }
}

/// What a token opens, unless it is too old, taken back or never was.
pub async fn open(
    connection: &impl ConnectionTrait,
    token: &str,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> Result<Option<capability::Model>, DbErr> {
    capability::Entity::find()
        .filter(capability::Column::TokenHash.eq(secret::hash(token)))
        .filter(capability::Column::Purpose.eq(purpose.name()))
        .filter(capability::Column::ExpiresAt.gt(now))
        .filter(capability::Column::RevokedAt.is_null())
        .one(connection)
        .await
}

/// Takes the links of a notice back; returns how many there were.
pub async fn revoke(tx: &Tx, organisation: Uuid, notice: Uuid, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let revoked = capability::Entity::update_many()
        .col_expr(capability::Column::RevokedAt, Expr::value(now))
        .filter(capability::Column::OrganisationId.eq(organisation))
        .filter(capability::Column::NoticeId.eq(notice))
        .filter(capability::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(revoked.rows_affected)
}
