//! Thank-yous as an Atom feed (RFC 4287). Nothing in it is of the customers but their words.
use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use super::wall::Said;

/// A feed.
pub(super) struct Feed<'a> {
    pub(super) id: Uuid,
    pub(super) title: &'a str,
    pub(super) author: &'a str,
    pub(super) language: &'a str,
    pub(super) own_url: &'a str,
    pub(super) made: DateTime<Utc>,
    pub(super) entries: &'a [Entry<'a>],
}

/// One thank-you of it.
pub(super) struct Entry<'a> {
    pub(super) title: String,
    pub(super) said: &'a Said,
}

impl Feed<'_> {
    /// The document.
    pub(super) fn xml(&self) -> String {
        let updated = self.entries.iter().map(Entry::updated).max();
        let entries: String = self.entries.iter().map(Entry::xml).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{language}\">\n\
             <id>urn:uuid:{id}</id>\n<title>{title}</title>\n<updated>{updated}</updated>\n\
             <author><name>{author}</name></author>\n\
             <link rel=\"self\" type=\"application/atom+xml\" href=\"{own_url}\"/>\n\
             {entries}</feed>\n",
            language = escaped(self.language),
            id = self.id,
            title = escaped(self.title),
            updated = time(updated.unwrap_or(self.made)),
            author = escaped(self.author),
            own_url = escaped(self.own_url),
        )
    }
}

impl Entry<'_> {
    fn updated(&self) -> DateTime<Utc> {
        let row = &self.said.row;
        row.recognition.recognised_at.max(row.comment.1.received_at)
    }

    fn xml(&self) -> String {
        let language = self.said.row.comment.1.language.as_deref();
        let language = language.map(|tag| format!(" xml:lang=\"{}\"", escaped(tag)));
        format!(
            "<entry>\n<id>urn:uuid:{id}</id>\n<title>{title}</title>\n<updated>{updated}</updated>\n\
             <published>{published}</published>\n<content type=\"text\"{language}>{content}</content>\n</entry>\n",
            id = self.said.comment,
            title = escaped(&self.title),
            updated = time(self.updated()),
            published = time(self.said.row.recognition.occurred_at),
            language = language.unwrap_or_default(),
            content = escaped(&self.said.text),
        )
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Text for an element or a value, without what XML 1.0 cannot hold.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_left_out() {
        assert_eq!(
            escaped("a\u{1}<b>\u{ffff} & \"c\"\n"),
            "a&lt;b&gt; &amp; &quot;c&quot;\n"
        );
    }
}
