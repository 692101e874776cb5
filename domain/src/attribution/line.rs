//! One line in, one line out: the pure core of `plaudit attribute`.

use chrono::{DateTime, NaiveDateTime};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Attribution, Candidate, Comment, Decision, Model, Outcome, Score, Settings, attribute};
use crate::roster::LocalRoster;
use crate::text::{Span, to_code_points};

/// Attributes the comment of one JSON line and returns one: `{"id","outcome","people","candidates"}`, or `{"id","error"}`
/// for a line that cannot be used. `now` (local) stands in for a missing `occurred_at`.
pub fn attribute_line(
    local: &LocalRoster,
    line: &str,
    settings: &Settings,
    model: &Model,
    now: Option<NaiveDateTime>,
) -> Result<String, String> {
    let input: Value = serde_json::from_str(line)
        .map_err(|e| failure(&Value::Null, &format!("the line is not JSON: {e}")))?;
    let id = input.get("id").cloned().unwrap_or(Value::Null);
    let input: Input = serde_json::from_value(input).map_err(|e| failure(&id, &e.to_string()))?;
    let attribution = input
        .attribute(local, settings, model, now)
        .map_err(|e| failure(&id, &e))?;
    let output = Output::new(id.clone(), local, &input.text, &attribution);
    serde_json::to_string(&output).map_err(|e| failure(&id, &e.to_string()))
}

/// The line that stands for one that could not be used.
fn failure(id: &Value, error: &str) -> String {
    serde_json::json!({ "id": id, "error": error }).to_string()
}

/// The fields of `POST /v1/comments` that matter here; others are ignored. `staff` is short for `staff_reference`.
#[derive(Deserialize)]
struct Input {
    text: String,
    score: Option<InputScore>,
    scale_max: Option<f64>,
    site: Option<String>,
    occurred_at: Option<String>,
    author: Option<Author>,
    hint: Option<String>,
    #[serde(alias = "staff_reference")]
    staff: Option<String>,
    language: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum InputScore {
    Scaled(Score),
    Plain(f64),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Author {
    Name(String),
    Person { name: Option<String> },
}

impl Input {
    fn attribute(
        &self,
        local: &LocalRoster,
        settings: &Settings,
        model: &Model,
        now: Option<NaiveDateTime>,
    ) -> Result<Attribution, String> {
        let site = self.site.as_deref().map(|s| {
            local
                .site(s)
                .ok_or(format!("there is no site \"{s}\" in the roster"))
        });
        let staff = self.staff.as_deref().map(|s| {
            local
                .staff(s)
                .ok_or(format!("there is no employee \"{s}\" in the roster"))
        });
        let comment = Comment {
            text: &self.text,
            score: self.score()?,
            site: site.transpose()?,
            occurred_at: self.occurred_at()?.or(now),
            author: self.author.as_ref().and_then(Author::name),
            hint: self.hint.as_deref(),
            staff: staff.transpose()?,
            language: self.language.as_deref(),
        };
        Ok(attribute(&local.roster, &comment, settings, model))
    }

    fn score(&self) -> Result<Option<f64>, String> {
        let Some(score) = self.score else { return Ok(None) };
        let fraction = match (score, self.scale_max) {
            (InputScore::Scaled(score), _) => score.fraction(),
            (InputScore::Plain(value), Some(max)) => plain_fraction(value, max),
            (InputScore::Plain(_), None) => return Err("a plain score needs scale_max".to_owned()),
        };
        fraction
            .map(Some)
            .ok_or_else(|| "the score is outside of its scale".to_owned())
    }

    fn occurred_at(&self) -> Result<Option<NaiveDateTime>, String> {
        let Some(text) = &self.occurred_at else {
            return Ok(None);
        };
        let zoned = DateTime::parse_from_rfc3339(text).map(|at| at.naive_local());
        zoned
            .map(Some)
            .map_err(|e| format!("occurred_at \"{text}\" is not a time such as 2026-11-18T12:00:00Z: {e}"))
    }
}

/// Scales of ten and more begin at 0, shorter ones at 1.
fn plain_fraction(value: f64, max: f64) -> Option<f64> {
    let min = if max >= 10.0 { 0.0 } else { 1.0 };
    ((min..=max).contains(&value) && max > min).then(|| (value - min) / (max - min))
}

impl Author {
    fn name(&self) -> Option<&str> {
        match self {
            Author::Name(name) => Some(name),
            Author::Person { name } => name.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct Output<'a> {
    id: Value,
    outcome: Outcome,
    people: Vec<Person<'a>>,
    candidates: Vec<Person<'a>>,
}

#[derive(Serialize)]
struct Person<'a> {
    employee_id: &'a str,
    confidence: f64,
    spans: Vec<Span>,
    reasons: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<Decision>,
}

impl<'a> Output<'a> {
    fn new(id: Value, local: &'a LocalRoster, text: &str, attribution: &Attribution) -> Output<'a> {
        let credited = attribution
            .candidates
            .iter()
            .filter(|c| c.decision == Decision::Credit);
        Output {
            id,
            outcome: attribution.outcome,
            people: credited.filter_map(|c| person(local, text, c, false)).collect(),
            candidates: attribution
                .candidates
                .iter()
                .filter_map(|c| person(local, text, c, true))
                .collect(),
        }
    }
}

fn person<'a>(
    local: &'a LocalRoster,
    text: &str,
    candidate: &Candidate,
    decided: bool,
) -> Option<Person<'a>> {
    let reason = |e: &super::Evidence| format!("{} {:+.2}", e.code, e.value * e.weight);
    Some(Person {
        employee_id: local.employee_id(candidate.staff)?,
        // Downwards, so that no even chance between two namesakes becomes a likelihood.
        confidence: (candidate.confidence * 10_000.0).floor() / 10_000.0,
        spans: candidate.spans.iter().map(|s| to_code_points(text, *s)).collect(),
        reasons: candidate.evidence.iter().map(reason).collect(),
        decision: decided.then_some(candidate.decision),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_of_the_api_names_the_employee() {
        for field in ["staff", "staff_reference"] {
            let input: Input =
                serde_json::from_str(&format!(r#"{{"text": "Great", "{field}": "E0003"}}"#)).unwrap();
            assert_eq!(input.staff.as_deref(), Some("E0003"));
        }
    }
}
