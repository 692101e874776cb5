//! How often automatic credits are right: those that `attribute::draw` draws are put as questions before somebody who was not
//! told of them, with the candidates shuffled and nothing marked. Nobody hears later for it, and what an answer finds wrong
//! is decided by it as by any other.
pub mod answer;
pub mod list;
pub mod precision;

use chrono::TimeDelta;

/// After this those are asked too who were told: it is no longer fresh in anybody's mind.
pub const FORGOTTEN_AFTER: TimeDelta = TimeDelta::days(14);
