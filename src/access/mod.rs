//! Who calls, and what they may do: keys of programs, and the one place that permits.
pub mod account;
pub mod audit;
pub mod key;
pub mod permit;

pub use permit::{Action, Caller, Denied, Scope};
