//! Whether a failed job is worth another attempt: said where it fails.

/// Why a job did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// It may succeed later.
    #[error("{0:#}")]
    Retry(anyhow::Error),
    /// It may succeed from this time on, which the other side named.
    #[error("{error:#}")]
    RetryAt {
        /// When to try again.
        at: chrono::DateTime<chrono::Utc>,
        /// What happened.
        error: anyhow::Error,
    },
    /// It was not tried, and is to be from this time on: the claim does not count as an attempt.
    #[error("put off: {why}")]
    PutOff {
        /// When to try it.
        at: chrono::DateTime<chrono::Utc>,
        /// What it waits for.
        why: &'static str,
    },
    /// It never will: the job becomes a dead letter.
    #[error("{0:#}")]
    GiveUp(anyhow::Error),
}

impl JobError {
    /// For `map_err`: worth another attempt.
    pub fn retry(error: impl Into<anyhow::Error>) -> JobError {
        JobError::Retry(error.into())
    }

    /// For `map_err`: not worth another attempt.
    pub fn give_up(error: impl Into<anyhow::Error>) -> JobError {
        JobError::GiveUp(error.into())
    }
}
