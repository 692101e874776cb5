//! Which value of a payload is which field of a comment.
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use entity::json::Author;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::pointer::{Pointer, text};
use crate::capture::draft::{Consent, Scale, Score, Words};

/// Comments of one push: they are read together and stored in one transaction.
const MOST: usize = 1000;

/// Where each field stands; what is not named is not read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Mapping {
    /// The list whose entries are comments; the payload is one where none is named.
    each: Option<Pointer>,
    /// The sender's id; what lacks it cannot be read.
    id: Option<Pick>,
    /// The same of senders that may have none.
    id_if_any: Option<Pick>,
    text: Option<Pick>,
    hint: Option<Pick>,
    occurred_at: Option<Pick>,
    /// The sender's time of this version.
    revised_at: Option<Pick>,
    author_name: Option<Pick>,
    author_contact: Option<Pick>,
    author_id: Option<Pick>,
    /// Of the author's id only a hash is kept beside the words: it is a telephone number, say.
    hash_author_id: bool,
    site: Option<Pick>,
    /// An employee id or mail address of the person who served.
    staff: Option<Pick>,
    /// Till, desk or the like at which the customer was served.
    post: Option<Pick>,
    permalink: Option<Pick>,
    language: Option<Pick>,
    score: Option<ScoreAt>,
    consent: Option<ConsentAt>,
    /// Whether something was promised for the answer.
    incentivised: Option<Pick>,
    /// Whether the customer is one of the staff.
    customer_is_staff: Option<Pick>,
    metadata: BTreeMap<String, Pick>,
}

/// One place, the first of several that has something, or all of several.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
enum Pick {
    First(Vec<Pointer>),
    All(Vec<Pointer>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScoreAt {
    at: Pick,
    /// The scale, where it is always the same.
    scale: Option<Scale>,
    /// Where the payload names its scale, and what those names mean.
    scale_at: Option<Pick>,
    #[serde(default)]
    scales: BTreeMap<String, Scale>,
    /// What words mean: `great = 5`.
    #[serde(default)]
    values: BTreeMap<String, f64>,
    /// The scale of these, where numbers are on another.
    values_scale: Option<Scale>,
}

/// What counts as yes in a flag.
const YES: [&str; 6] = ["true", "yes", "1", "on", "ja", "y"];

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentAt {
    at: Pick,
    /// staff, colleagues or public.
    values: BTreeMap<String, String>,
}

/// What a customer said, before sites and staff are looked up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// None where the tool has no ids.
    pub id: Option<String>,
    pub occurred_at: Option<DateTime<Utc>>,
    pub revised_at: Option<DateTime<Utc>>,
    pub site: Option<String>,
    pub staff: Option<String>,
    /// Whether the author's id must not be kept as it is.
    pub hash_author_id: bool,
    pub words: Words,
}

/// Why a push cannot be read; never with a customer's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("it is no JSON: see line {0}, column {1}")]
    NoJson(usize, usize),
    #[error(
        "it names an answer and holds none of its words, which Plaudit does not fetch; see the documents for what to send instead"
    )]
    Thin,
    #[error(
        "nothing says where the words stand in what is fetched: --set fetch.comment.text=…, then read this again"
    )]
    NoPlace,
    #[error("no words stand where we look for them; say which value is which, then read this again")]
    NoWords,
    #[error("the id of the comment does not stand where the mapping says")]
    NoId,
    #[error("{0} does not stand where the mapping says as a time")]
    NoTime(&'static str),
    #[error("where the mapping says that comments stand there is no list")]
    NoList,
    #[error("it holds {0} comments; one push may hold {MOST}")]
    TooMany(usize),
}

impl TryFrom<Value> for Pick {
    type Error = String;

    fn try_from(value: Value) -> Result<Pick, String> {
        let pointers = |values: Vec<Value>| -> Result<Vec<Pointer>, String> {
            let pointer = |value: Value| match value {
                Value::String(text) => Pointer::try_from(text).map_err(|error| error.to_string()),
                other => Err(format!(
                    "{other} is no JSON Pointer; right is, for example, \"/answers/0\""
                )),
            };
            values.into_iter().map(pointer).collect()
        };
        match value {
            Value::Array(values) => Ok(Pick::First(pointers(values)?)),
            Value::Object(mut fields) => match fields.remove("all") {
                Some(Value::Array(values)) if fields.is_empty() => Ok(Pick::All(pointers(values)?)),
                _ => Err("give a JSON Pointer, a list of them, or { all = [ … ] }".to_owned()),
            },
            value => Ok(Pick::First(pointers(vec![value])?)),
        }
    }
}

