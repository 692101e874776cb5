//! The API: a struct a resource. Every operation names its [`crate::access::Action`].
pub mod alias_proposals;
pub mod assignments;
pub mod backfills;
pub mod channels;
pub mod comment_view;
pub mod comments;
pub mod connection_view;
pub mod deputies;
pub mod heard;
pub mod held;
pub mod hook_view;
pub mod import_view;
pub mod imports;
pub mod jobs;
pub mod keys;
pub mod mailbox_view;
pub mod mails;
pub mod me;
pub mod new_comment;
pub mod notices;
pub mod organisation;
mod page;
pub mod precision;
pub mod pushes;
pub mod recognition_view;
pub mod recognitions;
pub mod roles;
pub mod rota;
pub mod rules;
pub mod search;
pub mod sign_on;
pub mod sites;
pub mod sources;
pub mod spoken;
pub mod staff;
pub mod statement;
pub mod triage;
pub mod triage_view;
pub mod verdict_view;

use poem_openapi::Tags;

/// The resources of the API.
#[derive(Tags)]
pub enum Tag {
    /// What customers said.
    Comments,
    /// Credited praise, and who was thanked how often.
    Recognitions,
    /// What people decide, and complaints.
    Triage,
    /// What looks like junk and waits for somebody to look.
    Held,
    /// The caller's own organisation.
    Organisation,
    /// Where staff serve.
    Sites,
    /// Who can be praised.
    Staff,
    /// Who works where, for whom.
    Assignments,
    /// Who is on duty where.
    Rota,
    /// Ways in.
    Sources,
    /// Files that were taken in.
    Imports,
    /// Who may call.
    Keys,
    /// Who oversees and who leads.
    Roles,
    /// Where people sign in through their company.
    #[oai(rename = "Sign-on")]
    SignOn,
    /// Who is told of what, and why.
    Notices,
    /// Whoever is signed in.
    Me,
    /// Rooms and endpoints that are told of praise.
    Channels,
    /// Work that was given up.
    Jobs,
}

/// All resources.
pub type Apis = (
    (comments::Comments, mails::Mails, search::Search, spoken::Spoken),
    (recognitions::Recognitions, heard::Heard),
    (triage::Triage, alias_proposals::AliasProposals),
    held::Held,
    (
        organisation::Organisation,
        precision::Precision,
        statement::Statement,
    ),
    sites::Sites,
    staff::Staff,
    (assignments::Assignments, deputies::Deputies, rota::Rota),
    (sources::Sources, pushes::Pushes, backfills::Backfills),
    imports::Imports,
    keys::Keys,
    (roles::Roles, sign_on::SignOn),
    (notices::Notices, rules::Rules, channels::Channels, me::Me),
    jobs::Jobs,
);

/// All resources.
#[must_use]
pub fn apis() -> Apis {
    (
        (comments::Comments, mails::Mails, search::Search, spoken::Spoken),
        (recognitions::Recognitions, heard::Heard),
        (triage::Triage, alias_proposals::AliasProposals),
        held::Held,
        (
            organisation::Organisation,
            precision::Precision,
            statement::Statement,
        ),
        sites::Sites,
        staff::Staff,
        (assignments::Assignments, deputies::Deputies, rota::Rota),
        (sources::Sources, pushes::Pushes, backfills::Backfills),
        imports::Imports,
        keys::Keys,
        (roles::Roles, sign_on::SignOn),
        (notices::Notices, rules::Rules, channels::Channels, me::Me),
        jobs::Jobs,
    )
}
