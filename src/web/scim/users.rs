//! `/scim/v2/Users`
use std::collections::HashMap;

use chrono::SecondsFormat;
use entity::scim_user;
use poem::{
    Body, Response, handler,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};
use serde_json::{Map, Value, json};

use super::{
    answer::{answer, refused},
    discovery::{self, MOST_RESULTS, location},
};
use crate::{
    access::Caller,
    platform::db::Tx,
    roster::scim::{
        ScimError,
        filter::Filter,
        guard,
        schema::{ENTERPRISE, USER},
        users::{self, By},
    },
    web::{Web, problem::Failure},
};

type Asked = HashMap<String, String>;

/// A page of those who fit.
#[handler]
pub(super) async fn list(
    Data(web): Data<&Web>,
    Data(caller): Data<&Caller>,
    Query(asked): Query<Asked>,
) -> poem::Result<Response> {
    page(web, caller, &asked).await
}

/// The same, asked for in a body.
#[handler]
pub(super) async fn search(
    Data(web): Data<&Web>,
    Data(caller): Data<&Caller>,
    sent: Body,
) -> poem::Result<Response> {
    let body = match read(sent).await? {
        Ok(body) => body,
        Err(failed) => return refused(failed),
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    };
    let fields = body.as_object().into_iter().flatten();
    let asked = fields.map(|(name, value)| (name.clone(), text(value))).collect();
    page(web, caller, &asked).await
}

async fn page(web: &Web, caller: &Caller, asked: &Asked) -> poem::Result<Response> {
    let page = async {
        let filter = asked.get("filter").map(|text| Filter::read(text)).transpose()?;
        let start = number(asked, "startIndex", 1)?.max(1);
        let count = number(asked, "count", MOST_RESULTS)?.min(MOST_RESULTS);
        let (db, own) = (web.app.db.read(), caller.organisation);
        let (total, found) = users::list(db, own, filter.as_ref(), (start, count)).await?;
        let shown: Vec<Value> = found.iter().map(|row| only(view(web, row), asked)).collect();
        Ok(discovery::list(total, start, &shown))
    };
    match page.await {
        Ok(page) => Ok(answer(StatusCode::OK, &page)),
        Err(failed) => refused(failed),
    }
}

/// Less than nothing is nothing (RFC 7644, 3.4.2.4).
fn number(asked: &Asked, name: &str, usual: u64) -> Result<u64, ScimError> {
    let Some(given) = asked.get(name) else {
        return Ok(usual);
    };
    let number: i64 = given
        .parse()
        .map_err(|_| ScimError::Value(format!("{name} is {given:?}; right is a number")))?;
    Ok(number.try_into().unwrap_or(0))
}

