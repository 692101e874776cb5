//! What a customer's receipt tells: what is known of their words today.
use chrono::{DateTime, Utc};
use entity::{
    answer, comment, comment_revision, notice, notice_recognition, organisation, passed_on, recognition,
    site, source, staff_member, verdict,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{form, read};
use crate::{desk::send, verdict as verdicts};

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
    /// The form it came through.
    pub source: source::Model,
    /// The verdicts that hold.
    pub verdicts: Vec<verdict::Model>,
    /// When the first manager was told of praise that still stands, at once or in a digest.
    pub praise_told_at: Option<DateTime<Utc>>,
    /// The times when it was passed on to one of the people, first one first; not of praise that was withdrawn since, nor
    /// of what was sent and has not left yet.
    pub passed_on: Vec<passed_on::Model>,
    /// Whether praise of somebody still waits to be passed on.
    pub waits: bool,
    /// What those people wrote back, first one first, each with who wrote it.
    pub answers: Vec<(answer::Model, staff_member::Model)>,
    /// When somebody was told who can put things right.
    pub complaint_told_at: Option<DateTime<Utc>>,
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
    let (passed_on, on_the_way) = passed_on(connection, &standing).await?;
    Ok(Some(Receipt {
        passed_on,
        waits: on_the_way
            || standing
                .iter()
                .any(|recognition| recognition.waiting_since.is_some()),
        answers: answers(connection, &standing).await?,
        site: site(connection, &comment).await?,
        verdicts: verdicts::current(connection, &[comment.id]).await?,
        praise_told_at: praise_told_at(connection, &comment, &standing).await?,
        complaint_told_at: complaint_told_at(connection, &comment).await?,
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

/// What has been heard, and whether more was sent that has not left yet.
async fn passed_on(
    connection: &impl ConnectionTrait,
    standing: &[recognition::Model],
) -> Result<(Vec<passed_on::Model>, bool), DbErr> {
    use passed_on::Column;
    let found = passed_on::Entity::find()
        .filter(Column::RecognitionId.is_in(standing.iter().map(|recognition| recognition.id)))
        .order_by_asc(Column::PassedOnAt)
        .order_by_asc(Column::Id)
        .all(connection)
        .await?;
    let (mut heard, all) = (Vec::with_capacity(found.len()), found.len());
    for passed_on in found {
        if send::is_heard(connection, &passed_on).await? {
            heard.push(passed_on);
        }
    }
    let on_the_way = heard.len() < all;
    Ok((heard, on_the_way))
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

async fn praise_told_at(
    connection: &impl ConnectionTrait,
    comment: &comment::Model,
    standing: &[recognition::Model],
) -> Result<Option<DateTime<Utc>>, DbErr> {
    use notice_recognition::{Column, Part};
    let standing = standing.iter().map(|recognition| recognition.id);
    let told = notice_recognition::Entity::within(comment.organisation_id)
        .filter(Column::RecognitionId.is_in(standing))
        .filter(Column::Part.is_in([Part::Praise, Part::Digest]))
        .all(connection)
        .await?;
    let notices: Vec<Uuid> = told.iter().map(|told| told.notice_id).collect();
    let left = sent(comment).filter(notice::Column::Id.is_in(notices));
    Ok(first(left.all(connection).await?))
}

async fn complaint_told_at(
    connection: &impl ConnectionTrait,
    comment: &comment::Model,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    let left = sent(comment)
        .filter(notice::Column::CommentId.eq(comment.id))
        .filter(notice::Column::Kind.eq(notice::Kind::Complaint));
    Ok(first(left.all(connection).await?))
}

/// Notices that the mail server has.
fn sent(comment: &comment::Model) -> sea_orm::Select<notice::Entity> {
    notice::Entity::within(comment.organisation_id).filter(notice::Column::State.eq(notice::State::Sent))
}

fn first(sent: Vec<notice::Model>) -> Option<DateTime<Utc>> {
    sent.iter().filter_map(|notice| notice.sent_at).min()
}

impl Receipt {
    /// Whether somebody with a name was credited.
    #[must_use]
    pub fn has_person(&self) -> bool {
        self.credits().any(|verdict| verdict.staff_id.is_some())
    }

    /// Whether the praise is of all who serve there.
    #[must_use]
    pub fn is_for_the_place(&self) -> bool {
        self.credits().any(|verdict| verdict.staff_id.is_none())
    }

    fn credits(&self) -> impl Iterator<Item = &verdict::Model> {
        let is_credit = |verdict: &&verdict::Model| verdict.state == verdict::State::Credited;
        self.verdicts.iter().filter(is_credit)
    }

    /// When the customer changed their words last.
    #[must_use]
    pub fn corrected_at(&self) -> Option<DateTime<Utc>> {
        (self.comment.revision > 1).then_some(self.words.received_at)
    }
}
