//! How the answers of a tool are fetched from it, as its file says: addresses with placeholders, the header in which the key
//! stands, where entries stand in an answer, and where the next page begins. The interpreter makes no call.
use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    Condition, Content, Tool, all_hold,
    mapping::{Fault, Mapping, Said},
    pointer::{Pointer, text},
};
use crate::platform::{base_url::BaseUrl, text_file::hex};

/// What stands in an address as it is; a dot would lead elsewhere.
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');
/// Placeholders of a list's address, beside what a source names.
const OF_LISTS: [&str; 5] = ["since", "size", "page", "skip", "cursor"];

/// How a tool is asked for answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// What the reading key is called there.
    pub key: String,
    /// Where it is found there, in clicks, by language; `en` is always there.
    pub key_at: BTreeMap<String, String>,
    /// Empty where each company has one of its own.
    #[serde(default)]
    server: String,
    /// In which header the key stands, and what stands before it.
    header: String,
    #[serde(default)]
    prefix: String,
    /// The key is the name of somebody without a password.
    #[serde(default)]
    basic: bool,
    /// Calls in a minute.
    pub per_minute: u16,
    /// What addresses name that a source must say: the form, the survey. Empty until then.
    #[serde(default)]
    named: BTreeMap<String, String>,
    list: Option<List>,
    one: Option<One>,
    /// What an entry must say to be of interest.
    #[serde(default)]
    take: Vec<Condition>,
    /// Under which name an entry stands in what the tool pushes, where both look alike.
    within: Option<String>,
    /// Where the fields stand in an entry, where it looks otherwise than what is pushed.
    comment: Option<Mapping>,
}

/// A list of all answers from a time on, page by page.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    /// Path and query; a parameter whose placeholder stands for nothing yet is left out.
    address: String,
    /// Entries that are asked for at once.
    size: u16,
    since: Since,
    /// Where the list stands in the answer.
    entries: Pointer,
    next: Next,
}

/// How a time is written in an address.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Since {
    /// Seconds since 1970.
    Unix,
    Rfc3339,
}

/// How a tool says where the next page begins. Where it says nothing of an end, a page without entries is the end.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
enum Next {
    /// Pages have numbers.
    Page { first: u32 },
    /// So many entries are passed over.
    Skip,
    /// After the last entry, which is named by this of it.
    Last { at: Pointer },
    /// By what stands here in the answer.
    Answer { at: Pointer },
    /// The answer holds the whole address.
    Link { at: Pointer },
}

/// One answer that a push only names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    /// Path and query; what begins with `/` is a place of the push.
    address: String,
    /// Where it stands in what is answered.
    #[serde(default)]
    entry: Option<Pointer>,
}

/// Where the next page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    pages: u32,
    entries: u64,
    cursor: Option<String>,
    link: Option<String>,
    /// Of the page before: a tool that sends it again goes round in a circle.
    digest: Option<String>,
}

/// A page, read.
#[derive(Debug)]
pub struct Page {
    /// What each entry says: nothing of interest, words, or why it cannot be read.
    pub entries: Vec<Result<Vec<Said>, Fault>>,
    /// Where the next one begins; none at the end.
    pub next: Option<Place>,
}

/// Why nothing can be asked, or what was answered cannot be read; said to whoever has to act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    #[error("{0} cannot be asked for what it holds already; import its export as a file")]
    NoList(String),
    #[error("say where it answers: --set fetch.server=https://…")]
    NoServer,
    #[error("{0}")]
    Server(String),
    #[error("say which {0} to read: --set fetch.named.{0}=…")]
    Unnamed(String),
    #[error("what was pushed does not say {0}, by which the answer is asked for")]
    NotPushed(String),
    #[error("the key has a character that no header may hold; enter it again")]
    Key,
    #[error("the answer is no JSON: see line {0}, column {1}")]
    NoJson(usize, usize),
    #[error("where the entries should stand in the answer there is no list")]
    NoEntries,
    #[error("the answer does not say where the next page begins")]
    NoNext,
    #[error("the answer says that the next page is at another server; the key is not sent there")]
    OtherServer,
    #[error("the same page came twice in a row; what follows it cannot be asked for")]
    SamePage,
}

