//! What should become of comments: one sentence a test.

use crate::support::{LEEDS, NORTH, YORK, answer, at, credited, id, person, roster, sites, staff};
use chrono::NaiveDate;
use domain::attribution::{Comment, Decision, Model, Outcome, Settings, Stance, Tone, attribute, explain};
use domain::roster::{AssignmentRecord, StaffRecord};

const PRAISE: &str = "Priya was so kind and helpful, she went above and beyond.";

#[test]
fn praise_at_the_site_or_above_it_is_credited() {
    for site in [LEEDS, NORTH] {
        assert_eq!(credited(&answer(&roster(), &at(site, PRAISE))), [id(2)], "{site}");
    }
}

#[test]
fn a_nickname_on_another_site_is_not_credited() {
    let text = "Katie in the pharmacy was so patient with my mum, she was wonderful.";
    assert_eq!(credited(&answer(&roster(), &at(LEEDS, text))), [id(1)]);
    assert!(credited(&answer(&roster(), &at(YORK, text))).is_empty());
}

#[test]
fn a_full_name_on_another_site_is_asked_about() {
    let got = answer(
        &roster(),
        &at(
            YORK,
            "Priya Nair was so kind and helpful, she went above and beyond.",
        ),
    );
    assert!(credited(&got).is_empty());
    assert_eq!(
        (got.candidates[0].staff, got.candidates[0].decision),
        (id(2), Decision::Open)
    );
}

#[test]
fn a_complaint_never_credits() {
    let got = answer(
        &roster(),
        &at(LEEDS, "Priya was rude and unhelpful, the worst service ever."),
    );
    assert_eq!(got.outcome, Outcome::None);
    assert_eq!(
        (got.tone, got.candidates[0].stance),
        (Tone::Complaint, Stance::Criticised)
    );
}

#[test]
fn two_people_of_one_name_are_both_asked_about() {
    let mut people = staff();
    people.push(person(8, "Priya Shah", "cashier", LEEDS));
    let roster = domain::roster::Roster::new(&[], sites(), people, 1);
    let got = answer(&roster, &at(LEEDS, PRAISE));
    assert_eq!(got.outcome, Outcome::Triage);
    let open: Vec<_> = got
        .candidates
        .iter()
        .filter(|c| c.decision == Decision::Open)
        .map(|c| c.staff)
        .collect();
    assert_eq!(open, [id(2), id(8)]);
}

#[test]
fn the_working_hours_tell_namesakes_apart() {
    let on_shift = |number, name, shifts: &str| {
        let mut person = person(number, name, "cashier", LEEDS);
        person.assignments[0].shifts = Some(shifts.parse().unwrap());
        person
    };
    let people = vec![
        on_shift(1, "Priya Nair", "1-7@8-16"),
        on_shift(2, "Priya Shah", "1-7@16-24"),
    ];
    let roster = domain::roster::Roster::new(&[], sites(), people, 1);
    let day = NaiveDate::from_ymd_opt(2026, 11, 18).unwrap();
    let comment = Comment {
        occurred_at: day.and_hms_opt(18, 30, 0),
        ..at(LEEDS, PRAISE)
    };
    assert_eq!(credited(&answer(&roster, &comment)), [id(2)]);
}

#[test]
fn somebody_who_left_is_asked_about_not_credited() {
    let mut people = staff();
    people[1].ends_on = NaiveDate::from_ymd_opt(2026, 1, 31);
    let roster = domain::roster::Roster::new(&[], sites(), people, 1);
    let got = answer(&roster, &at(LEEDS, PRAISE));
    assert_eq!(
        (got.outcome, got.candidates[0].decision),
        (Outcome::Triage, Decision::Open)
    );
}

#[test]
fn the_forms_who_was_it_names_the_person_and_the_text_praises() {
    let comment = Comment {
        hint: Some("priya"),
        score: Some(1.0),
        ..at(LEEDS, "She was so kind and helpful, thank you!")
    };
    assert_eq!(credited(&answer(&roster(), &comment)), [id(2)]);
    let comment = Comment {
        hint: Some("priya"),
        ..at(LEEDS, "She was rude and unhelpful, terrible service.")
    };
    assert!(credited(&answer(&roster(), &comment)).is_empty());
}

#[test]
fn a_staff_reference_decides_who_but_not_whether_it_is_praise() {
    let comment = Comment {
        staff: Some(id(3)),
        score: Some(1.0),
        ..at(LEEDS, "Fantastic service, so helpful and patient!")
    };
    assert_eq!(credited(&answer(&roster(), &comment)), [id(3)]);
    let comment = Comment {
        staff: Some(id(3)),
        score: Some(0.0),
        ..at(LEEDS, "Rude and useless.")
    };
    assert!(credited(&answer(&roster(), &comment)).is_empty());
}

