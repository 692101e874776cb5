//! How much one client may send: bytes a request, requests a minute. Counted by each process for itself.
use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use poem::{Body, Endpoint, Request, http::StatusCode};

use uuid::Uuid;

use super::{Web, problem::Failure};
use crate::{access::Caller, capture::held::HeldFor, config::Limits};

/// Counters of requests.
#[derive(Debug)]
pub struct RateLimits {
    api: DefaultKeyedRateLimiter<String>,
    form: DefaultKeyedRateLimiter<(Kind, IpAddr)>,
    form_organisation: DefaultKeyedRateLimiter<(Kind, Uuid)>,
    form_token: DefaultKeyedRateLimiter<String>,
    newcomers: DefaultKeyedRateLimiter<IpAddr>,
    held: DefaultKeyedRateLimiter<(Kind, IpAddr)>,
    held_organisation: DefaultKeyedRateLimiter<(Kind, Uuid)>,
    held_typed: DefaultKeyedRateLimiter<(Kind, IpAddr)>,
    held_typed_organisation: DefaultKeyedRateLimiter<(Kind, Uuid)>,
    wrong_keys: DefaultKeyedRateLimiter<IpAddr>,
    links: DefaultKeyedRateLimiter<IpAddr>,
    wrong_codes: DefaultKeyedRateLimiter<IpAddr>,
}

/// The same form may be sent so often a minute: twice in a hurry, then with corrections.
const SENDINGS: u32 = 6;
/// A network that sent nothing for so long is a newcomer once. Customers send seldom; programs that imitate the page's
/// script and have few addresses for their many forms soon compete only with each other.
const QUIET: Duration = Duration::from_secs(600);

/// Where somebody typed, room to hold is saved up for so many minutes: behind one address with programs that imitate
/// people there are people, whose words are held rather than refused. A day holds hardly more for it.
const SAVED_MINUTES: u32 = 60;

/// What a form looks like: each has counters of its own, so that a program uses up nobody else's share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    /// The script of the page saw somebody type, and their network has been quiet.
    Newcomer,
    /// The script of the page saw somebody type.
    Typed,
    /// It was open for as long as people take.
    Patient,
    /// Something is wrong with it.
    Program,
}

/// What is known of a form that was sent.
#[derive(Clone, Debug)]
pub struct Sending<'a> {
    /// From where.
    pub address: IpAddr,
    /// For whom.
    pub organisation: Uuid,
    /// What tells it from others.
    pub token: &'a str,
    /// Whether the script of the page saw somebody type.
    pub typed: bool,
    /// What makes it look like a program's.
    pub doubts: Vec<HeldFor>,
}

impl RateLimits {
    /// Limits as configured.
    #[must_use]
    pub fn new(limits: &Limits) -> RateLimits {
        RateLimits {
            api: RateLimiter::keyed(per_minute(limits.api_per_minute)),
            form: RateLimiter::keyed(per_minute(limits.form_per_minute)),
            form_organisation: RateLimiter::keyed(per_minute(limits.form_organisation_per_minute)),
            form_token: RateLimiter::keyed(per_minute(SENDINGS)),
            newcomers: RateLimiter::keyed(once_in(QUIET)),
            held: RateLimiter::keyed(per_minute(limits.held_per_minute)),
            held_organisation: RateLimiter::keyed(per_minute(limits.held_organisation_per_minute)),
            held_typed: RateLimiter::keyed(saved_up(limits.held_per_minute)),
            held_typed_organisation: RateLimiter::keyed(saved_up(limits.held_organisation_per_minute)),
            wrong_keys: RateLimiter::keyed(per_minute(limits.wrong_keys_per_minute)),
            links: RateLimiter::keyed(per_minute(limits.sign_ins_per_minute)),
            wrong_codes: RateLimiter::keyed(per_minute(limits.sign_ins_per_minute)),
        }
    }

    /// Counts one call of a key.
    pub fn may_call(&self, caller: &Caller) -> Result<(), Failure> {
        self.api
            .check_key(&caller.actor)
            .map_err(|_| too_many("calls with this key"))
    }

    /// Counts one form, and answers why it is to be held: its doubts, or that too many came.
    pub fn admit_form(&self, sending: Sending<'_>) -> Result<Vec<HeldFor>, Failure> {
        let network = network(sending.address);
        let organisation = sending.organisation;
        if self.form_token.check_key(&sending.token.to_owned()).is_err() {
            return Err(too_many("sendings of this form"));
        }
        let kind = self.kind(&sending, network);
        let held_for = match kind {
            Kind::Program => sending.doubts,
            _ => self.crowd(kind, network, organisation),
        };
        if held_for.is_empty() || self.is_room_to_hold(kind, network, organisation) {
            return Ok(held_for);
        }
        Err(too_many("forms from this address"))
    }

