//! Tools that push what customers said: what differs between them is a file of `tools/`, read by one interpreter.
pub mod fetch;
pub mod mapping;
pub mod pointer;
pub mod signature;

use std::{collections::BTreeMap, sync::LazyLock};

use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::{Map, Value};

use fetch::Fetch;
use mapping::Mapping;
pub use mapping::{Fault, Said};
use pointer::{Pointer, text};
use signature::{Envelope, Refusal, Signature};

/// A try is short; a longer body is read only once its signature was checked.
const LONGEST_PROBE: usize = 1024;
/// What a source may say otherwise than its tool's file.
const SETTINGS: [&str; 7] = [
    "comment",
    "fetch",
    "reply",
    "signature",
    "staff",
    "take",
    "withdraw",
];

#[derive(RustEmbed)]
#[folder = "src/capture/source/tools"]
struct Files;

/// Every tool there is, by the name of its kind; or which file is wrong, and why.
static TOOLS: LazyLock<Result<BTreeMap<String, Tool>, ToolError>> =
    LazyLock::new(|| Files::iter().map(|name| Tool::in_file(&name)).collect());

/// A file of a tool that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("src/capture/source/tools/{file}: {message}")]
pub struct ToolError {
    /// The name of the file.
    pub file: String,
    /// What is wrong with it.
    pub message: String,
}

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
    /// Who makes them.
    #[serde(default)]
    pub secrets_from: SecretsFrom,
    /// What to click on the other side, by language; `en` is always there.
    pub steps: BTreeMap<String, Vec<String>>,
    /// What the tool is to be told to send, where it sends what it is told.
    pub template: Option<String>,
    pub signature: Signature,
    /// The field of a form in which the payload stands as JSON.
    pub payload_field: Option<String>,
    /// A test message of the tool; it is answered, signed or not, and not kept.
    #[serde(default)]
    probe: Vec<Condition>,
    /// What a push must say to be of interest; of interest is everything where nothing is asked for.
    #[serde(default)]
    take: Vec<Condition>,
    /// What a push says that takes a comment back.
    #[serde(default)]
    withdraw: Vec<Condition>,
    /// What a push says that names an answer and holds none of its words.
    #[serde(default)]
    thin: Vec<Condition>,
    /// What a tool is answered whose push is taken; nothing where none is given.
    #[serde(default)]
    pub answer: Answer,
    /// Pushes that are answered and not kept.
    #[serde(default)]
    reply: Vec<Reply>,
    /// Employee ids or mail addresses by what the tool calls the people.
    #[serde(default)]
    staff: BTreeMap<String, String>,
    /// Whoever connects it says where the words stand.
    #[serde(default)]
    asks_where: bool,
    comment: Mapping,
    /// How it is asked for what it holds, where that is known.
    pub fetch: Option<Fetch>,
    /// The file, which a source's settings are laid over.
    #[serde(skip)]
    file: Value,
}

/// Who makes the secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretsFrom {
    /// We do, and they are entered there.
    #[default]
    Here,
    /// The tool does, often only once it has the address.
    Tool,
    /// The tool does; older ones sign nothing, and then the address alone is the secret.
    ToolIfItSigns,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    at: Pointer,
    /// Letter by letter.
    #[serde(default)]
    is: Vec<String>,
    /// As people type it: letter case, blanks around it and stops at its end do not matter. In small letters.
    #[serde(default)]
    says: Vec<String>,
    /// Anything at all.
    #[serde(default)]
    there: bool,
}

/// The body of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Plain text where none is named.
    #[serde(rename = "type")]
    pub content_type: Option<String>,
    #[serde(default)]
    pub body: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    when: Vec<Condition>,
    body: String,
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
    /// It names an answer, which can be fetched.
    Thin,
}

