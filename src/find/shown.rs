//! Comments with what is shown beside them.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{recognition, site, source, staff_member};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Became;
use crate::{capture::read::WithWords, ledger::feed, roster::site as sites};

/// Time and id of the last row of the page before.
pub type Place = (DateTime<Utc>, Uuid);

/// A comment that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The comment and its words.
    pub comment: WithWords,
    /// The way it came in.
    pub source: source::Model,
    /// Where it was.
    pub site: Option<site::Model>,
    /// Whom it thanks.
    pub people: Vec<staff_member::Model>,
    /// What became of it.
    pub became: Became,
}

/// Adds sources, sites and who is thanked, in a few statements; keeps the order.
pub async fn with_all(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    comments: Vec<WithWords>,
) -> Result<Vec<Found>, DbErr> {
    let sources = feed::sources(connection, organisation).await?;
    let at: HashSet<Uuid> = comments
        .iter()
        .filter_map(|(comment, _)| comment.site_id)
        .collect();
    let sites = sites::by_ids(connection, organisation, at).await?;
    let praise = standing(connection, organisation, &comments).await?;
    let people = people(connection, organisation, &praise).await?;
    let mut of_comment: HashMap<Uuid, Vec<Option<Uuid>>> = HashMap::new();
    for row in praise {
        of_comment.entry(row.comment_id).or_default().push(row.staff_id);
    }
    let show = |comment: WithWords| {
        let thanked = of_comment.get(&comment.0.id).map_or(&[][..], Vec::as_slice);
        Some(Found {
            source: sources.get(&comment.0.source_id)?.clone(),
            site: comment.0.site_id.and_then(|id| sites.get(&id).cloned()),
            people: thanked
                .iter()
                .filter_map(|staff| people.get(staff.as_ref()?).cloned())
                .collect(),
            became: became(&comment.0, !thanked.is_empty()),
            comment,
        })
    };
    Ok(comments.into_iter().filter_map(show).collect())
}

fn became(comment: &entity::comment::Model, thanks: bool) -> Became {
    if comment.state == entity::comment::State::Triage {
        Became::Open
    } else if thanks {
        Became::Thanks
    } else if comment.concern_since.is_some() {
        Became::ToPutRight
    } else if comment.handled_at.is_some() {
        Became::PutRight
    } else {
        Became::Nobody
    }
}

async fn standing(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    comments: &[WithWords],
) -> Result<Vec<recognition::Model>, DbErr> {
    use recognition::Column;
    let ids = comments.iter().map(|(comment, _)| comment.id);
    recognition::Entity::named(organisation, Column::CommentId, ids)
        .filter(Column::WithdrawnAt.is_null())
        .order_by_asc(Column::Id)
        .all(connection)
        .await
}

async fn people(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    praise: &[recognition::Model],
) -> Result<HashMap<Uuid, staff_member::Model>, DbErr> {
    let ids: HashSet<Uuid> = praise.iter().filter_map(|row| row.staff_id).collect();
    let found = staff_member::Entity::named(organisation, staff_member::Column::Id, ids)
        .all(connection)
        .await?;
    Ok(found.into_iter().map(|person| (person.id, person)).collect())
}
