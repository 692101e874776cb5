//! A mail is taken apart: who, when, what text. Attachments are passed over.
use chrono::{DateTime, Utc};
use mail_parser::{
    Address, HeaderName, Message, MessageParser, MessagePart, MimeHeaders, PartType, decoders,
};

use super::{charset::decode, correspondent::Correspondent, html, phrases::PHRASES};

/// Parts and messages within a mail; more is no mail that a person writes.
const MOST_PARTS: usize = 500;
/// Text that is looked at: what its author wrote stands in front of what they quote.
const READ: usize = 512 * 1024;
/// Lines of the head that are looked at.
const MOST_FIELDS: usize = 500;

/// A mail as far as it matters here.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    pub(super) message_id: Option<String>,
    pub(super) from: Option<Correspondent>,
    pub(super) has_one_author: bool,
    pub(super) sent_at: Option<DateTime<Utc>>,
    pub(super) subject: String,
    pub(super) text: String,
    /// Such as `multipart/report`.
    pub(super) media_type: String,
    pub(super) is_invitation: bool,
    fields: Vec<(String, String)>,
    /// A mail that is attached to it.
    pub(super) attached: Option<Box<Mail>>,
}

/// Why bytes are no mail that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It does not begin as mails do.
    #[error("it is no mail: it does not begin with lines such as From: and Date: (RFC 5322)")]
    NoMail,
    /// Nobody sends such.
    #[error("it has more than {MOST_PARTS} parts")]
    TooManyParts,
}

/// Takes a mail apart.
pub fn open(raw: &[u8]) -> Result<Mail, Unreadable> {
    if has_too_many_parts(raw) {
        return Err(Unreadable::TooManyParts);
    }
    // Parts are decoded below: the parser would take what it decodes apart again, however deep that is.
    let parser = MessageParser::new()
        .with_mime_headers()
        .with_date_headers()
        .with_address_headers()
        .with_message_ids()
        .header_text(HeaderName::Subject)
        .header_content_type(HeaderName::ContentTransferEncoding);
    let message = parser.parse(raw).ok_or(Unreadable::NoMail)?;
    let mail = read(&message, raw);
    let is_mail = mail.from.is_some() || mail.message_id.is_some() || mail.sent_at.is_some();
    take_apart(message);
    is_mail.then_some(mail).ok_or(Unreadable::NoMail)
}

/// No deeper than this many parts can it be.
fn has_too_many_parts(raw: &[u8]) -> bool {
    let name = b"content-type";
    let named = raw
        .windows(name.len())
        .filter(|window| window.eq_ignore_ascii_case(name));
    named.take(MOST_PARTS + 1).count() > MOST_PARTS
}

/// Messages within messages are dropped one after the other, not one within the other.
fn take_apart(message: Message<'_>) {
    let mut left = vec![message];
    while let Some(message) = left.pop() {
        let bodies = message.parts.into_iter().map(|part| part.body);
        left.extend(bodies.filter_map(|body| match body {
            PartType::Message(within) => Some(within),
            _ => None,
        }));
    }
}

fn read(message: &Message<'_>, raw: &[u8]) -> Mail {
    let mut mail = head(message);
    mail.text = text(message, raw);
    let attached = message.attachments().find_map(MessagePart::message);
    mail.attached = attached.map(|within| {
        let mut inner = head(within);
        inner.text = text(within, raw);
        Box::new(inner)
    });
    mail
}

fn head(message: &Message<'_>) -> Mail {
    let authors = message.from().map(Address::iter).into_iter().flatten().count();
    let author = message.from().and_then(Address::first);
    let sent_at = message.date().filter(|date| date.is_valid());
    let fields = message.headers_raw().take(MOST_FIELDS);
    Mail {
        message_id: message.message_id().map(str::to_owned),
        from: author.map(|author| Correspondent::of(author.name.as_deref(), author.address.as_deref())),
        has_one_author: authors == 1 && message.header_values(HeaderName::From).count() == 1,
        sent_at: sent_at.and_then(|date| DateTime::from_timestamp(date.to_timestamp(), 0)),
        subject: message.subject().unwrap_or_default().trim().to_owned(),
        media_type: media_type(message.parts.first()),
        is_invitation: message
            .parts
            .iter()
            .any(|part| media_type(Some(part)) == "text/calendar"),
        fields: fields
            .map(|(name, value)| (name.to_lowercase(), unfolded(value)))
            .collect(),
        ..Mail::default()
    }
}

