//! Comments with the words that hold.
use entity::{comment, comment_revision};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

/// A comment with its current revision.
pub type WithWords = (comment::Model, comment_revision::Model);

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
