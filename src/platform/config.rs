//! Settings: `config.default.toml` (which documents each), then a file, then the environment.
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use figment::{
    Figment, Provider,
    providers::{Env, Format, Toml},
};
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::base_url::BaseUrl;

const DEFAULTS: &str = include_str!("../../config.default.toml");
const PREFIX: &str = "PLAUDIT_";
/// Settings of a checkout or a directory of one's own, and of an installation by package.
const OWN_FILES: [&str; 2] = ["plaudit.toml", "/etc/plaudit/plaudit.toml"];
/// Environment variables with our prefix that are not settings.
const NOT_SETTINGS: &[&str] = &["config", "organisation", "source_secrets"];
/// What tests are told begins so.
const OF_TESTS: &str = "test_";

/// All settings. Units are in the names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The file that was read beside the defaults, if any.
    #[serde(skip)]
    pub read_from: Option<PathBuf>,
    /// 32 bytes in base64; see [`crate::platform::secret`].
    pub secret_key: SecretString,
    /// A file that holds the same.
    pub secret_key_file: String,
    /// Where rows are kept.
    pub database: Database,
    /// What listens to people and programs.
    pub server: Server,
    /// How much one client may ask for.
    pub limits: Limits,
    /// How jobs are worked off.
    pub worker: Worker,
    /// How mails leave.
    pub mail: Mail,
    /// Where metrics are served.
    pub metrics: Metrics,
    /// What is logged, and how.
    pub log: Log,
    /// Templates of one's own.
    pub templates: Templates,
    /// Which addresses may be called.
    pub outbound: Outbound,
    /// How public networks are read.
    pub reading: Reading,
    /// How long the audit log is kept.
    pub audit: Audit,
    /// What is particular to X.
    pub x: X,
}

/// Section `[database]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite://FILE` or `postgres://…`, which may hold a password.
    pub url: SecretString,
    /// Size of PostgreSQL's pool.
    pub max_connections: u32,
    /// How SQLite waits for the disk.
    pub sqlite_synchronous: Synchronous,
    /// Whether `serve` and `work` migrate first.
    pub migrate_at_start: bool,
}

impl Database {
    /// Whether the address is of a SQLite file.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.url.expose_secret().starts_with("sqlite:")
    }

    /// The file of SQLite.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        let file = self.url.expose_secret().strip_prefix("sqlite://")?;
        file.split('?').next().map(PathBuf::from)
    }
}

/// SQLite's `PRAGMA synchronous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// A committed row survives a power cut.
    Full,
    /// It survives a crash of the process.
    Normal,
    /// For tests.
    Off,
}

/// Section `[server]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Listening address.
    pub bind: SocketAddr,
    /// Public address, without a trailing slash.
    pub base_url: String,
    /// Further names under which it is reached.
    pub hosts: Vec<String>,
    /// Whether people may reach it without https beyond this machine.
    pub allow_plain_http: bool,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Largest body.
    pub body_limit_bytes: usize,
    /// Largest file of an import over HTTP.
    pub import_limit_bytes: usize,
    /// Connections at the same time.
    pub max_connections: usize,
    /// Time for the first request of a connection.
    pub header_seconds: u64,
    /// Time between two requests of a connection.
    pub idle_seconds: u64,
    /// Time for the beginning of a body.
    pub body_seconds: u64,
    /// Time for open requests at stop.
    pub stop_seconds: u64,
}

/// Section `[limits]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// By key.
    pub api_per_minute: u32,
    /// By network; more are held.
    pub form_per_minute: u32,
    /// By organisation; more are held.
    pub form_organisation_per_minute: u32,
    /// Held ones by network; more are refused.
    pub held_per_minute: u32,
    /// Held ones by organisation; more are refused.
    pub held_organisation_per_minute: u32,
    /// By address.
    pub wrong_keys_per_minute: u32,
    /// By network.
    pub sign_ins_per_minute: u32,
    /// In all.
    pub codes_per_minute: u32,
}

/// Section `[worker]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// Length of a lease.
    pub lease_seconds: u64,
    /// Jobs a claim, while comments come in.
    pub batch: u64,
    /// Pause between looks.
    pub poll_seconds: u64,
}

/// How mails leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTransport {
    /// Not at all.
    Off,
    /// As files.
    Directory,
    /// To a mail server.
    Smtp,
}

/// How the conversation with the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpEncryption {
    /// Upgraded before anything is said.
    Starttls,
    /// From the first byte.
    Tls,
    /// Not at all.
    None,
}