    fn is_room_to_hold(&self, kind: Kind, network: IpAddr, organisation: Uuid) -> bool {
        let (of_network, of_organisation) = match kind {
            Kind::Newcomer | Kind::Typed => (&self.held_typed, &self.held_typed_organisation),
            Kind::Patient | Kind::Program => (&self.held, &self.held_organisation),
        };
        of_network.check_key(&(kind, network)).is_ok()
            && of_organisation.check_key(&(kind, organisation)).is_ok()
    }

    fn kind(&self, sending: &Sending<'_>, network: IpAddr) -> Kind {
        match (sending.doubts.is_empty(), sending.typed) {
            (false, _) => Kind::Program,
            (true, false) => Kind::Patient,
            (true, true) if self.newcomers.check_key(&network).is_ok() => Kind::Newcomer,
            (true, true) => Kind::Typed,
        }
    }

    fn crowd(&self, kind: Kind, network: IpAddr, organisation: Uuid) -> Vec<HeldFor> {
        if self.form.check_key(&(kind, network)).is_err() {
            return vec![HeldFor::Network];
        }
        match self.form_organisation.check_key(&(kind, organisation)) {
            Ok(()) => Vec::new(),
            Err(_) => vec![HeldFor::Organisation],
        }
    }

    /// Counts one correction of words that are here.
    pub fn may_correct(&self, address: IpAddr) -> Result<(), Failure> {
        self.form
            .check_key(&(Kind::Patient, network(address)))
            .map_err(|_| too_many("corrections from this address"))
    }

    /// Counts one wrong key. A right key always works, so that nobody behind the same address is locked out.
    pub fn note_wrong_key(&self, address: IpAddr) -> Result<(), Failure> {
        self.wrong_keys
            .check_key(&address)
            .map_err(|_| too_many("wrong keys from this address"))
    }

    /// Counts one request for a link to sign in. Opening a link is never refused, so nobody locks anybody out.
    pub fn may_ask_for_link(&self, address: IpAddr) -> Result<(), Failure> {
        self.links
            .check_key(&network(address))
            .map_err(|_| too_many("links from this network"))
    }

    /// Counts one code that was typed.
    pub fn may_try_code(&self, address: IpAddr) -> Result<(), Failure> {
        self.wrong_codes
            .check_key(&network(address))
            .map_err(|_| too_many("codes from this network"))
    }

    /// Forgets clients that have been quiet, so that memory does not grow with the number of addresses seen.
    pub fn forget_quiet_clients(&self) {
        self.api.retain_recent();
        self.form.retain_recent();
        self.form_organisation.retain_recent();
        self.form_token.retain_recent();
        self.newcomers.retain_recent();
        self.held.retain_recent();
        self.held_organisation.retain_recent();
        self.held_typed.retain_recent();
        self.held_typed_organisation.retain_recent();
        self.wrong_keys.retain_recent();
        self.links.retain_recent();
        self.wrong_codes.retain_recent();
    }
}

/// Who shares a count: an IPv4 address, or the 64 bits of an IPv6 one that a provider hands to one customer.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = address.to_bits() & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from_bits(prefix))
        }
        v4 => v4,
    }
}

fn per_minute(count: u32) -> Quota {
    Quota::per_minute(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN))
}

fn saved_up(count: u32) -> Quota {
    let saved = NonZeroU32::new(count.saturating_mul(SAVED_MINUTES));
    per_minute(count).allow_burst(saved.unwrap_or(NonZeroU32::MIN))
}

fn once_in(period: Duration) -> Quota {
    Quota::with_period(period).unwrap_or(Quota::per_minute(NonZeroU32::MIN))
}

fn too_many(of_what: &str) -> Failure {
    Failure::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_requests",
        "Too many requests",
        Some(format!("too many {of_what}; wait a minute")),
    )
}

/// Reads the body up to the limit before anybody else does; poem's own limit would refuse requests without a length.
pub async fn limit_body<E: Endpoint>(next: Arc<E>, mut request: Request) -> poem::Result<E::Output> {
    let config = request.data::<Web>().map(|web| web.app.config.clone());
    let Some(config) = config else {
        return next.call(request).await;
    };
    // The page of the roster holds the file once more, in base 64. A picture that is far too large to be a logo is read,
    // so that the page can say so beside the field.
    let path = request.uri().path();
    let files = ["/v1/imports", "/roster", "/settings/logo"];
    let limit = if files.iter().any(|files| path.starts_with(files)) {
        config.server.import_limit_bytes
    } else {
        config.server.body_limit_bytes
    };
    let bytes = request
        .take_body()
        .into_bytes_limit(limit)
        .await
        .map_err(|error| match error {
            poem::error::ReadBodyError::PayloadTooLarge => too_large(limit),
            other => poem::Error::from(other),
        })?;
    request.set_body(Body::from_bytes(bytes));
    next.call(request).await
}

