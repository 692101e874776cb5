//! The one place that decides who may do what.
use std::{fmt, str::FromStr};

use uuid::Uuid;

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// `comments:write`
    CommentsWrite,
    /// `comments:read`
    CommentsRead,
    /// `roster:read`
    RosterRead,
    /// `roster:write`
    RosterWrite,
    /// `recognitions:read`
    RecognitionsRead,
    /// `triage:write`
    TriageWrite,
    /// `admin`: keys, sources, jobs, settings.
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: &[Scope] = &[
        Scope::CommentsWrite,
        Scope::CommentsRead,
        Scope::RosterRead,
        Scope::RosterWrite,
        Scope::RecognitionsRead,
        Scope::TriageWrite,
        Scope::Admin,
    ];

    /// Its name in keys, documents and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scope::CommentsWrite => "comments:write",
            Scope::CommentsRead => "comments:read",
            Scope::RosterRead => "roster:read",
            Scope::RosterWrite => "roster:write",
            Scope::RecognitionsRead => "recognitions:read",
            Scope::TriageWrite => "triage:write",
            Scope::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A scope that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("there is no scope {given:?}; there are {}", Scope::ALL.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", "))]
pub struct UnknownScope {
    given: String,
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(given: &str) -> Result<Scope, UnknownScope> {
        let known = Scope::ALL.iter().find(|scope| scope.name() == given);
        known.copied().ok_or_else(|| UnknownScope {
            given: given.to_owned(),
        })
    }
}

/// Everything that can be done, named as the operation that does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// `verb_resource`: the operation's id in the API's document.
    pub operation: &'static str,
    /// What a key needs for it.
    pub scope: Scope,
}

macro_rules! actions {
    ($($name:ident = $operation:literal needs $scope:ident;)*) => {
        impl Action {
            $(#[doc = concat!("`", $operation, "`")]
            pub const $name: Action = Action { operation: $operation, scope: Scope::$scope };)*

            /// Every action there is.
            pub const ALL: &[Action] = &[$(Action::$name),*];
        }
    };
}

actions! {
    CREATE_COMMENT = "create_comment" needs CommentsWrite;
    GET_COMMENT = "get_comment" needs CommentsRead;
    LIST_COMMENTS = "list_comments" needs CommentsRead;
    ERASE_COMMENT = "erase_comment" needs CommentsWrite;
    LIST_VERDICTS = "list_verdicts" needs CommentsRead;
    LIST_TRIAGE = "list_triage" needs TriageWrite;
    DECIDE_TRIAGE = "decide_triage" needs TriageWrite;
    UNDO_DECISION = "undo_decision" needs TriageWrite;
    LIST_COMPLAINTS = "list_complaints" needs CommentsRead;
    LIST_HELD = "list_held" needs Admin;
    RELEASE_HELD = "release_held" needs Admin;
    DISCARD_HELD = "discard_held" needs Admin;
    LIST_RECOGNITIONS = "list_recognitions" needs RecognitionsRead;
    GET_BOARD = "get_board" needs RecognitionsRead;
    GET_ORGANISATION = "get_organisation" needs RosterRead;
    UPDATE_ORGANISATION = "update_organisation" needs Admin;
    LIST_SITES = "list_sites" needs RosterRead;
    CREATE_SITE = "create_site" needs RosterWrite;
    GET_SITE = "get_site" needs RosterRead;
    UPDATE_SITE = "update_site" needs RosterWrite;
    LIST_STAFF = "list_staff" needs RosterRead;
    CREATE_STAFF_MEMBER = "create_staff_member" needs RosterWrite;
    GET_STAFF_MEMBER = "get_staff_member" needs RosterRead;
    UPDATE_STAFF_MEMBER = "update_staff_member" needs RosterWrite;
    LIST_ASSIGNMENTS = "list_assignments" needs RosterRead;
    CREATE_ASSIGNMENT = "create_assignment" needs RosterWrite;
    UPDATE_ASSIGNMENT = "update_assignment" needs RosterWrite;
    LIST_SOURCES = "list_sources" needs Admin;
    CREATE_SOURCE = "create_source" needs Admin;
    GET_SOURCE = "get_source" needs Admin;
    UPDATE_SOURCE = "update_source" needs Admin;
    TEST_SOURCE = "test_source" needs Admin;
    REMOVE_SOURCE = "remove_source" needs Admin;
    LIST_IMPORTS = "list_imports" needs Admin;
    GET_IMPORT = "get_import" needs Admin;
    CREATE_ROSTER_IMPORT = "create_roster_import" needs Admin;
    CREATE_COMMENT_IMPORT = "create_comment_import" needs Admin;
    UNDO_IMPORT = "undo_import" needs Admin;
    LIST_KEYS = "list_keys" needs Admin;
    CREATE_KEY = "create_key" needs Admin;
    REVOKE_KEY = "revoke_key" needs Admin;
    LIST_NOTICES = "list_notices" needs Admin;
    LIST_JOBS = "list_jobs" needs Admin;
    RETRY_JOB = "retry_job" needs Admin;
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The tenant: all that they can see.
    pub organisation: Uuid,
    /// As the audit log names them: `key:<id>`.
    pub actor: String,
    /// What their key is for.
    pub scopes: Vec<Scope>,
}

/// A caller who may not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this needs a key with the scope {needed}")]
pub struct Denied {
    /// What would be needed.
    pub needed: Scope,
}

/// Permits or refuses; the only function that does.
pub fn permit(caller: &Caller, action: Action) -> Result<(), Denied> {
    if caller.scopes.contains(&action.scope) {
        Ok(())
    } else {
        Err(Denied { needed: action.scope })
    }
}
