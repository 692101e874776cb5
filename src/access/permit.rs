//! The one place that decides who may do what.
//!
//! A key may what its scopes say, anywhere in its organisation. A person may what follows from how they stand to what
//! is touched: it is theirs; they are above it (today's manager, the manager of the day of the praise, the lead of the
//! site); they stand in for a manager who is away, which opens the praise of that team and nothing else; or they oversee everything (administrator; auditor, who changes nothing).
use uuid::Uuid;

use super::{
    Person, Scope, Target,
    action::{Action, By},
};

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The tenant: all that they can see.
    pub organisation: Uuid,
    /// As the audit log names them: `key:<id>` or `account:<id>`.
    pub actor: String,
    /// What they are.
    pub identity: Identity,
}

/// What a caller is.
#[derive(Clone, Debug)]
pub enum Identity {
    /// A program.
    Key {
        /// What its key is for.
        scopes: Vec<Scope>,
    },
    /// Somebody who is signed in.
    Person(Box<Person>),
    /// Anybody who looks at the demo: all of it is invented.
    DemoVisitor,
}

/// A caller who may not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The key is for something else.
    #[error("this needs a key with the scope {0}")]
    NeedsScope(Scope),
    /// Programs cannot do it at all.
    #[error("this is done by people who are signed in, not by keys")]
    NeedsPerson,
    /// It may be somebody else at an open browser.
    #[error("confirm that it is you: sign in again, then do it within a quarter of an hour")]
    NeedsFreshSignIn,
    /// They hold a role that waits for a second factor.
    #[error(
        "this organisation asks holders of roles for a second factor: set it up on the page /me/second-factor first"
    )]
    NeedsSecondFactor,
    /// The person does not stand to it as they would have to.
    #[error(
        "it belongs to somebody else, or your role does not allow it; an administrator can change the roster or your role"
    )]
    NotYours,
}

impl Caller {
    /// The person who is signed in, if it is one.
    #[must_use]
    pub fn person(&self) -> Option<&Person> {
        match &self.identity {
            Identity::Person(person) => Some(person),
            Identity::Key { .. } | Identity::DemoVisitor => None,
        }
    }

    /// Of whom this caller does not decide that they earned praise: themselves. None for programs, and for
    /// administrators, above whom there is nobody.
    #[must_use]
    pub fn oneself(&self) -> Option<Uuid> {
        self.person()
            .filter(|person| !person.is_administrator)
            .and_then(|person| person.staff)
    }
}

/// Permits or refuses; the only function that does.
pub fn permit(caller: &Caller, action: Action, target: &Target) -> Result<(), Denied> {
    let may = match &caller.identity {
        Identity::Key { scopes } => return permit_key(scopes, action),
        Identity::Person(person) => may(person, action.by, target),
        Identity::DemoVisitor => matches!(action.by, By::Praise | By::Board),
    };
    let is_stale = caller.person().is_some_and(|person| !person.is_fresh);
    // A code for somebody who is above others lets whoever holds it in at that place.
    let opens_a_place_above = action == Action::CREATE_JOIN_CODE && !is_led_only(target);
    match may {
        false => Err(Denied::NotYours),
        true if is_stale && (action.needs_fresh_sign_in() || opens_a_place_above) => {
            Err(Denied::NeedsFreshSignIn)
        }
        true => Ok(()),
    }
}

/// A key makes no key that may more than itself, and is shown nothing for which it has no scope.
pub fn permit_scopes(caller: &Caller, wanted: &[Scope]) -> Result<(), Denied> {
    let Identity::Key { scopes } = &caller.identity else {
        return Ok(());
    };
    match wanted.iter().find(|scope| !scopes.contains(scope)) {
        Some(missing) => Err(Denied::NeedsScope(*missing)),
        None => Ok(()),
    }
}

fn permit_key(scopes: &[Scope], action: Action) -> Result<(), Denied> {
    let needed = action.scope.ok_or(Denied::NeedsPerson)?;
    if scopes.contains(&needed) {
        Ok(())
    } else {
        Err(Denied::NeedsScope(needed))
    }
}

