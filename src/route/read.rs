//! Notices as they are shown, and what went untold.
use chrono::{DateTime, Utc};
use entity::{
    account,
    notice::{self, State},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

use crate::{ledger::promise, platform::paging};

/// What to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only notices in this state.
    pub state: Option<State>,
    /// Only notices of this comment.
    pub comment: Option<Uuid>,
    /// Only those made before this place in the list: time and id of the last one seen.
    pub before: Option<(DateTime<Utc>, Uuid)>,
}

/// What was not told, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Untold {
    /// Notices for which nobody was found.
    pub no_recipient: u64,
    /// Notices whose reader's address was refused.
    pub refused: u64,
    /// Accounts whose address the mail server refused for good.
    pub refused_addresses: u64,
    /// Notices that wait to be delivered.
    pub waiting: u64,
    /// Praise of which nobody told the person who was asked to.
    pub undeliverable: u64,
}

/// Notices, newest first.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    filter: Filter,
    limit: u64,
) -> Result<Vec<notice::Model>, DbErr> {
    newest(organisation, filter, limit).all(connection).await
}

/// The same as a statement.
#[must_use]
pub fn newest(organisation: Uuid, filter: Filter, limit: u64) -> Select<notice::Entity> {
    use notice::Column;
    let mut select = notice::Entity::within(organisation);
    if let Some(state) = filter.state {
        select = select.filter(Column::State.eq(state));
    }
    if let Some(comment) = filter.comment {
        select = select.filter(Column::CommentId.eq(comment));
    }
    paging::newest(select, (Column::CreatedAt, Column::Id), filter.before, limit)
}

/// Counts what went untold in an organisation: for the doctor and the pages of administrators.
pub async fn untold(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<Untold, DbErr> {
    let in_state = async |state: State| {
        notice::Entity::within(organisation)
            .filter(notice::Column::State.eq(state))
            .count(connection)
            .await
    };
    Ok(Untold {
        no_recipient: in_state(State::NoRecipient).await?,
        undeliverable: promise::undeliverable(organisation).count(connection).await?,
        refused: in_state(State::Refused).await?,
        waiting: in_state(State::Waiting).await? + in_state(State::Deferred).await?,
        refused_addresses: account::Entity::within(organisation)
            .filter(account::Column::MailRefusedAt.is_not_null())
            .count(connection)
            .await?,
    })
}
