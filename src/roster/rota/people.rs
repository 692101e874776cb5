//! Who is meant by a line of a rota: by number, or by a name that only one person at the site bears.
use std::collections::{HashMap, HashSet};

use domain::text::normal_form;
use entity::{assignment, staff_member};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::roster::staff::full_name;

/// Everybody of an organisation, by number and by name.
#[derive(Clone, Debug, Default)]
pub struct Staff {
    by_number: HashMap<String, Uuid>,
    by_name: HashMap<String, Vec<Uuid>>,
    sites: HashMap<Uuid, HashSet<Uuid>>,
}

/// How a line names somebody.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// By number.
    pub employee_id: Option<&'a str>,
    /// By name, where there is no number.
    pub name: Option<&'a str>,
}

impl Staff {
    /// Reads them in two statements.
    pub async fn load(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<Staff, DbErr> {
        let people = staff_member::Entity::within(organisation).all(connection).await?;
        let places: Vec<(Uuid, Option<Uuid>)> = assignment::Entity::within(organisation)
            .select_only()
            .columns([assignment::Column::StaffId, assignment::Column::SiteId])
            .filter(assignment::Column::SiteId.is_not_null())
            .into_tuple()
            .all(connection)
            .await?;
        let mut staff = Staff::default();
        for person in people {
            for name in names(&person) {
                let bearers = staff.by_name.entry(normal_form(&name)).or_default();
                if !bearers.contains(&person.id) {
                    bearers.push(person.id);
                }
            }
            staff.by_number.insert(person.employee_id, person.id);
        }
        for (person, site) in places {
            staff.sites.entry(person).or_default().extend(site);
        }
        Ok(staff)
    }

    /// Who is meant at a site; or the column that is wrong, and what would be right.
    pub fn find(&self, person: Person<'_>, site: Uuid) -> Result<Uuid, (&'static str, String)> {
        if let Some(number) = person.employee_id {
            let found = self.by_number.get(number).copied();
            return found.ok_or((
                "employee_id",
                "there is nobody with this number on the roster".to_owned(),
            ));
        }
        let name = person.name.unwrap_or_default();
        let bearers = self
            .by_name
            .get(&normal_form(name))
            .map(Vec::as_slice)
            .unwrap_or_default();
        let works_there = |one: &&Uuid| self.sites.get(*one).is_some_and(|sites| sites.contains(&site));
        let here: Vec<Uuid> = bearers.iter().filter(works_there).copied().collect();
        match (here.as_slice(), bearers) {
            ([only], _) | ([], [only]) => Ok(*only),
            ([], []) => Err((
                "name",
                "nobody on the roster bears this name; give the employee number".to_owned(),
            )),
            _ => Err((
                "name",
                "several people bear this name; give the employee number".to_owned(),
            )),
        }
    }
}

/// As rotas write them: the given name or the preferred one before the family name, or behind it.
fn names(person: &staff_member::Model) -> Vec<String> {
    let (given, family) = (&person.given_name, &person.family_name);
    vec![
        full_name(person),
        format!("{given} {family}"),
        format!("{family} {given}"),
    ]
}
