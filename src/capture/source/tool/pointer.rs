//! Where in a payload a value stands: JSON Pointer (RFC 6901), and in lists `*` for every entry or `[key=value]` for
//! those of which something is so. `[field.type=rating|nps]` looks deeper and takes either; `!=` takes the others.
use serde::Deserialize;
use serde_json::Value;

/// A pointer, read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pointer(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Named(String),
    Every,
    Those {
        key: Vec<String>,
        are: bool,
        values: Vec<String>,
    },
}

/// What is no pointer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    #[error("{0:?} is no JSON Pointer: it must begin with /, as in /answers/0/text")]
    NoSlash(String),
    #[error("{0:?} has a condition that cannot be read; right is, for example, /answers/[type=text]/text")]
    Condition(String),
}

impl TryFrom<String> for Pointer {
    type Error = PointerError;

    fn try_from(text: String) -> Result<Pointer, PointerError> {
        let Some(rest) = text.strip_prefix('/') else {
            return match text.is_empty() {
                true => Ok(Pointer(Vec::new())),
                false => Err(PointerError::NoSlash(text)),
            };
        };
        let steps = rest.split('/').map(|part| Step::read(part, &text));
        Ok(Pointer(steps.collect::<Result<_, _>>()?))
    }
}

impl Step {
    fn read(part: &str, whole: &str) -> Result<Step, PointerError> {
        if part == "*" {
            return Ok(Step::Every);
        }
        let Some(condition) = part.strip_prefix('[') else {
            return Ok(Step::Named(part.replace("~1", "/").replace("~0", "~")));
        };
        let unreadable = || PointerError::Condition(whole.to_owned());
        let condition = condition.strip_suffix(']').ok_or_else(unreadable)?;
        let (key, values) = condition.split_once('=').ok_or_else(unreadable)?;
        let (key, are) = match key.strip_suffix('!') {
            Some(key) => (key, false),
            None => (key, true),
        };
        Ok(Step::Those {
            key: key.split('.').map(str::to_owned).collect(),
            are,
            values: values.split('|').map(str::to_owned).collect(),
        })
    }

    fn from<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match (self, value) {
            (Step::Named(name), Value::Object(fields)) => fields.get(name).into_iter().collect(),
            (Step::Named(index), Value::Array(items)) => {
                let index = index.parse::<usize>().ok();
                index.and_then(|index| items.get(index)).into_iter().collect()
            }
            (Step::Every, Value::Array(items)) => items.iter().collect(),
            (Step::Those { key, are, values }, Value::Array(items)) => {
                let is_such = |item: &&Value| {
                    let found = key.iter().try_fold(*item, |value, name| value.get(name));
                    let text = found.and_then(text);
                    text.is_some_and(|text| values.contains(&text)) == *are
                };
                items.iter().filter(is_such).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Pointer {
    /// Everything it leads to; null counts as nothing.
    #[must_use]
    pub fn all<'a>(&self, payload: &'a Value) -> Vec<&'a Value> {
        let start = vec![payload];
        let found = self.0.iter().fold(start, |at, step| {
            at.into_iter().flat_map(|value| step.from(value)).collect()
        });
        found.into_iter().filter(|value| !value.is_null()).collect()
    }
}

/// A plain value as text; lists and objects are none.
#[must_use]
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(pointer: &str, payload: &Value) -> Vec<String> {
        let pointer = Pointer::try_from(pointer.to_owned()).unwrap();
        pointer.all(payload).into_iter().filter_map(text).collect()
    }

    #[test]
    fn names_indices_and_escapes_are_those_of_rfc_6901() {
        let payload = json!({"a/b": {"c~d": ["x", "y"]}, "": 1, "n": null});
        assert_eq!(found("/a~1b/c~0d/1", &payload), ["y"]);
        assert_eq!(found("/", &payload), ["1"]);
        for nothing in ["/a", "/a~1b/c~0d/2", "/n", "/n/x", "/a~1b/c~0d/-1"] {
            assert!(found(nothing, &payload).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn entries_of_lists_are_chosen_by_what_they_say() {
        let payload = json!({"answers": [
            {"type": "text", "text": "one", "field": {"ref": "who"}},
            {"type": "number", "number": 9},
            {"type": "text", "text": "two"},
        ]});
        assert_eq!(found("/answers/[type=text]/text", &payload), ["one", "two"]);
        assert_eq!(found("/answers/[field.ref=who|staff]/text", &payload), ["one"]);
        assert_eq!(found("/answers/[field.ref!=who]/text", &payload), ["two"]);
        assert_eq!(found("/answers/*/number", &payload), ["9"]);
    }

    #[test]
    fn what_is_no_pointer_is_refused_with_one_that_is() {
        let refused = |text: &str| Pointer::try_from(text.to_owned()).unwrap_err().to_string();
        assert!(refused("answers.text").contains("must begin with /"));
        assert!(refused("/a/[type]/b").contains("[type=text]"));
        assert!(refused("/a/[type=x/b").contains("[type=text]"));
    }
}
