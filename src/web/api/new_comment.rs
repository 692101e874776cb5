//! Comments as the API takes them, and what it says became of them.
use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use super::comment_view::AuthorView;
use crate::capture::draft::{Consent, Scale, Score, Words};

/// The scale of a score.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum ScoreScale {
    /// 0 to 10
    Nps,
    /// 1 to 5
    Csat,
    /// 1 to 7, 7 meaning easy
    Ces,
    /// 1 to 5
    Stars,
}

impl From<ScoreScale> for Scale {
    fn from(scale: ScoreScale) -> Scale {
        match scale {
            ScoreScale::Nps => Scale::Nps,
            ScoreScale::Csat => Scale::Csat,
            ScoreScale::Ces => Scale::Ces,
            ScoreScale::Stars => Scale::Stars,
        }
    }
}

/// A customer's score.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct ScoreView {
    /// Within the scale; decimals are allowed.
    value: f64,
    /// The scale.
    scale: ScoreScale,
}

/// Who may read the words besides managers.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum ConsentView {
    /// The person praised
    Staff,
    /// Their colleagues too
    Colleagues,
    /// Anyone
    Public,
}

impl From<ConsentView> for Consent {
    fn from(consent: ConsentView) -> Consent {
        match consent {
            ConsentView::Staff => Consent::Staff,
            ConsentView::Colleagues => Consent::Colleagues,
            ConsentView::Public => Consent::Public,
        }
    }
}

/// A comment to store.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewComment {
    /// The customer's words, kept as sent: 1 to 20,000 characters, not blank, without NUL.
    #[oai(validator(min_length = 1, max_length = 20000))]
    pub text: String,
    /// Name of the source; `api` where none is named.
    #[oai(validator(max_length = 500))]
    pub source: Option<String>,
    /// The sender's id of the comment.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub external_id: Option<String>,
    /// The customer's score.
    pub score: Option<ScoreView>,
    /// Where it happened: a site's path such as `North / Leeds`, or its name where only one bears it.
    #[oai(validator(max_length = 500))]
    pub site: Option<String>,
    /// When the customer was served, or spoke; now where none is given.
    pub occurred_at: Option<DateTime<Utc>>,
    /// The sender's time of this version of the words.
    pub revised_at: Option<DateTime<Utc>>,
    /// Who wrote it.
    pub author: Option<AuthorView>,
    /// The customer's own answer to "who was it?".
    #[oai(validator(max_length = 500))]
    pub hint: Option<String>,
    /// Employee id of the person who served; decides who is meant, not whether it is praise.
    #[oai(validator(max_length = 500))]
    pub staff_reference: Option<String>,
    /// Till, desk or the like at which the customer was served, as the rota calls it: with `site` and `occurred_at` it finds
    /// whom praise without a name is about.
    #[oai(validator(max_length = 500))]
    pub post: Option<String>,
    /// Where the original stands.
    #[oai(validator(max_length = 500))]
    pub permalink: Option<String>,
    /// Language of the words, such as `en` or `fr-CA`.
    #[oai(validator(max_length = 35))]
    pub language: Option<String>,
    /// Who may read the words besides managers; `staff` where nothing is said.
    pub consent: Option<ConsentView>,
    /// Whatever else the sender knows of it.
    pub metadata: Option<serde_json::Value>,
}

impl NewComment {
    /// The words with the site that was meant.
    #[must_use]
    pub fn words(self, site: Option<Uuid>) -> Words {
        Words {
            text: self.text,
            score: self.score.map(|score| Score {
                value: score.value,
                scale: score.scale.into(),
            }),
            site,
            hint: self.hint,
            author: self.author.map(Into::into),
            staff_reference: self.staff_reference,
            post: self.post,
            permalink: self.permalink,
            language: self.language,
            consent: self.consent.map(Into::into).unwrap_or_default(),
            metadata: self.metadata,
        }
    }
}

/// What became of a comment that was sent.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Storing {
    /// It is new
    New,
    /// It was here with the same words
    Same,
    /// It was here with other words; these hold now
    Revised,
    /// Newer words are here already
    Older,
    /// It was withdrawn or erased, and stays so
    Gone,
}

/// A stored comment.
#[derive(Clone, Debug, Object)]
pub struct StoredView {
    /// Its id.
    pub id: Uuid,
    /// What became of it.
    pub outcome: Storing,
}
