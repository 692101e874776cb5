//! Words come in: what customers said, through any source.

pub mod mastodon;
pub mod remote;
pub mod x;
