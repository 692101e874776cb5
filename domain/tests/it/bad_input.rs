//! Texts and rosters nobody should send: bounded time, no panic, a sensible outcome.

use crate::support::{LEEDS, answer, at, credited, id, person, roster, sites};
use domain::attribution::{Comment, Outcome};
use domain::roster::{Roster, StaffRecord};
use domain::text::to_code_points;

#[test]
fn texts_without_words_come_to_nothing() {
    let shapes = [
        "",
        " \t\r\n\r\n",
        "👏👏🏽👨‍👩‍👧‍👦❤️",
        "\u{202e}\u{200f}\u{200b}\u{feff}",
        "...!!!???",
        "@ # @# @@",
        "\u{0}\u{1}",
    ];
    for text in shapes {
        let got = answer(&roster(), &at(LEEDS, text));
        assert_eq!(
            (got.outcome, got.candidates.len()),
            (Outcome::None, 0),
            "{text:?}"
        );
    }
}

#[test]
fn a_million_characters_are_read() {
    for unit in [
        "Priya was kind and helpful. ",
        "a",
        "Sarah, ",
        "é\u{301}\u{301}",
        "“@x ",
        "so very not ",
    ] {
        let text: String = unit.chars().cycle().take(1_000_000).collect();
        let got = answer(&roster(), &at(LEEDS, &text));
        assert!(got.candidates.len() < 10, "{unit}");
    }
}

#[test]
fn marks_and_joiners_do_not_hide_a_name() {
    let storm: String = std::iter::repeat_n('\u{301}', 500).collect();
    let text = format!("P\u{200d}ri{storm}ya was so kind and helpful,\r\nshe went above and beyond.");
    let got = answer(&roster(), &at(LEEDS, &text));
    assert_eq!(credited(&got), [id(2)]);
    let span = got.candidates[0].spans[0];
    assert_eq!(to_code_points(&text, span).end, 6 + 500);
}

#[test]
fn names_of_one_letter_and_names_that_are_words_do_not_hear_themselves() {
    let people: Vec<StaffRecord> = ["A B", "An Li", "So Young", "Will Ing", "The One", "I Me"]
        .iter()
        .zip(1..)
        .map(|(name, n)| person(n, name, "cashier", LEEDS))
        .collect();
    let roster = Roster::new(&[], sites(), people, 1);
    let got = answer(
        &roster,
        &at(
            LEEDS,
            "So lovely, I will recommend it, the one shop that had an answer. Will be back!",
        ),
    );
    assert!(credited(&got).is_empty(), "{:?}", got.candidates);
}

#[test]
fn fifty_thousand_of_one_name_are_asked_about_not_credited() {
    let people = (1..=50_000)
        .map(|n| person(n, "Priya Nair", "cashier", LEEDS))
        .collect();
    let roster = Roster::new(&[], sites(), people, 1);
    let got = answer(
        &roster,
        &at(LEEDS, "Priya was so kind and helpful, she went above and beyond."),
    );
    assert!(credited(&got).is_empty() && got.candidates.len() <= 64);
}

#[test]
fn an_empty_roster_knows_nobody() {
    let roster = Roster::new(&[], vec![], vec![], 0);
    let got = answer(
        &roster,
        &Comment {
            text: "Priya was great",
            hint: Some("Priya"),
            ..Comment::default()
        },
    );
    assert!(roster.is_empty() && got.candidates.is_empty());
}

#[test]
fn sites_that_are_their_own_parents_do_not_turn_in_circles() {
    let mut circle = sites();
    circle[0].parent = Some(LEEDS);
    let people = vec![person(2, "Priya Nair", "cashier", LEEDS)];
    let roster = Roster::new(&[], circle, people, 1);
    let got = answer(
        &roster,
        &at(LEEDS, "Priya was so kind and helpful, she went above and beyond."),
    );
    assert_eq!(credited(&got), [id(2)]);
}

#[test]
fn a_score_that_is_no_number_is_none() {
    let text = "Priya was so kind and helpful, she went above and beyond.";
    for score in [f64::NAN, f64::INFINITY] {
        let comment = Comment {
            score: Some(score),
            ..at(LEEDS, text)
        };
        assert!(answer(&roster(), &comment).candidates[0].confidence.is_finite());
    }
}