#[test]
fn praise_without_a_name_goes_to_those_the_title_leaves_or_to_the_site() {
    let got = answer(
        &roster(),
        &at(LEEDS, "The receptionist was lovely and so helpful."),
    );
    let unnamed = got.unnamed.unwrap();
    assert_eq!(
        (unnamed.candidates, unnamed.job_title.as_deref()),
        (vec![id(4)], Some("receptionist"))
    );
    let got = answer(&roster(), &at(LEEDS, "The staff were lovely and so helpful."));
    assert_eq!(
        (got.outcome, got.unnamed.unwrap().candidates.len()),
        (Outcome::None, 0)
    );
}

#[test]
fn employee_ids_and_handles_name_exactly_one_person() {
    let mut people = staff();
    people[2].handles = vec!["@tom_fixes".to_owned()];
    let roster = domain::roster::Roster::new(&[], sites(), people, 1);
    let praise = "was brilliant, so patient and kind, fixed everything!";
    for name in ["@Tom_Fixes", "Agent E0003"] {
        let text = format!("{name} {praise}");
        assert_eq!(
            credited(&answer(
                &roster,
                &Comment {
                    text: &text,
                    ..Comment::default()
                }
            )),
            [id(3)],
            "{name}"
        );
    }
}

#[test]
fn names_of_other_scripts_are_found_inside_unbroken_text() {
    let roster = domain::roster::Roster::new(&[], sites(), vec![person(1, "李伟 王", "cashier", LEEDS)], 1);
    let got = answer(&roster, &at(LEEDS, "感谢李伟的帮助！"));
    assert_eq!(got.candidates.first().map(|c| c.staff), Some(id(1)));
}

#[test]
fn changes_to_the_roster_are_seen_and_versions_told() {
    let mut roster = roster();
    let renamed = StaffRecord {
        given_name: "Anjali".to_owned(),
        ..staff()[1].clone()
    };
    roster.apply(
        vec![],
        vec![renamed, person(9, "Olga Petrova", "cashier", LEEDS)],
        2,
    );
    assert!(credited(&answer(&roster, &at(LEEDS, PRAISE))).is_empty());
    for (name, number) in [("Anjali", 2), ("Olga", 9)] {
        let text = PRAISE.replace("Priya", name);
        assert_eq!(credited(&answer(&roster, &at(LEEDS, &text))), [id(number)]);
    }
    roster.remove(&[id(9)]);
    let got = answer(&roster, &at(LEEDS, &PRAISE.replace("Priya", "Olga")));
    assert!(got.candidates.is_empty());
    assert_eq!(
        (got.roster_version, got.model_version.as_str()),
        (2, Model::shipped().version())
    );
}

#[test]
fn another_assignment_moves_a_person() {
    let mut roster = roster();
    let mut moved = staff()[1].clone();
    moved.assignments = vec![AssignmentRecord {
        site: Some(YORK),
        ..AssignmentRecord::default()
    }];
    roster.apply(vec![], vec![moved], 2);
    assert!(credited(&answer(&roster, &at(LEEDS, PRAISE))).is_empty());
    assert_eq!(credited(&answer(&roster, &at(YORK, PRAISE))), [id(2)]);
}

#[test]
fn the_threshold_of_the_organisation_decides() {
    let careful = Settings {
        threshold: 1.0,
        ..Settings::default()
    };
    let got = attribute(&roster(), &at(LEEDS, PRAISE), &careful, Model::shipped());
    assert_eq!((got.outcome, credited(&got).len()), (Outcome::Triage, 0));
}

#[test]
fn evidence_is_not_zero_and_is_told() {
    let got = answer(&roster(), &at(LEEDS, PRAISE));
    let best = &got.candidates[0];
    assert!(best.evidence.iter().all(|e| e.value != 0.0 && e.weight != 0.0));
    let shares = best.evidence.iter().map(|e| (&*e.code, e.value * e.weight));
    assert_eq!(explain::strongest(shares, false).len(), 3);
    assert_eq!(&PRAISE[best.spans[0].start..best.spans[0].end], "Priya");
}

#[test]
fn of_namesakes_it_is_told_that_the_full_name_is_given() {
    let people = [(1, "cashier"), (2, "baker")];
    let people = people.map(|(number, job)| person(number, "Sarah Mitchell", job, LEEDS));
    let roster = domain::roster::Roster::new(&[], sites(), people.into(), 1);
    let text = "Sarah Mitchell was so kind and helpful, she went above and beyond.";
    let got = answer(&roster, &at(LEEDS, text));
    assert_eq!(got.candidates.len(), 2);
    for one in &got.candidates {
        let shares = one.evidence.iter().map(|e| (&*e.code, e.value * e.weight));
        assert_eq!(explain::strongest(shares, false)[0], "staff.full_name");
    }
}

#[test]
fn the_language_that_the_source_states_never_raises_confidence() {
    let confidence = |language| {
        let comment = Comment {
            language,
            ..at(LEEDS, PRAISE)
        };
        answer(&roster(), &comment).candidates[0].confidence
    };
    assert!(confidence(Some("fr")) <= confidence(Some("en")));
}
