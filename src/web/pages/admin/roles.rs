//! Who oversees and who leads: roles are listed, given and taken away.
use std::collections::HashSet;

use chrono::TimeDelta;
use entity::{grant::Role, key};
use poem::{Response, handler, http::StatusCode};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    give_role::{self, Given},
    near, url_if,
};
use crate::{
    access::{
        Action, audit, key as keys,
        role::{self, Held, RoleError},
        session,
    },
    template::context::{AdminRolesPage, GiveRole, GivenRole, KeyLeft, RefusedRow, RoleRow},
    web::{
        pages::{fields::Fields, form::refuse_other_types, reader::Reader},
        problem::Failure,
        refused::Refused,
    },
};

/// For so long refusals are summed up.
const LOOKED_BACK: TimeDelta = TimeDelta::days(1);

#[derive(Default, Deserialize)]
struct Asked {
    /// The account to which a role was given just now.
    given: Option<Uuid>,
    /// The site of which a lead is wanted.
    site: Option<Uuid>,
}

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let asked: Asked = reader.request.params().unwrap_or_default();
    let mut page = page(&reader).await?;
    if let Some(given) = asked.given {
        page.given = given_to(&reader, given).await?;
    }
    if let (Some(form), Some(site)) = (&mut page.give, asked.site) {
        prepare_for_lead(form, site);
    }
    reader.page(StatusCode::OK, &page)
}

/// The form as a page of a place leads to it.
fn prepare_for_lead(form: &mut GiveRole, site: Uuid) {
    for choice in &mut form.sites {
        choice.chosen = choice.value == site.to_string();
    }
    for choice in &mut form.roles {
        choice.chosen = choice.value == role::name(Role::SiteLead);
    }
}

async fn given_to(reader: &Reader<'_>, account: Uuid) -> poem::Result<Option<GivenRole>> {
    let (db, own, now) = (
        reader.web.app.db.read(),
        reader.organisation.id,
        reader.web.app.clock.now(),
    );
    let held = role::list(db, own, now).await.map_err(Failure::from)?;
    let theirs = held.into_iter().find(|held| held.grant.account_id == account);
    Ok(theirs.and_then(|held| {
        Some(GivenRole {
            address: held.address?,
            name: held.name,
        })
    }))
}

/// Gives somebody a role, or shows what is wrong and gives none.
#[handler]
pub(crate) async fn give(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let form = give_role::form(&reader, "/roles", true).await?;
    match give_role::take(&reader, form, &Fields::read(&body), None).await? {
        Given::To(account) => Ok(reader.see_other("/roles", Some(&format!("given={}", account.id)))),
        Given::Wrong(form) => {
            let mut page = page(&reader).await?;
            page.give = Some(form);
            reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// Takes a role away, and the keys that its holder made where that is asked for.
#[handler]
pub(crate) async fn revoke(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let id = reader.id()?;
    let fields = Fields::read(&body);
    let with_keys = fields.get("keys").text == "yes";
    // Whoever began on somebody's page goes back there.
    let person = fields.get("person").text.parse::<Uuid>();
    let back = person.map_or_else(|_| "/roles".to_owned(), |person| format!("/people/{person}"));
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
        Ok(()) => Ok(reader.see_other(&back, None)),
        Err(RoleError::LastAdministrator) => kept(&reader, "admin.kept.last").await,
        Err(RoleError::Emergency) => kept(&reader, "admin.kept.emergency").await,
        Err(error) => Err(Failure::from(error).into()),
    }
}

async fn kept(reader: &Reader<'_>, why: &'static str) -> poem::Result<Response> {
    let mut page = page(reader).await?;
    page.kept = Some(why);
    reader.page(StatusCode::CONFLICT, &page)
}

async fn page(reader: &Reader<'_>) -> poem::Result<AdminRolesPage> {
    let mut page = listed(reader).await.map_err(Failure::from)?;
    if url_if(reader, Action::GRANT_ROLE, "/roles").is_some() {
        page.give = Some(give_role::form(reader, "/roles", true).await?);
    }
    Ok(page)
}

async fn listed(reader: &Reader<'_>) -> Result<AdminRolesPage, sea_orm::DbErr> {
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
        kept: None,
        given: None,
        give: None,
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

pub(super) fn row(reader: &Reader<'_>, held: Held, all: &[key::Model]) -> RoleRow {
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
