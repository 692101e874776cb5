//! What whoever owns an account is told of, by mail: the roster names another address, somebody signed in with a browser
//! that was never seen before, the account was linked with a provider, somebody came past the company's sign-on, a role
//! came or went, the directory would end too many people.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{
    account,
    alert::{self, Kind},
    grant::Role,
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::{audit, person, session, sign_in};
use crate::platform::{
    db::Tx,
    job::{self, Job, NewJob},
};

/// Rows of one statement.
const CHUNK: usize = 1000;

/// Warns whoever holds a role that they signed in with a new browser.
pub async fn new_device(
    tx: &Tx,
    account: &account::Model,
    device: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let Some(address) = super::account::address_of(tx, account).await? else {
        return Ok(());
    };
    let row = alert::Model {
        device: Some(device.to_owned()),
        ..row(account, Kind::NewDevice, address, now)
    };
    raise(tx, account.organisation_id, vec![row], now).await
}

/// Tells whoever owns an account what happened to it: they got or lost a role, their second factor was taken off, …
pub async fn happened(
    tx: &Tx,
    account: &account::Model,
    kind: Kind,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let Some(address) = super::account::address_of(tx, account).await? else {
        return Ok(());
    };
    let row = row(account, kind, address, now);
    raise(tx, account.organisation_id, vec![row], now).await
}

/// Tells whoever owns an account that it was linked with a provider of this name.
pub(crate) async fn linked(
    tx: &Tx,
    account: &account::Model,
    provider: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let Some(address) = super::account::address_of(tx, account).await? else {
        return Ok(());
    };
    let row = alert::Model {
        device: Some(provider.to_owned()),
        ..row(account, Kind::Linked, address, now)
    };
    raise(tx, account.organisation_id, vec![row], now).await
}

/// Tells all administrators that somebody signed in past the company's sign-on, though it is the only way.
pub async fn emergency(
    tx: &Tx,
    account: &account::Model,
    device: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let organisation = account.organisation_id;
    let staff = person::on_roster(tx, account).await?;
    let who = person::name(account, staff.as_ref());
    let mut rows = Vec::new();
    for one in super::account::holding(tx, organisation, Role::Administrator, None).await? {
        if let Some(address) = super::account::address_of(tx, &one).await? {
            rows.push(alert::Model {
                device: Some(format!("{who}: {device}")),
                ..row(&one, Kind::Emergency, address, now)
            });
        }
    }
    let entry = audit::Entry {
        organisation,
        at: now,
        actor: &session::actor(account.id),
        action: "sign_in_past_company",
        subject_kind: "account",
        subject_id: Some(account.id.to_string()),
        detail: serde_json::json!({ "told": rows.len() }),
    };
    audit::record(tx, entry).await?;
    raise(tx, organisation, rows, now).await
}

/// The roster names other addresses for staff members; `before` has the old ones. Whoever was signed in by the old
/// address is signed out, open links and codes end, and the old address is told. The address of an account that has
/// one of its own, as those with a role have, is not the roster's, and nothing happens to it.
pub(crate) async fn addresses_changed(
    tx: &Tx,
    organisation: Uuid,
    before: &HashMap<Uuid, Option<String>>,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let staff: Vec<Uuid> = before.keys().copied().collect();
    for chunk in staff.chunks(CHUNK) {
        let accounts = account::Entity::named(organisation, account::Column::StaffId, chunk.iter().copied())
            .filter(account::Column::Email.is_null())
            .all(tx)
            .await?;
        let ids: Vec<Uuid> = accounts.iter().map(|account| account.id).collect();
        session::end_all(tx, organisation, &ids, actor, now).await?;
        sign_in::revoke(tx, organisation, &ids, actor, now).await?;
        let entries = accounts.iter().map(|account| audit::Entry {
            organisation,
            at: now,
            actor,
            action: "change_address",
            subject_kind: "account",
            subject_id: Some(account.id.to_string()),
            detail: serde_json::json!({}),
        });
        audit::record_all(tx, entries).await?;
        let old = accounts.iter().filter_map(|account| {
            let address = before.get(&account.staff_id?)?.clone()?;
            Some(row(account, Kind::AddressChanged, address, now))
        });
        raise(tx, organisation, old.collect(), now).await?;
    }
    Ok(())
}

/// Tells all administrators that the directory would have ended so many of so many people.
pub(crate) async fn sync_stopped(
    tx: &Tx,
    organisation: Uuid,
    ending: u64,
    people: u64,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let mut rows = Vec::new();
    for one in super::account::holding(tx, organisation, Role::Administrator, None).await? {
        if let Some(address) = super::account::address_of(tx, &one).await? {
            rows.push(alert::Model {
                device: Some(format!("{ending} / {people}")),
                ..row(&one, Kind::SyncStopped, address, now)
            });
        }
    }
    raise(tx, organisation, rows, now).await
}

fn row(account: &account::Model, kind: Kind, address: String, now: DateTime<Utc>) -> alert::Model {
    alert::Model {
        id: Uuid::now_v7(),
        organisation_id: account.organisation_id,
        account_id: account.id,
        kind,
        address,
        device: None,
        created_at: now,
    }
}

async fn raise(
    tx: &Tx,
    organisation: Uuid,
    rows: Vec<alert::Model>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let job = |row: &alert::Model| NewJob {
        organisation,
        job: Job::Alert { alert: row.id },
        run_at: now,
        key: None,
    };
    let jobs = rows.iter().map(job).collect();
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    alert::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await?;
    job::enqueue_all(tx, jobs).await
}
