//! Finds sites by what people call them: a path `North / Leeds`, or a name that only one site bears.
use std::collections::HashMap;

use entity::site;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{RosterError, site::tidy};

/// All sites of an organisation, by path and by name; letter case and repeated blanks do not matter.
#[derive(Clone, Debug, Default)]
pub struct SiteIndex {
    sites: HashMap<Uuid, Entry>,
    by_path: HashMap<String, Uuid>,
    by_name: HashMap<String, Vec<Uuid>>,
}

#[derive(Clone, Debug)]
struct Entry {
    path: String,
    parent: Option<Uuid>,
    is_closed: bool,
}

impl SiteIndex {
    /// Reads all sites of an organisation.
    pub async fn load(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<SiteIndex, DbErr> {
        let sites = site::Entity::within(organisation).all(connection).await?;
        Ok(SiteIndex::new(&sites))
    }

    /// An index of the given sites.
    #[must_use]
    pub fn new(sites: &[site::Model]) -> SiteIndex {
        let mut index = SiteIndex::default();
        for site in sites {
            index.add(site);
        }
        index
    }

    fn add(&mut self, site: &site::Model) {
        let is_closed = site.closed_at.is_some();
        let entry = Entry {
            path: site.path.clone(),
            parent: site.parent_id,
            is_closed,
        };
        self.sites.insert(site.id, entry);
        self.by_path.insert(key(&site.path), site.id);
        if !is_closed {
            self.by_name.entry(key(&site.name)).or_default().push(site.id);
        }
    }

    /// The open site that is meant; unknown, ambiguous and closed ones are errors that say so.
    pub fn resolve(&self, reference: &str) -> Result<Uuid, RosterError> {
        let key = key(reference);
        let by_path = self.by_path.get(&key).copied();
        let by_name = self.by_name.get(&key).map(Vec::as_slice).unwrap_or_default();
        match (by_path, by_name) {
            (Some(site), _) if !self.is_closed(site) => Ok(site),
            (_, [only]) => Ok(*only),
            (Some(closed), []) => Err(RosterError::ClosedSite {
                path: self.path(closed).unwrap_or_default().to_owned(),
            }),
            (_, []) => Err(RosterError::not_found("site", reference)),
            (_, several) => Err(RosterError::AmbiguousSite {
                reference: reference.to_owned(),
                candidates: self.paths(several),
            }),
        }
    }

    /// The site with exactly this path, closed or not.
    #[must_use]
    pub fn by_path(&self, path: &str) -> Option<Uuid> {
        self.by_path.get(&key(path)).copied()
    }

    /// Adds a site that is going to be made.
    pub(crate) fn plan(&mut self, id: Uuid, parent: Option<Uuid>, name: &str, path: &str) {
        let entry = Entry {
            path: path.to_owned(),
            parent,
            is_closed: false,
        };
        self.sites.insert(id, entry);
        self.by_path.insert(key(path), id);
        self.by_name.entry(key(name)).or_default().push(id);
    }

    /// The path of a site.
    #[must_use]
    pub fn path(&self, site: Uuid) -> Option<&str> {
        self.sites.get(&site).map(|entry| entry.path.as_str())
    }

    /// Whether `site` is `top` or lies below it.
    #[must_use]
    pub fn is_within(&self, site: Uuid, top: Uuid) -> bool {
        let mut at = Some(site);
        while let Some(here) = at {
            if here == top {
                return true;
            }
            at = self.sites.get(&here).and_then(|entry| entry.parent);
        }
        false
    }

    pub(crate) fn is_closed(&self, site: Uuid) -> bool {
        self.sites.get(&site).is_some_and(|entry| entry.is_closed)
    }

    fn paths(&self, sites: &[Uuid]) -> Vec<String> {
        let mut paths: Vec<String> = sites
            .iter()
            .filter_map(|site| self.path(*site).map(str::to_owned))
            .collect();
        paths.sort();
        paths
    }
}

/// What two ways of writing one name have in common.
fn key(reference: &str) -> String {
    tidy(reference).to_lowercase()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn site(name: &str, parent: Option<&site::Model>, closed: bool) -> site::Model {
        let path = parent.map_or(name.to_owned(), |above| format!("{} / {name}", above.path));
        site::Model {
            id: Uuid::now_v7(),
            organisation_id: Uuid::nil(),
            parent_id: parent.map(|above| above.id),
            name: name.to_owned(),
            slug: path.clone(),
            path,
            lead_id: None,
            time_zone: None,
            language: None,
            heard_within: None,
            holidays: None,
            changed_in_version: 1,
            created_at: DateTime::UNIX_EPOCH,
            closed_at: closed.then_some(DateTime::UNIX_EPOCH),
        }
    }

    fn index() -> (SiteIndex, Uuid) {
        let (north, south) = (site("North", None, false), site("South", None, false));
        let leeds = site("Leeds", Some(&north), false);
        let other = site("Leeds", Some(&south), false);
        let york = site("York", Some(&north), false);
        let old = site("Hull", Some(&north), true);
        let index = SiteIndex::new(&[north, south, leeds, other, york.clone(), old]);
        (index, york.id)
    }

    #[test]
    fn a_site_is_found_by_path_and_by_a_name_that_is_unique() {
        let (index, york) = index();
        assert_eq!(index.resolve("york").unwrap(), york);
        assert_eq!(index.resolve(" North  / York ").unwrap(), york);
    }

    #[test]
    fn an_ambiguous_name_lists_the_paths_that_would_be_clear() {
        let error = index().0.resolve("Leeds").unwrap_err().to_string();
        assert!(error.contains("North / Leeds, South / Leeds"), "{error}");
    }

    #[test]
    fn unknown_and_closed_sites_are_told_apart() {
        let (index, _) = index();
        assert!(matches!(index.resolve("Bath"), Err(RosterError::NotFound { .. })));
        assert!(matches!(
            index.resolve("North / Hull"),
            Err(RosterError::ClosedSite { .. })
        ));
    }
}
