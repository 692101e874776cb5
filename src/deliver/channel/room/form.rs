//! Fills a form of JSON with data:
//!
//! - `"{path}"` in a text is what stands there; `{path:html}` the same with `&`, `<` and `>` escaped.
//! - `{"$each": path, "$do": [ … ]}` in a list stands for its entries once for each of those at the path; names are looked
//!   up there first.
//! - `{"$when": path, … }` and `{"$unless": path, … }` are there only where there is something, or is nothing.
//! - `{"$text": text, "$max": n}` is a text of at most so many letters.
//! - `{"$join": [ … ]}` is one text of several.
//!
//! A path that leads nowhere is an error, so that a typing error hides nothing.
use serde_json::{Map, Value};

/// What is filled in, the innermost last.
type Scope<'a> = Vec<&'a Value>;

pub(super) fn fill(form: &Value, data: &Value) -> Result<Value, String> {
    let filled = value(form, &vec![data])?;
    filled.ok_or_else(|| "nothing is left of it".to_owned())
}

fn value(form: &Value, scope: &Scope<'_>) -> Result<Option<Value>, String> {
    match form {
        Value::String(form) => Ok(Some(Value::String(text(form, scope)?))),
        Value::Array(entries) => Ok(Some(Value::Array(list(entries, scope)?))),
        Value::Object(form) => object(form, scope),
        other => Ok(Some(other.clone())),
    }
}

fn list(entries: &[Value], scope: &Scope<'_>) -> Result<Vec<Value>, String> {
    let mut filled = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some(path) = entry.get("$each").and_then(Value::as_str) else {
            filled.extend(value(entry, scope)?);
            continue;
        };
        let each = found(path, scope)?.as_array();
        let each = each.ok_or_else(|| format!("{path} is no list"))?;
        let form = entry.get("$do").and_then(Value::as_array);
        let form = form.ok_or_else(|| format!("\"$each\": {path:?} has no \"$do\""))?;
        for one in each {
            let mut inner = scope.clone();
            inner.push(one);
            filled.extend(list(form, &inner)?);
        }
    }
    Ok(filled)
}

fn object(form: &Map<String, Value>, scope: &Scope<'_>) -> Result<Option<Value>, String> {
    for (key, wanted) in [("$when", true), ("$unless", false)] {
        if let Some(path) = form.get(key).and_then(Value::as_str)
            && is_something(found(path, scope)?) != wanted
        {
            return Ok(None);
        }
    }
    if let Some(parts) = form.get("$join").and_then(Value::as_array) {
        let parts = list(parts, scope)?;
        return Ok(Some(Value::String(
            parts.iter().filter_map(Value::as_str).collect(),
        )));
    }
    if let Some(template) = form.get("$text").and_then(Value::as_str) {
        let most = form.get("$max").and_then(Value::as_u64);
        return Ok(Some(Value::String(cut(text(template, scope)?, most))));
    }
    let mut filled = Map::new();
    for (key, form) in form.iter().filter(|(key, _)| !is_ours(key)) {
        if let Some(value) = value(form, scope)? {
            filled.insert(key.clone(), value);
        }
    }
    Ok(Some(Value::Object(filled)))
}

fn is_ours(key: &str) -> bool {
    ["$when", "$unless"].contains(&key)
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(holds) => *holds,
        Value::String(text) => !text.is_empty(),
        Value::Array(entries) => !entries.is_empty(),
        Value::Number(_) | Value::Object(_) => true,
    }
}

fn text(template: &str, scope: &Scope<'_>) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (path, after) = after
            .split_once('}')
            .ok_or_else(|| format!("{template:?} opens a brace and closes none"))?;
        filled.push_str(before);
        let (path, is_html) = path
            .strip_suffix(":html")
            .map_or((path, false), |path| (path, true));
        let value = found(path, scope)?.as_str();
        let value = value.ok_or_else(|| format!("{path} is no text"))?;
        if is_html {
            filled.push_str(&escaped(value));
        } else {
            filled.push_str(value);
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn escaped(value: &str) -> String {
    value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn cut(text: String, most: Option<u64>) -> String {
    let most = most.and_then(|most| usize::try_from(most).ok());
    match most {
        Some(most) if text.chars().count() > most => {
            let kept: String = text.chars().take(most.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
        _ => text,
    }
}

fn found<'a>(path: &str, scope: &Scope<'a>) -> Result<&'a Value, String> {
    let mut steps = path.split('.');
    let first = steps.next().unwrap_or_default();
    let start = scope.iter().rev().find_map(|data| data.get(first));
    let found = steps.try_fold(start, |at, step| at.map(|at| at.get(step)));
    found
        .flatten()
        .ok_or_else(|| format!("there is nothing at {path}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn entries_are_repeated_left_out_and_cut() {
        let form = json!([
            { "$each": "people", "$do": [{ "$when": "kind", "name": "{name} of {shop.name}" }] },
            { "$text": "{shop.name}", "$max": 4 },
            { "$join": ["<b>", { "$each": "people", "$do": ["{name:html};"] }] },
        ]);
        let data = json!({
            "shop": { "name": "Castle" },
            "people": [{ "name": "A<b>", "kind": true }, { "name": "{name}", "kind": false }],
        });
        let filled = json!([{ "name": "A<b> of Castle" }, "Cas…", "<b>A&lt;b&gt;;{name};"]);
        assert_eq!(fill(&form, &data).unwrap(), filled);
    }

    #[test]
    fn a_path_that_leads_nowhere_is_an_error() {
        for form in [json!("{nmae}"), json!({ "$when": "nmae" }), json!(["{name"])] {
            assert!(fill(&form, &json!({ "name": "x" })).is_err(), "{form}");
        }
    }
}
