//! Names that somebody bears at one site only, from a day to a day.

use uuid::Uuid;

use super::names::{NameKind, Post};
use super::people::{first_day, last_day, within};
use super::{Roster, Scope, StaffRecord};
use crate::text::{hash_key, normal_form};

/// A name of one person at one site.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local {
    form: u32,
    site: u32,
    starts: i32,
    ends: i32,
}

impl Roster {
    /// Who of the site, of those above it and of those below is called so, whenever they worked: by a given name, a name
    /// they go by, an alias, a family name, or all of a name of several words.
    pub fn called(&self, site: Uuid, name: &str) -> Vec<Uuid> {
        let Scope::Sites(sites) = self.sites.scope(Some(site)) else {
            return Vec::new();
        };
        let words: Vec<String> = name.split_whitespace().map(normal_form).collect();
        let whole = hash_key(0, &words.concat());
        let mut staff: Vec<u32> = Vec::new();
        for form in [self.names.given(whole), self.names.family(whole)]
            .into_iter()
            .flatten()
        {
            staff.extend(sites.iter().flat_map(|s| form.posts_at(*s)).map(|p| p.staff));
        }
        for cut in 1..words.len() {
            let (given, family) = words.split_at(cut);
            let given = self.names.given(hash_key(0, &given.concat()));
            let family = self.names.family(hash_key(0, &family.concat()));
            if let (Some(given), Some(family)) = (given, family) {
                let both = given
                    .posts
                    .iter()
                    .filter(|p| family.posts.binary_search(p).is_ok());
                staff.extend(both.filter(|p| sites.contains(&p.site)).map(|p| p.staff));
            }
        }
        let mut people: Vec<Uuid> = staff
            .into_iter()
            .filter_map(|s| self.people.get(s))
            .map(|p| p.id)
            .collect();
        people.sort_unstable();
        people.dedup();
        people
    }

    /// Whether somebody bears the name with this key on the day: one that is theirs at a site only holds from a day to a
    /// day.
    pub(crate) fn bears_on(&self, staff: u32, key: &str, day: Option<i32>) -> bool {
        let Some(local) = self.names_at.get(&staff) else {
            return true;
        };
        let is_it = |form: u32| self.names.get(form).is_some_and(|f| !f.family && *f.key == *key);
        let mut so_called = local.iter().filter(|name| is_it(name.form)).peekable();
        let always = || {
            let person = self.people.get(staff);
            person.is_some_and(|p| p.forms.iter().any(|form| is_it(*form)))
        };
        so_called.peek().is_none() || always() || so_called.any(|name| within(name.starts, name.ends, day))
    }

    pub(super) fn name_at_sites(&mut self, staff: u32, record: &StaffRecord) {
        let mut local = Vec::new();
        for name in &record.names_at {
            let key = normal_form(&name.name);
            if !key.is_empty() {
                local.push(Local {
                    form: self.names.form(&key, NameKind::Alias),
                    site: self.sites.index(name.site),
                    starts: first_day(name.starts_on),
                    ends: last_day(name.ends_on),
                });
            }
        }
        if local.is_empty() {
            self.names_at.remove(&staff);
        } else {
            self.names_at.insert(staff, local.into());
        }
    }

    pub(super) fn attach_at_sites(&mut self, staff: u32) {
        for name in self.names_at.get(&staff).into_iter().flatten() {
            let post = Post {
                site: name.site,
                staff,
            };
            self.names.add(name.form, post);
        }
    }

    pub(super) fn detach_at_sites(&mut self, staff: u32) {
        for name in self.names_at.get(&staff).into_iter().flatten() {
            let post = Post {
                site: name.site,
                staff,
            };
            self.names.drop(name.form, post);
        }
    }
}
