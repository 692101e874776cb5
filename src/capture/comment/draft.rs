//! What a source hands over, and what makes it unusable.
use super::held::HeldFor;
use chrono::{DateTime, TimeDelta, Utc};
pub use domain::attribution::{Scale, Score};
pub use entity::comment_revision::Consent;
use entity::{comment::Tell, json::Author, source};
use uuid::Uuid;

/// Longest text, in Unicode code points.
pub const TEXT_LIMIT: usize = 20_000;
/// Longest of the short fields, in Unicode code points.
pub const FIELD_LIMIT: usize = 500;
/// How far ahead of our clock a sender's may be.
const FUTURE_ALLOWED: TimeDelta = TimeDelta::days(1);

/// One version of a comment: the words and everything said with them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// As sent: never trimmed or normalised.
    pub text: String,
    /// Score, where one was given.
    pub score: Option<Score>,
    /// Where it happened.
    pub site: Option<Uuid>,
    /// The customer's own answer to "who was it?".
    pub hint: Option<String>,
    /// Who wrote it.
    pub author: Option<Author>,
    /// Employee id that the source names; decides who is meant, not whether it is praise.
    pub staff_reference: Option<String>,
    /// Till, desk or the like at which the customer was served: with site and time it finds who was on duty there.
    pub post: Option<String>,
    /// Where the original stands.
    pub permalink: Option<String>,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// Who may read it.
    pub consent: Consent,
    /// Whatever else the source knows.
    pub metadata: Option<serde_json::Value>,
}

/// A comment on its way in.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Whose.
    pub organisation: Uuid,
    /// Through which source.
    pub source: Uuid,
    /// How long the source's words may still change.
    pub settle: TimeDelta,
    /// The sender's id; the same id again is the same comment.
    pub external_id: Option<String>,
    /// The sender's key of this request, where it has no id.
    pub idempotency_key: Option<String>,
    /// The import it belongs to.
    pub import: Option<Uuid>,
    /// SHA-256 of the capability of its receipt page.
    pub receipt_hash: Option<Vec<u8>>,
    /// Whether managers hear of it.
    pub tell: Tell,
    /// What makes it look like junk; empty where nothing does.
    pub held_for: Vec<HeldFor>,
    /// When the customer was served, or spoke; none where the source does not say.
    pub occurred_at: Option<DateTime<Utc>>,
    /// The sender's time of this version, where it has one.
    pub revised_at: Option<DateTime<Utc>>,
    /// Our time.
    pub received_at: DateTime<Utc>,
    /// Who wrote it down, where the customer said it aloud.
    pub logged: Option<Logged>,
    /// What was said, and with what.
    pub words: Words,
}

/// Who wrote down what a customer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Their account.
    pub account: Uuid,
    /// Who they are on the staff, if they are.
    pub staff: Option<Uuid>,
}

/// Why a comment cannot be taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unusable {
    /// There are no words.
    #[error("text is blank; send the customer's words")]
    Blank,
    /// More words than we keep.
    #[error("text has {0} characters; at most {TEXT_LIMIT} are kept")]
    TooLong(usize),
    /// A short field is too long.
    #[error("{field} has {length} characters; at most {FIELD_LIMIT} are kept")]
    FieldTooLong {
        /// Which.
        field: &'static str,
        /// Its length.
        length: usize,
    },
    /// A character that no database can keep.
    #[error("{0} contains a NUL character; remove it")]
    Nul(&'static str),
    /// Off its scale.
    #[error("score {value} lies outside {scale}, which goes from {low} to {high}")]
    ScoreOutside {
        /// The value.
        value: f64,
        /// The scale.
        scale: &'static str,
        /// Its lowest value.
        low: f64,
        /// Its highest value.
        high: f64,
    },
    /// Later than now.
    #[error("{field} {at} lies in the future")]
    InFuture {
        /// Which.
        field: &'static str,
        /// The time given.
        at: DateTime<Utc>,
    },
    /// Before customers could have been served by anybody on a roster.
    #[error("{field} {at} lies before 2000-01-01")]
    TooOld {
        /// Which.
        field: &'static str,
        /// The time given.
        at: DateTime<Utc>,
    },
    /// Not an address of a page.
    #[error("permalink must begin with https:// or http://")]
    Permalink,
}

