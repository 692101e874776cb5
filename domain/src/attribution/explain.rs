//! Reasons in words a manager understands. English; looked up by code.

use super::comment::{Candidate, Decision, Evidence, Stance};

/// What a cue means, as a fragment behind "because": `None` for a code this version does not know.
pub fn fragment(code: &str) -> Option<&'static str> {
    FRAGMENTS
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, words)| *words)
}

/// One sentence about a candidate: the decision and the reasons that weigh most.
pub fn sentence(candidate: &Candidate) -> String {
    let lead = match (candidate.decision, candidate.stance) {
        (Decision::Credit, _) => "Credited",
        (Decision::Open, _) => "To be decided by a person",
        (Decision::Reject, Stance::Criticised) => "Not credited: the customer complains",
        (Decision::Reject, Stance::Mocked) => "Not credited: the praise is not meant",
        (Decision::Reject, _) => "Not credited",
    };
    let reasons = strongest(&candidate.evidence, candidate.decision == Decision::Reject);
    if reasons.is_empty() {
        format!("{lead}.")
    } else {
        format!("{lead}, because {}.", reasons.join("; "))
    }
}

/// The three strongest reasons for (or against), in words.
fn strongest(evidence: &[Evidence], against: bool) -> Vec<&'static str> {
    let sign = if against { -1.0 } else { 1.0 };
    let mut parts: Vec<(f64, &str)> = evidence
        .iter()
        .filter_map(|e| fragment(&e.code).map(|words| (sign * e.value * e.weight, words)))
        .filter(|(part, words)| *part > 0.0 && !words.is_empty())
        .collect();
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    parts.iter().take(3).map(|(_, words)| *words).collect()
}

