//! Roles: granted and taken away by administrators, by the API and from the command line.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    account,
    grant::{self, Role},
    organisation, sign_in_link, site, staff_member,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};
use uuid::Uuid;

use super::{account as accounts, alert, audit, company, person, second_factor, session, sign_in, untold};
use crate::platform::{calendar::day_in, db::Tx, lock};

/// A role that cannot be taken away.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// Nobody could undo it.
    #[error(
        "nobody else is an administrator; invite another one first: plaudit invite EMAIL --role administrator"
    )]
    LastAdministrator,
    /// Nobody could get in where the company's sign-on fails.
    #[error(
        "people sign in through the company only, and this administrator is let in without in an emergency; name another \
         one first, on the page Sign-on or with: plaudit sign-on only --but-for EMAIL"
    )]
    Emergency,
    /// It is not there, or another organisation's.
    #[error("there is no such role")]
    NotFound,
    /// Administrators and auditors are that everywhere.
    #[error("only a site lead's role is over a site; leave the site out")]
    HoldsEverywhere,
    /// The site is closed, or there is none.
    #[error("there is no such site, or it is closed")]
    NoSuchSite,
    /// There is nobody of that id on the roster.
    #[error("there is no such staff member")]
    NoSuchPerson,
    /// What was written is no address.
    #[error("{0:?} is not a mail address")]
    NotAnAddress(String),
    /// Several people are told there.
    #[error("several people have the address {0}; name one of them by their place on the roster")]
    SeveralAtAddress(String),
    /// Nothing could be mailed to them, and they could not sign in.
    #[error("they have no mail address; enter one first")]
    NoAddress,
    /// Whoever left holds no role.
    #[error("they have left")]
    HasLeft,
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// A role that somebody holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// Whose, which and since when.
    pub grant: grant::Model,
    /// The name they go by; the address of somebody who is not on the roster.
    pub name: String,
    /// Where they get mail and links to sign in.
    pub address: Option<String>,
    /// The path of the site that is led; none: everywhere.
    pub site: Option<String>,
    /// Until when the invitation works that nobody used yet.
    pub invited_until: Option<DateTime<Utc>>,
    /// Whether it holds: not of somebody who left.
    pub is_active: bool,
}

impl Held {
    /// Whether it makes an administrator of somebody who works here.
    fn administers(&self) -> bool {
        self.is_active && self.grant.role == Role::Administrator && self.grant.site_id.is_none()
    }
}

/// The name of a role in the API, on the command line and in texts.
#[must_use]
pub fn name(role: Role) -> &'static str {
    match role {
        Role::Administrator => "administrator",
        Role::Auditor => "auditor",
        Role::SiteLead => "site_lead",
        Role::SafeReader => "safe_reader",
    }
}

/// Gives an account a role, everywhere or over a site; nothing happens where it holds that already. It begins with a
/// sign-in of its own: what was open before ends, and whom it was linked with at the company is forgotten, since that was
/// made for less. From now on the address is the account's, so that whoever may change the roster gets no role by changing
/// an address.
pub async fn grant(
    tx: &Tx,
    account: &account::Model,
    role: Role,
    site: Option<Uuid>,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    grant_by(tx, account, (role, site), None, actor, now).await
}

/// The same by a group at a provider, or by hand where there is none. What somebody gave by hand is not the group's to
/// take; what a group gave becomes theirs for good once it is given by hand.
pub(crate) async fn grant_by(
    tx: &Tx,
    account: &account::Model,
    (role, site): (Role, Option<Uuid>),
    provider: Option<Uuid>,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let held = open_of(account).all(tx).await?;
    let same = held.iter().find(|held| held.role == role && held.site_id == site);
    if let Some(same) = same {
        return match (same.provider_id, provider) {
            (Some(_), None) => give_for_good(tx, same, actor, now).await,
            _ => Ok(()),
        };
    }
    let made = grant::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(account.organisation_id),
        account_id: Set(account.id),
        role: Set(role),
        site_id: Set(site),
        provider_id: Set(provider),
        created_at: Set(now),
        ended_at: Set(None),
    };
    let made = made.insert(tx).await?;
    if provider.is_none() && held.iter().all(|held| held.provider_id.is_some()) {
        company::forget_links(tx, account, actor, now).await?;
    }
    let address = accounts::address_of(tx, account).await?;
    keep(tx, account.id, address, None).await?;
    accounts::sign_out_everywhere(tx, account, actor, now).await?;
    if role == Role::SafeReader {
        untold::ask_new_safe_reader(tx, account.organisation_id, now).await?;
    }
    changed(tx, &made, actor, "grant_role", now).await
}

