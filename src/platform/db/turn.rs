//! SQLite has one connection that writes. Of all that work in the background one at a time waits for it, and while words
//! come in it rests for as long as it wrote before: whoever waits for an answer has half of the connection's time.
use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::health::Health;

/// Longer rests would let work pile up.
const LONGEST_REST: Duration = Duration::from_millis(30);

/// Whose turn it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    one_at_a_time: Arc<Mutex<()>>,
    rest_until: Arc<std::sync::Mutex<Option<Instant>>>,
}

impl Turns {
    /// Waits for the turn, and for the end of the rest.
    pub(super) async fn take(&self, health: &Health) -> Turn {
        let alone = self.one_at_a_time.clone().lock_owned().await;
        let rest = self.rest();
        if health.is_crowded() && !rest.is_zero() {
            tokio::time::sleep(rest).await;
        }
        Turn {
            turns: self.clone(),
            began: None,
            _alone: alone,
        }
    }

    fn rest(&self) -> Duration {
        let until = *self.rest_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.map_or(Duration::ZERO, |until| {
            until.saturating_duration_since(Instant::now())
        })
    }

    fn rest_after(&self, began: Instant) {
        let now = Instant::now();
        let until = now + (now - began).min(LONGEST_REST);
        *self.rest_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }
}

/// A turn; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    began: Option<Instant>,
    _alone: OwnedMutexGuard<()>,
}

impl Turn {
    /// Says that the connection is there.
    pub(super) fn begin(&mut self) {
        self.began = Some(Instant::now());
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(began) = self.began {
            self.turns.rest_after(began);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn seconds_between_turns(health: &Health) -> f64 {
        let turns = Turns::default();
        let mut turn = turns.take(health).await;
        turn.begin();
        std::thread::sleep(Duration::from_millis(20));
        drop(turn);
        let ended = Instant::now();
        drop(turns.take(health).await);
        ended.elapsed().as_secs_f64()
    }

    #[tokio::test]
    async fn rests_only_while_many_words_come_in() {
        let health = Health::default();
        assert!(seconds_between_turns(&health).await < 0.010);
        health.note_captures(1000);
        assert!(seconds_between_turns(&health).await >= 0.015);
    }
}
