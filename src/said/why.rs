//! Why words are somebody's, in codes whose texts stand in the catalogues below `reason.`.
use domain::attribution::explain;
use entity::verdict::{self, DecidedBy, State};

use crate::template::context::Why;

/// Why a verdict is as it is; `name` says of whom, where several people stand together. None without a reason.
#[must_use]
pub fn why(verdict: &verdict::Model, name: Option<String>) -> Option<Why> {
    let reasons = match (verdict.decided_by, verdict.state) {
        (DecidedBy::Person, State::Open) => vec!["suggested"],
        (DecidedBy::Person, _) => vec!["person"],
        (DecidedBy::Engine, _) => {
            let shares = verdict.evidence.0.iter();
            explain::strongest(
                shares.map(|reason| (&*reason.code, reason.value * reason.weight)),
                false,
            )
        }
    };
    (!reasons.is_empty()).then_some(Why { name, reasons })
}

/// How sure the engine is, in a hundred: never certain, never impossible. None where a person said so.
#[must_use]
pub fn in_hundred(verdict: &verdict::Model) -> Option<u8> {
    let confidence = verdict
        .confidence
        .filter(|_| verdict.decided_by == DecidedBy::Engine)?;
    // Between 1 and 99, which a byte holds.
    Some((confidence * 100.0).round().clamp(1.0, 99.0) as u8)
}
