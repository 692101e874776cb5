//! Roles that groups give: what an administrator entered for the provider, and nothing else.
use chrono::{DateTime, Utc};
use entity::{
    account,
    grant::{self, Role},
    sign_on_provider,
};
use sea_orm::{ColumnTrait, DbErr, QueryFilter};
use uuid::Uuid;

use super::{identity::Identity, provider::role_named};
use crate::{
    access::role::{self, RoleError},
    platform::db::Tx,
};

/// Gives an account the roles of its groups, and takes those away that they gave and give no more. What was given by hand
/// stays.
pub(super) async fn follow(
    tx: &Tx,
    provider: &sign_on_provider::Model,
    account: &account::Model,
    identity: &Identity,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let actor = format!("provider:{}", provider.id);
    let wanted = wanted(provider, identity);
    let given = grant::Entity::within(provider.organisation_id)
        .filter(grant::Column::AccountId.eq(account.id))
        .filter(grant::Column::ProviderId.eq(provider.id))
        .filter(grant::Column::EndedAt.is_null())
        .all(tx)
        .await?;
    for over in given
        .iter()
        .filter(|held| !wanted.contains(&(held.role, held.site_id)))
    {
        match role::revoke(tx, provider.organisation_id, over.id, &actor, now).await {
            Ok(_) | Err(RoleError::NotFound) => {}
            // Somebody has to be there who can change it.
            Err(RoleError::LastAdministrator) => tracing::warn!(
                account = %account.id,
                "the group that made the last administrator is gone; the role stays until there is another one"
            ),
            Err(RoleError::Database(error)) => return Err(error),
            Err(other) => tracing::error!(%other, "a role of a group could not be taken away"),
        }
    }
    for (role, site) in wanted {
        role::grant_by(tx, account, (role, site), Some(provider.id), &actor, now).await?;
    }
    Ok(())
}

fn wanted(provider: &sign_on_provider::Model, identity: &Identity) -> Vec<(Role, Option<Uuid>)> {
    let theirs = provider
        .group_roles
        .0
        .iter()
        .filter(|entry| identity.groups.contains(&entry.group));
    theirs
        .filter_map(|entry| Some((role_named(&entry.role)?, entry.site)))
        .collect()
}
