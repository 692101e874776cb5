//! A form as browsers send it without a script: `application/x-www-form-urlencoded`.
use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// What was typed, field by field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<(String, Written)>);

/// What was typed into one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// As typed; what could not be read stands as U+FFFD.
    pub text: String,
    /// Whether all of it could be read and kept: UTF-8 without NUL.
    pub is_whole: bool,
}

impl Fields {
    /// Reads a body; what is no form has no fields.
    pub(crate) fn read(body: &[u8]) -> Fields {
        let body = String::from_utf8_lossy(body);
        let pairs = body.split('&').filter(|pair| !pair.is_empty());
        Fields(pairs.map(pair).collect())
    }

    /// What was typed into a field; nothing where the form has none of that name.
    pub(crate) fn get(&self, name: &str) -> Written {
        let found = self.0.iter().find(|(known, _)| known == name);
        let nothing = Written {
            text: String::new(),
            is_whole: true,
        };
        found.map_or(nothing, |(_, written)| written.clone())
    }

    /// Everything that was given for a field, such as ticked boxes of one name.
    pub(crate) fn all(&self, name: &str) -> Vec<Written> {
        let found = self.0.iter().filter(|(known, _)| known == name);
        found.map(|(_, written)| written.clone()).collect()
    }
}

fn pair(pair: &str) -> (String, Written) {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    (decode(name).text, decode(value))
}

/// Line ends travel as CR LF, whatever was typed (HTML, "form submission").
fn decode(value: &str) -> Written {
    let value = value.replace('+', " ");
    let bytes: Cow<'_, [u8]> = percent_decode_str(&value).into();
    let text = String::from_utf8_lossy(&bytes);
    let is_whole = matches!(text, Cow::Borrowed(_)) && !text.contains('\0') && !value.contains('\u{fffd}');
    Written {
        text: text.replace("\r\n", "\n").replace('\0', "\u{fffd}"),
        is_whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_out_as_it_was_typed() {
        let fields = Fields::read("words=Tom+%26+J%C3%BCrgen%0D%0A100%25%2B&who=".as_bytes());
        assert_eq!(fields.get("words").text, "Tom & Jürgen\n100%+");
        assert!(fields.get("words").is_whole);
        assert_eq!(fields.get("who").text, "");
        assert!(fields.get("missing").is_whole);
    }

    #[test]
    fn what_is_no_utf_8_and_what_no_database_keeps_is_noticed() {
        for body in [
            &b"words=a%FFb"[..],
            b"words=a%00b",
            b"words=a\xffb",
            b"words=%ED%A0%80",
        ] {
            let written = Fields::read(body).get("words");
            assert!(!written.is_whole, "{body:?}");
            assert!(written.text.contains('\u{fffd}') && !written.text.contains('\0'));
        }
    }

    #[test]
    fn a_replacement_character_that_the_customer_sends_again_is_theirs() {
        assert!(Fields::read(b"words=a%EF%BF%BDb").get("words").is_whole);
    }
}
