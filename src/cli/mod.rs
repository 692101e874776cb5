//! The command line: one file a command. Errors are one plain line; exit status 2 for misuse, 1 for failure.
pub mod attribute;
pub mod audit;
pub mod backup;
pub mod channel;
pub mod demo;
pub mod doctor;
pub mod import;
pub mod init;
pub mod invite;
pub mod jobs;
pub mod key;
pub mod openapi;
mod owner;
pub mod packaging;
pub mod person;
pub mod preview;
pub mod rebuild;
pub mod second_factor;
pub mod serve;
pub mod sign_on;
pub mod source;
pub mod statement;
mod tenant;
pub mod uninvite;
pub mod verify;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::{
    app::App,
    platform::{clock::Clock, config::Config, telemetry},
};

const FILES: &str = "\
Files:
  plaudit.toml                in the working directory: settings, where --config names no file
  /etc/plaudit/plaudit.toml   settings of an installation by package, where neither is there

Environment:
  PLAUDIT_SECTION__SETTING    one setting, before what the file says: PLAUDIT_SERVER__BIND is [server] bind";

/// Customers praise the people who served them; Plaudit works out who earned it and tells them.
#[derive(Debug, Parser)]
#[command(name = "plaudit", version, about, after_help = FILES, max_term_width = 110)]
struct Cli {
    /// Settings file; otherwise plaudit.toml in this directory or /etc/plaudit/plaudit.toml, if there is one
    #[arg(long, global = true, env = "PLAUDIT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the pages and the API, and do the background work
    Serve(serve::Serve),
    /// Do background work only, beside servers on PostgreSQL
    Work(serve::Work),
    /// Bring the database schema up to date
    Migrate,
    /// Create an organisation with its sources, its first administrator and a first key
    Init(init::Init),
    /// Import a roster or comments from a file
    Import(import::Import),
    /// Give someone a role and print a link that signs them in
    Invite(invite::Invite),
    /// Remove someone's roles
    Uninvite(uninvite::Uninvite),
    /// Manage where people sign in through their company
    SignOn(sign_on::SignOn),
    /// Take someone's second factor off, or ask holders of roles for none any more
    SecondFactor(second_factor::SecondFactor),
    /// Erase a former employee, or let their number in again
    Person(person::Person),
    /// Create, list and revoke API keys
    Key(key::Key),
    /// Manage sources
    Source(source::Source),
    /// Manage chat rooms and webhooks that are told of praise
    Channel(channel::Channel),
    /// List and retry failed jobs
    Jobs(jobs::Jobs),
    /// Say whether a record that somebody shows was issued here and is unchanged
    Verify(verify::Verify),
    /// Print what is done with people's data, for works councils and data protection officers
    Statement(statement::Statement),
    /// Prove that the audit log is as it was written, or write it out
    Audit(audit::Audit),
    /// Recompute recognitions and counters, and correct what differs
    Rebuild(rebuild::Rebuild),
    /// Try the attribution on a file of texts and a roster file, without a database
    Attribute(attribute::Attribute),
    /// Try Plaudit with sample data, on this machine only
    Demo(demo::Demo),
    /// Check the installation
    Doctor,
    /// Back up the database into a file while the service runs
    Backup(backup::Backup),
    /// Render every page and mail with sample data into files
    Preview(preview::Preview),
    /// Print the OpenAPI document
    Openapi,
    /// Write manual pages and completions of shells into a directory
    #[command(hide = true)]
    Packaging(packaging::Packaging),
}

impl Command {
    /// Whether files are named that the owner of the data may have no right to.
    fn opens_files_of_caller(&self) -> bool {
        matches!(
            self,
            Command::Import(_)
                | Command::Backup(_)
                | Command::Source(_)
                | Command::SignOn(_)
                | Command::Verify(_)
                | Command::Statement(_)
        )
    }
}

/// Misuse: what was asked for cannot be done as it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Misuse(pub String);

/// Parses the arguments, runs the command, prints one line if it fails.
#[must_use]
pub fn run() -> ExitCode {
    static_libc::look_up_by_files_and_dns();
    let cli = Cli::parse();
    for name in Config::unknown_variables() {
        eprintln!("plaudit: {name} is not a setting and is ignored; config.default.toml names them all");
    }
    match run_command(cli) {
        Ok(code) => code,
        Err(error) => {
            let is_misuse = error.is::<Misuse>() || error.is::<crate::platform::config::ConfigError>();
            eprintln!("plaudit: {error:#}");
            ExitCode::from(if is_misuse { 2 } else { 1 })
        }
    }
}

fn run_command(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Openapi => openapi::print()?,
        Command::Packaging(command) => command.run()?,
        Command::Attribute(command) => return command.run(),
        Command::Demo(command) => runtime()?.block_on(command.run())?,
        Command::Preview(command) => command.run(&Config::load(cli.config.as_deref())?)?,
        command => {
            let config = Config::load(cli.config.as_deref())?;
            let serves = matches!(command, Command::Serve(_) | Command::Work(_));
            if !serves {
                owner::become_owner_of(&config, command.opens_files_of_caller())?;
            }
            telemetry::log::start(&config.log, !serves);
            return runtime()?.block_on(run_service(command, config));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

async fn run_service(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    let command = match command {
        Command::Init(command) => return command.run(config).await.map(|()| ExitCode::SUCCESS),
        Command::Doctor => return doctor::run(config).await,
        command => command,
    };
    let app = App::connect(config, Clock::System)
        .await
        .context("cannot start; plaudit doctor says more")?;
    match command {
        Command::Serve(command) => command.run(app).await,
        Command::Work(command) => command.run(app).await,
        Command::Migrate => Ok(app.db.migrate().await?),
        Command::Import(command) => command.run(app).await,
        Command::Invite(command) => command.run(app).await,
        Command::Uninvite(command) => command.run(app).await,
        Command::SignOn(command) => command.run(app).await,
        Command::SecondFactor(command) => command.run(app).await,
        Command::Person(command) => command.run(app).await,
        Command::Key(command) => command.run(app).await,
        Command::Source(command) => command.run(app).await,
        Command::Channel(command) => command.run(app).await,
        Command::Jobs(command) => command.run(app).await,
        Command::Backup(command) => command.run(&app).await,
        Command::Verify(command) => command.run(&app).await,
        Command::Audit(command) => command.run(&app).await,
        Command::Statement(command) => command.run(&app).await,
        Command::Rebuild(command) => return command.run(app).await,
        Command::Attribute(_)
        | Command::Demo(_)
        | Command::Doctor
        | Command::Init(_)
        | Command::Openapi
        | Command::Packaging(_)
        | Command::Preview(_) => Ok(()),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// `1 line`, `2 lines`.
fn counted(count: u64, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}
