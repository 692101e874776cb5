//! What templates can do beyond Handlebars: sentences of the catalogue, quoted words, addresses of static files.
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy, Output, PathAndJson, RenderContext,
    RenderError, RenderErrorReason, Renderable, ScopedJson,
};
use serde_json::Value;

use super::{
    language::{Catalogue, CatalogueError, capitalised},
    time_words::Style,
};

/// Registers everything in a registry that writes HTML (`html`) or plain text.
pub(super) fn register(registry: &mut Handlebars<'static>, catalogue: &Arc<Catalogue>, html: bool) {
    registry.register_helper("if", Box::new(Condition { wanted: true }));
    registry.register_helper("unless", Box::new(Condition { wanted: false }));
    let sayings: [(&str, Saying); 10] = [
        ("t", sentence),
        ("told", told),
        ("explain", explanation),
        ("when", when),
        ("date", date),
        ("days", days),
        ("period", period),
        ("listed", listed),
        ("source_name", source_name),
        ("decimal", decimal),
    ];
    for (name, say) in sayings {
        let catalogue = Arc::clone(catalogue);
        registry.register_helper(name, Box::new(Says { catalogue, say }));
    }
    registry.register_helper(
        "rich",
        Box::new(RichSentence {
            catalogue: Arc::clone(catalogue),
            html,
        }),
    );
    registry.register_helper("quoted", Box::new(quoted));
    registry.register_helper("asset", Box::new(asset));
    registry.register_helper("key", Box::new(Key));
}

/// The reason that says where and when, where that is known.
const ON_DUTY: &str = "unnamed.on_duty";

/// What a helper says in the language of a catalogue; escaped like any value.
type Saying = fn(&Catalogue, &Helper<'_>) -> Result<String, RenderError>;

struct Says {
    catalogue: Arc<Catalogue>,
    say: Saying,
}

impl HelperDef for Says {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let said = (self.say)(&self.catalogue, helper)?;
        Ok(ScopedJson::Derived(Value::String(said)))
    }
}

/// `{{#if x}}`, but a name that does not exist is an error and not false: a typing error must not hide a part.
struct Condition {
    wanted: bool,
}

impl HelperDef for Condition {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let value = helper
            .param(0)
            .ok_or(RenderErrorReason::ParamNotFoundForIndex("if", 0))?;
        if value.is_value_missing() {
            return Err(RenderError::strict_error(value.relative_path()));
        }
        let holds = value.value().is_truthy(false) == self.wanted;
        let branch = if holds {
            helper.template()
        } else {
            helper.inverse()
        };
        branch.map_or(Ok(()), |branch| branch.render(registry, context, render, out))
    }
}

/// `(key "feed" scope "title")`: the key of a text made of constants and a value, joined by dots.
struct Key;

impl HelperDef for Key {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let part = |part: &PathAndJson<'rc>| match part.value() {
            Value::String(text) => Ok(text.clone()),
            _ => Err(RenderError::strict_error(part.relative_path())),
        };
        let parts: Vec<String> = helper.params().iter().map(part).collect::<Result<_, _>>()?;
        Ok(ScopedJson::Derived(Value::String(parts.join("."))))
    }
}

/// `{{t "key" name=value}}`: a sentence.
fn sentence(catalogue: &Catalogue, helper: &Helper<'_>) -> Result<String, RenderError> {
    said(catalogue.say(&key(helper)?, &values(helper, catalogue)?))
}

/// `{{told reason}}`: a sentence whose key and values are one thing of the context.
fn told(catalogue: &Catalogue, helper: &Helper<'_>) -> Result<String, RenderError> {
    let reason = param(helper, 0)?;
    let key = reason.get("key").and_then(Value::as_str).unwrap_or_default();
    let given = reason.get("values").and_then(Value::as_object);
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    let values = given.into_iter().flatten().filter_map(text).collect();
    said(catalogue.say(key, &values))
}

/// `{{explain why}}`: the reasons of a verdict as a sentence, "Amina: thanked by name; the full name is given."
fn explanation(catalogue: &Catalogue, helper: &Helper<'_>) -> Result<String, RenderError> {
    let why = param(helper, 0)?;
    let codes = why.get("reasons").and_then(Value::as_array);
    let codes = codes.ok_or(RenderErrorReason::InvalidParamType("reasons"))?;
    let served = |part: &str| why.pointer(&format!("/served/{part}")).and_then(Value::as_str);
    let text = |code: &Value| match (code.as_str().unwrap_or_default(), served("post"), served("time")) {
        (code @ ON_DUTY, Some(post), Some(time)) => {
            let values = pairs(&[("post", post), ("time", time)]);
            said(catalogue.say(&format!("reason.{code}_at"), &values))
        }
        (code, ..) => said(catalogue.say(&format!("reason.{code}"), &BTreeMap::new())),
    };
    let separator = said(catalogue.say("reason.separator", &BTreeMap::new()))?;
    let reasons = codes
        .iter()
        .map(text)
        .collect::<Result<Vec<_>, _>>()?
        .join(&separator);
    match why.get("name").and_then(Value::as_str) {
        Some(name) => said(catalogue.say("reason.about", &pairs(&[("name", name), ("reasons", &reasons)]))),
        None => said(catalogue.say("reason.alone", &pairs(&[("reasons", &capitalised(&reasons))]))),
    }
}

