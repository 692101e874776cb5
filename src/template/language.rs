//! Languages that pages and mails speak: a catalogue file for each, and what icu knows of its numbers and lists.
use std::collections::BTreeMap;
use std::fmt;

use icu_decimal::{
    DecimalFormatter, DecimalFormatterPreferences,
    input::Decimal,
    options::{DecimalFormatterOptions, GroupingStrategy},
};
use icu_list::{ListFormatter, options::ListFormatterOptions};
use icu_locale_core::{Locale, subtags};
use icu_plurals::{PluralCategory, PluralRuleType, PluralRules};
use serde::{Serialize, Serializer};

/// The language of a catalogue file, by the code of two or three letters in the file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(subtags::Language);

impl Language {
    /// `templates/text/en.toml`: complete by definition, and what everybody gets whose language has no catalogue.
    pub const ENGLISH: Self = Self(subtags::language!("en"));

    /// The language of a tag such as `de` or `de-AT`, whether or not there is a catalogue.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        let language = primary.parse().ok().map(Self)?;
        (language.0 != subtags::Language::UNKNOWN).then_some(language)
    }

    /// The code that stands in `lang`, in `Accept-Language` and in file names.
    pub fn code(&self) -> &str {
        self.0.as_str()
    }
}

impl Default for Language {
    fn default() -> Self {
        Self::ENGLISH
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// The best of `spoken` for an `Accept-Language` header (RFC 9110, 12.5.4), if any is wanted.
pub(super) fn choose(accept_language: &str, spoken: impl Fn(Language) -> bool) -> Option<Language> {
    let mut best = (None, 0.0);
    for range in accept_language.split(',') {
        let (tag, quality) = weighted(range);
        match Language::of_tag(tag).filter(|language| spoken(*language)) {
            Some(language) if quality > best.1 => best = (Some(language), quality),
            _ => {}
        }
    }
    best.0
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
    /// English has texts that this catalogue lacks.
    #[error("{count} texts are missing, the first is {first:?}: write all that text/en.toml has")]
    Incomplete {
        /// How many.
        count: usize,
        /// One of them.
        first: String,
    },
    /// A sentence has values that the English one does not.
    #[error("the text {key:?} has the values {theirs}, but text/en.toml has {ours}")]
    OtherValues {
        /// The sentence.
        key: String,
        /// The values there should be.
        ours: String,
        /// The values there are.
        theirs: String,
    },
    /// It names no locale that there could be.
    #[error("language.locale must be a tag such as \"en-GB\"; it is {0:?}")]
    NoLocale(String),
    /// What icu has for the language cannot be read.
    #[error("{0}")]
    Icu(#[from] icu_provider::DataError),
    /// What icu has for its dates cannot be read.
    #[error("{0}")]
    Dates(#[from] icu_datetime::DateTimeFormatterLoadError),
    /// A sentence wants a value that the template did not hand over.
    #[error("the text {key:?} needs a value for {{{name}}}")]
    MissingValue {
        /// The sentence.
        key: String,
        /// The placeholder.
        name: String,
    },
}

/// The sentences of one language by dotted key. What the table `language` says of the language itself: its `name`, its
/// `locale` for dates and plurals, and the `direction` in which it is written.
#[derive(Clone, Debug)]
pub struct Catalogue {
    texts: BTreeMap<String, String>,
    locale: Locale,
}

/// A stretch of a sentence that has been filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What to show, not escaped.
    pub text: String,
    /// Whether the catalogue put it between asterisks.
    pub strong: bool,
}

/// The forms that a text may have for numbers, as CLDR names them.
const FORMS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

impl Catalogue {
    /// Reads a catalogue file.
    pub fn parse(toml: &str) -> Result<Self, CatalogueError> {
        let mut texts = BTreeMap::new();
        flatten("", &toml.parse()?, &mut texts)?;
        let mut read = Self {
            texts,
            locale: Locale::UNKNOWN,
        };
        read.find_locale()?;
        Ok(read)
    }

    /// Says its code too, as `language.code`.
    pub(super) fn named(mut self, language: Language) -> Self {
        self.texts
            .insert("language.code".to_owned(), language.to_string());
        self
    }

    /// Replaces texts by those of `other`, for instance of an installation's own file.
    pub fn overlay(&mut self, other: Self) -> Result<(), CatalogueError> {
        self.texts.extend(other.texts);
        self.find_locale()
    }

    fn find_locale(&mut self) -> Result<(), CatalogueError> {
        let Some(tag) = self.raw("language.locale") else {
            return Ok(());
        };
        self.locale = tag
            .parse()
            .map_err(|_| CatalogueError::NoLocale(tag.to_owned()))?;
        Ok(())
    }

    /// Whether every text of `english` is here, with the same values.
    pub fn check_against(&self, english: &Self) -> Result<(), CatalogueError> {
        let (ours, theirs) = (english.values_by_text(), self.values_by_text());
        let mut missing = ours.keys().filter(|key| !theirs.contains_key(**key));
        if let Some(first) = missing.next() {
            return Err(CatalogueError::Incomplete {
                count: missing.count() + 1,
                first: (*first).to_owned(),
            });
        }
        for (key, ours) in ours {
            let theirs = theirs.get(key).map(String::as_str).unwrap_or_default();
            if ours != theirs {
                return Err(CatalogueError::OtherValues {
                    key: key.to_owned(),
                    ours,
                    theirs: theirs.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Keys without the form for numbers, each with the values that its text (the one for any number) is given.
    fn values_by_text(&self) -> BTreeMap<&str, String> {
        let texts = self.texts.iter().filter(|(key, _)| {
            let form = key.rsplit_once('.').map_or("", |(_, form)| form);
            form == "other" || !FORMS.contains(&form)
        });
        texts
            .map(|(key, text)| (without_form(key), values_of(text)))
            .collect()
    }

    /// All keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// The raw text of a key, placeholders and asterisks included.
    pub fn raw(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// The locale for dates and numbers.
    pub(super) fn locale(&self) -> &Locale {
        &self.locale
    }

    /// The sentence `key` with `values` put in. Where it has forms for numbers, `n` among the values decides.
    pub fn pieces(&self, key: &str, values: &BTreeMap<String, String>) -> Result<Vec<Piece>, CatalogueError> {
        let text = self
            .form(key, values)?
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
        let list = ListFormatter::try_new_and((&self.locale).into(), ListFormatterOptions::default())?;
        Ok(list.format_to_string(names.iter()))
    }

    fn form(&self, key: &str, values: &BTreeMap<String, String>) -> Result<Option<&str>, CatalogueError> {
        if let Some(text) = self.raw(key) {
            return Ok(Some(text));
        }
        let number = values.get("n").and_then(|n| n.parse::<u64>().ok());
        let form = match number {
            Some(number) => name_of(self.plurals()?.category_for(number)),
            None => "other",
        };
        let text = self.raw(&format!("{key}.{form}"));
        Ok(text.or_else(|| self.raw(&format!("{key}.other"))))
    }

    fn plurals(&self) -> Result<PluralRules, CatalogueError> {
        Ok(PluralRules::try_new(
            (&self.locale).into(),
            PluralRuleType::Cardinal.into(),
        )?)
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
        let value = values
            .get(plain(name))
            .ok_or_else(|| CatalogueError::MissingValue {
                key: key.to_owned(),
                name: name.to_owned(),
            })?;
        Ok(match name {
            "n" => self.grouped(value)?,
            "n_word" => self.number_word(value)?,
            "N_word" => capitalised(&self.number_word(value)?),
            _ => value.clone(),
        })
    }

    fn number_word(&self, number: &str) -> Result<String, CatalogueError> {
        match self.raw(&format!("number.{number}")) {
            Some(word) => Ok(word.to_owned()),
            None => self.grouped(number),
        }
    }

    /// `98.8` → `98,8` in German; anything but a number stays as it is.
    pub(super) fn decimal(&self, number: &str) -> Result<String, CatalogueError> {
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let Some(parsed) = number.parse::<Decimal>().ok().filter(|_| is_plain) else {
            return Ok(number.to_owned());
        };
        let preferences = DecimalFormatterPreferences::from(&self.locale);
        // It stands in fields too, where it is read again.
        let options = DecimalFormatterOptions::from(GroupingStrategy::Never);
        Ok(DecimalFormatter::try_new(preferences, options)?.format_to_string(&parsed))
    }

    /// `12345` → `12,345` in English, `12.345` in German; anything but a number stays as it is.
    fn grouped(&self, number: &str) -> Result<String, CatalogueError> {
        let Ok(parsed) = number.parse::<i64>() else {
            return Ok(number.to_owned());
        };
        let preferences = DecimalFormatterPreferences::from(&self.locale);
        let decimal = DecimalFormatter::try_new(preferences, DecimalFormatterOptions::default())?;
        Ok(decimal.format_to_string(&parsed.into()))
    }
}

fn name_of(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

/// The key of a text without the form for a number.
pub(super) fn without_form(key: &str) -> &str {
    match key.rsplit_once('.') {
        Some((text, form)) if FORMS.contains(&form) => text,
        _ => key,
    }
}

fn plain(name: &str) -> &str {
    name.strip_suffix("_word").map_or(name, |_| "n")
}

/// The placeholders of a text in order: `{n}, {name}`.
fn values_of(text: &str) -> String {
    let names = text.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let mut names: Vec<String> = names.map(|name| format!("{{{}}}", plain(name))).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
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

    fn catalogue(locale: &str, toml: &str) -> Catalogue {
        Catalogue::parse(&format!("{toml}\n[language]\nlocale = \"{locale}\"")).unwrap()
    }

    fn english(toml: &str) -> Catalogue {
        catalogue("en-GB", toml)
    }

    fn chosen(header: &str) -> Option<String> {
        let spoken = |language: Language| ["en", "de"].contains(&language.code());
        choose(header, spoken).map(|language| language.to_string())
    }

    #[test]
    fn the_heaviest_language_we_speak_is_chosen() {
        let header = "fr-FR, fr;q=0.9, de-AT;q=0.8, en;q=0.2";
        assert_eq!(chosen(header).as_deref(), Some("de"));
        assert_eq!(chosen("de;q=0.3,en-GB;q=0.7").as_deref(), Some("en"));
    }

    #[test]
    fn an_unknown_or_broken_header_chooses_nothing() {
        for header in ["", "fr", "*", "de;q=0", "de;q=x", ";;;,,", "deutsch"] {
            assert_eq!(chosen(header), None, "{header}");
        }
    }

    #[test]
    fn numbers_have_the_forms_of_their_language() {
        let wait = "[wait]\none = \"One waits.\"\nother = \"{N_word} wait.\"";
        let say = |catalogue: &Catalogue, n| catalogue.say("wait", &values(&[("n", n)])).unwrap();
        assert_eq!(say(&english(wait), "1"), "One waits.");
        assert_eq!(say(&english(wait), "1234"), "1,234 wait.");
        let polish =
            "[wait]\none = \"{n} czeka\"\nfew = \"{n} czekają\"\nmany = \"{n} oczekuje\"\nother = \"{n}\"";
        let polish = catalogue("pl", polish);
        assert_eq!(say(&polish, "3"), "3 czekają");
        assert_eq!(say(&polish, "12"), "12 oczekuje");
        assert_eq!(say(&polish, "22"), "22 czekają");
    }

    #[test]
    fn decimals_are_written_as_in_their_language() {
        for (locale, written) in [("en-GB", "98.8"), ("de", "98,8"), ("fr", "98,8"), ("es", "98,8")] {
            assert_eq!(
                catalogue(locale, "").decimal("98.8").unwrap(),
                written,
                "{locale}"
            );
        }
        for stays in ["99", "10000", "many", "50,5", "1e9", ""] {
            assert_eq!(catalogue("de", "").decimal(stays).unwrap(), stays);
        }
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
        let list = |names: &[&str]| english("").list(names).unwrap();
        assert_eq!(list(&[]), "");
        assert_eq!(list(&["Amina"]), "Amina");
        assert_eq!(list(&["Amina", "Daniel"]), "Amina and Daniel");
        assert_eq!(list(&["Amina", "{last}", "Grace"]), "Amina, {last} and Grace");
        assert_eq!(
            catalogue("de", "").list(&["Amina", "Grace"]).unwrap(),
            "Amina und Grace"
        );
    }

    #[test]
    fn a_missing_text_or_value_is_named() {
        let catalogue = english("to = \"To {site}.\"");
        let wrong = |key| catalogue.say(key, &values(&[])).unwrap_err().to_string();
        assert!(wrong("from").contains("\"from\""));
        assert!(wrong("to").contains("{site}"));
    }

    #[test]
    fn a_list_in_a_catalogue_is_refused() {
        let error = Catalogue::parse("a = [1]").unwrap_err();
        assert!(error.to_string().starts_with("a must be"));
    }

    #[test]
    fn a_catalogue_that_lacks_a_text_or_a_value_is_refused() {
        let ours = english("a = \"A {name}\"\n[b]\none = \"B\"\nother = \"{N_word}\"");
        let wrong = |toml| {
            catalogue("fr", toml)
                .check_against(&ours)
                .unwrap_err()
                .to_string()
        };
        assert!(wrong("a = \"{name}\"").contains("\"b\""));
        assert!(wrong("a = \"A\"\nb.other = \"{n}\"").contains("{name}"));
        let whole = catalogue("fr", "a = \"{name}\"\nb.many = \"x\"\nb.other = \"{n}\"");
        whole.check_against(&ours).unwrap();
    }
}
