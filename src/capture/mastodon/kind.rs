//! Mastodon among the ways in.
use crate::capture::source::kind::{Intake, SourceKind};

/// Mastodon, and servers that speak its API.
#[derive(Clone, Copy, Debug)]
pub struct MastodonKind;

impl SourceKind for MastodonKind {
    fn name(&self) -> &'static str {
        "mastodon"
    }

    fn label(&self) -> &'static str {
        "Mastodon"
    }

    fn intake(&self) -> Intake<'_> {
        Intake::Polled
    }

    fn secrets(&self) -> Vec<&str> {
        vec!["access token"]
    }
}
