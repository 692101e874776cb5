//! What a failure means to the administrator who reads of it.
use chrono::{DateTime, Utc};

use super::{Cause, ReadError, Remedy};

impl Cause {
    /// Its name in tables and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Cause::Credentials => "credentials",
            Cause::Clock => "clock",
            Cause::Plan => "plan",
            Cause::Credit => "credit",
            Cause::Permission => "permission",
            Cause::Settings => "settings",
            Cause::Address => "address",
            Cause::Build => "build",
        }
    }

    /// What to do.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Cause::Credentials => "enter the secrets again; they may have been revoked",
            Cause::Clock => {
                "set this machine's clock: it differs from the service's by more than five minutes"
            }
            Cause::Plan => "choose a larger plan, or attach the application to a project",
            Cause::Credit => "buy credit at the service",
            Cause::Permission => "give the application the permission to read, then make its token anew",
            Cause::Settings => "correct the search rule or the account's name",
            Cause::Address => "enter the address that the service documents",
            Cause::Build => "install a plaudit that has it",
        }
    }
}

impl ReadError {
    /// What went wrong and what to do about it, in one line.
    #[must_use]
    pub fn told(&self, now: DateTime<Utc>) -> String {
        match self.remedy(now) {
            Remedy::Stop(cause) => format!("{self}; {}", cause.advice()),
            _ => self.to_string(),
        }
    }
}
