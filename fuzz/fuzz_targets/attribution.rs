//! Any text, any roster: no panic, spans inside the text, confidences that are probabilities.
//! The input is roster lines (`given,family,alias,title,shifts`), an empty line, and the text.
#![no_main]

use domain::attribution::{Comment, Model, Settings, attribute, explain};
use domain::roster::{AssignmentRecord, Roster, SiteRecord, StaffRecord, csv};
use domain::text::to_code_points;
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

fuzz_target!(|data: &[u8]| {
    let input = String::from_utf8_lossy(data);
    let (lines, text) = input.split_once("\n\n").unwrap_or(("", &input));
    let _ = csv::parse(data);
    let site = Uuid::from_u128(1);
    let staff: Vec<StaffRecord> = lines.lines().zip(10..).map(|(line, id)| person(line, id, site)).collect();
    let sites = vec![SiteRecord { id: site, parent: None, name: "Leeds".to_owned() }];
    let mut roster = Roster::new(&["Shop".to_owned()], sites, staff.clone(), 1);
    roster.apply(vec![], staff.iter().take(2).cloned().collect(), 2);
    let first = staff.first().map(|s| s.id);
    let comments = [
        Comment { text, site: Some(site), score: Some(1.0), author: Some("Ann Lee"), ..Comment::default() },
        Comment { text, hint: Some(lines), staff: first, language: Some("fr"), ..Comment::default() },
    ];
    for comment in comments {
        let answer = attribute(&roster, &comment, &Settings::default(), Model::shipped());
        for candidate in &answer.candidates {
            assert!((0.0..=1.0).contains(&candidate.confidence));
            for span in candidate.spans.iter().chain(&candidate.clause) {
                assert!(text.get(span.start..span.end).is_some_and(|words| !words.is_empty()));
                let points = to_code_points(text, *span);
                assert!(points.start < points.end);
            }
            assert!(!explain::sentence(candidate).is_empty());
        }
    }
    roster.remove(&staff.iter().map(|s| s.id).collect::<Vec<_>>());
    assert!(roster.is_empty());
});

fn person(line: &str, id: u128, site: Uuid) -> StaffRecord {
    let mut fields = line.split(',').map(str::to_owned);
    let mut next = || fields.next().unwrap_or_default();
    StaffRecord {
        id: Uuid::from_u128(id),
        employee_id: format!("E{id}"),
        given_name: next(),
        family_name: next(),
        aliases: vec![next()],
        assignments: vec![AssignmentRecord {
            site: Some(site),
            job_title: Some(next()),
            shifts: next().parse().ok(),
            ..AssignmentRecord::default()
        }],
        ..StaffRecord::default()
    }
}
