//! OWASP ASVS 5.0, levels 1 and 2: `requirements.toml` says of each requirement what holds it, and docs/security.md shows it.
//! `./dev update` writes the table there: it sets `PLAUDIT_TEST_WRITE` for the last test.
use std::{env, fs, path::PathBuf};

use serde::Deserialize;

const REQUIREMENTS: &str = include_str!("requirements.toml");
const BEGIN: &str = "<!-- ./dev update writes what follows, from tests/it/asvs/requirements.toml -->\n";
const END: &str = "<!-- so far ./dev update -->";
/// How many requirements the standard has of each level.
const OF_LEVEL: [(u8, usize); 2] = [(1, 70), (2, 183)];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Standard {
    chapter: Vec<Chapter>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chapter {
    name: String,
    requirement: Vec<Requirement>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    id: String,
    level: u8,
    asks: String,
    #[serde(default)]
    tests: Vec<String>,
    reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    ByTests,
    Otherwise,
    Not,
    DoesNotApply,
}

/// How a reason begins, and what it says.
const REASONS: [(&str, Held); 3] = [
    ("met: ", Held::Otherwise),
    ("not met: ", Held::Not),
    ("does not apply: ", Held::DoesNotApply),
];

impl Requirement {
    fn number(&self) -> [u32; 3] {
        let parts: Vec<u32> = self.id.split('.').map(|part| part.parse().unwrap()).collect();
        parts.try_into().unwrap()
    }

    /// None where nothing is said.
    fn held(&self) -> Option<Held> {
        let by_tests = (!self.tests.is_empty()).then_some(Held::ByTests);
        let Some(reason) = &self.reason else {
            return by_tests;
        };
        let begins = |begin: &str| reason.starts_with(begin) && reason.len() > begin.len();
        let (_, held) = REASONS.into_iter().find(|(begin, _)| begins(begin))?;
        match held {
            Held::Otherwise => by_tests.or(Some(Held::Otherwise)),
            other => Some(other),
        }
    }

    fn row(&self) -> String {
        let reason = self.reason.as_deref().unwrap_or_default();
        let reason = match reason.split_once(": ") {
            Some(("not met", why)) => format!("**not met**: {why}"),
            _ => reason.to_owned(),
        };
        let tests: Vec<String> = self.tests.iter().map(|test| format!("`{test}`")).collect();
        let said = [reason, tests.join("<br>")];
        let said: Vec<String> = said.into_iter().filter(|part| !part.is_empty()).collect();
        format!(
            "| {} | {} | {} | {} |\n",
            self.id,
            self.level,
            self.asks,
            said.join("<br>")
        )
    }
}

fn chapters() -> Vec<Chapter> {
    let standard: Standard = toml::from_str(REQUIREMENTS).unwrap();
    standard.chapter
}

fn all(chapters: &[Chapter]) -> impl Iterator<Item = &Requirement> {
    chapters.iter().flat_map(|chapter| &chapter.requirement)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> String {
    fs::read_to_string(root().join("docs/security.md")).unwrap()
}

#[test]
fn every_requirement_stands_once_in_order_with_tests_or_a_reason() {
    let chapters = chapters();
    let mut before = [0; 3];
    for (chapter, number) in chapters.iter().zip(1_u32..) {
        assert!(
            chapter.name.starts_with(&format!("V{number} ")),
            "{}",
            chapter.name
        );
        for requirement in &chapter.requirement {
            let id = requirement.number();
            assert!(
                id > before && id[0] == number,
                "{} stands elsewhere",
                requirement.id
            );
            assert!(
                requirement.held().is_some(),
                "{} lacks a test, or a reason that begins with one of {REASONS:?}",
                requirement.id
            );
            before = id;
        }
    }
    assert_eq!(chapters.len(), 17);
    for (level, count) in OF_LEVEL {
        let of_level = all(&chapters).filter(|requirement| requirement.level == level);
        assert_eq!(of_level.count(), count, "of level {level}");
    }
    let count: usize = OF_LEVEL.iter().map(|(_, count)| count).sum();
    assert_eq!(all(&chapters).count(), count, "a requirement of another level");
}

#[test]
fn a_requirement_of_which_nothing_is_said_is_noticed() {
    let held = |rest: &str| {
        let text = format!("id = \"1.1.1\"\nlevel = 2\nasks = \"x\"\n{rest}");
        toml::from_str::<Requirement>(&text).unwrap().held()
    };
    for nothing in [
        "",
        "tests = []",
        "reason = \"\"",
        "reason = \"met: \"",
        "reason = \"later\"",
    ] {
        assert_eq!(held(nothing), None, "{nothing}");
    }
    assert_eq!(held("reason = \"met: by design\""), Some(Held::Otherwise));
    assert_eq!(
        held("tests = [\"a\"]\nreason = \"met: by design\""),
        Some(Held::ByTests)
    );
    assert_eq!(
        held("tests = [\"a\"]\nreason = \"not met: half\""),
        Some(Held::Not)
    );
}

#[test]
fn every_test_that_the_document_names_is_there() {
    let text = document();
    let code = text.split('`').skip(1).step_by(2);
    let named: Vec<(&str, &str)> = code.filter_map(|code| code.split_once("::")).collect();
    assert!(named.len() > 200, "{} tests are named", named.len());
    for (file, name) in named {
        let is_there =
            fs::read_to_string(root().join(file)).is_ok_and(|source| source.contains(&format!("fn {name}(")));
        assert!(is_there, "there is no {file}::{name}");
    }
}

#[test]
fn every_threat_names_its_tests() {
    let text = document();
    let threats: Vec<&str> = text.lines().filter(|line| is_threat(line)).collect();
    assert!(threats.len() > 20, "{threats:#?}");
    for threat in threats {
        assert!(threat.contains(".rs::"), "no test: {threat}");
    }
}

/// Such as `| T7 | …`.
fn is_threat(line: &str) -> bool {
    let number = line.strip_prefix("| T").unwrap_or_default();
    number.starts_with(|first: char| first.is_ascii_digit())
}

#[test]
fn the_table_in_the_document_is_what_the_file_says() {
    let text = document();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (there, after) = rest.split_once(END).unwrap();
    let table = table(&chapters());
    if env::var_os("PLAUDIT_TEST_WRITE").is_some() {
        let written = format!("{before}{BEGIN}{table}{END}{after}");
        return fs::write(root().join("docs/security.md"), written).unwrap();
    }
    assert!(
        there == table,
        "docs/security.md is not what tests/it/asvs/requirements.toml says; run ./dev update, look at it and commit it"
    );
}

fn table(chapters: &[Chapter]) -> String {
    let rows = |chapter: &Chapter| {
        chapter
            .requirement
            .iter()
            .map(Requirement::row)
            .collect::<String>()
    };
    let head = "| | level | what it asks | what holds it |\n|---|---|---|---|\n";
    let tables = chapters
        .iter()
        .map(|chapter| format!("\n### {}\n\n{head}{}", chapter.name, rows(chapter)));
    format!("{}{}", summary(chapters), tables.collect::<String>())
}

fn summary(chapters: &[Chapter]) -> String {
    let count = |held| all(chapters).filter(|one| one.held() == Some(held)).count();
    let not: Vec<&str> = all(chapters)
        .filter(|one| one.held() == Some(Held::Not))
        .map(|one| one.id.as_str())
        .collect();
    format!(
        "Of {} requirements {} are held by tests and {} otherwise, {} do not apply, and {} are not met, or not wholly:\n{}.\n",
        all(chapters).count(),
        count(Held::ByTests),
        count(Held::Otherwise),
        count(Held::DoesNotApply),
        not.len(),
        not.join(", ")
    )
}
