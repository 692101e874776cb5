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
        Action, account as accounts, audit, key as keys,
        role::{self, Held, RoleError},
        second_factor::{self, FactorError},
        session,
    },
    template::context::{AdminRolesPage, FactorPolicy, GiveRole, GivenRole, KeyLeft, RefusedRow, RoleRow},
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
    reader.web.cache.forget();
    match revoked {
        Ok(()) => Ok(reader.see_other(&back, None)),
        Err(RoleError::LastAdministrator) => kept(&reader, "admin.kept.last").await,
        Err(RoleError::Emergency) => kept(&reader, "admin.kept.emergency").await,
        Err(error) => Err(Failure::from(error).into()),
    }
}

/// Asks a second factor of those who hold a role, or not any more.
#[handler]
pub(crate) async fn need_factor(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let is_needed = Fields::read(&body).get("needed").text == "yes";
    let (app, own, actor) = (&reader.web.app, reader.organisation.id, &reader.caller.actor);
    let asker = reader.person()?.account;
    let setting = async {
        let (tx, now) = (app.db.write().await?, app.clock.now());
        let asker = accounts::by_id(&tx, own, asker).await?;
        second_factor::set_needed(&tx, own, is_needed, asker.as_ref(), actor, now).await?;
        Ok::<_, FactorError>(tx.commit().await?)
    };
    match setting.await {
        Ok(()) => Ok(reader.see_other("/roles", None)),
        Err(FactorError::NotYourself) => kept(&reader, "admin.kept.factor").await,
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
    let holders: HashSet<Uuid> = held
        .iter()
        .filter(|held| held.is_active)
        .map(|held| held.grant.account_id)
        .collect();
    let with_factor = second_factor::having(db, own, &holders).await?;
    let without = holders.difference(&with_factor).count() as u64;
    Ok(AdminRolesPage {
        page: reader.frame("/roles", "roles"),
        keys_left: keys_left(reader, &held, &all),
        roles: held
            .into_iter()
            .map(|held| row(reader, held, &all, &with_factor))
            .collect(),
        factor: FactorPolicy {
            needed: second_factor::is_needed(db, own).await?,
            action: url_if(
                reader,
                Action::CHANGE_SECOND_FACTOR_POLICY,
                "/roles/second-factor",
            ),
            without,
        },
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

pub(super) fn row(
    reader: &Reader<'_>,
    held: Held,
    all: &[key::Model],
    with_factor: &HashSet<Uuid>,
) -> RoleRow {
    let path = format!("/roles/{}/revoke", held.grant.id);
    let maker = HashSet::from([session::actor(held.grant.account_id)]);
    let made = keys::open_of_makers(all, &maker);
    RoleRow {
        keys: made
            .into_iter()
            .map(|key| format!("{} ({})", shown(key), key.name))
            .collect(),
        role: role::name(held.grant.role),
        account_url: reader.link(&format!("/accounts/{}", held.grant.account_id), None),
        has_factor: with_factor.contains(&held.grant.account_id),
        revoke_url: url_if(reader, Action::REVOKE_ROLE, &path),
        since: near(reader, held.grant.created_at),
        invited_until: held.invited_until.map(|until| near(reader, until)),
        name: held.name,
        address: held.address,
        site: held.site,
        is_active: held.is_active,
    }
}
