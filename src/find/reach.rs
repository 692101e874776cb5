//! How far somebody sees: everything, or what was said of those below them and at the sites they lead.
use std::collections::HashSet;

use entity::{among, comment, recognition, verdict};
use sea_orm::{
    ColumnTrait, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, SelectStatement, UnionType},
};
use uuid::Uuid;

use crate::{
    access::{Action, Caller, Person, Target, permit},
    triage::list::candidacies,
};

/// How far.
#[derive(Clone, Debug)]
pub(super) enum Reach {
    /// The whole organisation.
    Everything,
    /// What somebody is above.
    Below(Box<Person>),
    /// Nothing.
    Nothing,
}

impl Reach {
    /// Of a caller who does `action`. It narrows what is read; `permit` decides on every row that is left.
    pub(super) fn of(caller: &Caller, action: Action) -> Reach {
        if permit::permit(caller, action, &Target::Organisation).is_ok() {
            return Reach::Everything;
        }
        let person = caller.person().filter(|person| person.is_active);
        person.map_or(Reach::Nothing, |person| Reach::Below(Box::new(person.clone())))
    }

    /// The ids of the comments of a person's reach, each part read off an index; none for nobody's.
    pub(super) fn comments(person: &Person, organisation: Uuid) -> Option<SelectStatement> {
        use recognition::Column;
        let mut parts: Vec<SelectStatement> = Vec::new();
        if let Some(manager) = person.staff {
            parts.push(of_praise(organisation, Column::ManagerId.eq(manager)));
        }
        for absent in &person.stands_in_for {
            parts.push(of_praise(organisation, Column::ManagerId.eq(*absent)));
        }
        let reports: HashSet<Uuid> = person.looks_after().collect();
        if !reports.is_empty() {
            let reports = || reports.iter().copied();
            parts.push(of_praise(organisation, among(Column::StaffId, reports())));
            let is_meant = among(verdict::Column::StaffId, reports());
            parts.push(open(organisation, is_meant));
        }
        if !person.led_sites.is_empty() {
            let sites = || person.led_sites.iter().copied();
            parts.push(of_praise(organisation, among(Column::SiteId, sites())));
            parts.push(ids(
                comment::Entity::within(organisation).filter(among(comment::Column::SiteId, sites()))
            ));
        }
        all_of(parts)
    }
}

/// The ids of the comments that thank somebody, or may mean them.
pub(super) fn about(organisation: Uuid, person: Uuid) -> Option<SelectStatement> {
    all_of(vec![
        of_praise(organisation, recognition::Column::StaffId.eq(person)),
        open(organisation, verdict::Column::StaffId.eq(person)),
    ])
}

fn of_praise(organisation: Uuid, whose: Expr) -> SelectStatement {
    recognition::Entity::within(organisation)
        .filter(whose)
        .filter(recognition::Column::WithdrawnAt.is_null())
        .select_only()
        .column(recognition::Column::CommentId)
        .into_query()
}

/// Those that wait for a decision on whom they mean.
fn open(organisation: Uuid, of_whom: Expr) -> SelectStatement {
    let waiting = comment::Entity::within(organisation)
        .filter(comment::Column::State.eq(comment::State::Triage))
        .filter(Expr::exists(candidacies(of_whom)));
    ids(waiting)
}

fn ids(comments: Select<comment::Entity>) -> SelectStatement {
    comments.select_only().column(comment::Column::Id).into_query()
}

fn all_of(parts: Vec<SelectStatement>) -> Option<SelectStatement> {
    let mut parts = parts.into_iter();
    let mut all = parts.next()?;
    for part in parts {
        all.union(UnionType::All, part);
    }
    Some(all)
}
