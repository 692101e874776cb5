//! The long faults, run by `./dev soak` on both databases.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "a broken fixture fails its test; the suite's support is shared and not all of it used here"
)]

#[path = "it/crash.rs"]
mod crash;
#[path = "it/crash_mail.rs"]
mod crash_mail;
#[path = "it/support/mod.rs"]
mod support;

/// Kills in the long form.
const KILLS: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_of_one_server() {
    crash::survive(KILLS, 1, 7).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_of_two_servers_on_postgresql() {
    if std::env::var("PLAUDIT_TEST_DATABASE").is_ok() {
        crash::survive(KILLS, 2, 8).await;
    }
}
