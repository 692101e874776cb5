//! First steps: what an organisation lacks before praise reaches anybody, in the order in which it is done.
use entity::{
    comment,
    grant::{self, Role},
    organisation, staff_member,
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use super::{
    Finding,
    steps::{is_any, with_manager},
};
use crate::app::App;

const SUBJECT: &str = "first steps";

pub(super) async fn examine(app: &App) -> Vec<Finding> {
    found(app).await.unwrap_or_else(|error| {
        vec![Finding::bad(
            SUBJECT,
            format!("they cannot be looked at: {error}; run plaudit migrate"),
        )]
    })
}

async fn found(app: &App) -> Result<Vec<Finding>, DbErr> {
    let organisations = organisation::Entity::find()
        .order_by_asc(organisation::Column::Slug)
        .all(app.db.read())
        .await?;
    if organisations.is_empty() {
        let next = "there is no organisation yet; run plaudit init";
        return Ok(vec![Finding::doubtful(SUBJECT, next)]);
    }
    let mut findings = Vec::new();
    for organisation in organisations {
        let left = left_to_do(app, &organisation).await?;
        findings.extend(left.iter().map(|next| Finding::doubtful(SUBJECT, next)));
        if left.is_empty() {
            let done = format!("{} has people, a message and somebody to tell", organisation.slug);
            findings.push(Finding::good(SUBJECT, done));
        }
    }
    Ok(findings)
}

async fn left_to_do(app: &App, organisation: &organisation::Model) -> Result<Vec<String>, DbErr> {
    let (db, id, slug) = (app.db.read(), organisation.id, &organisation.slug);
    let base = &app.config.server.base_url;
    let mut left = Vec::new();
    if !is_any(administrators(id), db).await? {
        left.push(format!(
            "nobody administers {slug}; plaudit invite YOUR-ADDRESS --role administrator prints a link"
        ));
    }
    if !is_any(staff_member::Entity::within(id), db).await? {
        left.push(format!(
            "nobody is on the roster of {slug}; plaudit import roster staff.csv, or {base}/roster"
        ));
    } else if !is_any(with_manager(id), db).await? {
        left.push(format!(
            "nobody on the roster of {slug} has a manager, so administrators are told of all praise; fill \
             manager_employee_id in the roster file"
        ));
    }
    if !is_any(comment::Entity::within(id), db).await? {
        left.push(format!(
            "no customer of {slug} wrote yet; they write at {base}/thank/{slug}, and a poster of that is at \
             {base}/poster/{slug}"
        ));
    }
    Ok(left)
}

fn administrators(organisation: Uuid) -> Select<grant::Entity> {
    grant::Entity::within(organisation)
        .filter(grant::Column::Role.eq(Role::Administrator))
        .filter(grant::Column::EndedAt.is_null())
}
