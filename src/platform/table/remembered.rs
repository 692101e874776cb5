//! What was said of the columns of earlier files holds for the next: the newest import of the same kind knows it.
use std::collections::BTreeMap;

use domain::table::heading::key;
use entity::import;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder, prelude::Json};
use uuid::Uuid;

/// What headings stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered(BTreeMap<String, String>);

impl Remembered {
    /// Of an organisation's files of a kind, and of one source.
    pub async fn load(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        kind: &str,
        source: Option<Uuid>,
    ) -> Result<Remembered, DbErr> {
        use import::Column;
        let of_source = match source {
            Some(source) => Column::SourceId.eq(source),
            None => Column::SourceId.is_null(),
        };
        let newest = import::Entity::within(organisation)
            .filter(Column::Kind.eq(kind))
            .filter(of_source)
            .filter(Column::Columns.is_not_null())
            // What was taken back decides nothing.
            .filter(Column::UndoneAt.is_null())
            .order_by_desc(Column::Id)
            .one(connection)
            .await?;
        let columns = newest.and_then(|import| import.columns);
        let known = columns.and_then(|columns| serde_json::from_value(columns).ok());
        Ok(Remembered(known.unwrap_or_default()))
    }

    /// Headings with the names of what they stand for.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(heading, field)| (heading.as_str(), field.as_str()))
    }

    /// With what was said this time; none where nothing ever was.
    #[must_use]
    pub fn with<'a>(mut self, said: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Json> {
        for (heading, field) in said {
            // What a heading stood for before stands for nothing else now.
            self.0.retain(|other, known| {
                key(other) != key(heading) && (known.as_str() != field || field == "none")
            });
            self.0.insert(heading.to_owned(), field.to_owned());
        }
        (!self.0.is_empty()).then(|| serde_json::json!(self.0))
    }
}