impl Fetch {
    /// What makes it impossible to ask anything.
    pub(super) fn check(&self) -> Result<(), String> {
        if !self.key_at.contains_key("en") {
            return Err("fetch.key_at.en is missing: say where the key is found".to_owned());
        }
        if self.per_minute == 0 {
            return Err("fetch.per_minute is 0; say how many calls a minute are allowed".to_owned());
        }
        if !self.server.is_empty() {
            BaseUrl::parse(&self.server).map_err(|error| format!("fetch.server: {error}"))?;
        }
        let is_named = |name: &str| self.named.contains_key(name);
        if let Some(list) = &self.list {
            let is_known = |name: &str| OF_LISTS.contains(&name) || is_named(name);
            check_names(&list.address, is_known)?;
        }
        match &self.one {
            Some(one) => check_names(&one.address, |name| name.starts_with('/') || is_named(name)),
            None => Ok(()),
        }
    }

    /// Conditions that its entries are asked.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.take.iter()
    }

    /// Whether it holds a list of what was said before it pushed.
    #[must_use]
    pub fn has_list(&self) -> bool {
        self.list.is_some()
    }

    /// Whether an answer can be fetched that a push only names.
    #[must_use]
    pub fn has_one(&self) -> bool {
        self.one.is_some()
    }

    /// Where it answers; the key goes there and nowhere else.
    pub fn server(&self) -> Result<BaseUrl, FetchFault> {
        match self.server.is_empty() {
            true => Err(FetchFault::NoServer),
            false => BaseUrl::parse(&self.server).map_err(|error| FetchFault::Server(error.to_string())),
        }
    }

    /// The header that shows the key.
    pub fn header(&self, key: &str) -> (String, String) {
        let shown = match self.basic {
            true => format!("Basic {}", STANDARD.encode(format!("{key}:"))),
            false => format!("{}{key}", self.prefix),
        };
        (self.header.clone(), shown)
    }

    /// Where the key is found there, in a language or in English, with the language that is.
    #[must_use]
    pub fn key_at_in(&self, language: &str) -> (&str, &str) {
        let found = self.key_at.get_key_value(language);
        let found = found.or_else(|| self.key_at.get_key_value("en"));
        found.map_or(("en", ""), |(language, text)| (language, text))
    }

    /// The server as the file or the source says it.
    #[must_use]
    pub fn server_as_entered(&self) -> &str {
        &self.server
    }

    /// What addresses name, and what the source says it is.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.named
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether whoever connects it says where the words stand.
    #[must_use]
    pub fn asks_where(&self) -> bool {
        self.comment.is_some()
    }

    fn named(&self, name: &str) -> Option<String> {
        self.named.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// What a source has still to say before anything can be asked.
    pub fn lacks(&self) -> Result<(), FetchFault> {
        self.server()?;
        match self.named.iter().find(|(_, value)| value.is_empty()) {
            Some((name, _)) => Err(FetchFault::Unnamed(name.clone())),
            None => Ok(()),
        }
    }

    fn whole(&self, address: &str, value: impl Fn(&str) -> Option<String>) -> Result<Url, FetchFault> {
        let server = self.server()?;
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let path = fill(path, &value)?;
        let query: Vec<String> = query
            .split('&')
            .filter_map(|pair| fill(pair, &value).ok())
            .filter(|pair| !pair.is_empty())
            .collect();
        let mut url = Url::parse(&format!("{server}{path}")).map_err(|_| FetchFault::NoServer)?;
        if !query.is_empty() {
            url.set_query(Some(&query.join("&")));
        }
        Ok(url)
    }
}

impl Tool {
    /// The address of a page of the list.
    pub fn list_address(&self, since: DateTime<Utc>, place: &Place) -> Result<Url, FetchFault> {
        let (fetch, list) = self.listed()?;
        fetch.lacks()?;
        if let Some(link) = &place.link {
            return same_server(&fetch.server()?, link);
        }
        fetch.whole(&list.address, |name| match name {
            "since" => Some(list.since.write(since)),
            "size" => Some(list.size.to_string()),
            "page" => Some((list.next.first_page() + place.pages).to_string()),
            "skip" => Some(place.entries.to_string()),
            "cursor" => place.cursor.clone(),
            name => fetch.named(name),
        })
    }

    /// The address of an answer that a push names.
    pub fn one_address(&self, push: &Value) -> Result<Url, FetchFault> {
        let (fetch, one) = self.completed_by()?;
        fetch.whole(&one.address, |name| {
            if !name.starts_with('/') {
                return fetch.named(name);
            }
            let pointer = Pointer::try_from(name.to_owned()).ok()?;
            pointer.all(push).into_iter().find_map(text)
        })
    }

