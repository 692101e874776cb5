//! Who must know: from the verdicts on a comment to notices, each with its reason, and jobs to deliver them.
//!
//! Every recognition stands in the notice of exactly one manager: whoever the person reported to on that day, else the
//! next one up who can be told, else the site's lead, else the administrators (all of them). Where nobody is found the
//! notice has no reader and says so, until somebody comes who can be told. Later decisions add a further telling of what was not told yet; nothing is
//! repeated.
mod addressee;
mod come_back;
mod leads;
mod plan;
pub mod promise;
pub mod read;
pub mod reason;
pub(crate) mod retry;
pub mod rule;
pub mod stage;
mod unheard;
pub(crate) mod write;

use chrono::{DateTime, TimeDelta, Utc};
use entity::comment;

use crate::platform::job::{Job, NewJob};

/// How long nobody hears of what a person decided or sent, so that they can undo it.
pub(crate) const TIME_TO_UNDO: TimeDelta = TimeDelta::minutes(2);

/// The job that works out who must know of a comment.
#[must_use]
pub fn job_for(comment: &comment::Model, run_at: DateTime<Utc>) -> NewJob {
    NewJob {
        organisation: comment.organisation_id,
        job: Job::Route { comment: comment.id },
        run_at,
        key: None,
    }
}
