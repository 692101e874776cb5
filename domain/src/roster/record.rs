//! What the index is built from, as the service stores it.

use chrono::NaiveDate;
use uuid::Uuid;

use super::Shifts;
use super::names::NameKind;
use crate::text::{hash_key, normal_form};

/// A site and the site it belongs to.
#[derive(Clone, Debug)]
pub struct SiteRecord {
    /// Its id.
    pub id: Uuid,
    /// The site above it.
    pub parent: Option<Uuid>,
    /// What it is called, without the names above it.
    pub name: String,
}

/// Where somebody works, as what, from a day to a day (both included).
#[derive(Clone, Debug, Default)]
pub struct AssignmentRecord {
    /// The site; without one the person works everywhere.
    pub site: Option<Uuid>,
    /// Staff id of the manager.
    pub manager: Option<Uuid>,
    /// Job title in the organisation's words.
    pub job_title: Option<String>,
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
    /// Usual working hours.
    pub shifts: Option<Shifts>,
}

/// What customers call somebody at one site, from a day to a day (both included).
#[derive(Clone, Debug, Default)]
pub struct NameAt {
    /// The site.
    pub site: Uuid,
    /// The name.
    pub name: String,
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
}

/// Somebody who can be praised.
#[derive(Clone, Debug, Default)]
pub struct StaffRecord {
    /// Its id.
    pub id: Uuid,
    /// The organisation's own number or code for the person.
    pub employee_id: String,
    /// Given name or names.
    pub given_name: String,
    /// Family name or names.
    pub family_name: String,
    /// The name the person goes by.
    pub preferred_name: Option<String>,
    /// Further names, till or badge numbers.
    pub aliases: Vec<String>,
    /// Names in social networks, with or without `@`.
    pub handles: Vec<String>,
    /// Further names, at one site each.
    pub names_at: Vec<NameAt>,
    /// First day of employment.
    pub starts_on: Option<NaiveDate>,
    /// Last day of employment.
    pub ends_on: Option<NaiveDate>,
    /// Where the person works.
    pub assignments: Vec<AssignmentRecord>,
}

impl StaffRecord {
    /// Every name form with its kind; without doubles, the strongest kind first.
    pub(crate) fn name_forms(&self) -> Vec<(String, NameKind)> {
        let mut forms: Vec<(String, NameKind)> = Vec::new();
        let mut add = |name: &str, kind: NameKind| {
            let key = normal_form(name);
            if !key.is_empty()
                && !forms
                    .iter()
                    .any(|(k, other)| *k == key && other.is_family() == kind.is_family())
            {
                forms.push((key, kind));
            }
        };
        add(&self.given_name, NameKind::Given);
        add(self.preferred_name.as_deref().unwrap_or(""), NameKind::Preferred);
        for alias in self.aliases.iter().filter(|a| !has_digit(a)) {
            add(alias, NameKind::Alias);
        }
        add(&self.family_name, NameKind::Family);
        for part in parts(&self.given_name)
            .into_iter()
            .chain(self.preferred_name.as_deref().map_or(vec![], parts))
        {
            add(part, NameKind::GivenPart);
        }
        for part in parts(&self.family_name) {
            add(part, NameKind::FamilyPart);
        }
        forms
    }

    /// Keys that name exactly one person: employee id and numbered aliases as such, handles behind `@`.
    pub(crate) fn exact_keys(&self) -> impl Iterator<Item = u64> {
        let ids = std::iter::once(&self.employee_id)
            .chain(self.aliases.iter())
            .filter(|id| has_digit(id));
        let ids = ids
            .map(|id| normal_form(id))
            .filter(|id| id.len() > 2)
            .map(|id| hash_key(0, &id));
        let handles = self
            .handles
            .iter()
            .map(|h| normal_form(h))
            .filter(|h| !h.is_empty())
            .map(|h| handle_key(&h));
        ids.chain(handles)
    }
}

/// The key of a handle, apart from those of ids.
pub(crate) fn handle_key(key: &str) -> u64 {
    hash_key(hash_key(0, "@"), key)
}

fn has_digit(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
}

/// The parts of a name that is made of several, from two letters on.
fn parts(name: &str) -> Vec<&str> {
    let parts: Vec<&str> = name
        .split([' ', '-'])
        .filter(|p| p.chars().filter(|c| c.is_alphanumeric()).count() > 1)
        .collect();
    if parts.len() > 1 { parts } else { Vec::new() }
}
