//! The managers pass praise on, mostly within a day or two, and put right what customers complain of.
use chrono::TimeDelta;
use entity::{comment, recognition};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{ACTOR, company::Company};
use crate::{
    access::account,
    app::App,
    platform::db::Tx,
    triage::desk::{
        concern::{self, By},
        pass_on::{self, How, PassOn},
    },
};

/// Praise that is younger still waits.
const PASSED_ON_AFTER: TimeDelta = TimeDelta::hours(26);
/// The same of what is to be put right.
const PUT_RIGHT_AFTER: TimeDelta = TimeDelta::days(4);
/// One in so many is thanked for with a line to the customer.
const NOTED: usize = 3;

/// What is done on a morning.
pub(super) async fn clear(app: &App, company: &Company, note: &str) -> anyhow::Result<()> {
    let tx = app.db.write().await?;
    pass_on(app, &tx, company, note).await?;
    put_right(app, &tx, company).await?;
    Ok(tx.commit().await?)
}

async fn pass_on(app: &App, tx: &Tx, company: &Company, note: &str) -> anyhow::Result<()> {
    let now = app.clock.now();
    let waiting = recognition::Entity::within(company.organisation)
        .filter(recognition::Column::WaitingSince.lte(now - PASSED_ON_AFTER))
        .order_by_asc(recognition::Column::WaitingSince)
        .all(tx)
        .await?;
    for (number, praise) in waiting.into_iter().enumerate() {
        let Some(manager) = praise.manager_id else {
            continue;
        };
        let new = PassOn {
            organisation: company.organisation,
            recognition: praise.id,
            how: How::Told,
            note: (number % NOTED == 0).then_some(note),
            account: account_of(app, tx, company, manager).await?,
            actor: ACTOR,
            now,
        };
        pass_on::pass_on(tx, new).await?;
    }
    Ok(())
}

/// Each shop's lead sees to its own.
async fn put_right(app: &App, tx: &Tx, company: &Company) -> anyhow::Result<()> {
    let now = app.clock.now();
    let waiting = comment::Entity::within(company.organisation)
        .filter(comment::Column::ConcernSince.lte(now - PUT_RIGHT_AFTER))
        .filter(comment::Column::State.eq(comment::State::Done))
        .all(tx)
        .await?;
    for complaint in waiting {
        let Some(site) = complaint.site_id else { continue };
        let lead = crate::roster::site::lead(tx, company.organisation, site).await?;
        let Some(lead) = lead else { continue };
        let account = account_of(app, tx, company, lead).await?;
        let by = By {
            account,
            actor: ACTOR,
            now,
        };
        concern::handle(tx, company.organisation, complaint.id, by).await?;
    }
    Ok(())
}

async fn account_of(app: &App, tx: &Tx, company: &Company, staff: Uuid) -> anyhow::Result<Uuid> {
    let account = account::for_staff(tx, company.organisation, staff, app.clock.now()).await?;
    Ok(account.id)
}
