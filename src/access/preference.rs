//! In which rhythm somebody hears of what: their choices, what follows from them, and how they are changed.
use chrono::{DateTime, Utc, Weekday};
use chrono_tz::Tz;
use domain::{
    digest::{Every, Rhythm},
    quiet::{MINUTES, NotQuiet, Quiet},
};
use entity::{
    account::{self, DigestEvery, Frequency},
    notice::{self, Kind, State},
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, DbErr, QueryFilter, QuerySelect,
};
use uuid::Uuid;

use super::audit;
use crate::platform::{db::Tx, job::queue};

/// Minute of the day at which a digest leaves where the reader chose none.
pub const DIGEST_MINUTE: i32 = 8 * 60;

/// Everything that somebody chooses of when and how they are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// When mail comes …
    pub frequency: Frequency,
    /// … of praise of themselves, where that differs,
    pub own_praise_frequency: Option<Frequency>,
    /// of open questions,
    pub triage_frequency: Option<Frequency>,
    /// and of complaints.
    pub complaint_frequency: Option<Frequency>,
    /// Whether it comes of praise of themselves at all.
    pub own_praise: bool,
    /// How often the digest leaves.
    pub digest_every: DigestEvery,
    /// On which day of the week.
    pub digest_weekday: Weekday,
    /// At which minute of the day.
    pub digest_minute: u32,
    /// When they want to hear nothing.
    pub quiet: Quiet,
    /// Their clock; none is that of their site.
    pub time_zone: Option<String>,
    /// Their language; none is that of their site.
    pub language: Option<String>,
}

/// What cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongPreference {
    /// A digest at no time of the day.
    #[error("a digest leaves at a time from 00:00 to 23:59")]
    Time,
    /// No zone.
    #[error("time_zone is the name of a time zone, such as Europe/London, or null for that of your site")]
    TimeZone,
    /// No day of the week.
    #[error("a day of the week is a number from 1, Monday, to 7, Sunday")]
    Weekday,
    /// Of questions and complaints everybody hears, where they want mail at all.
    #[error("questions and complaints come at_once, hourly, or with the digest; never is for all mail")]
    NeverOfOne,
    /// No digest tells somebody of praise of themselves.
    #[error("praise of yourself comes at_once or hourly; to have none, set own_praise to false")]
    OwnPraise,
    /// Quiet hours that begin when they end.
    #[error("quiet hours begin at one time of the day and end at another, from 00:00 to 23:59")]
    Night,
    /// Quiet days without an end.
    #[error("one day of the week at least is not quiet")]
    Days,
}

impl From<NotQuiet> for WrongPreference {
    fn from(wrong: NotQuiet) -> WrongPreference {
        match wrong {
            NotQuiet::Night => WrongPreference::Night,
            NotQuiet::Days => WrongPreference::Days,
        }
    }
}

impl Preferences {
    /// Those of an account.
    #[must_use]
    pub fn of(account: &account::Model) -> Preferences {
        Preferences {
            frequency: account.frequency,
            own_praise_frequency: account.own_praise_frequency,
            triage_frequency: account.triage_frequency,
            complaint_frequency: account.complaint_frequency,
            own_praise: account.own_praise,
            digest_every: account.digest_every,
            digest_weekday: weekday(account.digest_weekday),
            digest_minute: minute(account.digest_minute),
            quiet: quiet(account),
            time_zone: account.time_zone.clone(),
            language: account.language.clone(),
        }
    }

    /// Whether they can be kept.
    pub fn check(&self) -> Result<(), WrongPreference> {
        if self.digest_minute >= MINUTES {
            return Err(WrongPreference::Time);
        }
        let is_zone = |name: &String| name.parse::<Tz>().is_ok();
        if !self.time_zone.as_ref().is_none_or(is_zone) {
            return Err(WrongPreference::TimeZone);
        }
        let asked = [self.triage_frequency, self.complaint_frequency];
        if asked.contains(&Some(Frequency::Off)) {
            return Err(WrongPreference::NeverOfOne);
        }
        let own = self.own_praise_frequency;
        if own.is_some_and(|own| !matches!(own, Frequency::AtOnce | Frequency::Hourly)) {
            return Err(WrongPreference::OwnPraise);
        }
        Ok(())
    }
}

