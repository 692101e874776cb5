//! What administrators do with providers: add, list, remove.
use chrono::{DateTime, Utc};
use entity::{
    grant::{self, Role},
    json::{GroupRole, GroupRoles, Words},
    sign_on_link, sign_on_provider,
};
use reqwest::Url;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder,
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{SignOnApp, app::about_id, http};
use crate::{
    access::{
        audit,
        role::{self, RoleError},
    },
    capture::remote::{Networks, PrivateAddress},
    platform::{db::Tx, lock, secret::SealError},
    roster::{RosterError, SiteIndex},
};

/// Longest texts.
const LONGEST: usize = 500;
const LONGEST_NAME: usize = 80;
/// Domains and groups of one provider.
const MOST: usize = 50;

/// Why a provider cannot be added or removed.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// No name.
    #[error("name: say what stands on the button, in 1 to 80 characters on one line")]
    Name,
    /// No issuer.
    #[error(
        "issuer: it should look like https://login.example.com, as the provider calls itself, to the letter"
    )]
    Issuer,
    /// It leads where nothing may be called.
    #[error(transparent)]
    Private(#[from] PrivateAddress),
    /// No client id or no secret.
    #[error("{0}: the provider shows it when Plaudit is registered there")]
    Client(&'static str),
    /// Not a domain.
    #[error("domains: {0:?} is no domain of mail; it should look like example.com")]
    Domain(String),
    /// A role that cannot be given.
    #[error("group roles: {0}")]
    GroupRole(String),
    /// Roles without a claim that says groups.
    #[error("group claim: say which claim names the groups, such as groups")]
    GroupClaim,
    /// There is none, or it has ended.
    #[error("there is no provider {0}")]
    NotFound(Uuid),
    /// Nobody could get in.
    #[error(
        "people sign in through the company only, and this is the last provider: let them use links by mail first"
    )]
    LastProvider,
    /// Its groups made the last administrator.
    #[error("it gave the only administrator that role: invite another one first")]
    LastAdministrator,
    /// Nothing can be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// A provider to be.
#[derive(Debug)]
pub struct NewProvider {
    /// On the button.
    pub name: String,
    /// As it calls itself.
    pub issuer: String,
    /// As what Plaudit is known there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: SecretString,
    /// Domains of mail whose addresses it vouches for.
    pub domains: Vec<String>,
    /// The claim that names groups.
    pub group_claim: Option<String>,
    /// Which groups give which roles.
    pub group_roles: Vec<NewGroupRole>,
}

/// A role that a group gives.
#[derive(Clone, Debug)]
pub struct NewGroupRole {
    /// As the provider names it.
    pub group: String,
    /// `administrator`, `auditor` or `site-lead`.
    pub role: String,
    /// Path or name of the site that is led; none: all.
    pub site: Option<String>,
}

impl NewGroupRole {
    /// As it is typed: `GROUP=ROLE` or `GROUP=site-lead:SITE`. A group may hold `=`; a role does not.
    #[must_use]
    pub fn read(text: &str) -> Option<NewGroupRole> {
        let (group, given) = text.rsplit_once('=')?;
        let (role, site) = match given.split_once(':') {
            Some((role, site)) => (role, Some(site.trim().to_owned())),
            None => (given, None),
        };
        Some(NewGroupRole {
            group: group.trim().to_owned(),
            role: role.trim().to_owned(),
            site,
        })
    }
}

/// The roles by name.
#[must_use]
pub fn role_named(name: &str) -> Option<Role> {
    let name = name.trim().to_lowercase().replace('-', "_");
    [Role::Administrator, Role::Auditor, Role::SiteLead]
        .into_iter()
        .find(|role| role::name(*role) == name)
}

