//! The registries of one language: one that escapes for HTML, one for plain text.
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use handlebars::{Handlebars, RenderError, Template};
use serde_json::Value;

use super::language::Catalogue;
use super::{Embedded, Language, TemplateError, escape, helpers};

/// Files by their path below the folder of templates.
pub(super) type Files = BTreeMap<String, String>;

/// What one language says.
pub(super) struct Voice {
    html: Handlebars<'static>,
    text: Handlebars<'static>,
}

impl Voice {
    pub(super) fn new(language: Language, own: &Files) -> Result<Self, TemplateError> {
        let catalogue = Arc::new(catalogue(language, own)?);
        let mut voice = Self {
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
        for (path, source) in sources(own) {
            let template = parse(&path, &source)?;
            voice
                .html
                .register_template(template_name(&path), template.clone());
            voice.text.register_template(template_name(&path), template);
        }
        Ok(voice)
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
    let ours = Embedded::get(&name).is_some() && !name.starts_with("static/");
    if ours {
        Ok(name)
    } else {
        Err(TemplateError::ReplacesNothing(path.to_owned()))
    }
}

fn catalogue(language: Language, own: &Files) -> Result<Catalogue, TemplateError> {
    let path = format!("text/{}.toml", language.code());
    let parse = |text: &str| {
        Catalogue::parse(language, text).map_err(|source| TemplateError::Catalogue { language, source })
    };
    let mut catalogue = parse(&embedded(&path).unwrap_or_default())?;
    if let Some(text) = own.get(&path) {
        catalogue.overlay(parse(text)?);
    }
    Ok(catalogue)
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