impl Pick {
    /// Every text that is found; of several places those of the first that has any.
    fn texts(&self, payload: &Value) -> Vec<String> {
        let at = |pointer: &Pointer| -> Vec<String> {
            let found = pointer.all(payload).into_iter().filter_map(text);
            found.filter(|text| !text.trim().is_empty()).collect()
        };
        match self {
            Pick::First(pointers) => {
                let mut found = pointers.iter().map(at);
                found.find(|texts| !texts.is_empty()).unwrap_or_default()
            }
            Pick::All(pointers) => pointers.iter().flat_map(at).collect(),
        }
    }

    /// One line: the first text, or all of several places.
    fn line(&self, payload: &Value) -> Option<String> {
        let texts = self.texts(payload);
        let line = match self {
            Pick::First(_) => texts.into_iter().next()?,
            Pick::All(_) => texts.join(" "),
        };
        Some(line.trim().to_owned()).filter(|line| !line.is_empty())
    }
}

fn line(pick: Option<&Pick>, payload: &Value) -> Option<String> {
    pick?.line(payload)
}

impl Mapping {
    /// What stands in a payload; an entry without words is left out.
    pub(super) fn read(&self, payload: &Value) -> Result<Vec<Said>, Fault> {
        let said = self.entries(payload)?.into_iter().map(|entry| self.said(entry));
        let all: Vec<Option<Said>> = said.collect::<Result<_, _>>()?;
        Ok(all.into_iter().flatten().collect())
    }

    /// Whether anything stands where the words are looked for, if only nothing.
    pub(super) fn has_place_for_words(&self, payload: &Value) -> bool {
        self.text.as_ref().is_some_and(|pick| {
            let (Pick::First(places) | Pick::All(places)) = pick;
            places.iter().any(|place| !place.all(payload).is_empty())
        })
    }

    /// Whether anything says where the words stand.
    pub(super) fn says_where(&self) -> bool {
        self.text.is_some()
    }

    /// The ids of the comments that a payload speaks of.
    pub(super) fn ids(&self, payload: &Value) -> Result<Vec<String>, Fault> {
        let id = |entry: &Value| self.id(entry)?.ok_or(Fault::NoId);
        self.entries(payload)?.into_iter().map(id).collect()
    }