/// The id that the next provider gets, so that its address can be entered there before it is added here.
pub async fn next_id(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<Uuid, DbErr> {
    let count = sign_on_provider::Entity::within(organisation)
        .count(connection)
        .await?;
    let digest = Sha256::new()
        .chain_update(organisation.as_bytes())
        .chain_update(b"sign_on_provider")
        .chain_update(count.to_be_bytes())
        .finalize();
    let bytes: [u8; 16] = digest.as_slice().first_chunk().copied().unwrap_or_default();
    Ok(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Adds a provider; its secret is sealed and never shown again.
pub async fn add(
    app: &SignOnApp,
    organisation: Uuid,
    new: NewProvider,
    actor: &str,
) -> Result<sign_on_provider::Model, ProviderError> {
    let checked = checked(app, organisation, new).await?;
    let now = app.clock.now();
    let tx = app.db.write().await?;
    lock::organisation(&tx, organisation).await?;
    let id = next_id(&tx, organisation).await?;
    let sealed = app
        .secrets
        .seal(&checked.client_secret, &about_id(organisation, id))?;
    let row = sign_on_provider::ActiveModel {
        id: Set(id),
        organisation_id: Set(organisation),
        name: Set(checked.name),
        issuer: Set(checked.issuer),
        client_id: Set(checked.client_id),
        client_secret: Set(sealed),
        domains: Set(Words(checked.domains)),
        group_claim: Set(checked.group_claim),
        group_roles: Set(checked.group_roles),
        created_at: Set(now),
        ended_at: Set(None),
    };
    let made = row.insert(&tx).await?;
    record(&tx, &made, actor, "add_sign_on_provider", now).await?;
    tx.commit().await?;
    Ok(made)
}

/// What was said, once it can be used.
struct Checked {
    name: String,
    issuer: String,
    client_id: String,
    client_secret: SecretString,
    domains: Vec<String>,
    group_claim: Option<String>,
    group_roles: GroupRoles,
}

async fn checked(app: &SignOnApp, organisation: Uuid, new: NewProvider) -> Result<Checked, ProviderError> {
    let line = |text: &str, longest: usize| {
        let text = text.trim();
        let is_one =
            !text.is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control);
        is_one.then(|| text.to_owned())
    };
    let name = line(&new.name, LONGEST_NAME).ok_or(ProviderError::Name)?;
    let issuer = line(&new.issuer, LONGEST).ok_or(ProviderError::Issuer)?;
    let url: Url = issuer.parse().map_err(|_| ProviderError::Issuer)?;
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !http::is_safe(&url) || !is_plain {
        return Err(ProviderError::Issuer);
    }
    Networks::and(&app.config.outbound.allowed_private_networks).check(&url)?;
    let client_id = line(&new.client_id, LONGEST).ok_or(ProviderError::Client("client id"))?;
    let secret = line(new.client_secret.expose_secret(), LONGEST);
    let client_secret = secret.ok_or(ProviderError::Client("client secret"))?.into();
    let group_claim = new
        .group_claim
        .as_deref()
        .and_then(|claim| line(claim, LONGEST_NAME));
    if group_claim.is_none() && !new.group_roles.is_empty() {
        return Err(ProviderError::GroupClaim);
    }
    Ok(Checked {
        name,
        issuer,
        client_id,
        client_secret,
        domains: domains(&new.domains)?,
        group_claim,
        group_roles: group_roles(app, organisation, &new.group_roles).await?,
    })
}

fn domains(given: &[String]) -> Result<Vec<String>, ProviderError> {
    let mut domains: Vec<String> = Vec::new();
    for one in given {
        let domain = one.trim().trim_start_matches('@').to_lowercase();
        let is_domain = domain.contains('.') && format!("a@{domain}").parse::<lettre::Address>().is_ok();
        if !is_domain || domains.len() == MOST {
            return Err(ProviderError::Domain(one.clone()));
        }
        domains.push(domain);
    }
    domains.sort();
    domains.dedup();
    Ok(domains)
}

async fn group_roles(
    app: &SignOnApp,
    organisation: Uuid,
    given: &[NewGroupRole],
) -> Result<GroupRoles, ProviderError> {
    let sites = SiteIndex::load(app.db.read(), organisation).await?;
    let mut roles = Vec::new();
    for one in given {
        let wrong = |why: String| ProviderError::GroupRole(why);
        let group = one.group.trim();
        if group.is_empty() || group.chars().count() > LONGEST || roles.len() == MOST {
            return Err(wrong("each names a group, and there are 50 at most".to_owned()));
        }
        let role = role_named(&one.role).ok_or_else(|| {
            wrong(format!(
                "there is no role {:?}; there are administrator, auditor and site-lead",
                one.role
            ))
        })?;
        let site = match one.site.as_deref().map(str::trim).filter(|site| !site.is_empty()) {
            None => None,
            Some(_) if role != Role::SiteLead => {
                return Err(wrong("a site belongs to the role site-lead".to_owned()));
            }
            Some(site) => Some(site_of(&sites, site).map_err(|error| wrong(error.to_string()))?),
        };
        roles.push(GroupRole {
            group: group.to_owned(),
            role: role::name(role).to_owned(),
            site,
        });
    }
    Ok(GroupRoles(roles))
}

fn site_of(sites: &SiteIndex, given: &str) -> Result<Uuid, RosterError> {
    match Uuid::try_parse(given) {
        Ok(id) if sites.path(id).is_some() => Ok(id),
        _ => sites.resolve(given),
    }
}

/// The providers of an organisation that have not ended, oldest first.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<Vec<sign_on_provider::Model>, DbErr> {
    sign_on_provider::Entity::within(organisation)
        .filter(sign_on_provider::Column::EndedAt.is_null())
        .order_by_asc(sign_on_provider::Column::CreatedAt)
        .order_by_asc(sign_on_provider::Column::Id)
        .all(connection)
        .await
}

/// One that has not ended.
pub async fn find(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<sign_on_provider::Model, ProviderError> {
    let found = sign_on_provider::Entity::within(organisation)
        .filter(sign_on_provider::Column::Id.eq(id))
        .filter(sign_on_provider::Column::EndedAt.is_null())
        .one(connection)
        .await?;
    found.ok_or(ProviderError::NotFound(id))
}

/// One that has not ended, whoever's: for those who come from it, and are nobody yet.
pub async fn open(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Option<sign_on_provider::Model>, DbErr> {
    sign_on_provider::Entity::find_by_id(id)
        .filter(sign_on_provider::Column::EndedAt.is_null())
        .one(connection)
        .await
}

/// Removes a provider: with it end the sessions that began there, its links, and the roles that its groups gave.
pub async fn remove(app: &SignOnApp, organisation: Uuid, id: Uuid, actor: &str) -> Result<(), ProviderError> {
    let tx = app.db.write().await?;
    let now = app.clock.now();
    lock::organisation(&tx, organisation).await?;
    let provider = find(&tx, organisation, id).await?;
    let is_last = list(&tx, organisation).await?.len() == 1;
    if is_last && super::policy::of(&tx, organisation).await?.is_some() {
        return Err(ProviderError::LastProvider);
    }
    end_grants(&tx, &provider, actor, now).await?;
    super::logout::end_of_provider(&tx, &provider, actor, now).await?;
    sign_on_link::Entity::delete_many()
        .filter(sign_on_link::Column::OrganisationId.eq(organisation))
        .filter(sign_on_link::Column::ProviderId.eq(id))
        .exec(&tx)
        .await?;
    record(&tx, &provider, actor, "end_sign_on_provider", now).await?;
    let mut row: sign_on_provider::ActiveModel = provider.into();
    row.ended_at = Set(Some(now));
    row.client_secret = Set(Vec::new());
    row.update(&tx).await?;
    Ok(tx.commit().await?)
}

async fn end_grants(
    tx: &Tx,
    provider: &sign_on_provider::Model,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), ProviderError> {
    let given = grant::Entity::within(provider.organisation_id)
        .filter(grant::Column::ProviderId.eq(provider.id))
        .filter(grant::Column::EndedAt.is_null())
        .all(tx)
        .await?;
    for grant in given {
        role::revoke(tx, provider.organisation_id, grant.id, actor, now)
            .await
            .map_err(|error| match error {
                RoleError::Database(error) => ProviderError::Database(error),
                _ => ProviderError::LastAdministrator,
            })?;
    }
    Ok(())
}

pub(super) async fn record(
    tx: &Tx,
    provider: &sign_on_provider::Model,
    actor: &str,
    action: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: provider.organisation_id,
        at: now,
        actor,
        action,
        subject_kind: "sign_on_provider",
        subject_id: Some(provider.id.to_string()),
        detail: serde_json::json!({ "roles": provider.group_roles.0.len() }),
    };
    audit::record(tx, entry).await
}
