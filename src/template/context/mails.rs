//! Mails that are sent at once.
use chrono::NaiveDate;
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Context, MailFrame, Person, Post, SourceName, Why};

/// Somebody was praised, as mails and rooms tell it: one comment, though it may praise several people.
#[derive(Clone, Debug, Serialize)]
pub struct Praise {
    /// The people the words praise; empty for praise of a site.
    pub people: Vec<Person>,
    /// Their given names.
    pub names: Vec<String>,
    /// Whether the reader is the person who is praised.
    pub oneself: bool,
    /// The words, evidence marked. None for a post of X: `post` then says where they are.
    pub words: Option<Words>,
    /// The author and address of a public post.
    pub post: Option<Post>,
    /// The customer's name as they gave it.
    pub author: Option<String>,
    /// The way it came in.
    pub source: SourceName,
    /// Where it was.
    pub site: Option<String>,
    /// When it was.
    pub at: Moment,
    /// Why it is theirs.
    pub why: Vec<Why>,
    /// Who was asked before to tell them and has not; none where the reader is the first.
    pub asked: Option<AskedBefore>,
    /// The page of just this praise (a capability).
    pub praise_url: String,
}

/// Somebody was asked to pass praise on, and has not.
#[derive(Clone, Debug, Serialize)]
pub struct AskedBefore {
    /// Their name; none for somebody who is not on the roster.
    pub name: Option<String>,
    /// The day on which they were asked.
    pub day: NaiveDate,
}

/// What is to be passed on by the end of the day, and what else waits.
#[derive(Clone, Debug, Serialize)]
pub struct ReminderMail {
    /// The frame.
    pub mail: MailFrame,
    /// Thank-yous, what is due first before the rest; some of many.
    pub rows: Vec<ReminderRow>,
    /// How many wait.
    pub waiting: u64,
    /// How many of them are not named.
    pub more: u64,
    /// The desk.
    pub desk_url: String,
}

/// Praise that waits to be passed on.
#[derive(Clone, Debug, Serialize)]
pub struct ReminderRow {
    /// Whose.
    pub name: String,
    /// By which day they are to hear of it.
    pub day: NaiveDate,
}

/// One mail that gathers what waited for the end of quiet hours, or for the hour.
#[derive(Clone, Debug, Serialize)]
pub struct GatheredMail {
    /// The frame.
    pub mail: MailFrame,
    /// What waited, oldest first; two at least.
    pub items: Vec<GatheredItem>,
}

/// As what something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GatheredKind {
    /// Praise.
    Praise,
    /// Somebody must say whom words mean.
    Triage,
    /// A complaint.
    Complaint,
    /// The shield keeps it until the reader decides; neither words nor place are told.
    Shielded,
}

/// One of several things that a mail tells.
#[derive(Clone, Debug, Serialize)]
pub struct GatheredItem {
    /// As what it is told.
    pub kind: GatheredKind,
    /// Whether it is praise of the reader.
    pub oneself: bool,
    /// The people whom it praises.
    pub people: Vec<Person>,
    /// Their given names.
    pub names: Vec<String>,
    /// The words, perhaps shortened; none for a post of X.
    pub words: Option<Words>,
    /// The author and address of a public post.
    pub post: Option<Post>,
    /// The customer's name as they gave it.
    pub author: Option<String>,
    /// The way it came in.
    pub source: SourceName,
    /// Where it was.
    pub site: Option<String>,
    /// When it was.
    pub at: Moment,
    /// The page of just this praise, or its place on the desk.
    pub url: String,
}

/// The mail that tells of praise.
#[derive(Clone, Debug, Serialize)]
pub struct PraiseMail {
    /// The frame.
    pub mail: MailFrame,
    /// What it tells.
    #[serde(flatten)]
    pub praise: Praise,
}

/// Somebody must say whom words mean.
#[derive(Clone, Debug, Serialize)]
pub struct TriageMail {
    /// The frame.
    pub mail: MailFrame,
    /// The words, evidence marked; none for a post of X.
    pub words: Option<Words>,
    /// The author and address of a public post.
    pub post: Option<Post>,
    /// The way it came in.
    pub source: SourceName,
    /// Where it was.
    pub site: Option<String>,
    /// When it was.
    pub at: Moment,
    /// Who may be meant, best first; perhaps nobody.
    pub candidates: Vec<Candidate>,
    /// Who is credited already by the same words.
    pub credited: Vec<String>,
    /// Where to decide.
    pub decide_url: String,
}

