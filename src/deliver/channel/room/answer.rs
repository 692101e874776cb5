//! What an answer of a room means: some say what went wrong inside a 200.
use serde::Deserialize;
use serde_json::Value;

use super::super::{Outcome, Refused, http::Answer};

/// Fits where all that it names does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// From … to, both included.
    code: (u16, u16),
    /// The whole answer.
    body: Option<String>,
    /// One of these stands in it.
    #[serde(default)]
    contains: Vec<String>,
    /// A place in the answer, as JSON, at which there is something.
    at: Option<String>,
    means: Means,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Means {
    Accepted,
    /// The room is no more, or takes nothing from us any more.
    Gone,
    /// This card will never be taken.
    Refused,
    Later,
}

impl Rule {
    fn fits(&self, answer: &Answer) -> bool {
        let is_whole = |body: &String| answer.body.trim() == body;
        let holds = |at: &String| {
            let json: Option<Value> = serde_json::from_str(&answer.body).ok();
            json.is_some_and(|json| json.pointer(at).is_some())
        };
        (self.code.0..=self.code.1).contains(&answer.code)
            && self.body.as_ref().is_none_or(is_whole)
            && (self.contains.is_empty() || self.contains.iter().any(|part| answer.body.contains(part)))
            && self.at.as_ref().is_none_or(holds)
    }
}

/// Later, unless a rule says otherwise.
pub(super) fn judge(rules: &[Rule], answer: &Answer) -> Outcome {
    let rule = rules.iter().find(|rule| rule.fits(answer));
    let code = answer.code;
    match rule.map(|rule| rule.means) {
        Some(Means::Accepted) => Outcome::Accepted,
        Some(Means::Gone) => Outcome::Refused(Refused::Recipient {
            code,
            words: String::new(),
        }),
        Some(Means::Refused) => Outcome::Refused(Refused::Message {
            code: Some(code),
            why: format!("it refuses the card ({code})"),
        }),
        Some(Means::Later) | None => answer.later(),
    }
}
