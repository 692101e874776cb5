//! Languages that pages and mails speak, and the catalogue files their sentences come from.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A language with a catalogue file of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    /// `templates/text/en.toml`, also what everybody gets whose language we do not speak.
    #[default]
    #[serde(rename = "en")]
    English,
    /// `templates/text/de.toml`.
    #[serde(rename = "de")]
    German,
}

impl Language {
    /// Every language, in the order in which pages offer them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The code that stands in `lang`, in `Accept-Language` and in file names.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language's name in itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language of a tag such as `de` or `de-AT`; none if we do not speak it.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| primary.eq_ignore_ascii_case(language.code()))
    }

    /// The best of our languages for an `Accept-Language` header (RFC 9110, 12.5.4), else English.
    pub fn choose(accept_language: &str) -> Self {
        let mut best = (Self::English, 0.0);
        for range in accept_language.split(',') {
            let (tag, quality) = weighted(range);
            match Self::of_tag(tag) {
                Some(language) if quality > best.1 => best = (language, quality),
                _ => {}
            }
        }
        best.0
    }
}

/// `de;q=0.8` → (`de`, 0.8); an unreadable weight counts as 0.
fn weighted(range: &str) -> (&str, f32) {
    let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
    match parameters.trim().strip_prefix("q=") {
        Some(quality) => (tag, quality.trim().parse().unwrap_or(0.0)),
        None => (tag, 1.0),
    }
}

/// A catalogue that cannot be used, or a sentence it does not have.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file is no TOML.
    #[error("{0}")]
    Unreadable(#[from] toml::de::Error),
    /// Catalogues hold tables of strings only.
    #[error("{0} must be a string in quotes or a table of strings")]
    NoText(String),
    /// A template asked for a sentence that is not there.
    #[error("the catalogue has no text {0:?}")]
    MissingKey(String),
    /// A sentence wants a value that the template did not hand over.
    #[error("the text {key:?} needs a value for {{{name}}}")]
    MissingValue {
        /// The sentence.
        key: String,
        /// The placeholder.
        name: String,
    },
}

/// The sentences of one language by dotted key.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    language: Language,
    texts: BTreeMap<String, String>,
}

/// A stretch of a sentence that has been filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What to show, not escaped.
    pub text: String,
    /// Whether the catalogue put it between asterisks.
    pub strong: bool,
}

impl Catalogue {
    /// Reads a catalogue file.
    pub fn parse(language: Language, toml: &str) -> Result<Self, CatalogueError> {
        let mut texts = BTreeMap::new();
        flatten("", &toml.parse()?, &mut texts)?;
        Ok(Self { language, texts })
    }

    /// Replaces texts by those of `other`, for instance of an installation's own file.
    pub fn overlay(&mut self, other: Self) {
        self.texts.extend(other.texts);
    }

    /// All keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// The raw text of a key, placeholders and asterisks included.
    pub fn raw(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// The sentence `key` with `values` put in. Where it has forms for one and for more, `n` among the values decides.
    pub fn pieces(&self, key: &str, values: &BTreeMap<String, String>) -> Result<Vec<Piece>, CatalogueError> {
        let text = self
            .form(key, values)
            .ok_or_else(|| CatalogueError::MissingKey(key.to_owned()))?;
        let mut pieces = Vec::new();
        for (at, stretch) in text.split('*').enumerate() {
            let text = self.fill(key, stretch, values)?;
            pieces.push(Piece {
                text,
                strong: at % 2 == 1,
            });
        }
        Ok(pieces)
    }

    /// Like [`Catalogue::pieces`], as one plain string.
    pub fn say(&self, key: &str, values: &BTreeMap<String, String>) -> Result<String, CatalogueError> {
        Ok(self
            .pieces(key, values)?
            .into_iter()
            .map(|piece| piece.text)
            .collect())
    }

    /// "Amina", "Amina and Daniel", "Amina, Daniel and Grace".
    pub fn list(&self, names: &[&str]) -> Result<String, CatalogueError> {
        match names {
            [] => Ok(String::new()),
            [one] => Ok((*one).to_owned()),
            [first @ .., last] => {
                let (first, last) = (first.join(", "), (*last).to_owned());
                let values = [("first", first), ("last", last)];
                let values = values.map(|(name, value)| (name.to_owned(), value));
                self.say("words.and", &values.into_iter().collect())
            }
        }
    }

    fn form(&self, key: &str, values: &BTreeMap<String, String>) -> Option<&str> {
        let form = if values.get("n").is_some_and(|n| n == "1") {
            "one"
        } else {
            "other"
        };
        self.raw(key).or_else(|| self.raw(&format!("{key}.{form}")))
    }

    fn fill(
        &self,
        key: &str,
        text: &str,
        values: &BTreeMap<String, String>,
    ) -> Result<String, CatalogueError> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            filled.push_str(before);
            filled.push_str(&self.value(key, name, values)?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// `{n}` is grouped by thousands, `{n_word}` spelt out up to twelve, `{N_word}` too with a capital.
    fn value(
        &self,
        key: &str,
        name: &str,
        values: &BTreeMap<String, String>,
    ) -> Result<String, CatalogueError> {
        let plain = name.strip_suffix("_word").map_or(name, |_| "n");
        let value = values.get(plain).ok_or_else(|| CatalogueError::MissingValue {
            key: key.to_owned(),
            name: name.to_owned(),
        })?;
        Ok(match name {
            "n" => grouped(value, self.language),
            "n_word" => self.number_word(value),
            "N_word" => capitalised(&self.number_word(value)),
            _ => value.clone(),
        })
    }

    fn number_word(&self, number: &str) -> String {
        self.raw(&format!("number.{number}"))
            .map_or_else(|| grouped(number, self.language), str::to_owned)
    }
}

fn flatten(
    prefix: &str,
    table: &toml::Table,
    texts: &mut BTreeMap<String, String>,
) -> Result<(), CatalogueError> {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            toml::Value::String(text) => {
                texts.insert(key, text.clone());
            }
            toml::Value::Table(inner) => flatten(&key, inner, texts)?,
            _ => return Err(CatalogueError::NoText(key)),
        }
    }
    Ok(())
}

