//! The evidence of a verdict as a sentence for people.
use domain::attribution::explain;
use entity::verdict::{self, DecidedBy};

/// The strongest reasons that are named.
const NAMED: usize = 3;

/// Why the words are somebody's: "Amina: the full name is given; the person is thanked by name."
pub(crate) fn sentence(name: &str, verdict: &verdict::Model) -> Option<String> {
    let reasons = strongest(verdict);
    let said = match verdict.decided_by {
        DecidedBy::Person => "a person decided so".to_owned(),
        DecidedBy::Engine if reasons.is_empty() => return None,
        DecidedBy::Engine => reasons.join("; "),
    };
    Some(if name.is_empty() {
        format!("{}.", capitalised(&said))
    } else {
        format!("{name}: {said}.")
    })
}

fn capitalised(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(rest).collect()
}

/// The reasons that spoke most for a verdict.
pub(crate) fn strongest(verdict: &verdict::Model) -> Vec<&'static str> {
    let mut reasons: Vec<(f64, &'static str)> = verdict
        .evidence
        .0
        .iter()
        .filter_map(|reason| Some((reason.value * reason.weight, explain::fragment(&reason.code)?)))
        .filter(|(share, words)| *share > 0.0 && !words.is_empty())
        .collect();
    reasons.sort_by(|a, b| b.0.total_cmp(&a.0));
    reasons.into_iter().take(NAMED).map(|(_, words)| words).collect()
}
