//! Who is told and signs in. Staff members who are told something get an account when that first happens.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    account::{self, DigestEvery, Frequency},
    alert::Kind,
    grant::{self, Role},
    staff_member,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};
use uuid::Uuid;

use super::{alert, audit, preference::DIGEST_MINUTE, session, sign_in};
use crate::platform::{
    db::{Tx, insert_or},
    secret,
};

/// Makes accounts for staff members who have none; returns the accounts of all by staff member.
///
/// Rows are made in the order of their staff ids, so that two who do this at once cannot wait in a circle.
pub(crate) async fn of_staff(
    tx: &Tx,
    organisation: Uuid,
    staff: &[Uuid],
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, account::Model>, DbErr> {
    let mut staff = staff.to_vec();
    staff.sort_unstable();
    staff.dedup();
    let known = accounts_of(tx, organisation, &staff).await?;
    let new: Vec<account::ActiveModel> = staff
        .iter()
        .filter(|staff| !known.contains_key(*staff))
        .map(|staff| fresh(organisation, Some(*staff), None, now))
        .collect();
    if new.is_empty() {
        return Ok(known);
    }
    let once = OnConflict::column(account::Column::StaffId)
        .do_nothing()
        .to_owned();
    insert_or(tx, new, once).await?;
    accounts_of(tx, organisation, &staff).await
}

/// The account of one staff member, made where there is none.
pub async fn for_staff(
    tx: &Tx,
    organisation: Uuid,
    staff: Uuid,
    now: DateTime<Utc>,
) -> Result<account::Model, DbErr> {
    let mut accounts = of_staff(tx, organisation, &[staff], now).await?;
    accounts
        .remove(&staff)
        .ok_or_else(|| DbErr::RecordNotFound(format!("account of staff member {staff}")))
}

/// The accounts of staff members, by staff member.
pub(crate) async fn accounts_of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    staff: &[Uuid],
) -> Result<HashMap<Uuid, account::Model>, DbErr> {
    let rows = account::Entity::named(organisation, account::Column::StaffId, staff.iter().copied())
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((row.staff_id?, row)))
        .collect())
}

/// The account of a staff member, if they were ever told anything.
pub async fn of_person(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    staff: Uuid,
) -> Result<Option<account::Model>, DbErr> {
    account::Entity::within(organisation)
        .filter(account::Column::StaffId.eq(staff))
        .one(connection)
        .await
}

/// One account.
pub async fn by_id(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<Option<account::Model>, DbErr> {
    account::Entity::within(organisation)
        .filter(account::Column::Id.eq(id))
        .one(connection)
        .await
}

/// Makes an account for somebody who is not on the roster.
pub async fn create(
    tx: &Tx,
    organisation: Uuid,
    email: &str,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<account::Model, DbErr> {
    let made = fresh(organisation, None, Some(email.to_owned()), now)
        .insert(tx)
        .await?;
    record(tx, organisation, made.id, actor, "create_account", now).await?;
    Ok(made)
}

/// Ends every session of an account and takes back the links and codes that are open for it.
pub async fn sign_out_everywhere(
    tx: &Tx,
    account: &account::Model,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    session::end_all(tx, account.organisation_id, &[account.id], actor, now).await?;
    sign_in::revoke(tx, account.organisation_id, &[account.id], actor, now).await
}

/// Signs somebody out everywhere on behalf of somebody else, who is an administrator; they are told.
pub async fn end_sessions(
    tx: &Tx,
    account: &account::Model,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    sign_out_everywhere(tx, account, actor, now).await?;
    if session::actor(account.id) != actor {
        alert::happened(tx, account, Kind::SessionsEnded, now).await?;
    }
    record(
        tx,
        account.organisation_id,
        account.id,
        actor,
        "end_sessions",
        now,
    )
    .await
}

/// Open accounts that hold a role over a site, or everywhere where `site` is empty; oldest first.
pub(crate) async fn holding(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    role: Role,
    site: Option<Uuid>,
) -> Result<Vec<account::Model>, DbErr> {
    let mut grants = grant::Entity::within(organisation)
        .filter(grant::Column::Role.eq(role))
        .filter(grant::Column::EndedAt.is_null());
    grants = match site {
        Some(site) => grants.filter(grant::Column::SiteId.eq(site)),
        None => grants.filter(grant::Column::SiteId.is_null()),
    };
    let ids = grants
        .all(connection)
        .await?
        .into_iter()
        .map(|grant| grant.account_id);
    account::Entity::named(organisation, account::Column::Id, ids)
        .filter(account::Column::ClosedAt.is_null())
        .order_by_asc(account::Column::Id)
        .all(connection)
        .await
}

/// The address somebody is told at: their own, else the roster's.
#[must_use]
pub fn address<'a>(
    account: Option<&'a account::Model>,
    person: Option<&'a staff_member::Model>,
) -> Option<&'a str> {
    let own = account.and_then(|account| account.email.as_deref());
    own.or_else(|| person.and_then(|person| person.email.as_deref()))
}

/// The address an account is told at.
pub async fn address_of(
    connection: &impl ConnectionTrait,
    account: &account::Model,
) -> Result<Option<String>, DbErr> {
    let person = match account.staff_id {
        Some(staff) => {
            staff_member::Entity::within(account.organisation_id)
                .filter(staff_member::Column::Id.eq(staff))
                .one(connection)
                .await?
        }
        None => None,
    };
    Ok(address(Some(account), person.as_ref()).map(str::to_owned))
}

/// Whether the mail server refused this very address for good.
#[must_use]
pub fn is_refused(account: &account::Model, address: &str) -> bool {
    account.mail_refused_hash.as_ref() == Some(&secret::hash(address))
}

fn fresh(
    organisation: Uuid,
    staff: Option<Uuid>,
    email: Option<String>,
    now: DateTime<Utc>,
) -> account::ActiveModel {
    account::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(organisation),
        staff_id: Set(staff),
        email: Set(email),
        frequency: Set(Frequency::AtOnce),
        own_praise: Set(false),
        own_praise_frequency: Set(None),
        triage_frequency: Set(None),
        complaint_frequency: Set(None),
        digest_every: Set(DigestEvery::Week),
        digest_weekday: Set(1),
        digest_minute: Set(DIGEST_MINUTE),
        quiet_from: Set(None),
        quiet_until: Set(None),
        quiet_days: Set(0),
        digest_due_at: Set(now),
        time_zone: Set(None),
        language: Set(None),
        mail_refused_at: Set(None),
        mail_refused_hash: Set(None),
        mail_refused_reason: Set(None),
        created_at: Set(now),
        closed_at: Set(None),
    }
}

async fn record(
    tx: &Tx,
    organisation: Uuid,
    account: Uuid,
    actor: &str,
    action: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation,
        at: now,
        actor,
        action,
        subject_kind: "account",
        subject_id: Some(account.to_string()),
        detail: serde_json::json!({}),
    };
    audit::record(tx, entry).await
}
