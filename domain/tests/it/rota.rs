//! A rota decides who is meant where the words praise and name nobody.
use domain::attribution::{Attribution, Comment, Decision, Model, Outcome, Settings, attribute_on_duty};
use domain::rota::Duty;
use uuid::Uuid;

use crate::support::{LEEDS, at, credited, id, roster};

fn duty(post: Option<&str>, there: &[Uuid]) -> Duty {
    Duty {
        is_known: true,
        post: post.map(str::to_owned),
        there: there.to_vec(),
        alone: there
            .first()
            .copied()
            .filter(|_| there.len() == 1 && post.is_some()),
        at_work: there.to_vec(),
    }
}

fn answer(text: &str, duty: &Duty) -> Attribution {
    let comment = at(LEEDS, text);
    attribute_on_duty(&roster(), &comment, &Settings::default(), Model::shipped(), duty)
}

fn open(answer: &Attribution) -> Vec<Uuid> {
    let open = answer
        .candidates
        .iter()
        .filter(|one| one.decision == Decision::Open);
    let mut open: Vec<Uuid> = open.map(|one| one.staff).collect();
    open.sort();
    open
}

#[test]
fn praise_of_one_person_goes_to_whoever_was_there_alone() {
    let alone = duty(Some("till4kasse4"), &[id(2)]);
    for text in [
        "The lady at the till was lovely and so helpful.",
        "The cashier was brilliant, thank you so much!",
        "Super nice guy, helped me find everything",
        "Die Dame an der Kasse war sehr freundlich und hilfsbereit, vielen Dank!",
    ] {
        let said = answer(text, &alone);
        assert_eq!(credited(&said), [id(2)], "{text}");
        assert_eq!(said.outcome, Outcome::Attributed, "{text}");
        let codes = said.candidates[0].evidence.iter().map(|one| one.code.as_ref());
        assert!(codes.clone().any(|code| code == "unnamed.on_duty"), "{text}");
        assert!(codes.clone().all(|code| code != "staff.source_says_so"), "{text}");
    }
}

#[test]
fn praise_that_may_be_of_others_is_asked_about() {
    let alone = duty(Some("till4"), &[id(2)]);
    for text in [
        "The two ladies were lovely and so helpful.",
        "The lady at reception was lovely and so helpful.",
        "The lady at the till was lovely and the man who packed was so helpful too.",
        "She was so kind and helpful, thank you!",
        "The pharmacist was so kind and helpful, thank you!",
    ] {
        let said = answer(text, &alone);
        assert!(credited(&said).is_empty(), "{text}");
        assert!(open(&said).contains(&id(2)), "{text}");
    }
}

#[test]
fn several_at_the_post_are_asked_about_and_without_a_post_only_one() {
    let text = "The lady at the till was lovely and so helpful.";
    let two = answer(text, &duty(Some("till4"), &[id(1), id(2)]));
    assert_eq!((two.outcome, open(&two)), (Outcome::Triage, vec![id(1), id(2)]));
    let one = answer(text, &duty(None, &[id(2)]));
    assert_eq!((one.outcome, open(&one)), (Outcome::Triage, vec![id(2)]));
    let many = answer(text, &duty(None, &[id(1), id(2)]));
    assert_eq!((many.outcome, open(&many)), (Outcome::None, vec![]));
}

#[test]
fn a_name_wins_and_complaints_things_and_teams_are_nobodys() {
    let alone = duty(Some("till4"), &[id(2)]);
    let named = answer(
        "Tom at the till was lovely and so helpful, thank you Tom!",
        &alone,
    );
    assert_eq!(credited(&named), [id(3)]);
    let stranger = answer(
        "Brenda, the lady at the till, was lovely, thank you Brenda!",
        &alone,
    );
    assert_eq!((credited(&stranger), open(&stranger)), (vec![], vec![]));
    for text in [
        "The lady at the till was rude.",
        "Lovely cakes, great prices.",
        "The staff were wonderful!",
    ] {
        let said = answer(text, &alone);
        assert_eq!((credited(&said), open(&said)), (vec![], vec![]), "{text}");
    }
    let hinted = Comment {
        hint: Some("Tom"),
        ..at(LEEDS, "The lady at the till was lovely and so helpful.")
    };
    let said = attribute_on_duty(&roster(), &hinted, &Settings::default(), Model::shipped(), &alone);
    assert!(
        !said.candidates.iter().any(|one| one.staff == id(2)),
        "the customer said who it was"
    );
}

#[test]
fn a_bearer_of_the_title_who_was_off_duty_is_not_asked_about() {
    let text = "The receptionist was lovely and so helpful.";
    assert_eq!(open(&answer(text, &Duty::default())), [id(4)]);
    let off = answer(text, &duty(Some("till4"), &[id(2)]));
    assert_eq!(open(&off), [id(2)]);
    let nobody = answer(text, &duty(Some("till4"), &[]));
    assert_eq!((credited(&nobody), open(&nobody)), (vec![], vec![]));
}
