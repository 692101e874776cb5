//! What a customer's receipt tells: what is known of their words today.
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::{
    answer, comment, comment_revision, decision, organisation, passed_on, recognition, site, source,
    staff_member,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::{form, read};
use crate::roster::zone;

/// Everything the receipt is made of.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The comment.
    pub comment: comment::Model,
    /// The words that hold, empty once they are erased.
    pub words: comment_revision::Model,
    /// Whose.
    pub organisation: organisation::Model,
    /// Where, if the customer said so.
    pub site: Option<site::Model>,
    /// In which its times are told.
    pub zone: Tz,
    /// The form it came through.
    pub source: source::Model,
    /// The times when praise that stands was passed on, first one first.
    pub passed_on: Vec<passed_on::Model>,
    /// What people decided, first one first.
    pub decisions: Vec<decision::Model>,
    /// What those people wrote back, first one first, each with who wrote it.
    pub answers: Vec<(answer::Model, staff_member::Model)>,
}

/// The receipt at an address; none where there is none.
pub async fn receipt(connection: &impl ConnectionTrait, token: &str) -> Result<Option<Receipt>, DbErr> {
    let Some(comment) = form::by_receipt(connection, token).await? else {
        return Ok(None);
    };
    let with_words = read::with_words(connection, vec![comment]).await?.pop();
    let Some((comment, words)) = with_words else {
        return Ok(None);
    };
    let organisation = organisation::Entity::find_by_id(comment.organisation_id)
        .one(connection)
        .await?;
    let source = source::Entity::within(comment.organisation_id)
        .filter(source::Column::Id.eq(comment.source_id))
        .one(connection)
        .await?;
    let (Some(organisation), Some(source)) = (organisation, source) else {
        return Ok(None);
    };
    let standing = standing(connection, &comment).await?;
    Ok(Some(Receipt {
        passed_on: passed_on(connection, &standing).await?,
        decisions: decisions(connection, &comment).await?,
        answers: answers(connection, &standing).await?,
        site: site(connection, &comment).await?,
        zone: zone::zones(connection, &organisation, comment.site_id)
            .await?
            .at(comment.site_id),
        comment,
        words,
        organisation,
        source,
    }))
}

async fn site(
    connection: &impl ConnectionTrait,
    comment: &comment::Model,
) -> Result<Option<site::Model>, DbErr> {
    let Some(id) = comment.site_id else {
        return Ok(None);
    };
    site::Entity::within(comment.organisation_id)
        .filter(site::Column::Id.eq(id))
        .one(connection)
        .await
}

/// The recognitions of a comment that were not withdrawn.
async fn standing(
    connection: &impl ConnectionTrait,
    comment: &comment::Model,
) -> Result<Vec<recognition::Model>, DbErr> {
    recognition::Entity::within(comment.organisation_id)
        .filter(recognition::Column::CommentId.eq(comment.id))
        .filter(recognition::Column::WithdrawnAt.is_null())
        .all(connection)
        .await
}

/// Praise that stands and was passed on, be it that a mail is on its way: what became of that mail is not for strangers.
async fn passed_on(
    connection: &impl ConnectionTrait,
    standing: &[recognition::Model],
) -> Result<Vec<passed_on::Model>, DbErr> {
    use passed_on::Column;
    passed_on::Entity::find()
        .filter(Column::RecognitionId.is_in(standing.iter().map(|recognition| recognition.id)))
        .order_by_asc(Column::PassedOnAt)
        .order_by_asc(Column::Id)
        .all(connection)
        .await
}

/// The decisions of people that hold, first one first.
async fn decisions(
    connection: &impl ConnectionTrait,
    comment: &comment::Model,
) -> Result<Vec<decision::Model>, DbErr> {
    decision::Entity::within(comment.organisation_id)
        .filter(decision::Column::CommentId.eq(comment.id))
        .filter(decision::Column::UndoneAt.is_null())
        .order_by_asc(decision::Column::Number)
        .all(connection)
        .await
}

async fn answers(
    connection: &impl ConnectionTrait,
    standing: &[recognition::Model],
) -> Result<Vec<(answer::Model, staff_member::Model)>, DbErr> {
    use answer::Column;
    let ids = standing.iter().map(|recognition| recognition.id);
    let oldest_first = answer::Entity::find()
        .filter(Column::RecognitionId.is_in(ids))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id);
    let people = standing.iter().filter_map(|recognition| recognition.staff_id);
    let people = staff_member::Entity::find()
        .filter(staff_member::Column::Id.is_in(people))
        .all(connection)
        .await?;
    let of = |answer: &answer::Model| {
        let praised = standing
            .iter()
            .find(|recognition| recognition.id == answer.recognition_id)?;
        people
            .iter()
            .find(|person| Some(person.id) == praised.staff_id)
            .cloned()
    };
    let written = oldest_first.all(connection).await?;
    Ok(written
        .into_iter()
        .filter_map(|answer| of(&answer).map(|person| (answer, person)))
        .collect())
}

impl Receipt {
    /// When the customer changed their words last.
    #[must_use]
    pub fn corrected_at(&self) -> Option<DateTime<Utc>> {
        (self.comment.revision > 1).then_some(self.words.received_at)
    }
}
