//! That people sign in through the company only. One administrator is let in without, in an emergency.
use chrono::{DateTime, Utc};
use entity::{sign_on_link, sign_on_policy};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter,
};
use uuid::Uuid;

use super::{SignOnApp, provider};
use crate::{
    access::{account as accounts, audit, company, session},
    platform::{db::Tx, lock},
};

/// Why it cannot be.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Nobody could get in.
    #[error("there is no provider yet: add one, and sign in through it once")]
    NoProvider,
    /// Nobody knows whether anybody can get in.
    #[error("nobody has signed in there yet: sign in through it once, then let people in there only")]
    Untried,
    /// In an emergency nobody could change anything.
    #[error("whoever is let in without has to be an administrator by hand, with an address, who works here")]
    Account,
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// The rule of an organisation; none: links by mail work for everybody.
pub async fn of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<Option<sign_on_policy::Model>, DbErr> {
    sign_on_policy::Entity::within(organisation).one(connection).await
}

/// Lets people in through the company only, but for one administrator; none takes the rule back. Whoever came otherwise is
/// signed out when it begins, but for that one and whoever asks for it.
pub async fn set(
    app: &SignOnApp,
    organisation: Uuid,
    without: Option<Uuid>,
    actor: &str,
) -> Result<(), PolicyError> {
    let (tx, now) = (app.db.write().await?, app.clock.now());
    lock::organisation(&tx, organisation).await?;
    let begins = without.is_some() && of(&tx, organisation).await?.is_none();
    sign_on_policy::Entity::delete_many()
        .filter(sign_on_policy::Column::OrganisationId.eq(organisation))
        .exec(&tx)
        .await?;
    if let Some(account) = without {
        check(&tx, organisation, account, now).await?;
        let row = sign_on_policy::ActiveModel {
            organisation_id: Set(organisation),
            account_id: Set(account),
            created_at: Set(now),
        };
        row.insert(&tx).await?;
        if begins {
            if !is_tried(&tx, organisation).await? {
                return Err(PolicyError::Untried);
            }
            let but_for = [session::actor(account), actor.to_owned()];
            company::end_sessions_past_it(&tx, organisation, &but_for, actor, now).await?;
        }
    }
    let entry = audit::Entry {
        organisation,
        at: now,
        actor,
        action: "change_sign_on_policy",
        subject_kind: "organisation",
        subject_id: Some(organisation.to_string()),
        detail: serde_json::json!({ "company_only": without.is_some(), "account": without }),
    };
    audit::record(&tx, entry).await?;
    Ok(tx.commit().await?)
}

async fn check(tx: &Tx, organisation: Uuid, account: Uuid, now: DateTime<Utc>) -> Result<(), PolicyError> {
    if provider::list(tx, organisation).await?.is_empty() {
        return Err(PolicyError::NoProvider);
    }
    let found = accounts::by_id(tx, organisation, account).await?;
    let found = found.ok_or(PolicyError::Account)?;
    match company::administers_by_hand(tx, &found, now).await? {
        true => Ok(()),
        false => Err(PolicyError::Account),
    }
}

/// Whether anybody has signed in at one of the providers that there are.
pub async fn is_tried(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<bool, DbErr> {
    let all = provider::list(connection, organisation).await?;
    let links = sign_on_link::Entity::within(organisation)
        .filter(sign_on_link::Column::ProviderId.is_in(all.iter().map(|one| one.id)));
    Ok(links.count(connection).await? > 0)
}
