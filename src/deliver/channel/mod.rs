//! Ways by which notices leave: mail, which every account with an address has, and the rooms and endpoints that an
//! administrator adds. What a kind is particular in is here; what all have in common is in [`super::stage`].
mod http;
pub mod log;
pub mod mail;
pub mod manage;
pub(crate) mod pass_on;
pub mod room;
pub mod trial;
mod webhook;

use std::{fmt::Debug, future::Future, pin::Pin};

use chrono::{DateTime, TimeDelta, Utc};
use entity::channel;
use lettre::Address;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{compose::Message, link::Purpose};
use crate::{deliver::app::DeliverApp, route::reason::Muted, template::Language};

/// Who is told, and where.
#[derive(Clone, Debug)]
pub(crate) enum Recipient {
    /// Whoever reads mail there.
    Reader { account: Uuid, address: Address },
    /// A room or endpoint.
    Place(Box<Place>),
}

/// Where a room or endpoint is, and what signs for it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) channel: channel::Model,
    pub(crate) address: Url,
    /// The newest first.
    pub(crate) secrets: Vec<SecretString>,
}

impl Recipient {
    /// The room or endpoint, where it is one.
    pub(crate) fn channel(&self) -> Option<Uuid> {
        match self {
            Recipient::Reader { .. } => None,
            Recipient::Place(place) => Some(place.channel.id),
        }
    }
}

/// What leaves.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    /// The notice, or the first of several: the same however often it is delivered.
    pub(crate) about: Uuid,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Somebody else is responsible for it.
    Accepted,
    /// It never will be.
    Refused(Refused),
    /// It may be accepted later, not before `at` where the other side said so.
    Later {
        code: Option<u16>,
        why: String,
        at: Option<DateTime<Utc>>,
        /// Whether nothing else would be accepted there either.
        is_away: bool,
    },
}

/// What is refused for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The recipient is no more, or never was. The words are the other side's and may hold an address.
    Recipient { code: u16, words: String },
    /// This message.
    Message { code: Option<u16>, why: String },
}

impl Outcome {
    fn later(why: impl Into<String>) -> Outcome {
        Outcome::Later {
            code: None,
            why: why.into(),
            at: None,
            is_away: true,
        }
    }
}

/// The future of an attempt.
pub(crate) type Delivering<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// How often a room may be written to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Between two cards.
    pub(crate) gap: TimeDelta,
    /// Notices that one card gathers.
    pub(crate) most: usize,
}

/// Why an address cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WrongAddress {
    /// What would be right.
    #[error("{0}")]
    Malformed(&'static str),
    /// It is one of another kind.
    #[error("this is an address of {label}, whose kind is {kind}")]
    OfAnotherKind {
        /// That kind.
        kind: String,
        /// As its maker calls it.
        label: String,
    },
}

/// A kind of recipients.
pub(crate) trait Channel: Send + Sync + Debug {
    /// As its maker calls it.
    fn label(&self) -> &str;

    /// What to click there until one has its address, and the language of that; none where it is a program's.
    fn steps(&self, _language: &str) -> Option<(&str, &[String])> {
        None
    }

    /// Whether an address can be one of this kind; else what would be right.
    fn reach(&self, address: &str) -> Result<(), WrongAddress>;

    /// A new secret, as the other side is told it; none for kinds whose address is the secret.
    fn new_secret(&self) -> Option<SecretString> {
        None
    }

    /// Why a message is not for this kind, though its recipient would be told.
    fn mutes(&self, _: &Message) -> Option<Muted> {
        None
    }

    /// Where several messages may become one; none where each is sent as it comes.
    fn pace(&self) -> Option<Pace> {
        None
    }

    /// Waits before the attempts after the first; then it is given up.
    fn waits(&self) -> &'static [TimeDelta] {
        &WAITS
    }

    /// The links that its messages hold.
    fn links(&self) -> &'static [Purpose] {
        &[]
    }

    /// How many are under way at the same time.
    fn together(&self, _: &DeliverApp) -> usize {
        16
    }

    /// Puts messages to one recipient into the form of the kind; none where nothing is left to tell. More than one where
    /// there is a pace, and in a mail that gathers what waited.
    fn render(
        &self,
        app: &DeliverApp,
        messages: &[&Message],
        to: &Recipient,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<Rendered>>;

    /// Something that tells nothing, to see whether it arrives.
    fn trial(&self, app: &DeliverApp, to: &Place, language: Language) -> anyhow::Result<Rendered>;

    /// Hands over what was rendered.
    fn deliver<'a>(
        &'a self,
        app: &'a DeliverApp,
        to: &'a Recipient,
        rendered: &'a Rendered,
    ) -> Delivering<'a>;
}

/// As the Standard Webhooks 1.0 ask for.
const WAITS: [TimeDelta; 9] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(14),
    TimeDelta::hours(20),
    TimeDelta::hours(24),
];

/// The kinds of rooms and endpoints.
pub fn kinds() -> Vec<&'static str> {
    let mut kinds = vec![WEBHOOK];
    kinds.extend(room::all().map(|(kind, _)| kind));
    kinds
}

/// A kind of rooms or endpoints, for whoever chooses one.
#[derive(Clone, Debug)]
pub struct KindOf {
    /// Its name.
    pub kind: &'static str,
    /// As its maker calls it.
    pub label: &'static str,
    /// What to click there, and the language of that; none for endpoints.
    pub steps: Option<(&'static str, &'static [String])>,
}

/// All of them: rooms, then endpoints.
pub fn to_choose_from(language: &str) -> Vec<KindOf> {
    let mut kinds: Vec<KindOf> = kinds()
        .into_iter()
        .filter_map(|kind| {
            let channel = of_kind(kind)?;
            Some(KindOf {
                kind,
                label: channel.label(),
                steps: channel.steps(language),
            })
        })
        .collect();
    kinds.sort_by_key(|kind| (kind.steps.is_none(), kind.label));
    kinds
}

/// As its maker calls a kind.
pub fn label(kind: &str) -> Option<&'static str> {
    Some(of_kind(kind)?.label())
}

/// Whether what is sent to this kind is signed with a secret.
pub fn has_secret(kind: &str) -> bool {
    kind == WEBHOOK
}

const WEBHOOK: &str = "webhook";

/// The kind of rooms or endpoints with this name.
pub(crate) fn of_kind(name: &str) -> Option<&'static dyn Channel> {
    if name == WEBHOOK {
        return Some(&webhook::Webhook);
    }
    let mut rooms = room::all();
    let found = rooms.find(|(kind, _)| *kind == name);
    found.map(|(_, room)| room as &dyn Channel)
}

/// Opens what is kept of a channel.
pub(crate) fn place(app: &DeliverApp, channel: &channel::Model) -> anyhow::Result<Place> {
    let about = about(channel.organisation_id, channel.id);
    let address = app.secrets.open(&channel.address, &about)?;
    let secrets = app.secrets.open(&channel.secrets, &about)?;
    Ok(Place {
        channel: channel.clone(),
        address: address.expose_secret().parse()?,
        secrets: secrets.expose_secret().lines().map(SecretString::from).collect(),
    })
}

/// What sealed values of a channel are bound to.
fn about(organisation: Uuid, channel: Uuid) -> String {
    format!("{organisation}/channel/{channel}")
}
