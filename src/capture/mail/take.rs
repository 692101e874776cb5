//! Whose words a mail brings.
use chrono::{DateTime, Utc};
use entity::{json::Author, source};
use sha2::{Digest, Sha256};

use super::{
    authentic::is_authentic,
    automatic::{Own, Skipped, why_skipped},
    cut,
    layers::{Layer, Way, layers},
    open::Mail,
    people::People,
    phrases::PHRASES,
    settings::Settings,
};
use crate::capture::{
    draft::{Draft, FIELD_LIMIT, Words},
    import::Notify,
};
use crate::platform::text_file::hex;

/// What a mail comes to.
#[derive(Clone, Debug)]
pub enum Taken {
    /// A customer's words.
    Said(Box<Draft>),
    /// No customer's.
    Skipped(Skipped),
}

/// Whose words these are, and whether that was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    Verified,
    Unverified,
    Forwarded,
}

/// Finds the customer's words.
#[must_use]
pub fn take(mail: &Mail, source: &source::Model, people: &People, own: &Own, now: DateTime<Utc>) -> Taken {
    if let Some(why) = why_skipped(mail, own) {
        return Taken::Skipped(why);
    }
    let settings = Settings::of(source);
    let layers = layers(mail);
    let found = find(&layers, people, &settings, own);
    let (layer, text) = match found {
        Ok(found) => found,
        Err(why) => return Taken::Skipped(why),
    };
    let sender = match layer.way {
        Way::Written if is_authentic(mail, &settings.trusted_servers) => Sender::Verified,
        Way::Written => Sender::Unverified,
        Way::Forwarded | Way::Quoted => Sender::Forwarded,
    };
    Taken::Said(Box::new(draft(mail, source, layer, text, sender, now)))
}

/// The outermost words of somebody who is not of the house.
fn find<'a>(
    layers: &'a [Layer],
    people: &People,
    settings: &Settings,
    own: &Own,
) -> Result<(&'a Layer, String), Skipped> {
    let is_ours = |layer: &Layer| {
        let address = layer.from.as_ref().and_then(|from| from.address.as_deref());
        address.is_some_and(|address| own.is_address(address))
    };
    let is_staff = |layer: &&Layer| {
        layer
            .from
            .as_ref()
            .is_some_and(|from| people.has(from, &settings.own_domains))
    };
    let outer = layers.first().filter(|layer| !is_staff(layer));
    // What a customer quotes is no news, but what they send on without a word of their own is.
    let is_forward = layers.iter().any(|layer| layer.way == Way::Forwarded);
    if let Some(outer) = outer {
        let text = said(outer);
        if !text.is_empty() || !is_forward {
            return some(outer, text);
        }
    } else if !is_forward {
        return Err(Skipped::Staff);
    }
    if layers.iter().any(is_ours) {
        return Err(Skipped::Ours);
    }
    let within = layers.iter().skip(1).filter(|layer| !is_staff(layer));
    let mut said = within
        .map(|layer| (layer, said(layer)))
        .filter(|(_, text)| !text.is_empty());
    said.next().ok_or(if outer.is_some() {
        Skipped::Blank
    } else {
        Skipped::Staff
    })
}

fn some(layer: &Layer, text: String) -> Result<(&Layer, String), Skipped> {
    match text.is_empty() {
        true => Err(Skipped::Blank),
        false => Ok((layer, text)),
    }
}

/// The words, below the subject where their author chose it.
fn said(layer: &Layer) -> String {
    let text = cut::words(&layer.lines);
    let subject = layer.subject.as_deref().unwrap_or_default().trim();
    let is_own = !PHRASES.is_answer(subject) && !PHRASES.is_forward(subject);
    if subject.is_empty() || !is_own || text.to_lowercase().contains(&subject.to_lowercase()) {
        return text;
    }
    match text.is_empty() {
        true => subject.to_owned(),
        false => format!("{subject}\n\n{text}"),
    }
}

fn draft(
    mail: &Mail,
    source: &source::Model,
    layer: &Layer,
    text: String,
    sender: Sender,
    now: DateTime<Utc>,
) -> Draft {
    let from = layer.from.clone().unwrap_or_default();
    let contact = from.address.filter(|_| sender == Sender::Verified);
    let author = Author {
        name: from.name,
        contact,
        ..Author::default()
    };
    let is_named = author != Author::default();
    let sent_at = layer.sent_at.or(mail.sent_at).filter(|at| is_plausible(*at, now));
    Draft {
        idempotency_key: Some(key(mail)),
        occurred_at: sent_at,
        tell: Notify::Recent.tell(sent_at.unwrap_or(now), now),
        words: Words {
            text,
            author: is_named.then_some(author),
            metadata: Some(serde_json::json!({ "sender": sender.code() })),
            ..Words::default()
        },
        ..Draft::new(source, now)
    }
}

/// Within a source the same mail is the same comment, by whichever way it comes. Nobody who knows the id can put other words in its place,
/// as an external id would let them.
fn key(mail: &Mail) -> String {
    let id = mail
        .message_id
        .as_deref()
        .map(str::trim)
        .filter(|id| !id.is_empty());
    let id = id.filter(|id| id.chars().count() <= FIELD_LIMIT && !id.contains('\0'));
    id.map_or_else(|| hash(mail), str::to_owned)
}

fn hash(mail: &Mail) -> String {
    let mut hash = Sha256::new();
    let from = mail.from.as_ref().and_then(|from| from.address.as_deref());
    let sent_at = mail.sent_at.map(|at| at.to_rfc3339()).unwrap_or_default();
    for part in [from.unwrap_or_default(), &sent_at, &mail.subject, &mail.text] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

fn is_plausible(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at <= now && at.timestamp() >= 946_684_800
}

impl Sender {
    fn code(self) -> &'static str {
        match self {
            Sender::Verified => "verified",
            Sender::Unverified => "unverified",
            Sender::Forwarded => "forwarded",
        }
    }
}
