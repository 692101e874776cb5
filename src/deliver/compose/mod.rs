//! From a notice to the text of its mail.
pub(crate) mod card;
pub(crate) mod gathered;
pub(crate) mod mails;
pub(crate) mod reminder;
pub(crate) mod said;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use entity::{account, notice, organisation, recognition};
use said::Said;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::{
    deliver::app::DeliverApp,
    roster::organisation as organisations,
    route::reason::{Code, Reason},
    template::{
        Language,
        context::{Because, BecauseKind, MailFrame},
    },
};

/// A notice and what it tells: composed once, and put into the form of whichever channel it leaves by.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) addressed: Addressed,
    pub(crate) matter: mails::Matter,
}

/// A notice, whose it is and who reads it.
#[derive(Clone, Debug)]
pub(crate) struct Addressed {
    pub(crate) notice: notice::Model,
    /// None where a room or endpoint is told.
    pub(crate) reader: Option<account::Model>,
    pub(crate) organisation: Arc<organisation::Model>,
    pub(crate) reason: Reason,
}

impl Addressed {
    /// The reader's language, else that of the site it is about, else the organisation's.
    pub(crate) fn language(&self, app: &DeliverApp, of_site: Option<&str>) -> Language {
        app.templates.first_of([
            self.reader.as_ref().and_then(|reader| reader.language.as_deref()),
            of_site,
            Some(self.organisation.language.as_str()),
        ])
    }

    /// Why it is the reader's.
    pub(crate) fn because(&self, what: Vec<String>) -> Because {
        Because {
            key: match self.notice.rule_id {
                Some(_) => BecauseKind::Rule,
                None => because(self.reason.code),
            },
            what,
            others: 0,
        }
    }

    /// The frame of its mail; `what` names the people, site or organisation that make it the reader's.
    pub(crate) fn frame(&self, app: &DeliverApp, what: Vec<String>, of_site: Option<&str>) -> MailFrame {
        MailFrame {
            language: self.language(app, of_site),
            organisation: self.organisation.name.clone(),
            brand: organisations::brand(&self.organisation),
            because: self.because(what),
            unsubscribe_url: Some(super::link::unsubscribe_url(app, self.notice.id)),
            settings_url: Some(super::link::settings_url(app)),
        }
    }
}

fn because(code: Code) -> BecauseKind {
    match code {
        Code::Manager => BecauseKind::Manager,
        Code::ManagerAbove => BecauseKind::ManagerAbove,
        Code::Deputy => BecauseKind::Deputy,
        Code::Rule => BecauseKind::Rule,
        Code::SiteLead => BecauseKind::SiteLead,
        Code::SafeReader => BecauseKind::SafeReader,
        Code::Administrator | Code::Auditor | Code::Channel | Code::Nobody => BecauseKind::Administrator,
        Code::Oneself => BecauseKind::Oneself,
        Code::PassedOn => BecauseKind::PassedOn,
        Code::Digest => BecauseKind::DigestTeam,
        Code::Unheard => BecauseKind::Unheard,
        Code::Reminder => BecauseKind::Reminder,
    }
}

/// The recognitions that notices tell of, withdrawn ones included, by notice.
pub(crate) async fn recognitions_of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    notices: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Vec<recognition::Model>>, DbErr> {
    use entity::notice_recognition::{Column, Entity};
    let ties = Entity::named(organisation, Column::NoticeId, notices)
        .all(connection)
        .await?;
    let ids = ties.iter().map(|tie| tie.recognition_id).collect();
    let recognitions = recognitions_named(connection, organisation, ids).await?;
    let by_id: HashMap<Uuid, recognition::Model> =
        recognitions.into_iter().map(|one| (one.id, one)).collect();
    let mut by_notice: HashMap<Uuid, Vec<recognition::Model>> = HashMap::new();
    for tie in ties {
        let recognition = by_id.get(&tie.recognition_id).cloned();
        by_notice.entry(tie.notice_id).or_default().extend(recognition);
    }
    Ok(by_notice)
}

/// Recognitions by their ids.
pub(crate) async fn recognitions_named(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    ids: HashSet<Uuid>,
) -> Result<Vec<recognition::Model>, DbErr> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(said::CHUNK) {
        let rows = recognition::Entity::named(organisation, recognition::Column::Id, chunk.iter().copied())
            .all(connection)
            .await?;
        found.extend(rows);
    }
    Ok(found)
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
    let mut told = recognitions_of(connection, organisation.id, [notice.id]).await?;
    let mut standing = told.remove(&notice.id).unwrap_or_default();
    standing.retain(|recognition| recognition.withdrawn_at.is_none());
    let (false, Some(comment)) = (standing.is_empty(), notice.comment_id) else {
        return Ok(None);
    };
    let said = said::gather(connection, organisation, vec![(comment, standing)]).await?;
    Ok(said.into_iter().flatten().next().filter(Said::is_there))
}
