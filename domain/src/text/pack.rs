//! Packs of the languages other than English: `data/languages/<code>/words.toml`, described in its README.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::lexicon::{
    ASK, Class, FUNCTION, GIVEN, HANDLED_BY, HONORIFIC, Idiom, MANNER, MOCK, PLACEPREP, ROLE, SECTIONS, SELF,
    SELFNAME, SERVICE, THANKS, TITLE_GIVEN, WORD, Word,
};
use super::{hash_key, normal_form};

/// Codes and texts of the packs, by folder.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// Letters before a star.
const SHORTEST_STEM: usize = 4;

/// What is known of one language.
#[derive(Debug, Default)]
pub(crate) struct Pack {
    /// ISO 639-1.
    pub(crate) code: String,
    /// ISO 639-3, as the recogniser names it.
    pub(crate) iso639_3: String,
    /// May people be credited without a human?
    pub(crate) automatic: bool,
    /// Nouns begin with a capital, as names do.
    pub(crate) capitals_say_nothing: bool,
    /// Hashes of the words that tell it: function words and thanks.
    pub(super) function: Vec<u64>,
    /// Endings that names take, the longest first.
    pub(crate) inflection: Vec<String>,
    words: FxHashMap<u64, Word>,
    stems: FxHashMap<u64, Word>,
    unknown: Word,
    /// Keys of `words`, while the pack is read.
    written: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    code: String,
    iso639_3: String,
    #[serde(default)]
    automatic: bool,
    #[serde(default)]
    capitals_say_nothing: bool,
    words: BTreeMap<String, String>,
}

/// All packs; `neutral` is what holds of names in every language.
#[expect(
    clippy::expect_used,
    reason = "the files are part of the crate; a test reads them"
)]
pub(super) fn packs(neutral: &FxHashMap<u64, Word>) -> Vec<Pack> {
    let read = |(folder, text): &(&str, &str)| {
        Pack::read(text, neutral)
            .map_err(|e| format!("data/languages/{folder}/words.toml: {e}"))
            .expect("a language pack is as its README says")
    };
    FILES.iter().map(read).collect()
}

impl Pack {
    fn read(text: &str, neutral: &FxHashMap<u64, Word>) -> Result<Pack, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        let mut pack = Pack {
            code: file.code,
            iso639_3: file.iso639_3,
            automatic: file.automatic,
            capitals_say_nothing: file.capitals_say_nothing,
            unknown: Word {
                nameness: if file.capitals_say_nothing { 0.5 } else { 1.0 },
                ..Word::default()
            },
            ..Pack::default()
        };
        for (key, entries) in &file.words {
            pack.add(key, entries, neutral)?;
        }
        pack.finish();
        Ok(pack)
    }

    /// What is known of a word; `neutral` is what holds in every language.
    pub(super) fn word<'a>(&'a self, hash: u64, key: &str, neutral: &'a FxHashMap<u64, Word>) -> &'a Word {
        let word = self.words.get(&hash).or_else(|| neutral.get(&hash));
        word.or_else(|| self.stem(key)).unwrap_or(&self.unknown)
    }

    /// The longest stem that the word begins with.
    fn stem(&self, key: &str) -> Option<&Word> {
        let cuts = key.char_indices().map(|(at, c)| at + c.len_utf8());
        let long = cuts.skip(SHORTEST_STEM - 1);
        long.filter_map(|cut| self.stems.get(&hash_key(0, key.get(..cut)?)))
            .last()
    }

    fn add(&mut self, key: &str, entries: &str, neutral: &FxHashMap<u64, Word>) -> Result<(), String> {
        let entries = entries
            .split([',', '\n'])
            .map(str::trim)
            .filter(|e| !e.is_empty());
        if key == "inflection" {
            self.inflection = entries.map(|e| normal_form(e.trim_start_matches('-'))).collect();
            self.inflection.sort_by_key(|e| std::cmp::Reverse(e.len()));
            return Ok(());
        }
        let part = Part::of(key).ok_or_else(|| format!("\"{key}\" is no key of [words]"))?;
        for entry in entries {
            self.add_entry(entry, part, neutral)?;
        }
        Ok(())
    }

    fn add_entry(&mut self, entry: &str, part: Part, neutral: &FxHashMap<u64, Word>) -> Result<(), String> {
        if let Some(stem) = entry.strip_suffix('*').filter(|s| !s.contains(' ')) {
            let stem = normal_form(stem);
            if stem.chars().count() < SHORTEST_STEM {
                return Err(format!("\"{entry}\" has fewer than four letters before the star"));
            }
            part.put(self.stems.entry(hash_key(0, &stem)).or_default());
            return Ok(());
        }
        let words: Vec<String> = pieces(entry);
        self.written.extend(words.iter().cloned());
        let fresh = |hash: u64| neutral.get(&hash).cloned().unwrap_or_default();
        match &words[..] {
            [] => {}
            [word] => {
                let hash = hash_key(0, word);
                if part.classes.is(FUNCTION | THANKS) {
                    self.function.push(hash);
                }
                part.put(self.words.entry(hash).or_insert_with(|| fresh(hash)));
            }
            // A title of several pieces ("Prof. Dr.", "sig.ra") is a title in each.
            words if part.classes.is(HONORIFIC | TITLE_GIVEN) => {
                for word in words {
                    let hash = hash_key(0, word);
                    part.put(self.words.entry(hash).or_insert_with(|| fresh(hash)));
                }
            }
            [first, rest @ ..] => {
                let idiom = Idiom {
                    rest: rest.iter().map(|w| hash_key(0, w)).collect(),
                    tone: part.phrase_tone(),
                    classes: part.classes,
                };
                let hash = hash_key(0, first);
                let head = self.words.entry(hash).or_insert_with(|| fresh(hash));
                head.idioms.push(idiom);
            }
        }
        Ok(())
    }

    /// Words take what their stems have, and the longest phrase is tried first.
    fn finish(&mut self) {
        for key in std::mem::take(&mut self.written) {
            let Some(stem) = self.stem(&key).cloned() else {
                continue;
            };
            if let Some(word) = self.words.get_mut(&hash_key(0, &key)) {
                word.classes |= stem.classes;
                if word.tone == 0.0 {
                    word.tone = stem.tone;
                }
            }
        }
        for word in self.words.values_mut() {
            word.idioms.sort_by_key(|i| std::cmp::Reverse(i.rest.len()));
        }
    }
}

