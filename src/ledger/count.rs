//! The counters that boards read: one row a period, site and person, and one a period, manager and person.
use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::period::PeriodKind;
use entity::{recognition, recognition_count as count, team_count};
use sea_orm::{
    ActiveValue::Set,
    DbErr, EntityTrait, ExprTrait,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use crate::platform::db::{Tx, insert_or};

/// Organisation, kind, first day, site (nil for none) or manager, person: in the order in which rows are locked.
type Row = (Uuid, &'static str, NaiveDate, Uuid, Uuid);

/// Changes to the counters, gathered over a batch.
#[derive(Debug, Default)]
pub struct Changes {
    /// By site.
    sites: BTreeMap<Row, i64>,
    /// By team.
    teams: BTreeMap<Row, i64>,
}

impl Changes {
    /// Counts a recognition in (`1`) or out (`-1`) in the periods of its own day; site praise counts nowhere, and what
    /// colleagues wrote down apart ([`super::board`]).
    pub fn add(&mut self, recognition: &recognition::Model, by: i64) {
        let counted = recognition.staff_id.filter(|_| !recognition.logged);
        let Some(staff) = counted else { return };
        let organisation = recognition.organisation_id;
        let site = recognition.site_id.unwrap_or_default();
        for kind in PeriodKind::ALL {
            let (name, start) = (kind.name(), kind.start(recognition.occurred_on));
            *self
                .sites
                .entry((organisation, name, start, site, staff))
                .or_default() += by;
            if let Some(manager) = recognition.manager_id {
                let team = (organisation, name, start, manager, staff);
                *self.teams.entry(team).or_default() += by;
            }
        }
    }

    /// Writes the changes, table after table in the order of the rows' keys so that concurrent writers cannot deadlock.
    pub async fn write(self, tx: &Tx) -> Result<(), DbErr> {
        let changed = |rows: BTreeMap<Row, i64>| rows.into_iter().filter(|(_, by)| *by != 0);
        let sites = changed(self.sites).map(site_row);
        insert_or(tx, sites, site_conflict(added(count::Entity))).await?;
        let teams = changed(self.teams).map(team_row);
        insert_or(tx, teams, team_conflict(added(team_count::Entity))).await
    }
}

fn site_row(((organisation, kind, start, site, staff), n): (Row, i64)) -> count::ActiveModel {
    count::ActiveModel {
        organisation_id: Set(organisation),
        period_kind: Set(kind.to_owned()),
        period_start: Set(start),
        site_id: Set(site),
        staff_id: Set(staff),
        n: Set(n),
    }
}

fn team_row(((organisation, kind, start, manager, staff), n): (Row, i64)) -> team_count::ActiveModel {
    team_count::ActiveModel {
        organisation_id: Set(organisation),
        period_kind: Set(kind.to_owned()),
        period_start: Set(start),
        manager_id: Set(manager),
        staff_id: Set(staff),
        n: Set(n),
    }
}

/// What is there and what comes.
fn added(table: impl EntityTrait) -> Expr {
    Expr::col((table, "n")).add(Expr::col(("excluded", "n")))
}

fn site_conflict(n: Expr) -> OnConflict {
    use count::Column;
    let key = [
        Column::OrganisationId,
        Column::PeriodKind,
        Column::PeriodStart,
        Column::SiteId,
        Column::StaffId,
    ];
    OnConflict::columns(key).value(Column::N, n).to_owned()
}

fn team_conflict(n: Expr) -> OnConflict {
    use team_count::Column;
    let key = [
        Column::OrganisationId,
        Column::PeriodKind,
        Column::PeriodStart,
        Column::ManagerId,
        Column::StaffId,
    ];
    OnConflict::columns(key).value(Column::N, n).to_owned()
}
