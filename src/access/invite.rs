//! Somebody is given a role and a link that signs them in: by whoever runs the installation, by an administrator, by a
//! program.
use chrono::{DateTime, Utc};
use entity::{
    account, alert,
    grant::Role,
    sign_in_link::{self, Kind},
    site, staff_member,
};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use super::{
    account as accounts, company, person,
    role::{self, RoleError},
    sign_in::{self, NewLink},
};
use crate::platform::{calendar, db::Tx, lock, secret::Secrets};

/// Whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom<'a> {
    /// Who is told at this address; an account is made where nobody is.
    Address(&'a str),
    /// Somebody on the roster.
    Staff(Uuid),
}

/// A role to give.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Whom.
    pub whom: Whom<'a>,
    /// What.
    pub role: Role,
    /// The site that is led; none: all.
    pub site: Option<Uuid>,
}

/// Who has the role now.
#[derive(Clone, Debug)]
pub struct Invited {
    /// Their account.
    pub account: account::Model,
    /// What signs them in.
    pub link: sign_in_link::Model,
}

/// Makes the account of an address that has none, gives it a role, and makes a link that signs it in. Where the role is
/// held already the link is made all the same: the one before may have expired.
pub async fn invite(
    tx: &Tx,
    secrets: &Secrets,
    organisation: Uuid,
    wanted: &Wanted<'_>,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Invited, RoleError> {
    let account = give(tx, organisation, wanted, actor, now).await?;
    let link = link(tx, secrets, &account, Kind::Invite, actor, now).await?;
    Ok(Invited { account, link })
}

/// As [`invite`], and mails it to them. Where people sign in through the company only, the link leads there.
pub async fn invite_by_mail(
    tx: &Tx,
    secrets: &Secrets,
    organisation: Uuid,
    wanted: &Wanted<'_>,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Invited, RoleError> {
    let account = give(tx, organisation, wanted, actor, now).await?;
    let kind = company::invitation(tx, &account, now).await?;
    let link = link(tx, secrets, &account, kind, actor, now).await?;
    super::alert::happened(tx, &account, alert::Kind::RoleGranted, now).await?;
    Ok(Invited { account, link })
}

async fn give(
    tx: &Tx,
    organisation: Uuid,
    wanted: &Wanted<'_>,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<account::Model, RoleError> {
    // Nobody is linked by an address while it gets a role.
    lock::organisation(tx, organisation).await?;
    check_site(tx, organisation, wanted).await?;
    let account = match wanted.whom {
        Whom::Address(address) => at_address(tx, organisation, address, actor, now).await?,
        Whom::Staff(staff) => of_staff(tx, organisation, staff, now).await?,
    };
    let today = calendar::today(tx, organisation, now).await?;
    let staff = person::on_roster(tx, &account).await?;
    if staff.as_ref().is_some_and(|one| person::has_left(one, today)) {
        return Err(RoleError::HasLeft);
    }
    if accounts::address(Some(&account), staff.as_ref()).is_none() {
        return Err(RoleError::NoAddress);
    }
    role::grant(tx, &account, wanted.role, wanted.site, actor, now).await?;
    Ok(account)
}

async fn link(
    tx: &Tx,
    secrets: &Secrets,
    account: &account::Model,
    kind: Kind,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<sign_in_link::Model, RoleError> {
    let new = NewLink {
        kind,
        language: None,
        path: None,
        actor,
        now,
    };
    Ok(sign_in::make(tx, secrets, account, &new).await?)
}

async fn check_site(tx: &Tx, organisation: Uuid, wanted: &Wanted<'_>) -> Result<(), RoleError> {
    let Some(site) = wanted.site else { return Ok(()) };
    if wanted.role != Role::SiteLead {
        return Err(RoleError::HoldsEverywhere);
    }
    let open = site::Entity::within(organisation)
        .filter(site::Column::Id.eq(site))
        .filter(site::Column::ClosedAt.is_null());
    match open.count(tx).await? {
        0 => Err(RoleError::NoSuchSite),
        _ => Ok(()),
    }
}

async fn of_staff(
    tx: &Tx,
    organisation: Uuid,
    staff: Uuid,
    now: DateTime<Utc>,
) -> Result<account::Model, RoleError> {
    let known = staff_member::Entity::within(organisation).filter(staff_member::Column::Id.eq(staff));
    if known.count(tx).await? == 0 {
        return Err(RoleError::NoSuchPerson);
    }
    Ok(accounts::for_staff(tx, organisation, staff, now).await?)
}

/// One address may be that of several people, who share a mailbox: nobody guesses who of them is to have the role.
async fn at_address(
    tx: &Tx,
    organisation: Uuid,
    address: &str,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<account::Model, RoleError> {
    match known_at(tx, organisation, address, now).await? {
        Some(account) => Ok(account),
        None => Ok(accounts::create(tx, organisation, &valid_address(address)?, actor, now).await?),
    }
}

/// The account that is told at an address, if somebody of the organisation is; a staff member's is made now.
pub async fn known_at(
    tx: &Tx,
    organisation: Uuid,
    address: &str,
    now: DateTime<Utc>,
) -> Result<Option<account::Model>, RoleError> {
    let address = valid_address(address)?;
    let mut found = sign_in::accounts_at(tx, &address, now).await?;
    found.retain(|account| account.organisation_id == organisation);
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => Err(RoleError::SeveralAtAddress(address)),
    }
}

/// A mail address in small letters.
pub fn valid_address(given: &str) -> Result<String, RoleError> {
    let email = given.trim().to_lowercase();
    match email.parse::<lettre::Address>() {
        Ok(_) if email.len() <= 254 => Ok(email),
        _ => Err(RoleError::NotAnAddress(given.to_owned())),
    }
}
