//! Typed data becomes pages and mails. No database, no routes: whoever calls hands over a context, gets text back.
//!
//! Every template has a context in [`context`] and samples below `templates/samples`. All templates are rendered with all
//! samples in the tests, and at the start of a service that has templates of its own, so that a broken one is found
//! before anybody waits for its page.
pub mod brand;
pub mod context;
mod email;
mod escape;
mod helpers;
pub mod language;
mod preview;
mod registry;
mod sample;
pub mod segments;
pub mod time_words;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rust_embed::RustEmbed;
use serde_json::Value;

pub use context::Context;
pub use email::Mail;
pub use language::Language;
pub use preview::preview;
pub use segments::{Segment, Words};
pub use time_words::Moment;

use registry::{Files, Voice};
use sample::Sample;

#[derive(RustEmbed)]
#[folder = "templates/"]
struct Embedded;

/// A template or catalogue that cannot be used, or data that does not fit it.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A file is no valid template, or rendering it failed.
    #[error("{file}, line {line}: {message}")]
    Broken {
        /// Path below the folder of templates.
        file: String,
        /// Line in that file, from 1; 0 if unknown.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A catalogue is unreadable.
    #[error("text/{language}.toml: {source}")]
    Catalogue {
        /// Whose catalogue.
        language: Language,
        /// What is wrong.
        source: language::CatalogueError,
    },
    /// A sample is no JSON.
    #[error("templates/samples/{file}: {source}")]
    Sample {
        /// Which.
        file: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// An installation's own folder holds something that replaces nothing.
    #[error(
        "{0} replaces no template of Plaudit and is no catalogue text/LANGUAGE.toml; rename or remove it"
    )]
    ReplacesNothing(PathBuf),
    /// An installation's own folder cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// File or folder.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// A preview cannot be written.
    #[error("{path}: {source}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The styles of a mail could not be written into its elements.
    #[error("styles of a mail: {0}")]
    Styles(String),
    /// A context cannot be turned into data.
    #[error("context: {0}")]
    Context(#[from] serde_json::Error),
}

/// All templates in all languages, ready to render. Cheap to share, never changes.
#[derive(Clone)]
pub struct Templates {
    voices: Arc<[Voice]>,
    spoken: Vec<Spoken>,
}

/// A language without a catalogue.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{given:?} is not spoken here; choose one of {}, or add templates/text/LANGUAGE.toml", .spoken.join(", "))]
pub struct UnknownLanguage {
    given: String,
    spoken: Vec<String>,
}

/// A language that pages and mails speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Which.
    pub language: Language,
    /// Its name in itself.
    pub name: String,
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Templates").finish_non_exhaustive()
    }
}

impl Templates {
    /// The built-in templates, replaced file by file by those below `overrides` (same relative paths; catalogues
    /// in `text/` replace sentence by sentence, and bring further languages). With such a folder everything is rendered
    /// once with all samples, so that a mistake in it is found now; the built-in ones are rendered by the tests.
    pub fn load(overrides: Option<&Path>) -> Result<Self, TemplateError> {
        let Some(folder) = overrides else {
            return Self::built_in();
        };
        let templates = Self::with(&registry::read_overrides(folder)?)?;
        templates.check()?;
        Ok(templates)
    }

    /// Read once a process.
    fn built_in() -> Result<Self, TemplateError> {
        static BUILT_IN: OnceLock<Templates> = OnceLock::new();
        if let Some(templates) = BUILT_IN.get() {
            return Ok(templates.clone());
        }
        let templates = Self::with(&Files::new())?;
        Ok(BUILT_IN.get_or_init(|| templates).clone())
    }

    fn with(own: &Files) -> Result<Self, TemplateError> {
        let voices: Arc<[Voice]> = registry::voices(own)?.into();
        let spoken = voices.iter().map(Voice::spoken).collect();
        Ok(Self { voices, spoken })
    }

    /// The languages there are, English first.
    pub fn languages(&self) -> &[Spoken] {
        &self.spoken
    }

    /// The language of a tag such as `de-AT`, if it is spoken.
    pub fn of_tag(&self, tag: &str) -> Option<Language> {
        Language::of_tag(tag).filter(|language| self.speaks(*language))
    }

    /// The best of the languages for an `Accept-Language` header, if any of them is wanted.
    pub fn choose(&self, accept_language: &str) -> Option<Language> {
        language::choose(accept_language, |language| self.speaks(language))
    }

