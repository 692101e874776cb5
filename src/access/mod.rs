//! Who calls, and what they may do: keys of programs, people who are signed in, and the one place that permits.
pub(crate) mod above;
pub mod account;
pub mod action;
pub mod alert;
pub mod audit;
pub mod chain;
pub mod cleanup;
pub(crate) mod company;
pub mod half_session;
pub mod invite;
pub mod key;
pub mod permit;
pub mod person;
pub mod preference;
pub mod role;
pub mod scope;
pub mod second_factor;
pub mod session;
pub mod sign_in;
pub mod target;
pub(crate) mod untold;

pub use action::{Action, By};
pub use permit::{Caller, Denied, Identity};
pub use person::Person;
pub use scope::Scope;
pub use target::Target;
