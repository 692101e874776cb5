//! What the shield saw in words, as it is kept and said.
use domain::shield::Kind;
use entity::comment::{self, State};

/// Whether the words that hold may be shown to those who may read them: not while the shield keeps them, nor before it has
/// looked at them. Other words of a comment wait for that like those of a new one.
#[must_use]
pub fn is_seen(comment: &comment::Model) -> bool {
    match comment.state {
        State::Held | State::Triage | State::Done => true,
        State::Shielded => false,
        State::Settling | State::Attributing => comment.cleared_revision == Some(comment.revision),
    }
}

/// What it saw in a comment that it keeps.
#[must_use]
pub fn kinds(comment: &comment::Model) -> Vec<Kind> {
    let codes = comment.held_for.as_ref().map_or(&[][..], |codes| &codes.0);
    codes.iter().filter_map(|code| Kind::from_code(code)).collect()
}

/// The key of the sentence.
#[must_use]
pub fn why(kind: Kind) -> &'static str {
    match kind {
        Kind::Looks => "shielded.why.looks",
        Kind::Invitation => "shielded.why.invitation",
        Kind::Threat => "shielded.why.threat",
        Kind::Private => "shielded.why.private",
    }
}
