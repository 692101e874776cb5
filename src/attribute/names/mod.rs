//! Praised names that nobody at the site bears: found with each attribution and by what people decide, counted, put to
//! whoever leads the site, and read again once somebody said whose they are.
//!
//! Kept is where a name stands in which comment, and ids made of it with the installation's key, by which the same name
//! and the same customer are known again; the name itself is read out of the words while they are there.
pub mod again;
pub mod aim;
pub mod answer;
pub mod found;
pub mod list;

use entity::{comment, comment_revision, json::Span};
use uuid::Uuid;

use crate::platform::secret::Secrets;

/// Messages from which a name is shown …
pub const MESSAGES: i64 = 3;
/// … of so many customers; or as often as this decided to be the same person's.
pub const CUSTOMERS: i64 = 2;

/// The id of a name at a site: the same for the same letters, however they are written.
fn name_id(secrets: &Secrets, organisation: Uuid, site: Uuid, name: &str) -> Uuid {
    let key = domain::text::normal_form(name);
    keyed(
        secrets,
        &[
            b"unmet name",
            organisation.as_bytes(),
            site.as_bytes(),
            key.as_bytes(),
        ],
    )
}

/// Who wrote a comment, as far as they said so. Those who said nothing of themselves count as one for each source and
/// day, so that nobody makes a crowd of themselves.
fn customer_id(secrets: &Secrets, comment: &comment::Model, words: &comment_revision::Model) -> Uuid {
    let author = words.author.clone().unwrap_or_default();
    let said = author
        .external_id
        .or(author.contact)
        .or(author.handle)
        .or(author.name)
        .map(|said| said.trim().to_lowercase())
        .filter(|said| !said.is_empty())
        .unwrap_or_else(|| comment.occurred_at.date_naive().to_string());
    let parts = [
        b"customer".as_slice(),
        comment.organisation_id.as_bytes(),
        comment.source_id.as_bytes(),
        said.as_bytes(),
    ];
    keyed(secrets, &parts)
}

fn keyed(secrets: &Secrets, parts: &[&[u8]]) -> Uuid {
    let mac = secrets.fingerprint(parts.concat());
    let mut bytes = [0; 16];
    for (byte, made) in bytes.iter_mut().zip(mac) {
        *byte = made;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The stretch of a text, in code points.
fn stretch(text: &str, span: Span) -> String {
    let length = span.end.saturating_sub(span.start) as usize;
    text.chars().skip(span.start as usize).take(length).collect()
}

/// Whether a name has a word in common with what the customer calls themselves: then it is theirs, or their family's.
fn is_customers_own(name: &str, words: &comment_revision::Model) -> bool {
    let author = words.author.as_ref();
    let own = author
        .and_then(|author| author.name.as_deref())
        .unwrap_or_default();
    let own: Vec<String> = own.split_whitespace().map(domain::text::normal_form).collect();
    name.split_whitespace()
        .map(domain::text::normal_form)
        .any(|word| own.contains(&word))
}
