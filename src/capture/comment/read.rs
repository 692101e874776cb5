//! Comments as they are shown: with the words that hold, and never of another organisation.
use chrono::{DateTime, Utc};
use entity::comment;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, Select};
use uuid::Uuid;

use crate::platform::paging;

pub use crate::said::words::{WithWords, with_words};

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only comments in this state.
    pub state: Option<comment::State>,
    /// Only comments of this source.
    pub source: Option<Uuid>,
    /// Only those received before this place in the list: time and id of the last one seen.
    pub before: Option<(DateTime<Utc>, Uuid)>,
}

/// One comment with its words.
pub async fn one(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<Option<WithWords>, DbErr> {
    let found = comment::Entity::within(organisation)
        .filter(comment::Column::Id.eq(id))
        .one(connection)
        .await?;
    let Some(found) = found else { return Ok(None) };
    Ok(with_words(connection, vec![found]).await?.pop())
}

/// Comments, newest first.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    filter: Filter,
    limit: u64,
) -> Result<Vec<WithWords>, DbErr> {
    let comments = newest(organisation, &filter, limit).all(connection).await?;
    with_words(connection, comments).await
}

/// The same as a statement.
#[must_use]
pub fn newest(organisation: Uuid, filter: &Filter, limit: u64) -> Select<comment::Entity> {
    use comment::Column;
    let mut select = comment::Entity::within(organisation);
    if let Some(state) = filter.state {
        select = select.filter(Column::State.eq(state));
    }
    if let Some(source) = filter.source {
        select = select.filter(Column::SourceId.eq(source));
    }
    paging::newest(select, (Column::ReceivedAt, Column::Id), filter.before, limit)
}
