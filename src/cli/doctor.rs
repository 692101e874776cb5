//! `plaudit doctor`
use super::tenant::say;
use crate::{
    app::App,
    doctor::{self, Health},
    platform::{clock::Clock, config::Config},
};

/// Prints the findings; `false` where something does not work.
pub async fn run(config: Config) -> anyhow::Result<bool> {
    let app = App::connect(config.clone(), Clock::System).await;
    let findings = doctor::examine(&config, app.as_ref()).await;
    for finding in &findings {
        say(finding.to_string())?;
    }
    Ok(findings.iter().all(|finding| finding.health != Health::Bad))
}
