//! Posts on Mastodon (and servers that speak its API) that mention the company. Free to read, so it is
//! what a newcomer can try.

mod answer;
mod client;
mod html;
mod kind;
mod status;

pub use client::{Account, Checked, Client, ClientError, Gone, GoneReason, Page, Settings};
pub use kind::MastodonKind;
pub use status::{Author, Status, StatusId, StatusIdError, Visibility};
