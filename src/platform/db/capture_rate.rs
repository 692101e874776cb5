//! How many comments come in a second: an average in which what is older counts less.
use std::time::{Duration, Instant};

/// What came before this counts a third.
const MEMORY: Duration = Duration::from_millis(250);

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CaptureRate {
    /// When comments came last, and the rate at that time.
    last: Option<(Instant, f64)>,
}

impl CaptureRate {
    pub(super) fn note(&mut self, count: usize, now: Instant) {
        let rate = self.at(now) + count as f64 / MEMORY.as_secs_f64();
        self.last = Some((now, rate));
    }

    /// Comments a second.
    pub(super) fn at(&self, now: Instant) -> f64 {
        self.last.map_or(0.0, |(at, rate)| {
            let ago = now.saturating_duration_since(at);
            rate * (-ago.as_secs_f64() / MEMORY.as_secs_f64()).exp()
        })
    }

    pub(super) fn last(&self) -> Option<Instant> {
        self.last.map(|(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_has_its_rate_and_is_soon_forgotten() {
        let (mut rate, began) = (CaptureRate::default(), Instant::now());
        let mut now = began;
        for _ in 0..400 {
            rate.note(5, now);
            now += Duration::from_millis(10);
        }
        let steady = rate.at(now);
        assert!((450.0..550.0).contains(&steady), "{steady}");
        assert!(rate.at(now + Duration::from_secs(2)) < 1.0);
    }
}
