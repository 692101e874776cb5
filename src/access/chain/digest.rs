//! Which bytes are hashed and signed. A row is hashed as it is stored: every column but the block's number, each with its
//! length before it, `detail` as the database writes it out.
use chrono::{DateTime, SecondsFormat, Utc};
use entity::{audit, audit_block, audit_cut, audit_head};
use sea_orm::{ExprTrait, FromQueryResult, QueryOrder, QuerySelect, Select, sea_query::Expr};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::platform::text_file::hex;

/// A row of the log, to the byte.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Row {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What they did.
    pub action: String,
    /// To what.
    pub subject_kind: String,
    /// Which one.
    pub subject_id: Option<String>,
    /// JSON, as it is stored.
    pub detail: String,
    /// In which block it was linked.
    pub block: Option<i64>,
}

impl Row {
    /// The rows of an organisation, in the order of their ids.
    pub(super) fn within(organisation: Uuid) -> Select<audit::Entity> {
        use audit::Column;
        audit::Entity::within(organisation)
            .select_only()
            .columns([
                Column::Id,
                Column::At,
                Column::Actor,
                Column::Action,
                Column::SubjectKind,
                Column::SubjectId,
                Column::Block,
            ])
            .column_as(Expr::col(Column::Detail).cast_as("text"), "detail")
            .order_by_asc(Column::Id)
    }

    fn hash(&self, organisation: Uuid) -> [u8; 32] {
        let (id, organisation) = (self.id.to_string(), organisation.to_string());
        let at = self.at.to_rfc3339_opts(SecondsFormat::Nanos, true);
        let fields = [
            Some(id.as_str()),
            Some(&organisation),
            Some(&at),
            Some(&self.actor),
            Some(&self.action),
            Some(&self.subject_kind),
            self.subject_id.as_deref(),
            Some(&self.detail),
        ];
        let mut hash = Sha256::new();
        for field in fields {
            match field {
                Some(text) => hash.update(format!("{}:{text},", text.len())),
                None => hash.update("-,"),
            }
        }
        hash.finalize().into()
    }
}

/// The hash of the hashes of rows.
pub(super) fn of_rows(organisation: Uuid, rows: &[Row]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for row in rows {
        hash.update(row.hash(organisation));
    }
    hash.finalize().to_vec()
}

/// The hash by which the next block names this one.
pub(super) fn of_block(block: &audit_block::Model) -> Vec<u8> {
    Sha256::digest(block_text(block)).to_vec()
}

/// What is signed of a block.
pub(super) fn block_text(block: &audit_block::Model) -> String {
    format!(
        "plaudit.audit.block/1\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n",
        block.organisation_id,
        block.number,
        time(block.linked_at),
        block.first_row,
        block.row_count,
        hex(&block.previous),
        hex(&block.digest),
    )
}

/// What is signed of a cut.
pub(super) fn cut_text(cut: &audit_cut::Model) -> String {
    format!(
        "plaudit.audit.cut/1\n{}\n{}\n{}\n{}\n{}\n",
        cut.organisation_id,
        cut.block,
        cut.last_row,
        hex(&cut.hash),
        time(cut.cut_at),
    )
}

/// What is signed of the last block.
pub(super) fn head_text(head: &audit_head::Model) -> String {
    format!(
        "plaudit.audit.head/1\n{}\n{}\n{}\n",
        head.organisation_id,
        head.block,
        hex(&head.hash),
    )
}

/// Times of the chain itself have no finer parts than PostgreSQL keeps.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
