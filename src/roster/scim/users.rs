//! Users, as a directory makes, finds and changes them.
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::{scim_user, staff_member};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
    sea_query::{Expr, Func, SelectStatement},
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    ScimError, apply,
    document::Document,
    filter::Filter,
    schema::{ENTERPRISE, USER},
};
use crate::{
    platform::{db::Tx, secret::Secrets},
    roster::{Change, erased::Erased},
};

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Whose roster.
    pub organisation: Uuid,
    /// As the audit log names the directory.
    pub actor: &'a str,
    /// When.
    pub at: DateTime<Utc>,
    /// By which numbers of people are known who were erased.
    pub secrets: &'a Arc<Secrets>,
}

impl By<'_> {
    async fn begin<'a>(&'a self, tx: &'a Tx) -> Result<Change<'a>, ScimError> {
        Ok(Change::begin(tx, self.organisation, self.actor, self.at).await?)
    }

    async fn erased(&self, tx: &Tx) -> Result<Erased, ScimError> {
        Ok(Erased::load(tx, self.secrets, self.organisation).await?)
    }
}

/// Makes somebody, or meets them on the roster.
pub async fn create(tx: &Tx, by: By<'_>, body: &Value) -> Result<scim_user::Model, ScimError> {
    let document = Document::read(body)?;
    let change = by.begin(tx).await?;
    let erased = by.erased(tx).await?;
    apply::apply(&change, &erased, None, document).await
}

/// Puts a whole user in the place of what was written before.
pub async fn replace(tx: &Tx, by: By<'_>, id: &str, body: &Value) -> Result<scim_user::Model, ScimError> {
    let mut document = Document::read(body)?;
    let change = by.begin(tx).await?;
    let row = get(tx, by.organisation, id).await?;
    // Nobody is let in again by silence.
    if document.active().is_none() && !row.active {
        document.set_active(false);
    }
    let erased = by.erased(tx).await?;
    apply::apply(&change, &erased, Some(row), document).await
}

/// Changes parts.
pub async fn patch(tx: &Tx, by: By<'_>, id: &str, body: &Value) -> Result<scim_user::Model, ScimError> {
    let change = by.begin(tx).await?;
    let row = get(tx, by.organisation, id).await?;
    let document = Document::stored(&row.document).patched(body)?;
    let erased = by.erased(tx).await?;
    apply::apply(&change, &erased, Some(row), document).await
}

/// Ends somebody; on the roster they stay, with their last day.
pub async fn delete(tx: &Tx, by: By<'_>, id: &str) -> Result<(), ScimError> {
    let change = by.begin(tx).await?;
    let row = get(tx, by.organisation, id).await?;
    apply::forget(&change, row).await
}

/// One user.
pub async fn get(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: &str,
) -> Result<scim_user::Model, ScimError> {
    let unknown = || ScimError::NotFound(id.to_owned());
    let person = Uuid::try_parse(id).map_err(|_| unknown())?;
    let found = all(organisation)
        .filter(scim_user::Column::StaffId.eq(person))
        .one(connection)
        .await?;
    found.ok_or_else(unknown)
}

/// A page of the users that fit, from the `start`th on, and how many there are in all.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    filter: Option<&Filter>,
    (start, count): (u64, u64),
) -> Result<(u64, Vec<scim_user::Model>), ScimError> {
    let mut query = all(organisation);
    if let Some(filter) = filter {
        query = query.filter(condition(organisation, filter)?);
    }
    let total = query.clone().count(connection).await?;
    if count == 0 {
        return Ok((total, Vec::new()));
    }
    let page = query
        .order_by_asc(scim_user::Column::CreatedAt)
        .order_by_asc(scim_user::Column::StaffId)
        .offset(start.saturating_sub(1))
        .limit(count)
        .all(connection)
        .await?;
    Ok((total, page))
}

/// Whom the directory knows.
fn all(organisation: Uuid) -> sea_orm::Select<scim_user::Entity> {
    scim_user::Entity::within(organisation).filter(scim_user::Column::UserName.is_not_null())
}

fn condition(organisation: Uuid, filter: &Filter) -> Result<Condition, ScimError> {
    Ok(match filter {
        Filter::And(one, other) => Condition::all()
            .add(condition(organisation, one)?)
            .add(condition(organisation, other)?),
        Filter::Or(one, other) => Condition::any()
            .add(condition(organisation, one)?)
            .add(condition(organisation, other)?),
        Filter::Not(one) => condition(organisation, one)?.not(),
        Filter::Eq(name, value) => Condition::all().add(equals(organisation, name, value)?),
    })
}

fn equals(organisation: Uuid, name: &str, value: &Value) -> Result<Expr, ScimError> {
    use scim_user::Column;
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let strip = |lead: &str| name.strip_prefix(&format!("{}:", lead.to_lowercase()));
    let plain = strip(USER).or_else(|| strip(ENTERPRISE)).unwrap_or(name);
    let of_staff = |such| Column::StaffId.in_subquery(staff(organisation, such));
    let folded = |column: staff_member::Column| Expr::expr(Func::lower(Expr::col(column)));
    Ok(match plain {
        "username" => Column::UserName.eq(text.to_lowercase()),
        "externalid" => Column::ExternalId.eq(text),
        "id" => Column::StaffId.eq(Uuid::try_parse(&text).unwrap_or_default()),
        "active" => Column::Active.eq(text.eq_ignore_ascii_case("true")),
        "manager" | "manager.value" => Column::Manager.eq(text),
        "employeenumber" => of_staff(staff_member::Column::EmployeeId.eq(text)),
        "emails" | "emails.value" | "emails[type eq \"work\"].value" => {
            of_staff(folded(staff_member::Column::Email).eq(text.to_lowercase()))
        }
        _ => {
            return Err(ScimError::Filter(format!(
                "nothing is found by {name}; right is id, userName, externalId, active, employeeNumber, manager or \
                 emails.value"
            )));
        }
    })
}

fn staff(organisation: Uuid, such: Expr) -> SelectStatement {
    staff_member::Entity::within(organisation)
        .filter(such)
        .select_only()
        .column(staff_member::Column::Id)
        .into_query()
}
