//! What is done with people's data here, for works councils and data protection officers: generated from code, settings and
//! what is connected, so that it is true on the day on which it is read. Signed, it can be kept and compared.
pub mod access;
pub mod columns;
pub mod file;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::{channel, credit_objection, key, organisation, sign_on_provider, source, wall_link};
use sea_orm::{
    ActiveEnum, ColumnTrait, ConnectionTrait, DbErr, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use serde::{Deserialize, Serialize};

use crate::{
    access::{
        cleanup::{LINKS_KEPT, SESSIONS_KEPT},
        person::READABLE_AFTER,
        role, second_factor,
    },
    capture::form::RECEIPT_KEPT,
    platform::config::{Config, MailTransport},
    roster::{organisation as organisations, rota::KEPT_DAYS},
    triage::check::precision,
};

/// What the payload of a signed one says it is.
pub const KIND: &str = "plaudit.statement";
/// The form of the payload.
pub const VERSION: u32 = 1;

/// What is done with people's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// [`KIND`].
    pub kind: String,
    /// [`VERSION`].
    pub version: u32,
    /// The address of the installation.
    pub issued_by: String,
    /// When.
    pub issued_at: DateTime<Utc>,
    /// The organisation's name.
    pub organisation: String,
    /// Its choices and those of the installation, by name: texts are keys below `statement.setting`.
    pub settings: BTreeMap<String, String>,
    /// How long things are kept, in days; 0 is for good. Texts are keys below `statement.kept`.
    pub kept_days: BTreeMap<String, i64>,
    /// What is stored.
    pub data: Vec<columns::Held>,
    /// Who may do what.
    pub who: Vec<access::May>,
    /// What is decided by the program.
    pub automatic: Automatic,
    /// What leaves the machine.
    pub leaves: Vec<Leaving>,
}

/// Automatic credits of the last year, as people answered who were asked about a share of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Automatic {
    /// Confidence from which a credit is automatic, in hundredths.
    pub threshold: f64,
    /// How many answers there are.
    pub answered: u64,
    /// How many of them said that it was wrong.
    pub wrong: u64,
    /// Between these lies the share that is wrong, in 95 of 100 cases, in hundredths; none while answers are few.
    pub wrong_between: Option<(f64, f64)>,
    /// Automatic credits that people took back, asked or not.
    pub taken_back: u64,
    /// How many people wish that a person looks first.
    pub objections: u64,
}

/// A way by which data leave.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Leaving {
    /// `mail`, `channel`, `source`, `provider`, `key` or `wall`: texts are keys below `statement.leaving`.
    pub way: String,
    /// As it is called here.
    pub name: String,
    /// Its kind, its host, or what it may.
    pub detail: String,
}

/// As things are now.
pub async fn statement(
    connection: &impl ConnectionTrait,
    config: &Config,
    own: &organisation::Model,
    now: DateTime<Utc>,
) -> Result<Statement, DbErr> {
    let today = organisations::day_in(own, now);
    let safe_readers = role::safe_readers(connection, own.id, today).await?;
    Ok(Statement {
        kind: KIND.to_owned(),
        version: VERSION,
        issued_by: config.server.base_url.clone(),
        issued_at: now,
        organisation: own.name.clone(),
        settings: settings(connection, own).await?,
        kept_days: kept_days(config),
        data: columns::held(),
        who: access::ask(own, !safe_readers.is_empty(), today),
        automatic: automatic(connection, own, now).await?,
        leaves: leaves(connection, config, own, now).await?,
    })
}

