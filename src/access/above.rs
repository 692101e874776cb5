//! Who is above others, and what follows for whoever signs in by codes when they get there.
use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{account, assignment, deputy, site, staff_member};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, ExprTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{session, sign_in};
use crate::platform::db::Tx;

/// Staff members of one statement.
const CHUNK: usize = 1000;

/// Those of some staff members to whom anybody reports from a day on, soon or already, who lead a site, or who stand in for
/// somebody then.
pub(crate) async fn above_somebody(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    staff: &HashSet<Uuid>,
    today: NaiveDate,
) -> Result<HashSet<Uuid>, DbErr> {
    use assignment::Column;
    let staff: Vec<Uuid> = staff.iter().copied().collect();
    let mut above = HashSet::new();
    for chunk in staff.chunks(CHUNK) {
        let managers: Vec<Uuid> = assignment::Entity::within(organisation)
            .filter(Column::ManagerId.is_in(chunk.iter().copied()))
            .filter(Column::EndsOn.is_null().or(Column::EndsOn.gte(today)))
            .select_only()
            .column(Column::ManagerId)
            .distinct()
            .into_tuple()
            .all(connection)
            .await?;
        let leads: Vec<Uuid> = site::Entity::within(organisation)
            .filter(site::Column::LeadId.is_in(chunk.iter().copied()))
            .select_only()
            .column(site::Column::LeadId)
            .distinct()
            .into_tuple()
            .all(connection)
            .await?;
        let deputies: Vec<Uuid> =
            deputy::Entity::named(organisation, deputy::Column::DeputyId, chunk.iter().copied())
                .filter(deputy::Column::TakenBackAt.is_null())
                .filter(deputy::Column::EndsOn.gte(today))
                .select_only()
                .column(deputy::Column::DeputyId)
                .into_tuple()
                .all(connection)
                .await?;
        above.extend(deputies);
        above.extend(managers);
        above.extend(leads);
    }
    Ok(above)
}

/// Staff members get somebody below them who had nobody. Whoever handed one of them a code could be signed in as them,
/// or become so with a code that is still open: both end. Who has an address signed in by that.
pub(crate) async fn rose(
    tx: &Tx,
    organisation: Uuid,
    staff: &HashSet<Uuid>,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let staff: Vec<Uuid> = staff.iter().copied().collect();
    for chunk in staff.chunks(CHUNK) {
        let without_address: Vec<Uuid> =
            staff_member::Entity::named(organisation, staff_member::Column::Id, chunk.iter().copied())
                .filter(staff_member::Column::Email.is_null())
                .select_only()
                .column(staff_member::Column::Id)
                .into_tuple()
                .all(tx)
                .await?;
        let accounts: Vec<Uuid> =
            account::Entity::named(organisation, account::Column::StaffId, without_address)
                .filter(account::Column::Email.is_null())
                .select_only()
                .column(account::Column::Id)
                .into_tuple()
                .all(tx)
                .await?;
        session::end_all(tx, organisation, &accounts, actor, now).await?;
        sign_in::revoke(tx, organisation, &accounts, actor, now).await?;
    }
    Ok(())
}
