//! Everything a turn stands on.
use chrono::{DateTime, Utc};
use entity::{connection, reader, source};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::capture::connection::{self as connections, CHECK, Settings};

/// A reader with what it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) source: source::Model,
    pub(super) connection: connection::Model,
    pub(super) settings: Settings,
    pub(super) reader: reader::Model,
}

impl Place {
    /// None where nothing is to be read: the source is paused or removed, or the reader stopped.
    pub(super) async fn find(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        reader: Uuid,
    ) -> Result<Option<Place>, DbErr> {
        let reader = reader::Entity::within(organisation)
            .filter(reader::Column::Id.eq(reader))
            .filter(reader::Column::StoppedBy.is_null())
            .one(connection)
            .await?;
        let Some(reader) = reader else { return Ok(None) };
        let source = source::Entity::within(organisation)
            .filter(source::Column::Id.eq(reader.source_id))
            .filter(source::Column::PausedAt.is_null())
            .filter(source::Column::RemovedAt.is_null())
            .one(connection)
            .await?;
        let Some(source) = source else { return Ok(None) };
        let Some(settings) = Settings::of(&source) else {
            return Ok(None);
        };
        let found = connections::of(connection, &source).await?;
        Ok(found.map(|connection| Place {
            source,
            connection,
            settings,
            reader,
        }))
    }

    pub(super) fn is_check(&self) -> bool {
        self.reader.name == CHECK
    }

    pub(super) fn is_x(&self) -> bool {
        matches!(self.settings, Settings::X(_))
    }

    /// Until when no call may be made that takes so many of those allowed.
    pub(super) fn window_closed_until(&self, calls: i32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let ends_at = self.reader.window_ends_at.filter(|ends_at| *ends_at > now)?;
        (self.reader.calls_left? < calls).then_some(ends_at)
    }
}

/// The readers that share one allowance of calls: at X each call has its own, a Mastodon server counts them together.
pub(super) fn sharing(place: &Place) -> sea_orm::UpdateMany<reader::Entity> {
    let update = reader::Entity::update_many()
        .filter(reader::Column::OrganisationId.eq(place.source.organisation_id))
        .filter(reader::Column::SourceId.eq(place.source.id));
    match &place.settings {
        Settings::Mastodon(_) | Settings::Mailbox(_) => update,
        Settings::X(_) if is_search(&place.reader) => {
            update.filter(reader::Column::Name.starts_with("search "))
        }
        Settings::X(_) => update.filter(reader::Column::Id.eq(place.reader.id)),
    }
}

fn is_search(reader: &reader::Model) -> bool {
    reader.name.starts_with("search ")
}