async fn give_for_good(tx: &Tx, held: &grant::Model, actor: &str, now: DateTime<Utc>) -> Result<(), DbErr> {
    let row = grant::ActiveModel {
        id: Unchanged(held.id),
        provider_id: Set(None),
        ..Default::default()
    };
    row.update(tx).await?;
    changed(tx, held, actor, "grant_role", now).await
}

/// Whether an account holds any role.
pub(crate) async fn holds_any(
    connection: &impl ConnectionTrait,
    account: &account::Model,
) -> Result<bool, DbErr> {
    Ok(open_of(account).count(connection).await? > 0)
}

/// Who reads what the shield keeps: open accounts of safe readers who have not left, oldest first.
pub(crate) async fn safe_readers(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    today: NaiveDate,
) -> Result<Vec<account::Model>, DbErr> {
    let mut readers = accounts::holding(connection, organisation, Role::SafeReader, None).await?;
    if readers.is_empty() {
        return Ok(readers);
    }
    let staff = readers.iter().filter_map(|account| account.staff_id);
    let gone: HashSet<Uuid> = staff_member::Entity::named(organisation, staff_member::Column::Id, staff)
        .filter(staff_member::Column::EndsOn.lt(today))
        .all(connection)
        .await?
        .into_iter()
        .map(|person| person.id)
        .collect();
    readers.retain(|account| account.staff_id.is_none_or(|staff| !gone.contains(&staff)));
    Ok(readers)
}

/// Whether nobody would administer if this person left.
pub(crate) async fn is_last_administrator(
    tx: &Tx,
    organisation: Uuid,
    staff: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let account = accounts::of_person(tx, organisation, staff).await?;
    let Some(account) = account else { return Ok(false) };
    let held = list(tx, organisation, now).await?;
    let (theirs, others): (Vec<&Held>, Vec<&Held>) = held
        .iter()
        .filter(|held| held.administers())
        .partition(|held| held.grant.account_id == account.id);
    Ok(!theirs.is_empty() && others.is_empty())
}

/// Those of some staff members who hold a role.
pub(super) async fn holders(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    staff: &[Uuid],
) -> Result<HashSet<Uuid>, DbErr> {
    let accounts = accounts::accounts_of(connection, organisation, staff).await?;
    let held = grant::Entity::named(
        organisation,
        grant::Column::AccountId,
        accounts.values().map(|account| account.id),
    )
    .filter(grant::Column::EndedAt.is_null())
    .all(connection)
    .await?;
    let holders: HashSet<Uuid> = held.into_iter().map(|grant| grant.account_id).collect();
    let with_role = accounts
        .into_iter()
        .filter(|(_, account)| holders.contains(&account.id));
    Ok(with_role.map(|(staff, _)| staff).collect())
}

/// Every role that is held in an organisation, in the order in which they were granted.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    now: DateTime<Utc>,
) -> Result<Vec<Held>, DbErr> {
    let grants = grant::Entity::within(organisation)
        .filter(grant::Column::EndedAt.is_null())
        .order_by_asc(grant::Column::Id)
        .all(connection)
        .await?;
    let behind = Behind::load(connection, organisation, &grants, now).await?;
    Ok(grants.into_iter().map(|grant| behind.held(grant)).collect())
}

