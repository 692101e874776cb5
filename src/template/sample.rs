//! Samples: every state that a template can show, as data. `templates/samples/pages/desk.json` holds those of
//! `pages/desk`, by name.
use serde_json::{Map, Value};

use super::{Embedded, TemplateError, registry::embedded};

const FOLDER: &str = "samples/";

/// A sample.
pub(super) struct Sample {
    pub(super) template: String,
    pub(super) name: String,
    pub(super) data: Value,
}

impl Sample {
    pub(super) fn is_mail(&self) -> bool {
        self.template.starts_with("email/")
    }
}

/// All samples of all templates.
pub(super) fn all() -> Result<Vec<Sample>, TemplateError> {
    let mut samples = Vec::new();
    for path in Embedded::iter() {
        let inner = path
            .strip_prefix(FOLDER)
            .and_then(|inner| inner.strip_suffix(".json"));
        let Some(template) = inner else { continue };
        let text = embedded(&path).unwrap_or_default();
        let states: Map<String, Value> =
            serde_json::from_str(&text).map_err(|source| TemplateError::Sample {
                file: path.to_string(),
                source,
            })?;
        samples.extend(states.into_iter().map(|(name, data)| Sample {
            template: template.to_owned(),
            name,
            data,
        }));
    }
    Ok(samples)
}
