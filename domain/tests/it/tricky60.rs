//! Sixty invented sentences that name matchers get wrong, with what should become of each.

use std::collections::BTreeSet;

use domain::attribution::line::attribute_line;
use domain::attribution::{Model, Settings};
use domain::roster::LocalRoster;
use domain::roster::csv::parse;
use serde_json::Value;

/// How many of the sixty must come out as expected.
const WANTED: usize = 57;

#[test]
fn nearly_all_tricky_sentences_are_attributed_as_a_careful_reader_would() {
    let parsed = parse(include_bytes!("../data/tricky60.roster.csv"));
    assert_eq!(parsed.problems, []);
    let (local, problems) = LocalRoster::new(&[], &parsed.rows);
    assert_eq!(problems, []);
    let lines: Vec<&str> = include_str!("../data/tricky60.jsonl").lines().collect();
    let missed: Vec<String> = lines.iter().filter_map(|line| missed(&local, line)).collect();
    println!(
        "{} of {} as expected\n{}",
        lines.len() - missed.len(),
        lines.len(),
        missed.join("\n")
    );
    assert!(
        lines.len() - missed.len() >= WANTED,
        "missed:\n{}",
        missed.join("\n")
    );
}

/// What went wrong with a line, if anything.
fn missed(local: &LocalRoster, line: &str) -> Option<String> {
    let expected: Value = serde_json::from_str(line).unwrap();
    let answer = attribute_line(local, line, &Settings::default(), Model::shipped(), None).unwrap();
    let got: Value = serde_json::from_str(&answer).unwrap();
    let people = ids(&got["people"]);
    let wanted: BTreeSet<String> = strings(&expected["credited"]);
    let triage: BTreeSet<String> = strings(&expected["triage"]);
    let as_expected = match expected["expect"].as_str() {
        Some("attributed") => people == wanted,
        Some("triage") => {
            people.is_empty() && got["outcome"] == "triage" && triage.is_subset(&ids(&got["candidates"]))
        }
        _ => people.is_empty(),
    };
    (!as_expected).then(|| format!("{} {} -> {answer}", expected["id"], expected["text"]))
}

fn strings(list: &Value) -> BTreeSet<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap().to_owned())
        .collect()
}

fn ids(people: &Value) -> BTreeSet<String> {
    people
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["employee_id"].as_str().unwrap().to_owned())
        .collect()
}