/// The words of an entry as tokens see them: an apostrophe or hyphen parts, except before a lone s or t.
fn pieces(entry: &str) -> Vec<String> {
    let parts = entry.split(|c: char| c.is_whitespace() || matches!(c, '-' | '.' | '\'' | '’' | '/'));
    parts.map(normal_form).filter(|w| !w.is_empty()).collect()
}

/// The part that the entries of a key play.
#[derive(Clone, Copy, Default)]
struct Part {
    classes: Class,
    tone: Option<f32>,
    boost: f32,
    /// It may also be a name.
    also_name: bool,
}

impl Part {
    fn of(key: &str) -> Option<Part> {
        let toned = |tone: f32| Part {
            tone: Some(tone),
            ..Part::default()
        };
        let classed = |classes: Class| Part {
            classes,
            ..Part::default()
        };
        let part = match key {
            "strong_praise" => toned(3.2),
            "praise" => toned(2.4),
            "mild_praise" => toned(1.3),
            "mild_complaint" => toned(-1.3),
            "complaint" => toned(-2.4),
            "strong_complaint" => toned(-3.2),
            "courtesy" => toned(0.0),
            "mock" => Part {
                classes: MOCK,
                ..toned(-3.0)
            },
            "fail" => Part {
                tone: Some(-1.3),
                ..classed(section("fail")?)
            },
            "thanks" => Part {
                tone: Some(1.6),
                ..classed(THANKS)
            },
            "booster" => Part {
                boost: 0.29,
                ..Part::default()
            },
            "diminisher" => Part {
                boost: -0.29,
                ..Part::default()
            },
            "word_name" => Part {
                also_name: true,
                ..Part::default()
            },
            "self" => classed(SELF),
            "self_name" => classed(SELFNAME),
            "place_prep" => classed(PLACEPREP),
            "title_before" => classed(HONORIFIC),
            "job" => classed(ROLE),
            "service" => classed(SERVICE),
            "served" => classed(HANDLED_BY),
            "ask" => classed(ASK),
            "manner" => classed(MANNER),
            "grievance" => classed(section("complaint")?),
            other => classed(section(other)?),
        };
        Some(part)
    }

    /// Thanks of several words have the tone of thanks once only.
    fn phrase_tone(self) -> Option<f32> {
        self.tone
            .filter(|_| !self.classes.is(THANKS) && !self.classes.is(section("fail").unwrap_or_default()))
    }

    fn put(self, word: &mut Word) {
        let name = word.classes.is(GIVEN);
        word.classes |= self.classes;
        if let Some(tone) = self.tone
            && (word.tone == 0.0 || tone.abs() > word.tone.abs() || tone == 0.0)
        {
            word.tone = tone;
        }
        if self.boost != 0.0 {
            word.boost = self.boost;
        }
        if self.also_name {
            word.classes |= WORD;
            word.nameness = -1.0;
            word.lower_share = 0.5;
        } else if !name || self.classes.is(FUNCTION) {
            word.classes |= WORD;
            word.nameness = -2.5;
            word.lower_share = 0.9;
        }
    }
}

fn section(name: &str) -> Option<Class> {
    SECTIONS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, class)| *class)
}
