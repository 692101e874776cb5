//! Tools that push what customers said: what differs between them is a file of `tools/`, read by one interpreter.
pub mod mapping;
pub mod pointer;
pub mod signature;

use std::{collections::BTreeMap, sync::LazyLock};

use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::{Map, Value};

use mapping::Mapping;
pub use mapping::{Fault, Said};
use pointer::{Pointer, text};
use signature::Signature;

/// What a source may say otherwise than its tool's file.
const SETTINGS: [&str; 4] = ["comment", "signature", "take", "withdraw"];

#[derive(RustEmbed)]
#[folder = "src/capture/source/tools"]
struct Files;

/// Every tool there is, by the name of its kind.
static TOOLS: LazyLock<BTreeMap<String, Tool>> = LazyLock::new(|| {
    let tool = |name: std::borrow::Cow<'static, str>| {
        let file = Files::get(&name)?;
        let kind = name.strip_suffix(".toml")?.to_owned();
        let tool = Tool::read(std::str::from_utf8(&file.data).ok()?).ok()?;
        Some((kind.clone(), Tool { kind, ..tool }))
    };
    Files::iter().filter_map(tool).collect()
});

/// How a tool's pushes are told from forgeries, and what in them is what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// The name of its file.
    #[serde(skip)]
    pub kind: String,
    /// As its maker calls it.
    pub label: String,
    /// What each line of the secrets is called there.
    #[serde(default)]
    pub secrets: Vec<String>,
    pub signature: Signature,
    /// The field of a form in which the payload stands as JSON.
    pub payload_field: Option<String>,
    /// A test message of the tool; it is answered and not kept.
    #[serde(default)]
    probe: Vec<Condition>,
    /// What a push must say to be of interest; of interest is everything where nothing is asked for.
    #[serde(default)]
    take: Vec<Condition>,
    /// What a push says that takes a comment back.
    #[serde(default)]
    withdraw: Vec<Condition>,
    comment: Mapping,
    /// The file, which a source's settings are laid over.
    #[serde(skip)]
    file: Value,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    at: Pointer,
    is: Vec<String>,
}

/// What a push brings.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// It is about something else.
    Nothing,
    /// What customers said.
    Said(Vec<Said>),
    /// Comments that are taken back, by the sender's ids.
    Withdrawn(Vec<String>),
}

