//! What reading from somebody else's service has in common, whichever service it is: where it is,
//! how long we wait, how often we may ask, what its refusals mean, and how its secrets are held.

mod advice;
mod failure;
mod limits;
mod network;
mod rate_limit;
mod secret;

pub use crate::platform::base_url::{BaseUrl, BaseUrlError};
pub(crate) use failure::connection_failure;
pub use failure::{Cause, Hang, ReadError, Remedy, UsagePeriod};
pub use limits::CallLimits;
pub(crate) use limits::within;
pub(crate) use network::Resolver;
pub use network::{Networks, PrivateAddress};
pub use rate_limit::RateLimit;
pub use secret::{Secret, SecretError};
