//! The pages in a real browser: `./dev test` and `./dev screens` run this with Debian's Chromium.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a broken fixture fails its test, and journeys say what they took"
)]

mod administrator;
mod customer;
mod everywhere;
mod journeys;
mod names;
mod screens;
mod signed_in;
mod support;
