//! Signing out: here and at the provider (RP-Initiated Logout 1.0), and there with effect here (Back-Channel Logout 1.0).
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{session, sign_on_link, sign_on_provider, sign_on_session};
use openidconnect::{
    ClientId, JsonWebKey, JsonWebKeyUse, LogoutRequest, PostLogoutRedirectUrl,
    core::{CoreJsonWebKey, CoreJwsSigningAlgorithm},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QuerySelect};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    SignOnApp, Trouble,
    discovery::{self, Metadata},
    identity::ALGORITHMS,
    used,
};
use crate::{access::session as sessions, platform::db::Tx};

/// How far the provider's clock may be from ours.
const SKEW: TimeDelta = TimeDelta::seconds(60);
/// A token older than this is not believed, whatever it says.
const BELIEVED: TimeDelta = TimeDelta::minutes(10);
/// Longest identifier of a token.
const LONGEST: usize = 500;
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a token for signing out says.
#[derive(Debug, Deserialize)]
struct Said {
    iss: String,
    aud: OneOrMany,
    iat: i64,
    exp: Option<i64>,
    jti: String,
    events: Map<String, Value>,
    sub: Option<String>,
    sid: Option<String>,
    nonce: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn contains(&self, wanted: &str) -> bool {
        match self {
            OneOrMany::One(one) => one == wanted,
            OneOrMany::Many(all) => all.iter().any(|one| one == wanted),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<String>,
    crit: Option<Value>,
}

fn unbelievable(why: &str) -> Trouble {
    Trouble::Unbelievable(why.to_owned())
}

/// Ends the sessions that a provider says are over; how many those were.
pub async fn from_provider(
    app: &SignOnApp,
    provider: &sign_on_provider::Model,
    token: &str,
) -> Result<usize, Trouble> {
    let now = app.clock.now();
    let said = believed(app, provider, token, now).await?;
    let tx = app.db.write().await?;
    let what = format!("logout/{}/{}", provider.id, said.jti);
    if !used::first_use(&tx, provider.organisation_id, &what, BELIEVED + SKEW, now).await? {
        return Err(unbelievable("the token was used before"));
    }
    let over = meant(&tx, provider, &said).await?;
    let actor = format!("provider:{}", provider.id);
    let ended = sessions::end_those_of(&tx, provider.organisation_id, &over, &actor, now).await?;
    tx.commit().await?;
    Ok(ended)
}

async fn believed(
    app: &SignOnApp,
    provider: &sign_on_provider::Model,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Said, Trouble> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        return Err(unbelievable("it is no signed token"));
    };
    let decoded = |part: &str| {
        URL_SAFE_NO_PAD
            .decode(part)
            .map_err(|_| unbelievable("it is no signed token"))
    };
    let head: Header = serde_json::from_slice(&decoded(header)?)
        .map_err(|_| unbelievable("its header names no way to sign that we know"))?;
    if !ALGORITHMS.contains(&head.alg) || head.crit.is_some() {
        return Err(unbelievable(
            "it is not signed by a key that only the provider has",
        ));
    }
    let signed = Signed {
        head: &head,
        message: format!("{header}.{payload}"),
        signature: decoded(signature)?,
    };
    let metadata = discovery::of(app, &provider.issuer).await?;
    if !signed.is_by(&metadata) {
        let newer = discovery::again(app, &provider.issuer).await?;
        if !signed.is_by(&newer) {
            return Err(unbelievable("none of the provider's keys signed it"));
        }
    }
    let said: Said = serde_json::from_slice(&decoded(payload)?)
        .map_err(|_| unbelievable("it lacks what a token for signing out has to say"))?;
    holds(&said, provider, now)?;
    Ok(said)
}

struct Signed<'a> {
    head: &'a Header,
    message: String,
    signature: Vec<u8>,
}

impl Signed<'_> {
    fn is_by(&self, metadata: &Metadata) -> bool {
        let mut keys = metadata.jwks().keys().iter().filter(|key| self.may_be(key));
        keys.any(|key| {
            key.verify_signature(&self.head.alg, self.message.as_bytes(), &self.signature)
                .is_ok()
        })
    }

    fn may_be(&self, key: &CoreJsonWebKey) -> bool {
        let is_named = match &self.head.kid {
            Some(named) => key.key_id().is_some_and(|id| id.as_str() == named),
            None => true,
        };
        is_named && key.key_use().is_none_or(JsonWebKeyUse::allows_signature)
    }
}