fn media_type(part: Option<&MessagePart<'_>>) -> String {
    let found = part.and_then(MimeHeaders::content_type);
    found.map_or_else(String::new, |found| {
        format!("{}/{}", found.ctype(), found.subtype().unwrap_or_default()).to_lowercase()
    })
}

fn unfolded(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The plain text, or what the HTML says where there is none worth the name.
fn text(message: &Message<'_>, raw: &[u8]) -> String {
    let plain = bodies(message, &message.text_body, raw);
    if !PHRASES.is_placeholder(&plain) {
        return plain;
    }
    let html = bodies(message, &message.html_body, raw);
    match html.trim().is_empty() {
        true => format!("{plain}\n\n{}", bodies(message, &unfinished(message), raw)),
        false => html,
    }
}

/// Texts of a mail that breaks off, which the parser counts among what is attached.
fn unfinished(message: &Message<'_>) -> Vec<u32> {
    let is_text = |id: &&u32| {
        let part = message.part(**id).filter(|part| part.is_encoding_problem);
        part.is_some_and(|part| matches!(media_type(Some(part)).as_str(), "text/plain" | "text/html"))
    };
    message.attachments.iter().filter(is_text).copied().collect()
}

fn bodies(message: &Message<'_>, ids: &[u32], raw: &[u8]) -> String {
    let parts = ids.iter().filter_map(|id| message.part(*id));
    let texts = parts.filter_map(|part| match part.body {
        PartType::Text(_) if media_type(Some(part)) != "text/html" => Some(plain(part, raw)),
        PartType::Text(_) | PartType::Html(_) => Some(html::to_text(&decoded(part, raw))),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n\n")
}

fn plain(part: &MessagePart<'_>, raw: &[u8]) -> String {
    let text = decoded(part, raw);
    let text = text.get(..text.floor_char_boundary(READ)).unwrap_or_default();
    let kind = part.content_type();
    let says = |name: &str, value: &str| {
        let said = kind.and_then(|kind| kind.attribute(name));
        said.is_some_and(|said| said.eq_ignore_ascii_case(value))
    };
    match says("format", "flowed") {
        true => reflowed(text, says("delsp", "yes")),
        false => text.to_owned(),
    }
}

fn decoded(part: &MessagePart<'_>, raw: &[u8]) -> String {
    let (start, end) = (part.offset_body as usize, part.offset_end as usize);
    let bytes = raw.get(start..end).unwrap_or_default();
    let encoding = part
        .headers
        .iter()
        .find(|header| header.name == HeaderName::ContentTransferEncoding);
    let encoding = encoding.and_then(|header| header.value.as_content_type());
    let undone = match encoding.map(mail_parser::ContentType::ctype) {
        Some(name) if name.eq_ignore_ascii_case("base64") => decoders::base64::base64_decode(bytes),
        Some(name) if name.eq_ignore_ascii_case("quoted-printable") => {
            decoders::quoted_printable::quoted_printable_decode(bytes)
        }
        _ => None,
    };
    let label = part.content_type().and_then(|kind| kind.attribute("charset"));
    decode(undone.as_deref().unwrap_or(bytes), label)
}

/// Paragraphs that were broken for transport are whole again (RFC 3676).
fn reflowed(text: &str, deletes_space: bool) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut open = None;
    for line in text.lines() {
        let depth = line.chars().take_while(|c| *c == '>').count();
        let words = line.get(depth..).unwrap_or_default();
        let words = words.strip_prefix(' ').unwrap_or(words);
        let is_signature = words == "-- ";
        if open != Some(depth) || is_signature {
            if open.is_some() {
                whole.push('\n');
            }
            whole.push_str(&">".repeat(depth));
            whole.push_str(if depth > 0 { " " } else { "" });
        }
        let flows = words.ends_with(' ') && !is_signature;
        whole.push_str(if flows && deletes_space {
            words.strip_suffix(' ').unwrap_or(words)
        } else {
            words
        });
        open = flows.then_some(depth);
        if !flows {
            whole.push('\n');
        }
    }
    whole
}

impl Mail {
    /// The values of a field of the head, from the top.
    pub(super) fn fields<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.fields.iter().filter(move |(field, _)| field == name);
        named.map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.fields(name).next().is_some()
    }
}
