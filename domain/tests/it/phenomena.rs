//! Constructions of customers' English, each with a colleague who bears the name that stands in the text.

use crate::support::{LEEDS, answer, at, person, sites};
use domain::attribution::{Candidate, Comment, Decision};
use domain::roster::Roster;

/// The one candidate for a colleague of that name at the site, if the text makes anybody think of them.
fn judge(name: &str, comment: &Comment) -> Option<Candidate> {
    let people = vec![
        person(1, name, "assistant", LEEDS),
        person(2, "Ottilie Brandt", "manager", LEEDS),
    ];
    let roster = Roster::new(&[], sites(), people, 1);
    let found = answer(&roster, comment);
    found
        .candidates
        .into_iter()
        .find(|c| c.staff == crate::support::id(1))
}

fn is_credited(name: &str, text: &str) -> bool {
    judge(name, &at(LEEDS, text)).is_some_and(|c| c.decision == Decision::Credit)
}

fn confidence(name: &str, text: &str) -> f64 {
    judge(name, &at(LEEDS, text)).map_or(0.0, |c| c.confidence)
}

#[test]
fn what_only_bears_a_name_is_not_taken_for_a_colleague() {
    let texts = [
        (
            "Hilton Reed",
            "Lovely stay at the Hilton, wonderful staff and great service.",
        ),
        (
            "Conrad Adams",
            "The service at the Conrad was excellent and the team so friendly.",
        ),
        (
            "Kensington Ames",
            "We drove from Kensington and had a wonderful time, great service.",
        ),
        (
            "San Antonio",
            "Great trip to San Antonio, amazing service and kind staff.",
        ),
        (
            "Olive Street",
            "Had a lovely meal at Olive restaurant, friendly service.",
        ),
        (
            "Irish Byrne",
            "There is a brilliant Irish bar next door, great fun and friendly staff.",
        ),
        (
            "Wednesday Hart",
            "What a fantastic Wednesday evening, the staff were brilliant.",
        ),
        (
            "Callum Reid",
            "We celebrated Callum's 18th here and it was outstanding, thank you all!",
        ),
        (
            "Minnie Cole",
            "The kids loved meeting Minnie, what a great day, lovely staff.",
        ),
        (
            "Kim Lowe",
            "Ottilie was wonderful, so patient and helpful, she sorted the lot. Thank you so much Kim",
        ),
        (
            "Albany Ford",
            "Great place, we loved exploring Albany and the staff were so nice.",
        ),
        (
            "Praise Okoro",
            "Praise worthy service from everyone, well done all.",
        ),
        ("May Chen", "The team were brilliant. May God bless you all."),
        (
            "My Tran",
            "My friend recommended this place and she was right, great service!",
        ),
        ("Jason Mole", "My nephew Jason loved how kind everybody was."),
    ];
    for (name, text) in texts {
        assert!(!is_credited(name, text), "{name}: {text}");
    }
}

#[test]
fn a_colleague_who_bears_such_a_name_is_credited_where_the_text_shows_a_person() {
    let texts = [
        (
            "Hilton Reed",
            "Our server Hilton took such good care of us, he was wonderful and so attentive.",
        ),
        (
            "Conrad Adams",
            "Our guide Conrad looked after us so well, he was brilliant and so patient.",
        ),
        (
            "Olive Street",
            "Olive at reception was so kind, she went above and beyond.",
        ),
        (
            "April Chen",
            "April was amazing, she answered all my questions with a smile.",
        ),
        ("May Chen", "Thank you May, you were so helpful and kind!"),
        (
            "Will Page",
            "Will was fantastic, he explained everything and was so patient.",
        ),
        ("Georgia Hall", "Georgia looked after us so well, she is a star."),
        (
            "Jason Mole",
            "Speaking for my mother, Jason worked so hard for her, he was wonderful and kind.",
        ),
        (
            "Grace Obi",
            "Grace in the pharmacy was lovely, she could not have been more helpful.",
        ),
    ];
    for (name, text) in texts {
        assert!(is_credited(name, text), "{name}: {text}");
    }
}

#[test]
fn another_spelling_of_one_name_is_the_same_person() {
    for (name, written) in [
        ("Stacie Hill", "Stacey"),
        ("Mathew Hill", "Matthew"),
        ("Stefanie Hill", "Stephanie"),
    ] {
        let text = format!("{written} was so helpful and kind, she explained everything.");
        assert!(is_credited(name, &text), "{name}");
    }
    let other = "Michelle was so helpful and kind, she explained everything.";
    assert!(!is_credited("Michael Hill", other));
}

#[test]
fn praise_that_is_taken_back_is_no_credit() {
    let text =
        "Jason seems friendly and nice, however, he is often difficult to reach and forgets what I ask.";
    assert!(!is_credited("Jason Mole", text));
    assert!(
        confidence(
            "Jason Mole",
            "Jason is friendly and nice and always easy to reach."
        ) > 0.8
    );
}

#[test]
fn an_illness_is_no_complaint() {
    let text =
        "After a traumatic injury and months of pain, Dr Mole was so kind and helped me to walk again.";
    assert!(confidence("Jason Mole", text) > 0.5);
}

#[test]
fn the_answer_of_the_business_is_not_the_customers_praise() {
    let text = "Typical room, clean. Dear Jason, thank you so much for your kind words, we are so happy you enjoyed it!";
    assert!(!is_credited("Jason Mole", text));
}

#[test]
fn whoever_is_thanked_by_a_name_of_places_is_no_place() {
    let codes = |text: &str| -> Vec<String> {
        let found = judge("Chelsea Park", &at(LEEDS, text));
        let evidence = found.map(|c| c.evidence).unwrap_or_default();
        evidence.iter().map(|e| e.code.to_string()).collect()
    };
    let place = "staff.place_name".to_owned();
    assert!(!codes("It was all done in a minute. Thank you Chelsea!").contains(&place));
    assert!(codes("We came over from Chelsea for the day, great staff.").contains(&place));
}
