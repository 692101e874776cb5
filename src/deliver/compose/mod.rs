//! From a notice to the text of its mail.
pub(crate) mod mails;
pub(crate) mod said;

use entity::{account, notice, organisation, recognition};
use said::Said;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::{
    app::App,
    roster::organisation as organisations,
    route::reason::{Code, Reason},
    template::{
        Language,
        context::{Because, BecauseKind, MailFrame},
    },
};

/// A notice, whose it is and who reads it.
#[derive(Clone, Debug)]
pub(crate) struct Addressed {
    pub(crate) notice: notice::Model,
    pub(crate) reader: account::Model,
    pub(crate) organisation: organisation::Model,
    pub(crate) reason: Reason,
}

impl Addressed {
    /// The frame of its mail; `what` names the people, site or organisation that make it the reader's.
    pub(crate) fn frame(&self, app: &App, what: String) -> MailFrame {
        MailFrame {
            language: Language::English,
            direction: "ltr",
            organisation: self.organisation.name.clone(),
            brand: organisations::brand(&self.organisation),
            because: Because {
                key: because(self.reason.code),
                what,
            },
            unsubscribe_url: Some(super::link::unsubscribe_url(app, self.notice.id)),
        }
    }
}

fn because(code: Code) -> BecauseKind {
    match code {
        Code::Manager => BecauseKind::Manager,
        Code::ManagerAbove => BecauseKind::ManagerAbove,
        Code::SiteLead => BecauseKind::SiteLead,
        Code::Administrator | Code::Nobody => BecauseKind::Administrator,
        Code::Oneself => BecauseKind::Oneself,
        Code::PassedOn => BecauseKind::PassedOn,
        Code::Digest => BecauseKind::DigestTeam,
    }
}

/// The recognitions that a notice tells of, withdrawn ones included.
pub(crate) async fn recognitions_of(
    connection: &impl ConnectionTrait,
    notice: &notice::Model,
) -> Result<Vec<recognition::Model>, DbErr> {
    use entity::notice_recognition::{Column, Entity};
    let ids: Vec<Uuid> = Entity::within(notice.organisation_id)
        .filter(Column::NoticeId.eq(notice.id))
        .all(connection)
        .await?
        .into_iter()
        .map(|row| row.recognition_id)
        .collect();
    recognition::Entity::named(notice.organisation_id, recognition::Column::Id, ids)
        .all(connection)
        .await
}

/// A notice on a comment and whose it is.
pub(crate) async fn notice_with_organisation(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    notice: Uuid,
) -> Result<Option<(notice::Model, organisation::Model)>, DbErr> {
    let found = notice::Entity::within(organisation)
        .filter(notice::Column::Id.eq(notice))
        .one(connection)
        .await?;
    let Some(notice) = found else { return Ok(None) };
    let organisation = organisation::Entity::find_by_id(organisation)
        .one(connection)
        .await?;
    Ok(organisation.map(|organisation| (notice, organisation)))
}

/// What a notice of praise still tells; none where it was withdrawn or erased.
pub(crate) async fn told_by(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    notice: &notice::Model,
) -> Result<Option<Said>, DbErr> {
    let mut standing = recognitions_of(connection, notice).await?;
    standing.retain(|recognition| recognition.withdrawn_at.is_none());
    if standing.is_empty() {
        return Ok(None);
    }
    let comment = notice.comment_id.into_iter().collect();
    let said = said::gather(connection, organisation, comment, standing).await?;
    Ok(said.into_iter().next().filter(Said::is_there))
}

/// "Amina", "Amina and Daniel", "Amina, Daniel and Grace".
pub(crate) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_people_say_them() {
        assert_eq!(listed(&[]), "");
        assert_eq!(listed(&["Amina", "Daniel"]), "Amina and Daniel");
        assert_eq!(listed(&["Amina", "Daniel", "Grace"]), "Amina, Daniel and Grace");
    }
}
