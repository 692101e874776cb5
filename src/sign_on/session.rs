//! Whoever comes from a provider becomes a session.
use chrono::{DateTime, Utc};
use entity::{account, session, sign_on_link, sign_on_provider, sign_on_session};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    SignOnApp, Trouble,
    attempt::{self, Attempt, Purpose},
    identity::{self, Identity},
    link, logout, provider, roles, used,
};
use crate::{
    access::{
        account as accounts, alert, second_factor,
        session::{self as sessions, Device, FRESH},
        sign_in,
    },
    platform::{db::Tx, lock},
};

/// Somebody who came back with a code.
#[derive(Debug)]
pub struct Returned<'a> {
    /// From where.
    pub provider: &'a sign_on_provider::Model,
    /// What they had begun.
    pub attempt: &'a Attempt,
    /// What they bring.
    pub code: String,
    /// Their browser.
    pub device: &'a Device,
    /// As whom the browser is signed in.
    pub before: Option<&'a session::Model>,
}

/// Signs in whoever came back, or links them; the session and its token.
pub async fn enter(
    app: &SignOnApp,
    returned: &Returned<'_>,
) -> Result<(session::Model, SecretString), Trouble> {
    let attempt = returned.attempt;
    let identity = identity::identify(app, returned.provider, attempt, returned.code.clone()).await?;
    let now = app.clock.now();
    let tx = app.db.write().await?;
    // It may have been removed meanwhile: then it vouches for nobody.
    lock::organisation(&tx, returned.provider.organisation_id).await?;
    let provider = provider::open(&tx, returned.provider.id).await?;
    let provider = &provider.ok_or(Trouble::Stale)?;
    let what = format!("state/{}", attempt.state);
    if !used::first_use(&tx, provider.organisation_id, &what, attempt::WORKS, now).await? {
        return Err(Trouble::Stale);
    }
    let (account, link) = who(&tx, provider, returned, &identity, now).await?;
    // Being linked says whose the account is; roles wait until they sign in by it.
    if matches!(attempt.purpose, Purpose::SignIn | Purpose::Confirm) {
        roles::follow(&tx, provider, &account, &identity, now).await?;
    }
    // What follows from roles may have changed the account.
    let found = accounts::by_id(&tx, provider.organisation_id, account.id).await?;
    let account = found.ok_or(Trouble::Stranger("the account is gone"))?;
    let begun = begin(&tx, app, returned, &identity, (&account, &link), now).await?;
    tx.commit().await?;
    Ok(begun)
}

async fn who(
    tx: &Tx,
    provider: &sign_on_provider::Model,
    returned: &Returned<'_>,
    identity: &Identity,
    now: DateTime<Utc>,
) -> Result<(account::Model, sign_on_link::Model), Trouble> {
    let account = match returned.attempt.purpose {
        Purpose::SignIn => return link::resolve(tx, provider, identity, now).await,
        Purpose::Confirm => {
            let (account, link) = link::resolve(tx, provider, identity, now).await?;
            let is_same = returned
                .before
                .is_some_and(|before| before.account_id == account.id);
            return match is_same {
                false => Err(Trouble::Stranger("somebody else confirmed")),
                true if now - proved_at(identity, now) > FRESH => Err(Trouble::settings(
                    "it does not say that they proved just now who they are: have it send the claim auth_time",
                )),
                true => Ok((account, link)),
            };
        }
        Purpose::Link(account) => {
            if returned.before.is_none_or(|before| before.account_id != account) {
                return Err(Trouble::Stale);
            }
            accounts::by_id(tx, provider.organisation_id, account).await?
        }
        Purpose::LinkBy(id) => {
            let found = sign_in::to_link_by_id(tx, provider.organisation_id, id, now).await?;
            let (handed, account) = found.ok_or(Trouble::Stale)?;
            // Whoever reads their mail would get in without the code from then on: they link on their own page.
            if second_factor::is_on(tx, &account).await? {
                return Err(Trouble::Stranger("the account has a second factor"));
            }
            if !sign_in::take(tx, handed.id, now).await? {
                return Err(Trouble::Stale);
            }
            Some(account)
        }
    };
    let account = account.ok_or(Trouble::Stranger("the account is gone"))?;
    if !sign_in::may_sign_in(tx, &account, now).await? {
        return Err(Trouble::Stranger("whoever is to be linked has left"));
    }
    let link = link::link_to(tx, provider, identity, &account, now).await?;
    Ok((account, link))
}

async fn begin(
    tx: &Tx,
    app: &SignOnApp,
    returned: &Returned<'_>,
    identity: &Identity,
    (account, link): (&account::Model, &sign_on_link::Model),
    now: DateTime<Utc>,
) -> Result<(session::Model, SecretString), Trouble> {
    if let Some(old) = returned.before {
        let actor = sessions::actor(old.account_id);
        sessions::end(tx, old.organisation_id, old.account_id, old.id, &actor, now).await?;
    }
    let is_known = sessions::knows_device(tx, account, returned.device).await?;
    let proved = proved_at(identity, now);
    let (made, token) = sessions::start_proved(tx, account, returned.device, proved, now).await?;
    if made.with_role && !is_known {
        alert::new_device(tx, account, &returned.device.name, now).await?;
    }
    keep(tx, app, returned.provider.id, identity, (&made, link.id)).await?;
    Ok((made, token))
}

/// When they proved who they are: long ago where the provider does not say. Somebody who was signed in there already proved
/// nothing by coming here.
fn proved_at(identity: &Identity, now: DateTime<Utc>) -> DateTime<Utc> {
    identity.proved_at.map_or(now - FRESH - FRESH, |at| at.min(now))
}

async fn keep(
    tx: &Tx,
    app: &SignOnApp,
    provider: Uuid,
    identity: &Identity,
    (session, link): (&session::Model, Uuid),
) -> Result<(), Trouble> {
    let about = logout::about(session.id);
    let token = app
        .secrets
        .seal_bytes(identity.id_token.expose_secret().as_bytes(), &about)?;
    let row = sign_on_session::ActiveModel {
        session_id: Set(session.id),
        organisation_id: Set(session.organisation_id),
        provider_id: Set(provider),
        link_id: Set(link),
        sid: Set(identity.sid.clone()),
        id_token: Set(token),
        expires_at: Set(session.expires_at),
    };
    row.insert(tx).await?;
    Ok(())
}
