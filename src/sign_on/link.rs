//! Who somebody at a provider is here.
//!
//! By the link of (issuer, subject), else, the first time, by a verified address of a domain that the provider owns, if
//! exactly one person of the organisation has it, who holds no role. Whoever holds one links from where they are signed
//! in, or by a link that an administrator handed to them.
use chrono::{DateTime, Utc};
use entity::{account, sign_on_link, sign_on_provider};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, QueryFilter};
use uuid::Uuid;

use super::{Trouble, identity::Identity};
use crate::{
    access::{account as accounts, alert, company, role, session, sign_in},
    platform::{db::Tx, lock},
};

/// The account of somebody who comes from a provider, and how they are linked.
pub async fn resolve(
    tx: &Tx,
    provider: &sign_on_provider::Model,
    identity: &Identity,
    now: DateTime<Utc>,
) -> Result<(account::Model, sign_on_link::Model), Trouble> {
    let own = provider.organisation_id;
    if let Some(link) = of_subject(tx, own, identity).await? {
        return linked(tx, link, now).await;
    }
    // Two who come at once are linked one after the other.
    lock::organisation(tx, own).await?;
    if let Some(link) = of_subject(tx, own, identity).await? {
        return linked(tx, link, now).await;
    }
    let account = by_address(tx, provider, identity, now).await?;
    let actor = format!("provider:{}", provider.id);
    let link = make(tx, provider, identity, &account, &actor, now).await?;
    Ok((account, link))
}

/// Links the account that is signed in, or whose link was handed over.
pub async fn link_to(
    tx: &Tx,
    provider: &sign_on_provider::Model,
    identity: &Identity,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<sign_on_link::Model, Trouble> {
    lock::organisation(tx, provider.organisation_id).await?;
    if let Some(link) = of_subject(tx, provider.organisation_id, identity).await? {
        return match link.account_id == account.id {
            true => Ok(link),
            false => Err(Trouble::Stranger("the subject is linked with another account")),
        };
    }
    let link = make(tx, provider, identity, account, &session::actor(account.id), now).await?;
    alert::linked(tx, account, &provider.name, now).await?;
    Ok(link)
}

async fn of_subject(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    identity: &Identity,
) -> Result<Option<sign_on_link::Model>, DbErr> {
    sign_on_link::Entity::within(organisation)
        .filter(sign_on_link::Column::Issuer.eq(&identity.issuer))
        .filter(sign_on_link::Column::Subject.eq(&identity.subject))
        .one(connection)
        .await
}

async fn linked(
    tx: &Tx,
    link: sign_on_link::Model,
    now: DateTime<Utc>,
) -> Result<(account::Model, sign_on_link::Model), Trouble> {
    let found = accounts::by_id(tx, link.organisation_id, link.account_id).await?;
    let gone = Trouble::Stranger("whoever is linked has left");
    let account = found.ok_or(gone)?;
    if !sign_in::may_sign_in(tx, &account, now).await? {
        return Err(Trouble::Stranger("whoever is linked has left"));
    }
    Ok((account, link))
}

async fn by_address(
    tx: &Tx,
    provider: &sign_on_provider::Model,
    identity: &Identity,
    now: DateTime<Utc>,
) -> Result<account::Model, Trouble> {
    let Some(address) = identity.email.as_deref().filter(|_| identity.is_verified) else {
        return Err(Trouble::Stranger("it names no verified address"));
    };
    let domain = address
        .rsplit_once('@')
        .map(|(_, domain)| domain)
        .unwrap_or_default();
    if !provider.domains.0.iter().any(|own| own == domain) {
        return Err(Trouble::Stranger("the address is of no domain that it owns"));
    }
    let mut found = sign_in::accounts_at(tx, address, now).await?;
    found.retain(|account| account.organisation_id == provider.organisation_id);
    let mut found = found.into_iter();
    let (Some(account), None) = (found.next(), found.next()) else {
        return Err(Trouble::Stranger("nobody here has the address, or several do"));
    };
    if role::holds_any(tx, &account).await? {
        return Err(Trouble::Stranger("the address is of somebody who holds a role"));
    }
    Ok(account)
}

async fn make(
    tx: &Tx,
    provider: &sign_on_provider::Model,
    identity: &Identity,
    account: &account::Model,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<sign_on_link::Model, Trouble> {
    let before = of_account(tx, provider.organisation_id, account.id).await?;
    if before.iter().any(|link| link.provider_id == provider.id) {
        return Err(Trouble::Stranger("the account is linked with another subject"));
    }
    let row = sign_on_link::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(provider.organisation_id),
        provider_id: Set(provider.id),
        account_id: Set(account.id),
        issuer: Set(identity.issuer.clone()),
        subject: Set(identity.subject.clone()),
        created_at: Set(now),
    };
    let made = row.insert(tx).await?;
    company::record_link(tx, &made, actor, "link_sign_on", now).await?;
    Ok(made)
}

/// With whom an account is linked.
pub async fn of_account(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    account: Uuid,
) -> Result<Vec<sign_on_link::Model>, DbErr> {
    sign_on_link::Entity::within(organisation)
        .filter(sign_on_link::Column::AccountId.eq(account))
        .all(connection)
        .await
}

/// Forgets with whom an account is linked, and signs it out; how many links there were.
pub async fn forget(
    tx: &Tx,
    account: &account::Model,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<usize, DbErr> {
    let count = company::forget_links(tx, account, actor, now).await?;
    if count > 0 {
        accounts::sign_out_everywhere(tx, account, actor, now).await?;
    }
    Ok(count)
}
