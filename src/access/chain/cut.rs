//! Cuts away what is kept no longer: whole blocks from the beginning, and a signed note of where the chain begins then.
use chrono::{DateTime, SubsecRound, Utc};
use entity::{audit, audit_block, audit_cut};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use serde_json::json;
use tracing::error;
use uuid::Uuid;

use super::{check, digest, link::End};
use crate::{
    access::audit as log,
    platform::{
        db::Tx,
        service::Service,
        signing::{self, Signing, SigningError},
    },
};

/// Blocks that are cut away in one transaction.
const TOGETHER: u64 = 10;
/// Transactions of one run.
const MOST: usize = 50;

/// Cuts away blocks that were linked before a time, so that all their rows are older; how many rows. Blocks that do not hold
/// stay: they are what somebody has to see.
pub async fn cut(service: &Service, organisation: Uuid, before: DateTime<Utc>) -> Result<u64, SigningError> {
    let mut rows = 0;
    for _ in 0..MOST {
        match cut_some(service, organisation, before).await? {
            0 => break,
            some => rows += some,
        }
    }
    Ok(rows)
}

async fn cut_some(service: &Service, organisation: Uuid, before: DateTime<Utc>) -> Result<u64, SigningError> {
    let Some(key) = signing::own(service.db.read(), &service.secrets).await? else {
        return Ok(0);
    };
    let blocks = audit_block::Entity::within(organisation)
        .filter(audit_block::Column::LinkedAt.lt(before))
        .order_by_asc(audit_block::Column::Number)
        .limit(TOGETHER)
        .all(service.db.read())
        .await?;
    let mut sound = Vec::new();
    for block in blocks {
        if let Some(fault) = check::holds(service.db.read(), key.public(), &block).await? {
            error!(%organisation, %fault, "nothing more of the audit log is cut away: it is not as it was linked");
            break;
        }
        sound.push(block);
    }
    let (Some(first), Some(last)) = (sound.first(), sound.last()) else {
        return Ok(0);
    };
    let now = service.clock.now().trunc_subsecs(6);
    let tx = service.db.write().await?;
    if !note(&tx, last, &key, now).await? {
        tx.rollback().await?;
        return Ok(0);
    }
    let rows = remove(&tx, first, last).await?;
    let entry = log::Entry {
        organisation,
        at: now,
        actor: "system",
        action: "cut_audit",
        subject_kind: "organisation",
        subject_id: Some(organisation.to_string()),
        detail: json!({ "count": rows, "block": last.number }),
    };
    log::record(&tx, entry).await?;
    tx.commit().await?;
    Ok(rows)
}

/// Whether the cut moves: another process may have been faster.
async fn note(tx: &Tx, last: &audit_block::Model, key: &Signing, now: DateTime<Utc>) -> Result<bool, DbErr> {
    use audit_cut::Column;
    let end = End::after(last);
    let mut cut = audit_cut::Model {
        organisation_id: last.organisation_id,
        block: end.block,
        last_row: end.last_row,
        hash: end.hash,
        cut_at: now,
        signature: Vec::new(),
    };
    cut.signature = key.sign(digest::cut_text(&cut).as_bytes()).to_vec();
    let forward = OnConflict::column(Column::OrganisationId)
        .update_columns([
            Column::Block,
            Column::LastRow,
            Column::Hash,
            Column::CutAt,
            Column::Signature,
        ])
        .action_and_where(Expr::col((audit_cut::Entity, Column::Block)).lt(end.block))
        .to_owned();
    let noted = audit_cut::Entity::insert(audit_cut::ActiveModel {
        organisation_id: Set(cut.organisation_id),
        block: Set(cut.block),
        last_row: Set(cut.last_row),
        hash: Set(cut.hash),
        cut_at: Set(cut.cut_at),
        signature: Set(cut.signature),
    })
    .on_conflict(forward)
    .exec_without_returning(tx)
    .await?;
    Ok(noted == 1)
}

async fn remove(tx: &Tx, first: &audit_block::Model, last: &audit_block::Model) -> Result<u64, DbErr> {
    let numbers = first.number..=last.number;
    let removed = audit::Entity::delete_many()
        .filter(audit::Column::OrganisationId.eq(last.organisation_id))
        .filter(audit::Column::Block.between(*numbers.start(), *numbers.end()))
        .exec(tx)
        .await?;
    audit_block::Entity::delete_many()
        .filter(audit_block::Column::OrganisationId.eq(last.organisation_id))
        .filter(audit_block::Column::Number.lte(*numbers.end()))
        .exec(tx)
        .await?;
    Ok(removed.rows_affected)
}
