//! Name forms and who bears them: exact, one edit apart (delete index as in SymSpell), and by sound.

use rustc_hash::FxHashMap;

use crate::text::hash_key;
use crate::text::lexicon::{GIVEN, Lexicon};
use crate::text::similar::{distance, sound_key};

/// What part of somebody's name a form is; the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NameKind {
    Given,
    Preferred,
    Alias,
    GivenPart,
    Family,
    FamilyPart,
}

impl NameKind {
    pub(crate) fn is_family(self) -> bool {
        matches!(self, NameKind::Family | NameKind::FamilyPart)
    }
}

/// A person at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Post {
    pub(crate) site: u32,
    pub(crate) staff: u32,
}

/// One way of writing a name, either as a given or as a family name.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) key: Box<str>,
    pub(crate) family: bool,
    /// Everybody who bears it, by site and staff.
    pub(crate) posts: Vec<Post>,
}

impl Form {
    /// Who bears it at one site.
    pub(crate) fn posts_at(&self, site: u32) -> &[Post] {
        let start = self.posts.partition_point(|p| p.site < site);
        let end = self.posts.partition_point(|p| p.site <= site);
        self.posts.get(start..end).unwrap_or_default()
    }
}

/// How a written name comes near a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Near {
    /// One edit apart (two in long names).
    Edit,
    /// It sounds the same.
    Sound,
}

/// Forms on which the expensive indices hold nothing.
const SHORTEST_NEAR: usize = 3;

#[derive(Clone, Default)]
pub(crate) struct Names {
    forms: Vec<Form>,
    given: FxHashMap<u64, u32>,
    family: FxHashMap<u64, u32>,
    near: FxHashMap<u64, Vec<u32>>,
    sound: FxHashMap<u64, Vec<u32>>,
    bulk: bool,
}

impl Names {
    /// Until [`Names::end_bulk`], posts are appended and sorted once at the end.
    pub(super) fn begin_bulk(&mut self) {
        self.bulk = true;
    }

    pub(super) fn end_bulk(&mut self) {
        self.bulk = false;
        for form in &mut self.forms {
            form.posts.sort_unstable();
            form.posts.dedup();
            form.posts.shrink_to_fit();
        }
        for list in self.near.values_mut().chain(self.sound.values_mut()) {
            list.shrink_to_fit();
        }
        self.near.shrink_to_fit();
        self.forms.shrink_to_fit();
    }

    /// The form with this index.
    pub(crate) fn get(&self, form: u32) -> Option<&Form> {
        self.forms.get(form as usize)
    }

    /// The given-like form (given, preferred, alias) with this key hash.
    pub(crate) fn given(&self, hash: u64) -> Option<&Form> {
        self.given.get(&hash).and_then(|f| self.get(*f))
    }

    /// The family name form with this key hash.
    pub(crate) fn family(&self, hash: u64) -> Option<&Form> {
        self.family.get(&hash).and_then(|f| self.get(*f))
    }

    /// The index of the form for a key, made if it is new.
    pub(super) fn form(&mut self, key: &str, kind: NameKind) -> u32 {
        let hash = hash_key(0, key);
        let map = if kind.is_family() {
            &mut self.family
        } else {
            &mut self.given
        };
        if let Some(form) = map.get(&hash) {
            return *form;
        }
        let index = self.forms.len() as u32;
        map.insert(hash, index);
        self.forms.push(Form {
            key: key.into(),
            family: kind.is_family(),
            posts: Vec::new(),
        });
        if !kind.is_family() {
            self.index_near(key, index);
        }
        index
    }

    pub(super) fn add(&mut self, form: u32, post: Post) {
        let bulk = self.bulk;
        let Some(form) = self.forms.get_mut(form as usize) else {
            return;
        };
        if bulk {
            form.posts.push(post);
        } else if let Err(at) = form.posts.binary_search(&post) {
            form.posts.insert(at, post);
        }
    }

    pub(super) fn drop(&mut self, form: u32, post: Post) {
        if let Some(form) = self.forms.get_mut(form as usize) {
            if self.bulk {
                form.posts.retain(|p| *p != post);
            } else if let Ok(at) = form.posts.binary_search(&post) {
                form.posts.remove(at);
            }
        }
    }

