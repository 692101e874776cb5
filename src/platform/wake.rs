//! Wakes the workers when there is something to do: at once in this process, within a moment in others.
use std::sync::atomic::{AtomicU16, Ordering};

use tokio::sync::{Notify, watch};

use super::job::{Kind, Kinds};

/// A signal that nobody misses who subscribed before it was given.
#[derive(Debug)]
pub struct Wake {
    /// Counts the signals to workers of this process.
    local: watch::Sender<Counts>,
    /// Waited for by the announcer to other processes; see `job::announce`.
    remote: Notify,
    /// The kinds that it has not announced yet.
    unannounced: AtomicU16,
}

/// Signals so far, by kind of job.
#[derive(Clone, Debug)]
struct Counts([u64; Kind::ALL.len()]);

impl Counts {
    fn of(&self, kind: Kind) -> u64 {
        self.0.get(kind as usize).copied().unwrap_or_default()
    }
}

impl Default for Wake {
    fn default() -> Wake {
        Wake {
            local: watch::Sender::new(Counts([0; Kind::ALL.len()])),
            remote: Notify::new(),
            unannounced: AtomicU16::new(0),
        }
    }
}

impl Wake {
    /// Says that there are new jobs of these kinds, to this process and to others.
    pub fn signal(&self, kinds: Kinds) {
        self.signal_local(kinds);
        self.unannounced.fetch_or(kinds.bits(), Ordering::AcqRel);
        self.remote.notify_one();
    }

    /// Says so to this process only: for news that came from another one.
    pub fn signal_local(&self, kinds: Kinds) {
        self.local.send_modify(|counts| {
            for kind in Kind::ALL.iter().filter(|kind| kinds.holds(**kind)) {
                if let Some(count) = counts.0.get_mut(*kind as usize) {
                    *count += 1;
                }
            }
        });
    }

    /// Hears of new jobs of one kind.
    #[must_use]
    pub fn subscribe(&self, kind: Kind) -> News {
        News {
            counts: self.local.subscribe(),
            kind,
            seen: 0,
        }
    }

    /// Waits until news is to be announced to other processes; answers of which kinds.
    pub async fn to_announce(&self) -> Kinds {
        self.remote.notified().await;
        Kinds::from_bits(self.unannounced.swap(0, Ordering::AcqRel))
    }
}

/// News of one kind of jobs.
#[derive(Debug)]
pub struct News {
    counts: watch::Receiver<Counts>,
    kind: Kind,
    seen: u64,
}

impl News {
    /// What was signalled until now is no news any more.
    pub fn mark_seen(&mut self) {
        self.seen = self.counts.borrow_and_update().of(self.kind);
    }

    /// Returns when a signal was given since.
    pub async fn arrive(&mut self) {
        let (kind, seen) = (self.kind, self.seen);
        // The sender lives as long as the workers.
        let _ = self.counts.wait_for(|counts| counts.of(kind) != seen).await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn only_the_workers_of_a_kind_hear_of_its_jobs_and_none_misses_them() {
        let wake = Wake::default();
        let [mut route, mut deliver] = [Kind::Route, Kind::Deliver].map(|kind| wake.subscribe(kind));
        route.mark_seen();
        deliver.mark_seen();
        wake.signal(Kinds::of(Kind::Route));
        assert!(route.arrive().now_or_never().is_some());
        assert!(deliver.arrive().now_or_never().is_none());
        route.mark_seen();
        assert!(route.arrive().now_or_never().is_none());
        wake.signal(Kinds::ALL);
        assert!(route.arrive().now_or_never().is_some());
        assert!(deliver.arrive().now_or_never().is_some());
    }

    #[tokio::test]
    async fn what_is_announced_is_what_was_signalled_since() {
        let wake = Wake::default();
        wake.signal(Kinds::of(Kind::Route));
        wake.signal(Kinds::of(Kind::Deliver));
        wake.signal_local(Kinds::ALL);
        let kinds = wake.to_announce().now_or_never().unwrap();
        let announced = Kind::ALL.iter().filter(|kind| kinds.holds(**kind));
        assert_eq!(announced.collect::<Vec<_>>(), [&Kind::Route, &Kind::Deliver]);
        assert!(wake.to_announce().now_or_never().is_none());
    }
}
