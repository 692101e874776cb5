//! The indices that attributes on the entities cannot say: compound ones and partial ones.
//! The migrations make them; the drift test compares them with this list.

/// Table, name and columns of the unique keys whose column belongs to another one already.
pub const UNIQUE_KEYS: &[(&str, &str, &str)] = &[
    ("comment", "comment_external_id", "source_id, external_id"),
    ("notice", "notice_once", "reader_id, kind, comment_id, telling"),
    (
        "notice_recognition",
        "notice_recognition_once",
        "recognition_id, reader_id, part",
    ),
    ("site", "site_path", "organisation_id, path"),
];

/// Table, name and columns (or that it is of an expression) of every index that is neither a primary nor a unique key
/// of one of the entities.
pub const INDICES: &[(&str, &str, &str)] = &[
    ("answer", "answer_comment", "comment_id"),
    ("assignment", "assignment_staff", "staff_id"),
    ("assignment", "assignment_manager", "manager_id"),
    ("assignment", "assignment_site", "site_id"),
    ("attribution", "attribution_comment", "comment_id"),
    ("audit", "audit_action", "organisation_id, action, id"),
    ("audit", "audit_at", "organisation_id, at"),
    ("audit", "audit_subject", "organisation_id, subject_id"),
    ("comment", "comment_received", "organisation_id, received_at, id"),
    (
        "comment",
        "comment_state",
        "organisation_id, state, received_at, id",
    ),
    (
        "comment",
        "comment_tone",
        "organisation_id, tone, received_at, id",
    ),
    ("comment", "comment_concern", "organisation_id, concern_since, id"),
    ("comment", "comment_import", "import_id"),
    ("charged_post", "charged_post_day", "source_id, day"),
    ("kept_post", "kept_post_checked", "source_id, checked_at"),
    ("account", "account_address", "(expression)"),
    ("account", "account_organisation", "organisation_id"),
    ("board_absence", "board_absence_organisation", "organisation_id"),
    ("capability", "capability_account", "account_id"),
    ("capability", "capability_notice", "notice_id"),
    ("delivery", "delivery_notice", "notice_id"),
    ("grant", "grant_account", "account_id"),
    ("grant", "grant_role", "organisation_id, role"),
    ("notice", "notice_comment", "comment_id"),
    ("notice", "notice_digest_once", "reader_id, kind, period_start"),
    ("notice", "notice_no_recipient_once", "kind, comment_id, telling"),
    ("notice", "notice_state", "organisation_id, state, created_at"),
    ("notice", "notice_reader", "reader_id, kind, created_at"),
    (
        "notice_recognition",
        "notice_recognition_reader",
        "reader_id, part",
    ),
    ("passed_on", "passed_on_comment", "comment_id"),
    (
        "passed_on",
        "passed_on_manager",
        "organisation_id, manager_id, passed_on_at",
    ),
    ("passed_on", "passed_on_at", "organisation_id, passed_on_at"),
    (
        "recognition",
        "recognition_waiting_manager",
        "organisation_id, manager_id, waiting_since, id",
    ),
    (
        "recognition",
        "recognition_colleagues",
        "organisation_id, manager_id, recognised_at, id",
    ),
    (
        "recognition",
        "recognition_waiting_staff",
        "organisation_id, staff_id, waiting_since, id",
    ),
    ("job", "job_due", "kind, run_at"),
    ("job", "job_buried", "organisation_id, buried_at"),
    ("key", "key_organisation", "organisation_id"),
    ("recognition", "recognition_site_praise_once", "comment_id"),
    (
        "recognition",
        "recognition_staff",
        "organisation_id, staff_id, recognised_at, id",
    ),
    (
        "recognition",
        "recognition_site",
        "organisation_id, site_id, recognised_at, id",
    ),
    (
        "recognition",
        "recognition_manager",
        "organisation_id, manager_id, recognised_at, id",
    ),
    (
        "recognition",
        "recognition_organisation",
        "organisation_id, recognised_at, id",
    ),
    (
        "recognition_count",
        "recognition_count_board",
        "organisation_id, period_kind, period_start, n, staff_id",
    ),
    (
        "recognition_count",
        "recognition_count_site",
        "organisation_id, period_kind, period_start, site_id, n, staff_id",
    ),
    ("session", "session_account", "account_id"),
    ("sign_in_link", "sign_in_link_account", "account_id"),
    ("site", "site_changed", "organisation_id, changed_in_version"),
    ("site_closure", "site_closure_descendant", "descendant_id"),
    ("staff_member", "staff_member_address", "(expression)"),
    (
        "staff_member",
        "staff_member_changed",
        "organisation_id, changed_in_version",
    ),
    ("verdict", "verdict_site_praise_sequence", "comment_id, sequence"),
    ("verdict", "verdict_staff", "staff_id, created_at"),
    ("verdict", "verdict_state", "organisation_id, state, created_at"),
];
