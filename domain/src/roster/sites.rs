//! Sites, how they nest, and who works there.

use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::SiteRecord;
use crate::text::{hash_key, normal_form};

/// The site of people who are assigned to none.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// At most this many sites below one are looked through for a name; above, everybody is in scope.
const MOST_IN_SCOPE: usize = 256;

/// Where the people who may be meant work.
#[derive(Debug)]
pub(crate) enum Scope {
    /// Anywhere: the comment came without a site.
    All,
    /// At one of these: the site of the comment, those above and below it; people without a site too.
    Sites(Vec<u32>),
}

impl Scope {
    pub(crate) fn is_everywhere(&self) -> bool {
        matches!(self, Scope::All)
    }
}

#[derive(Clone, Default)]
pub(crate) struct Sites {
    list: Vec<Site>,
    by_id: FxHashMap<Uuid, u32>,
    words: FxHashMap<u64, u32>,
}

#[derive(Clone, Debug, Default)]
struct Site {
    parent: Option<u32>,
    below: Vec<u32>,
    staff: Vec<u32>,
    words: Vec<u64>,
}

impl Sites {
    pub(crate) fn upsert(&mut self, records: Vec<SiteRecord>) {
        for record in records {
            let index = self.index(record.id);
            let parent = record.parent.map(|id| self.index(id)).filter(|p| *p != index);
            self.place(index, parent);
            self.name(index, &record.name);
        }
    }

    /// The index of a site; one that is named before it is described is made.
    pub(crate) fn index(&mut self, id: Uuid) -> u32 {
        *self.by_id.entry(id).or_insert_with(|| {
            self.list.push(Site::default());
            self.list.len() as u32 - 1
        })
    }

    pub(crate) fn find(&self, id: Uuid) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    /// Who may be meant by a comment about this site. An unknown site is like none.
    pub(crate) fn scope(&self, id: Option<Uuid>) -> Scope {
        let Some(site) = id.and_then(|id| self.find(id)) else {
            return Scope::All;
        };
        let mut sites = vec![site];
        let mut at = self.get(site).and_then(|s| s.parent);
        while let Some(above) = at.filter(|a| !sites.contains(a)) {
            sites.push(above);
            at = self.get(above).and_then(|s| s.parent);
        }
        let mut open = vec![site];
        while let Some(next) = open.pop() {
            for below in self.get(next).map_or(&[][..], |s| &s.below) {
                if !sites.contains(below) {
                    sites.push(*below);
                    open.push(*below);
                }
            }
            if sites.len() > MOST_IN_SCOPE {
                return Scope::All;
            }
        }
        sites.push(NOWHERE);
        sites.sort_unstable();
        Scope::Sites(sites)
    }

    /// Who is assigned to a site itself.
    pub(crate) fn staff(&self, site: u32) -> &[u32] {
        self.get(site).map_or(&[], |s| &s.staff)
    }

    /// Is the word with this key hash part of a site's name?
    pub(crate) fn is_name(&self, hash: u64) -> bool {
        self.words.contains_key(&hash)
    }

    pub(crate) fn add_staff(&mut self, site: u32, staff: u32) {
        if let Some(site) = self.list.get_mut(site as usize)
            && site.staff.last() != Some(&staff)
        {
            site.staff.push(staff);
        }
    }

    pub(crate) fn drop_staff(&mut self, site: u32, staff: u32) {
        if let Some(site) = self.list.get_mut(site as usize) {
            site.staff.retain(|s| *s != staff);
        }
    }

    pub(crate) fn end_bulk(&mut self) {
        for site in &mut self.list {
            site.staff.shrink_to_fit();
        }
    }

    fn get(&self, site: u32) -> Option<&Site> {
        self.list.get(site as usize)
    }

    fn place(&mut self, index: u32, parent: Option<u32>) {
        let before = self
            .list
            .get_mut(index as usize)
            .and_then(|s| std::mem::replace(&mut s.parent, parent));
        if let Some(old) = before.and_then(|p| self.list.get_mut(p as usize)) {
            old.below.retain(|s| *s != index);
        }
        if let Some(new) = parent.and_then(|p| self.list.get_mut(p as usize)) {
            new.below.push(index);
        }
    }

    fn name(&mut self, index: u32, name: &str) {
        let parts = name
            .split_whitespace()
            .map(normal_form)
            .filter(|w| w.chars().count() > 2);
        let words: Vec<u64> = parts
            .chain([normal_form(name)])
            .map(|w| hash_key(0, &w))
            .collect();
        let Some(site) = self.list.get_mut(index as usize) else {
            return;
        };
        let before = std::mem::replace(&mut site.words, words.clone());
        for word in before {
            if let Some(uses) = self.words.get_mut(&word) {
                *uses -= 1;
                if *uses == 0 {
                    self.words.remove(&word);
                }
            }
        }
        for word in words {
            *self.words.entry(word).or_default() += 1;
        }
    }
}
