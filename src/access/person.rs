//! Somebody who is signed in, and how they stand to others today.
use std::collections::HashSet;

use chrono::{NaiveDate, TimeDelta};
use entity::{
    account,
    assignment::{self, holding_on},
    deputy,
    grant::{self, Role},
    organisation::{self, BoardMode},
    scim_user, site, site_closure, staff_member,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, ExprTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::role;

/// How long somebody who left can still read what was said of them.
pub const READABLE_AFTER: TimeDelta = TimeDelta::days(90);

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their account.
    pub account: Uuid,
    /// Who they are on the roster, if they are.
    pub staff: Option<Uuid>,
    /// The name they go by; the address of somebody who is not on the roster.
    pub name: String,
    /// Whether they signed in a moment ago.
    pub is_fresh: bool,
    /// Whether they hold a role with which they can do nothing before they have a second factor.
    pub lacks_factor: bool,
    /// Code of the language they chose, if they did.
    pub language: Option<String>,
    /// Whether they work here still; who has left reads their own feed only, and for 90 days.
    pub is_active: bool,
    /// Reads and changes everything.
    pub is_administrator: bool,
    /// Reads everything and changes nothing.
    pub is_auditor: bool,
    /// Reads what the shield keeps: a safe reader; an administrator where nobody is one.
    pub reads_shielded: bool,
    /// Leads every site.
    pub leads_everywhere: bool,
    /// The sites they lead, with all below.
    pub led_sites: HashSet<Uuid>,
    /// Who reports to them today.
    pub reports: HashSet<Uuid>,
    /// The managers for whom they stand in today …
    pub stands_in_for: HashSet<Uuid>,
    /// … and who reports to those, themselves left out.
    pub covered: HashSet<Uuid>,
    /// To whom they report today.
    pub managers: HashSet<Uuid>,
    /// Where they work today.
    pub sites: HashSet<Uuid>,
    /// Whether the organisation shows boards to everybody.
    pub sees_all_boards: bool,
    /// The day it is in the organisation.
    pub today: NaiveDate,
}

impl Person {
    /// Whether they are this manager, and still are one.
    #[must_use]
    pub fn is_manager(&self, manager: Uuid) -> bool {
        self.is_active && self.staff == Some(manager)
    }

    /// Whether they lead a site.
    #[must_use]
    pub fn leads(&self, site: Uuid) -> bool {
        self.leads_everywhere || self.led_sites.contains(&site)
    }

    /// Whether anybody is below them: by reporting to them, or at a site they lead.
    #[must_use]
    pub fn is_above_somebody(&self) -> bool {
        self.leads_everywhere || !self.led_sites.is_empty() || !self.reports.is_empty()
    }

    /// Whose praise they look after today: that of those who report to them, and to those for whom they stand in.
    pub fn looks_after(&self) -> impl Iterator<Item = Uuid> {
        self.reports.union(&self.covered).copied()
    }

    /// The person behind an account; none where the account is closed or they left more than 90 days ago.
    pub async fn load(
        connection: &impl ConnectionTrait,
        organisation: &organisation::Model,
        account: &account::Model,
        today: NaiveDate,
    ) -> Result<Option<Person>, DbErr> {
        let staff = on_roster(connection, account).await?;
        if account.closed_at.is_some() || staff.as_ref().is_some_and(|one| is_long_gone(one, today)) {
            return Ok(None);
        }
        if is_shut_out(connection, staff.as_ref()).await? {
            return Ok(None);
        }
        let mut person = Person::without_roles(account, staff.as_ref(), today);
        person.is_active = staff.as_ref().is_none_or(|one| !has_left(one, today));
        if person.is_active {
            person.sees_all_boards = organisation.board_mode == BoardMode::Full;
            person.take_grants(connection, organisation.id).await?;
            person.take_assignments(connection, organisation.id).await?;
            person.take_deputyships(connection, organisation.id).await?;
        }
        Ok(Some(person))
    }

    /// Lays down what follows from roles and from leading, until they have a second factor.
    pub fn wait_for_factor(&mut self) {
        self.lacks_factor = true;
        self.is_administrator = false;
        self.is_auditor = false;
        self.reads_shielded = false;
        self.leads_everywhere = false;
        self.led_sites.clear();
    }

    fn without_roles(
        account: &account::Model,
        staff: Option<&staff_member::Model>,
        today: NaiveDate,
    ) -> Person {
        Person {
            account: account.id,
            staff: account.staff_id,
            name: name(account, staff),
            is_fresh: false,
            lacks_factor: false,
            language: account.language.clone(),
            is_active: false,
            is_administrator: false,
            is_auditor: false,
            reads_shielded: false,
            leads_everywhere: false,
            led_sites: HashSet::new(),
            reports: HashSet::new(),
            stands_in_for: HashSet::new(),
            covered: HashSet::new(),
            managers: HashSet::new(),
            sites: HashSet::new(),
            sees_all_boards: false,
            today,
        }
    }

    /// A role of an administrator or auditor holds everywhere or not at all.
    async fn take_grants(
        &mut self,
        connection: &impl ConnectionTrait,
        organisation: Uuid,
    ) -> Result<(), DbErr> {
        let grants = grant::Entity::within(organisation)
            .filter(grant::Column::AccountId.eq(self.account))
            .filter(grant::Column::EndedAt.is_null())
            .all(connection)
            .await?;
        let mut led: Vec<Uuid> = Vec::new();
        for grant in grants {
            match (grant.role, grant.site_id) {
                (Role::Administrator, None) => self.is_administrator = true,
                (Role::Auditor, None) => self.is_auditor = true,
                (Role::SiteLead, None) => self.leads_everywhere = true,
                (Role::SiteLead, Some(site)) => led.push(site),
                (Role::SafeReader, None) => self.reads_shielded = true,
                (Role::Administrator | Role::Auditor | Role::SafeReader, Some(_)) => {}
            }
        }
        if self.is_administrator && !self.reads_shielded {
            let named = role::safe_readers(connection, organisation, self.today).await?;
            self.reads_shielded = named.is_empty();
        }
        if let Some(staff) = self.staff {
            led.extend(led_by_roster(connection, organisation, staff).await?);
        }
        self.led_sites = with_below(connection, organisation, &led).await?;
        Ok(())
    }

