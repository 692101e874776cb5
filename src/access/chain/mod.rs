//! The chain of the audit log: once a minute the rows that came are linked into a block that names the block before and is
//! signed, so that it is noticed when one is changed or removed afterwards. Whoever writes a row waits for nobody.
pub mod check;
pub mod cut;
mod digest;
pub mod export;
mod link;

use std::time::Duration;

use chrono::TimeDelta;
use entity::{audit_head, organisation};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};
use uuid::Uuid;

use crate::platform::{
    service::Service,
    signing::{self, SigningError},
};

pub use digest::Row;
pub use link::link;

const LOOK_EVERY: Duration = Duration::from_secs(60);
const CHECK_EVERY: TimeDelta = TimeDelta::days(1);

/// Links what came, every minute until it is stopped. Every replica does: a block is linked by whoever inserts it.
pub async fn run(service: Service, stop: CancellationToken) {
    let mut turns = tokio::time::interval(LOOK_EVERY);
    while stop.run_until_cancelled(turns.tick()).await.is_some() {
        if let Err(error) = run_due(&service).await {
            warn!(%error, "could not link the audit log; tried again in a minute");
        }
    }
}

/// Links what waits, reads through what was not read for a day, and cuts away what is kept no longer. Without a key that
/// lasts nothing is linked, for nobody could check it.
pub async fn run_due(service: &Service) -> Result<(), SigningError> {
    if !service.secrets.is_lasting() {
        return Ok(());
    }
    let organisations: Vec<Uuid> = organisation::Entity::find()
        .select_only()
        .column(organisation::Column::Id)
        .into_tuple()
        .all(service.db.read())
        .await?;
    for organisation in organisations {
        let is_all = link(service, organisation).await?;
        if is_all && is_check_due(service, organisation).await? {
            check_and_note(service, organisation).await?;
        }
        let days = service.config.audit.keep_days;
        if days > 0 {
            let before = service.clock.now() - TimeDelta::days(days.into());
            cut::cut(service, organisation, before).await?;
        }
    }
    Ok(())
}

/// What is known of an organisation's chain; none while nothing was linked.
pub async fn head(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<Option<audit_head::Model>, DbErr> {
    audit_head::Entity::within(organisation).one(connection).await
}

async fn is_check_due(service: &Service, organisation: Uuid) -> Result<bool, DbErr> {
    let since = service.clock.now() - CHECK_EVERY;
    let head = head(service.db.read(), organisation).await?;
    Ok(head.is_some_and(|head| head.checked_at.is_none_or(|at| at <= since)))
}

/// Reads the whole log of an organisation and notes what was found.
pub async fn check_and_note(service: &Service, organisation: Uuid) -> Result<(), SigningError> {
    let now = service.clock.now();
    let key = signing::own(service.db.read(), &service.secrets).await?;
    let checked = check::check(service.db.read(), key.map(|key| key.public()), organisation).await?;
    if let Some(fault) = &checked.fault {
        error!(%organisation, %fault, "the audit log is not as it was linked; see plaudit audit verify");
    }
    let fault = checked.fault.map(|fault| fault.block());
    let tx = service.db.write().await?;
    audit_head::Entity::update_many()
        .col_expr(audit_head::Column::CheckedAt, Expr::value(now))
        .col_expr(audit_head::Column::FaultBlock, Expr::value(fault))
        .filter(audit_head::Column::OrganisationId.eq(organisation))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
