//! Connections to public networks in the API: what is sent to make them, and how they are doing.
use chrono::{DateTime, Utc};
use entity::source;
use poem_openapi::{Enum, Object, types::Password};

use super::mailbox_view::{MailboxView, NewMailbox, UpdateMailbox};
use crate::{
    capture::{
        connection::{
            self, Account, ConnectionPatch, Credentials, Health, Mastodon, Settings, State, TestError, X,
        },
        mail,
        source::{
            NewSource, SourceError,
            health::{self, HookHealth},
        },
    },
    web::problem::Failure,
};

/// How to read a public network or a mailbox.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewConnection {
    /// X: API key, API key secret, access token and access token secret in this order, or a bearer token alone.
    /// Mastodon: the access token. A mailbox: the password. They are encrypted and never shown again.
    #[oai(validator(min_items = 1, max_items = 4))]
    pub secrets: Vec<Password>,
    /// X: the company's handle, whose mentions are read.
    #[oai(validator(max_length = 16))]
    pub handle: Option<String>,
    /// X: searches beside the mentions, in its query language.
    #[oai(validator(max_items = 5), default)]
    pub rules: Vec<String>,
    /// X: the application belongs to the account, whose mentions then cost a fifth.
    #[oai(default)]
    pub owns_application: bool,
    /// Mastodon: the server, `https://mastodon.example`.
    #[oai(validator(max_length = 500))]
    pub address: Option<String>,
    /// A mailbox: which.
    pub mailbox: Option<NewMailbox>,
    /// Most that a month (UTC) may cost, in millionths of a US dollar; left out for no limit.
    #[oai(validator(minimum(value = "0"), maximum(value = "1000000000000")))]
    pub budget_micro_dollars: Option<i64>,
    /// How many days back the first reading reaches.
    #[oai(validator(minimum(value = "0"), maximum(value = "7")), default)]
    pub days_back: i64,
}

/// What to change about how a public network or a mailbox is read; what is left out stays.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct UpdateConnection {
    /// New secrets, as when the source was made. They are needed where `address`, or a mailbox's `host`, `port`, `encryption`, `user` or
    /// `token_url` changes: those that are kept go to no other server.
    #[oai(validator(min_items = 1, max_items = 4))]
    pub secrets: Option<Vec<Password>>,
    /// X: other searches.
    #[oai(validator(max_items = 5))]
    pub rules: Option<Vec<String>>,
    /// X: whether the application belongs to the account.
    pub owns_application: Option<bool>,
    /// Mastodon: another address of the server.
    #[oai(validator(max_length = 500))]
    pub address: Option<String>,
    /// A mailbox: what is to change of it.
    pub mailbox: Option<UpdateMailbox>,
    /// Most that a month (UTC) may cost, in millionths of a US dollar. Reading goes on at once where it is raised.
    #[oai(validator(minimum(value = "0"), maximum(value = "1000000000000")))]
    pub budget_micro_dollars: Option<i64>,
    /// No limit any more.
    pub no_budget: Option<bool>,
}

/// What a connection is doing.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum ConnectionState {
    /// It reads
    Reading,
    /// An administrator paused it
    Paused,
    /// A person must put something right: see `stopped_by`
    Stopped,
    /// The budget does not cover another call
    BudgetReached,
    /// The service fails or asks us to wait; it is tried again
    Failing,
}

