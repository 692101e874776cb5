//! The counters that boards read: one row a period, site and person.
use std::collections::BTreeMap;

use domain::period::PeriodKind;
use entity::{recognition, recognition_count as count};
use sea_orm::{
    ActiveValue::Set,
    DbErr, EntityTrait, ExprTrait,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use crate::db::Tx;

/// Organisation, kind, first day, site (nil for none), person: in the order in which rows are locked.
type Row = (Uuid, &'static str, chrono::NaiveDate, Uuid, Uuid);

/// Changes to the counters, gathered over a batch.
#[derive(Debug, Default)]
pub struct Changes(BTreeMap<Row, i64>);

impl Changes {
    /// Counts a recognition in (`1`) or out (`-1`) in the periods of its own day; site praise counts nowhere.
    pub fn add(&mut self, recognition: &recognition::Model, by: i64) {
        let Some(staff) = recognition.staff_id else { return };
        let site = recognition.site_id.unwrap_or_default();
        for kind in PeriodKind::ALL {
            let start = kind.start(recognition.occurred_on);
            *self
                .0
                .entry((recognition.organisation_id, kind.name(), start, site, staff))
                .or_default() += by;
        }
    }

    /// Writes the changes, in the order of the rows' keys so that concurrent writers cannot deadlock.
    pub async fn write(self, tx: &Tx) -> Result<(), DbErr> {
        let rows: Vec<_> = self.0.into_iter().filter(|(_, by)| *by != 0).map(row).collect();
        for chunk in rows.chunks(500) {
            count::Entity::insert_many(chunk.iter().cloned())
                .on_conflict(add_to_what_is_there())
                .exec_without_returning(tx)
                .await?;
        }
        Ok(())
    }
}

fn row(((organisation, kind, start, site, staff), n): (Row, i64)) -> count::ActiveModel {
    count::ActiveModel {
        organisation_id: Set(organisation),
        period_kind: Set(kind.to_owned()),
        period_start: Set(start),
        site_id: Set(site),
        staff_id: Set(staff),
        n: Set(n),
    }
}

fn add_to_what_is_there() -> OnConflict {
    use count::Column;
    let sum = Expr::col((count::Entity, Column::N)).add(Expr::col(("excluded", Column::N)));
    let key = [
        Column::OrganisationId,
        Column::PeriodKind,
        Column::PeriodStart,
        Column::SiteId,
        Column::StaffId,
    ];
    OnConflict::columns(key).value(Column::N, sum).to_owned()
}
