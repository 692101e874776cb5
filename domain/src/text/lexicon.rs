//! What is known about words: the part they play around a name, their tone, and how name-like they are. Built once
//! from the tables in `data/`.

use std::ops::{BitOr, BitOrAssign};
use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::pack::{Pack, packs};
use super::{hash_key, normal_form};

/// A set of word classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Class(u128);

impl Class {
    /// Does the word belong to any of the classes asked for?
    pub(crate) fn is(self, any: Class) -> bool {
        self.0 & any.0 != 0
    }
}

impl BitOr for Class {
    type Output = Class;
    fn bitor(self, other: Class) -> Class {
        Class(self.0 | other.0)
    }
}

impl BitOrAssign for Class {
    fn bitor_assign(&mut self, other: Class) {
        self.0 |= other.0;
    }
}

macro_rules! classes {
    ($($name:ident $section:literal $bit:literal;)*) => {
        $(#[doc = concat!("Section [", $section, "] of cues.txt.")]
        pub(crate) const $name: Class = Class(1 << $bit);)*
        pub(super) const SECTIONS: &[(&str, Class)] = &[$(($section, $name)),*];
    };
}

classes! {
    KIN "kin" 0; PET "pet" 1; HONORIFIC "honorific" 2; ROLE "role" 3; PERSON "person" 4; TEAM "team" 5; NAMED "named" 6;
    THANKS "thanks" 7; ASK "ask" 8; HANDLED_BY "handled_by" 9; VERB "verb" 10; COPULA "copula" 11; NEGATOR "negator" 12;
    CONTRAST "contrast" 13; SUBORDINATE "subordinate" 14; PRONOUN "pronoun" 15; SELF "possessive_self" 16;
    PLACEPREP "placeprep" 17; PLACE "place" 18; MONTH "month" 19; FAIL "fail" 20; REPORTED "reported" 21; VENUE "venue" 22;
    PRODUCT "product" 23; SERVICE "service_noun" 24; PUBLIC "public" 25; SIGNOFF "signoff" 26; SELFNAME "selfname" 27;
    QUESTION "question" 28; CONDITIONAL "conditional" 29; FUNCTION "function" 30; ARTICLE "article" 31; AND "and" 32;
    BY "by" 33; RELATIVE "relative" 34; SHOULD "should" 35; MANNER "manner" 36; THING "thing" 37; LONGNAME "longname" 38; COMPLAINT "complaint" 39; STAY "stay" 40;
    DEMONYM "demonym" 41; BRANDNAME "brandname" 42; MOVE "move" 43; THAN "than" 44; ONLY "only" 45; EXCEPT "except" 46;
    TITLE_GIVEN "title_given" 47; TITLE_AFTER "title_after" 48; PARTICLE "particle" 49; WORKPLACE "place_of_work" 50;
    LINK "thanks_link" 51; ARTICLE_NAME "article_name" 52; MOCK "mock" 53; RESOLVE "resolve" 54; TROUBLE "trouble" 55;
    SINGLED "singled_out" 56; MOOD "mood" 57; GREETING "greeting" 58;
}
/// An ordinary English word.
pub(crate) const WORD: Class = Class(1 << 100);
/// A given name of many people.
pub(crate) const GIVEN: Class = Class(1 << 101);
/// A function word of a language other than English.
pub(crate) const OTHER_LANGUAGE: Class = Class(1 << 102);

/// What is known about one word.
#[derive(Clone, Debug, Default)]
pub(crate) struct Word {
    /// The parts it plays.
    pub(crate) classes: Class,
    /// Its tone, -4 (hate) to 4 (praise); 0 for none.
    pub(crate) tone: f32,
    /// By how much it strengthens (or weakens) the tone of the next words.
    pub(crate) boost: f32,
    /// Log odds of being a name when capitalised inside a sentence: 0 undecided, clamped to ±4.
    pub(crate) nameness: f32,
    /// How often customers write it in lower case, as a share of all its uses.
    pub(crate) lower_share: f32,
    /// How many people bear it as a given name, as a power of two; 0 for too few to tell.
    pub(crate) popularity: f32,
    /// Phrases that begin with this word.
    pub(crate) idioms: Vec<Idiom>,
    /// Languages among whose function words it is: bit 0 is English, the packs follow.
    pub(crate) tells: u32,
}

/// A phrase with a tone of its own.
#[derive(Clone, Debug)]
pub(crate) struct Idiom {
    /// Hashes of the words behind the first.
    pub(crate) rest: Vec<u64>,
    /// Its tone, as [`Word::tone`]; none for phrases that only play a part.
    pub(crate) tone: Option<f32>,
    /// The parts it plays; they show at its last word.
    pub(crate) classes: Class,
}