/// How a public network is read, and how that is going. Secrets are never shown.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ConnectionView {
    /// What it is doing.
    pub state: ConnectionState,
    /// The account it reads as, without `@`, once the service named it.
    pub account: Option<String>,
    /// X: the searches.
    pub rules: Option<Vec<String>>,
    /// X: whether the application belongs to the account.
    pub owns_application: Option<bool>,
    /// Mastodon: the server.
    pub address: Option<String>,
    /// A mailbox: which, and what became of its mails.
    pub mailbox: Option<MailboxView>,
    /// When the secrets were entered.
    pub secrets_entered_at: Option<DateTime<Utc>>,
    /// The last call that was answered.
    pub last_read_at: Option<DateTime<Utc>>,
    /// How far behind the present it is, once it has caught up for the first time.
    pub lag_seconds: Option<i64>,
    /// Posts that were charged this month (UTC).
    pub posts_this_month: i64,
    /// What this month cost, in millionths of a US dollar.
    pub spent_micro_dollars: i64,
    /// Most that a month may cost; absent for no limit.
    pub budget_micro_dollars: Option<i64>,
    /// What failed last, and what to do about it.
    pub last_error: Option<String>,
    /// When it failed.
    pub failed_at: Option<DateTime<Utc>>,
    /// What a person must put right: `credentials`, `clock`, `plan`, `credit`, `permission`, `settings` or `address`.
    pub stopped_by: Option<String>,
    /// From when on posts could not be fetched any more.
    pub gap_from: Option<DateTime<Utc>>,
    /// Until when.
    pub gap_to: Option<DateTime<Utc>>,
    /// Posts whose words are kept, and looked up again each day.
    pub kept_posts: i64,
    /// Since when kept posts were not looked up, where that is too long.
    pub unchecked_since: Option<DateTime<Utc>>,
}

/// What a test found.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct TestView {
    /// Whether it works.
    pub works: bool,
    /// The account it reads as, without `@`.
    pub account: Option<String>,
    /// What is wrong, and what to do.
    pub problem: Option<String>,
}

/// What is asked for beyond a plain source; an error where kind and connection do not fit together.
pub(super) fn connection_of(
    new: NewSource,
    given: Option<NewConnection>,
    mail: Option<&mail::Settings>,
) -> Result<Option<connection::NewConnection>, Failure> {
    let needs_one = connection::KINDS.contains(&new.kind.as_str());
    match given {
        None if needs_one => Err(invalid(format!("is needed for a source of kind {}", new.kind)).into()),
        Some(_) if !needs_one => Err(invalid(format!("is not for a source of kind {}", new.kind)).into()),
        None => Ok(None),
        Some(given) => Ok(Some(connection::NewConnection {
            credentials: credentials(&new.kind, &given.secrets)?,
            budget: given.budget_micro_dollars,
            days_back: given.days_back,
            settings: settings(&new.kind, given, mail)?,
            name: new.name,
            settle_seconds: new.settle_seconds,
        })),
    }
}

fn settings(kind: &str, given: NewConnection, mail: Option<&mail::Settings>) -> Result<Settings, Failure> {
    let is_of_mailbox = kind == "mailbox";
    if given.mailbox.is_some() && !is_of_mailbox {
        return Err(invalid("mailbox is a setting of mailboxes".to_owned()).into());
    }
    if kind == "x" {
        if given.address.is_some() {
            return Err(invalid("address is a setting of Mastodon's sources".to_owned()).into());
        }
        let missing = || invalid("handle is needed: the company's account".to_owned());
        return Ok(Settings::X(X {
            handle: given.handle.ok_or_else(missing)?,
            rules: given.rules,
            owns_application: given.owns_application,
        }));
    }
    if given.handle.is_some() || !given.rules.is_empty() || given.budget_micro_dollars.is_some() {
        let message = "handle, rules and budget_micro_dollars are settings of X's sources";
        return Err(invalid(message.to_owned()).into());
    }
    if is_of_mailbox {
        if given.address.is_some() {
            return Err(invalid("address is a setting of Mastodon's sources".to_owned()).into());
        }
        let missing = || invalid("mailbox is needed: host and user".to_owned());
        let mailbox = given.mailbox.ok_or_else(missing)?;
        return Ok(Settings::Mailbox(
            mailbox.settings(mail.cloned().unwrap_or_default()),
        ));
    }
    let missing = || invalid("address is needed: https://mastodon.example".to_owned());
    Ok(Settings::Mastodon(Mastodon {
        address: given.address.ok_or_else(missing)?,
    }))
}