/// `{{when at}}`: a moment.
fn when(catalogue: &Catalogue, helper: &Helper<'_>) -> Result<String, RenderError> {
    let moment = param(helper, 0)?;
    let text = |name: &str| moment.get(name).and_then(Value::as_str).unwrap_or_default();
    let local = DateTime::parse_from_rfc3339(text("iso")).map_err(|error| wrong(&error))?;
    let today = text("today")
        .parse::<NaiveDate>()
        .map_err(|error| wrong(&error))?;
    let is_full = moment.get("full").and_then(Value::as_bool).unwrap_or_default();
    said(catalogue.moment(local.naive_local(), today, is_full))
}

/// `{{date "day" until}}`: a day; also as `"weekday"` or `"month"`.
fn date(catalogue: &Catalogue, helper: &Helper<'_>) -> Result<String, RenderError> {
    let style = param(helper, 0)?.as_str().and_then(Style::of_name);
    let style = style.ok_or(RenderErrorReason::InvalidParamType("day, weekday or month"))?;
    said(catalogue.day(day(param(helper, 1)?)?, style))
}

/// `{{days first last}}`: a week.
fn days(catalogue: &Catalogue, helper: &Helper<'_>) -> Result<String, RenderError> {
    said(catalogue.days(day(param(helper, 0)?)?, day(param(helper, 1)?)?))
}

/// `{{period shown}}`: the period of a board.
fn period(catalogue: &Catalogue, helper: &Helper<'_>) -> Result<String, RenderError> {
    let period = param(helper, 0)?;
    let part = |name: &str| period.get(name).unwrap_or(&Value::Null);
    let kind = part("kind").as_str().unwrap_or_default();
    said(catalogue.period(kind, day(part("first"))?, day(part("last"))?))
}

/// `{{listed names others}}`: "Amina, Daniel and 12 others".
fn listed(catalogue: &Catalogue, helper: &Helper<'_>) -> Result<String, RenderError> {
    let names = param(helper, 0)?.as_array();
    let names = names.ok_or(RenderErrorReason::InvalidParamType("names"))?;
    let mut names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    let others = param(helper, 1)?.as_u64().unwrap_or_default();
    let more = said(catalogue.say("words.others", &pairs(&[("n", &others.to_string())])))?;
    if others > 0 {
        names.push(&more);
    }
    said(catalogue.list(&names))
}

/// `{{source_name source}}`: what a source is called; those that organisations have from the start are named for programs.
/// Of what was said aloud: how, and who wrote it down.
fn source_name(catalogue: &Catalogue, helper: &Helper<'_>) -> Result<String, RenderError> {
    let source = param(helper, 0)?;
    let part = |part| source.get(part).and_then(Value::as_str);
    if let (Some(way), Some(by)) = (part("way"), part("logged_by")) {
        return said(catalogue.say(&format!("spoken.logged.{way}"), &pairs(&[("name", by)])));
    }
    let name = source.as_str().unwrap_or_default();
    match name {
        "api" | "form" | "import" | "mail" | "spoken" => {
            said(catalogue.say(&format!("admin.kind.{name}"), &BTreeMap::new()))
        }
        name => Ok(name.to_owned()),
    }
}

/// `{{decimal share}}`: "98.8" in English, "98,8" in German.
fn decimal(catalogue: &Catalogue, helper: &Helper<'_>) -> Result<String, RenderError> {
    said(catalogue.decimal(param(helper, 0)?.as_str().unwrap_or_default()))
}

fn day(value: &Value) -> Result<NaiveDate, RenderError> {
    let text = value
        .as_str()
        .ok_or(RenderErrorReason::InvalidParamType("a day"))?;
    text.parse().map_err(|error| wrong(&error))
}

