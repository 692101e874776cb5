//! `plaudit doctor`: looks at everything that Plaudit needs and says in words what is wrong and what to do.
mod audit_log;
mod database;
mod first_steps;
mod mail;
mod readers;
mod sources;
pub mod steps;
mod surroundings;

use std::fmt;

use crate::{
    app::{App, StartError},
    platform::config::Config,
};

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// As it should be.
    Good,
    /// It works, and somebody should look at it.
    Doubtful,
    /// It does not work.
    Bad,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The thing.
    pub subject: &'static str,
    /// How it stands.
    pub health: Health,
    /// What is wrong and what to do; or what is right.
    pub words: String,
}

impl Finding {
    fn good(subject: &'static str, words: impl Into<String>) -> Finding {
        Finding {
            subject,
            health: Health::Good,
            words: words.into(),
        }
    }

    fn doubtful(subject: &'static str, words: impl Into<String>) -> Finding {
        Finding {
            subject,
            health: Health::Doubtful,
            words: words.into(),
        }
    }

    fn bad(subject: &'static str, words: impl Into<String>) -> Finding {
        Finding {
            subject,
            health: Health::Bad,
            words: words.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.health {
            Health::Good => "good ",
            Health::Doubtful => "check",
            Health::Bad => "WRONG",
        };
        write!(f, "{mark}  {}: {}", self.subject, self.words)
    }
}

/// Looks at everything, database first. A database that cannot be reached is a finding, not an error.
pub async fn examine(config: &Config, app: Result<&App, &StartError>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match app {
        Ok(app) => {
            findings.extend(database::examine(app).await);
            if database::is_of_this_version(app).await {
                findings.push(database::dead_letters(app).await);
                findings.extend(sources::examine(app).await);
                findings.push(readers::examine(app).await);
                findings.push(audit_log::examine(app).await);
                findings.extend(first_steps::examine(app).await);
            }
        }
        Err(StartError::Database(error)) => findings.push(database::unusable(config, error)),
        Err(error) => {
            let subject = match error {
                StartError::Mail(_) => "mail",
                StartError::SecretKey(_) => "secret key",
                _ => "templates",
            };
            findings.push(Finding::bad(subject, error.to_string()));
            findings.push(Finding::doubtful(
                "database",
                "not looked at: the service does not start with these settings",
            ));
        }
    }
    findings.push(mail::examine(config).await);
    findings.extend(surroundings::examine(config));
    findings
}
