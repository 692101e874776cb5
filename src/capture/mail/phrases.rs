//! What mail programs and their users write around words, by language: `phrases.toml` read by one interpreter.
use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

pub(super) static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let languages: Languages = toml::from_str(include_str!("phrases.toml")).unwrap_or_default();
    Phrases::of(languages)
});

/// Longest line with which a quotation is introduced.
const LONGEST_INTRODUCTION: usize = 300;

type Languages = HashMap<String, Language>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    /// Lines above a forwarded mail.
    forwarded: Vec<String>,
    /// Lines above a mail that may be forwarded or answered.
    original: Vec<String>,
    /// Names of the lines of a mail's head, as mail programs translate them.
    from: Vec<String>,
    subject: Vec<String>,
    date: Vec<String>,
    others: Vec<String>,
    /// How a line begins and ends that introduces a quotation.
    introductions: Vec<Introduction>,
    forward_prefixes: Vec<String>,
    reply_prefixes: Vec<String>,
    /// Lines with which people end, above their name.
    closings: Vec<String>,
    /// Such as may be praise too: only where hardly anything follows.
    thanks: Vec<String>,
    /// How lines begin that a telephone or program adds.
    advertisements: Vec<String>,
    /// How paragraphs begin below which nothing is the author's.
    disclaimers: Vec<String>,
    /// How lines begin that the receiver's server adds above the text.
    banners: Vec<String>,
    /// How texts begin that only say that there is HTML.
    placeholders: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Introduction {
    begins: String,
    contains: String,
    ends: String,
}

/// What a line of a head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    From,
    Subject,
    Date,
    Other,
}

/// All languages together.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    all: Language,
    labels: HashMap<String, Label>,
}

impl Phrases {
    fn of(languages: Languages) -> Phrases {
        let mut all = Language::default();
        for language in languages.into_values() {
            all.add(language);
        }
        let mut labels = HashMap::new();
        let kinds = [
            (&all.others, Label::Other),
            (&all.date, Label::Date),
            (&all.subject, Label::Subject),
            (&all.from, Label::From),
        ];
        for (names, label) in kinds {
            labels.extend(names.iter().map(|name| (name.clone(), label)));
        }
        Phrases { all, labels }
    }

    pub(super) fn is_forwarded(&self, line: &str) -> bool {
        self.all.forwarded.contains(&bare(line))
    }

    pub(super) fn is_original(&self, line: &str) -> bool {
        let is_ruled = line.trim_start().starts_with(['-', '_', '*']);
        is_ruled && self.all.original.contains(&bare(line))
    }

    /// A line of a head: what it says, and its value.
    pub(super) fn label<'a>(&self, line: &'a str) -> Option<(Label, &'a str)> {
        let (name, value) = line.split_once(':')?;
        let name = name.replace('*', "").trim().to_lowercase();
        let label = self.labels.get(&name)?;
        Some((*label, value.trim_start_matches('*').trim()))
    }

    pub(super) fn is_introduction(&self, line: &str) -> bool {
        let line = line.trim().to_lowercase();
        let is_like = |one: &Introduction| {
            line.starts_with(&one.begins) && line.contains(&one.contains) && line.ends_with(&one.ends)
        };
        line.len() <= LONGEST_INTRODUCTION
            && line.chars().any(|c| c.is_ascii_digit())
            && self.all.introductions.iter().any(is_like)
    }

    pub(super) fn is_forward(&self, subject: &str) -> bool {
        has_prefix(subject, &self.all.forward_prefixes)
    }

    pub(super) fn is_answer(&self, subject: &str) -> bool {
        has_prefix(subject, &self.all.reply_prefixes)
    }

    pub(super) fn is_closing(&self, line: &str) -> bool {
        is_one_of(line, &self.all.closings)
    }

    pub(super) fn is_thanks(&self, line: &str) -> bool {
        is_one_of(line, &self.all.thanks)
    }

    pub(super) fn is_advertisement(&self, line: &str) -> bool {
        begins_with(line, &self.all.advertisements)
    }

    pub(super) fn is_disclaimer(&self, line: &str) -> bool {
        begins_with(line, &self.all.disclaimers)
    }

    pub(super) fn is_banner(&self, line: &str) -> bool {
        begins_with(line, &self.all.banners)
    }

    /// Whether a text says nothing, or only that it stands elsewhere.
    pub(super) fn is_placeholder(&self, text: &str) -> bool {
        text.trim().is_empty() || begins_with(text, &self.all.placeholders)
    }
}

impl Language {
    fn add(&mut self, other: Language) {
        self.forwarded.extend(other.forwarded);
        self.original.extend(other.original);
        self.from.extend(other.from);
        self.subject.extend(other.subject);
        self.date.extend(other.date);
        self.others.extend(other.others);
        self.introductions.extend(other.introductions);
        self.forward_prefixes.extend(other.forward_prefixes);
        self.reply_prefixes.extend(other.reply_prefixes);
        self.closings.extend(other.closings);
        self.thanks.extend(other.thanks);
        self.advertisements.extend(other.advertisements);
        self.disclaimers.extend(other.disclaimers);
        self.banners.extend(other.banners);
        self.placeholders.extend(other.placeholders);
    }
}

/// Without rules, marks and case.
fn bare(line: &str) -> String {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, '-' | '_' | '*' | ':' | '=' | '—' | '–');
    line.trim_matches(is_mark).to_lowercase()
}

fn is_one_of(line: &str, phrases: &[String]) -> bool {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, ',' | '.' | '!' | '-' | '–' | '—' | '*');
    let line = line.trim_matches(is_mark).to_lowercase();
    phrases.contains(&line)
}

fn begins_with(line: &str, phrases: &[String]) -> bool {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, '*' | '[' | '_' | '-');
    let start: String = line.trim_start_matches(is_mark).chars().take(100).collect();
    let start = start.to_lowercase();
    phrases.iter().any(|phrase| start.starts_with(phrase.as_str()))
}

fn has_prefix(subject: &str, prefixes: &[String]) -> bool {
    let (prefix, _) = subject.split_once(':').unwrap_or_default();
    // Outlook counts: "Re[2]:".
    let prefix = prefix.split('[').next().unwrap_or_default().trim().to_lowercase();
    prefixes.contains(&prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phrases_are_read_and_written_as_they_are_compared() {
        let languages: Languages = toml::from_str(include_str!("phrases.toml")).unwrap();
        assert_eq!(languages.len(), 4);
        let all = Phrases::of(languages).all;
        let lists = [
            &all.forwarded,
            &all.original,
            &all.from,
            &all.subject,
            &all.date,
            &all.others,
            &all.forward_prefixes,
            &all.reply_prefixes,
            &all.closings,
            &all.thanks,
            &all.advertisements,
            &all.disclaimers,
            &all.banners,
            &all.placeholders,
        ];
        for phrase in lists.into_iter().flatten() {
            assert_eq!(*phrase, phrase.to_lowercase());
        }
    }
}