/// Section `[mail]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// How mails leave.
    pub transport: MailTransport,
    /// Where files go.
    pub directory: String,
    /// Mail server.
    pub smtp_host: String,
    /// Its port.
    pub smtp_port: u16,
    /// Protection.
    pub smtp_encryption: SmtpEncryption,
    /// Authorities to trust besides those that browsers know: a file of certificates (PEM); empty for none.
    pub smtp_ca_file: String,
    /// Allow no protection beyond loopback.
    pub smtp_allow_plaintext: bool,
    /// Longest wait for one answer.
    pub smtp_timeout_seconds: u64,
    /// Conversations at the same time.
    pub smtp_connections: usize,
    /// User; empty for none.
    pub smtp_user: String,
    /// Password.
    pub smtp_password: SecretString,
    /// Sender of every mail.
    pub from: String,
}

/// Section `[metrics]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Address, or empty.
    pub bind: String,
}

/// Section `[log]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Filter.
    pub level: String,
    /// Form of a line.
    pub format: LogFormat,
}

/// Form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Section `[templates]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    /// Directory, or empty.
    pub overrides: String,
}

/// Section `[outbound]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    /// Networks that may be called although they are private.
    pub allowed_private_networks: Vec<IpNet>,
}

/// Section `[reading]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Pause of a reader that has read everything.
    pub every_seconds: u64,
}

/// Section `[audit]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Days after which rows are removed; 0: never.
    pub keep_days: u32,
}

/// Section `[x]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct X {
    /// Where X answers.
    pub address: String,
    /// What X charges.
    pub prices: Prices,
}

/// Prices of X's pay-per-use plan in millionths of a US dollar; the defaults are those of August 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Prices {
    /// A post found by search or lookup.
    pub post: u64,
    /// A post in the mentions of the account that owns the application.
    pub owned_post: u64,
    /// An account looked up by name.
    pub account: u64,
    /// An author that came along with a post. X does not say that it charges for these.
    pub author: u64,
}

impl Default for Prices {
    fn default() -> Self {
        Self {
            post: 5_000,
            owned_post: 1_000,
            account: 10_000,
            author: 0,
        }
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file is not there.
    #[error("there is no settings file {0}; leave --config out to use the defaults")]
    NoFile(String),
    /// It is there and closed to this user: it may hold passwords.
    #[error("cannot read the settings in {path} ({why}); run this as root")]
    Closed {
        /// The file.
        path: String,
        /// Why.
        why: std::io::Error,
    },
    /// A value is missing, unknown or of the wrong type.
    #[error("settings: {0}")]
    Unusable(Box<figment::Error>),
    /// A value is of the right type, and wrong all the same.
    #[error("settings: {setting} is {value:?}; it must be {expected}")]
    Wrong {
        /// Its path.
        setting: &'static str,
        /// What was given.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
}

impl Config {
    /// Reads the defaults, then `file` (or the first of [`OWN_FILES`] that exists), then the environment.
    pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
        if let Some(missing) = file.filter(|path| !path.exists()) {
            return Err(ConfigError::NoFile(missing.display().to_string()));
        }
        let mut own = OWN_FILES.iter().map(Path::new).filter(|path| path.exists());
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        let file = file.or_else(|| own.next());
        if let Some(file) = file {
            std::fs::File::open(file).map_err(|why| ConfigError::Closed {
                path: file.display().to_string(),
                why,
            })?;
            figment = figment.merge(Toml::file_exact(file));
        }
        let environment = Env::prefixed(PREFIX)
            .filter(|name| is_setting(name.as_str()))
            .split("__");
        let config = Config::of(figment.merge(environment))?;
        Ok(Config {
            read_from: file.map(Path::to_owned),
            ..config
        })
    }

    /// The defaults with `overrides` (TOML) on top and nothing else: for tests and the demo.
    pub fn from_toml(overrides: &str) -> Result<Config, ConfigError> {
        Config::of(Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(overrides)))
    }

    /// Environment variables that look like settings and are none: they are ignored, and whoever set them is told.
    #[must_use]
    pub fn unknown_variables() -> Vec<String> {
        let ours = Env::prefixed(PREFIX);
        let unknown = ours.iter().filter(|(name, _)| {
            let is_other = NOT_SETTINGS.iter().any(|other| name == *other);
            !is_setting(name.as_str()) && !is_other && !name.starts_with(OF_TESTS)
        });
        unknown
            .map(|(name, _)| format!("{PREFIX}{}", name.as_str().to_uppercase()))
            .collect()
    }

