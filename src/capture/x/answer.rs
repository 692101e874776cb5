//! What an answer of X means: its status first, then its body.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::transport::Answer;
use crate::capture::remote::{ReadError, UsagePeriod};

/// Longest piece of the service's own words we repeat, in characters.
const SAID_CHARS: usize = 300;

/// The union of the ways X says no: problems, lists of problems, and codes of the API before.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) title: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) message: Option<String>,
    pub(super) code: Option<i64>,
    pub(super) reason: Option<String>,
    pub(super) period: Option<String>,
    pub(super) connection_issue: Option<String>,
    pub(super) resource_id: Option<String>,
    pub(super) value: Option<Value>,
    pub(super) parameters: Value,
    pub(super) errors: Vec<Problem>,
}

/// What to tell the caller, and what X said in full.
pub(super) type Refusal = (ReadError, Problem);

impl Problem {
    /// The last part of the problem's type, which stayed when its address moved to another host.
    pub(super) fn slug(&self) -> &str {
        self.kind
            .as_deref()
            .and_then(|kind| kind.split_once("/problems/"))
            .map_or("", |(_, slug)| slug)
    }

    /// The post an entry is about.
    pub(super) fn subject(&self) -> Option<&str> {
        self.resource_id
            .as_deref()
            .or_else(|| self.value.as_ref().and_then(Value::as_str))
    }

    fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.errors)
    }

    fn has_code(&self, code: i64) -> bool {
        self.all().any(|problem| problem.code == Some(code))
    }

    fn has_slug(&self, slug: &str) -> bool {
        self.all().any(|problem| problem.slug() == slug)
    }

    pub(super) fn names_parameter(&self, name: &str) -> bool {
        self.all().any(|problem| problem.parameters.get(name).is_some())
    }

    fn is_titled(&self, title: &str) -> bool {
        self.all().any(|problem| problem.title.as_deref() == Some(title))
    }

    /// X's own words, the most particular first.
    pub(super) fn said(&self) -> String {
        let particular = self
            .errors
            .iter()
            .find_map(|error| error.message.as_ref().or(error.detail.as_ref()));
        let words = particular
            .or(self.detail.as_ref())
            .or(self.message.as_ref())
            .or(self.title.as_ref());
        let line = words
            .map_or("no reason given", String::as_str)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        line.chars().take(SAID_CHARS).collect()
    }
}

impl Answer {
    /// The body of a success. Only after the status is known to be one: with optional fields every
    /// refusal would read as an empty page.
    pub(super) fn success<T: DeserializeOwned>(self) -> Result<T, Box<Refusal>> {
        if !(200..300).contains(&self.status) {
            return Err(Box::new(self.refusal()));
        }
        let unreadable =
            |e: serde_json::Error| ReadError::Unreadable(format!("{:?} error in JSON", e.classify()));
        serde_json::from_slice(&self.body).map_err(|e| Box::new((unreadable(e), Problem::default())))
    }

    fn refusal(self) -> Refusal {
        let problem: Problem = serde_json::from_slice(&self.body).unwrap_or_default();
        (self.meaning(&problem), problem)
    }

    fn meaning(&self, problem: &Problem) -> ReadError {
        let said = problem.said();
        match self.status {
            _ if problem.has_slug("usage-capped") || problem.is_titled("UsageCapExceeded") => {
                ReadError::UsageCapped {
                    period: period(problem),
                    said,
                }
            }
            429 if problem.connection_issue.as_deref() == Some("TooManyConnections") => {
                ReadError::TooManyConnections
            }
            429 => ReadError::RateLimited { rate: self.rate },
            300..400 => ReadError::Moved { status: self.status },
            400 => bad_question(problem, said),
            401 => ReadError::Unauthorized {
                said,
                server_time: self.server_time,
                blames_clock: problem.has_code(135),
            },
            402 => ReadError::CreditUsedUp { said },
            403 => forbidden(problem, said),
            404 | 410 => ReadError::NotFound { said },
            409 => ReadError::Conflict { said },
            405..500 => ReadError::BadQuestion { said },
            status => ReadError::ServiceFailed { status },
        }
    }
}

fn period(problem: &Problem) -> UsagePeriod {
    let is_daily = problem
        .all()
        .any(|problem| problem.period.as_deref() == Some("Daily"));
    if is_daily {
        UsagePeriod::Daily
    } else {
        UsagePeriod::Monthly
    }
}

/// A `since_id` that X no longer reaches is a matter of how long we were away, not of the settings.
fn bad_question(problem: &Problem, said: String) -> ReadError {
    if problem.names_parameter("since_id") || problem.names_parameter("start_time") {
        ReadError::CursorTooOld { said }
    } else {
        ReadError::BadQuestion { said }
    }
}

fn forbidden(problem: &Problem, said: String) -> ReadError {
    let not_enrolled = problem
        .all()
        .any(|problem| problem.reason.as_deref() == Some("client-not-enrolled"));
    if not_enrolled || problem.has_code(453) {
        ReadError::NotInPlan { said }
    } else {
        ReadError::Forbidden { said }
    }
}
