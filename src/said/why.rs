//! Why words are somebody's, in codes whose texts stand in the catalogues below `reason.`.
use chrono_tz::Tz;
use domain::attribution::explain;
use entity::{
    comment, comment_revision,
    verdict::{self, DecidedBy, State},
};

use crate::template::context::{Served, Why};

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
    (!reasons.is_empty()).then_some(Why {
        name,
        reasons,
        served: None,
    })
}

/// The same with the post at which the customer was served, and when by the clock there.
#[must_use]
pub fn why_there(
    verdict: &verdict::Model,
    name: Option<String>,
    (comment, words): (&comment::Model, &comment_revision::Model),
    zone: Tz,
) -> Option<Why> {
    let served = words.post.as_ref().map(|post| Served {
        post: post.trim().to_owned(),
        time: comment
            .occurred_at
            .with_timezone(&zone)
            .format("%H:%M")
            .to_string(),
    });
    Some(Why {
        served,
        ..why(verdict, name)?
    })
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

/// How sure the engine is, in words: `unsure`, `likely` or `almost_sure`, as in the catalogues below `sure.`. None where a
/// person said so.
#[must_use]
pub fn sure(verdict: &verdict::Model) -> Option<&'static str> {
    Some(match in_hundred(verdict)? {
        ..60 => "unsure",
        60..90 => "likely",
        _ => "almost_sure",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_and_the_number_agree() {
        let verdict = |confidence: f64| verdict::Model {
            id: Default::default(),
            organisation_id: Default::default(),
            comment_id: Default::default(),
            staff_id: None,
            sequence: 1,
            revision: 1,
            state: State::Open,
            decided_by: DecidedBy::Engine,
            actor: None,
            attribution_id: None,
            confidence: Some(confidence),
            rank: None,
            spans: Default::default(),
            evidence: Default::default(),
            created_at: Default::default(),
        };
        for (confidence, number, word) in [
            (0.0, 1, "unsure"),
            (0.594, 59, "unsure"),
            (0.596, 60, "likely"),
            (0.894, 89, "likely"),
            (0.896, 90, "almost_sure"),
            (1.0, 99, "almost_sure"),
        ] {
            let said = verdict(confidence);
            assert_eq!((in_hundred(&said), sure(&said)), (Some(number), Some(word)));
        }
        let by_person = verdict::Model {
            decided_by: DecidedBy::Person,
            ..verdict(0.9)
        };
        assert_eq!(sure(&by_person), None);
    }
}