/// One user.
#[handler]
pub(super) async fn show(
    Data(web): Data<&Web>,
    Data(caller): Data<&Caller>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> poem::Result<Response> {
    match users::get(web.app.db.read(), caller.organisation, &id).await {
        Ok(row) => Ok(answer(StatusCode::OK, &only(view(web, &row), &asked))),
        Err(failed) => refused(failed),
    }
}

/// Makes somebody.
#[handler]
pub(super) async fn create(
    Data(web): Data<&Web>,
    Data(caller): Data<&Caller>,
    sent: Body,
) -> poem::Result<Response> {
    let body = read(sent).await?;
    let made = changed(web, caller, async |tx, by| users::create(tx, by, &body?).await).await?;
    match made {
        Ok(row) => {
            let mut made = answer(StatusCode::CREATED, &view(web, &row));
            if let Ok(address) = location(web, &format!("Users/{}", row.staff_id)).parse() {
                made.headers_mut().insert(header::LOCATION, address);
            }
            Ok(made)
        }
        Err(failed) => refused(failed),
    }
}

/// Puts a whole user in the place of another.
#[handler]
pub(super) async fn replace(
    Data(web): Data<&Web>,
    Data(caller): Data<&Caller>,
    Path(id): Path<String>,
    sent: Body,
) -> poem::Result<Response> {
    save(web, caller, sent, async |tx, by, body| {
        users::replace(tx, by, &id, body).await
    })
    .await
}

/// Changes parts.
#[handler]
pub(super) async fn patch(
    Data(web): Data<&Web>,
    Data(caller): Data<&Caller>,
    Path(id): Path<String>,
    sent: Body,
) -> poem::Result<Response> {
    save(web, caller, sent, async |tx, by, body| {
        users::patch(tx, by, &id, body).await
    })
    .await
}

/// Ends somebody.
#[handler]
pub(super) async fn delete(
    Data(web): Data<&Web>,
    Data(caller): Data<&Caller>,
    Path(id): Path<String>,
) -> poem::Result<Response> {
    match changed(web, caller, async |tx, by| users::delete(tx, by, &id).await).await? {
        Ok(()) => Ok(Response::builder().status(StatusCode::NO_CONTENT).finish()),
        Err(failed) => refused(failed),
    }
}

async fn save(
    web: &Web,
    caller: &Caller,
    sent: Body,
    change: impl AsyncFnOnce(&Tx, By<'_>, &Value) -> Result<scim_user::Model, ScimError>,
) -> poem::Result<Response> {
    let body = read(sent).await?;
    match changed(web, caller, async |tx, by| change(tx, by, &body?).await).await? {
        Ok(row) => Ok(answer(StatusCode::OK, &view(web, &row))),
        Err(failed) => refused(failed),
    }
}

/// The outer error is a body that was not sent to its end, the inner one a body that is no JSON.
async fn read(sent: Body) -> poem::Result<Result<Value, ScimError>> {
    let bytes = sent.into_bytes().await?;
    let read = serde_json::from_slice(&bytes);
    Ok(read.map_err(|error| ScimError::Syntax(format!("the body is no JSON: {error}"))))
}

/// Changes all or nothing; that somebody has to look first is noted even so.
async fn changed<T>(
    web: &Web,
    caller: &Caller,
    change: impl AsyncFnOnce(&Tx, By<'_>) -> Result<T, ScimError>,
) -> Result<Result<T, ScimError>, Failure> {
    let by = By {
        organisation: caller.organisation,
        actor: &caller.actor,
        at: web.app.clock.now(),
        secrets: &web.app.secrets,
    };
    let tx = web.app.db.write().await?;
    let done = change(&tx, by).await;
    match &done {
        Ok(_) => tx.commit().await?,
        Err(failed) => {
            tx.rollback().await?;
            if let ScimError::Stopped(counted) = failed {
                let tx = web.app.db.write().await?;
                guard::stop(&tx, by.organisation, *counted, by.actor, by.at).await?;
                tx.commit().await?;
            }
        }
    }
    Ok(done)
}

/// A user as the directory wrote them, with what is given here.
fn view(web: &Web, row: &scim_user::Model) -> Value {
    let mut fields = row.document.as_object().cloned().unwrap_or_default();
    let mut schemas = vec![USER];
    if fields.contains_key(ENTERPRISE) {
        schemas.push(ENTERPRISE);
    }
    let time = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let meta = json!({
        "resourceType": "User",
        "created": time(row.created_at),
        "lastModified": time(row.changed_at),
        "location": location(web, &format!("Users/{}", row.staff_id)),
    });
    fields.insert("schemas".to_owned(), json!(schemas));
    fields.insert("id".to_owned(), json!(row.staff_id));
    fields.insert("meta".to_owned(), meta);
    Value::Object(fields)
}

/// Only the attributes that were asked for, or all but some; parts count as their whole.
fn only(user: Value, asked: &Asked) -> Value {
    let Value::Object(mut fields) = user else {
        return user;
    };
    let named = |name: &str| {
        let names = asked.get(name)?.split(',').map(|name| name.trim().to_lowercase());
        Some(names.filter(|name| !name.is_empty()).collect::<Vec<String>>())
    };
    let is_named = |names: &[String], key: &str, schema: &str| {
        let (key, whole) = (key.to_lowercase(), format!("{schema}:{key}").to_lowercase());
        names.iter().any(|name| {
            let lead =
                |of: &str| name == of || name.strip_prefix(of).is_some_and(|rest| rest.starts_with('.'));
            lead(&key) || lead(&whole)
        })
    };
    if let Some(Value::Object(extension)) = fields.get_mut(ENTERPRISE) {
        keep(
            extension,
            named("attributes"),
            named("excludedAttributes"),
            |names, key| {
                is_named(names, key, ENTERPRISE)
                    || names.iter().any(|name| name == &ENTERPRISE.to_lowercase())
            },
        );
    }
    let extension = fields.remove(ENTERPRISE);
    keep(
        &mut fields,
        named("attributes"),
        named("excludedAttributes"),
        |names, key| is_named(names, key, USER),
    );
    if let Some(extension) = extension.filter(|one| one.as_object().is_some_and(|all| !all.is_empty())) {
        fields.insert(ENTERPRISE.to_owned(), extension);
    }
    Value::Object(fields)
}

/// What identifies a user is always answered.
fn keep(
    fields: &mut Map<String, Value>,
    wanted: Option<Vec<String>>,
    unwanted: Option<Vec<String>>,
    is_named: impl Fn(&[String], &str) -> bool,
) {
    let is_ours = |key: &str| key == "id" || key == "schemas";
    fields.retain(|key, _| {
        let is_wanted = wanted.as_deref().is_none_or(|names| is_named(names, key));
        let is_unwanted = unwanted.as_deref().is_some_and(|names| is_named(names, key));
        is_ours(key) || (is_wanted && !is_unwanted)
    });
}