/// Code and fragment; an empty fragment is never shown.
const FRAGMENTS: &[(&str, &str)] = &[
    ("staff.bias", ""),
    ("staff.exact_id", "the employee number or handle is given"),
    ("staff.full_name", "the full name is given"),
    ("staff.initial", "the initial beside the name fits"),
    ("staff.title", "a title stands before the name"),
    ("staff.family_name_alone", "only the family name is given"),
    ("staff.nickname", "a short form of the name is used"),
    ("staff.misspelt", "the spelling differs by a letter"),
    (
        "staff.sounds_alike",
        "the name is spelt differently but sounds alike",
    ),
    ("staff.other_name", "the word is itself another common name"),
    ("staff.name_not_word", "the word is mostly used as a name"),
    (
        "staff.lower_case_word",
        "an ordinary word is written in lower case",
    ),
    ("staff.lower_case", "it is written without a capital"),
    (
        "staff.word_at_sentence_start",
        "an ordinary word begins the sentence",
    ),
    ("staff.job_title_near", "a job title stands beside the name"),
    ("staff.gives_service", "the text speaks of the person's service"),
    ("staff.thanked", "the person is thanked by name"),
    ("staff.served_by", "the customer was served by the person"),
    ("staff.introduced_by_name", "the person is introduced by name"),
    (
        "staff.asked_for",
        "the customer asked for or spoke with the person",
    ),
    ("staff.acts", "the text says what the person did"),
    ("staff.is_described", "the text says what the person was like"),
    ("staff.praise_near", "words of praise stand near the name"),
    ("staff.pronoun_follows", "the text goes on about her or him"),
    ("staff.manner", "the text says how the person treats others"),
    ("staff.thing", "words for things stand near the name"),
    ("staff.is_a_thing", "it is described as a place or thing"),
    ("staff.is_a_person", "it is described as a person"),
    ("staff.it_follows", "the text goes on with \"it\""),
    ("staff.she_or_he_in_text", "the text says \"she\" or \"he\""),
    ("staff.his_or_her", "\"his\" or \"her\" follows"),
    ("staff.toward", "the name is spoken of as a place to go to"),
    (
        "staff.with",
        "the customer was with the person, or got something from them",
    ),
    ("staff.in_a_list", "the name stands among other names"),
    ("staff.named_repeatedly", "the person is named more than once"),
    (
        "staff.kin",
        "the name is that of a relative or friend of the customer",
    ),
    ("staff.pet", "the name is that of a pet"),
    ("staff.companion", "the name is that of the customer's companion"),
    ("staff.signature", "the name is the customer's signature"),
    ("staff.thanks_and_signs", "the customer thanks and signs"),
    ("staff.introduces_self", "the customer gives their own name"),
    ("staff.author", "it is the customer's own name"),
    ("staff.in_reply", "the name stands in a reply of the business"),
    ("staff.other_family_name", "another family name follows"),
    ("staff.part_of_longer_name", "it is part of a longer name"),
    ("staff.capital_follows", "another capitalised word follows"),
    ("staff.in_capitals", "it is written in capitals"),
    ("staff.place_name", "it is also the name of a place"),
    ("staff.place_preposition", "it is spoken of as a place"),
    ("staff.venue", "it is part of the name of a business or place"),
    ("staff.brand", "it is part of the name of a company"),
    ("staff.product", "it is part of the name of a product"),
    ("staff.at_the", "it is spoken of as a place"),
    ("staff.known_brand", "it is a well-known brand or character"),
    ("staff.venue_before", "it is the name of a business or place"),
    ("staff.host", "it is the host's own place"),
    (
        "staff.owns_something",
        "it is spoken of as the owner of something",
    ),
    ("staff.date", "it is part of a date"),
    ("staff.public_figure", "it is spoken of as a public figure"),
    (
        "staff.organisation_name",
        "it is a name of the organisation or a site",
    ),
    ("staff.called_upon", "the name is called out at the end"),
    ("staff.article", "an article stands before the name"),
    ("staff.other_site", "nobody of that name works at this site"),
    ("staff.rare_name", "few people bear that name"),
    ("staff.form_says_so", "the form names the person"),
    ("staff.source_says_so", "the source names the person"),
    (
        "staff.text_speaks_of_staff",
        "the text speaks of staff or service",
    ),
    ("staff.other_language", "the text is not in English"),
    ("praise.bias", ""),
    ("praise.own_clause", "the sentence about the person praises"),
    (
        "praise.own_clause_complaint",
        "the sentence about the person complains",
    ),
    ("praise.close_by", "words of praise stand close to the name"),
    (
        "praise.close_by_complaint",
        "words of complaint stand close to the name",
    ),
    ("praise.goes_on", "the text goes on praising the person"),
    (
        "praise.goes_on_complaint",
        "the text goes on complaining about the person",
    ),
    ("praise.before", "the sentence before praises"),
    ("praise.before_complaint", "the sentence before complains"),
    ("praise.whole_text", "the text contains praise"),
    ("praise.whole_text_complaint", "the text contains a complaint"),
    (
        "praise.negations",
        "the text tells of things that did not go well",
    ),
    (
        "praise.manner",
        "the customer praises how the person treated them",
    ),
    (
        "praise.balance",
        "praise and complaint are unevenly spread over the text",
    ),
    ("praise.more_complaint", "the text complains more than it praises"),
    ("praise.grievance", "the text is about refunds, delays or excuses"),
    (
        "praise.text_without_complaint",
        "the text praises without any complaint",
    ),
    ("praise.outrage", "the text uses strong words of complaint"),
    ("praise.opening", "the text begins with praise"),
    ("praise.ending", "the text ends with praise"),
    ("praise.taken_back", "what follows takes the praise back"),
    ("praise.thanked", "the person is thanked"),
    ("praise.phrase", "a phrase of praise is used"),
    ("praise.failure", "something went wrong"),
    ("praise.compared", "the person comes off worse in a comparison"),
    ("praise.contrast", "the sentence turns by \"but\""),
    ("praise.sarcasm", "the praise sounds mocking"),
    ("praise.good_score", "the score is good"),
    ("praise.bad_score", "the score is bad"),
    ("praise.words_against_score", "words and score do not agree"),
    (
        "praise.name_and_good_score",
        "there is little but the name and a good score",
    ),
    ("praise.conditional", "the praise is conditional"),
    ("praise.question", "it is a question"),
    (
        "praise.only_exception",
        "the person is named as the only exception",
    ),
    ("praise.reported_speech", "the text reports what the person said"),
    ("praise.acts", "the text says what the person did"),
    (
        "praise.asked_for",
        "the customer asks for or recommends the person",
    ),
    ("praise.other_language", "the text is not in English"),
    ("identity.left", "the person had left"),
    ("identity.job_title", "the job title fits the person"),
    ("identity.shift", "the working hours tell who it was"),
    ("identity.proper_name", "it is the very name the person goes by"),
    ("identity.spelling", "the spelling fits this person less well"),
    ("unnamed.job_title", "no name is given, but the job title fits"),
];

#[cfg(test)]
mod tests {
    use super::super::{PRAISE_CODES, STAFF_CODES};
    use super::*;

    #[test]
    fn every_code_has_words() {
        for code in STAFF_CODES.iter().chain(&PRAISE_CODES) {
            assert!(fragment(code).is_some(), "{code}");
        }
        assert_eq!(fragment("no.such"), None);
    }

    #[test]
    fn a_sentence_names_the_strongest_reasons() {
        let evidence = |code: &'static str, weight| Evidence {
            code: code.into(),
            value: 1.0,
            weight,
        };
        let candidate = Candidate {
            staff: uuid::Uuid::nil(),
            confidence: 0.97,
            decision: Decision::Credit,
            stance: Stance::Praised,
            spans: vec![],
            clause: None,
            evidence: vec![
                evidence("staff.thanked", 1.0),
                evidence("staff.kin", -3.0),
                evidence("praise.phrase", 2.0),
            ],
        };
        let expected = "Credited, because a phrase of praise is used; the person is thanked by name.";
        assert_eq!(sentence(&candidate), expected);
    }
}