    fn index_near(&mut self, key: &str, form: u32) {
        if key.len() < SHORTEST_NEAR || !key.is_ascii() {
            return;
        }
        for hash in std::iter::once(hash_key(0, key)).chain(deletions(key)) {
            let list = self.near.entry(hash).or_default();
            if list.last() != Some(&form) {
                list.push(form);
            }
        }
        self.sound
            .entry(hash_key(0, &sound_key(key)))
            .or_default()
            .push(form);
    }

    /// Given-like forms that `key` may be a misspelling of.
    pub(crate) fn near(&self, key: &str) -> Vec<(&Form, Near)> {
        let mut found: Vec<(u32, Near)> = Vec::new();
        if key.len() < SHORTEST_NEAR || key.len() > 24 || !key.is_ascii() {
            return Vec::new();
        }
        let most = if key.len() >= 8 { 2 } else { 1 };
        for hash in std::iter::once(hash_key(0, key)).chain(deletions(key)) {
            for form in self.near.get(&hash).map_or(&[][..], Vec::as_slice) {
                let fits = |f: &Form| {
                    *f.key != *key && distance(key, &f.key, most) <= most && same_start(key, &f.key)
                };
                if !found.iter().any(|(f, _)| f == form) && self.get(*form).is_some_and(fits) {
                    found.push((*form, Near::Edit));
                }
            }
        }
        for form in self
            .sound
            .get(&hash_key(0, &sound_key(key)))
            .map_or(&[][..], Vec::as_slice)
        {
            let far = match key.len() {
                ..=4 => 1,
                5..=6 => 2,
                _ => 3,
            };
            let fits = |f: &Form| {
                *f.key != *key && distance(key, &f.key, far) <= far && !are_other_names(key, &f.key)
            };
            if !found.iter().any(|(f, _)| f == form) && self.get(*form).is_some_and(fits) {
                found.push((*form, Near::Sound));
            }
        }
        found
            .into_iter()
            .filter_map(|(f, near)| self.get(f).map(|form| (form, near)))
            .collect()
    }
}

/// Two common names that sound alike but differ by more than a letter or an ending: "Michelle" is not "Michael".
fn are_other_names(a: &str, b: &str) -> bool {
    let lexicon = Lexicon::shipped();
    let common = |name: &str| lexicon.word(hash_key(0, name)).classes.is(GIVEN);
    common(a) && common(b) && distance(a, b, 1) > 1 && a.chars().last() != b.chars().last()
}

/// Short names must share their first letter: "Dave" is no misspelling of "Wave".
fn same_start(a: &str, b: &str) -> bool {
    let (first, second) = (a.as_bytes().first(), b.as_bytes().first());
    first == second || a.len() > 5 || matches!((first, second), (Some(b'c' | b'k'), Some(b'c' | b'k')))
}

/// Hashes of the key with each one letter left out.
fn deletions(key: &str) -> impl Iterator<Item = u64> + '_ {
    key.char_indices().map(|(at, _)| {
        let (head, tail) = key.split_at_checked(at).unwrap_or((key, ""));
        hash_key(hash_key(0, head), tail.get(1..).unwrap_or(""))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Names {
        let mut names = Names::default();
        for (i, name) in list.iter().enumerate() {
            let form = names.form(name, NameKind::Given);
            names.add(
                form,
                Post {
                    site: 0,
                    staff: i as u32,
                },
            );
        }
        names
    }

    #[test]
    fn one_edit_and_same_sound_are_near() {
        let names = names(&["priya", "sean", "mohammed", "philip", "mario"]);
        let near = |key: &str| {
            names
                .near(key)
                .iter()
                .map(|(f, n)| (f.key.to_string(), *n))
                .collect::<Vec<_>>()
        };
        assert_eq!(near("pryia"), [("priya".to_owned(), Near::Edit)]);
        assert_eq!(near("shawn"), [("sean".to_owned(), Near::Sound)]);
        assert_eq!(near("muhamed"), [("mohammed".to_owned(), Near::Sound)]);
        assert_eq!(near("filip"), [("philip".to_owned(), Near::Sound)]);
        assert!(near("dave").is_empty());
    }

    #[test]
    fn posts_of_a_site_are_a_slice() {
        let mut names = Names::default();
        let form = names.form("kelly", NameKind::Given);
        for (site, staff) in [(3, 1), (1, 7), (3, 0), (2, 5)] {
            names.add(form, Post { site, staff });
        }
        let found: Vec<u32> = names
            .get(form)
            .unwrap()
            .posts_at(3)
            .iter()
            .map(|p| p.staff)
            .collect();
        assert_eq!(found, [0, 1]);
    }
}
