//! What a push would become: the mapping of a source, tried on a sample before anything is changed.
use entity::source;
use serde_json::Value;

use super::{
    SourceError,
    tool::{Content, Tool},
};

/// Places that are listed of one sample.
const MOST_PLACES: usize = 200;
/// Letters that are shown of a value.
const SHOWN: usize = 80;

/// A value of a sample, and the JSON Pointer that leads to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub pointer: String,
    pub value: String,
}

/// What a sample would become.
#[derive(Clone, Debug)]
pub struct Preview {
    /// What it brings; or why it cannot be read.
    pub content: Result<Content, String>,
    /// Where its values stand.
    pub places: Vec<Place>,
}

/// Tries a sample with a source's settings, or with others in their place. Nothing is stored.
pub fn preview(
    source: &source::Model,
    settings: Option<&Value>,
    content_type: &str,
    body: &[u8],
) -> Result<Preview, SourceError> {
    let invalid = |field, message: &str| SourceError::Invalid {
        field,
        message: message.to_owned(),
    };
    let tool =
        Tool::find(&source.kind).ok_or_else(|| invalid("source", "nothing is pushed to this source"))?;
    let tool = tool
        .with(settings.unwrap_or(&source.settings))
        .map_err(|error| invalid("settings", &error))?;
    let payload = match tool.payload(content_type, body) {
        Ok(payload) => payload,
        Err(fault) => {
            return Ok(Preview {
                content: Err(fault.to_string()),
                places: Vec::new(),
            });
        }
    };
    let mut places = Vec::new();
    collect(&payload, String::new(), &mut places);
    Ok(Preview {
        content: tool.content(&payload).map_err(|fault| fault.to_string()),
        places,
    })
}

fn collect(value: &Value, pointer: String, places: &mut Vec<Place>) {
    if places.len() >= MOST_PLACES {
        return;
    }
    let below = |name: &str| format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(value, below(name), places);
            }
        }
        Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                collect(value, below(&number.to_string()), places);
            }
        }
        Value::Null => {}
        value => places.push(Place {
            value: super::tool::pointer::text(value)
                .unwrap_or_default()
                .chars()
                .take(SHOWN)
                .collect(),
            pointer,
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_are_named_as_the_mapping_names_them() {
        let mut places = Vec::new();
        let payload = json!({ "a/b": [{ "c~d": "x" }, null], "n": 9, "is": true });
        collect(&payload, String::new(), &mut places);
        let named: Vec<(&str, &str)> = places
            .iter()
            .map(|place| (place.pointer.as_str(), place.value.as_str()))
            .collect();
        assert_eq!(named, [("/a~1b/0/c~0d", "x"), ("/is", "true"), ("/n", "9")]);
        for place in &places {
            let pointer = super::super::tool::pointer::Pointer::try_from(place.pointer.clone()).unwrap();
            assert_eq!(pointer.all(&payload).len(), 1, "{}", place.pointer);
        }
    }
}