async fn settings(
    connection: &impl ConnectionTrait,
    own: &organisation::Model,
) -> Result<BTreeMap<String, String>, DbErr> {
    let yes = |is: bool| (if is { "yes" } else { "no" }).to_owned();
    let every = own
        .check_every
        .map_or_else(|| "usual".to_owned(), |every| every.to_string());
    let all = [
        ("boards", own.board_mode.to_value()),
        ("heard_within", own.heard_within.to_string()),
        (
            "holidays",
            own.holidays.clone().unwrap_or_else(|| "none".to_owned()),
        ),
        ("asked_about", every),
        ("threshold_follows", yes(own.adjusts_threshold)),
        (
            "second_factor",
            yes(second_factor::is_needed(connection, own.id).await?),
        ),
    ];
    Ok(all
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect())
}

fn kept_days(config: &Config) -> BTreeMap<String, i64> {
    let all = [
        ("log", i64::from(config.audit.keep_days)),
        ("sessions", SESSIONS_KEPT.num_days()),
        ("links", LINKS_KEPT.num_days()),
        ("receipts", RECEIPT_KEPT.num_days()),
        ("shifts", i64::try_from(KEPT_DAYS).unwrap_or(i64::MAX)),
        ("leavers_read", READABLE_AFTER.num_days()),
    ];
    all.into_iter()
        .map(|(name, days)| (name.to_owned(), days))
        .collect()
}

async fn automatic(
    connection: &impl ConnectionTrait,
    own: &organisation::Model,
    now: DateTime<Utc>,
) -> Result<Automatic, DbErr> {
    let found = precision::precision(connection, own, now).await?;
    let objections = credit_objection::Entity::within(own.id).count(connection).await?;
    let hundredths = |share: f64| (share * 1000.0).round() / 10.0;
    Ok(Automatic {
        threshold: hundredths(found.threshold),
        answered: found.all.n,
        wrong: found.all.n.saturating_sub(found.all.right),
        wrong_between: found
            .all
            .interval()
            .map(|(low, high)| (hundredths(1.0 - high), hundredths(1.0 - low))),
        taken_back: found.corrected,
        objections,
    })
}

async fn leaves(
    connection: &impl ConnectionTrait,
    config: &Config,
    own: &organisation::Model,
    now: DateTime<Utc>,
) -> Result<Vec<Leaving>, DbErr> {
    let leaving = |way: &str, name: String, detail: String| Leaving {
        way: way.to_owned(),
        name,
        detail,
    };
    let mut all = vec![mail(config)];
    let channels = channel::Entity::within(own.id).filter(channel::Column::EndedAt.is_null());
    for one in channels.all(connection).await? {
        let words = if one.with_words { "words" } else { "no_words" };
        all.push(leaving("channel", one.name, format!("{}, {words}", one.kind)));
    }
    let sources = source::Entity::within(own.id).filter(source::Column::RemovedAt.is_null());
    for one in sources.all(connection).await? {
        all.push(leaving("source", one.name, one.kind));
    }
    let providers =
        sign_on_provider::Entity::within(own.id).filter(sign_on_provider::Column::EndedAt.is_null());
    for one in providers.all(connection).await? {
        all.push(leaving("provider", one.name, one.issuer));
    }
    let keys = key::Entity::within(own.id).filter(key::Column::RevokedAt.is_null());
    for one in keys.order_by_asc(key::Column::Id).all(connection).await? {
        all.push(leaving("key", one.name, one.scopes.0.join(", ")));
    }
    let open = wall_link::Column::RevokedAt
        .is_null()
        .and(wall_link::Column::ExpiresAt.gt(now));
    for one in wall_link::Entity::within(own.id)
        .filter(open)
        .all(connection)
        .await?
    {
        all.push(leaving("wall", one.name, one.expires_at.date_naive().to_string()));
    }
    all.sort();
    Ok(all)
}

fn mail(config: &Config) -> Leaving {
    let mail = &config.mail;
    let (name, detail) = match mail.transport {
        MailTransport::Smtp => ("smtp", mail.smtp_host.clone()),
        MailTransport::Directory => ("directory", mail.directory.clone()),
        MailTransport::Off => ("off", String::new()),
    };
    Leaving {
        way: "mail".to_owned(),
        name: name.to_owned(),
        detail,
    }
}
