//! What a feed, a board or a list covers.
use chrono::NaiveDate;
use entity::{
    assignment::{self, holding_on},
    site, site_closure, staff_member,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::SelectStatement,
};
use uuid::Uuid;

/// A person, a team, a site with those below it, or everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One staff member.
    Person(Uuid),
    /// Everyone who reports to this staff member.
    Team(Uuid),
    /// A site with all below it.
    Site(Uuid),
    /// The whole organisation.
    Organisation,
}

impl Scope {
    /// Whether the organisation has such a person, manager or site.
    pub async fn exists(self, connection: &impl ConnectionTrait, organisation: Uuid) -> Result<bool, DbErr> {
        let found = match self {
            Scope::Organisation => return Ok(true),
            Scope::Person(id) | Scope::Team(id) => {
                let person = staff_member::Entity::within(organisation);
                person
                    .filter(staff_member::Column::Id.eq(id))
                    .count(connection)
                    .await?
            }
            Scope::Site(id) => {
                let site = site::Entity::within(organisation);
                site.filter(site::Column::Id.eq(id)).count(connection).await?
            }
        };
        Ok(found > 0)
    }
}

fn below(organisation: Uuid, site: Uuid) -> Select<site_closure::Entity> {
    site_closure::Entity::within(organisation)
        .filter(site_closure::Column::AncestorId.eq(site))
        .select_only()
        .column(site_closure::Column::DescendantId)
}

/// The ids of a site and all below it, as a part of another query.
pub(crate) fn site_and_below(organisation: Uuid, site: Uuid) -> SelectStatement {
    below(organisation, site).into_query()
}

/// The ids of a site and all below it.
pub(crate) async fn sites_of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    site: Uuid,
) -> Result<Vec<Uuid>, DbErr> {
    below(organisation, site).into_tuple().all(connection).await
}

/// The ids of those who report to a manager on a day, as a part of another query.
pub(crate) fn team_on(organisation: Uuid, manager: Uuid, day: NaiveDate) -> SelectStatement {
    assignment::Entity::within(organisation)
        .filter(assignment::Column::ManagerId.eq(manager))
        .filter(holding_on(day))
        .select_only()
        .column(assignment::Column::StaffId)
        .into_query()
}
