//! Telling: from a notice to a mail that the server has accepted.
pub mod stage;
