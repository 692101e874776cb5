//! Links rows that came. They are numbered in the order in which they are found here, since a row that a slow transaction
//! wrote is seen after younger ones: what waits is known by having no block, and not by its time.
use chrono::{DateTime, SubsecRound, Utc};
use entity::{among, audit, audit_block, audit_cut, audit_head};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use uuid::Uuid;

use super::digest::{self, Row};
use crate::platform::{
    db::Tx,
    service::Service,
    signing::{self, Signing, SigningError},
};

/// Rows of one block, in one transaction.
const TOGETHER: u64 = 1_000;
/// Blocks of one run.
const MOST: usize = 50;

/// Where a chain ends.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) block: i64,
    pub(super) last_row: i64,
    pub(super) hash: Vec<u8>,
}

impl End {
    /// Before the first block.
    pub(super) fn of(cut: Option<&audit_cut::Model>) -> End {
        match cut {
            Some(cut) => End {
                block: cut.block,
                last_row: cut.last_row,
                hash: cut.hash.clone(),
            },
            None => End {
                block: 0,
                last_row: 0,
                hash: vec![0; 32],
            },
        }
    }

    /// After a block.
    pub(super) fn after(block: &audit_block::Model) -> End {
        End {
            block: block.number,
            last_row: block.first_row + block.row_count - 1,
            hash: digest::of_block(block),
        }
    }

    async fn read(tx: &Tx, organisation: Uuid) -> Result<End, DbErr> {
        let last = audit_block::Entity::within(organisation)
            .order_by_desc(audit_block::Column::Number)
            .one(tx)
            .await?;
        match last {
            Some(last) => Ok(End::after(&last)),
            None => Ok(End::of(
                audit_cut::Entity::within(organisation).one(tx).await?.as_ref(),
            )),
        }
    }
}

/// Links what waits, block by block; whether that was all.
pub async fn link(service: &Service, organisation: Uuid) -> Result<bool, SigningError> {
    for _ in 0..MOST {
        if waiting(service.db.read(), organisation, 1).await?.is_empty() {
            return Ok(true);
        }
        if !link_block(service, organisation).await? {
            return Ok(false);
        }
    }
    Ok(false)
}

async fn waiting(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    most: u64,
) -> Result<Vec<Row>, DbErr> {
    Row::within(organisation)
        .filter(audit::Column::Block.is_null())
        .limit(most)
        .into_model()
        .all(connection)
        .await
}

/// Links one block; not where another process did at the same time, whose block has the number.
async fn link_block(service: &Service, organisation: Uuid) -> Result<bool, SigningError> {
    let now = service.clock.now().trunc_subsecs(6);
    let tx = service.db.write().await?;
    let key = signing::load_or_make(&tx, &service.secrets, now).await?;
    let end = End::read(&tx, organisation).await?;
    let rows = waiting(&tx, organisation, TOGETHER).await?;
    let block = block_after(&end, organisation, &rows, now, &key);
    let is_ours = !rows.is_empty()
        && insert(&tx, &block).await?
        && mark(&tx, &block, &rows).await?
        && move_head(&tx, &block, &key).await?;
    match is_ours {
        true => tx.commit().await?,
        false => tx.rollback().await?,
    }
    Ok(is_ours)
}

fn block_after(
    end: &End,
    organisation: Uuid,
    rows: &[Row],
    now: DateTime<Utc>,
    key: &Signing,
) -> audit_block::Model {
    let mut block = audit_block::Model {
        organisation_id: organisation,
        number: end.block + 1,
        linked_at: now,
        first_row: end.last_row + 1,
        row_count: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        previous: end.hash.clone(),
        digest: digest::of_rows(organisation, rows),
        signature: Vec::new(),
    };
    block.signature = key.sign(digest::block_text(&block).as_bytes()).to_vec();
    block
}

/// Whether the number was free.
async fn insert(tx: &Tx, block: &audit_block::Model) -> Result<bool, DbErr> {
    let once = OnConflict::columns([audit_block::Column::OrganisationId, audit_block::Column::Number])
        .do_nothing()
        .to_owned();
    let inserted = audit_block::Entity::insert(block.clone().into_active_model().reset_all())
        .on_conflict(once)
        .exec_without_returning(tx)
        .await?;
    Ok(inserted == 1)
}

async fn mark(tx: &Tx, block: &audit_block::Model, rows: &[Row]) -> Result<bool, DbErr> {
    let marked = audit::Entity::update_many()
        .col_expr(audit::Column::Block, Expr::value(block.number))
        .filter(among(audit::Column::Id, rows.iter().map(|row| row.id)))
        .filter(audit::Column::OrganisationId.eq(block.organisation_id))
        .filter(audit::Column::Block.is_null())
        .exec(tx)
        .await?;
    Ok(marked.rows_affected == rows.len() as u64)
}

/// The head moves forward only.
async fn move_head(tx: &Tx, block: &audit_block::Model, key: &Signing) -> Result<bool, DbErr> {
    use audit_head::Column;
    let mut head = audit_head::Model {
        organisation_id: block.organisation_id,
        block: block.number,
        hash: digest::of_block(block),
        checked_at: None,
        fault_block: None,
        signature: Vec::new(),
    };
    head.signature = key.sign(digest::head_text(&head).as_bytes()).to_vec();
    let forward = OnConflict::column(Column::OrganisationId)
        .update_columns([Column::Block, Column::Hash, Column::Signature])
        .action_and_where(Expr::col((audit_head::Entity, Column::Block)).lt(block.number))
        .to_owned();
    let moved = audit_head::Entity::insert(audit_head::ActiveModel {
        organisation_id: Set(head.organisation_id),
        block: Set(head.block),
        hash: Set(head.hash),
        checked_at: Set(None),
        fault_block: Set(None),
        signature: Set(head.signature),
    })
    .on_conflict(forward)
    .exec_without_returning(tx)
    .await?;
    Ok(moved == 1)
}
