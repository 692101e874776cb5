//! Who oversees and who leads: roles are listed and taken away here; they are given on the command line.
use std::collections::HashSet;

use chrono::TimeDelta;
use entity::{grant::Role, key};
use poem::{Response, handler, http::StatusCode};

use super::{near, url_if};
use crate::{
    access::{
        Action, audit, key as keys,
        role::{self, Held, RoleError},
        session,
    },
    template::context::{AdminRolesPage, KeyLeft, RefusedRow, RoleRow},
    web::{
        pages::{fields::Fields, form::refuse_other_types, reader::Reader},
        problem::Failure,
        refused::Refused,
    },
};

/// For so long refusals are summed up.
const LOOKED_BACK: TimeDelta = TimeDelta::days(1);

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let page = page(&reader, false).await.map_err(Failure::from)?;
    reader.page(StatusCode::OK, &page)
}

/// Takes a role away, and the keys that its holder made where that is asked for.
#[handler]
pub(crate) async fn revoke(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let id = reader.id()?;
    let with_keys = Fields::read(&body).get("keys").text == "yes";
    let (app, own, actor) = (&reader.web.app, reader.organisation.id, &reader.caller.actor);
    let revoking = async {
        let (tx, now) = (app.db.write().await?, app.clock.now());
        let ended = role::revoke(&tx, own, id, actor, now).await?;
        if with_keys {
            keys::revoke_of_account(&tx, own, ended.account_id, actor, now).await?;
        }
        Ok::<_, RoleError>(tx.commit().await?)
    };
    let revoked = revoking.await;
    reader.web.known.forget();
    match revoked {
        Ok(()) => Ok(reader.see_other("/roles", None)),
        Err(RoleError::LastAdministrator) => {
            let page = page(&reader, true).await.map_err(Failure::from)?;
            reader.page(StatusCode::CONFLICT, &page)
        }
        Err(error) => Err(Failure::from(error).into()),
    }
}

async fn page(reader: &Reader<'_>, is_last: bool) -> Result<AdminRolesPage, sea_orm::DbErr> {
    let (db, own, now) = (
        reader.web.app.db.read(),
        reader.organisation.id,
        reader.web.app.clock.now(),
    );
    let held = role::list(db, own, now).await?;
    let mut refused = Vec::new();
    for what in Refused::ALL {
        let count = audit::sum(db, own, what.action(), now - LOOKED_BACK).await?;
        if count > 0 {
            refused.push(RefusedRow {
                what: what.action(),
                count,
            });
        }
    }
    let all = keys::list(db, own).await?;
    Ok(AdminRolesPage {
        page: reader.frame("/roles", "roles"),
        keys_left: keys_left(reader, &held, &all),
        roles: held.into_iter().map(|held| row(reader, held, &all)).collect(),
        is_last,
        confirm_url: reader.confirm_url(Action::REVOKE_ROLE, "/roles"),
        refused,
    })
}

/// Keys that work still though nobody behind them may make one any more.
fn keys_left(reader: &Reader<'_>, held: &[Held], all: &[key::Model]) -> Vec<KeyLeft> {
    let administrators: HashSet<String> = held
        .iter()
        .filter(|held| held.is_active && held.grant.role == Role::Administrator)
        .map(|held| session::actor(held.grant.account_id))
        .collect();
    let makers = all.iter().map(|key| &key.created_by);
    let gone = makers.filter(|maker| maker.starts_with("account:") && !administrators.contains(*maker));
    let left = keys::open_of_makers(all, &gone.cloned().collect());
    let row = |key: &key::Model| KeyLeft {
        name: key.name.clone(),
        prefix: shown(key),
        revoke_url: url_if(reader, Action::REVOKE_KEY, &format!("/keys/{}/revoke", key.id)),
    };
    left.into_iter().map(row).collect()
}

fn shown(key: &key::Model) -> String {
    format!("plaudit_{}…", key.prefix)
}

fn row(reader: &Reader<'_>, held: Held, all: &[key::Model]) -> RoleRow {
    let path = format!("/roles/{}/revoke", held.grant.id);
    let maker = HashSet::from([session::actor(held.grant.account_id)]);
    let made = keys::open_of_makers(all, &maker);
    RoleRow {
        keys: made
            .into_iter()
            .map(|key| format!("{} ({})", shown(key), key.name))
            .collect(),
        role: role::name(held.grant.role),
        revoke_url: url_if(reader, Action::REVOKE_ROLE, &path),
        since: near(reader, held.grant.created_at),
        invited_until: held.invited_until.map(|until| near(reader, until)),
        name: held.name,
        address: held.address,
        site: held.site,
        is_active: held.is_active,
    }
}
