//! Tells other processes of new jobs, and hears of theirs: PostgreSQL's NOTIFY, after the commit and never inside it,
//! where it would make writers wait for each other. Polling is the guarantee; this only shortens the wait. An announcement
//! says who made it and which kinds of jobs there are, so that nobody looks for others, or for what they announced themselves.
use std::time::Duration;

use sea_orm::{
    ConnectionTrait,
    sqlx::{Error, postgres::PgListener},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Kind, Kinds, worker::Worker};

const CHANNEL: &str = "plaudit_job";
/// At most twenty announcements a second.
const PAUSE: Duration = Duration::from_millis(50);
const RECONNECT_AFTER: Duration = Duration::from_secs(5);

/// Announces new jobs of this process until it is stopped; for PostgreSQL only.
pub async fn announce(worker: Worker, name: String, stop: CancellationToken) {
    while let Some(kinds) = stop.run_until_cancelled(worker.wake.to_announce()).await {
        let announcement = format!("NOTIFY {CHANNEL}, '{}'", said(&name, kinds));
        if let Err(error) = worker.db.writer().execute_unprepared(&announcement).await {
            warn!(%error, "could not announce new jobs; other processes find them by polling");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn said(name: &str, kinds: Kinds) -> String {
    let held = Kind::ALL.iter().filter(|kind| kinds.holds(**kind));
    let words: Vec<&str> = std::iter::once(name)
        .chain(held.map(|kind| kind.name()))
        .collect();
    words.join(" ")
}

/// The kinds that another process announced; kinds that only a newer version knows are nobody's here.
fn heard(name: &str, announcement: &str) -> Option<Kinds> {
    let mut words = announcement.split(' ');
    if words.next() == Some(name) {
        return None;
    }
    let words: Vec<&str> = words.collect();
    let held = Kind::ALL.iter().filter(|kind| words.contains(&kind.name()));
    Some(held.fold(Kinds::default(), |kinds, kind| kinds.with(*kind)))
}

/// Wakes the workers of this process when another one announces jobs; for PostgreSQL only.
pub async fn listen(worker: Worker, name: String, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Some(Err(error)) = stop.run_until_cancelled(hear(&worker, &name)).await {
            warn!(%error, "lost the connection that hears of new jobs; polling goes on");
            stop.run_until_cancelled(tokio::time::sleep(RECONNECT_AFTER))
                .await;
        }
    }
}

async fn hear(worker: &Worker, name: &str) -> Result<(), Error> {
    let mut listener = PgListener::connect_with(worker.db.writer().get_postgres_connection_pool()).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let announcement = listener.recv().await?;
        if let Some(kinds) = heard(name, announcement.payload()) {
            worker.wake.signal_local(kinds);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_heard_with_their_kinds_and_nobody_hears_themselves() {
        let kinds = Kinds::of(Kind::AskAgain).with(Kind::Route);
        let announcement = said("7-ab", kinds);
        assert_eq!(heard("7-ab", &announcement), None);
        assert_eq!(heard("7-a", &announcement), Some(kinds));
        assert_eq!(heard("7-a", "7-ab tidy"), Some(Kinds::default()));
    }
}
