//! What a service's refusal means, and what a reader must do about it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use super::{PrivateAddress, RateLimit};

/// Signatures older or newer than this are refused by services that check their time.
const TOLERATED_SKEW: TimeDelta = TimeDelta::minutes(5);

/// A window is a quarter of an hour at X and five minutes at Mastodon; without a time we ask again after
/// the shortest wait X accepts.
const UNKNOWN_WINDOW: Duration = Duration::from_secs(60);

/// Reading gave nothing. The variants tell apart what needs different action; `remedy` says which.
///
/// The service's own words (`said`) are shown to administrators. They name requests and plans, never
/// customers' words, and are cut to a line.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ReadError {
    /// Too many calls in this window.
    #[error("too many calls in this window")]
    RateLimited {
        /// What the headers said.
        rate: RateLimit,
    },
    /// Too many connections at once.
    #[error("too many connections at once")]
    TooManyConnections,
    /// The plan's number of posts is used up.
    #[error("the plan's allowance is used up ({period:?}): {said}")]
    UsageCapped {
        /// When the allowance starts anew.
        period: UsagePeriod,
        /// The service's words.
        said: String,
    },
    /// The account with the service has no money left.
    #[error("no credit left at the service: {said}")]
    CreditUsedUp {
        /// The service's words.
        said: String,
    },
    /// The service does not know these secrets, or does not believe the time in their signature.
    #[error("the service does not accept the credentials: {said}")]
    Unauthorized {
        /// The service's words.
        said: String,
        /// The service's clock, from the answer's `Date`.
        server_time: Option<DateTime<Utc>>,
        /// The service said outright that the signature's time is wrong.
        blames_clock: bool,
    },
    /// The application's plan does not include this call.
    #[error("the plan does not include this call: {said}")]
    NotInPlan {
        /// The service's words.
        said: String,
    },
    /// The credentials are right but may not do this.
    #[error("the credentials do not permit this call: {said}")]
    Forbidden {
        /// The service's words.
        said: String,
    },
    /// The place to read on from is further back than the service keeps.
    #[error("the last post read is older than the service reaches back: {said}")]
    CursorTooOld {
        /// The service's words.
        said: String,
    },
    /// The service found the question itself wrong, a search rule for instance.
    #[error("the service refused the question: {said}")]
    BadQuestion {
        /// The service's words.
        said: String,
    },
    /// No such account, or no such service at this address.
    #[error("nothing there: {said}")]
    NotFound {
        /// The service's words.
        said: String,
    },
    /// The service sent us elsewhere. Secrets are not carried to another address.
    #[error("the address answers with a redirect (status {status}); configure the final address")]
    Moved {
        /// HTTP status, 300 to 399.
        status: u16,
    },
    /// Another call is in the way.
    #[error("the service says another call is in the way: {said}")]
    Conflict {
        /// The service's words.
        said: String,
    },
    /// The service is in trouble itself.
    #[error("the service failed (status {status})")]
    ServiceFailed {
        /// HTTP status.
        status: u16,
    },
    /// No answer in time.
    #[error("no answer in time: {0}")]
    Hung(Hang),
    /// The connection could not be made or broke, before or within the body.
    #[error("the connection failed: {0}")]
    Connection(String),
    /// The address leads into a network that may not be called.
    #[error(transparent)]
    Private(#[from] PrivateAddress),
    /// The body is larger than we take.
    #[error("the answer is larger than {limit} bytes")]
    Oversize {
        /// Largest body taken, in bytes.
        limit: usize,
    },
    /// A success that is not what was asked for: HTML, or cut JSON.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// Nobody asks, since the program was built without what asks.
    #[error("this plaudit was built without {0}")]
    LeftOut(&'static str),
}

/// Where an answer stopped.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Hang {
    /// Nothing came.
    #[error("nothing came")]
    BeforeHead,
    /// The body stopped.
    #[error("the body stopped midway")]
    InBody,
    /// It trickled on, beyond the time of a call.
    #[error("it came too slowly")]
    Altogether,
}

/// When a used-up allowance starts anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsagePeriod {
    /// At the next midnight, UTC.
    Daily,
    /// With the next month of the plan, or when it is raised.
    Monthly,
}

/// What a reader does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Ask again at this time, not before.
    WaitUntil(DateTime<Utc>),
    /// Ask again with growing, jittered waits, the first no shorter than this.
    Retry {
        /// Shortest first wait.
        at_least: Duration,
    },
    /// Read on from a time instead of an id, and report the gap.
    StartFromTime,
    /// Stop reading and tell an administrator: waiting does not help.
    Stop(Cause),
}

/// What an administrator has to put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Tokens are wrong or were revoked.
    Credentials,
    /// This machine's clock is wrong.
    Clock,
    /// The application's plan is too small.
    Plan,
    /// Credit must be bought.
    Credit,
    /// The application or token lacks a permission.
    Permission,
    /// The source's own settings: a search rule, an account name.
    Settings,
    /// The service's address.
    Address,
    /// The program itself, which lacks a part.
    Build,
}

