//! How many requests a minute one client may send. Counted by each process for itself.
use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use poem::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::{problem::Failure, room::Room};
use crate::{access::Caller, capture::held::HeldFor, platform::config::Limits};

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
    asking: Arc<Semaphore>,
    codes: DefaultKeyedRateLimiter<IpAddr>,
    codes_in_all: DefaultDirectRateLimiter,
    pub(super) room: Room,
    pushes: DefaultKeyedRateLimiter<Uuid>,
}

/// The same form may be sent so often a minute: twice in a hurry, then with corrections.
const SENDINGS: u32 = 6;
/// What one tool may push to a source in a second.
const PUSHES_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);
/// Requests for links that are being dealt with at the same time; while the database hangs no more are queued.
const ASKING: usize = 100;
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
            asking: Arc::new(Semaphore::new(ASKING)),
            codes: RateLimiter::keyed(per_minute(limits.sign_ins_per_minute)),
            codes_in_all: RateLimiter::direct(per_minute(limits.codes_per_minute)),
            room: Room::default(),
            pushes: RateLimiter::keyed(Quota::per_second(PUSHES_PER_SECOND)),
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
            .check_key(&network(address))
            .map_err(|_| too_many("wrong keys from this address"))
    }

    /// Counts one request for a link to sign in, by network and by the networks that one provider hands to one customer;
    /// what is returned is kept until it has been dealt with. Opening a link is never refused, so nobody locks anybody out.
    pub fn may_ask_for_link(&self, address: IpAddr) -> Result<OwnedSemaphorePermit, Failure> {
        check_networks(&self.links, address, "links from this network")?;
        let place = self.asking.clone().try_acquire_owned();
        place.map_err(|_| too_many("people ask for links"))
    }

    /// Counts one code that was typed: by network, by the networks that one provider hands to one customer, and in all,
    /// since codes are short and whoever guesses may have many networks.
    pub fn may_try_code(&self, address: IpAddr) -> Result<(), Failure> {
        check_networks(&self.codes, address, "codes from this network")?;
        self.codes_in_all.check().map_err(|_| {
            tracing::warn!("too many codes are typed: somebody may be guessing; codes wait a minute");
            too_many("codes are typed here")
        })
    }

    /// Counts one push to a source.
    pub fn may_push(&self, source: Uuid) -> Result<(), Failure> {
        self.pushes
            .check_key(&source)
            .map_err(|_| too_many("pushes to this address"))
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
        self.codes.retain_recent();
        self.pushes.retain_recent();
    }
}

fn check_networks(
    counts: &DefaultKeyedRateLimiter<IpAddr>,
    address: IpAddr,
    of_what: &str,
) -> Result<(), Failure> {
    let networks = [Some(network(address)), site_of(address)];
    for network in networks.into_iter().flatten() {
        counts.check_key(&network).map_err(|_| too_many(of_what))?;
    }
    Ok(())
}

/// Who shares a count: an IPv4 address, or the 64 bits of an IPv6 one that a provider hands to one customer.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = address.to_bits() & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from_bits(prefix))
        }
        v4 => v4,
    }
}

/// The 48 bits of an IPv6 address that a provider hands to one business.
fn site_of(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = address.to_bits() & (u128::MAX << 80);
            // Another key than that of the network whose further bits are 0.
            Some(IpAddr::V6(Ipv6Addr::from_bits(prefix | 1)))
        }
        IpAddr::V4(_) => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> RateLimits {
        let few = "[limits]\nform_per_minute = 2\nheld_per_minute = 3";
        RateLimits::new(&crate::platform::config::Config::from_toml(few).unwrap().limits)
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
        let limits = RateLimits::new(&crate::platform::config::Config::from_toml(few).unwrap().limits);
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
        let limits = RateLimits::new(&crate::platform::config::Config::from_toml("").unwrap().limits);
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
    fn codes_are_counted_by_provider_and_in_all() {
        let few = "[limits]\nsign_ins_per_minute = 3\ncodes_per_minute = 5";
        let limits = RateLimits::new(&crate::platform::config::Config::from_toml(few).unwrap().limits);
        let from = |address: String| limits.may_try_code(ip(&address)).is_ok();
        let of_one_provider = (0..9).filter(|network| from(format!("2001:db8:1:{network}::1")));
        assert_eq!(of_one_provider.count(), 3);
        let of_all = (0..9).filter(|provider| from(format!("2001:db8:{}::1", 100 + provider)));
        assert_eq!(of_all.count(), 2);
    }

    #[test]
    fn links_are_counted_by_provider_and_while_they_are_made() {
        let few = "[limits]\nsign_ins_per_minute = 3";
        let limits = RateLimits::new(&crate::platform::config::Config::from_toml(few).unwrap().limits);
        let asks = |address: String| limits.may_ask_for_link(ip(&address));
        let of_one_provider = (0..9).filter_map(|network| asks(format!("2001:db8:1:{network}::1")).ok());
        assert_eq!(of_one_provider.count(), 3);
        let under_way: Vec<_> = (0..200)
            .filter_map(|one| asks(format!("192.0.2.{one}")).ok())
            .collect();
        assert_eq!(under_way.len(), ASKING);
        drop(under_way);
        assert!(asks("198.51.100.1".to_owned()).is_ok());
    }

    #[test]
    fn wrong_keys_of_one_network_are_counted_together() {
        let few = "[limits]\nwrong_keys_per_minute = 3";
        let limits = RateLimits::new(&crate::platform::config::Config::from_toml(few).unwrap().limits);
        let wrong = (1..9).filter(|host| {
            limits
                .note_wrong_key(ip(&format!("2001:db8:1:2::{host}")))
                .is_ok()
        });
        assert_eq!(wrong.count(), 3);
    }

    #[test]
    fn a_tool_pushes_fifty_at_once_and_then_has_to_wait() {
        let limits = limits();
        assert!((0..50).all(|_| limits.may_push(Uuid::nil()).is_ok()));
        assert!((0..50).any(|_| limits.may_push(Uuid::nil()).is_err()));
        assert!(limits.may_push(Uuid::now_v7()).is_ok(), "another source");
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