fn credentials(kind: &str, secrets: &[Password]) -> Result<Credentials, Failure> {
    // One with a line break in it would be read as two.
    if secrets.iter().any(|secret| secret.trim().contains(['\n', '\r'])) {
        return Err(invalid("secrets: one of them has a line break within".to_owned()).into());
    }
    let lines: Vec<&str> = secrets.iter().map(|secret| secret.as_str()).collect();
    let read = Credentials::parse(kind, &lines.join("\n").into());
    read.map_err(|error| invalid(format!("secrets: {error}")).into())
}

fn invalid(message: String) -> SourceError {
    SourceError::Invalid {
        field: "connection",
        message,
    }
}

impl UpdateConnection {
    /// As the stage takes it.
    pub(super) fn patch(self, kind: &str) -> Result<ConnectionPatch, Failure> {
        let credentials = match &self.secrets {
            Some(secrets) => Some(credentials(kind, secrets)?),
            None => None,
        };
        let budget = match (self.no_budget, self.budget_micro_dollars) {
            (Some(true), Some(_)) => {
                let message = "give budget_micro_dollars or no_budget, not both";
                return Err(invalid(message.to_owned()).into());
            }
            (Some(true), None) => Some(None),
            (_, budget) => budget.map(Some),
        };
        Ok(ConnectionPatch {
            credentials,
            budget,
            rules: self.rules,
            owns_application: self.owns_application,
            address: self.address,
            mailbox: self.mailbox.map(UpdateMailbox::patch),
            mail: None,
        })
    }
}

impl ConnectionView {
    pub(super) fn of(source: &source::Model, health: Health, now: DateTime<Utc>) -> ConnectionView {
        let (mut rules, mut owns_application, mut address, mut mailbox) = (None, None, None, None);
        match Settings::of(source) {
            Some(Settings::X(x)) => {
                rules = Some(x.rules);
                owns_application = Some(x.owns_application);
            }
            Some(Settings::Mastodon(mastodon)) => address = Some(mastodon.address),
            Some(Settings::Mailbox(settings)) => mailbox = Some(MailboxView::of(settings, &health)),
            None => (),
        }
        ConnectionView {
            state: health.state.into(),
            rules,
            owns_application,
            address,
            mailbox,
            secrets_entered_at: health.secrets_entered_at,
            last_read_at: health.last_read_at,
            lag_seconds: health.lag(now).map(|lag| lag.num_seconds()),
            posts_this_month: health.spent.posts,
            spent_micro_dollars: health.spent.micro_dollars,
            budget_micro_dollars: health.budget,
            gap_from: health.gap.map(|(from, _)| from),
            gap_to: health.gap.map(|(_, to)| to),
            kept_posts: i64::try_from(health.kept_posts).unwrap_or(i64::MAX),
            account: health.account,
            last_error: health.error,
            failed_at: health.failed_at,
            stopped_by: health.stopped_by,
            unchecked_since: health.unchecked_since,
        }
    }
}

impl From<State> for ConnectionState {
    fn from(state: State) -> ConnectionState {
        match state {
            State::Reading => ConnectionState::Reading,
            State::Paused => ConnectionState::Paused,
            State::Stopped => ConnectionState::Stopped,
            State::BudgetReached => ConnectionState::BudgetReached,
            State::Failing => ConnectionState::Failing,
        }
    }
}

impl TestView {
    /// Whether what a tool pushes comes and can be read.
    pub(super) fn of_hook(health: &HookHealth) -> TestView {
        let problem = health::trouble(health);
        TestView {
            works: problem.is_none(),
            account: None,
            problem,
        }
    }

    /// What the service refuses is an answer; a source that is none of a network, or a failing database, an error.
    pub(super) fn of(outcome: Result<Account, TestError>) -> Result<TestView, Failure> {
        match outcome {
            Ok(account) => Ok(TestView {
                works: true,
                account: Some(account.handle),
                problem: None,
            }),
            Err(TestError::Database(error)) => Err(error.into()),
            Err(error @ TestError::NoConnection(_)) => Err(Failure::conflict(error)),
            Err(problem) => Ok(TestView {
                works: false,
                account: None,
                problem: Some(problem.to_string()),
            }),
        }
    }
}