impl ReadError {
    /// What to do at this time.
    #[must_use]
    pub fn remedy(&self, now: DateTime<Utc>) -> Remedy {
        match self {
            Self::RateLimited { rate } => match rate.resets_at {
                Some(resets_at) if resets_at > now => Remedy::WaitUntil(resets_at),
                _ => Remedy::Retry {
                    at_least: UNKNOWN_WINDOW,
                },
            },
            Self::TooManyConnections => Remedy::Retry {
                at_least: UNKNOWN_WINDOW,
            },
            Self::UsageCapped {
                period: UsagePeriod::Daily,
                ..
            } => Remedy::WaitUntil(next_midnight(now)),
            Self::CursorTooOld { .. } => Remedy::StartFromTime,
            Self::Unauthorized {
                server_time,
                blames_clock,
                ..
            } => Remedy::Stop(cause_of_refusal(*server_time, *blames_clock, now)),
            Self::Conflict { .. }
            | Self::ServiceFailed { .. }
            | Self::Hung(_)
            | Self::Connection(_)
            | Self::Oversize { .. }
            | Self::Unreadable(_) => Remedy::Retry {
                at_least: Duration::from_secs(5),
            },
            Self::UsageCapped {
                period: UsagePeriod::Monthly,
                ..
            }
            | Self::NotInPlan { .. } => Remedy::Stop(Cause::Plan),
            Self::CreditUsedUp { .. } => Remedy::Stop(Cause::Credit),
            Self::Forbidden { .. } => Remedy::Stop(Cause::Permission),
            Self::BadQuestion { .. } | Self::NotFound { .. } => Remedy::Stop(Cause::Settings),
            Self::Moved { .. } | Self::Private(_) => Remedy::Stop(Cause::Address),
            Self::LeftOut(_) => Remedy::Stop(Cause::Build),
        }
    }
}

/// The connection could not be made or broke, for these reasons: each names hosts and certificates, never
/// headers. Libraries repeat a cause within its consequence, which is said once.
pub(crate) fn connection_failure(outermost: Option<&(dyn std::error::Error + 'static)>) -> ReadError {
    let causes = || std::iter::successors(outermost, |error| error.source());
    if let Some(private) = causes().find_map(private_address) {
        return private.clone().into();
    }
    let said = causes()
        .map(ToString::to_string)
        .fold(String::new(), |said, cause| match said.as_str() {
            "" => cause,
            already if already.contains(cause.trim()) => said,
            already => format!("{already}: {cause}"),
        });
    ReadError::Connection(if said.is_empty() {
        "no reason given".to_owned()
    } else {
        said
    })
}

/// A resolver's error travels inside one of input and output.
fn private_address<'e>(cause: &'e (dyn std::error::Error + 'static)) -> Option<&'e PrivateAddress> {
    let inside = cause.downcast_ref::<std::io::Error>()?.get_ref()?;
    inside.downcast_ref()
}

/// A wrong clock looks like wrong credentials; the answer's `Date` tells them apart.
fn cause_of_refusal(server_time: Option<DateTime<Utc>>, blames_clock: bool, now: DateTime<Utc>) -> Cause {
    let is_off = server_time.is_some_and(|server| (server - now).abs() > TOLERATED_SKEW);
    if is_off || blames_clock {
        Cause::Clock
    } else {
        Cause::Credentials
    }
}

fn next_midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    const DAY: i64 = 86_400;
    let next = (now.timestamp().div_euclid(DAY) + 1) * DAY;
    DateTime::from_timestamp(next, 0).unwrap_or(now + TimeDelta::days(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    fn refused(server_time: &str, blames_clock: bool) -> Remedy {
        let server_time = server_time.parse().ok();
        ReadError::Unauthorized {
            said: String::new(),
            server_time,
            blames_clock,
        }
        .remedy(now())
    }

    #[test]
    fn a_window_that_already_ended_is_asked_again_after_a_minute() {
        let rate = RateLimit {
            resets_at: Some(now()),
            ..RateLimit::default()
        };
        let remedy = ReadError::RateLimited { rate }.remedy(now());
        assert_eq!(
            remedy,
            Remedy::Retry {
                at_least: Duration::from_secs(60)
            }
        );
    }

    #[test]
    fn a_daily_allowance_is_awaited_until_midnight_utc() {
        let capped = ReadError::UsageCapped {
            period: UsagePeriod::Daily,
            said: String::new(),
        };
        assert_eq!(
            capped.remedy(now()),
            Remedy::WaitUntil("2026-11-22T00:00:00Z".parse().unwrap())
        );
    }

    #[test]
    fn a_wrong_clock_is_told_apart_from_wrong_credentials() {
        assert_eq!(
            refused("2026-11-21T10:04:59Z", false),
            Remedy::Stop(Cause::Credentials)
        );
        assert_eq!(refused("2026-11-21T10:05:01Z", false), Remedy::Stop(Cause::Clock));
        assert_eq!(refused("2026-11-21T09:00:00Z", false), Remedy::Stop(Cause::Clock));
        assert_eq!(refused("", false), Remedy::Stop(Cause::Credentials));
        assert_eq!(refused("", true), Remedy::Stop(Cause::Clock));
    }
}
