//! The file to take along. What is signed is the text of `payload`, byte for byte, as it stands in the file: whoever checks
//! it needs no rule for how JSON is written.
use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{comment::State, comment_revision::Consent, organisation, staff_member};
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::thanked::{self, Thanked};
use crate::{ledger::feed::Shown, platform::signing::Signing, roster::staff::full_name, said};

/// What the payload says it is: nothing else that this key signs can be taken for a record.
pub const KIND: &str = "plaudit.record";
/// The form of the payload.
pub const VERSION: u32 = 1;
/// Room for thank-yous, in bytes of JSON. Older ones beyond are counted and not told.
const ROOM: usize = 256 * 1024;
/// So many are read at once.
const AT_ONCE: usize = 200;

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Signed {
    /// A [`Record`] as JSON: this very text is signed.
    pub payload: String,
    /// Ed25519, in base64.
    pub signature: String,
    /// The installation's key, in base64.
    pub public_key: String,
}

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// [`KIND`].
    pub kind: String,
    /// [`VERSION`].
    pub version: u32,
    /// The address of the installation.
    pub issued_by: String,
    /// When.
    pub issued_at: DateTime<Utc>,
    /// The organisation's name.
    pub organisation: String,
    /// The person's name.
    pub person: String,
    /// From the first thank-you to the latest; none where there is none.
    pub period: Option<Period>,
    /// How many.
    pub counts: Counts,
    /// The thank-yous, newest first.
    pub thanks: Vec<Thanks>,
    /// How many older ones found no room.
    pub not_listed: u64,
}

/// Days, both within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The first.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
}

/// How many thank-yous.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// In all.
    pub all: u64,
    /// In each year.
    pub years: BTreeMap<i32, u64>,
}

/// One thank-you. Of the customer it holds nothing but their words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thanks {
    /// The recognition.
    pub id: Uuid,
    /// The day on which it counts.
    pub on: NaiveDate,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The words, where their customer made them public and they may leave the pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// In which language they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// A public post's id at its network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_id: Option<String>,
    /// A public post's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// Whether the words may leave the pages: their customer lets anybody read them, nobody looks at them still, and their network
/// does not want them shown as they are.
#[must_use]
pub fn may_leave(shown: &Shown) -> bool {
    let (comment, words) = &shown.comment;
    words.consent == Consent::Public.name()
        && matches!(comment.state, State::Triage | State::Done)
        && !said::is_word_for_word(&shown.source)
}

/// What a person may take along.
pub async fn record(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    person: &staff_member::Model,
    (issued_by, issued_at): (&str, DateTime<Utc>),
) -> Result<Record, DbErr> {
    let thanked = thanked::of(connection, organisation.id, person.id).await?;
    let thanks = listed(connection, organisation.id, &thanked).await?;
    let all = thanked.len() as u64;
    let period = thanked.first().zip(thanked.last());
    Ok(Record {
        kind: KIND.to_owned(),
        version: VERSION,
        issued_by: issued_by.to_owned(),
        issued_at,
        organisation: organisation.name.clone(),
        person: full_name(person),
        period: period.map(|(first, last)| Period {
            from: first.on,
            to: last.on,
        }),
        counts: Counts {
            all,
            years: thanked::by_year(&thanked),
        },
        not_listed: all.saturating_sub(thanks.len() as u64),
        thanks,
    })
}

async fn listed(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    thanked: &[Thanked],
) -> Result<Vec<Thanks>, DbErr> {
    let newest: Vec<Thanked> = thanked.iter().rev().copied().collect();
    let (mut listed, mut left) = (Vec::new(), ROOM);
    for some in newest.chunks(AT_ONCE) {
        for shown in thanked::with_words(connection, organisation, some).await? {
            let thanks = thanks(&shown);
            let size = serde_json::to_vec(&thanks).map_or(ROOM, |json| json.len());
            let Some(after) = left.checked_sub(size) else {
                return Ok(listed);
            };
            left = after;
            listed.push(thanks);
        }
    }
    Ok(listed)
}

fn thanks(shown: &Shown) -> Thanks {
    let (comment, words) = &shown.comment;
    let text = said::thanks::thanks(&shown.source, (comment, words), &shown.verdict)
        .filter(|_| may_leave(shown))
        .map(|thanks| thanks.text);
    let post = said::post(&shown.source, words);
    Thanks {
        id: shown.recognition.id,
        on: shown.recognition.occurred_on,
        site: shown.site.as_ref().map(|site| site.name.clone()),
        language: words.language.clone().filter(|_| text.is_some()),
        words: text,
        post_id: comment.external_id.clone().filter(|_| post.is_some()),
        link: post.map(|post| post.url),
    }
}

/// Signs a record: the file as it is handed out.
pub fn sign(record: &Record, key: &Signing) -> Result<Vec<u8>, serde_json::Error> {
    let payload = serde_json::to_string(record)?;
    let signed = Signed {
        signature: STANDARD.encode(key.sign(payload.as_bytes())),
        public_key: STANDARD.encode(key.public().bytes()),
        payload,
    };
    let mut file = serde_json::to_vec_pretty(&signed)?;
    file.push(b'\n');
    Ok(file)
}
