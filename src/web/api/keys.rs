//! `/v1/keys`
use chrono::{DateTime, Utc};
use entity::key;
use poem::web::Data;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, param::Path, payload::Json};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::Tag;
use crate::{
    access::{Action, Scope, key as keys, permit},
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on keys.
#[derive(Debug)]
pub struct Keys;

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum ScopeView {
    /// Send comments
    #[oai(rename = "comments:write")]
    CommentsWrite,
    /// Erase comments
    #[oai(rename = "comments:erase")]
    CommentsErase,
    /// Read comments and verdicts
    #[oai(rename = "comments:read")]
    CommentsRead,
    /// Read sites, staff and assignments
    #[oai(rename = "roster:read")]
    RosterRead,
    /// Change sites, staff and assignments
    #[oai(rename = "roster:write")]
    RosterWrite,
    /// Read feeds and boards
    #[oai(rename = "recognitions:read")]
    RecognitionsRead,
    /// Decide open verdicts
    #[oai(rename = "triage:write")]
    TriageWrite,
    /// Bring people in from the company's directory by SCIM, and nothing else
    #[oai(rename = "scim")]
    Scim,
    /// Keys, sources, imports, jobs and settings
    #[oai(rename = "admin")]
    Admin,
}

impl From<ScopeView> for Scope {
    fn from(scope: ScopeView) -> Scope {
        match scope {
            ScopeView::CommentsWrite => Scope::CommentsWrite,
            ScopeView::CommentsErase => Scope::CommentsErase,
            ScopeView::CommentsRead => Scope::CommentsRead,
            ScopeView::RosterRead => Scope::RosterRead,
            ScopeView::RosterWrite => Scope::RosterWrite,
            ScopeView::RecognitionsRead => Scope::RecognitionsRead,
            ScopeView::TriageWrite => Scope::TriageWrite,
            ScopeView::Scim => Scope::Scim,
            ScopeView::Admin => Scope::Admin,
        }
    }
}

/// A key, without its secret.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct KeyView {
    /// Its id.
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// The part of it that may be shown.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Who made it: `account:` or `key:` and an id, or `cli`. It works on when they are gone.
    pub created_by: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the hour.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl From<key::Model> for KeyView {
    fn from(row: key::Model) -> KeyView {
        KeyView {
            id: row.id,
            name: row.name,
            prefix: format!("plaudit_{}", row.prefix),
            scopes: row.scopes.0,
            created_by: row.created_by,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// All keys.
#[derive(Clone, Debug, Object)]
pub struct KeyList {
    /// Keys, oldest first, revoked ones included.
    pub items: Vec<KeyView>,
}

/// A key to make.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewKey {
    /// What it is for, in your words.
    #[oai(validator(min_length = 1, max_length = 120))]
    pub name: String,
    /// What it may do.
    #[oai(validator(min_items = 1, unique_items))]
    pub scopes: Vec<ScopeView>,
}

/// A key with its secret.
#[derive(Clone, Debug, Object)]
pub struct MadeKey {
    /// Its id.
    pub id: Uuid,
    /// The whole key, shown this once and kept nowhere.
    pub secret: String,
}

/// A key was made.
#[derive(ApiResponse)]
pub enum CreateKey {
    /// It works from now on.
    #[oai(status = 201)]
    Created(Json<MadeKey>),
}

/// A key was revoked.
#[derive(ApiResponse)]
pub enum RevokeKey {
    /// It works no more.
    #[oai(status = 204)]
    Revoked,
}

#[OpenApi(prefix_path = "/keys", tag = "Tag::Keys")]
impl Keys {
    /// List keys
    #[oai(path = "/", method = "get", operation_id = "list_keys")]
    async fn list(&self, auth: Auth, Data(web): Data<&Web>) -> Result<Json<KeyList>, Failure> {
        let caller = auth.permit(Action::LIST_KEYS)?;
        let found = keys::list(web.app.db.read(), caller.organisation).await?;
        Ok(Json(KeyList {
            items: found.into_iter().map(KeyView::from).collect(),
        }))
    }

    /// Make a key
    #[oai(path = "/", method = "post", operation_id = "create_key")]
    async fn create(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        body: Json<NewKey>,
    ) -> Result<CreateKey, Failure> {
        let caller = auth.permit(Action::CREATE_KEY)?;
        let scopes: Vec<Scope> = body.0.scopes.into_iter().map(Into::into).collect();
        permit::permit_scopes(&caller, &scopes)?;
        let name = body.0.name.trim();
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(Failure::invalid("name: say in words what the key is for"));
        }
        let tx = web.app.db.write().await?;
        let now = web.app.clock.now();
        let (made, secret) =
            keys::create(&tx, caller.organisation, name, &scopes, &caller.actor, now).await?;
        tx.commit().await?;
        Ok(CreateKey::Created(Json(MadeKey {
            id: made.id,
            secret: secret.expose_secret().to_owned(),
        })))
    }

    /// Revoke a key at once
    #[oai(path = "/:id", method = "delete", operation_id = "revoke_key")]
    async fn revoke(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The key.
        id: Path<Uuid>,
    ) -> Result<RevokeKey, Failure> {
        let caller = auth.permit(Action::REVOKE_KEY)?;
        let tx = web.app.db.write().await?;
        let now = web.app.clock.now();
        let is_revoked = keys::revoke(&tx, caller.organisation, id.0, &caller.actor, now).await?;
        tx.commit().await?;
        web.cache.forget();
        if is_revoked {
            Ok(RevokeKey::Revoked)
        } else {
            Err(Failure::not_found("key"))
        }
    }
}
