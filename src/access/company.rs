//! Who signs in through the company alone, and is let in by no link of ours; and with whom there an account is linked.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    account,
    grant::{self, Role},
    session,
    sign_in_link::{self, Kind},
    sign_on_link, sign_on_policy, sign_on_session, staff_member,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::{account as accounts, audit, half_session, person, session as sessions};
use crate::platform::{calendar, db::Tx};

/// Whether a link by mail lets somebody in: not where people sign in through the company only, unless they are the one who
/// may in an emergency; and not whoever holds a role that a group there gave, since only the company knows whether they are
/// in it still.
pub(crate) async fn may_use_mail(
    connection: &impl ConnectionTrait,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    if let Some(rule) = rule(connection, account.organisation_id).await? {
        return may_in_an_emergency(connection, &rule, account, now).await;
    }
    let by_groups = grant::Entity::within(account.organisation_id)
        .filter(grant::Column::AccountId.eq(account.id))
        .filter(grant::Column::ProviderId.is_not_null())
        .filter(grant::Column::EndedAt.is_null());
    Ok(by_groups.count(connection).await? == 0)
}

/// Whether somebody is who may in an emergency. Where that one has left or administers no more, every administrator by hand
/// is, so that the company is not locked out.
async fn may_in_an_emergency(
    connection: &impl ConnectionTrait,
    rule: &sign_on_policy::Model,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let named = match rule.account_id == account.id {
        true => return Ok(true),
        false => accounts::by_id(connection, rule.organisation_id, rule.account_id).await?,
    };
    let is_there = match named {
        Some(named) => administers_by_hand(connection, &named, now).await?,
        None => false,
    };
    Ok(!is_there && administers_by_hand(connection, account, now).await?)
}

/// Whether somebody who works here, and has an address, was made an administrator by hand.
pub(crate) async fn administers_by_hand(
    connection: &impl ConnectionTrait,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let own = account.organisation_id;
    let by_hand = grant::Entity::within(own)
        .filter(grant::Column::AccountId.eq(account.id))
        .filter(grant::Column::Role.eq(Role::Administrator))
        .filter(grant::Column::ProviderId.is_null())
        .filter(grant::Column::EndedAt.is_null());
    let today = calendar::today(connection, own, now).await?;
    Ok(by_hand.count(connection).await? > 0
        && person::works_here(connection, own, account.id, today).await?
        && accounts::address_of(connection, account).await?.is_some())
}