    /// The code of a language that is spoken, or which are.
    pub fn known(&self, tag: &str) -> Result<String, UnknownLanguage> {
        let known = self.of_tag(tag).map(|language| language.to_string());
        known.ok_or_else(|| UnknownLanguage {
            given: tag.to_owned(),
            spoken: self
                .spoken
                .iter()
                .map(|spoken| spoken.language.to_string())
                .collect(),
        })
    }

    /// The first of several wishes that is spoken, else English.
    pub fn first_of<'a>(&self, wishes: impl IntoIterator<Item = Option<&'a str>>) -> Language {
        let mut spoken = wishes.into_iter().flatten().filter_map(|tag| self.of_tag(tag));
        spoken.next().unwrap_or_default()
    }

    fn speaks(&self, language: Language) -> bool {
        self.spoken.iter().any(|spoken| spoken.language == language)
    }

    /// Renders the page `C::NAME` in the language of `context`.
    pub fn page<C: Context>(&self, context: &C) -> Result<String, TemplateError> {
        let data = self.without_the_erased(context.language(), serde_json::to_value(context)?)?;
        self.html(C::NAME, context.language(), &data)
    }

    /// Renders a part of `partials/` as one line of plain text.
    pub fn line(&self, language: Language, part: &str, data: &Value) -> Result<String, TemplateError> {
        let data = self.without_the_erased(language, data.clone())?;
        let line = self.text(part, language, &data)?;
        Ok(escape::header(&line, LINE_LIMIT))
    }

    /// Renders every template with every sample in every language, and stops at the first that fails.
    fn check(&self) -> Result<(), TemplateError> {
        for spoken in &self.spoken {
            for sample in sample::all()? {
                self.render(&sample, spoken.language)?;
            }
        }
        Ok(())
    }

    /// The files a sample becomes: name and content.
    fn render(&self, sample: &Sample, language: Language) -> Result<Vec<(String, String)>, TemplateError> {
        let name = sample.template.as_str();
        let stem = format!("{}.{}.{}", name.replace('/', "-"), sample.name, language.code());
        if sample.is_mail() {
            let mail = self.mail_of(name, language, &sample.data)?;
            let text = format!("Subject: {}\n\n{}", mail.subject, mail.text);
            return Ok(vec![
                (format!("{stem}.html"), mail.html),
                (format!("{stem}.txt"), text),
            ]);
        }
        Ok(vec![(
            format!("{stem}.html"),
            self.html(name, language, &sample.data)?,
        )])
    }

    fn without_the_erased(&self, language: Language, mut data: Value) -> Result<Value, TemplateError> {
        self.voice(language)?.say_former(&mut data);
        Ok(data)
    }

    fn html(&self, name: &str, language: Language, data: &Value) -> Result<String, TemplateError> {
        self.voice(language)?.html(name, data)
    }

    fn text(&self, name: &str, language: Language, data: &Value) -> Result<String, TemplateError> {
        self.voice(language)?.text(name, data)
    }

    fn voice(&self, language: Language) -> Result<&Voice, TemplateError> {
        let voice = self.voices.iter().find(|voice| voice.speaks(language));
        voice
            .or(self.voices.first())
            .ok_or_else(|| TemplateError::Broken {
                file: format!("text/{language}.toml"),
                line: 0,
                message: "no language is loaded".to_owned(),
            })
    }
}

/// Longer lines are cut; what is cut ends in an ellipsis.
const LINE_LIMIT: usize = 400;

/// Samples of a template, by name.
pub fn samples_of(template: &str) -> Result<Vec<(String, Value)>, TemplateError> {
    let mut samples = sample::all()?;
    samples.retain(|sample| sample.template == template);
    Ok(samples
        .into_iter()
        .map(|sample| (sample.name, sample.data))
        .collect())
}

/// A file that browsers fetch by its name.
pub struct Asset {
    /// The content.
    pub bytes: Cow<'static, [u8]>,
    /// The media type.
    pub content_type: &'static str,
    /// Changes whenever the content does: sixteen hexadecimal digits. `/static/NAME?v=FINGERPRINT` may be kept for good.
    pub fingerprint: String,
}

/// The static file `name` (`style.css`, `mark.svg`, `form.js`, `feed.js`, `desk.js`).
pub fn asset(name: &str) -> Option<Asset> {
    let file = Embedded::get(&format!("static/{name}"))?;
    let fingerprint = file
        .metadata
        .sha256_hash()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Some(Asset {
        bytes: file.data,
        content_type: media_type(name)?,
        fingerprint,
    })
}

fn media_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