    /// Reads a page of the list.
    pub fn page(&self, place: &Place, body: &[u8]) -> Result<Page, FetchFault> {
        let (fetch, list) = self.listed()?;
        let answer = read_json(body)?;
        let lists = list.entries.all(&answer);
        let entries = lists.first().and_then(|list| list.as_array());
        let entries = entries.ok_or(FetchFault::NoEntries)?;
        let digest = Some(hex(&Sha256::digest(body)));
        if !entries.is_empty() && place.digest == digest {
            return Err(FetchFault::SamePage);
        }
        let next = list.next.after(place, &answer, entries)?;
        if let Some(link) = next.as_ref().and_then(|next| next.link.as_deref()) {
            same_server(&fetch.server()?, link)?;
        }
        Ok(Page {
            entries: entries.iter().map(|entry| self.entry(fetch, entry)).collect(),
            next: next.map(|next| Place {
                pages: place.pages + 1,
                entries: place.entries + entries.len() as u64,
                digest,
                ..next
            }),
        })
    }

    /// What a push that only names an answer brings, once it was fetched. It is known by the id that was pushed.
    pub fn completed(&self, push: &Value, body: &[u8]) -> Result<Content, String> {
        let (fetch, one) = self.completed_by().map_err(|fault| fault.to_string())?;
        let answer = read_json(body).map_err(|fault| fault.to_string())?;
        let entry = match &one.entry {
            Some(pointer) => pointer.all(&answer).first().copied(),
            None => Some(&answer),
        };
        let entry = entry.ok_or("the answer that was fetched is empty")?;
        let mut said = self.entry(fetch, entry).map_err(|fault| fault.to_string())?;
        let ids = self.comment.ids(push).map_err(|fault| fault.to_string())?;
        for (said, id) in said.iter_mut().zip(ids) {
            said.id = Some(id);
        }
        Ok(match said.is_empty() {
            true => Content::Nothing,
            false => Content::Said(said),
        })
    }

    fn entry(&self, fetch: &Fetch, entry: &Value) -> Result<Vec<Said>, Fault> {
        if !all_hold(&fetch.take, entry) {
            return Ok(Vec::new());
        }
        let mapping = fetch.comment.as_ref().unwrap_or(&self.comment);
        if !mapping.says_where() {
            return Err(Fault::NoPlace);
        }
        let said = match &fetch.within {
            Some(name) => mapping.read(&json!({ name.as_str(): entry })),
            None => mapping.read(entry),
        };
        Ok(self.with_staff(said?))
    }

    fn listed(&self) -> Result<(&Fetch, &List), FetchFault> {
        let found = self
            .fetch
            .as_ref()
            .and_then(|fetch| Some((fetch, fetch.list.as_ref()?)));
        found.ok_or_else(|| FetchFault::NoList(self.label.clone()))
    }

    fn completed_by(&self) -> Result<(&Fetch, &One), FetchFault> {
        let found = self
            .fetch
            .as_ref()
            .and_then(|fetch| Some((fetch, fetch.one.as_ref()?)));
        found.ok_or_else(|| FetchFault::NoList(self.label.clone()))
    }
}

impl Next {
    fn first_page(&self) -> u32 {
        match self {
            Next::Page { first } => *first,
            _ => 0,
        }
    }

    /// Where the page after one begins.
    fn after(&self, place: &Place, answer: &Value, entries: &[Value]) -> Result<Option<Place>, FetchFault> {
        let Some(last) = entries.last() else {
            return Ok(None);
        };
        let found = |pointer: &Pointer, value: &Value| pointer.all(value).into_iter().find_map(text);
        match self {
            Next::Page { .. } | Next::Skip => Ok(Some(Place::default())),
            Next::Last { at } => {
                let cursor = found(at, last).ok_or(FetchFault::NoNext)?;
                Ok(Some(Place::at(cursor)))
            }
            Next::Answer { at } => {
                let next = found(at, answer).filter(|next| !next.is_empty());
                match next == place.cursor && next.is_some() {
                    true => Err(FetchFault::SamePage),
                    false => Ok(next.map(Place::at)),
                }
            }
            Next::Link { at } => Ok(found(at, answer).map(|link| Place {
                link: Some(link),
                ..Place::default()
            })),
        }
    }
}

impl Place {
    fn at(cursor: String) -> Place {
        Place {
            cursor: Some(cursor),
            ..Place::default()
        }
    }
}