/// Whether people sign in through the company only, so that anything else is an emergency.
pub(crate) async fn is_only_way(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<bool, DbErr> {
    Ok(rule(connection, organisation).await?.is_some())
}

/// Whether an account is the one that is let in past the company in an emergency.
pub(super) async fn is_for_emergencies(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    account: Uuid,
) -> Result<bool, DbErr> {
    let rule = rule(connection, organisation).await?;
    Ok(rule.is_some_and(|rule| rule.account_id == account))
}

/// Whether a link still signs in. Invitations do past the company only where they were handed out on the machine.
pub(crate) async fn lets_in(
    connection: &impl ConnectionTrait,
    link: &sign_in_link::Model,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    match link.kind {
        Kind::Mail => may_use_mail(connection, account, now).await,
        Kind::Invite if link.created_by != audit::OPERATOR => {
            Ok(invitation(connection, account, now).await? == Kind::Invite)
        }
        Kind::Invite | Kind::Join => Ok(true),
        Kind::Link => Ok(false),
    }
}

/// Those of open invitations that still work: the others were handed out before people signed in through the company only.
pub(super) async fn working(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    invitations: Vec<sign_in_link::Model>,
    now: DateTime<Utc>,
) -> Result<Vec<sign_in_link::Model>, DbErr> {
    if !is_only_way(connection, organisation).await? {
        return Ok(invitations);
    }
    let ids = invitations.iter().map(|link| link.account_id);
    let accounts: HashMap<Uuid, account::Model> =
        account::Entity::named(organisation, account::Column::Id, ids)
            .all(connection)
            .await?
            .into_iter()
            .map(|account| (account.id, account))
            .collect();
    let mut working = Vec::with_capacity(invitations.len());
    for link in invitations {
        let Some(account) = accounts.get(&link.account_id) else {
            continue;
        };
        // Those that lead to the company, of which there may be many, cost no statement each.
        if link.kind == Kind::Link || lets_in(connection, &link, account, now).await? {
            working.push(link);
        }
    }
    Ok(working)
}

/// What somebody is mailed who gets a role: what signs them in, or what has them sign in at the company.
pub(super) async fn invitation(
    connection: &impl ConnectionTrait,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<Kind, DbErr> {
    let is_past_company = !is_only_way(connection, account.organisation_id).await?
        || may_use_mail(connection, account, now).await?;
    Ok(if is_past_company { Kind::Invite } else { Kind::Link })
}

/// Ends the sessions that did not begin at the company, of people who could sign in there: codes are for those without an
/// address. Whoever is named in `but_for` goes on.
pub(crate) async fn end_sessions_past_it(
    tx: &Tx,
    organisation: Uuid,
    but_for: &[String],
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let begun_there = sign_on_session::Entity::within(organisation)
        .select_only()
        .column(sign_on_session::Column::SessionId);
    let mut past: Vec<session::Model> = session::Entity::within(organisation)
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(session::Column::Id.not_in_subquery(begun_there.into_query()))
        .all(tx)
        .await?;
    past.retain(|session| !but_for.contains(&sessions::actor(session.account_id)));
    let ids = past.iter().map(|session| session.account_id);
    let theirs = account::Entity::named(organisation, account::Column::Id, ids)
        .all(tx)
        .await?;
    let staff = theirs.iter().filter_map(|account| account.staff_id);
    let staff: HashMap<Uuid, staff_member::Model> =
        staff_member::Entity::named(organisation, staff_member::Column::Id, staff)
            .all(tx)
            .await?
            .into_iter()
            .map(|one| (one.id, one))
            .collect();
    let has_address = |account: &&account::Model| {
        let person = account.staff_id.and_then(|id| staff.get(&id));
        accounts::address(Some(account), person).is_some()
    };
    let with_address: HashSet<Uuid> = theirs
        .iter()
        .filter(has_address)
        .map(|account| account.id)
        .collect();
    past.retain(|session| with_address.contains(&session.account_id));
    let ids: Vec<Uuid> = past.iter().map(|session| session.id).collect();
    sessions::end_those_of(tx, organisation, &ids, actor, now).await?;
    half_session::end_all_of(tx, organisation).await
}

/// Forgets with whom an account is linked; how many links there were.
pub(crate) async fn forget_links(
    tx: &Tx,
    account: &account::Model,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<usize, DbErr> {
    let links = sign_on_link::Entity::within(account.organisation_id)
        .filter(sign_on_link::Column::AccountId.eq(account.id))
        .all(tx)
        .await?;
    for link in &links {
        record_link(tx, link, actor, "unlink_sign_on", now).await?;
    }
    sign_on_link::Entity::delete_many()
        .filter(sign_on_link::Column::Id.is_in(links.iter().map(|link| link.id)))
        .exec(tx)
        .await?;
    Ok(links.len())
}

/// Notes that a link came or went.
pub(crate) async fn record_link(
    tx: &Tx,
    link: &sign_on_link::Model,
    actor: &str,
    action: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: link.organisation_id,
        at: now,
        actor,
        action,
        subject_kind: "account",
        subject_id: Some(link.account_id.to_string()),
        detail: serde_json::json!({ "provider": link.provider_id, "link": link.id }),
    };
    audit::record(tx, entry).await
}

async fn rule(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<Option<sign_on_policy::Model>, DbErr> {
    sign_on_policy::Entity::within(organisation).one(connection).await
}
