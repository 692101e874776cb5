//! Writes a plan in few statements: 50,000 people are added in seconds.
use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{assignment, import, staff_member};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr, EntityTrait, QuerySelect, sea_query::OnConflict};
use uuid::Uuid;

use super::{ImportError, plan::Plan};
use crate::{
    platform::text_file::TextFile,
    roster::{Change, assignment as assignments, site, staff},
};

/// Rows of one statement: 14 values each stay below SQLite's 32,766.
const CHUNK: usize = 1000;

pub(super) async fn write(change: &Change<'_>, plan: &Plan, file: &TextFile) -> Result<Uuid, ImportError> {
    for planned in &plan.sites {
        let new = site::NewSite {
            name: planned.name.clone(),
            parent: planned.parent,
            ..site::NewSite::default()
        };
        site::create_as(change, planned.id, new).await?;
    }
    write_staff(change, plan).await?;
    write_assignments(change, plan).await?;
    Ok(record(change, plan, file).await?)
}

async fn write_staff(change: &Change<'_>, plan: &Plan) -> Result<(), DbErr> {
    use staff_member::Column;
    let over = OnConflict::column(Column::Id)
        .update_columns([
            Column::GivenName,
            Column::FamilyName,
            Column::PreferredName,
            Column::Aliases,
            Column::Handles,
            Column::Email,
            Column::Phone,
            Column::StartsOn,
            Column::EndsOn,
            Column::ChangedInVersion,
        ])
        .to_owned();
    for chunk in plan.staff.chunks(CHUNK) {
        let before = standings(change, chunk.iter().map(|(id, _)| *id)).await?;
        let rows = chunk
            .iter()
            .map(|(id, fields)| staff::row(change, *id, fields.clone()));
        staff_member::Entity::insert_many(rows)
            .on_conflict(over.clone())
            .exec_without_returning(change.tx)
            .await?;
        let after = chunk.iter().map(|(id, fields)| (*id, fields));
        staff::standing_changed(change, before, after).await?;
    }
    Ok(())
}

async fn standings(
    change: &Change<'_>,
    people: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, staff::Standing>, DbErr> {
    use staff_member::Column;
    let stored: Vec<(Uuid, Option<String>, Option<NaiveDate>)> =
        staff_member::Entity::named(change.organisation_id(), Column::Id, people)
            .select_only()
            .columns([Column::Id, Column::Email, Column::EndsOn])
            .into_tuple()
            .all(change.tx)
            .await?;
    let standing = |(id, email, ends_on)| (id, staff::Standing { email, ends_on });
    Ok(stored.into_iter().map(standing).collect())
}

async fn write_assignments(change: &Change<'_>, plan: &Plan) -> Result<(), DbErr> {
    use assignment::Column;
    let over = OnConflict::column(Column::Id)
        .update_columns([
            Column::SiteId,
            Column::ManagerId,
            Column::JobTitle,
            Column::StartsOn,
            Column::EndsOn,
            Column::Shifts,
        ])
        .to_owned();
    let managers = plan
        .assignments
        .iter()
        .filter_map(|(_, _, fields)| fields.manager);
    let rising = change.rising(managers).await?;
    for chunk in plan.assignments.chunks(CHUNK) {
        let rows = chunk
            .iter()
            .map(|(id, person, fields)| assignments::row(change, *id, *person, fields.clone()));
        assignment::Entity::insert_many(rows)
            .on_conflict(over.clone())
            .exec_without_returning(change.tx)
            .await?;
    }
    change.rose(&rising).await
}

async fn record(change: &Change<'_>, plan: &Plan, file: &TextFile) -> Result<Uuid, DbErr> {
    let counts = plan.preview.counts();
    let made = import::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(change.organisation_id()),
        kind: Set("roster".to_owned()),
        source_id: Set(None),
        file_name: Set(file.name().to_owned()),
        digest: Set(file.sha256().to_owned()),
        counts: Set(counts.clone()),
        actor: Set(change.actor.to_owned()),
        started_at: Set(change.at),
        finished_at: Set(Some(change.at)),
        undone_at: Set(None),
        columns: Set(plan.columns.clone()),
    }
    .insert(change.tx)
    .await?;
    change.record("apply_roster", "import", made.id, counts).await?;
    Ok(made.id)
}
