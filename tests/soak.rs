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
#[path = "it/edge.rs"]
mod edge;
#[path = "it/fake_http.rs"]
mod fake_http;
#[path = "it/fake_x/mod.rs"]
mod fake_x;
#[path = "it/outages.rs"]
mod outages;
#[path = "it/promises_lived.rs"]
mod promises_lived;
#[path = "it/reading_crash.rs"]
mod reading_crash;
#[path = "it/support/mod.rs"]
mod support;

use std::time::Duration;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_strangers_who_send_much() {
    edge::withstand(200).await;
}

/// Managers who are away, leave or have dead mailboxes: every promise ends in time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_promises() {
    promises_lived::live_through(10_000, 10).await;
}

/// Ten thousand posts, a fifth of the calls failing, twenty kills.
const ORDEAL: reading_crash::Ordeal = reading_crash::Ordeal {
    posts: 10_000,
    mentions: 500,
    page_size: 100,
    kills: 20,
    servers: 1,
    seed: 9,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_of_a_reader_of_ten_thousand_posts() {
    ORDEAL.endure().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_of_two_readers_of_ten_thousand_posts_on_postgresql() {
    if std::env::var("PLAUDIT_TEST_DATABASE").is_ok() {
        let ordeal = reading_crash::Ordeal { servers: 2, ..ORDEAL };
        ordeal.endure().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_io_errors() {
    outages::io_errors(1000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_locked_for_a_minute() {
    outages::locked(Duration::from_secs(60)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_for_a_hundred_seconds() {
    outages::away(Duration::from_secs(100)).await;
}
