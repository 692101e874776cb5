//! X among the ways in.
use crate::capture::source::kind::{Intake, SourceKind};

/// X (Twitter).
#[derive(Clone, Copy, Debug)]
pub struct XKind;

impl SourceKind for XKind {
    fn name(&self) -> &'static str {
        "x"
    }

    fn label(&self) -> &'static str {
        "X (Twitter)"
    }

    fn intake(&self) -> Intake<'_> {
        Intake::Polled
    }

    fn secrets(&self) -> Vec<&str> {
        vec!["API key", "API key secret", "access token", "access token secret"]
    }

    fn is_verbatim(&self) -> bool {
        true
    }
}
