//! What must hold of any text and any roster.

use crate::support::{LEEDS, answer, at, person, sites, staff};
use domain::attribution::Attribution;
use domain::roster::Roster;
use domain::text::{Span, normal_form, to_code_points};
use proptest::prelude::*;

/// Words that texts are made of here.
const WORDS: [&str; 24] = [
    "Priya", "Katie", "Tom", "Sarah", "Rose", "joy", "Siobhan", "O'Neill", "was", "kind", "rude", "and",
    "but", "my", "husband", "thanks", "to", "She", "helped", ".", "!", "👏", "é", "Dr.",
];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..40).prop_map(|words| words.join(" "))
}

fn anything() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        "\\PC{0,80}",
        prop::collection::vec(any::<char>(), 0..60).prop_map(String::from_iter)
    ]
}

proptest! {
    #[test]
    fn spans_quote_the_text(text in anything()) {
        let answer = answer(&crate::support::roster(), &at(LEEDS, &text));
        for candidate in &answer.candidates {
            prop_assert!((0.0..=1.0).contains(&candidate.confidence));
            for span in candidate.spans.iter().chain(&candidate.clause) {
                let quoted = &text[span.start..span.end];
                prop_assert!(!quoted.is_empty());
                let points = to_code_points(&text, *span);
                let again: String = text.chars().skip(points.start).take(points.end - points.start).collect();
                prop_assert_eq!(quoted, again);
            }
        }
    }

    #[test]
    fn a_colleague_with_nothing_in_common_changes_nothing(text in text()) {
        let before = Roster::new(&[], sites(), staff(), 1);
        let mut after = before.clone();
        let site = uuid::Uuid::from_u128(9);
        after.apply(vec![], vec![person(99, "Xquuzv Bwrtyk", "zoologist", site)], 2);
        let (before, after) = (answer(&before, &at(LEEDS, &text)), answer(&after, &at(LEEDS, &text)));
        let rounded = |a: &Attribution| -> Vec<(uuid::Uuid, i64)> {
            a.candidates.iter().map(|c| (c.staff, (c.confidence * 1e4).round() as i64)).collect()
        };
        prop_assert_eq!(rounded(&before), rounded(&after));
        prop_assert_eq!(before.outcome, after.outcome);
    }

    #[test]
    fn the_order_of_the_roster_changes_nothing(text in text(), seed in 0usize..5_040) {
        let mut people = staff();
        let mut left = seed;
        for i in (1..people.len()).rev() {
            people.swap(i, left % (i + 1));
            left /= i + 1;
        }
        let (plain, mixed) = (Roster::new(&[], sites(), staff(), 1), Roster::new(&[], sites(), people, 1));
        prop_assert_eq!(answer(&plain, &at(LEEDS, &text)), answer(&mixed, &at(LEEDS, &text)));
    }

    #[test]
    fn building_in_one_go_and_by_changes_are_the_same(text in text(), split in 0usize..8) {
        let (first, second) = { let mut all = staff(); let rest = all.split_off(split.min(7)); (all, rest) };
        let mut grown = Roster::new(&["Fairway".to_owned()], sites(), first, 1);
        grown.apply(vec![], second, 1);
        prop_assert_eq!(answer(&crate::support::roster(), &at(LEEDS, &text)), answer(&grown, &at(LEEDS, &text)));
    }

    #[test]
    fn a_normal_form_is_its_own_normal_form(text in anything()) {
        let once = normal_form(&text);
        prop_assert_eq!(normal_form(&once), once.clone());
    }

    #[test]
    fn any_positions_become_code_points(text in anything(), start in 0usize..400, end in 0usize..400) {
        let points = to_code_points(&text, Span { start, end });
        prop_assert!(points.start <= text.chars().count() && points.end <= text.chars().count());
    }
}

#[test]
fn any_number_of_threads_agrees() {
    let roster = crate::support::roster();
    let texts = [
        "Priya was kind",
        "Thanks to Tom and Katie!",
        "Joy was rude but Priya helped",
    ];
    let plain: Vec<_> = texts.iter().map(|t| answer(&roster, &at(LEEDS, t))).collect();
    std::thread::scope(|scope| {
        let run = || {
            texts
                .iter()
                .map(|t| answer(&roster, &at(LEEDS, t)))
                .collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), plain);
        }
    });
}
