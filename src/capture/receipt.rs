//! What a customer's receipt tells: what is known of their words today.
use chrono::{DateTime, Utc};
use entity::{comment, comment_revision, notice, organisation, site, source, verdict};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::{form, read};
use crate::verdict as verdicts;

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
    /// Notices of it that have left.
    sent: Vec<notice::Model>,
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
    Ok(Some(Receipt {
        site: site(connection, &comment).await?,
        verdicts: verdicts::current(connection, &[comment.id]).await?,
        sent: sent(connection, &comment).await?,
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

async fn sent(
    connection: &impl ConnectionTrait,
    comment: &comment::Model,
) -> Result<Vec<notice::Model>, DbErr> {
    notice::Entity::within(comment.organisation_id)
        .filter(notice::Column::CommentId.eq(comment.id))
        .filter(notice::Column::State.eq(notice::State::Sent))
        .all(connection)
        .await
}

impl Receipt {
    /// When the first notice of a kind left.
    #[must_use]
    pub fn told_at(&self, kind: notice::Kind) -> Option<DateTime<Utc>> {
        let of_kind = self.sent.iter().filter(|notice| notice.kind == kind);
        of_kind.filter_map(|notice| notice.sent_at).min()
    }

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