/// `12345` → `12,345` in English, `12.345` in German; anything but digits stays as it is.
fn grouped(number: &str, language: Language) -> String {
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return number.to_owned();
    }
    let separator = match language {
        Language::English => ',',
        Language::German => '.',
    };
    let mut text = String::new();
    for (at, digit) in number.chars().enumerate() {
        if at > 0 && (number.len() - at).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

pub(super) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn english(toml: &str) -> Catalogue {
        Catalogue::parse(Language::English, toml).unwrap()
    }

    #[test]
    fn the_heaviest_language_we_speak_is_chosen() {
        assert_eq!(
            Language::choose("fr-FR, fr;q=0.9, de-AT;q=0.8, en;q=0.2"),
            Language::German
        );
        assert_eq!(Language::choose("de;q=0.3,en-GB;q=0.7"), Language::English);
    }

    #[test]
    fn an_unknown_or_broken_header_means_english() {
        for header in ["", "fr", "*", "de;q=0", "de;q=x", ";;;,,", "deutsch"] {
            assert_eq!(Language::choose(header), Language::English, "{header}");
        }
    }

    #[test]
    fn one_and_more_have_their_own_sentence() {
        let catalogue = english("[wait]\none = \"One waits.\"\nother = \"{N_word} wait.\"");
        assert_eq!(
            catalogue.say("wait", &values(&[("n", "1")])).unwrap(),
            "One waits."
        );
        assert_eq!(
            catalogue.say("wait", &values(&[("n", "1234")])).unwrap(),
            "1,234 wait."
        );
    }

    #[test]
    fn a_value_cannot_bring_placeholders_or_emphasis_of_its_own() {
        let catalogue = english("to = \"To *{site}*.\"");
        let pieces = catalogue.pieces("to", &values(&[("site", "*{n}*")])).unwrap();
        assert_eq!(
            pieces[1],
            Piece {
                text: "*{n}*".to_owned(),
                strong: true
            }
        );
        assert_eq!(pieces.len(), 3);
    }

    #[test]
    fn names_are_listed_as_people_say_them() {
        let catalogue = english("[words]\nand = \"{first} and {last}\"");
        let list = |names: &[&str]| catalogue.list(names).unwrap();
        assert_eq!(list(&[]), "");
        assert_eq!(list(&["Amina"]), "Amina");
        assert_eq!(list(&["Amina", "Daniel"]), "Amina and Daniel");
        assert_eq!(list(&["Amina", "{last}", "Grace"]), "Amina, {last} and Grace");
    }

    #[test]
    fn a_missing_text_or_value_is_named() {
        let catalogue = english("to = \"To {site}.\"");
        assert!(
            catalogue
                .say("from", &values(&[]))
                .unwrap_err()
                .to_string()
                .contains("\"from\"")
        );
        assert!(
            catalogue
                .say("to", &values(&[]))
                .unwrap_err()
                .to_string()
                .contains("{site}")
        );
    }

    #[test]
    fn a_list_in_a_catalogue_is_refused() {
        let error = Catalogue::parse(Language::English, "a = [1]").unwrap_err();
        assert!(error.to_string().starts_with("a must be"));
    }
}