    fn of(figment: Figment) -> Result<Config, ConfigError> {
        let mut config: Config = figment
            .extract()
            .map_err(|error| ConfigError::Unusable(Box::new(error)))?;
        config.server.base_url = config.server.base_url.trim_end_matches('/').to_owned();
        config.validate()?;
        Ok(config)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |setting, value: &str, expected| {
            Err(ConfigError::Wrong {
                setting,
                value: value.to_owned(),
                expected,
            })
        };
        let url = self.database.url.expose_secret();
        if !["sqlite:", "postgres:", "postgresql:"]
            .iter()
            .any(|scheme| url.starts_with(scheme))
        {
            let scheme = url.split(':').next().unwrap_or_default();
            return wrong(
                "database.url",
                scheme,
                "sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME",
            );
        }
        let base = &self.server.base_url;
        if !(base.starts_with("http://") || base.starts_with("https://")) {
            return wrong(
                "server.base_url",
                base,
                "an address that begins with https:// (or http://)",
            );
        }
        if !self.is_https() && !self.server.allow_plain_http && !is_loopback(self.host()) {
            return wrong(
                "server.base_url",
                base,
                "an address that begins with https://: over http everybody on the way reads along (if that is meant, \
                 set server.allow_plain_http = true)",
            );
        }
        if !self.metrics.bind.is_empty() && self.metrics.bind.parse::<SocketAddr>().is_err() {
            return wrong(
                "metrics.bind",
                &self.metrics.bind,
                "empty or an address such as 127.0.0.1:9090",
            );
        }
        if self.worker.batch == 0 || self.worker.batch > 1000 {
            return wrong("worker.batch", &self.worker.batch.to_string(), "from 1 to 1000");
        }
        if self.worker.lease_seconds < 5 {
            return wrong(
                "worker.lease_seconds",
                &self.worker.lease_seconds.to_string(),
                "5 or more",
            );
        }
        if !(10..=3600).contains(&self.reading.every_seconds) {
            return wrong(
                "reading.every_seconds",
                &self.reading.every_seconds.to_string(),
                "from 10 to 3600",
            );
        }
        if !matches!(self.audit.keep_days, 0 | 30..=36_500) {
            return wrong(
                "audit.keep_days",
                &self.audit.keep_days.to_string(),
                "0, or from 30 to 36500",
            );
        }
        if BaseUrl::parse(&self.x.address).is_err() {
            return wrong(
                "x.address",
                &self.x.address,
                "an address that begins with https://",
            );
        }
        if !(1..=64).contains(&self.mail.smtp_connections) {
            return wrong(
                "mail.smtp_connections",
                &self.mail.smtp_connections.to_string(),
                "from 1 to 64",
            );
        }
        Ok(())
    }

    /// The name or address in the public address, without its port.
    #[must_use]
    pub fn host(&self) -> &str {
        let base = &self.server.base_url;
        let authority = base.split_once("://").map_or("", |(_, rest)| rest);
        without_port(authority.split('/').next().unwrap_or_default())
    }

    /// Whether nobody else can open the addresses that people are given.
    #[must_use]
    pub fn is_for_this_machine_only(&self) -> bool {
        is_loopback(self.host())
    }

    /// Whether pages are reached by https, so that cookies may be bound to it.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.server.base_url.starts_with("https://")
    }
}

/// Whether an environment variable of this name, without the prefix, sets something.
fn is_setting(name: &str) -> bool {
    let name = name.to_lowercase();
    let section = name.split("__").next().unwrap_or_default();
    Toml::string(DEFAULTS)
        .data()
        .is_ok_and(|profiles| profiles.values().any(|known| known.contains_key(section)))
}

/// `host` of `host:port`; an IPv6 address stays in its brackets.
#[must_use]
pub fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    host == "localhost" || address.is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_unless_it_is_asked_for() {
        let with =
            |base: &str, more: &str| Config::from_toml(&format!("[server]\nbase_url = \"{base}\"\n{more}"));
        for fine in [
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:8080",
            "https://plaudit.example",
        ] {
            with(fine, "").unwrap();
        }
        let refused = with("http://plaudit.example", "").unwrap_err().to_string();
        assert!(
            refused.contains("https://") && refused.contains("allow_plain_http"),
            "{refused}"
        );
        with("http://plaudit.example", "allow_plain_http = true").unwrap();
    }

    #[test]
    fn the_defaults_are_valid() {
        Config::from_toml("").unwrap();
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let error = Config::from_toml("[server]\nbnid = \"x\"")
            .unwrap_err()
            .to_string();
        assert!(error.contains("bnid"), "{error}");
    }

    #[test]
    fn a_database_of_another_kind_is_refused_without_showing_its_password() {
        let error = Config::from_toml("[database]\nurl = \"mysql://u:secret@h/d\"")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("sqlite://FILE") && !error.contains("secret"),
            "{error}"
        );
    }
}
