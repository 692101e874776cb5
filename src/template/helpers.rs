//! What templates can do beyond Handlebars: sentences of the catalogue, quoted words, addresses of static files.
use std::collections::BTreeMap;
use std::sync::Arc;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy, Output, PathAndJson, RenderContext,
    RenderError, RenderErrorReason, Renderable, ScopedJson,
};
use serde_json::Value;

use super::language::{Catalogue, capitalised};

/// Registers everything in a registry that writes HTML (`html`) or plain text.
pub(super) fn register(registry: &mut Handlebars<'static>, catalogue: &Arc<Catalogue>, html: bool) {
    registry.register_helper("if", Box::new(Condition { wanted: true }));
    registry.register_helper("unless", Box::new(Condition { wanted: false }));
    registry.register_helper(
        "t",
        Box::new(Sentence {
            catalogue: Arc::clone(catalogue),
        }),
    );
    registry.register_helper(
        "rich",
        Box::new(RichSentence {
            catalogue: Arc::clone(catalogue),
            html,
        }),
    );
    registry.register_helper(
        "explain",
        Box::new(Explanation {
            catalogue: Arc::clone(catalogue),
        }),
    );
    registry.register_helper("quoted", Box::new(quoted));
    registry.register_helper("asset", Box::new(asset));
    registry.register_helper("key", Box::new(Key));
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

/// `{{t "key" name=value}}`: a sentence, escaped like any value.
struct Sentence {
    catalogue: Arc<Catalogue>,
}

impl HelperDef for Sentence {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let sentence = self
            .catalogue
            .say(&key(helper)?, &values(helper, &self.catalogue)?)
            .map_err(|error| wrong(&error))?;
        Ok(ScopedJson::Derived(Value::String(sentence)))
    }
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

/// `{{explain why}}`: the reasons of a verdict as a sentence, "Amina: thanked by name; the full name is given."
struct Explanation {
    catalogue: Arc<Catalogue>,
}

impl HelperDef for Explanation {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let why = helper
            .param(0)
            .map_or(&Value::Null, handlebars::PathAndJson::value);
        let codes = why.get("reasons").and_then(Value::as_array);
        let codes = codes.ok_or(RenderErrorReason::InvalidParamType("reasons"))?;
        let none = BTreeMap::new();
        let text = |code: &Value| {
            let key = format!("reason.{}", code.as_str().unwrap_or_default());
            self.catalogue.say(&key, &none).map_err(|error| wrong(&error))
        };
        let reasons = codes.iter().map(text).collect::<Result<Vec<_>, _>>()?.join("; ");
        let values = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            pairs.iter().map(owned).collect()
        };
        let sentence = match why.get("name").and_then(Value::as_str) {
            Some(name) => self
                .catalogue
                .say("reason.about", &values(&[("name", name), ("reasons", &reasons)])),
            None => self
                .catalogue
                .say("reason.alone", &values(&[("reasons", &capitalised(&reasons))])),
        };
        Ok(ScopedJson::Derived(Value::String(
            sentence.map_err(|error| wrong(&error))?,
        )))
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
            Value::Number(number) => number.to_string(),
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
