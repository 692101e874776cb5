//! Comments as they are shown: with the words that hold, and never of another organisation.
use chrono::{DateTime, Utc};
use entity::{comment, comment_revision};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// A comment with its current revision.
pub type WithWords = (comment::Model, comment_revision::Model);

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
    use comment::Column;
    let mut select = comment::Entity::within(organisation);
    if let Some(state) = filter.state {
        select = select.filter(Column::State.eq(state));
    }
    if let Some(source) = filter.source {
        select = select.filter(Column::SourceId.eq(source));
    }
    if let Some((at, id)) = filter.before {
        let same_moment = Condition::all()
            .add(Column::ReceivedAt.eq(at))
            .add(Column::Id.lt(id));
        select = select.filter(Condition::any().add(Column::ReceivedAt.lt(at)).add(same_moment));
    }
    let newest_first = select.order_by_desc(Column::ReceivedAt).order_by_desc(Column::Id);
    let comments = newest_first.limit(limit).all(connection).await?;
    with_words(connection, comments).await
}

/// Adds to each comment the revision that holds; keeps the order.
pub async fn with_words(
    connection: &impl ConnectionTrait,
    comments: Vec<comment::Model>,
) -> Result<Vec<WithWords>, DbErr> {
    let ids = comments.iter().map(|comment| comment.id);
    let revisions = comment_revision::Entity::find()
        .filter(comment_revision::Column::CommentId.is_in(ids))
        .all(connection)
        .await?;
    let current = |comment: &comment::Model| {
        revisions
            .iter()
            .find(|revision| revision.comment_id == comment.id && revision.number == comment.revision)
    };
    Ok(comments
        .into_iter()
        .filter_map(|comment| current(&comment).cloned().map(|words| (comment, words)))
        .collect())
}
