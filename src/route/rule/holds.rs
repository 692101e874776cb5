//! Whether praise is of the kind that a rule asks for: pure.
use entity::{comment, comment_revision, recognition, rule};

/// What is known of one thank-you.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub(super) comment: &'a comment::Model,
    /// The words as they stand.
    pub(super) words: Option<&'a comment_revision::Model>,
    pub(super) recognition: &'a recognition::Model,
    /// The nth of the person it is, as far as that was counted.
    pub(super) nth: Option<u64>,
}

/// Whether all conditions hold.
pub(super) fn holds(rule: &rule::Model, facts: Facts<'_>) -> bool {
    let is_of_source = rule
        .source_id
        .is_none_or(|source| facts.comment.source_id == source);
    let is_high = rule.score_from.is_none_or(|from| {
        facts
            .words
            .and_then(of_ten)
            .is_some_and(|score| score >= f64::from(from))
    });
    let is_spoken = rule.language.as_deref().is_none_or(|wanted| {
        let language = facts.words.and_then(|words| words.language.as_deref());
        language.is_some_and(|language| primary(language) == wanted)
    });
    let is_nth = rule.nth.is_none_or(|nth| {
        facts
            .nth
            .is_some_and(|count| i64::from(nth) == i64::try_from(count).unwrap_or_default())
    });
    facts.recognition.staff_id.is_some() && is_of_source && is_high && is_spoken && is_nth
}

/// A score on a scale to ten; none without one.
fn of_ten(words: &comment_revision::Model) -> Option<f64> {
    let highest = match words.score_scale.as_deref()? {
        "nps" => 10.0,
        "ces" => 7.0,
        _ => 5.0,
    };
    Some(words.score_value? * 10.0 / highest)
}

/// `de` of `de-AT`.
fn primary(language: &str) -> String {
    let first = language.split(['-', '_']).next().unwrap_or_default();
    first.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_compared_on_one_scale_and_languages_without_their_region() {
        for (scale, value, of) in [
            ("nps", 9.0, 9.0),
            ("stars", 4.0, 8.0),
            ("csat", 5.0, 10.0),
            ("ces", 7.0, 10.0),
        ] {
            let words = words(Some(value), Some(scale), None);
            assert_eq!(of_ten(&words), Some(of), "{scale}");
        }
        assert_eq!(of_ten(&words(None, None, None)), None);
        assert_eq!(
            (primary("de-AT"), primary("FR")),
            ("de".to_owned(), "fr".to_owned())
        );
    }

    fn words(value: Option<f64>, scale: Option<&str>, language: Option<&str>) -> comment_revision::Model {
        comment_revision::Model {
            id: Default::default(),
            organisation_id: Default::default(),
            comment_id: Default::default(),
            number: 1,
            text: None,
            score_value: value,
            score_scale: scale.map(str::to_owned),
            site_id: None,
            hint: None,
            author: None,
            staff_reference: None,
            post: None,
            permalink: None,
            language: language.map(str::to_owned),
            consent: String::new(),
            metadata: None,
            revised_at: Default::default(),
            received_at: Default::default(),
        }
    }
}
