//! Reads an organisation's log from its cut to its end and says the first place at which it is not as it was linked. Holds
//! one block at a time.
use chrono::{DateTime, Utc};
use entity::{audit, audit_block, audit_cut, audit_head};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    digest::{self, Row},
    link::End,
};
use crate::platform::{
    db::{is_lost, is_passing},
    signing::Public,
};

/// Blocks that are read at once.
const TOGETHER: u64 = 100;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Blocks that hold.
    pub blocks: u64,
    /// Their rows.
    pub rows: u64,
    /// How many rows were cut away before them.
    pub cut_away: i64,
    /// The last block that holds.
    pub last: Option<Last>,
    /// Rows that are not linked yet.
    pub waiting: u64,
    /// The first place that does not hold.
    pub fault: Option<Fault>,
}

/// The last block.
#[derive(Clone, Debug)]
pub struct Last {
    /// Its number.
    pub number: i64,
    /// When it was linked.
    pub linked_at: DateTime<Utc>,
    /// Its hash: whoever notes it down can have it looked for later.
    pub hash: Vec<u8>,
}

/// What does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is a chain and no key, or another.
    #[error("the key that signed it is not in the database any more")]
    Key,
    /// The cut.
    #[error("the note that rows up to block {0} were cut away is not as it was signed")]
    Cut(i64),
    /// Rows before the cut.
    #[error("rows of block {0} are there, which was cut away")]
    Returned(i64),
    /// A block that its rows or the next block name.
    #[error("block {0} is gone")]
    Gone(i64),
    /// A block's own columns.
    #[error("block {0} is not as it was signed")]
    Block(i64),
    /// A block's place.
    #[error("block {0} does not follow the one before it")]
    Order(i64),
    /// A block's rows.
    #[error(
        "block {block}, linked {} UTC, rows {first} to {last}: a row was changed, added or removed ({found} found)",
        .linked_at.format("%Y-%m-%d %H:%M")
    )]
    Rows {
        /// Its number.
        block: i64,
        /// When it was linked.
        linked_at: DateTime<Utc>,
        /// The number of its first row.
        first: i64,
        /// And of its last.
        last: i64,
        /// How many rows there are; those beyond one too many are not counted.
        found: u64,
    },
    /// The note of the last block.
    #[error("the note that block {0} was the last is gone, or not as it was signed")]
    Head(i64),
    /// A block that was noted as the last, or by somebody outside.
    #[error("block {0} is not the one that was noted")]
    Noted(i64),
    /// A block that somebody noted and that went with a cut.
    #[error("block {0} was cut away, so that it cannot be looked for")]
    CutAway(i64),
}

impl Fault {
    /// At which block.
    #[must_use]
    pub fn block(&self) -> i64 {
        match self {
            Fault::Key => 0,
            Fault::Cut(block)
            | Fault::Returned(block)
            | Fault::Gone(block)
            | Fault::Block(block)
            | Fault::Order(block)
            | Fault::Head(block)
            | Fault::Noted(block)
            | Fault::CutAway(block)
            | Fault::Rows { block, .. } => *block,
        }
    }
}

/// A block as somebody noted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Its number.
    pub number: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// Checks a log by the key of this installation.
pub async fn check(
    db: &impl ConnectionTrait,
    key: Option<Public>,
    organisation: Uuid,
) -> Result<Checked, DbErr> {
    check_with(db, key, organisation, &[]).await
}

/// And that blocks which somebody noted are in it. One that was cut away cannot be looked for, and is a fault.
pub async fn check_with(
    db: &impl ConnectionTrait,
    key: Option<Public>,
    organisation: Uuid,
    noted: &[Noted],
) -> Result<Checked, DbErr> {
    loop {
        let cut = audit_cut::Entity::within(organisation).one(db).await?;
        let checked = read_through(db, key, organisation, cut.as_ref(), noted).await?;
        // What was cut away meanwhile is not missing.
        if checked.fault.is_none() || audit_cut::Entity::within(organisation).one(db).await? == cut {
            return Ok(checked);
        }
    }
}

async fn read_through(
    db: &impl ConnectionTrait,
    key: Option<Public>,
    organisation: Uuid,
    cut: Option<&audit_cut::Model>,
    noted: &[Noted],
) -> Result<Checked, DbErr> {
    // What is linked meanwhile is behind the end that is known now.
    let head = super::head(db, organisation).await?;
    let last_named = last_named(db, organisation).await?;
    let mut checked = Checked {
        cut_away: cut.map_or(0, |cut| cut.last_row),
        waiting: waiting(db, organisation).await?,
        ..Checked::default()
    };
    let Some(key) = key else {
        let is_linked = cut.is_some() || head.is_some() || last_named.is_some();
        checked.fault = is_linked.then_some(Fault::Key);
        return Ok(checked);
    };
    let mut reading = Reading {
        key,
        organisation,
        end: End::of(cut),
        noted: noted.to_vec(),
    };
    checked.fault = head.as_ref().and_then(|head| reading.head(head));
    if checked.fault.is_none() {
        checked.fault = reading.before(db, cut).await?;
    }
    if checked.fault.is_none() {
        checked.fault = reading.blocks(db, &mut checked).await?;
    }
    if checked.fault.is_none() {
        checked.fault = reading.after(last_named, head.is_some());
    }
    Ok(checked)
}

/// The highest block that a row bears.
async fn last_named(db: &impl ConnectionTrait, organisation: Uuid) -> Result<Option<i64>, DbErr> {
    let last = audit::Entity::within(organisation)
        .select_only()
        .column_as(audit::Column::Block.max(), "block")
        .into_tuple::<Option<i64>>();
    Ok(last.one(db).await?.flatten())
}