/// All tables.
#[derive(Default)]
pub(crate) struct Lexicon {
    words: FxHashMap<u64, Word>,
    nicknames: FxHashMap<u64, Vec<Nickname>>,
    /// Key hashes of the full names of public figures.
    famous: FxHashSet<u64>,
    unknown: Word,
    /// Languages other than English.
    pub(crate) packs: Vec<Pack>,
    /// What holds of names in every language.
    pub(super) neutral: FxHashMap<u64, Word>,
}

/// One step between a formal name and a short form.
#[derive(Clone, Debug)]
pub(crate) struct Nickname {
    /// Key of the related name.
    pub(crate) hash: u64,
    /// Is the related name the formal one?
    pub(crate) formal: bool,
}

impl Lexicon {
    /// The tables shipped with this crate.
    pub(crate) fn shipped() -> &'static Lexicon {
        static SHIPPED: OnceLock<Lexicon> = OnceLock::new();
        SHIPPED.get_or_init(Lexicon::build)
    }

    /// What is known of the word with this key hash.
    pub(crate) fn word(&self, hash: u64) -> &Word {
        self.words.get(&hash).unwrap_or(&self.unknown)
    }

    /// Names that people with the name of this key hash may also go by.
    pub(crate) fn nicknames(&self, hash: u64) -> &[Nickname] {
        self.nicknames.get(&hash).map_or(&[], Vec::as_slice)
    }

    /// Is this the hash of a public figure's full name, its words joined?
    pub(crate) fn is_famous(&self, hash: u64) -> bool {
        self.famous.contains(&hash)
    }

    fn build() -> Lexicon {
        let mut lexicon = Lexicon {
            unknown: Word {
                nameness: 1.0,
                ..Word::default()
            },
            ..Lexicon::default()
        };
        lexicon.add_dictionary(include_str!("../../data/words.txt"));
        lexicon.add_given_names(include_str!("../../data/given_names.txt"));
        lexicon.add_name_counts(include_str!("../../data/name_words.tsv"));
        lexicon.add_tones(include_str!("../../data/vader.tsv"));
        lexicon.add_tones(include_str!("../../data/tones.tsv"));
        lexicon.add_boosts();
        lexicon.add_classes(include_str!("../../data/cues.txt"));
        lexicon.add_idioms(include_str!("../../data/idioms.tsv"));
        lexicon.add_nicknames(include_str!("../../data/nicknames.txt"));
        lexicon.famous = lines(include_str!("../../data/famous.txt"))
            .map(|name| name.split(' ').fold(0, hash_key))
            .collect();
        lexicon.add_packs();
        lexicon
    }

    /// What holds of names in every language: popularity, places, brands; English words are none there.
    fn neutral(&self) -> FxHashMap<u64, Word> {
        let names = GIVEN | PLACE | BRANDNAME | DEMONYM;
        let known = self.words.iter().filter(|(_, word)| word.classes.is(names));
        known
            .map(|(hash, word)| {
                let name = Word {
                    classes: Class(word.classes.0 & names.0),
                    popularity: word.popularity,
                    nameness: if word.classes.is(GIVEN) { 2.0 } else { 1.0 },
                    ..Word::default()
                };
                (*hash, name)
            })
            .collect()
    }

    fn add_packs(&mut self) {
        self.neutral = self.neutral();
        self.packs = packs(&self.neutral);
        for word in self
            .words
            .values_mut()
            .filter(|w| w.classes.is(FUNCTION | THANKS))
        {
            word.tells = 1;
        }
        for k in 0..self.packs.len() {
            let told: Vec<u64> = self.packs.get(k).map(|p| p.function.clone()).unwrap_or_default();
            for hash in told {
                let unknown = self.unknown.clone();
                let word = self.words.entry(hash).or_insert(unknown);
                word.tells |= 2 << k;
                if !word.classes.is(THANKS) {
                    word.classes |= OTHER_LANGUAGE;
                }
            }
        }
    }

    fn entry(&mut self, word: &str) -> &mut Word {
        self.words.entry(hash_key(0, word)).or_default()
    }

    fn add_dictionary(&mut self, table: &str) {
        for word in lines(table) {
            let entry = self.entry(word);
            entry.classes |= WORD;
            entry.nameness = -2.5;
            entry.lower_share = 0.9;
        }
    }

    fn add_given_names(&mut self, table: &str) {
        let mut popularity = 0.0;
        for line in lines(table) {
            if let Some(power) = line.strip_prefix('[').and_then(|l| number(l.strip_suffix(']'))) {
                popularity = power;
                continue;
            }
            for name in line.split(' ') {
                let entry = self.entry(name);
                let is_word = entry.classes.is(WORD);
                entry.classes |= GIVEN;
                entry.popularity = popularity;
                entry.nameness = if is_word { -0.5 } else { 2.5 };
            }
        }
    }

    fn add_name_counts(&mut self, table: &str) {
        for row in lines(table) {
            let mut columns = row.split('\t');
            let (Some(name), Some(lower), Some(upper)) =
                (columns.next(), number(columns.next()), number(columns.next()))
            else {
                continue;
            };
            let entry = self.entry(name);
            let share = (lower + 0.5) / (lower + upper + 1.0);
            entry.lower_share = share;
            entry.nameness = ((1.0 - share) / share).ln().clamp(-4.0, 4.0);
            if share > 0.5 && lower > 20.0 {
                entry.classes |= WORD;
            }
        }
    }

    fn add_tones(&mut self, table: &str) {
        for row in lines(table) {
            if let Some((word, tone)) = row.split_once('\t')
                && let Some(tone) = number(Some(tone))
            {
                let entry = self.entry(word);
                entry.tone = tone;
                if tone != 0.0 && !entry.classes.is(GIVEN) {
                    entry.classes |= WORD;
                    entry.nameness = entry.nameness.min(-1.5);
                    entry.lower_share = entry.lower_share.max(0.8);
                }
            }
        }
    }

    fn add_boosts(&mut self) {
        let strong = [
            "very",
            "so",
            "really",
            "super",
            "totally",
            "truly",
            "completely",
            "genuinely",
            "beyond",
            "tres",
            "muy",
            "sehr",
        ];
        let stronger = [
            "extremely",
            "absolutely",
            "incredibly",
            "exceptionally",
            "amazingly",
            "unbelievably",
            "insanely",
        ];
        let weak = ["slightly", "somewhat", "kinda", "bit", "fairly", "less", "partly"];
        for (words, boost) in [(&strong[..], 0.29), (&stronger[..], 0.4), (&weak[..], -0.29)] {
            for word in words {
                self.entry(word).boost = boost;
            }
        }
    }

    fn add_classes(&mut self, table: &str) {
        let mut class = Class::default();
        for line in lines(table) {
            if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                class = SECTIONS
                    .iter()
                    .find(|(name, _)| *name == section)
                    .map_or(Class::default(), |(_, class)| *class);
                continue;
            }
            for word in line.split_whitespace() {
                let entry = self.entry(word);
                entry.classes |= class;
                if !entry.classes.is(GIVEN | PLACE | MONTH) && !entry.classes.is(WORD) {
                    entry.classes |= WORD;
                    entry.nameness = -2.5;
                    entry.lower_share = 0.9;
                }
            }
        }
    }

    fn add_idioms(&mut self, table: &str) {
        for row in lines(table) {
            let Some((tone, phrase)) = row.split_once('\t') else {
                continue;
            };
            let Some(tone) = number(Some(tone)) else { continue };
            let mut words = phrase.split(' ');
            let first = words.next().unwrap_or_default();
            let rest: Vec<u64> = words.map(|w| hash_key(0, w)).collect();
            self.entry(first).idioms.push(Idiom {
                rest,
                tone: Some(tone),
                classes: Class::default(),
            });
        }
        for word in self.words.values_mut() {
            word.idioms
                .sort_by_key(|idiom| std::cmp::Reverse(idiom.rest.len()));
        }
    }

    fn add_nicknames(&mut self, table: &str) {
        for line in lines(table) {
            let Some((formal, short)) = line.split_once(": ") else {
                continue;
            };
            let formal = hash_key(0, &normal_form(formal));
            for name in short.split_whitespace() {
                let short = hash_key(0, &normal_form(name));
                self.nicknames.entry(short).or_default().push(Nickname {
                    hash: formal,
                    formal: true,
                });
                self.nicknames.entry(formal).or_default().push(Nickname {
                    hash: short,
                    formal: false,
                });
            }
        }
    }
}

fn lines(table: &str) -> impl Iterator<Item = &str> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn number(text: Option<&str>) -> Option<f32> {
    text.and_then(|t| t.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_of_the_cues_is_known() {
        for line in include_str!("../../data/cues.txt")
            .lines()
            .filter(|l| l.starts_with('['))
        {
            let section = line.trim_matches(['[', ']']);
            assert!(SECTIONS.iter().any(|(name, _)| *name == section), "{section}");
        }
    }

    #[test]
    fn words_know_their_parts() {
        let lexicon = Lexicon::shipped();
        let word = |w: &str| lexicon.word(hash_key(0, w));
        assert!(word("barista").classes.is(ROLE));
        assert!(word("will").lower_share > 0.8);
        assert!(word("siobhan").nameness > 1.0);
        assert!(word("helpful").tone > 2.0 && word("rude").tone < -2.0);
        assert!(
            lexicon
                .nicknames(hash_key(0, "bobby"))
                .iter()
                .any(|n| n.hash == hash_key(0, "robert"))
        );
    }
}
