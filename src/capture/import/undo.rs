//! Takes an import of comments back: what it added is withdrawn and its words erased.
use entity::{backfill, comment};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use super::{ImportError, log};
use crate::{
    capture::erase::{self, Request},
    platform::{
        clock::Clock,
        db::{Db, Tx},
    },
};

/// Comments in one transaction; each costs several statements.
const BATCH: u64 = 50;

/// Undoes an import; returns how many comments were withdrawn. Interrupted, it goes on when it is asked for again.
///
/// Comments that were here before the import stay, with the revisions it brought. The ids of withdrawn ones are set
/// free, so that the file can be taken in again, read another way.
pub async fn undo(
    db: &Db,
    clock: &Clock,
    organisation: Uuid,
    import: Uuid,
    actor: &str,
) -> Result<u64, ImportError> {
    let found = log::get(db.read(), organisation, import).await?;
    let found = found.ok_or_else(|| ImportError::CannotUndo(format!("there is no import {import}")))?;
    if found.kind != "comments" {
        let kind = &found.kind;
        let message = format!("a {kind} import is not undone; import the {kind} as it was before");
        return Err(ImportError::CannotUndo(message));
    }
    if let Some(at) = found.undone_at {
        return Err(ImportError::CannotUndo(format!("it was undone at {at} already")));
    }
    end_backfill(db, organisation, import).await?;
    let mut withdrawn = 0;
    loop {
        let tx = db.write().await?;
        let ids = standing(&tx, organisation, import).await?;
        if ids.is_empty() {
            log::mark_undone(&tx, &found, withdrawn, actor, clock.now()).await?;
            tx.commit().await?;
            return Ok(withdrawn);
        }
        withdrawn += ids.len() as u64;
        withdraw(&tx, organisation, ids, actor, clock).await?;
        tx.commit().await?;
    }
}

/// No further page is taken in: one that is under way finds that it is over.
async fn end_backfill(db: &Db, organisation: Uuid, import: Uuid) -> Result<(), DbErr> {
    let tx = db.write().await?;
    backfill::Entity::update_many()
        .col_expr(backfill::Column::State, Expr::value("done"))
        .filter(backfill::Column::OrganisationId.eq(organisation))
        .filter(backfill::Column::ImportId.eq(import))
        .exec(&tx)
        .await?;
    tx.commit().await
}

async fn standing(tx: &Tx, organisation: Uuid, import: Uuid) -> Result<Vec<Uuid>, DbErr> {
    let rows = comment::Entity::within(organisation)
        .filter(comment::Column::ImportId.eq(import))
        .filter(comment::Column::WithdrawnAt.is_null())
        .order_by_asc(comment::Column::Id)
        .limit(BATCH)
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

async fn withdraw(
    tx: &Tx,
    organisation: Uuid,
    ids: Vec<Uuid>,
    actor: &str,
    clock: &Clock,
) -> Result<(), DbErr> {
    let request = Request {
        actor,
        reason: "import_undone",
        now: clock.now(),
    };
    erase::withdraw(tx, organisation, &ids, request).await?;
    comment::Entity::update_many()
        .col_expr(comment::Column::ExternalId, Expr::value(None::<String>))
        .filter(comment::Column::OrganisationId.eq(organisation))
        .filter(comment::Column::Id.is_in(ids))
        .exec(tx)
        .await?;
    Ok(())
}
