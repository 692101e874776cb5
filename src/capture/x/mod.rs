//! Posts on X (Twitter) that mention the company, read through egg-mode.
//!
//! egg-mode signs requests, builds them and opens the sockets; `transport` is the only file that names it. Its
//! typed calls reach an API that X has closed, and its reading of answers loses the status, the headers
//! and the body of a refusal, so answers are read here.

mod answer;
mod client;
mod credentials;
mod kind;
mod page;
mod post;
mod price;
mod snowflake;
#[cfg_attr(not(feature = "x"), path = "left_out.rs")]
mod transport;

pub use client::{Account, Client, Range, Settings};
pub use credentials::Credentials;
pub use kind::XKind;
pub use page::{Checked, Gone, GoneReason, Page};
pub use post::{Author, Post, PostKind};
pub use price::Reads;
pub use snowflake::{Snowflake, SnowflakeError};