fn too_large(limit: usize) -> poem::Error {
    let detail = format!("the body may have at most {limit} bytes");
    Failure::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        "The body is too large",
        Some(detail),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> RateLimits {
        let few = "[limits]\nform_per_minute = 2\nheld_per_minute = 3";
        RateLimits::new(&crate::config::Config::from_toml(few).unwrap().limits)
    }

    fn ip(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    /// A form of its own; `typed` if the script saw somebody type.
    fn admit(
        limits: &RateLimits,
        from: &str,
        typed: bool,
        doubts: &[HeldFor],
    ) -> Result<Vec<HeldFor>, Failure> {
        limits.admit_form(Sending {
            address: ip(from),
            organisation: Uuid::nil(),
            token: &Uuid::now_v7().to_string(),
            typed,
            doubts: doubts.to_vec(),
        })
    }

    #[test]
    fn programs_use_up_nobody_else_s_share() {
        let limits = limits();
        for _ in 0..3 {
            let held = admit(&limits, "127.0.0.1", false, &[HeldFor::TooFast]).unwrap();
            assert_eq!(held, [HeldFor::TooFast]);
        }
        let fourth = admit(&limits, "127.0.0.1", false, &[HeldFor::TooFast]);
        assert!(fourth.is_err(), "a fourth within the minute");
        assert_eq!(admit(&limits, "127.0.0.1", false, &[]).unwrap(), []);
    }

    #[test]
    fn more_people_than_usual_are_held_and_then_asked_to_wait() {
        let limits = limits();
        let network = &[HeldFor::Network][..];
        for held in [&[][..], &[], network, network, network] {
            assert_eq!(admit(&limits, "127.0.0.1", false, &[]).unwrap(), held);
        }
        assert!(admit(&limits, "127.0.0.1", false, &[]).is_err());
        assert_eq!(
            admit(&limits, "127.0.0.1", true, &[]).unwrap(),
            [],
            "somebody who types"
        );
        assert_eq!(admit(&limits, "127.0.0.2", false, &[]).unwrap(), []);
    }

    #[test]
    fn whoever_comes_from_a_quiet_network_is_let_in_while_others_crowd_the_organisation() {
        let few = "[limits]\nform_organisation_per_minute = 2";
        let limits = RateLimits::new(&crate::config::Config::from_toml(few).unwrap().limits);
        let organisation = &[HeldFor::Organisation][..];
        for held in [&[][..], &[], &[], organisation] {
            assert_eq!(admit(&limits, "127.0.0.1", true, &[]).unwrap(), held);
        }
        assert_eq!(admit(&limits, "127.0.0.2", true, &[]).unwrap(), []);
        assert_eq!(admit(&limits, "127.0.0.2", true, &[]).unwrap(), organisation);
    }

    #[test]
    fn somebody_who_types_beside_programs_that_imitate_people_is_held_and_not_refused() {
        let limits = limits();
        for sent in 0..3 + 3 * SAVED_MINUTES {
            let held = admit(&limits, "127.0.0.1", true, &[]).unwrap();
            assert_eq!(held.is_empty(), sent < 3, "form {sent}");
        }
        assert!(admit(&limits, "127.0.0.1", true, &[]).is_err(), "there is an end");
    }

    #[test]
    fn one_form_cannot_be_sent_for_ever() {
        let limits = RateLimits::new(&crate::config::Config::from_toml("").unwrap().limits);
        let send = || {
            limits.admit_form(Sending {
                address: ip("127.0.0.1"),
                organisation: Uuid::nil(),
                token: "the same",
                typed: true,
                doubts: Vec::new(),
            })
        };
        assert!((0..SENDINGS).all(|_| send().is_ok()));
        assert!(send().is_err());
    }

    #[test]
    fn a_customer_of_an_ipv6_provider_is_counted_once() {
        assert_eq!(
            network(ip("2001:db8:1:2:3:4:5:6")),
            network(ip("2001:db8:1:2::1"))
        );
        assert_ne!(network(ip("2001:db8:1:2::1")), network(ip("2001:db8:1:3::1")));
        assert_eq!(network(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }
}
