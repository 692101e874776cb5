//! Who oversees and who leads: roles are listed and taken away here; they are given on the command line.
use chrono::TimeDelta;
use poem::{Response, handler, http::StatusCode};

use super::{near, url_if};
use crate::{
    access::{
        Action, audit,
        role::{self, Held, RoleError},
    },
    template::context::{AdminRolesPage, RefusedRow, RoleRow},
    web::{pages::reader::Reader, problem::Failure, refused::Refused},
};

/// For so long refusals are summed up.
const LOOKED_BACK: TimeDelta = TimeDelta::days(1);

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let page = page(&reader, false).await.map_err(Failure::from)?;
    reader.page(StatusCode::OK, &page)
}

/// Takes a role away.
#[handler]
pub(crate) async fn revoke(reader: Reader<'_>) -> poem::Result<Response> {
    let id = reader.id()?;
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let revoking = async {
        let tx = app.db.write().await?;
        role::revoke(&tx, own, id, &reader.caller.actor, app.clock.now()).await?;
        Ok::<_, RoleError>(tx.commit().await?)
    };
    match revoking.await {
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
    Ok(AdminRolesPage {
        page: reader.frame("/roles", "roles"),
        roles: held.into_iter().map(|held| row(reader, held)).collect(),
        is_last,
        confirm_url: reader.confirm_url(Action::REVOKE_ROLE, "/roles"),
        refused,
    })
}

fn row(reader: &Reader<'_>, held: Held) -> RoleRow {
    let path = format!("/roles/{}/revoke", held.grant.id);
    RoleRow {
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
