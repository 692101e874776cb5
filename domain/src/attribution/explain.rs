//! Which reasons of a decision are told to people. Their texts stand in the catalogues of pages and mails, by code.
use super::{PRAISE_CODES, STAFF_CODES};

/// Reasons that are told at once.
const TOLD: usize = 3;

/// Says nothing of which namesake is meant, so it weighs nothing; people look for it first.
pub(super) const FULL_NAME: &str = "staff.full_name";

/// What the models add to everything, and what says how much is to be read: it explains nothing.
const NEVER_TOLD: [&str; 10] = [
    "staff.bias",
    "staff.full_name_in_a_long_text",
    "staff.plain_name",
    "staff.short_text",
    "praise.bias",
    "praise.without_score",
    "praise.good_score_alone",
    "praise.plain_praise",
    "praise.short_text",
    "praise.short_text_without_score",
];

/// The rota says that the person was there.
pub(super) const ON_DUTY: &str = "unnamed.on_duty";

/// Codes beside those of the two models.
const OTHERS: [&str; 7] = [
    "identity.left",
    "identity.job_title",
    "identity.shift",
    "identity.proper_name",
    "identity.spelling",
    "unnamed.job_title",
    ON_DUTY,
];

/// Every code that may be told: each needs a text in each language.
pub fn codes() -> impl Iterator<Item = &'static str> {
    let all = STAFF_CODES.iter().chain(&PRAISE_CODES).chain(&OTHERS).copied();
    all.filter(|code| !NEVER_TOLD.contains(code))
}

/// The reasons that speak most for a decision (or against it), from codes and their shares of the logit. Codes of
/// other versions are left out. A full name that several bear comes first.
pub fn strongest<'a>(evidence: impl IntoIterator<Item = (&'a str, f64)>, against: bool) -> Vec<&'static str> {
    let sign = if against { -1.0 } else { 1.0 };
    let evidence: Vec<(&str, f64)> = evidence.into_iter().collect();
    let is_shared = |(code, share): &(&str, f64)| *code == FULL_NAME && *share == 0.0;
    let full_name = evidence
        .iter()
        .any(is_shared)
        .then_some(FULL_NAME)
        .filter(|_| !against);
    let mut reasons: Vec<(f64, &'static str)> = evidence
        .into_iter()
        .filter_map(|(code, share)| Some((sign * share, codes().find(|known| *known == code)?)))
        .filter(|(share, _)| *share > 0.0)
        .collect();
    reasons.sort_by(|a, b| b.0.total_cmp(&a.0));
    let reasons = reasons.into_iter().map(|(_, code)| code);
    full_name.into_iter().chain(reasons).take(TOLD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_reasons_are_told_first() {
        let evidence = [
            ("staff.bias", 9.0),
            ("staff.thanked", 1.0),
            ("staff.kin", -3.0),
            ("no.such", 5.0),
            ("praise.phrase", 2.0),
        ];
        assert_eq!(strongest(evidence, false), ["praise.phrase", "staff.thanked"]);
        assert_eq!(strongest(evidence, true), ["staff.kin"]);
        let shared = [("staff.thanked", 1.0), (FULL_NAME, 0.0)];
        assert_eq!(strongest(shared, false), [FULL_NAME, "staff.thanked"]);
        assert!(strongest(shared, true).is_empty());
    }
}
