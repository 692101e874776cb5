//! What every stage is handed. Cheap to clone.
use std::sync::Arc;

use tokio_util::task::TaskTracker;

use super::{clock::Clock, config::Config, db::Db, secret::Secrets, wake::Wake};

/// Settings, database, clock and keys.
#[derive(Clone, Debug)]
pub struct Service {
    /// Settings.
    pub config: Arc<Config>,
    /// Database.
    pub db: Db,
    /// Where the time comes from.
    pub clock: Clock,
    /// Signals new jobs.
    pub wake: Arc<Wake>,
    /// Encrypts at rest, and makes links that nobody can guess.
    pub secrets: Arc<Secrets>,
    /// What is done after an answer was given; the service stops when it is done.
    pub later: TaskTracker,
}