    fn entries<'a>(&self, payload: &'a Value) -> Result<Vec<&'a Value>, Fault> {
        let Some(each) = &self.each else {
            return Ok(vec![payload]);
        };
        let found = each.all(payload);
        let lists = found.into_iter().map(|found| match found {
            Value::Array(items) => Ok(items.as_slice()),
            // Tools that batch send one by itself as it is.
            Value::Object(_) => Ok(std::slice::from_ref(found)),
            _ => Err(Fault::NoList),
        });
        let lists: Vec<&[Value]> = lists.collect::<Result<_, _>>()?;
        match lists.iter().map(|list| list.len()).sum() {
            _ if lists.is_empty() => Err(Fault::NoList),
            count if count > MOST => Err(Fault::TooMany(count)),
            _ => Ok(lists.into_iter().flat_map(|list| list.iter()).collect()),
        }
    }

    fn id(&self, entry: &Value) -> Result<Option<String>, Fault> {
        match &self.id {
            Some(pick) => pick.line(entry).map(Some).ok_or(Fault::NoId),
            None => Ok(line(self.id_if_any.as_ref(), entry)),
        }
    }

    fn said(&self, entry: &Value) -> Result<Option<Said>, Fault> {
        let id = self.id(entry)?;
        let texts = self.text.as_ref().map(|pick| pick.texts(entry));
        let text = texts.unwrap_or_default().join("\n\n");
        if text.is_empty() {
            return Ok(None);
        }
        let mut metadata = self.metadata(entry);
        self.add_flags(entry, &mut metadata);
        let words = Words {
            text,
            score: self.score(entry, &mut metadata),
            hint: line(self.hint.as_ref(), entry),
            author: self.author(entry),
            post: line(self.post.as_ref(), entry),
            permalink: line(self.permalink.as_ref(), entry).filter(|link| link.starts_with("http")),
            language: line(self.language.as_ref(), entry),
            consent: self.consent(entry),
            metadata: (!metadata.is_empty()).then_some(Value::Object(metadata)),
            ..Words::default()
        };
        Ok(Some(Said {
            id,
            occurred_at: time("occurred_at", self.occurred_at.as_ref(), entry)?,
            revised_at: time("revised_at", self.revised_at.as_ref(), entry)?,
            site: line(self.site.as_ref(), entry),
            staff: line(self.staff.as_ref(), entry),
            hash_author_id: self.hash_author_id,
            words,
        }))
    }

    fn author(&self, entry: &Value) -> Option<Author> {
        let author = Author {
            name: line(self.author_name.as_ref(), entry),
            handle: None,
            external_id: line(self.author_id.as_ref(), entry),
            contact: line(self.author_contact.as_ref(), entry),
        };
        (author != Author::default()).then_some(author)
    }

    /// A word stands for a number, and is kept beside it. So is a score off its scale: a wrong score must not hold up what
    /// somebody wrote.
    fn score(&self, entry: &Value, metadata: &mut Map<String, Value>) -> Option<Score> {
        let mapping = self.score.as_ref()?;
        let given = mapping.at.line(entry)?;
        let by_word = mapping.values.get(&given.to_lowercase()).copied();
        let score = match by_word {
            Some(value) => Some(value).zip(mapping.values_scale.or_else(|| mapping.scale(entry))),
            None => number(&given).zip(mapping.scale(entry)),
        };
        let score = score.map(|(value, scale)| Score { value, scale });
        let score = score.filter(|score| score.fraction().is_some());
        if score.is_none() || by_word.is_some() {
            metadata.insert("score".to_owned(), Value::String(given));
        }
        score
    }

    fn add_flags(&self, entry: &Value, metadata: &mut Map<String, Value>) {
        let flags = [
            ("incentivised", &self.incentivised),
            ("customer_is_staff", &self.customer_is_staff),
        ];
        for (name, pick) in flags {
            let said = line(pick.as_ref(), entry).map(|said| said.to_lowercase());
            if said.is_some_and(|said| YES.contains(&said.as_str())) {
                metadata.insert(name.to_owned(), Value::Bool(true));
            }
        }
    }

    fn consent(&self, entry: &Value) -> Consent {
        let consent = self.consent.as_ref().and_then(|consent| {
            let said = consent.at.line(entry)?;
            Consent::from_name(consent.values.get(&said)?)
        });
        consent.unwrap_or_default()
    }

    fn metadata(&self, entry: &Value) -> Map<String, Value> {
        let field = |(name, pick): (&String, &Pick)| Some((name.clone(), Value::String(pick.line(entry)?)));
        self.metadata.iter().filter_map(field).collect()
    }
}

impl ScoreAt {
    fn scale(&self, entry: &Value) -> Option<Scale> {
        let named = self.scale_at.as_ref().and_then(|at| at.line(entry));
        named
            .and_then(|name| self.scales.get(&name).copied())
            .or(self.scale)
    }
}

/// A decimal comma is one too.
fn number(said: &str) -> Option<f64> {
    said.replace(',', ".").parse().ok()
}

fn time(field: &'static str, pick: Option<&Pick>, entry: &Value) -> Result<Option<DateTime<Utc>>, Fault> {
    let Some(said) = line(pick, entry) else {
        return Ok(None);
    };
    read_time(&said).map(Some).ok_or(Fault::NoTime(field))
}

/// RFC 3339; seconds or milliseconds since 1970; or a time without zone, which tools mean in UTC.
fn read_time(said: &str) -> Option<DateTime<Utc>> {
    const FIRST_IN_MILLISECONDS: i64 = 100_000_000_000;
    if let Ok(number) = said.parse::<f64>() {
        let whole = number as i64;
        return match whole < FIRST_IN_MILLISECONDS {
            true => DateTime::from_timestamp(whole, 0),
            false => DateTime::from_timestamp_millis(whole),
        };
    }
    let with_zone = said.parse::<DateTime<Utc>>().ok();
    with_zone.or_else(|| {
        let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
        let naive = formats
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(said, format).ok());
        naive.map(|naive| naive.and_utc())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_tools_write_them() {
        let whole: DateTime<Utc> = "2026-03-31T20:48:45Z".parse().unwrap();
        for said in [
            "1774990125",
            "1774990125000",
            "2026-03-31T20:48:45Z",
            "2026-03-31T22:48:45+02:00",
            "2026-03-31 20:48:45",
            "2026-03-31T20:48:45.000",
        ] {
            assert_eq!(read_time(said), Some(whole), "{said}");
        }
        for said in ["", "yesterday", "2026-02-31 10:00:00"] {
            assert_eq!(read_time(said), None, "{said}");
        }
    }
}
