//! Everything that can be done, and who may: by scope for keys, by relation for people.
use super::Scope;

/// Who of those signed in may do something. `permit` explains how people stand to what is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// No person: programs only.
    Programs,
    /// Everybody who works here.
    Everybody,
    /// Whose board it is: those on it and above it; everybody where boards are open to all.
    Board,
    /// Themselves, those above them and whoever stands in for those, administrators and auditors.
    Praise,
    /// Those above and whoever stands in for them, administrators and auditors.
    Desk,
    /// Whoever is above anybody, administrators and auditors: they find what they are above.
    Above,
    /// Those above, whoever stands in for them where it is praise of somebody, and administrators.
    Decide,
    /// Those above somebody who is above nobody, and administrators.
    Code,
    /// The site's lead, administrators and auditors.
    Lead,
    /// Administrators and auditors.
    Overseers,
    /// Administrators.
    Administrators,
    /// Safe readers; administrators where nobody is one.
    SafeReaders,
    /// Only oneself.
    Oneself,
    /// Those who work where it was said.
    There,
    /// Those who work at the place or beside the person, those above them, and administrators.
    Beside,
}

/// Something that can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// `verb_resource`: the operation's id in the API's document, or a name of the same form.
    pub operation: &'static str,
    /// What a key needs for it; none for what only people do.
    pub scope: Option<Scope>,
    /// Who may.
    pub by: By,
}

impl Action {
    /// Whether somebody who is signed in must have signed in a moment ago: what decides who
    /// else gets in or is told, and who is above whom.
    #[must_use]
    pub fn needs_fresh_sign_in(self) -> bool {
        const SUCH: [Action; 22] = [
            Action::CREATE_KEY,
            Action::CREATE_CHANNEL,
            Action::CHANGE_CHANNEL_SECRET,
            Action::GRANT_ROLE,
            Action::REVOKE_ROLE,
            Action::CREATE_STAFF_MEMBER,
            Action::UPDATE_STAFF_MEMBER,
            Action::ERASE_STAFF_MEMBER,
            Action::CREATE_ASSIGNMENT,
            Action::UPDATE_ASSIGNMENT,
            Action::CREATE_DEPUTY,
            Action::NAME_OWN_DEPUTY,
            Action::ADD_RULE,
            Action::CREATE_SITE,
            Action::UPDATE_SITE,
            Action::CREATE_ROSTER_IMPORT,
            Action::CREATE_SIGN_ON_PROVIDER,
            Action::REMOVE_SIGN_ON_PROVIDER,
            Action::CHANGE_SIGN_ON_POLICY,
            Action::SET_SECOND_FACTOR,
            Action::TAKE_SECOND_FACTOR_OFF,
            Action::CHANGE_SECOND_FACTOR_POLICY,
        ];
        SUCH.contains(&self)
    }

    /// What the company's directory does by SCIM, which is no operation of the API.
    pub const PROVISION_PEOPLE: Action = Action {
        operation: "provision_people",
        scope: Some(Scope::Scim),
        by: By::Programs,
    };
}

macro_rules! actions {
    (
        operations { $($name:ident = $operation:literal needs $scope:ident or $by:ident;)* }
        of_people { $($own:ident = $mine:literal by $whose:ident;)* }
        pages { $($page:ident = $doing:literal by $who:ident;)* }
    ) => {
        impl Action {
            $(#[doc = concat!("`", $operation, "`")]
            pub const $name: Action = Action {
                operation: $operation,
                scope: Some(Scope::$scope),
                by: By::$by,
            };)*
            $(#[doc = concat!("`", $mine, "`")]
            pub const $own: Action = Action { operation: $mine, scope: None, by: By::$whose };)*
            $(#[doc = concat!("`", $doing, "`")]
            pub const $page: Action = Action { operation: $doing, scope: None, by: By::$who };)*

            /// Every operation of the API.
            pub const ALL: &[Action] = &[$(Action::$name,)* $(Action::$own),*];
            /// What only pages do.
            pub const OF_PAGES: &[Action] = &[$(Action::$page),*];
        }
    };
}

