//! What administrators run the organisation with. Auditors see the same and change nothing.
pub(super) mod account;
pub(super) mod audit;
pub(super) mod channel;
pub(super) mod channels;
pub(super) mod connect;
pub(super) mod erase;
pub(super) mod fetching;
pub(super) mod first_steps;
pub(super) mod give_role;
pub(super) mod held;
pub(super) mod jobs;
pub(super) mod keys;
pub(super) mod logo;
pub(super) mod mailbox;
pub(super) mod mapping;
pub(super) mod people;
pub(in crate::web::pages) mod person;
pub(super) mod person_roles;
pub(super) mod place;
pub(super) mod places;
pub(super) mod precision;
pub(super) mod quarantine;
pub(super) mod roles;
pub(super) mod roster;
pub(super) mod rules;
mod set_aside;
pub(super) mod settings;
pub(super) mod shielded;
pub(super) mod sign_on;
pub(super) mod source;
pub(super) mod sources;
pub(super) mod statement;

use poem::{Error, http::StatusCode};

use super::reader::Reader;
use crate::{
    access::{Action, Target},
    roster::organisation as organisations,
    template::Moment,
};

const LONGEST_SEARCH: usize = 120;

/// The address that a form posts to; none where the reader may not do it, so that no button is shown in vain.
fn url_if(reader: &Reader<'_>, action: Action, path: &str) -> Option<String> {
    reader
        .may(action, &Target::Organisation)
        .then(|| reader.link(path, None))
}

/// A time as the organisation's clocks show it.
fn near(reader: &Reader<'_>, at: chrono::DateTime<chrono::Utc>) -> Moment {
    let zone = organisations::zone(&reader.organisation);
    Moment::near(at, zone, reader.web.app.clock.now())
}

/// What is searched for, as far as it is read.
fn searched(query: Option<String>) -> String {
    let query = query.unwrap_or_default();
    query.trim().chars().take(LONGEST_SEARCH).collect()
}

fn bad_request() -> Error {
    Error::from_status(StatusCode::BAD_REQUEST)
}