impl Since {
    fn write(self, at: DateTime<Utc>) -> String {
        match self {
            Since::Unix => at.timestamp().to_string(),
            Since::Rfc3339 => at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

fn read_json(body: &[u8]) -> Result<Value, FetchFault> {
    serde_json::from_slice(body).map_err(|error| FetchFault::NoJson(error.line(), error.column()))
}

/// The key goes to no other server, whatever an answer says.
fn same_server(server: &BaseUrl, link: &str) -> Result<Url, FetchFault> {
    let of = |text: &str| Url::parse(text).ok();
    let (ours, theirs) = (of(server.as_str()), of(link));
    match (ours, theirs) {
        (Some(ours), Some(theirs)) if ours.origin() == theirs.origin() => Ok(theirs),
        _ => Err(FetchFault::OtherServer),
    }
}

/// A part of an address with what its placeholders stand for.
fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, FetchFault> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        // Dots alone are a step upwards, however they are encoded.
        let value = value(name).filter(|value| !value.chars().all(|letter| letter == '.'));
        let value = value.ok_or_else(|| FetchFault::NotPushed(name.to_owned()))?;
        filled.push_str(before);
        filled.extend(utf8_percent_encode(&value, &PLAIN));
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn check_names(address: &str, is_known: impl Fn(&str) -> bool) -> Result<(), String> {
    let names = address.split('{').skip(1);
    let names = names.map(|part| part.split_once('}').map_or(part, |(name, _)| name));
    let mut unknown = names.filter(|name| !is_known(name));
    match (address.starts_with('/'), unknown.next()) {
        (false, _) => Err(format!("the address {address:?} must begin with /")),
        (true, Some(name)) => Err(format!(
            "the address {address:?} names {{{name}}}, which stands for nothing"
        )),
        (true, None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(server: &str, address: &str, next: Value) -> Tool {
        let fetch = json!({
            "key": "key", "key_at": { "en": "There." }, "server": server, "header": "X-Key", "per_minute": 1,
            "list": { "address": address, "size": 2, "since": "unix", "entries": "/items", "next": next },
        });
        Tool::find("generic")
            .unwrap()
            .with(&json!({ "comment": { "id": "/id", "text": "/text" }, "fetch": fetch }))
            .unwrap()
    }

    fn page(tool: &Tool, place: &Place, body: Value) -> Result<Page, FetchFault> {
        tool.page(place, body.to_string().as_bytes())
    }

    #[test]
    fn a_cursor_leads_on_and_the_first_page_has_none() {
        let tool = list(
            "https://tool.example",
            "/list?n={size}&after={cursor}",
            json!({ "by": "answer", "at": "/next" }),
        );
        let since = DateTime::from_timestamp(0, 0).unwrap();
        let at = |place: &Place| tool.list_address(since, place).unwrap().to_string();
        assert_eq!(at(&Place::default()), "https://tool.example/list?n=2");
        let first = page(
            &tool,
            &Place::default(),
            json!({ "items": [{ "id": "1", "text": "x" }], "next": "a b" }),
        );
        let place = first.unwrap().next.unwrap();
        assert_eq!(at(&place), "https://tool.example/list?n=2&after=a%20b");
        let last = page(&tool, &place, json!({ "items": [{ "id": "2", "text": "x" }] })).unwrap();
        assert_eq!(last.next, None);
        let same = page(
            &tool,
            &place,
            json!({ "items": [{ "id": "3", "text": "x" }], "next": "a b" }),
        );
        assert_eq!(same.unwrap_err(), FetchFault::SamePage);
    }

    #[test]
    fn a_link_leads_on_at_the_same_server_and_nowhere_else() {
        let tool = list(
            "https://tool.example",
            "/list",
            json!({ "by": "link", "at": "/next" }),
        );
        let with = |link: &str| {
            page(
                &tool,
                &Place::default(),
                json!({ "items": [{ "id": "1" }], "next": link }),
            )
        };
        let place = with("https://tool.example/list?page=2").unwrap().next.unwrap();
        let since = DateTime::from_timestamp(0, 0).unwrap();
        let address = tool.list_address(since, &place).unwrap();
        assert_eq!(address.as_str(), "https://tool.example/list?page=2");
        for elsewhere in [
            "https://evil.example/list",
            "http://tool.example/list",
            "https://tool.example:8443/",
            "//x",
        ] {
            assert_eq!(
                with(elsewhere).unwrap_err(),
                FetchFault::OtherServer,
                "{elsewhere}"
            );
        }
    }

    #[test]
    fn what_was_pushed_cannot_lead_to_another_place_of_the_server() {
        let tool = Tool::find("surveymonkey").unwrap();
        let push = |survey: &str| json!({ "object_id": "7?x=1#y", "resources": { "survey_id": survey } });
        let address = tool.one_address(&push("../admin/1")).unwrap();
        let right =
            "https://api.surveymonkey.com/v3/surveys/%2E%2E%2Fadmin%2F1/responses/7%3Fx%3D1%23y/details";
        assert_eq!(address.as_str(), right);
        for nothing in ["..", ".", ""] {
            let refused = tool.one_address(&push(nothing));
            assert!(matches!(refused, Err(FetchFault::NotPushed(_))), "{nothing:?}");
        }
    }
}
