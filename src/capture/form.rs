//! The public form: what a customer writes becomes a comment, and they get a link to its receipt.
//!
//! The page carries a random token. Its hashes are the comment's external id, so that a form sent twice makes one
//! comment, and the receipt's address, so that both sendings lead to the same page. Neither can be computed from what
//! is stored or shown to programs.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use entity::{comment, comment_revision, source};
use rand::RngCore;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    draft::{Consent, Draft, Scale, Score, Words},
    held::HeldFor,
};

/// Most letters that the form takes.
pub const WORDS_LIMIT: usize = 4000;
/// How long a receipt works, counted from the day the words came in.
pub const RECEIPT_KEPT: TimeDelta = TimeDelta::days(90);
const TOKEN_BYTES: usize = 16;

/// What tells one form from another: 128 random bits in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormToken(String);

/// What stands in the address of a receipt: whoever has it may read, correct and take back the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptToken(String);

impl FormToken {
    /// A new one.
    #[must_use]
    pub fn random() -> FormToken {
        let mut random = [0_u8; TOKEN_BYTES];
        rand::rng().fill_bytes(&mut random);
        FormToken(random.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The token that a form brings back, if it has the shape of one.
    #[must_use]
    pub fn parse(given: &str) -> Option<FormToken> {
        let has_shape = given.len() == 2 * TOKEN_BYTES
            && given
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        has_shape.then(|| FormToken(given.to_owned()))
    }

    /// As it stands in the page.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The comment's id for the source.
    #[must_use]
    pub fn external_id(&self) -> String {
        self.derive("plaudit form", &[])
    }

    /// The receipt of what is sent with this token to a source.
    #[must_use]
    pub fn receipt(&self, source: Uuid) -> ReceiptToken {
        ReceiptToken(self.derive("plaudit receipt", source.as_bytes()))
    }

    fn derive(&self, purpose: &str, of: &[u8]) -> String {
        let digest = Sha256::new()
            .chain_update(purpose)
            .chain_update(of)
            .chain_update(&self.0)
            .finalize();
        URL_SAFE_NO_PAD.encode(digest)
    }
}

impl ReceiptToken {
    /// As it stands in the address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn hash(given: &str) -> Vec<u8> {
        Sha256::digest(given).to_vec()
    }
}

/// The comment whose receipt has this address; none where it is unknown. Too old ones are found: see [`is_over`].
pub async fn by_receipt(
    connection: &impl ConnectionTrait,
    token: &str,
) -> Result<Option<comment::Model>, DbErr> {
    comment::Entity::find()
        .filter(comment::Column::ReceiptHash.eq(ReceiptToken::hash(token)))
        .one(connection)
        .await
}

/// Until when the comment's receipt works.
#[must_use]
pub fn receipt_until(comment: &comment::Model) -> DateTime<Utc> {
    comment.received_at + RECEIPT_KEPT
}

/// Whether the comment's receipt works no more.
#[must_use]
pub fn is_over(comment: &comment::Model, now: DateTime<Utc>) -> bool {
    now >= receipt_until(comment)
}

/// What the customer wrote, checked field by field.
#[derive(Clone, Debug)]
pub struct Thanks {
    /// What happened.
    pub text: String,
    /// Where.
    pub site: Option<Uuid>,
    /// "Who was it?"
    pub who: Option<String>,
    /// "When was it?", in their own words.
    pub when: Option<String>,
    /// The same, where it is a day.
    pub day: Option<DateTime<Utc>>,
    /// 1 to 5.
    pub stars: Option<u8>,
    /// The customer's name.
    pub name: Option<String>,
    /// Where to answer them.
    pub email: Option<String>,
    /// Who may read it.
    pub consent: Consent,
}

impl Thanks {
    /// The comment on its way in.
    #[must_use]
    pub fn draft(
        self,
        source: &source::Model,
        token: &FormToken,
        held_for: Vec<HeldFor>,
        now: DateTime<Utc>,
    ) -> Draft {
        let receipt = token.receipt(source.id);
        Draft {
            external_id: Some(token.external_id()),
            receipt_hash: Some(ReceiptToken::hash(receipt.as_str())),
            held_for,
            occurred_at: self.day,
            words: self.words(),
            ..Draft::new(source, now)
        }
    }

