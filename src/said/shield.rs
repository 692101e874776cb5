//! What the shield saw in words, as it is kept and said.
use domain::shield::Kind;
use entity::comment;

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