/// When somebody wants mail of a kind, digests aside.
#[must_use]
pub fn frequency_of(account: &account::Model, kind: Kind) -> Frequency {
    let own = match kind {
        Kind::OwnPraise => account.own_praise_frequency,
        Kind::Triage => account.triage_frequency,
        Kind::Complaint => account.complaint_frequency,
        // No digest tells it, and nobody else can decide.
        Kind::Shielded => Some(Frequency::AtOnce),
        // It is due today.
        Kind::Reminder => Some(Frequency::AtOnce),
        Kind::Praise | Kind::SitePraise | Kind::Digest => None,
    };
    match account.frequency {
        Frequency::Off => Frequency::Off,
        general => own.unwrap_or(general),
    }
}

/// Whether a mail of its own tells somebody of this kind, at once or with the next full hour.
#[must_use]
pub fn is_mailed(account: &account::Model, kind: Kind) -> bool {
    matches!(frequency_of(account, kind), Frequency::AtOnce | Frequency::Hourly)
}

/// Whether somebody wants digests.
#[must_use]
pub fn wants_digest(account: &account::Model) -> bool {
    account.frequency != Frequency::Off && account.digest_every != DigestEvery::Never
}

/// When somebody wants to hear nothing.
#[must_use]
pub fn quiet(account: &account::Model) -> Quiet {
    let night = account.quiet_from.zip(account.quiet_until);
    let night = night.map(|(from, until)| (minute(from), minute(until)));
    let days = u8::try_from(account.quiet_days).unwrap_or_default();
    Quiet::new(night, days).unwrap_or_default()
}

/// Whether anything is not mailed to somebody at once.
#[must_use]
pub fn has_hours_of_their_own(account: &account::Model) -> bool {
    let of_kinds = [
        Some(account.frequency),
        account.own_praise_frequency,
        account.triage_frequency,
        account.complaint_frequency,
    ];
    of_kinds.contains(&Some(Frequency::Hourly)) || !quiet(account).is_never()
}

/// When somebody's digests leave by a clock. Whoever wants none has windows of a week: later they are told what is new.
#[must_use]
pub fn rhythm(account: &account::Model, zone: Tz) -> Rhythm {
    Rhythm {
        zone,
        every: match account.digest_every {
            DigestEvery::Day => Every::Day,
            DigestEvery::Week | DigestEvery::Never => Every::Week(weekday(account.digest_weekday)),
            DigestEvery::Month => Every::Month,
        },
        minute: minute(account.digest_minute),
        quiet: quiet(account),
    }
}

/// A day of the week by its number: 1 is Monday, 7 is Sunday.
#[must_use]
pub fn weekday(number: i32) -> Weekday {
    let from_monday = u8::try_from(number - 1).ok();
    let day = from_monday.and_then(|days| Weekday::try_from(days).ok());
    day.unwrap_or(Weekday::Mon)
}

fn minute(kept: i32) -> u32 {
    u32::try_from(kept).unwrap_or_default().min(MINUTES - 1)
}

/// The key of the job that mails what waits for somebody.
pub(crate) fn gather_key(account: Uuid) -> String {
    format!("gather:{account}")
}

/// The key of the job that mails a digest.
pub(crate) fn digest_key(digest: Uuid) -> String {
    format!("digest:{digest}")
}

/// The keys of the jobs that mail what waits for somebody, the digests among it that were put off.
async fn keys_of(tx: &Tx, account: &account::Model) -> Result<Vec<String>, DbErr> {
    use notice::Column;
    let digests: Vec<Uuid> = notice::Entity::within(account.organisation_id)
        .filter(Column::ReaderId.eq(account.id))
        .filter(Column::Kind.is_in([Kind::Digest, Kind::Reminder]))
        .filter(Column::State.eq(State::Waiting))
        .select_only()
        .column(Column::Id)
        .into_tuple()
        .all(tx)
        .await?;
    let digests = digests.into_iter().map(digest_key);
    Ok(digests.chain([gather_key(account.id)]).collect())
}