    fn words(self) -> Words {
        let is_known = self.name.is_some() || self.email.is_some();
        let author = entity::json::Author {
            name: self.name,
            contact: self.email,
            ..Default::default()
        };
        Words {
            text: self.text,
            score: self.stars.map(|stars| Score {
                value: stars.into(),
                scale: Scale::Stars,
            }),
            site: self.site,
            hint: self.who,
            author: is_known.then_some(author),
            consent: self.consent,
            metadata: self.when.map(|when| json!({ "when": when })),
            ..Words::default()
        }
    }
}

/// Corrected words of a comment, as its next revision; everything said with them stays.
#[must_use]
pub fn correction(
    comment: &comment::Model,
    words: &comment_revision::Model,
    source: &source::Model,
    text: String,
    now: DateTime<Utc>,
) -> Draft {
    Draft {
        external_id: comment.external_id.clone(),
        words: Words {
            text,
            score: score(words),
            site: words.site_id,
            hint: words.hint.clone(),
            author: words.author.clone(),
            staff_reference: words.staff_reference.clone(),
            post: words.post.clone(),
            permalink: words.permalink.clone(),
            language: words.language.clone(),
            consent: Consent::from_name(&words.consent).unwrap_or_default(),
            metadata: words.metadata.clone(),
        },
        ..Draft::new(source, now)
    }
}

fn score(words: &comment_revision::Model) -> Option<Score> {
    let scale = words.score_scale.as_deref().and_then(Scale::from_name)?;
    let value = words.score_value?;
    Some(Score { value, scale })
}

/// What "When was it?" may be answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Words for people to read.
    Words,
    /// A day, as a time on it that has passed.
    Day(DateTime<Utc>),
    /// A day that has not come yet, or lies before 2000.
    NeverWas,
}

/// Reads `2026-11-20` and `20.11.2026`; everything else is words. Noon stands for the day; what happened
/// today before noon happened when it came in.
#[must_use]
pub fn read_when(when: &str, zone: Tz, now: DateTime<Utc>) -> When {
    let when = when.trim();
    let day = ["%Y-%m-%d", "%d.%m.%Y"]
        .into_iter()
        .find_map(|format| NaiveDate::parse_from_str(when, format).ok());
    let Some(day) = day else { return When::Words };
    let today = now.with_timezone(&zone).date_naive();
    let year_2000 = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default();
    if day > today || day <= year_2000 {
        return When::NeverWas;
    }
    let noon = day.and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default());
    match noon.and_local_timezone(zone).earliest() {
        Some(noon) if noon <= now => When::Day(noon.with_timezone(&Utc)),
        _ => When::Words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> DateTime<Utc> {
        time.parse().unwrap()
    }

    #[test]
    fn a_token_of_another_shape_is_none() {
        let token = FormToken::random();
        assert_eq!(FormToken::parse(token.as_str()), Some(token));
        for given in ["", "9f2c", &"G".repeat(32), &"A".repeat(32), &"a".repeat(33)] {
            assert_eq!(FormToken::parse(given), None, "{given}");
        }
    }

    #[test]
    fn what_programs_see_of_a_comment_does_not_lead_to_its_receipt() {
        let (token, source) = (FormToken::random(), Uuid::now_v7());
        assert_ne!(token.external_id(), token.receipt(source).as_str());
        assert_ne!(token.external_id(), token.as_str());
        assert_ne!(token.receipt(source), token.receipt(Uuid::now_v7()));
    }

    #[test]
    fn a_day_is_noon_of_that_day_where_it_was() {
        let now = at("2026-11-21T12:00:00Z");
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(
            read_when(" 20.11.2026 ", berlin, now),
            When::Day(at("2026-11-20T11:00:00Z"))
        );
    }

    #[test]
    fn today_before_noon_says_the_same_whenever_it_is_sent() {
        let morning = at("2026-11-21T12:00:00Z");
        let new_york = chrono_tz::America::New_York;
        assert_eq!(read_when("2026-11-21", new_york, morning), When::Words);
    }

    #[test]
    fn a_day_to_come_and_a_day_long_gone_never_were() {
        let now = at("2026-11-21T12:00:00Z");
        for day in ["2026-11-22", "1999-12-31", "31.12.2999"] {
            assert_eq!(read_when(day, Tz::UTC, now), When::NeverWas, "{day}");
        }
    }

    #[test]
    fn saturday_before_lunch_is_words() {
        let now = at("2026-11-21T12:00:00Z");
        for when in ["Saturday, before lunch", "2026-13-40", "", "99.99.2026"] {
            assert_eq!(read_when(when, Tz::UTC, now), When::Words, "{when}");
        }
    }
}
