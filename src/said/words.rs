//! Comments with the words that hold.
use std::collections::HashMap;

use entity::{among, comment, comment_revision};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

/// A comment with its current revision.
pub type WithWords = (comment::Model, comment_revision::Model);

/// Adds to each comment the revision that holds; keeps the order.
pub async fn with_words(
    connection: &impl ConnectionTrait,
    comments: Vec<comment::Model>,
) -> Result<Vec<WithWords>, DbErr> {
    let ids = comments.iter().map(|comment| comment.id);
    let revisions = comment_revision::Entity::find()
        .filter(among(comment_revision::Column::CommentId, ids))
        .all(connection)
        .await?;
    let by_number = |words: comment_revision::Model| ((words.comment_id, words.number), words);
    let mut revisions: HashMap<(Uuid, i32), comment_revision::Model> =
        revisions.into_iter().map(by_number).collect();
    let current = |comment: comment::Model| {
        let words = revisions.remove(&(comment.id, comment.revision))?;
        Some((comment, words))
    };
    Ok(comments.into_iter().filter_map(current).collect())
}
