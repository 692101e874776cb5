//! Who wrote a mail, as it says.

/// Longest name and address that are kept.
const LONGEST: usize = 200;

/// A name, an address, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Correspondent {
    pub(super) name: Option<String>,
    /// In small letters.
    pub(super) address: Option<String>,
}

impl Correspondent {
    /// What stands behind `From:` where people or their mail programs copied it: `Ana <ana@x>`, `Ana [mailto:ana@x]`,
    /// `ana@x` or `Ana`.
    pub(super) fn read(written: &str) -> Correspondent {
        let start = written.find(['<', '[', '(']).unwrap_or(written.len());
        let (name, rest) = written.split_at(start);
        match (address_in(rest), address_in(name)) {
            (Some(address), _) => Correspondent::of(Some(name), Some(&address)),
            (None, Some(address)) => Correspondent::of(None, Some(&address)),
            (None, None) => Correspondent::of(Some(name), None),
        }
    }

    pub(super) fn of(name: Option<&str>, address: Option<&str>) -> Correspondent {
        let name = name.map(plain).filter(|name| !name.is_empty());
        let address = address.map(|address| plain(address).to_lowercase());
        Correspondent {
            name: name.filter(|name| Some(&name.to_lowercase()) != address.as_ref()),
            address: address.filter(|address| domain_of(address).is_some()),
        }
    }

    pub(super) fn domain(&self) -> Option<&str> {
        self.address.as_deref().and_then(domain_of)
    }
}

fn domain_of(address: &str) -> Option<&str> {
    let (local, domain) = address.rsplit_once('@')?;
    (!local.is_empty() && !domain.is_empty()).then_some(domain)
}

fn address_in(text: &str) -> Option<String> {
    let is_outside = |c: char| {
        c.is_whitespace() || matches!(c, '<' | '>' | '[' | ']' | '(' | ')' | '"' | '\'' | ',' | ';')
    };
    let words = text.split(is_outside);
    let mut addresses = words.map(|word| word.trim_start_matches("mailto:").trim_matches(['*', ':', '.']));
    addresses
        .find(|word| domain_of(word).is_some())
        .map(str::to_owned)
}

/// On one line, without quotes around it.
fn plain(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    let line = line.trim_matches(|c: char| matches!(c, '"' | '\'' | '*' | ',' | ' '));
    line.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_named_in_any_form_is_read() {
        for (written, name, address) in [
            ("Ana Poe <Ana@X.example>", Some("Ana Poe"), Some("ana@x.example")),
            (
                "\"Poe, Ana\" <mailto:ana@x.example>",
                Some("Poe, Ana"),
                Some("ana@x.example"),
            ),
            (
                "Ana Poe [mailto:ana@x.example]",
                Some("Ana Poe"),
                Some("ana@x.example"),
            ),
            ("ana@x.example <ana@x.example>", None, Some("ana@x.example")),
            ("ana@x.example", None, Some("ana@x.example")),
            ("* Ana Poe", Some("Ana Poe"), None),
            ("", None, None),
        ] {
            let read = Correspondent::read(written);
            assert_eq!(
                (read.name.as_deref(), read.address.as_deref()),
                (name, address),
                "{written}"
            );
        }
    }
}