/// The shield keeps words back until the reader decides; none of them stand here.
#[derive(Clone, Debug, Serialize)]
pub struct ShieldedMail {
    /// The frame.
    pub mail: MailFrame,
    /// What the words seem to say: keys of sentences.
    pub why: Vec<&'static str>,
    /// Where to decide.
    pub decide_url: String,
}

/// Somebody who may be meant.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate {
    /// The name.
    pub name: String,
    /// What they do, and where.
    pub job_title: Option<String>,
    /// How sure the engine is, 1 to 99; none where a person named them.
    pub in_hundred: Option<u8>,
    /// The same in words: a key below `sure.`.
    pub sure: Option<&'static str>,
    /// Why.
    pub why: Option<Why>,
}

/// Something went wrong for a customer.
#[derive(Clone, Debug, Serialize)]
pub struct ComplaintMail {
    /// The frame.
    pub mail: MailFrame,
    /// The words, never marked; none for a post of X.
    pub words: Option<Words>,
    /// The author and address of a public post.
    pub post: Option<Post>,
    /// The way it came in.
    pub source: SourceName,
    /// Where it was.
    pub site: Option<String>,
    /// When it was.
    pub at: Moment,
    /// The score as given.
    pub score: Option<Score>,
    /// Whether the same comment also thanks somebody.
    pub also_thanks: bool,
    /// The comment on the desk.
    pub desk_url: Option<String>,
}

/// "3 of 10".
#[derive(Clone, Debug, Serialize)]
pub struct Score {
    /// What was given.
    pub value: f64,
    /// The highest there is.
    pub highest: i32,
}

/// A link that signs in.
#[derive(Clone, Debug, Serialize)]
pub struct SignInMail {
    /// The frame; `unsubscribe_url` is none.
    pub mail: MailFrame,
    /// The one-time link.
    pub url: String,
    /// Minutes it works.
    pub minutes: u64,
}

/// A warning to whoever owns an account.
#[derive(Clone, Debug, Serialize)]
pub struct AlertMail {
    /// The frame; `unsubscribe_url` is none.
    pub mail: MailFrame,
    /// `new_device`, `address_changed`, `linked`, `emergency`, `sync_stopped`, `role_granted`, `role_ended`,
    /// `second_factor_taken_off`, `recovery_code_used`, `wrong_codes` or `sessions_ended`.
    pub kind: &'static str,
    /// Browser and system, or the provider; empty where it is about none.
    pub device: String,
    /// When it happened.
    pub at: Moment,
    /// Every role that one holds, where it is about roles.
    pub roles: Vec<HeldRole>,
    /// Where one is signed in, or signs in.
    pub url: String,
}

impl Context for GatheredMail {
    const NAME: &'static str = "email/gathered";

    fn language(&self) -> Language {
        self.mail.language
    }
}

/// A role and where it holds.
#[derive(Clone, Debug, Serialize)]
pub struct HeldRole {
    /// `administrator`, `auditor` or `site_lead`.
    pub role: &'static str,
    /// The path of the site that is led; none: everywhere.
    pub site: Option<String>,
}

impl Context for PraiseMail {
    const NAME: &'static str = "email/praise";

    fn language(&self) -> Language {
        self.mail.language
    }
}

impl Context for ReminderMail {
    const NAME: &'static str = "email/reminder";

    fn language(&self) -> Language {
        self.mail.language
    }
}

impl Context for TriageMail {
    const NAME: &'static str = "email/triage";

    fn language(&self) -> Language {
        self.mail.language
    }
}

impl Context for ShieldedMail {
    const NAME: &'static str = "email/shielded";

    fn language(&self) -> Language {
        self.mail.language
    }
}

impl Context for ComplaintMail {
    const NAME: &'static str = "email/complaint";

    fn language(&self) -> Language {
        self.mail.language
    }
}

impl Context for SignInMail {
    const NAME: &'static str = "email/sign-in";

    fn language(&self) -> Language {
        self.mail.language
    }
}

impl Context for AlertMail {
    const NAME: &'static str = "email/alert";

    fn language(&self) -> Language {
        self.mail.language
    }
}
