//! One change of the roster: locks the organisation, raises its version.
use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use entity::organisation;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::RosterError;
use crate::{
    access::{above, audit, untold},
    platform::db::Tx,
};

/// A change under way: until its transaction ends, no other change of the same roster begins.
#[derive(Debug)]
pub struct Change<'a> {
    /// The transaction of the change.
    pub tx: &'a Tx,
    /// Whose roster, with the raised version.
    pub organisation: organisation::Model,
    /// Who changes it, as the audit log names them.
    pub actor: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

impl<'a> Change<'a> {
    /// Locks the organisation's row and raises `roster_version` by one; whoever was praised and had nobody to be told may
    /// have somebody now.
    pub async fn begin(
        tx: &'a Tx,
        organisation: Uuid,
        actor: &'a str,
        at: DateTime<Utc>,
    ) -> Result<Change<'a>, RosterError> {
        let raised = organisation::Entity::update_many()
            .col_expr(
                organisation::Column::RosterVersion,
                Expr::col(organisation::Column::RosterVersion).add(1),
            )
            .filter(organisation::Column::Id.eq(organisation))
            .exec_with_returning(tx)
            .await?;
        let organisation = raised
            .into_iter()
            .next()
            .ok_or_else(|| RosterError::not_found("organisation", organisation.to_string()))?;
        untold::look_again(tx, organisation.id, at).await?;
        Ok(Change {
            tx,
            organisation,
            actor,
            at,
        })
    }

    /// Whose roster.
    #[must_use]
    pub fn organisation_id(&self) -> Uuid {
        self.organisation.id
    }

    /// The version that this change makes.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.organisation.roster_version
    }

    /// The day it is in the organisation's zone.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        super::organisation::day_in(&self.organisation, self.at)
    }

    /// Those of the people to be put above others who are above nobody yet; asked before the change is written.
    pub(crate) async fn rising(
        &self,
        put_above: impl IntoIterator<Item = Uuid>,
    ) -> Result<HashSet<Uuid>, DbErr> {
        let mut rising: HashSet<Uuid> = put_above.into_iter().collect();
        let above = above::above_somebody(self.tx, self.organisation.id, &rising, self.today()).await?;
        rising.retain(|one| !above.contains(one));
        Ok(rising)
    }

    /// What follows for them once it is written.
    pub(crate) async fn rose(&self, rising: &HashSet<Uuid>) -> Result<(), DbErr> {
        above::rose(self.tx, self.organisation.id, rising, self.actor, self.at).await
    }

    /// Writes a line of the audit log; `detail` holds ids, codes and counts, no names.
    pub(crate) async fn record(
        &self,
        action: &str,
        subject_kind: &str,
        subject: Uuid,
        detail: serde_json::Value,
    ) -> Result<(), DbErr> {
        let entry = audit::Entry {
            organisation: self.organisation.id,
            at: self.at,
            actor: self.actor,
            action,
            subject_kind,
            subject_id: Some(subject.to_string()),
            detail,
        };
        audit::record(self.tx, entry).await
    }
}