impl Tool {
    /// All tools, by the names of their kinds; none where a file is wrong, which [`check`] says.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static Tool)> {
        let tools = TOOLS.iter().flatten();
        tools.map(|(kind, tool)| (kind.as_str(), tool))
    }

    /// The tool of a kind.
    #[must_use]
    pub fn find(kind: &str) -> Option<&'static Tool> {
        TOOLS.as_ref().ok()?.get(kind)
    }

    /// Whether a push says when it was sent, so that an old one is not believed.
    #[must_use]
    pub fn has_time(&self) -> bool {
        let hmac = self.signature.hmac();
        hmac.is_some_and(|scheme| scheme.time_header.is_some())
    }

    /// Whether it may push while no secret was entered.
    #[must_use]
    pub fn works_without_secrets(&self) -> bool {
        !self.signature.needs_secret() || self.secrets_from == SecretsFrom::ToolIfItSigns
    }

    /// Checks a push against the source's secrets.
    pub fn verify(&self, push: &Envelope<'_>, secrets: &[&str]) -> Result<(), Refusal> {
        match secrets {
            [] if self.secrets_from == SecretsFrom::ToolIfItSigns => Ok(()),
            secrets => self.signature.verify(push, secrets),
        }
    }

    /// What to click on the other side, in a language or in English, with the language it is in.
    #[must_use]
    pub fn steps_in(&self, language: &str) -> (&str, &[String]) {
        let found = self.steps.get_key_value(language);
        let found = found.or_else(|| self.steps.get_key_value("en"));
        found.map_or(("en", &[]), |(language, steps)| (language, steps))
    }

    fn in_file(name: &str) -> Result<(String, Tool), ToolError> {
        let error = |message: &str| ToolError {
            file: name.to_owned(),
            message: message.to_owned(),
        };
        let kind = name
            .strip_suffix(".toml")
            .ok_or_else(|| error("tools are *.toml"))?;
        let file = Files::get(name).ok_or_else(|| error("cannot be read"))?;
        let text = std::str::from_utf8(&file.data).map_err(|_| error("is no UTF-8"))?;
        let tool = Tool::read(text).map_err(|message| error(&message))?;
        let kind = kind.to_owned();
        Ok((kind.clone(), Tool { kind, ..tool }))
    }

    fn read(file: &str) -> Result<Tool, String> {
        let file: Value = toml::from_str(file).map_err(|error| error.to_string())?;
        let tool = Tool::of(file)?;
        match tool.steps.get("en").is_some_and(|steps| !steps.is_empty()) {
            true => Ok(tool),
            false => Err("steps.en is missing: say what to click on the other side".to_owned()),
        }
    }

    fn of(file: Value) -> Result<Tool, String> {
        let tool: Tool = serde_json::from_value(file.clone()).map_err(|error| error.to_string())?;
        tool.signature.check(tool.secrets.len())?;
        tool.fetch.as_ref().map_or(Ok(()), Fetch::check)?;
        if tool.conditions().any(Condition::asks_nothing) {
            return Err("a condition names no value: give `is`, `says` or `there = true`".to_owned());
        }
        if let Some(pointer) = withdrawn_within(&file) {
            return Err(format!(
                "withdraw at {pointer} looks into `each`, of which it would take everything back; name a place of the whole push"
            ));
        }
        Ok(Tool { file, ..tool })
    }

    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let asked = [&self.probe, &self.take, &self.withdraw, &self.thin];
        let replies = self.reply.iter().flat_map(|reply| &reply.when);
        let fetched = self.fetch.iter().flat_map(Fetch::conditions);
        asked.into_iter().flatten().chain(replies).chain(fetched)
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
            // Whoever says how it signs wants that checked.
            if self.secrets_from == SecretsFrom::ToolIfItSigns {
                file.insert("secrets_from".to_owned(), Value::String("tool".to_owned()));
            }
        }
        if let (Some(file), true) = (file.as_object_mut(), settings.contains_key("comment")) {
            file.remove("asks_where");
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

    /// Whether the tool only tries whether somebody is there. Nothing comes of it, so that it need not be signed: some try
    /// before they show their secret.
    #[must_use]
    pub fn is_probe(&self, content_type: &str, body: &[u8]) -> bool {
        if body.iter().all(u8::is_ascii_whitespace) {
            return true;
        }
        let may_be = !self.probe.is_empty() && body.len() <= LONGEST_PROBE;
        let payload = may_be.then(|| self.payload(content_type, body).ok()).flatten();
        payload.is_some_and(|payload| all_hold(&self.probe, &payload))
    }

    /// What a push is answered that is not kept: a text message that only says STOP, for instance.
    #[must_use]
    pub fn reply_to(&self, content_type: &str, body: &[u8]) -> Option<&str> {
        if self.reply.is_empty() {
            return None;
        }
        let payload = self.payload(content_type, body).ok()?;
        let reply = self.reply.iter().find(|reply| all_hold(&reply.when, &payload))?;
        Some(&reply.body)
    }

    /// The ids of the comments that a payload speaks of, whether or not their words can be read.
    pub(super) fn ids(&self, payload: &Value) -> Option<Vec<String>> {
        self.comment.ids(payload).ok()
    }

    /// What a payload brings.
    pub fn content(&self, payload: &Value) -> Result<Content, Fault> {
        if !self.withdraw.is_empty() && all_hold(&self.withdraw, payload) {
            return Ok(Content::Withdrawn(self.comment.ids(payload)?));
        }
        if !all_hold(&self.take, payload) {
            return Ok(Content::Nothing);
        }
        if !self.thin.is_empty() && all_hold(&self.thin, payload) {
            return match self.fetch.as_ref().is_some_and(Fetch::has_one) {
                true => Ok(Content::Thin),
                false => Err(Fault::Thin),
            };
        }
        match self.with_staff(self.comment.read(payload)?) {
            said if said.is_empty() && self.asks_where && !self.comment.has_place_for_words(payload) => {
                Err(Fault::NoWords)
            }
            said if said.is_empty() => Ok(Content::Nothing),
            said => Ok(Content::Said(said)),
        }
    }

    /// With people as the roster knows them, where a source says who is who.
    fn with_staff(&self, mut said: Vec<Said>) -> Vec<Said> {
        for said in &mut said {
            let named = said.staff.as_ref().and_then(|staff| self.staff.get(staff));
            said.staff = named.cloned().or_else(|| said.staff.take());
        }
        said
    }
}