fn may(person: &Person, by: By, target: &Target) -> bool {
    let oversees = person.is_administrator || person.is_auditor;
    match by {
        By::Programs => false,
        By::Everybody => person.is_active,
        By::Board => oversees || sees_board(person, target),
        By::Praise => {
            oversees || is_above(person, target) || is_own(person, target) || stands_in(person, target)
        }
        By::Desk => oversees || is_above(person, target) || stands_in(person, target),
        By::Above => {
            oversees || (person.is_active && (person.is_above_somebody() || !person.covered.is_empty()))
        }
        By::Decide => {
            person.is_administrator || is_above(person, target) || stands_in_for_praise(person, target)
        }
        By::Code => person.is_administrator || (is_above(person, target) && is_led_only(target)),
        By::Lead => oversees || leads(person, target),
        By::Overseers => oversees,
        By::Administrators => person.is_administrator,
        By::SafeReaders => person.reads_shielded,
        By::Oneself => is_own(person, target),
        By::There => works_there(person, target),
        By::Beside => {
            person.is_active
                && (person.is_administrator || is_above(person, target) || works_beside(person, target))
        }
    }
}

fn is_own(person: &Person, target: &Target) -> bool {
    match target {
        Target::StaffMember { id, .. } => person.staff == Some(*id),
        Target::Said { people, .. } => person.staff.is_some_and(|own| people.contains(&own)),
        Target::Account(account) => *account == person.account,
        Target::Organisation
        | Target::Site(_)
        | Target::Team { .. }
        | Target::WithoutAddress { .. }
        | Target::Open { .. } => false,
    }
}

fn works_there(person: &Person, target: &Target) -> bool {
    matches!(target, Target::Open { around } if !around.is_disjoint(&person.sites))
}

fn works_beside(person: &Person, target: &Target) -> bool {
    match target {
        Target::Site(site) => person.sites.contains(site),
        Target::StaffMember { sites, .. } => sites.iter().any(|site| person.sites.contains(site)),
        _ => false,
    }
}

/// Today's managers, the managers of the day of the praise, the site's leads, and whoever was asked to pass praise on.
fn is_above(person: &Person, target: &Target) -> bool {
    let manages = match target {
        Target::Team { manager, .. } => person.is_manager(*manager),
        Target::StaffMember { id, .. } | Target::WithoutAddress { id, .. } => person.reports.contains(id),
        Target::Said { asked, .. } if person.is_active && asked.contains(&person.account) => true,
        Target::Said { people, managers, .. } => {
            managers.iter().any(|manager| person.is_manager(*manager))
                || people.iter().any(|one| person.reports.contains(one))
        }
        Target::Organisation | Target::Site(_) | Target::Account(_) | Target::Open { .. } => false,
    };
    manages || leads(person, target)
}

/// Whether they stand in today for a manager whose it is to see.
fn stands_in(person: &Person, target: &Target) -> bool {
    match target {
        Target::Team { manager, .. } => person.stands_in_for.contains(manager),
        Target::StaffMember { id, .. } => person.covered.contains(id),
        _ => stands_in_for_praise(person, target),
    }
}

/// Whether they stand in today for the manager of those who were praised. Their own praise is not theirs to look after.
fn stands_in_for_praise(person: &Person, target: &Target) -> bool {
    let Target::Said { people, managers, .. } = target else {
        return false;
    };
    let is_own_alone = !people.is_empty() && people.iter().all(|one| person.staff == Some(*one));
    let was_theirs = managers
        .iter()
        .any(|manager| person.stands_in_for.contains(manager));
    people.iter().any(|one| person.covered.contains(one)) || (was_theirs && !is_own_alone)
}

fn leads(person: &Person, target: &Target) -> bool {
    match target {
        Target::Site(site) => person.leads(*site),
        Target::Team { sites, .. }
        | Target::StaffMember { sites, .. }
        | Target::WithoutAddress { sites, .. }
        | Target::Said { sites, .. } => sites.iter().any(|site| person.leads(*site)),
        // What was said nowhere in particular is for whoever leads everything.
        Target::Organisation => person.leads_everywhere,
        Target::Account(_) | Target::Open { .. } => false,
    }
}

/// Whoever is handed a code could be signed in by whoever made it: nobody gets above their own place by that.
fn is_led_only(target: &Target) -> bool {
    matches!(
        target,
        Target::WithoutAddress {
            is_above_somebody: false,
            ..
        }
    )
}

/// Which boards there are is the organisation's choice; this says which of them are this person's.
fn sees_board(person: &Person, target: &Target) -> bool {
    if !person.is_active {
        return false;
    }
    let is_on_it = matches!(target, Target::Team { manager, .. } if person.managers.contains(manager));
    person.sees_all_boards || is_on_it || is_above(person, target) || stands_in(person, target)
}