/// Whom and what grants name.
struct Behind {
    accounts: HashMap<Uuid, account::Model>,
    staff: HashMap<Uuid, staff_member::Model>,
    sites: HashMap<Uuid, String>,
    invitations: Vec<sign_in_link::Model>,
    shut_out: HashSet<Uuid>,
    today: NaiveDate,
}

impl Behind {
    async fn load(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        grants: &[grant::Model],
        now: DateTime<Utc>,
    ) -> Result<Behind, DbErr> {
        let accounts = account::Entity::named(
            organisation,
            account::Column::Id,
            grants.iter().map(|grant| grant.account_id),
        )
        .all(connection)
        .await?;
        let staff = accounts.iter().filter_map(|account| account.staff_id);
        let staff = staff_member::Entity::named(organisation, staff_member::Column::Id, staff)
            .all(connection)
            .await?;
        let leaving = staff.iter().filter(|one| one.ends_on.is_some());
        let shut_out = person::shut_out(connection, organisation, leaving.map(|one| one.id)).await?;
        let invitations = sign_in::open_invitations(connection, organisation, now).await?;
        let sites = site::Entity::named(
            organisation,
            site::Column::Id,
            grants.iter().filter_map(|grant| grant.site_id),
        )
        .all(connection)
        .await?;
        Ok(Behind {
            accounts: accounts.into_iter().map(|row| (row.id, row)).collect(),
            staff: staff.into_iter().map(|row| (row.id, row)).collect(),
            sites: sites.into_iter().map(|row| (row.id, row.path)).collect(),
            shut_out,
            today: organisation::Entity::find_by_id(organisation)
                .one(connection)
                .await?
                .map_or(now.date_naive(), |own| day_in(&own, now)),
            invitations: company::working(connection, organisation, invitations, now).await?,
        })
    }

    fn works_here(&self, person: &staff_member::Model) -> bool {
        !person::has_left(person, self.today) && !self.shut_out.contains(&person.id)
    }

    fn held(&self, grant: grant::Model) -> Held {
        let account = self.accounts.get(&grant.account_id);
        let staff = account.and_then(|account| self.staff.get(&account.staff_id?));
        let invitation = self
            .invitations
            .iter()
            .filter(|link| link.account_id == grant.account_id);
        let is_open = account.is_some_and(|account| account.closed_at.is_none());
        Held {
            name: account
                .map(|account| person::name(account, staff))
                .unwrap_or_default(),
            address: accounts::address(account, staff).map(str::to_owned),
            site: grant.site_id.and_then(|site| self.sites.get(&site).cloned()),
            invited_until: invitation.map(|link| link.expires_at).max(),
            is_active: is_open && staff.is_none_or(|one| self.works_here(one)),
            grant,
        }
    }
}

