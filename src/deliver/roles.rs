//! Whether those whom a role makes the readers of notices hold it still: it may have ended while a notice waited.
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entity::{
    account, among, deputy,
    grant::{self, Role},
    notice, organisation, site,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::{
    access::role,
    roster::organisation::day_in,
    route::reason::{Code, Reason},
};

/// The roles of readers, read for those alone whom a role makes one.
#[derive(Default)]
pub(super) struct Roles {
    held: HashMap<Uuid, Vec<grant::Model>>,
    /// Who leads a site by the roster.
    leads: HashMap<Uuid, Uuid>,
    /// Who is away today, and who stands in for them.
    deputies: HashSet<(Uuid, Uuid)>,
    /// Organisations in which somebody is a safe reader.
    with_safe_readers: HashSet<Uuid>,
}

impl Roles {
    pub(super) async fn of(
        connection: &impl ConnectionTrait,
        organisations: &HashMap<Uuid, Arc<organisation::Model>>,
        notices: &[notice::Model],
        now: DateTime<Utc>,
    ) -> Result<Roles, DbErr> {
        let of_role = |notice: &notice::Model| {
            let reason = Reason::read(&notice.reason);
            let is_by_role = matches!(
                reason.code,
                Code::SiteLead | Code::SafeReader | Code::Administrator | Code::Auditor
            );
            let is_by_role = is_by_role || reason.stands_for.is_some();
            is_by_role.then_some((notice.organisation_id, notice.reader_id?, reason))
        };
        let by_role: Vec<(Uuid, Uuid, Reason)> = notices.iter().filter_map(of_role).collect();
        let mut roles = Roles::default();
        if by_role.is_empty() {
            return Ok(roles);
        }
        let readers = by_role.iter().map(|(_, reader, _)| *reader);
        let grants = grant::Entity::find()
            .filter(among(grant::Column::AccountId, readers))
            .filter(grant::Column::EndedAt.is_null())
            .all(connection)
            .await?;
        for grant in grants {
            roles.held.entry(grant.account_id).or_default().push(grant);
        }
        let sites: HashSet<Uuid> = by_role.iter().filter_map(|(_, _, reason)| reason.site).collect();
        let sites = site::Entity::find()
            .filter(among(site::Column::Id, sites))
            .all(connection)
            .await?;
        let led = sites
            .into_iter()
            .filter_map(|site| Some((site.id, site.lead_id?)));
        roles.leads = led.collect();
        let asked: HashSet<Uuid> = by_role
            .iter()
            .filter(|(_, _, reason)| reason.code == Code::SafeReader)
            .map(|(organisation, _, _)| *organisation)
            .collect();
        let absent = by_role.iter().filter_map(|(_, _, reason)| reason.stands_for);
        roles.deputies = deputies(connection, organisations, absent.collect(), now).await?;
        for own in organisations.values() {
            if !asked.contains(&own.id) {
                continue;
            }
            let named = role::safe_readers(connection, own.id, day_in(own, now)).await?;
            if !named.is_empty() {
                roles.with_safe_readers.insert(own.id);
            }
        }
        Ok(roles)
    }

    /// Whether what makes somebody the reader still does, as far as it is a role.
    pub(super) fn still_make(&self, reader: &account::Model, reason: &Reason) -> bool {
        let holds = |role: Role, site: Option<Uuid>| {
            let mut held = self.held.get(&reader.id).into_iter().flatten();
            held.any(|grant| grant.role == role && grant.site_id == site)
        };
        if let Some(absent) = reason.stands_for {
            let staff = reader.staff_id;
            return staff.is_some_and(|staff| self.deputies.contains(&(absent, staff)));
        }
        match reason.code {
            Code::Administrator => holds(Role::Administrator, None),
            Code::Auditor => holds(Role::Auditor, None),
            Code::SafeReader => {
                let is_asked_instead = !self.with_safe_readers.contains(&reader.organisation_id);
                holds(Role::SafeReader, None) || (is_asked_instead && holds(Role::Administrator, None))
            }
            Code::SiteLead => {
                let leads = |site: Uuid| {
                    let by_roster = self.leads.get(&site).copied();
                    holds(Role::SiteLead, Some(site)) || (by_roster.is_some() && by_roster == reader.staff_id)
                };
                holds(Role::SiteLead, None) || reason.site.is_none_or(leads)
            }
            Code::Manager
            | Code::ManagerAbove
            | Code::Deputy
            | Code::Rule
            | Code::Oneself
            | Code::PassedOn
            | Code::Channel
            | Code::Digest
            | Code::Unheard
            | Code::Reminder
            | Code::Nobody => true,
        }
    }
}

async fn deputies(
    connection: &impl ConnectionTrait,
    organisations: &HashMap<Uuid, Arc<organisation::Model>>,
    absent: HashSet<Uuid>,
    now: DateTime<Utc>,
) -> Result<HashSet<(Uuid, Uuid)>, DbErr> {
    if absent.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = deputy::Entity::find()
        .filter(among(deputy::Column::AbsentId, absent))
        .filter(deputy::Column::TakenBackAt.is_null())
        .all(connection)
        .await?;
    let holds = |row: &deputy::Model| {
        let own = organisations.get(&row.organisation_id);
        own.is_some_and(|own| {
            let today = day_in(own, now);
            row.starts_on <= today && today <= row.ends_on
        })
    };
    let holding = rows.iter().filter(|row| holds(row));
    Ok(holding.map(|row| (row.absent_id, row.deputy_id)).collect())
}
