//! `/v1/roles`
use chrono::{DateTime, Utc};
use entity::grant::Role;
use poem::web::Data;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use super::Tag;
use crate::{
    access::{
        Action, Scope,
        invite::{self, Wanted, Whom},
        permit,
        role::{self, Held, RoleError},
    },
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on roles.
#[derive(Debug)]
pub struct Roles;

/// What somebody may do beyond what the roster says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum RoleName {
    /// Reads and changes everything
    Administrator,
    /// Reads everything and changes nothing
    Auditor,
    /// Leads a site and those below it, or all
    SiteLead,
    /// Reads what the shield keeps from everybody else, and decides about it
    SafeReader,
}

impl From<Role> for RoleName {
    fn from(role: Role) -> RoleName {
        match role {
            Role::Administrator => RoleName::Administrator,
            Role::Auditor => RoleName::Auditor,
            Role::SiteLead => RoleName::SiteLead,
            Role::SafeReader => RoleName::SafeReader,
        }
    }
}

impl From<RoleName> for Role {
    fn from(role: RoleName) -> Role {
        match role {
            RoleName::Administrator => Role::Administrator,
            RoleName::Auditor => Role::Auditor,
            RoleName::SiteLead => Role::SiteLead,
            RoleName::SafeReader => Role::SafeReader,
        }
    }
}

/// A role to give: to somebody on the roster, or to whoever reads an address.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewRole {
    /// What it is.
    pub role: RoleName,
    /// Whose it will be; give this or `email`.
    pub staff_id: Option<Uuid>,
    /// Whose it will be: who is told at this address, or a new account.
    #[oai(validator(min_length = 3, max_length = 254))]
    pub email: Option<String>,
    /// The site that a site lead leads, with all below; left out for all.
    pub site_id: Option<Uuid>,
}

/// A role was given.
#[derive(ApiResponse)]
pub enum GrantRole {
    /// It holds from now on, and a link to sign in was mailed.
    #[oai(status = 201)]
    Granted(Json<RoleView>),
}

/// A role that somebody holds.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct RoleView {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub role: RoleName,
    /// The site that is led; left out where the role holds everywhere.
    pub site_id: Option<Uuid>,
    /// Whose it is.
    pub account_id: Uuid,
    /// The name they go by; the address of somebody who is not on the roster.
    pub name: String,
    /// Where they get mail and links to sign in.
    pub email: Option<String>,
    /// When it was granted.
    pub created_at: DateTime<Utc>,
    /// Until when an invitation works that nobody used yet.
    pub invited_until: Option<DateTime<Utc>>,
}

impl From<Held> for RoleView {
    fn from(held: Held) -> RoleView {
        RoleView {
            id: held.grant.id,
            role: held.grant.role.into(),
            site_id: held.grant.site_id,
            account_id: held.grant.account_id,
            name: held.name,
            email: held.address,
            created_at: held.grant.created_at,
            invited_until: held.invited_until,
        }
    }
}

/// All roles.
#[derive(Clone, Debug, Object)]
pub struct RoleList {
    /// Roles, oldest first.
    pub items: Vec<RoleView>,
}

/// A role was taken away.
#[derive(ApiResponse)]
pub enum RevokeRole {
    /// They are signed out, and their open links and invitations have ended.
    #[oai(status = 204)]
    Revoked,
}

#[OpenApi(prefix_path = "/roles", tag = "Tag::Roles")]
impl Roles {
    /// List roles
    #[oai(path = "/", method = "get", operation_id = "list_roles")]
    async fn list(&self, auth: Auth, Data(web): Data<&Web>) -> Result<Json<RoleList>, Failure> {
        let caller = auth.permit(Action::LIST_ROLES)?;
        let held = role::list(web.app.db.read(), caller.organisation, web.app.clock.now()).await?;
        Ok(Json(RoleList {
            items: held.into_iter().map(RoleView::from).collect(),
        }))
    }

    /// Give somebody a role
    ///
    /// Whoever gets it is signed out everywhere, and mailed a link that signs them in. Where they hold it already they get
    /// another link. A key needs every scope for this, since an administrator may do everything.
    #[oai(path = "/", method = "post", operation_id = "grant_role")]
    async fn grant(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        body: Json<NewRole>,
    ) -> Result<GrantRole, Failure> {
        let caller = auth.permit(Action::GRANT_ROLE)?;
        permit::permit_scopes(&caller, Scope::ALL)?;
        let wanted = Wanted {
            whom: match (body.0.staff_id, &body.0.email) {
                (Some(staff), None) => Whom::Staff(staff),
                (None, Some(email)) => Whom::Address(email),
                _ => return Err(Failure::invalid("say whose it will be: give staff_id or email")),
            },
            role: body.0.role.into(),
            site: body.0.site_id,
        };
        let (own, now) = (caller.organisation, web.app.clock.now());
        let tx = web.app.db.write().await?;
        let invited = invite::invite_by_mail(&tx, &web.app.secrets, own, &wanted, &caller.actor, now).await?;
        let held = role::list(&tx, own, now).await?;
        tx.commit().await?;
        web.cache.forget();
        let is_it = |held: &Held| {
            let grant = &held.grant;
            grant.account_id == invited.account.id
                && (grant.role, grant.site_id) == (wanted.role, wanted.site)
        };
        let made = held.into_iter().find(is_it).ok_or(RoleError::NotFound)?;
        Ok(GrantRole::Granted(Json(made.into())))
    }

    /// Take a role away
    ///
    /// Whoever held it is signed out everywhere. The last administrator cannot be removed (409). Keys that they made go on
    /// working: `created_by` in the list of keys names them.
    #[oai(path = "/:id", method = "delete", operation_id = "revoke_role")]
    async fn revoke(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The role.
        id: Path<Uuid>,
    ) -> Result<RevokeRole, Failure> {
        let caller = auth.permit(Action::REVOKE_ROLE)?;
        let tx = web.app.db.write().await?;
        role::revoke(&tx, caller.organisation, id.0, &caller.actor, web.app.clock.now()).await?;
        tx.commit().await?;
        web.cache.forget();
        Ok(RevokeRole::Revoked)
    }
}
