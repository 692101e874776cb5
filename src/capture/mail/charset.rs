//! Bytes of a mail become text. What a mail says of its own encoding is often wrong.
use chardetng::EncodingDetector;
use encoding_rs::{Encoding, UTF_8};

/// What it says is believed unless the bytes say otherwise.
pub(super) fn decode(bytes: &[u8], label: Option<&str>) -> String {
    if let Ok(text) = std::str::from_utf8(bytes)
        && is_utf8_after_all(bytes, label)
    {
        return text.trim_start_matches('\u{feff}').to_owned();
    }
    let said = label.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    if let Some(said) = said {
        let (text, _, is_broken) = said.decode(bytes);
        if !is_broken {
            return text.into_owned();
        }
    }
    let (text, _, _) = guess(bytes).decode(bytes);
    text.into_owned()
}

/// Letters beyond ASCII hardly ever form UTF-8 by chance; encodings with shifts and of two bytes are taken at their word.
fn is_utf8_after_all(bytes: &[u8], label: Option<&str>) -> bool {
    let said = label.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    match said {
        None => true,
        Some(said) if said == UTF_8 => true,
        Some(said) => !bytes.is_ascii() && said.is_single_byte(),
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new();
    detector.feed(bytes, true);
    detector.guess(None, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_that_is_not_the_one_it_says_is_found_out() {
        let latin = b"Danke, Frau M\xfcller! Gr\xfc\xdfe aus K\xf6ln";
        let meant = "Danke, Frau Müller! Grüße aus Köln";
        for label in [None, Some("utf-8"), Some("us-ascii"), Some("x-nonsense")] {
            assert_eq!(decode(latin, label), meant, "{label:?}");
        }
        for label in [None, Some("iso-8859-1"), Some("us-ascii"), Some("utf-8")] {
            assert_eq!(decode(meant.as_bytes(), label), meant, "{label:?}");
        }
        assert_eq!(decode(b"\x1b$B$\"\x1b(B", Some("iso-2022-jp")), "あ");
    }
}
