//! Wakes the workers when there is something to do: at once in this process, within a moment in others.
use tokio::sync::{Notify, watch};

/// A signal that nobody misses who subscribed before it was given.
#[derive(Debug)]
pub struct Wake {
    /// Counts the signals to workers of this process.
    local: watch::Sender<u64>,
    /// Waited for by the announcer to other processes; see `job::announce`.
    remote: Notify,
}

impl Default for Wake {
    fn default() -> Wake {
        Wake {
            local: watch::Sender::new(0),
            remote: Notify::new(),
        }
    }
}

impl Wake {
    /// Says that there are new jobs, to this process and to others.
    pub fn signal(&self) {
        self.signal_local();
        self.remote.notify_one();
    }

    /// Says so to this process only: for news that came from another one.
    pub fn signal_local(&self) {
        self.local.send_modify(|count| *count += 1);
    }

    /// `changed()` on the receiver returns when a signal was given since it was last looked at.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.local.subscribe()
    }

    /// Waits until news is to be announced to other processes.
    pub async fn to_announce(&self) {
        self.remote.notified().await;
    }
}
