//! The registries of one language: one that escapes for HTML, one for plain text.
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use entity::staff_member::FORMER;
use handlebars::{Handlebars, RenderError, Template};
use serde_json::Value;

use super::language::Catalogue;
use super::{Embedded, Language, Spoken, TemplateError, escape, helpers};

/// Files by their path below the folder of templates.
pub(super) type Files = BTreeMap<String, String>;

/// What one language says.
pub(super) struct Voice {
    language: Language,
    name: String,
    /// What is said in place of the name of somebody who was erased.
    former: String,
    html: Handlebars<'static>,
    text: Handlebars<'static>,
}

/// A voice for every catalogue, ours and an installation's own; English first.
pub(super) fn voices(own: &Files) -> Result<Vec<Voice>, TemplateError> {
    let templates = sources(own)
        .map(|(path, source)| Ok((template_name(&path).to_owned(), parse(&path, &source)?)))
        .collect::<Result<Vec<_>, TemplateError>>()?;
    let english = catalogue(Language::ENGLISH, own)?;
    let mut voices = vec![Voice::new(Language::ENGLISH, english.clone(), &templates)];
    for language in languages(own) {
        let spoken = catalogue(language, own)?;
        spoken
            .check_against(&english)
            .map_err(|source| TemplateError::Catalogue { language, source })?;
        voices.push(Voice::new(language, spoken, &templates));
    }
    Ok(voices)
}

/// The languages that have a catalogue, but for English, in the order of their codes.
fn languages(own: &Files) -> BTreeSet<Language> {
    let ours = Embedded::iter().map(std::borrow::Cow::into_owned);
    let all = ours.chain(own.keys().cloned());
    let mut languages: BTreeSet<Language> = all.filter_map(|path| language_of(&path)).collect();
    languages.remove(&Language::ENGLISH);
    languages
}

/// `text/de.toml` → German; none for a file that is no catalogue.
fn language_of(path: &str) -> Option<Language> {
    let code = path.strip_prefix("text/")?.strip_suffix(".toml")?;
    Language::of_tag(code).filter(|language| language.code() == code)
}

impl Voice {
    fn new(language: Language, catalogue: Catalogue, templates: &[(String, Template)]) -> Self {
        let catalogue = Arc::new(catalogue);
        let mut voice = Self {
            language,
            name: catalogue
                .raw("language.name")
                .unwrap_or(language.code())
                .to_owned(),
            former: catalogue.raw("people.former").unwrap_or_default().to_owned(),
            html: Handlebars::new(),
            text: Handlebars::new(),
        };
        voice.html.register_escape_fn(escape::html);
        voice.text.register_escape_fn(escape::text);
        for (registry, html) in [(&mut voice.html, true), (&mut voice.text, false)] {
            registry.set_strict_mode(true);
            registry.set_prevent_indent(true);
            helpers::register(registry, &catalogue, html);
        }
        for (name, template) in templates {
            voice.html.register_template(name, template.clone());
            voice.text.register_template(name, template.clone());
        }
        voice
    }

    pub(super) fn speaks(&self, language: Language) -> bool {
        self.language == language
    }

    pub(super) fn spoken(&self) -> Spoken {
        Spoken {
            language: self.language,
            name: self.name.clone(),
        }
    }

    /// Says in this language wherever somebody would be named who was erased.
    pub(super) fn say_former(&self, data: &mut Value) {
        match data {
            Value::String(text) if text == FORMER => text.clone_from(&self.former),
            Value::Array(items) => items.iter_mut().for_each(|item| self.say_former(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.say_former(field)),
            _ => {}
        }
    }

    pub(super) fn html(&self, name: &str, data: &Value) -> Result<String, TemplateError> {
        self.html.render(name, data).map_err(|error| broken(name, &error))
    }

    pub(super) fn text(&self, name: &str, data: &Value) -> Result<String, TemplateError> {
        self.text.render(name, data).map_err(|error| broken(name, &error))
    }
}

/// Reads an installation's own files. Each must replace one of ours, or nobody would notice that it has no effect.
pub(super) fn read_overrides(folder: &Path) -> Result<Files, TemplateError> {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inside) = folders.pop() {
        let unreadable = |source| TemplateError::Unreadable {
            path: inside.clone(),
            source,
        };
        for entry in fs::read_dir(&inside).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = replaced(folder, &path)?;
                let unreadable = |source| TemplateError::Unreadable {
                    path: path.clone(),
                    source,
                };
                files.insert(name, fs::read_to_string(&path).map_err(unreadable)?);
            }
        }
    }
    Ok(files)
}

fn replaced(folder: &Path, path: &Path) -> Result<String, TemplateError> {
    let relative = path
        .strip_prefix(folder)
        .ok()
        .and_then(Path::to_str)
        .unwrap_or_default();
    let name = relative.replace('\\', "/");
    let is_replaced = Embedded::get(&name).is_some()
        && ["email/", "pages/", "partials/"]
            .iter()
            .any(|folder| name.starts_with(folder));
    if is_replaced || language_of(&name).is_some() {
        Ok(name)
    } else {
        Err(TemplateError::ReplacesNothing(path.to_owned()))
    }
}

fn catalogue(language: Language, own: &Files) -> Result<Catalogue, TemplateError> {
    let path = format!("text/{language}.toml");
    let wrong = |source| TemplateError::Catalogue { language, source };
    let mut catalogue = Catalogue::parse(&embedded(&path).unwrap_or_default()).map_err(wrong)?;
    if let Some(text) = own.get(&path) {
        let own = Catalogue::parse(text).map_err(wrong)?;
        catalogue.overlay(own).map_err(wrong)?;
    }
    Ok(catalogue.named(language))
}

/// All templates with their paths, an installation's own in place of ours.
pub(super) fn sources(own: &Files) -> impl Iterator<Item = (String, String)> {
    Embedded::iter()
        .filter(|path| path.ends_with(".hbs"))
        .filter_map(move |path| {
            let source = own.get(path.as_ref()).cloned().or_else(|| embedded(&path))?;
            Some((path.into_owned(), source))
        })
}

pub(super) fn embedded(path: &str) -> Option<String> {
    let file = Embedded::get(path)?;
    Some(String::from_utf8_lossy(&file.data).into_owned())
}

/// `partials/card.hbs` → `card`, `pages/thank.hbs` → `pages/thank`.
fn template_name(path: &str) -> &str {
    let name = path.strip_suffix(".hbs").unwrap_or(path);
    name.strip_prefix("partials/").unwrap_or(name)
}

fn file_of(name: &str) -> String {
    let folder = if name.contains('/') { "" } else { "partials/" };
    format!("{folder}{name}.hbs")
}

fn parse(path: &str, source: &str) -> Result<Template, TemplateError> {
    Template::compile_with_name(source, template_name(path).to_owned()).map_err(|error| {
        let line = error.pos().map_or(0, |(line, _)| line);
        TemplateError::Broken {
            file: path.to_owned(),
            line,
            message: error.reason().to_string(),
        }
    })
}

fn broken(name: &str, error: &RenderError) -> TemplateError {
    TemplateError::Broken {
        file: file_of(error.template_name.as_deref().unwrap_or(name)),
        line: error.line_no.unwrap_or(0),
        message: error.reason().to_string(),
    }
}