/// Changes when and how somebody is written to. What waits for the end of quiet hours, or for the hour, and what their
/// next digest is, is looked at anew.
pub async fn change(
    tx: &Tx,
    account: &account::Model,
    wanted: &Preferences,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let before = Preferences::of(account);
    let deeds = deeds(&before, wanted);
    if deeds.is_empty() {
        return Ok(());
    }
    let night = wanted.quiet.night();
    let stored = |minute: u32| i32::try_from(minute).unwrap_or_default();
    let mut row = account::ActiveModel {
        id: Unchanged(account.id),
        frequency: Set(wanted.frequency),
        own_praise: Set(wanted.own_praise),
        own_praise_frequency: Set(wanted.own_praise_frequency),
        triage_frequency: Set(wanted.triage_frequency),
        complaint_frequency: Set(wanted.complaint_frequency),
        digest_every: Set(wanted.digest_every),
        digest_weekday: Set(stored(wanted.digest_weekday.number_from_monday())),
        digest_minute: Set(stored(wanted.digest_minute)),
        quiet_from: Set(night.map(|(from, _)| stored(from))),
        quiet_until: Set(night.map(|(_, until)| stored(until))),
        quiet_days: Set(quiet_days(wanted.quiet)),
        time_zone: Set(wanted.time_zone.clone()),
        language: Set(wanted.language.clone()),
        ..Default::default()
    };
    if deeds.contains(&DIGEST_TIME) || deeds.contains(&QUIET_HOURS) {
        // It may be due earlier than was thought.
        row.digest_due_at = Set(now);
    }
    row.update(tx).await?;
    if deeds.iter().any(|deed| WHEN_TOLD.contains(deed)) {
        let keys = keys_of(tx, account).await?;
        queue::make_due(tx, keys, now).await?;
    }
    let entry = |action| audit::Entry {
        organisation: account.organisation_id,
        at: now,
        actor,
        action,
        subject_kind: "account",
        subject_id: Some(account.id.to_string()),
        detail: serde_json::json!({}),
    };
    audit::record_all(tx, deeds.into_iter().map(entry)).await
}

const DIGEST_TIME: &str = "change_digest_time";
const QUIET_HOURS: &str = "change_quiet_hours";
const FREQUENCY: &str = "change_mail_frequency";
/// After these, what waits may be due earlier.
const WHEN_TOLD: [&str; 3] = [FREQUENCY, DIGEST_TIME, QUIET_HOURS];

/// What is changed, as the log names it.
fn deeds(before: &Preferences, wanted: &Preferences) -> Vec<&'static str> {
    let frequencies = |one: &Preferences| {
        let of = (one.own_praise_frequency, one.triage_frequency);
        (one.frequency, of, one.complaint_frequency)
    };
    let digest = |one: &Preferences| {
        let when = (one.digest_every, one.digest_weekday, one.digest_minute);
        (when, one.time_zone.clone())
    };
    [
        (FREQUENCY, frequencies(before) != frequencies(wanted)),
        ("change_own_praise_mail", before.own_praise != wanted.own_praise),
        (DIGEST_TIME, digest(before) != digest(wanted)),
        (QUIET_HOURS, before.quiet != wanted.quiet),
        ("change_language", before.language != wanted.language),
    ]
    .into_iter()
    .filter_map(|(deed, is_done)| is_done.then_some(deed))
    .collect()
}

fn quiet_days(quiet: Quiet) -> i32 {
    let bit = |number: i32| {
        if quiet.has_day(weekday(number)) {
            1 << (number - 1)
        } else {
            0
        }
    };
    (1..=7).map(bit).sum()
}
