//! Complaints, listed apart: they are in no feed and on no board.
use chrono::{DateTime, Utc};
use entity::comment;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter};
use uuid::Uuid;

use crate::{
    capture::read::{self, WithWords},
    ledger::scope,
    platform::paging,
};

/// Comments that complain, alone or beside praise, and wait for no decision; newest first.
///
/// `site` limits them to a site with those below it, `before` to what follows a place in the list.
pub async fn complaints(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    site: Option<Uuid>,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<WithWords>, DbErr> {
    let mut found = Vec::new();
    for tone in [comment::Tone::Complaint, comment::Tone::Mixed] {
        found.extend(of_tone(connection, organisation, tone, site, before, limit).await?);
    }
    found.sort_by_key(|comment| std::cmp::Reverse((comment.received_at, comment.id)));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    read::with_words(connection, found).await
}

async fn of_tone(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    tone: comment::Tone,
    site: Option<Uuid>,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<comment::Model>, DbErr> {
    use comment::Column;
    let mut select = comment::Entity::within(organisation)
        .filter(Column::Tone.eq(tone))
        .filter(Column::State.eq(comment::State::Done))
        .filter(Column::WithdrawnAt.is_null());
    if let Some(site) = site {
        select = select.filter(Column::SiteId.in_subquery(scope::site_and_below(organisation, site)));
    }
    paging::newest(select, (Column::ReceivedAt, Column::Id), before, limit)
        .all(connection)
        .await
}
