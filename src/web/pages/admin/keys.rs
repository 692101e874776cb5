//! Keys of programs: made, shown once, revoked.
use std::collections::HashMap;

use entity::key;
use poem::{Response, handler, http::StatusCode};
use secrecy::ExposeSecret;

use super::{audit::plain_actor, bad_request, near, url_if};
use crate::{
    access::{Action, Scope, audit, key as keys},
    template::context::{AdminKeysPage, Choice, Field, FormProblemKind as Problem, KeyRow},
    web::{
        pages::{
            fields::Fields,
            form::refuse_other_types,
            reader::{Reader, not_found},
        },
        problem::Failure,
    },
};

const LONGEST_NAME: usize = 80;

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let page = page(&reader, &Fields::default()).await?;
    reader.page(StatusCode::OK, &page)
}

/// Makes a key; the answer is the only time that it is shown.
#[handler]
pub(crate) async fn make(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let name = fields.get("name").text.trim().to_owned();
    let scopes: Vec<Scope> = chosen(&fields)?;
    let problem = match name.chars().count() {
        0 => Some(Problem::Needed),
        length if length > LONGEST_NAME => Some(Problem::NameTooLong),
        _ if scopes.is_empty() => Some(Problem::Scopes),
        _ => None,
    };
    if problem.is_some() {
        let mut page = page(&reader, &fields).await?;
        page.name.problem = problem;
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let made = create(&reader, &name, &scopes).await.map_err(Failure::from)?;
    let mut page = page(&reader, &Fields::default()).await?;
    page.made = Some(made);
    reader.page(StatusCode::CREATED, &page)
}

/// Revokes a key at once.
#[handler]
pub(crate) async fn revoke(reader: Reader<'_>) -> poem::Result<Response> {
    let id = reader.id()?;
    let app = &reader.web.app;
    let revoke = async {
        let tx = app.db.write().await?;
        let (own, actor) = (reader.organisation.id, &reader.caller.actor);
        let is_revoked = keys::revoke(&tx, own, id, actor, app.clock.now()).await?;
        tx.commit().await?;
        Ok::<_, sea_orm::DbErr>(is_revoked)
    };
    let is_revoked = revoke.await.map_err(Failure::from)?;
    reader.web.cache.forget();
    if is_revoked {
        Ok(reader.see_other("/keys", None))
    } else {
        Err(not_found())
    }
}

async fn create(reader: &Reader<'_>, name: &str, scopes: &[Scope]) -> Result<String, sea_orm::DbErr> {
    let app = &reader.web.app;
    let tx = app.db.write().await?;
    let (own, actor) = (reader.organisation.id, &reader.caller.actor);
    let (_, secret) = keys::create(&tx, own, name, scopes, actor, app.clock.now()).await?;
    tx.commit().await?;
    Ok(secret.expose_secret().to_owned())
}

fn chosen(fields: &Fields) -> poem::Result<Vec<Scope>> {
    let mut scopes = Vec::new();
    for scope in fields.all("scope") {
        scopes.push(scope.text.parse().map_err(|_| bad_request())?);
    }
    scopes.sort_unstable();
    scopes.dedup();
    Ok(scopes)
}

async fn page(reader: &Reader<'_>, typed: &Fields) -> poem::Result<AdminKeysPage> {
    let mut all = keys::list(reader.web.app.db.read(), reader.organisation.id)
        .await
        .map_err(Failure::from)?;
    all.reverse();
    let makers = all.iter().map(|key| key.created_by.as_str());
    let makers = audit::names(reader.web.app.db.read(), reader.organisation.id, makers)
        .await
        .map_err(Failure::from)?;
    let was_chosen: Vec<String> = typed.all("scope").into_iter().map(|scope| scope.text).collect();
    let choice = |scope: &Scope| Choice {
        value: scope.name().to_owned(),
        label: format!("admin.scope.{}", scope.name().replace(':', "_")),
        chosen: was_chosen.iter().any(|chosen| chosen == scope.name()),
    };
    Ok(AdminKeysPage {
        page: reader.frame("/keys", "keys"),
        made: None,
        keys: all.into_iter().map(|key| row(reader, key, &makers)).collect(),
        confirm_url: reader.confirm_url(Action::CREATE_KEY, "/keys"),
        action: url_if(reader, Action::CREATE_KEY, "/keys"),
        name: Field {
            value: typed.get("name").text,
            problem: None,
        },
        scopes: Scope::ALL.iter().map(choice).collect(),
    })
}

fn row(reader: &Reader<'_>, key: key::Model, makers: &HashMap<String, String>) -> KeyRow {
    let path = format!("/keys/{}/revoke", key.id);
    let revoke_url = url_if(reader, Action::REVOKE_KEY, &path);
    KeyRow {
        prefix: format!("plaudit_{}", key.prefix),
        scopes: key.scopes.0,
        made_by: makers
            .get(&key.created_by)
            .cloned()
            .unwrap_or_else(|| plain_actor(&key.created_by)),
        made: near(reader, key.created_at),
        used: key.last_used_at.map(|at| near(reader, at)),
        revoke_url: revoke_url.filter(|_| key.revoked_at.is_none()),
        revoked: key.revoked_at.map(|at| near(reader, at)),
        name: key.name,
    }
}
