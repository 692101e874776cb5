//! The wire to X and Mastodon, against fakes of both.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a broken fake fails its test"
)]

#[path = "it/fake_http.rs"]
mod fake_http;
#[path = "it/fake_mastodon/mod.rs"]
mod fake_mastodon;
#[path = "it/fake_x/mod.rs"]
mod fake_x;
#[path = "it/mastodon_reading.rs"]
mod mastodon_reading;
#[path = "it/x_failures.rs"]
mod x_failures;
#[path = "it/x_reading.rs"]
mod x_reading;
#[path = "it/x_signing.rs"]
mod x_signing;
