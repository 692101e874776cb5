//! Who may do what, asked of `permit` for every role and action: nothing of it is written by hand.
use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use entity::organisation::{self, BoardMode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::{
    Action, Person, Scope, Target,
    permit::{self, Caller, Identity},
};

/// How people stand to somebody who was praised, from the nearest on; texts are keys below `statement.role`.
pub const ROLES: [&str; 7] = [
    "oneself",
    "colleague",
    "manager",
    "site_lead",
    "safe_reader",
    "auditor",
    "administrator",
];

/// Who may do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct May {
    /// The action's name, as the API and the audit log have it.
    pub action: String,
    /// What a key needs for it; none where keys may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// By role: `all`, everywhere; `some`, where they stand so to the person or the place.
    pub roles: BTreeMap<String, String>,
}

/// Asks for every action.
#[must_use]
pub fn ask(own: &organisation::Model, has_safe_readers: bool, today: NaiveDate) -> Vec<May> {
    let somebody = Somebody::new();
    let people: Vec<(&str, Person)> = ROLES
        .into_iter()
        .map(|role| (role, somebody.seen_by(role, own, has_safe_readers, today)))
        .collect();
    let actions = Action::ALL
        .iter()
        .chain(Action::OF_PAGES)
        .chain([&Action::PROVISION_PEOPLE]);
    let asked = |action: &Action| May {
        action: action.operation.to_owned(),
        scope: action.scope.map(|scope: Scope| scope.name().to_owned()),
        roles: people
            .iter()
            .filter_map(|(role, person)| {
                Some((
                    (*role).to_owned(),
                    somebody.extent(person, *action, own.id)?.to_owned(),
                ))
            })
            .collect(),
    };
    actions.map(asked).collect()
}

/// Somebody who was praised at a place, with everything of theirs.
struct Somebody {
    staff: Uuid,
    account: Uuid,
    manager: Uuid,
    site: Uuid,
}

impl Somebody {
    fn new() -> Somebody {
        let [staff, account, manager, site] = [1, 2, 3, 4].map(Uuid::from_u128);
        Somebody {
            staff,
            account,
            manager,
            site,
        }
    }

    fn seen_by(
        &self,
        role: &str,
        own: &organisation::Model,
        has_safe_readers: bool,
        today: NaiveDate,
    ) -> Person {
        let other = Uuid::from_u128(9);
        let is = |name: &str| role == name;
        let works_there = is("oneself") || is("colleague") || is("manager");
        let ids = |such: bool, id: Uuid| if such { HashSet::from([id]) } else { HashSet::new() };
        Person {
            account: if is("oneself") { self.account } else { other },
            staff: match role {
                "oneself" => Some(self.staff),
                "manager" => Some(self.manager),
                _ => Some(other),
            },
            name: String::new(),
            is_fresh: true,
            lacks_factor: false,
            language: None,
            is_active: true,
            is_administrator: is("administrator"),
            is_auditor: is("auditor"),
            reads_shielded: is("safe_reader") || (is("administrator") && !has_safe_readers),
            leads_everywhere: false,
            led_sites: ids(is("site_lead"), self.site),
            reports: ids(is("manager"), self.staff),
            stands_in_for: HashSet::new(),
            covered: HashSet::new(),
            managers: ids(is("oneself") || is("colleague"), self.manager),
            sites: ids(works_there, self.site),
            sees_all_boards: own.board_mode == BoardMode::Full,
            today,
        }
    }

    /// `all` where the whole organisation is theirs to see or to change, `some` where anything of the person is.
    fn extent(&self, person: &Person, action: Action, organisation: Uuid) -> Option<&'static str> {
        let caller = Caller {
            organisation,
            actor: String::new(),
            identity: Identity::Person(Box::new(person.clone())),
        };
        let may = |target: &Target| permit::permit(&caller, action, target).is_ok();
        match may(&Target::Organisation) {
            true => Some("all"),
            false => self.targets().iter().any(may).then_some("some"),
        }
    }

    fn targets(&self) -> [Target; 7] {
        let sites = || vec![self.site];
        [
            Target::Site(self.site),
            Target::Team {
                manager: self.manager,
                sites: sites(),
            },
            Target::StaffMember {
                id: self.staff,
                sites: sites(),
            },
            Target::WithoutAddress {
                id: self.staff,
                sites: sites(),
                is_above_somebody: false,
            },
            Target::Said {
                people: vec![self.staff],
                managers: vec![self.manager],
                sites: sites(),
                asked: Vec::new(),
            },
            Target::Open {
                around: HashSet::from([self.site]),
            },
            Target::Account(self.account),
        ]
    }
}