actions! {
    operations {
        CREATE_COMMENT = "create_comment" needs CommentsWrite or Programs;
        CREATE_MAIL = "create_mail" needs CommentsWrite or Programs;
        GET_COMMENT = "get_comment" needs CommentsRead or Desk;
        LIST_COMMENTS = "list_comments" needs CommentsRead or Overseers;
        SEARCH_COMMENTS = "search_comments" needs CommentsRead or Above;
        SAVE_COMMENTS = "save_comments" needs CommentsRead or Above;
        ERASE_COMMENT = "erase_comment" needs CommentsErase or Administrators;
        LIST_VERDICTS = "list_verdicts" needs CommentsRead or Desk;
        LIST_TRIAGE = "list_triage" needs TriageWrite or Desk;
        DECIDE_TRIAGE = "decide_triage" needs TriageWrite or Decide;
        UNDO_DECISION = "undo_decision" needs TriageWrite or Decide;
        LIST_ALIAS_PROPOSALS = "list_alias_proposals" needs TriageWrite or Lead;
        LIST_ALIAS_ANSWERS = "list_alias_answers" needs TriageWrite or Lead;
        ANSWER_ALIAS_PROPOSAL = "answer_alias_proposal" needs TriageWrite or Decide;
        UNDO_ALIAS_ANSWER = "undo_alias_answer" needs TriageWrite or Decide;
        LIST_COMPLAINTS = "list_complaints" needs CommentsRead or Lead;
        LIST_HELD = "list_held" needs Admin or Overseers;
        RELEASE_HELD = "release_held" needs Admin or Administrators;
        DISCARD_HELD = "discard_held" needs Admin or Administrators;
        LIST_RECOGNITIONS = "list_recognitions" needs RecognitionsRead or Praise;
        SAVE_RECOGNITIONS = "save_recognitions" needs RecognitionsRead or Above;
        GET_HEARD = "get_heard" needs RecognitionsRead or Lead;
        GET_BOARD = "get_board" needs RecognitionsRead or Board;
        GET_ORGANISATION = "get_organisation" needs RosterRead or Everybody;
        GET_PRECISION = "get_precision" needs Admin or Overseers;
        GET_STATEMENT = "get_statement" needs Admin or Overseers;
        UPDATE_ORGANISATION = "update_organisation" needs Admin or Administrators;
        SET_LOGO = "set_logo" needs Admin or Administrators;
        REMOVE_LOGO = "remove_logo" needs Admin or Administrators;
        LIST_SITES = "list_sites" needs RosterRead or Everybody;
        CREATE_SITE = "create_site" needs RosterWrite or Administrators;
        GET_SITE = "get_site" needs RosterRead or Everybody;
        UPDATE_SITE = "update_site" needs RosterWrite or Administrators;
        LIST_STAFF = "list_staff" needs RosterRead or Overseers;
        CREATE_STAFF_MEMBER = "create_staff_member" needs RosterWrite or Administrators;
        GET_STAFF_MEMBER = "get_staff_member" needs RosterRead or Praise;
        UPDATE_STAFF_MEMBER = "update_staff_member" needs RosterWrite or Administrators;
        ERASE_STAFF_MEMBER = "erase_staff_member" needs Admin or Administrators;
        LIST_ASSIGNMENTS = "list_assignments" needs RosterRead or Overseers;
        CREATE_ASSIGNMENT = "create_assignment" needs RosterWrite or Administrators;
        UPDATE_ASSIGNMENT = "update_assignment" needs RosterWrite or Administrators;
        LIST_DEPUTIES = "list_deputies" needs RosterRead or Overseers;
        CREATE_DEPUTY = "create_deputy" needs RosterWrite or Administrators;
        TAKE_DEPUTY_BACK = "take_deputy_back" needs RosterWrite or Administrators;
        LIST_SHIFTS = "list_shifts" needs RosterRead or Lead;
        REPLACE_SHIFTS = "replace_shifts" needs RosterWrite or Administrators;
        LIST_SOURCES = "list_sources" needs Admin or Overseers;
        CREATE_SOURCE = "create_source" needs Admin or Administrators;
        GET_SOURCE = "get_source" needs Admin or Overseers;
        UPDATE_SOURCE = "update_source" needs Admin or Administrators;
        TEST_SOURCE = "test_source" needs Admin or Administrators;
        REMOVE_SOURCE = "remove_source" needs Admin or Administrators;
        LIST_CHANNELS = "list_channels" needs Admin or Overseers;
        CREATE_CHANNEL = "create_channel" needs Admin or Administrators;
        TEST_CHANNEL = "test_channel" needs Admin or Administrators;
        REMOVE_CHANNEL = "remove_channel" needs Admin or Administrators;
        LIST_DELIVERIES = "list_deliveries" needs Admin or Overseers;
        CHANGE_CHANNEL_SECRET = "change_channel_secret" needs Admin or Administrators;
        REPLAY_DELIVERIES = "replay_deliveries" needs Admin or Administrators;
        LIST_QUARANTINE = "list_quarantine" needs Admin or Overseers;
        GET_PUSH = "get_push" needs Admin or Administrators;
        PREVIEW_PUSH = "preview_push" needs Admin or Administrators;
        REPLAY_PUSHES = "replay_pushes" needs Admin or Administrators;
        GET_BACKFILL = "get_backfill" needs Admin or Overseers;
        CREATE_BACKFILL = "create_backfill" needs Admin or Administrators;
        STOP_BACKFILL = "stop_backfill" needs Admin or Administrators;
        RESUME_BACKFILL = "resume_backfill" needs Admin or Administrators;
        LIST_IMPORTS = "list_imports" needs Admin or Overseers;
        GET_IMPORT = "get_import" needs Admin or Overseers;
        CREATE_ROSTER_IMPORT = "create_roster_import" needs Admin or Administrators;
        CREATE_ROTA_IMPORT = "create_rota_import" needs Admin or Administrators;
        CREATE_COMMENT_IMPORT = "create_comment_import" needs Admin or Administrators;
        UNDO_IMPORT = "undo_import" needs Admin or Administrators;
        LIST_KEYS = "list_keys" needs Admin or Overseers;
        CREATE_KEY = "create_key" needs Admin or Administrators;
        REVOKE_KEY = "revoke_key" needs Admin or Administrators;
        LIST_ROLES = "list_roles" needs Admin or Overseers;
        GRANT_ROLE = "grant_role" needs Admin or Administrators;
        REVOKE_ROLE = "revoke_role" needs Admin or Administrators;
        LIST_SIGN_ON_PROVIDERS = "list_sign_on_providers" needs Admin or Overseers;
        TEST_SIGN_ON_PROVIDER = "test_sign_on_provider" needs Admin or Administrators;
        LIST_NOTICES = "list_notices" needs Admin or Overseers;
        LIST_RULES = "list_rules" needs Admin or Overseers;
        ADD_RULE = "add_rule" needs Admin or Administrators;
        TRY_RULE = "try_rule" needs Admin or Administrators;
        END_RULE = "end_rule" needs Admin or Administrators;
        LIST_JOBS = "list_jobs" needs Admin or Overseers;
        RETRY_JOB = "retry_job" needs Admin or Administrators;
    }
    of_people {
        GET_PREFERENCES = "get_preferences" by Oneself;
        UPDATE_PREFERENCES = "update_preferences" by Oneself;
        SAVE_STORED = "save_own_data" by Oneself;
        LOG_SPOKEN = "log_spoken" by Beside;
        CREATE_SIGN_ON_PROVIDER = "create_sign_on_provider" by Administrators;
        REMOVE_SIGN_ON_PROVIDER = "remove_sign_on_provider" by Administrators;
    }
    pages {
        SHOW_SHIELDED = "show_shielded" by SafeReaders;
        DECIDE_SHIELDED = "decide_shielded" by SafeReaders;
        SHOW_FEED = "show_feed" by Praise;
        SHOW_TEAM = "show_team" by Board;
        ANSWER_PRAISE = "answer_praise" by Oneself;
        CLAIM_PRAISE = "claim_praise" by There;
        SHOW_DESK = "show_desk" by Everybody;
        PASS_ON = "pass_on" by Decide;
        HANDLE_CONCERN = "handle_concern" by Decide;
        SHOW_RECORD = "show_own_record" by Oneself;
        SAVE_RECORD = "save_own_record" by Oneself;
        NAME_OWN_DEPUTY = "name_own_deputy" by Oneself;
        TAKE_OWN_DEPUTY_BACK = "take_own_deputy_back" by Oneself;
        SHOW_SETTINGS = "show_own_settings" by Oneself;
        SHOW_SECOND_FACTOR = "show_own_second_factor" by Oneself;
        SET_SECOND_FACTOR = "set_own_second_factor" by Oneself;
        SHOW_ACCOUNT = "show_account" by Overseers;
        END_SESSIONS = "end_sessions" by Administrators;
        TAKE_SECOND_FACTOR_OFF = "take_second_factor_off" by Administrators;
        CHANGE_SECOND_FACTOR_POLICY = "change_second_factor_policy" by Administrators;
        CREATE_JOIN_CODE = "create_join_code" by Code;
        CREATE_WALL_LINK = "create_wall_link" by Decide;
        REVOKE_WALL_LINK = "revoke_wall_link" by Decide;
        SHOW_ROSTER = "show_roster" by Overseers;
        SAVE_STATEMENT = "save_statement" by Overseers;
        CONTINUE_SYNC = "continue_sync" by Administrators;
        SHOW_ORGANISATION_SETTINGS = "show_organisation_settings" by Overseers;
        LIST_AUDIT = "list_audit" by Overseers;
        SAVE_AUDIT = "save_audit" by Overseers;
        CHANGE_SIGN_ON_POLICY = "change_sign_on_policy" by Administrators;
    }
}
