//! The administrator's lists: jobs given up, held items, the audit log.
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Choice, Context, FactorPolicy, Field, Page, SourceName};

/// Jobs that were given up.
#[derive(Clone, Debug, Serialize)]
pub struct AdminJobsPage {
    /// The frame.
    pub page: Page,
    /// Jobs due or under way.
    pub waiting: u64,
    /// Jobs given up.
    pub given_up: u64,
    /// Those of this page, newest first.
    pub jobs: Vec<JobRow>,
    /// Where trying all again posts; none for whoever may only read.
    pub retry_all_url: Option<String>,
    /// The next page.
    pub next_url: Option<String>,
}

/// A job that was given up.
#[derive(Clone, Debug, Serialize)]
pub struct JobRow {
    /// Its kind: "deliver".
    pub kind: String,
    /// What it is about, without names or words.
    pub about: String,
    /// How often it was tried.
    pub attempts: u64,
    /// Why the last attempt failed.
    pub error: String,
    /// When it was given up.
    pub at: Moment,
    /// Where trying again posts; none for whoever may only read.
    pub retry_url: Option<String>,
}

/// Comments that look like junk. None is ever dropped by itself.
#[derive(Clone, Debug, Serialize)]
pub struct AdminHeldPage {
    /// The frame.
    pub page: Page,
    /// How many there are.
    pub held: u64,
    /// Those of this page, oldest first.
    pub items: Vec<HeldRow>,
    /// The next page.
    pub next_url: Option<String>,
}

/// A comment that is held or shielded.
#[derive(Clone, Debug, Serialize)]
pub struct HeldRow {
    /// Unique on the page.
    pub id: String,
    /// When it came in.
    pub at: Moment,
    /// The way it came in.
    pub source: SourceName,
    /// Where it was.
    pub site: Option<String>,
    /// The words.
    pub words: Words,
    /// Why: keys of sentences.
    pub why: Vec<&'static str>,
    /// Where `decision` posts: `release`, or `junk` where it is held; none for who may only read.
    pub action: Option<String>,
}

/// Comments that the shield keeps from everybody but safe readers.
#[derive(Clone, Debug, Serialize)]
pub struct AdminShieldedPage {
    /// The frame.
    pub page: Page,
    /// How many wait.
    pub waiting: u64,
    /// Says that one was let through just now.
    pub let_through: bool,
    /// Says that somebody else decides, since it may be about the reader.
    pub is_own: bool,
    /// Where `decision`, which is `undo`, posts for what was kept from everybody just now.
    pub undo_url: Option<String>,
    /// Those of this page, oldest first; `decision` is `release` or `keep`.
    pub items: Vec<HeldRow>,
    /// The next page.
    pub next_url: Option<String>,
}

/// Who did what, and when.
#[derive(Clone, Debug, Serialize)]
pub struct AdminAuditPage {
    /// The frame.
    pub page: Page,
    /// What was searched for (`q`).
    pub query: String,
    /// Whose name (`who`).
    pub who: String,
    /// From which day on (`from`), as it was typed.
    pub from: String,
    /// Until which day (`to`).
    pub to: String,
    /// Whether days were typed that are none.
    pub is_no_day: bool,
    /// Where the search goes (GET).
    pub action: String,
    /// Where saving what was found posts; none where nothing was.
    pub save_url: Option<String>,
    /// When all of it was last compared with its chain; none before the first time.
    pub checked: Option<Moment>,
    /// The first block that was not as it had been linked.
    pub fault_block: Option<i64>,
    /// What was found, newest first.
    pub entries: Vec<AuditRow>,
    /// The next page.
    pub next_url: Option<String>,
}

/// An entry of the audit log.
#[derive(Clone, Debug, Serialize)]
pub struct AuditRow {
    /// When.
    pub at: Moment,
    /// Who: a name, a key's name, or "Plaudit".
    pub actor: String,
    /// What: "triage.decide".
    pub action: String,
    /// Key of the sentence that says it; none for what has no sentence.
    pub said: Option<String>,
    /// On what.
    pub target: String,
    /// More, without words of customers.
    pub detail: Option<String>,
}

