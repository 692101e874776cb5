//! How far a new organisation has come.
use chrono::NaiveDate;
use entity::{
    assignment, comment,
    grant::{self, Role},
    notice, passed_on,
    sign_in_link::{self, Kind},
    site, source, staff_member,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

/// Sources that every organisation has.
const STANDARD: [&str; 3] = ["api", "form", "import"];

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// There is a place.
    pub has_places: bool,
    /// Somebody on the roster works here.
    pub has_people: bool,
    /// Somebody has a manager, and a place a lead.
    pub has_leads: bool,
    /// A mail arrived: its link was opened.
    pub is_mail_proved: bool,
    /// Somebody wrote something.
    pub has_words: bool,
    /// Somebody heard a thank-you: it was sent, or passed on.
    pub is_heard: bool,
    /// A further source is connected.
    pub has_sources: bool,
}

/// What an organisation has done by today. Mails that are not sent but written to a folder prove nothing, and nobody hears
/// by them.
pub async fn of(
    connection: &impl ConnectionTrait,
    id: Uuid,
    today: NaiveDate,
    sends_mail: bool,
) -> Result<Steps, DbErr> {
    let is_heard = is_heard(connection, id, sends_mail).await?;
    let open = site::Entity::within(id).filter(site::Column::ClosedAt.is_null());
    let works_here = Condition::any()
        .add(staff_member::Column::EndsOn.is_null())
        .add(staff_member::Column::EndsOn.gte(today));
    let people = staff_member::Entity::within(id).filter(works_here);
    let managed = with_manager(id).filter(assignment::holding_on(today));
    let led = open.clone().filter(site::Column::LeadId.is_not_null());
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
        has_people: is_any(people, connection).await?,
        has_leads: is_any(managed, connection).await?
            && (is_any(led, connection).await? || is_any(leads, connection).await?),
        is_mail_proved: sends_mail && is_any(used, connection).await?,
        has_words: is_any(comment::Entity::within(id), connection).await?,
        is_heard,
        has_sources: is_any(further, connection).await?,
    })
}

/// Whether anybody heard a thank-you.
pub async fn is_heard(connection: &impl ConnectionTrait, id: Uuid, sends_mail: bool) -> Result<bool, DbErr> {
    let mut sent = notice::Entity::within(id)
        .filter(notice::Column::State.eq(notice::State::Sent))
        .filter(notice::Column::Kind.is_in([notice::Kind::Praise, notice::Kind::OwnPraise]));
    if !sends_mail {
        // What a room was told.
        sent = sent.filter(notice::Column::ChannelId.is_not_null());
    }
    Ok(is_any(passed_on::Entity::within(id), connection).await? || is_any(sent, connection).await?)
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