/// A parameter that is there: a typing error must not become an empty text.
fn param<'h>(helper: &'h Helper<'_>, index: usize) -> Result<&'h Value, RenderError> {
    let param = helper
        .param(index)
        .ok_or(RenderErrorReason::ParamNotFoundForIndex("a helper", index))?;
    if param.is_value_missing() {
        return Err(RenderError::strict_error(param.relative_path()));
    }
    Ok(param.value())
}

fn said(words: Result<String, CatalogueError>) -> Result<String, RenderError> {
    words.map_err(|error| wrong(&error))
}

pub(super) fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

/// `{{rich "key" name=value}}`: a sentence whose `*stretches*` come out bold; values and text are escaped.
struct RichSentence {
    catalogue: Arc<Catalogue>,
    html: bool,
}

impl HelperDef for RichSentence {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let pieces = self
            .catalogue
            .pieces(&key(helper)?, &values(helper, &self.catalogue)?)
            .map_err(|error| wrong(&error))?;
        let escape = registry.get_escape_fn();
        for piece in pieces {
            match (piece.strong && self.html, escape(&piece.text)) {
                (true, text) => out.write(&format!("<b class=\"strong\">{text}</b>"))?,
                (false, text) => out.write(&text)?,
            }
        }
        Ok(())
    }
}

fn key(helper: &Helper<'_>) -> Result<String, RenderError> {
    let key = helper.param(0).and_then(|key| key.value().as_str());
    Ok(key
        .ok_or(RenderErrorReason::InvalidParamType("the key of a text"))?
        .to_owned())
}

/// Names in a list become one text: "Amina, Daniel and Grace".
fn values(helper: &Helper<'_>, catalogue: &Catalogue) -> Result<BTreeMap<String, String>, RenderError> {
    let mut values = BTreeMap::new();
    for (name, value) in helper.hash() {
        let text = match value.value() {
            _ if value.is_value_missing() => return Err(RenderError::strict_error(value.relative_path())),
            Value::String(text) => text.clone(),
            Value::Number(number) => plain(number),
            Value::Array(names) if names.iter().all(Value::is_string) => {
                let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
                catalogue.list(&names).map_err(|error| wrong(&error))?
            }
            other => return Err(wrong(&format!("{name} is {other}, not a text or a number"))),
        };
        values.insert((*name).to_owned(), text);
    }
    Ok(values)
}

/// `3.0` is said as 3.
fn plain(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(whole) if !number.is_i64() && !number.is_u64() && whole.fract() == 0.0 => format!("{whole:.0}"),
        _ => number.to_string(),
    }
}

fn wrong(error: &dyn std::fmt::Display) -> RenderError {
    RenderErrorReason::Other(error.to_string()).into()
}

const QUOTE_WIDTH: usize = 60;

/// `{{quoted words}}` in a text part: indented by four, wrapped, in their own quotation marks. Nothing a customer
/// writes can then look like a line of ours.
fn quoted(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let words = helper
        .param(0)
        .map_or(&Value::Null, handlebars::PathAndJson::value);
    let part = |name: &str| words.get(name).and_then(Value::as_str).unwrap_or_default();
    let segments = words.get("segments").and_then(Value::as_array);
    let segments = segments.ok_or(RenderErrorReason::InvalidParamType("words"))?;
    let text: String = segments
        .iter()
        .filter_map(|segment| segment.get("text")?.as_str())
        .collect();
    let lines = wrapped(&format!(
        "{}{}{}",
        part("open"),
        super::escape::clean(&text),
        part("close")
    ));
    out.write(&lines.join("\n"))?;
    Ok(())
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split(['\n', '\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}', '\r']) {
        let mut line = String::from("   ");
        for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
            if line.chars().count() + 1 + word.chars().count() > QUOTE_WIDTH && line.len() > 3 {
                lines.push(std::mem::replace(&mut line, String::from("   ")));
            }
            line.push(' ');
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// `{{asset "style.css"}}`: the address of a static file, with its fingerprint so that it can be kept for good.
fn asset(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let name = key(helper)?;
    let asset = super::asset(&name).ok_or_else(|| wrong(&format!("there is no static file {name:?}")))?;
    out.write(&format!("/static/{name}?v={}", asset.fingerprint))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_and_every_line_is_indented() {
        let lines = wrapped(
            "One line that is long enough to be wrapped, as most words of customers are.\n-- \nYours",
        );
        assert_eq!(lines.len(), 4);
        assert!(
            lines
                .iter()
                .all(|line| line.starts_with("   ") && line.chars().count() <= QUOTE_WIDTH)
        );
        assert_eq!(lines[2], "    --");
    }

    #[test]
    fn a_word_longer_than_the_line_stays_whole() {
        assert_eq!(wrapped(&"x".repeat(90)), [format!("    {}", "x".repeat(90))]);
    }
}
