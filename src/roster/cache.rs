//! The name index of each organisation, brought up to its `roster_version` when it is needed.

/// Indices in memory.
#[derive(Debug, Default)]
pub struct RosterCache {}
