//! `plaudit doctor`
use std::process::ExitCode;

use super::tenant::say;
use crate::{
    app::App,
    doctor::{self, Health},
    platform::{clock::Clock, config::Config},
};

/// Prints the findings; a failure where something does not work.
pub async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let app = App::connect(config.clone(), Clock::System).await;
    let findings = doctor::examine(&config, app.as_ref()).await;
    for finding in &findings {
        say(finding.to_string())?;
    }
    let is_well = findings.iter().all(|finding| finding.health != Health::Bad);
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
