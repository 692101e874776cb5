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
#[path = "it/mastodon_wire.rs"]
mod mastodon_wire;
#[path = "it/x_wire.rs"]
mod x_wire;
