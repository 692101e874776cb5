//! How far a new organisation has come.
use entity::{
    assignment, comment, delivery,
    grant::{self, Role},
    passed_on,
    sign_in_link::{self, Kind},
    site, source, staff_member,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

/// Sources that every organisation has.
const STANDARD: [&str; 3] = ["api", "form", "import"];

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// There is a place.
    pub has_places: bool,
    /// Somebody is on the roster.
    pub has_people: bool,
    /// Somebody has a manager, or a place a lead.
    pub has_leads: bool,
    /// A mail arrived: its link was opened, or a mail server took a thank-you.
    pub is_mail_proved: bool,
    /// Somebody wrote something.
    pub has_words: bool,
    /// Somebody heard a thank-you: it was mailed, or passed on.
    pub is_heard: bool,
    /// A further source is connected.
    pub has_sources: bool,
}

/// What an organisation has done.
pub async fn of(connection: &impl ConnectionTrait, id: Uuid) -> Result<Steps, DbErr> {
    let is_heard = is_heard(connection, id).await?;
    let open = site::Entity::within(id).filter(site::Column::ClosedAt.is_null());
    let led = site::Entity::within(id).filter(site::Column::LeadId.is_not_null());
    let leads = grant::Entity::within(id)
        .filter(grant::Column::Role.eq(Role::SiteLead))
        .filter(grant::Column::EndedAt.is_null());
    let used = sign_in_link::Entity::within(id)
        .filter(sign_in_link::Column::Kind.eq(Kind::Mail))
        .filter(sign_in_link::Column::UsedAt.is_not_null());
    let further = source::Entity::within(id)
        .filter(source::Column::Kind.is_not_in(STANDARD))
        .filter(source::Column::RemovedAt.is_null());
    Ok(Steps {
        has_places: is_any(open, connection).await?,
        has_people: is_any(staff_member::Entity::within(id), connection).await?,
        has_leads: is_any(with_manager(id), connection).await?
            || is_any(led, connection).await?
            || is_any(leads, connection).await?,
        is_mail_proved: is_any(used, connection).await?
            || is_any(
                accepted(id).filter(delivery::Column::Channel.eq("mail")),
                connection,
            )
            .await?,
        has_words: is_any(comment::Entity::within(id), connection).await?,
        is_heard,
        has_sources: is_any(further, connection).await?,
    })
}

/// Whether anybody heard a thank-you.
pub async fn is_heard(connection: &impl ConnectionTrait, id: Uuid) -> Result<bool, DbErr> {
    Ok(is_any(passed_on::Entity::within(id), connection).await? || is_any(accepted(id), connection).await?)
}

fn accepted(organisation: Uuid) -> Select<delivery::Entity> {
    delivery::Entity::within(organisation).filter(delivery::Column::State.eq(delivery::State::Accepted))
}

pub(super) fn with_manager(organisation: Uuid) -> Select<assignment::Entity> {
    assignment::Entity::within(organisation).filter(assignment::Column::ManagerId.is_not_null())
}

pub(super) async fn is_any<E: EntityTrait>(
    select: Select<E>,
    connection: &impl ConnectionTrait,
) -> Result<bool, DbErr> {
    Ok(select.one(connection).await?.is_some())
}