impl Tool {
    /// All tools, by the names of their kinds.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static Tool)> {
        TOOLS.iter().map(|(kind, tool)| (kind.as_str(), tool))
    }

    /// The tool of a kind.
    #[must_use]
    pub fn find(kind: &str) -> Option<&'static Tool> {
        TOOLS.get(kind)
    }

    /// Whether every byte of the body is signed.
    #[must_use]
    pub fn is_signed_whole(&self) -> bool {
        matches!(&self.signature, Signature::Hmac(scheme) if scheme.signed.contains("{body}"))
    }

    /// Whether a push says when it was sent, so that an old one is not believed.
    #[must_use]
    pub fn has_time(&self) -> bool {
        matches!(&self.signature, Signature::Hmac(scheme) if scheme.time_header.is_some())
    }

    fn read(file: &str) -> Result<Tool, String> {
        let file: Value = toml::from_str(file).map_err(|error| error.to_string())?;
        Tool::of(file)
    }

    fn of(file: Value) -> Result<Tool, String> {
        let tool: Tool = serde_json::from_value(file.clone()).map_err(|error| error.to_string())?;
        Ok(Tool { file, ..tool })
    }

    /// The tool as one source has set it.
    pub fn with(&self, settings: &Value) -> Result<Tool, String> {
        let Some(settings) = settings.as_object().filter(|settings| !settings.is_empty()) else {
            return Ok(self.clone());
        };
        if let Some(unknown) = settings.keys().find(|key| !SETTINGS.contains(&key.as_str())) {
            return Err(format!(
                "{unknown:?} is no setting; there are {}",
                SETTINGS.join(", ")
            ));
        }
        let mut file = self.file.clone();
        // Another scheme has other fields: half of the old one would make no sense with it.
        if let (Some(file), true) = (file.as_object_mut(), settings.contains_key("signature")) {
            file.remove("signature");
        }
        lay_over(&mut file, settings);
        let kind = self.kind.clone();
        Tool::of(file).map(|tool| Tool { kind, ..tool })
    }

    /// The payload of a push.
    pub fn payload(&self, content_type: &str, body: &[u8]) -> Result<Value, Fault> {
        let is_form = content_type.starts_with("application/x-www-form-urlencoded");
        let payload = match is_form {
            true => of_form(body),
            false => serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body))
                .map_err(|error| Fault::NoJson(error.line(), error.column()))?,
        };
        let inner = self
            .payload_field
            .as_ref()
            .and_then(|field| payload.get(field)?.as_str());
        match inner {
            Some(inner) => {
                serde_json::from_str(inner).map_err(|error| Fault::NoJson(error.line(), error.column()))
            }
            None => Ok(payload),
        }
    }

    /// Whether the tool only tries whether somebody is there.
    #[must_use]
    pub fn is_probe(&self, content_type: &str, body: &[u8]) -> bool {
        body.iter().all(u8::is_ascii_whitespace)
            || (!self.probe.is_empty()
                && self
                    .payload(content_type, body)
                    .is_ok_and(|payload| all_hold(&self.probe, &payload)))
    }

    /// What a payload brings.
    pub fn content(&self, payload: &Value) -> Result<Content, Fault> {
        if !self.withdraw.is_empty() && all_hold(&self.withdraw, payload) {
            return Ok(Content::Withdrawn(self.comment.ids(payload)?));
        }
        if !all_hold(&self.take, payload) {
            return Ok(Content::Nothing);
        }
        match self.comment.read(payload)? {
            said if said.is_empty() => Ok(Content::Nothing),
            said => Ok(Content::Said(said)),
        }
    }
}

fn all_hold(conditions: &[Condition], payload: &Value) -> bool {
    let holds = |condition: &Condition| {
        let found = condition.at.all(payload);
        found
            .into_iter()
            .filter_map(text)
            .any(|text| condition.is.contains(&text))
    };
    conditions.iter().all(holds)
}

fn of_form(body: &[u8]) -> Value {
    let fields = form_urlencoded::parse(body);
    Value::Object(
        fields
            .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
            .collect(),
    )
}

fn lay_over(below: &mut Value, above: &Map<String, Value>) {
    let Some(below) = below.as_object_mut() else {
        return;
    };
    for (key, value) in above {
        match (below.get_mut(key), value) {
            (Some(inner @ Value::Object(_)), Value::Object(value)) => lay_over(inner, value),
            (_, value) => {
                below.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_file_of_a_tool_is_read() {
        for name in Files::iter() {
            let file = Files::get(&name).unwrap();
            let read = Tool::read(std::str::from_utf8(&file.data).unwrap());
            assert!(read.is_ok(), "{name}: {}", read.unwrap_err());
        }
        assert_eq!(Tool::all().count(), Files::iter().count());
    }

    #[test]
    fn a_source_says_otherwise_than_its_tool_and_is_told_what_it_cannot_say() {
        let generic = Tool::find("generic").unwrap();
        let own = json!({"comment": {"text": "/body/words"}});
        let content = generic
            .with(&own)
            .unwrap()
            .content(&json!({"body": {"words": "Well done"}}));
        let Content::Said(said) = content.unwrap() else {
            panic!("nothing was said")
        };
        assert_eq!(said[0].words.text, "Well done");
        let refused = |settings: Value| generic.with(&settings).unwrap_err();
        assert!(refused(json!({"coment": {}})).contains("there are comment, signature"));
        assert!(refused(json!({"comment": {"text": "words"}})).contains("must begin with /"));
        assert!(refused(json!({"comment": {"txt": "/words"}})).contains("unknown field `txt`"));
    }
}