impl Draft {
    /// Nothing yet, through a source.
    #[must_use]
    pub fn new(source: &source::Model, now: DateTime<Utc>) -> Draft {
        Draft {
            organisation: source.organisation_id,
            source: source.id,
            settle: TimeDelta::seconds(source.settle_seconds.into()),
            external_id: None,
            idempotency_key: None,
            import: None,
            receipt_hash: None,
            tell: Tell::Now,
            held_for: Vec::new(),
            occurred_at: None,
            revised_at: None,
            received_at: now,
            logged: None,
            words: Words::default(),
        }
    }

    /// When the customer was served, or, where nobody says, when the words came in.
    #[must_use]
    pub fn occurred_at(&self) -> DateTime<Utc> {
        self.occurred_at.unwrap_or(self.received_at)
    }

    /// Of two versions the one with the later time holds.
    #[must_use]
    pub fn revised_at(&self) -> DateTime<Utc> {
        self.revised_at.unwrap_or(self.received_at)
    }

    /// Checks everything that can be checked without the database.
    pub fn check(&self) -> Result<(), Unusable> {
        check_text(&self.words.text)?;
        self.check_fields()?;
        self.words.score.map_or(Ok(()), check_score)?;
        check_time("occurred_at", self.occurred_at(), self.received_at)?;
        check_time("revised_at", self.revised_at(), self.received_at)
    }

    fn check_fields(&self) -> Result<(), Unusable> {
        let words = &self.words;
        let author = words.author.as_ref();
        let fields = [
            ("external_id", &self.external_id),
            ("Idempotency-Key", &self.idempotency_key),
            ("hint", &words.hint),
            ("staff_reference", &words.staff_reference),
            ("post", &words.post),
            ("permalink", &words.permalink),
            ("language", &words.language),
            ("author.name", author.map_or(&None, |author| &author.name)),
            ("author.handle", author.map_or(&None, |author| &author.handle)),
            (
                "author.external_id",
                author.map_or(&None, |author| &author.external_id),
            ),
            ("author.contact", author.map_or(&None, |author| &author.contact)),
        ];
        for (field, value) in fields {
            value
                .as_deref()
                .map_or(Ok(()), |value| check_field(field, value))?;
        }
        let is_page = |link: &String| link.starts_with("https://") || link.starts_with("http://");
        if words.permalink.as_ref().is_some_and(|link| !is_page(link)) {
            return Err(Unusable::Permalink);
        }
        if words
            .metadata
            .as_ref()
            .is_some_and(|data| data.to_string().contains("\\u0000"))
        {
            return Err(Unusable::Nul("metadata"));
        }
        Ok(())
    }
}

/// Checks a customer's words alone.
pub fn check_text(text: &str) -> Result<(), Unusable> {
    if text.contains('\0') {
        return Err(Unusable::Nul("text"));
    }
    if !text
        .chars()
        .any(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(c))
    {
        return Err(Unusable::Blank);
    }
    match text.chars().count() {
        length if length > TEXT_LIMIT => Err(Unusable::TooLong(length)),
        _ => Ok(()),
    }
}

/// Zero-width and direction marks: a text of nothing else says nothing.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

pub(crate) fn check_field(field: &'static str, value: &str) -> Result<(), Unusable> {
    if value.contains('\0') {
        return Err(Unusable::Nul(field));
    }
    match value.chars().count() {
        length if length > FIELD_LIMIT => Err(Unusable::FieldTooLong { field, length }),
        _ => Ok(()),
    }
}

fn check_score(score: Score) -> Result<(), Unusable> {
    let (low, high) = score.scale.range();
    if (low..=high).contains(&score.value) {
        return Ok(());
    }
    Err(Unusable::ScoreOutside {
        value: score.value,
        scale: score.scale.name(),
        low,
        high,
    })
}

fn check_time(field: &'static str, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Unusable> {
    let year_2000 = DateTime::from_timestamp(946_684_800, 0).unwrap_or_default();
    if at > now + FUTURE_ALLOWED {
        return Err(Unusable::InFuture { field, at });
    }
    if at < year_2000 {
        return Err(Unusable::TooOld { field, at });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_zero_width_characters_is_blank() {
        assert_eq!(check_text("\u{200b}\u{feff} \n"), Err(Unusable::Blank));
    }

    #[test]
    fn an_emoji_is_a_text() {
        assert_eq!(check_text("👏"), Ok(()));
    }

    #[test]
    fn eleven_is_off_the_nps_scale() {
        let error = check_score(Score {
            value: 11.0,
            scale: Scale::Nps,
        })
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "score 11 lies outside nps, which goes from 0 to 10"
        );
    }
}
