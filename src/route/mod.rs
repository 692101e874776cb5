//! Who must know: from the verdicts on a comment to notices, each with its reason, and jobs to deliver them.
pub mod stage;

use chrono::{DateTime, Utc};
use entity::comment;

use crate::job::{Job, NewJob};

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
