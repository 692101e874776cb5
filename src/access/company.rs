//! Who signs in through the company alone, and is let in by no link of ours.
use entity::{account, grant, sign_on_policy};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter};

/// Whether a link by mail lets somebody in: not where people sign in through the company only, unless they are the one who
/// may in an emergency; and not whoever holds a role that a group there gave, since only the company knows whether they are
/// in it still.
pub(crate) async fn may_use_mail(
    connection: &impl ConnectionTrait,
    account: &account::Model,
) -> Result<bool, DbErr> {
    if let Some(rule) = rule(connection, account).await? {
        return Ok(rule.account_id == account.id);
    }
    let by_groups = grant::Entity::within(account.organisation_id)
        .filter(grant::Column::AccountId.eq(account.id))
        .filter(grant::Column::ProviderId.is_not_null())
        .filter(grant::Column::EndedAt.is_null());
    Ok(by_groups.count(connection).await? == 0)
}

/// Whether people sign in through the company only, so that anything else is an emergency.
pub(crate) async fn is_only_way(
    connection: &impl ConnectionTrait,
    account: &account::Model,
) -> Result<bool, DbErr> {
    Ok(rule(connection, account).await?.is_some())
}

async fn rule(
    connection: &impl ConnectionTrait,
    account: &account::Model,
) -> Result<Option<sign_on_policy::Model>, DbErr> {
    sign_on_policy::Entity::within(account.organisation_id)
        .one(connection)
        .await
}
