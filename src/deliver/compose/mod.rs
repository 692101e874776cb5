//! From a notice to the text of its mail.
pub(crate) mod mails;
pub(crate) mod said;
pub(crate) mod why;

use entity::{account, notice, organisation, recognition};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter};
use uuid::Uuid;

use crate::{
    app::App,
    route::reason::{Code, Reason},
    template::{
        Language,
        brand::Brand,
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
            brand: Brand::default(),
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
    recognition::Entity::within(notice.organisation_id)
        .filter(recognition::Column::Id.is_in(ids))
        .all(connection)
        .await
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