impl Condition {
    fn asks_nothing(&self) -> bool {
        self.is.is_empty() && self.says.is_empty() && !self.there
    }

    fn holds(&self, payload: &Value) -> bool {
        let found = self.at.all(payload).into_iter().filter_map(text);
        let mut found = found.map(|text| (as_typed(&text), text));
        found.any(|(typed, text)| self.there || self.is.contains(&text) || self.says.contains(&typed))
    }
}

/// A pointer of `withdraw` to a place within the list of comments.
fn withdrawn_within(file: &Value) -> Option<&str> {
    let each = file.pointer("/comment/each")?.as_str()?;
    let conditions = file.get("withdraw")?.as_array()?.iter();
    let mut pointers = conditions.filter_map(|condition| condition.get("at")?.as_str());
    pointers.find(|pointer| {
        pointer
            .strip_prefix(each)
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

fn as_typed(text: &str) -> String {
    let word = text.trim().trim_end_matches(['.', '!', ',']);
    word.trim_end().to_lowercase()
}

fn all_hold(conditions: &[Condition], payload: &Value) -> bool {
    conditions.iter().all(|condition| condition.holds(payload))
}

/// Whether every file of a tool can be used; asked at the start.
pub fn check() -> Result<(), ToolError> {
    TOOLS.as_ref().map(|_| ()).map_err(Clone::clone)
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
    fn every_file_of_a_tool_is_read_and_says_in_each_language_what_to_click() {
        assert_eq!(check(), Ok(()));
        assert_eq!(Tool::all().count(), Files::iter().count());
        for (kind, tool) in Tool::all() {
            let count = |language: &str| tool.steps.get(language).map_or(0, Vec::len);
            assert_eq!(count("en"), count("de"), "{kind}: a step is not said in German");
            assert!((1..=10).contains(&count("en")), "{kind}: ten lines are enough");
        }
    }

    #[test]
    fn a_file_that_is_wrong_is_refused_by_its_name_with_what_is_wrong() {
        let wrong = |file: &str| Tool::read(file).unwrap_err();
        let head = "label = \"X\"\nsteps.en = [\"Click\"]\n";
        let address = "[signature]\nscheme = \"address\"\n";
        assert!(wrong("label = ").contains("line 1"));
        assert!(wrong(&format!("label = \"X\"\nsteps = {{}}\n{address}[comment]")).contains("steps.en"));
        assert!(wrong(&format!("{head}{address}[comment]\ntxt = \"/a\"")).contains("txt"));
        let token = "[signature]\nscheme = \"token\"\nheader = \"X\"\n[comment]";
        assert!(wrong(&format!("{head}{token}")).contains("`secrets`"));
        let hmac = "[signature]\nscheme = \"hmac\"\nhash = \"sha1\"\nencoding = \"hex\"\n";
        let secret = format!("secrets = [\"key\"]\n{head}{hmac}");
        assert!(wrong(&format!("{secret}[comment]")).contains("neither a header nor a field"));
        assert!(wrong(&format!("{secret}header = \"X\"\nkey = \"{{2}}\"\n[comment]")).contains("{2}"));
        assert!(
            wrong(&format!(
                "{secret}header = \"X\"\nsigned = \"{{boddy}}\"\n[comment]"
            ))
            .contains("boddy")
        );
        let nothing = format!("{head}{address}[[take]]\nat = \"/a\"\n[comment]");
        assert!(wrong(&nothing).contains("give `is`"));
        let error = ToolError {
            file: "x.toml".to_owned(),
            message: "is wrong".to_owned(),
        };
        assert_eq!(error.to_string(), "src/capture/source/tools/x.toml: is wrong");
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
        assert!(refused(json!({"coment": {}})).contains("there are comment, fetch, reply"));
        assert!(refused(json!({"comment": {"text": "words"}})).contains("must begin with /"));
        assert!(refused(json!({"comment": {"txt": "/words"}})).contains("unknown field `txt`"));
        let within =
            json!({"comment": {"each": "/records"}, "withdraw": [{"at": "/records/*/gone", "is": ["true"]}]});
        assert!(refused(within).contains("looks into `each`"));
    }
}
