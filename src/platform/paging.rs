//! Lists by pages: a page begins after the last row of the one before, so that rows added meanwhile shift nothing.
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

/// Rows of a page where the caller asks for no number.
pub const DEFAULT_LIMIT: u64 = 50;
/// Most rows of a page.
pub const MAX_LIMIT: u64 = 200;

/// Which page.
#[derive(Clone, Copy, Debug, Default)]
pub struct PageQuery {
    /// `next` of the page before; none for the first page.
    pub after: Option<Uuid>,
    /// Most rows; 50 where empty, never more than 200.
    pub limit: Option<u64>,
}

/// Rows, oldest first, and where the next page begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// `after` of the next page; none on the last one.
    pub next: Option<Uuid>,
}

/// The newest first, from behind the last row of the page before. The bound on the time alone is what an index can begin at; the
/// one on the id sorts out its moment.
#[must_use]
pub fn newest<E: EntityTrait>(
    mut select: Select<E>,
    (at, id): (E::Column, E::Column),
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Select<E> {
    if let Some((time, last)) = before {
        let earlier = Condition::any().add(at.lt(time)).add(id.lt(last));
        select = select.filter(at.lte(time)).filter(earlier);
    }
    select.order_by_desc(at).order_by_desc(id).limit(limit)
}

impl PageQuery {
    /// Fetches the page of `query` in the order of its UUIDv7 `id`, which is the order of creation.
    pub async fn fetch<E: EntityTrait>(
        self,
        connection: &impl ConnectionTrait,
        query: Select<E>,
        id: E::Column,
        id_of: fn(&E::Model) -> Uuid,
    ) -> Result<Page<E::Model>, DbErr> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
        let mut query = query.order_by_asc(id).limit(limit + 1);
        if let Some(after) = self.after {
            query = query.filter(id.gt(after));
        }
        let mut items = query.all(connection).await?;
        let has_more = items.len() as u64 > limit;
        items.truncate(limit as usize);
        let next = items.last().map(id_of).filter(|_| has_more);
        Ok(Page { items, next })
    }
}

impl<T> Page<T> {
    /// The same page with each row made into something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next: self.next,
        }
    }
}
