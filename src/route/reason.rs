//! Why a notice goes to its reader: codes and ids, kept with the notice.
use chrono::{DateTime, Utc};
use sea_orm::prelude::Json;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What makes somebody the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The praised person reported to the reader on that day.
    Manager,
    /// Nobody nearer can be told; the reader manages the managers.
    ManagerAbove,
    /// The reader stands in for a manager who is away.
    Deputy,
    /// The reader leads the site, or one above it.
    SiteLead,
    /// The reader decides about what the shield keeps.
    SafeReader,
    /// Nobody nearer can be told.
    Administrator,
    /// A rule names auditors, and the reader is one.
    Auditor,
    /// A rule names the reader.
    Rule,
    /// It is about the reader, who wishes to be told.
    Oneself,
    /// Somebody above the reader passed praise of them on, by mail.
    PassedOn,
    /// A room or endpoint that is told of all praise.
    Channel,
    /// The reader's digest.
    Digest,
    /// Nobody who was asked before the reader has told the person.
    Unheard,
    /// What is to be passed on waits for the reader.
    Reminder,
    /// Nobody was found.
    Nobody,
}

/// Why somebody nearer is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// They are the one who is praised.
    IsPraised,
    /// They have left.
    Left,
    /// They are away, and somebody stands in for them.
    Absent,
    /// Neither account nor roster has an address.
    NoAddress,
    /// The mail server refused their address for good.
    AddressRefused,
    /// Their account is closed.
    Closed,
}

/// Why no mail leaves though somebody is the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Muted {
    /// The reader wishes mail less often, or none.
    Frequency,
    /// It is told in the digest only: site praise, or a source that asked for it.
    DigestOnly,
    /// Another mail on the same comment tells them.
    OtherMail,
    /// Mail is turned off in the settings.
    MailOff,
    /// Whoever is praised hid it from colleagues, and a room is one.
    Hidden,
}

/// How often a digest leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Every day.
    Day,
    /// Once a week.
    Week,
    /// Once a month.
    Month,
}

impl Every {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Every::Day => "day",
            Every::Week => "week",
            Every::Month => "month",
        }
    }
}

/// Somebody who would have been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The staff member.
    pub staff: Uuid,
    /// Why they are not.
    pub why: Obstacle,
}

/// Somebody who was asked to pass praise on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Their account.
    pub account: Uuid,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why a notice goes to its reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What makes them the reader.
    pub code: Code,
    /// The site they lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Uuid>,
    /// The staff member for whom they stand in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_for: Option<Uuid>,
    /// Who came first and cannot be told, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// Who was asked before and did not tell the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// Why no mail leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<Muted>,
    /// How often digests left for the reader when this one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Every>,
}

impl Reason {
    /// A reason without more to say.
    #[must_use]
    pub fn new(code: Code) -> Reason {
        Reason {
            code,
            site: None,
            stands_for: None,
            passed_over: Vec::new(),
            asked: None,
            muted: None,
            every: None,
        }
    }

    /// As it is kept.
    #[must_use]
    pub fn to_json(&self) -> Json {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// As it was kept; [`Code::Nobody`] where it cannot be read.
    #[must_use]
    pub fn read(json: &Json) -> Reason {
        serde_json::from_value(json.clone()).unwrap_or_else(|_| Reason::new(Code::Nobody))
    }
}
