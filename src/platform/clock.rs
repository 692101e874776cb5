//! The time, passed in: the system's, or one that tests and the demo move.
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Where the time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system's clock.
    System,
    /// A clock that stands still until it is moved; microseconds since 1970.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn fixed(start: DateTime<Utc>) -> Clock {
        Clock::Fixed(Arc::new(AtomicI64::new(start.timestamp_micros())))
    }

    /// The time in UTC, truncated to microseconds so that a row read back equals the row written.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Clock::System => system_now().trunc_subsecs(6),
            Clock::Fixed(at) => {
                DateTime::from_timestamp_micros(at.load(Ordering::SeqCst)).unwrap_or_default()
            }
        }
    }

    /// Moves a fixed clock forwards; the system's clock is left alone.
    pub fn advance(&self, by: TimeDelta) {
        if let Clock::Fixed(at) = self {
            at.fetch_add(by.num_microseconds().unwrap_or_default(), Ordering::SeqCst);
        }
    }

    /// Sets a fixed clock; the system's clock is left alone.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Clock::Fixed(at) = self {
            at.store(to.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Whether time passes by itself.
    #[must_use]
    pub fn is_system(&self) -> bool {
        matches!(self, Clock::System)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}
