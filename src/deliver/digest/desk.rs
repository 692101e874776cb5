//! Who reads a digest: their people, their site, and why it is theirs.
use chrono::NaiveDate;
use entity::{account, organisation, site, staff_member};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter};
use uuid::Uuid;

use super::{
    super::compose::{listed, said::first_name},
    board,
};
use crate::{
    roster::placement::{self, Wanted},
    template::context::BecauseKind,
};

/// Who reads a digest, and of what.
pub(super) struct Desk {
    /// Who reports to them.
    pub(super) team: Vec<staff_member::Model>,
    /// The site that they lead, else the one they work at.
    site: Option<site::Model>,
    staff: Option<Uuid>,
}

impl Desk {
    /// What an account reads on a day.
    pub(super) async fn of(
        connection: &impl ConnectionTrait,
        organisation: &organisation::Model,
        reader: &account::Model,
        day: NaiveDate,
    ) -> Result<Desk, DbErr> {
        let Some(staff) = reader.staff_id else {
            return Ok(Desk {
                team: Vec::new(),
                site: None,
                staff: None,
            });
        };
        let team = board::team(connection, organisation.id, staff, day).await?;
        let wanted = Wanted {
            staff,
            site: None,
            on: day,
        };
        let works_at = placement::on_day(connection, organisation.id, wanted).await?.site;
        let leads = site::Entity::within(organisation.id)
            .filter(site::Column::LeadId.eq(staff))
            .one(connection)
            .await?;
        let site = match (leads, works_at) {
            (Some(site), _) => Some(site),
            (None, Some(id)) => {
                let own = site::Entity::within(organisation.id).filter(site::Column::Id.eq(id));
                own.one(connection).await?
            }
            (None, None) => None,
        };
        Ok(Desk {
            team,
            site,
            staff: Some(staff),
        })
    }

    /// The site, else the organisation.
    pub(super) fn about(&self, organisation: &organisation::Model) -> String {
        let site = self.site.as_ref();
        site.map_or_else(|| organisation.name.clone(), |site| site.path.clone())
    }

    /// Why it is theirs, and whose names or which place that is.
    pub(super) fn reads_as(&self, organisation: &organisation::Model) -> (BecauseKind, String) {
        let own = self.site.as_ref();
        let leads = own.filter(|site| self.staff.is_some() && site.lead_id == self.staff);
        match leads {
            _ if !self.team.is_empty() => (BecauseKind::DigestTeam, self.names()),
            Some(site) => (BecauseKind::DigestSite, site.path.clone()),
            None => (BecauseKind::Administrator, organisation.name.clone()),
        }
    }

    /// "Amina and Daniel", "Amina, Daniel and 12 others".
    fn names(&self) -> String {
        let mut names: Vec<&str> = self.team.iter().map(first_name).collect();
        names.sort_unstable();
        let others = format!("{} others", names.len().saturating_sub(2));
        if names.len() > 4 {
            names.truncate(2);
            names.push(&others);
        }
        listed(&names)
    }
}