/// Actions of the log that have a sentence below `admin.deed.`.
pub const DEEDS: &[&str] = &[
    "add_channel",
    "add_rule",
    "add_second_factor",
    "add_sign_on_provider",
    "adjust_threshold",
    "answer_alias_proposal",
    "answer_praise",
    "answer_spot_check",
    "apply_roster",
    "begin_backfill",
    "change_address",
    "change_channel_secret",
    "change_digest_time",
    "change_language",
    "change_mail_frequency",
    "change_own_praise_mail",
    "change_quiet_hours",
    "change_second_factor_policy",
    "change_sign_on_policy",
    "claim_praise",
    "confirm_by_code",
    "continue_scim",
    "create_account",
    "create_assignment",
    "create_deputy",
    "create_key",
    "create_organisation",
    "create_sign_in_link",
    "create_site",
    "create_source",
    "create_staff_member",
    "create_wall_link",
    "cut_audit",
    "decide_triage",
    "delete_scim_user",
    "end_channel",
    "end_rule",
    "end_session",
    "end_sessions",
    "end_sign_on_provider",
    "enter_reading_key",
    "erase_comment",
    "grant_role",
    "handle_concern",
    "hide_praise",
    "import_comments",
    "keep_shielded",
    "link_sign_on",
    "log_spoken",
    "pass_on",
    "read_push",
    "refuse_code",
    "refuse_key",
    "refuse_permission",
    "refuse_praise",
    "refuse_push",
    "refuse_second_factor",
    "refuse_sign_in",
    "release_comment",
    "release_shielded",
    "remove_logo",
    "remove_second_factor",
    "remove_source",
    "renew_recovery_codes",
    "replay_deliveries",
    "replay_pushes",
    "resume_backfill",
    "revoke_key",
    "revoke_role",
    "revoke_sign_in_link",
    "revoke_wall_link",
    "save_audit",
    "save_comments",
    "save_own_data",
    "save_own_record",
    "save_recognitions",
    "set_logo",
    "show_praise",
    "sign_in",
    "sign_in_past_company",
    "stop_backfill",
    "stop_scim",
    "take_answer_back",
    "take_deputy_back",
    "take_off_second_factor",
    "undo_alias_answer",
    "undo_decision",
    "undo_handle_concern",
    "undo_import",
    "undo_keep_shielded",
    "undo_pass_on",
    "unlink_sign_on",
    "update_assignment",
    "update_connection",
    "update_hook",
    "update_organisation",
    "update_site",
    "update_source",
    "update_staff_member",
    "use_recovery_code",
    "withdraw_comment",
];

impl AuditRow {
    /// Key of the sentence for an action.
    pub fn sentence_of(action: &str) -> Option<String> {
        DEEDS.contains(&action).then(|| format!("admin.deed.{action}"))
    }
}

/// Who oversees and who leads.
#[derive(Clone, Debug, Serialize)]
pub struct AdminRolesPage {
    /// The frame.
    pub page: Page,
    /// Why a role cannot be taken away: key of the sentence.
    pub kept: Option<&'static str>,
    /// Says to whom a role was given just now, and where a link to sign in was mailed to.
    pub given: Option<GivenRole>,
    /// Gives a role; none for whoever may only read.
    pub give: Option<GiveRole>,
    /// Where the reader confirms who they are before they change something.
    pub confirm_url: Option<String>,
    /// Whether a second factor is asked of those who hold one.
    pub factor: FactorPolicy,
    /// The roles, oldest first.
    pub roles: Vec<RoleRow>,
    /// Keys that work still though whoever made them is no administrator any more.
    pub keys_left: Vec<KeyLeft>,
    /// What was refused since yesterday.
    pub refused: Vec<RefusedRow>,
}

/// To whom a role was given.
#[derive(Clone, Debug, Serialize)]
pub struct GivenRole {
    /// The name they go by.
    pub name: String,
    /// Where a link was mailed to.
    pub address: String,
}

/// The form that gives a role.
#[derive(Clone, Debug, Serialize)]
pub struct GiveRole {
    /// Where it is posted.
    pub action: String,
    /// Whether it asks whom (`who`).
    pub asks_who: bool,
    /// `who`: a number, a full name or a mail address.
    pub who: Field,
    /// `role`: the chosen one's problem.
    pub role: Field,
    /// Roles; what they may do is said below `admin.role_does.`.
    pub roles: Vec<Choice>,
    /// `site`: the chosen one's problem.
    pub site: Field,
    /// Places that a site lead can lead; values are ids.
    pub sites: Vec<Choice>,
    /// Whether `site` is `all`.
    pub all_places: bool,
    /// Whether mails are turned off, so that no link can be mailed.
    pub mail_is_off: bool,
}

/// A role that somebody holds.
#[derive(Clone, Debug, Serialize)]
pub struct RoleRow {
    /// The name they go by.
    pub name: String,
    /// Where they get mail.
    pub address: Option<String>,
    /// `administrator`, `auditor`, `site_lead` or `safe_reader`.
    pub role: &'static str,
    /// The site that is led; none: all.
    pub site: Option<String>,
    /// Since when.
    pub since: Moment,
    /// Until when an invitation works that nobody used yet.
    pub invited_until: Option<Moment>,
    /// Whether they work here still.
    pub is_active: bool,
    /// Where they are signed in.
    pub account_url: String,
    /// Whether they have a second factor.
    pub has_factor: bool,
    /// Where taking it away posts; none for whoever may only read.
    pub revoke_url: Option<String>,
    /// Keys that work and that they made: "plaudit_8f2a… (Till)".
    pub keys: Vec<String>,
}

/// A key whose maker is no administrator any more.
#[derive(Clone, Debug, Serialize)]
pub struct KeyLeft {
    /// What it is for.
    pub name: String,
    /// The part of it that may be shown.
    pub prefix: String,
    /// Where revoking it posts; none for whoever may only read.
    pub revoke_url: Option<String>,
}

/// What was refused, and how often.
#[derive(Clone, Debug, Serialize)]
pub struct RefusedRow {
    /// `refuse_code`, …
    pub what: &'static str,
    /// How often.
    pub count: u64,
}

impl Context for AdminRolesPage {
    const NAME: &'static str = "pages/admin-roles";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for AdminJobsPage {
    const NAME: &'static str = "pages/admin-jobs";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for AdminHeldPage {
    const NAME: &'static str = "pages/admin-held";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for AdminShieldedPage {
    const NAME: &'static str = "pages/admin-shielded";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for AdminAuditPage {
    const NAME: &'static str = "pages/admin-audit";

    fn language(&self) -> Language {
        self.page.language
    }
}