/// OpenID Connect Back-Channel Logout 1.0, 2.6.
fn holds(said: &Said, provider: &sign_on_provider::Model, now: DateTime<Utc>) -> Result<(), Trouble> {
    let at = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::UNIX_EPOCH);
    let issued = at(said.iat);
    let is_over = said.exp.is_some_and(|exp| at(exp) + SKEW <= now);
    if said.iss != provider.issuer {
        return Err(unbelievable("it is of another issuer"));
    }
    if !said.aud.contains(&provider.client_id) {
        return Err(unbelievable("it was made for another program"));
    }
    if is_over || issued + BELIEVED <= now || issued > now + SKEW {
        return Err(unbelievable("it is too old, or of the future"));
    }
    if said.nonce.is_some() || !said.events.contains_key(EVENT) {
        return Err(unbelievable("it is a token for something else"));
    }
    let named = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.is_empty());
    if !(named(&said.sub) || named(&said.sid)) || said.jti.is_empty() || said.jti.len() > LONGEST {
        return Err(unbelievable("it names nobody and no session"));
    }
    Ok(())
}

/// The sessions that are meant: that of `sid`, else all of the subject.
async fn meant(tx: &Tx, provider: &sign_on_provider::Model, said: &Said) -> Result<Vec<Uuid>, DbErr> {
    let own = provider.organisation_id;
    let mut found = sign_on_session::Entity::within(own)
        .filter(sign_on_session::Column::ProviderId.eq(provider.id))
        .select_only()
        .column(sign_on_session::Column::SessionId);
    if let Some(sid) = &said.sid {
        found = found.filter(sign_on_session::Column::Sid.eq(sid));
    }
    if let Some(subject) = &said.sub {
        let links: Vec<Uuid> = sign_on_link::Entity::within(own)
            .filter(sign_on_link::Column::Issuer.eq(&said.iss))
            .filter(sign_on_link::Column::Subject.eq(subject))
            .select_only()
            .column(sign_on_link::Column::Id)
            .into_tuple()
            .all(tx)
            .await?;
        found = found.filter(sign_on_session::Column::LinkId.is_in(links));
    }
    found.into_tuple().all(tx).await
}

/// Ends all sessions that began at a provider.
pub(super) async fn end_of_provider(
    tx: &Tx,
    provider: &sign_on_provider::Model,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let ids: Vec<Uuid> = sign_on_session::Entity::within(provider.organisation_id)
        .filter(sign_on_session::Column::ProviderId.eq(provider.id))
        .select_only()
        .column(sign_on_session::Column::SessionId)
        .into_tuple()
        .all(tx)
        .await?;
    sessions::end_those_of(tx, provider.organisation_id, &ids, actor, now).await?;
    Ok(())
}

/// Where somebody signs out at the provider too.
#[derive(Clone, Debug)]
pub struct There {
    /// On the button.
    pub name: String,
    /// The provider's page.
    pub address: String,
}

/// Where whoever owned a session signs out at the provider; none where it did not begin at one, or that has no such page,
/// or cannot be asked.
pub async fn at_provider(app: &SignOnApp, session: &session::Model) -> Result<Option<There>, DbErr> {
    let Some((begun, provider)) = origin(app.db.read(), session).await? else {
        return Ok(None);
    };
    let Ok(metadata) = discovery::of(app, &provider.issuer).await else {
        return Ok(None);
    };
    let Some(end) = metadata.additional_metadata().end_session_endpoint.clone() else {
        return Ok(None);
    };
    if !super::http::is_safe(end.url()) {
        return Ok(None);
    }
    let mut address = LogoutRequest::from(end)
        .set_client_id(ClientId::new(provider.client_id.clone()))
        .http_get_url();
    let token = app.secrets.open(&begun.id_token, &about(session.id)).ok();
    let back = format!("{}/sign-in", app.config.server.base_url);
    let back = PostLogoutRedirectUrl::new(back).ok();
    {
        let mut query = address.query_pairs_mut();
        if let Some(token) = &token {
            query.append_pair("id_token_hint", token.expose_secret());
        }
        if let Some(back) = back {
            query.append_pair("post_logout_redirect_uri", back.as_str());
        }
    }
    Ok(Some(There {
        name: provider.name,
        address: address.into(),
    }))
}

async fn origin(
    connection: &impl ConnectionTrait,
    session: &session::Model,
) -> Result<Option<(sign_on_session::Model, sign_on_provider::Model)>, DbErr> {
    let begun = sign_on_session::Entity::within(session.organisation_id)
        .filter(sign_on_session::Column::SessionId.eq(session.id))
        .one(connection)
        .await?;
    let Some(begun) = begun else { return Ok(None) };
    let provider = super::provider::open(connection, begun.provider_id).await?;
    Ok(provider.map(|provider| (begun, provider)))
}

/// What the token of a session is sealed for.
pub(super) fn about(session: Uuid) -> String {
    format!("sign_on_session/{session}")
}
