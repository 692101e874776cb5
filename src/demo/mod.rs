//! The demo: an invented organisation with four months behind it, so that a newcomer sees the whole product at work.
//!
//! Nothing is written past the product: people come by the roster import, comments through `capture::store`, and every
//! stage works them off on a clock that runs from four months ago to now. Then the service is served as usual.
pub mod company;
pub mod directory;
mod leads;
pub mod links;
mod managers;
mod sample;
pub mod seed;
pub mod story;
mod words;

use std::net::SocketAddr;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;

use crate::{
    app::App,
    platform::{
        clock::Clock,
        config::{Config, ConfigError, MailTransport, Synchronous},
    },
};

pub use directory::{Directory, DirectoryError};
pub use sample::Sample;

/// As the audit log names what the demo does.
const ACTOR: &str = "demo";
/// How many comments the demo's customers have made.
pub const COMMENTS: usize = 400;

/// The demo's settings: its own directory, no metrics, quiet; nothing of the installation's own is read.
pub fn config(sample: &Sample, directory: &Directory, bind: SocketAddr) -> Result<Config, ConfigError> {
    let mut config = Config::from_toml("")?;
    config.database.url = directory.database_url().into();
    config.database.sqlite_synchronous = Synchronous::Normal;
    config.secret_key_file = directory.secret_key().display().to_string();
    config.server.bind = bind;
    config.server.base_url = format!("http://{bind}");
    config.mail.transport = MailTransport::Directory;
    config.mail.directory = directory.mails().display().to_string();
    config.mail.from = sample.company.from.clone();
    config.metrics.bind = String::new();
    config.log.level = "warn".to_owned();
    Ok(config)
}

/// Makes the company live through `count` comments that end at `now`; does nothing where it has done so already.
pub async fn make_company(
    sample: &Sample,
    mut config: Config,
    directory: &Directory,
    count: usize,
    now: DateTime<Utc>,
    progress: impl Fn(usize),
) -> anyhow::Result<()> {
    if directory.is_seeded() {
        return Ok(());
    }
    // Nothing is lost with the power that could not be invented again.
    config.database.sqlite_synchronous = Synchronous::Off;
    let app = App::connect(config, Clock::fixed(now)).await?;
    app.db.migrate().await?;
    let key = seed::seed(&app, sample, count, now, progress).await?;
    app.service.db.close().await;
    Ok(directory.set_seeded(key.expose_secret())?)
}