    async fn take_assignments(
        &mut self,
        connection: &impl ConnectionTrait,
        organisation: Uuid,
    ) -> Result<(), DbErr> {
        use assignment::Column;
        let Some(staff) = self.staff else { return Ok(()) };
        let mine = Column::StaffId.eq(staff).or(Column::ManagerId.eq(staff));
        let rows = assignment::Entity::within(organisation)
            .filter(mine)
            .filter(holding_on(self.today))
            .all(connection)
            .await?;
        for row in rows {
            if row.staff_id == staff {
                self.managers.extend(row.manager_id);
                self.sites.extend(row.site_id);
            } else {
                self.reports.insert(row.staff_id);
            }
        }
        Ok(())
    }

    /// What an absent manager has over the praise of their team; of no role of theirs anything.
    async fn take_deputyships(
        &mut self,
        connection: &impl ConnectionTrait,
        organisation: Uuid,
    ) -> Result<(), DbErr> {
        let Some(staff) = self.staff else { return Ok(()) };
        let rows = deputy::Entity::within(organisation)
            .filter(deputy::Column::DeputyId.eq(staff))
            .filter(deputy::holding_on(self.today))
            .all(connection)
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        self.stands_in_for = rows.into_iter().map(|row| row.absent_id).collect();
        let managers = self.stands_in_for.iter().copied();
        let theirs = assignment::Entity::named(organisation, assignment::Column::ManagerId, managers)
            .filter(holding_on(self.today))
            .all(connection)
            .await?;
        let others = theirs.into_iter().map(|row| row.staff_id);
        self.covered = others.filter(|one| *one != staff).collect();
        Ok(())
    }
}

/// Whether the company's directory ended somebody: at once, while who leaves otherwise reads their own thank-yous for a while.
pub(crate) async fn is_shut_out(
    connection: &impl ConnectionTrait,
    person: Option<&staff_member::Model>,
) -> Result<bool, DbErr> {
    let Some(person) = person.filter(|person| person.ends_on.is_some()) else {
        return Ok(false);
    };
    let found = shut_out(connection, person.organisation_id, [person.id]).await?;
    Ok(!found.is_empty())
}

/// Those of some staff members whom the company's directory ended; of people without a last day this says nothing.
pub(super) async fn shut_out(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    staff: impl IntoIterator<Item = Uuid>,
) -> Result<HashSet<Uuid>, DbErr> {
    let found = scim_user::Entity::named(organisation, scim_user::Column::StaffId, staff)
        .filter(scim_user::Column::Active.eq(false))
        .all(connection)
        .await?;
    Ok(found.into_iter().map(|user| user.staff_id).collect())
}

/// The staff member behind an account.
pub(crate) async fn on_roster(
    connection: &impl ConnectionTrait,
    account: &account::Model,
) -> Result<Option<staff_member::Model>, DbErr> {
    let Some(staff) = account.staff_id else {
        return Ok(None);
    };
    staff_member::Entity::within(account.organisation_id)
        .filter(staff_member::Column::Id.eq(staff))
        .one(connection)
        .await
}

/// The name somebody goes by; the address of somebody who is not on the roster.
#[must_use]
pub(crate) fn name(account: &account::Model, staff: Option<&staff_member::Model>) -> String {
    match staff {
        Some(person) => person.full_name(),
        None => account.email.clone().unwrap_or_default(),
    }
}

pub(crate) fn has_left(person: &staff_member::Model, today: NaiveDate) -> bool {
    person.ends_on.is_some_and(|last| last < today)
}

/// Whether whoever owns an account works here: it is open, and they have not left.
pub(crate) async fn works_here(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    account: Uuid,
    today: NaiveDate,
) -> Result<bool, DbErr> {
    let Some(account) = super::account::by_id(connection, organisation, account).await? else {
        return Ok(false);
    };
    let staff = on_roster(connection, &account).await?;
    if account.closed_at.is_some() || is_shut_out(connection, staff.as_ref()).await? {
        return Ok(false);
    }
    Ok(staff.is_none_or(|one| !has_left(&one, today)))
}

/// Whether somebody left so long ago that they cannot sign in any more.
pub(crate) fn is_long_gone(person: &staff_member::Model, today: NaiveDate) -> bool {
    person
        .ends_on
        .is_some_and(|last| today.signed_duration_since(last) > READABLE_AFTER)
}

async fn led_by_roster(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    staff: Uuid,
) -> Result<Vec<Uuid>, DbErr> {
    site::Entity::within(organisation)
        .filter(site::Column::LeadId.eq(staff))
        .select_only()
        .column(site::Column::Id)
        .into_tuple()
        .all(connection)
        .await
}

async fn with_below(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    sites: &[Uuid],
) -> Result<HashSet<Uuid>, DbErr> {
    if sites.is_empty() {
        return Ok(HashSet::new());
    }
    let below: Vec<Uuid> = site_closure::Entity::within(organisation)
        .filter(site_closure::Column::AncestorId.is_in(sites.iter().copied()))
        .select_only()
        .column(site_closure::Column::DescendantId)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(below.into_iter().collect())
}
