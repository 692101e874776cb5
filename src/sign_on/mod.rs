//! Signing in through the company: OpenID Connect, by the code flow with PKCE.
//!
//! A provider vouches for somebody as (issuer, subject). That is linked with an account once, and from then on it alone
//! counts: no roster, address or other provider moves it. What is under way lies sealed in the visitor's browser, so
//! strangers write nothing; what worked once is noted, and works no more.
pub mod app;
pub mod attempt;
pub mod begin;
pub mod discovery;
mod http;
pub mod identity;
pub mod link;
pub mod logout;
pub mod policy;
pub mod provider;
mod roles;
pub mod session;
pub mod trial;
pub mod trouble;
mod used;

pub use app::SignOnApp;
pub use trouble::Trouble;
