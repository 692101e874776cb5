//! The sites that a file names: found, or planned.
use std::collections::HashSet;

use domain::roster::{csv::Row, problem::Told};
use uuid::Uuid;

use super::{PlannedSite, Planner};
use crate::roster::{
    RosterError,
    site::{self, SEPARATOR},
};

impl Planner {
    /// Finds or plans every site; full paths first, so that a bare name can mean a site that a path makes.
    pub(super) fn find_sites(&mut self, rows: &[Row], create: bool) {
        let mut references: Vec<(&str, u64)> = Vec::new();
        let mut seen = HashSet::new();
        for row in rows {
            if let Some(site) = row.site.as_deref().filter(|site| seen.insert(*site)) {
                references.push((site, row.line));
            }
        }
        references.sort_by_key(|(site, line)| (!site.contains(SEPARATOR), *line));
        for (reference, _) in references {
            let found = match self.sites.resolve(reference) {
                Err(RosterError::NotFound { .. }) if create => self.plan_site(reference),
                found => found,
            };
            match found {
                Ok(site) => {
                    self.places.insert(reference.to_owned(), site);
                }
                Err(error) => {
                    self.unknown_sites
                        .insert(reference.to_owned(), site_problem(&error));
                }
            }
        }
    }

    fn plan_site(&mut self, reference: &str) -> Result<Uuid, RosterError> {
        let mut parent: Option<(Uuid, String)> = None;
        for part in reference.split(SEPARATOR) {
            let name = site::valid_name(part)?;
            let path = match &parent {
                Some((_, above)) => format!("{above}{SEPARATOR}{name}"),
                None => name.clone(),
            };
            let id = match self.sites.by_path(&path) {
                Some(closed) if self.sites.is_closed(closed) => return Err(RosterError::ClosedSite { path }),
                Some(id) => id,
                None => self.add_site(parent.as_ref().map(|(id, _)| *id), name, &path),
            };
            parent = Some((id, path));
        }
        let (id, _) = parent.ok_or_else(|| RosterError::not_found("site", reference))?;
        Ok(id)
    }

    fn add_site(&mut self, parent: Option<Uuid>, name: String, path: &str) -> Uuid {
        let id = Uuid::now_v7();
        self.sites.plan(id, parent, &name, path);
        self.plan.preview.new_sites.push(path.to_owned());
        self.plan.sites.push(PlannedSite { id, parent, name });
        id
    }
}

fn site_problem(error: &RosterError) -> Told {
    match error {
        RosterError::NotFound { reference, .. } => {
            let words = format!("there is no site {reference:?}; make it first, or have missing sites made");
            Told::new(super::super::NO_SITE, words).with("site", reference)
        }
        RosterError::AmbiguousSite {
            reference,
            candidates,
        } => Told::new("several_sites", error.to_string())
            .with("site", reference)
            .with("paths", candidates.join(", ")),
        RosterError::ClosedSite { path } => Told::new("closed_site", error.to_string()).with("site", path),
        other => Told::new("odd_site", other.to_string()),
    }
}