async fn waiting(db: &impl ConnectionTrait, organisation: Uuid) -> Result<u64, DbErr> {
    let waiting = audit::Entity::within(organisation).filter(audit::Column::Block.is_null());
    waiting.count(db).await
}

struct Reading {
    key: Public,
    organisation: Uuid,
    /// How far everything holds.
    end: End,
    /// Blocks to be met still.
    noted: Vec<Noted>,
}

impl Reading {
    /// That the note of the last block is ours: it is to be met.
    fn head(&mut self, head: &audit_head::Model) -> Option<Fault> {
        if !self
            .key
            .has_signed(digest::head_text(head).as_bytes(), &head.signature)
        {
            return Some(Fault::Head(head.block));
        }
        self.noted.push(Noted {
            number: head.block,
            hash: head.hash.clone(),
        });
        None
    }

    /// That the cut is ours, and nothing lies before it.
    async fn before(
        &mut self,
        db: &impl ConnectionTrait,
        cut: Option<&audit_cut::Model>,
    ) -> Result<Option<Fault>, DbErr> {
        if let Some(cut) = cut
            && !self
                .key
                .has_signed(digest::cut_text(cut).as_bytes(), &cut.signature)
        {
            return Ok(Some(Fault::Cut(cut.block)));
        }
        let returned: Option<i64> = audit::Entity::within(self.organisation)
            .select_only()
            .column(audit::Column::Block)
            .filter(audit::Column::Block.lte(self.end.block))
            .order_by_asc(audit::Column::Block)
            .limit(1)
            .into_tuple()
            .one(db)
            .await?;
        Ok(returned.map(Fault::Returned).or_else(|| self.meet()))
    }

    async fn blocks(
        &mut self,
        db: &impl ConnectionTrait,
        checked: &mut Checked,
    ) -> Result<Option<Fault>, DbErr> {
        loop {
            let next = audit_block::Entity::within(self.organisation)
                .filter(audit_block::Column::Number.gt(self.end.block))
                .order_by_asc(audit_block::Column::Number)
                .limit(TOGETHER);
            let some = match next.all(db).await {
                Err(error) if !is_passing(&error) && !is_lost(&error) => {
                    return Ok(Some(Fault::Block(self.end.block + 1)));
                }
                some => some?,
            };
            if some.is_empty() {
                return Ok(None);
            }
            for block in some {
                if let Some(fault) = self.block(db, &block).await? {
                    return Ok(Some(fault));
                }
                checked.blocks += 1;
                checked.rows += u64::try_from(block.row_count).unwrap_or(0);
                checked.last = Some(Last {
                    number: block.number,
                    linked_at: block.linked_at,
                    hash: self.end.hash.clone(),
                });
            }
        }
    }

    async fn block(
        &mut self,
        db: &impl ConnectionTrait,
        block: &audit_block::Model,
    ) -> Result<Option<Fault>, DbErr> {
        if block.number != self.end.block + 1 {
            return Ok(Some(Fault::Gone(self.end.block + 1)));
        }
        if let Some(fault) = holds(db, self.key, block).await? {
            return Ok(Some(fault));
        }
        if block.previous != self.end.hash || block.first_row != self.end.last_row + 1 {
            return Ok(Some(Fault::Order(block.number)));
        }
        self.end = End::after(block);
        Ok(self.meet())
    }

    /// Whether what was noted of the place that is reached is what is there.
    fn meet(&mut self) -> Option<Fault> {
        let end = &self.end;
        let differs = |noted: &&Noted| noted.number == end.block && noted.hash != end.hash;
        let fault = self.noted.iter().find(differs);
        let fault = fault.map(|noted| Fault::Noted(noted.number));
        self.noted.retain(|noted| noted.number != end.block);
        fault
    }

    /// That nothing is missing at the end.
    fn after(&self, last_named: Option<i64>, has_head: bool) -> Option<Fault> {
        if let Some(beyond) = last_named.filter(|last| *last > self.end.block) {
            return Some(Fault::Gone(beyond));
        }
        if let Some(missed) = self.noted.first() {
            return Some(match missed.number > self.end.block {
                true => Fault::Gone(missed.number),
                false => Fault::CutAway(missed.number),
            });
        }
        (self.end.block > 0 && !has_head).then_some(Fault::Head(self.end.block))
    }
}

/// That a block and its rows are as they were signed.
pub(super) async fn holds(
    db: &impl ConnectionTrait,
    key: Public,
    block: &audit_block::Model,
) -> Result<Option<Fault>, DbErr> {
    if !key.has_signed(digest::block_text(block).as_bytes(), &block.signature) {
        return Ok(Some(Fault::Block(block.number)));
    }
    let count = u64::try_from(block.row_count).unwrap_or(0);
    let rows = Row::within(block.organisation_id)
        .filter(audit::Column::Block.eq(block.number))
        .limit(count + 1)
        .into_model::<Row>()
        .all(db)
        .await;
    // What cannot be read as what it was is changed.
    let rows = match rows {
        Err(error) if !is_passing(&error) && !is_lost(&error) => Vec::new(),
        rows => rows?,
    };
    let is_whole =
        rows.len() as u64 == count && digest::of_rows(block.organisation_id, &rows) == block.digest;
    Ok((!is_whole).then(|| Fault::Rows {
        block: block.number,
        linked_at: block.linked_at,
        first: block.first_row,
        last: block.first_row + block.row_count - 1,
        found: rows.len() as u64,
    }))
}