/// Takes a role away; with it end the sessions and open links of whoever held it. An account that is left without a
/// role follows the roster's address again, or is closed where it is not on the roster. Keys that they made go on
/// working: see [`key::open_of_account`](super::key::open_of_account).
pub async fn revoke(
    tx: &Tx,
    organisation: Uuid,
    id: Uuid,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<grant::Model, RoleError> {
    // Two administrators who remove each other at once must not both succeed.
    lock::organisation(tx, organisation).await?;
    let held = list(tx, organisation, now).await?;
    let ending = held
        .iter()
        .find(|held| held.grant.id == id)
        .ok_or(RoleError::NotFound)?;
    let is_another = |held: &&Held| held.grant.account_id != ending.grant.account_id;
    if ending.administers() && !held.iter().filter(is_another).any(Held::administers) {
        return Err(RoleError::LastAdministrator);
    }
    let whose = ending.grant.account_id;
    if ending.administers() && company::is_for_emergencies(tx, organisation, whose).await? {
        return Err(RoleError::Emergency);
    }
    let ended = grant::ActiveModel {
        id: Set(id),
        ended_at: Set(Some(now)),
        ..Default::default()
    };
    ended.update(tx).await?;
    let account = accounts::by_id(tx, organisation, whose).await?;
    if let Some(account) = account {
        alert::happened(tx, &account, entity::alert::Kind::RoleEnded, now).await?;
        accounts::sign_out_everywhere(tx, &account, actor, now).await?;
        if !holds_any(tx, &account).await? {
            let_go(tx, &account, actor, now).await?;
        }
    }
    changed(tx, &ending.grant, actor, "revoke_role", now).await?;
    Ok(ending.grant.clone())
}

/// Roles end for good where somebody who had left comes back: the roster, which many programs may write, gives none.
pub(crate) async fn end_of_returned(
    tx: &Tx,
    organisation: Uuid,
    staff: &[Uuid],
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    if staff.is_empty() {
        return Ok(());
    }
    let accounts = accounts::accounts_of(tx, organisation, staff).await?;
    let held = grant::Entity::named(
        organisation,
        grant::Column::AccountId,
        accounts.values().map(|account| account.id),
    )
    .filter(grant::Column::EndedAt.is_null())
    .order_by_asc(grant::Column::Id)
    .all(tx)
    .await?;
    if held.is_empty() {
        return Ok(());
    }
    grant::Entity::update_many()
        .col_expr(grant::Column::EndedAt, Expr::value(now))
        .filter(grant::Column::Id.is_in(held.iter().map(|held| held.id)))
        .exec(tx)
        .await?;
    let holders: HashSet<Uuid> = held.iter().map(|held| held.account_id).collect();
    let ids: Vec<Uuid> = holders.iter().copied().collect();
    session::end_all(tx, organisation, &ids, actor, now).await?;
    sign_in::revoke(tx, organisation, &ids, actor, now).await?;
    for account in accounts.values().filter(|account| holders.contains(&account.id)) {
        let_go(tx, account, actor, now).await?;
    }
    for ended in &held {
        changed(tx, ended, actor, "revoke_role", now).await?;
    }
    Ok(())
}

/// Where the roster got another address for them meanwhile, that one works from now on, and the one that they had is
/// told so.
async fn let_go(tx: &Tx, account: &account::Model, actor: &str, now: DateTime<Utc>) -> Result<(), DbErr> {
    let Some(staff) = account.staff_id else {
        // Whoever comes back gets another account, with which the same subject may be linked.
        company::forget_links(tx, account, actor, now).await?;
        second_factor::delete(tx, account).await?;
        return keep(tx, account.id, account.email.clone(), Some(now)).await;
    };
    keep(tx, account.id, None, None).await?;
    let on_roster = person::on_roster(tx, account).await?.and_then(|one| one.email);
    let folded = |address: &Option<String>| address.as_deref().map(str::to_lowercase);
    if folded(&on_roster) == folded(&account.email) {
        return Ok(());
    }
    let before = HashMap::from([(staff, account.email.clone())]);
    alert::addresses_changed(tx, account.organisation_id, &before, actor, now).await
}

async fn keep(
    tx: &Tx,
    account: Uuid,
    email: Option<String>,
    closed_at: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    let row = account::ActiveModel {
        id: Unchanged(account),
        email: Set(email),
        closed_at: Set(closed_at),
        ..Default::default()
    };
    row.update(tx).await.map(|_| ())
}

fn open_of(account: &account::Model) -> sea_orm::Select<grant::Entity> {
    grant::Entity::within(account.organisation_id)
        .filter(grant::Column::AccountId.eq(account.id))
        .filter(grant::Column::EndedAt.is_null())
}

/// What follows from a role that came or went.
async fn changed(
    tx: &Tx,
    grant: &grant::Model,
    actor: &str,
    action: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    untold::look_again(tx, grant.organisation_id, now).await?;
    let entry = audit::Entry {
        organisation: grant.organisation_id,
        at: now,
        actor,
        action,
        subject_kind: "account",
        subject_id: Some(grant.account_id.to_string()),
        detail: serde_json::json!({ "grant": grant.id, "role": name(grant.role), "site": grant.site_id }),
    };
    audit::record(tx, entry).await
}
