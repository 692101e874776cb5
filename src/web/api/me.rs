//! `/v1/me`
use chrono::Weekday;
use domain::quiet::Quiet;
use entity::account::{self, DigestEvery, Frequency};
use poem::web::Data;
use poem_openapi::{Enum, Object, OpenApi, payload::Json, types::MaybeUndefined};

use super::Tag;
use crate::{
    access::{
        Action, account as accounts,
        preference::{self, Preferences, WrongPreference},
    },
    web::{
        Web,
        auth::Auth,
        pages::preferences::{clock, minute_of},
        problem::Failure,
        stored::{self, StoredFile},
    },
};

/// Operations on oneself.
#[derive(Debug)]
pub struct Me;

/// When mail comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum When {
    /// At once
    AtOnce,
    /// With the next full hour, all in one mail
    Hourly,
    /// Only what the digest tells
    Digest,
    /// None, and no digest
    Never,
}

/// How often the digest leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum HowOften {
    /// Every day
    Day,
    /// On one day of every week
    Week,
    /// On the first of every month
    Month,
    /// There is none
    Never,
}

/// When something differs from `frequency`; left out where it does not.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Exceptions {
    /// Praise of oneself; it stands in no digest.
    pub own_praise: Option<When>,
    /// Open questions: who is meant?
    pub triage: Option<When>,
    /// Complaints.
    pub complaint: Option<When>,
}

/// When the digest leaves, on the reader's clock.
#[derive(Clone, Debug, Object)]
pub struct DigestPreference {
    /// How often.
    pub every: HowOften,
    /// On which day of the week, where it is weekly: 1 is Monday, 7 is Sunday.
    #[oai(validator(minimum(value = "1"), maximum(value = "7")))]
    pub weekday: u32,
    /// At what time, such as `17:30`.
    #[oai(validator(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub time: String,
}

/// Hours in which no mail leaves, on the reader's clock: what comes then is gathered into one mail when they end. Links to
/// sign in and warnings about the account leave always.
#[derive(Clone, Debug, Default, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct QuietHours {
    /// From when every day, such as `20:00`.
    #[oai(validator(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub from: Option<String>,
    /// Until when, on the day after where it is earlier.
    #[oai(validator(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub until: Option<String>,
    /// Days of the week that are quiet as a whole: 1 is Monday, 7 is Sunday; six at most.
    #[oai(default, validator(max_items = 6))]
    pub days: Vec<u32>,
}

/// When and how one is written to.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PreferencesView {
    /// When mail comes.
    pub frequency: When,
    /// What comes at other times.
    pub exceptions: Exceptions,
    /// Whether mail comes of praise of oneself at all.
    pub own_praise: bool,
    /// When the digest leaves.
    pub digest: DigestPreference,
    /// When nothing does.
    pub quiet_hours: QuietHours,
    /// IANA name of the zone of one's clock; left out where it is that of the site.
    pub time_zone: Option<String>,
    /// Code of the language in which one is written to; left out where it is that of the site.
    pub language: Option<String>,
}

/// What differs from `frequency`; what is left out stays, null is no exception.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct UpdateExceptions {
    /// Praise of oneself.
    pub own_praise: MaybeUndefined<When>,
    /// Open questions; not `never`.
    pub triage: MaybeUndefined<When>,
    /// Complaints; not `never`.
    pub complaint: MaybeUndefined<When>,
}

/// When the digest leaves; what is left out stays.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct UpdateDigest {
    /// How often.
    pub every: Option<HowOften>,
    /// On which day of the week, where it is weekly: 1 is Monday, 7 is Sunday.
    #[oai(validator(minimum(value = "1"), maximum(value = "7")))]
    pub weekday: Option<u32>,
    /// At what time, such as `17:30`.
    #[oai(validator(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub time: Option<String>,
}

/// What to change; what is left out stays.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct UpdatePreferences {
    /// When mail comes.
    pub frequency: Option<When>,
    /// What comes at other times.
    pub exceptions: Option<UpdateExceptions>,
    /// Whether mail comes of praise of oneself at all.
    pub own_praise: Option<bool>,
    /// When the digest leaves.
    pub digest: Option<UpdateDigest>,
    /// When nothing does, as a whole; null for never.
    pub quiet_hours: MaybeUndefined<QuietHours>,
    /// IANA name of the zone of one's clock; null for that of the site.
    #[oai(validator(max_length = 64))]
    pub time_zone: MaybeUndefined<String>,
    /// Code of the language in which one is written to; null for that of the site.
    #[oai(validator(max_length = 35))]
    pub language: MaybeUndefined<String>,
}

#[OpenApi(prefix_path = "/me", tag = "Tag::Me")]
impl Me {
    /// Get when and how one is written to
    ///
    /// For people who are signed in; a key is nobody.
    #[oai(path = "/preferences", method = "get", operation_id = "get_preferences")]
    async fn get(&self, auth: Auth, Data(web): Data<&Web>) -> Result<Json<PreferencesView>, Failure> {
        let (_, account) = own(auth, web, Action::GET_PREFERENCES).await?;
        Ok(Json(PreferencesView::of(&Preferences::of(&account))))
    }

    /// Change when and how one is written to
    ///
    /// What waits for the end of quiet hours, or for the hour, and the next digest follow at once.
    #[oai(path = "/preferences", method = "patch", operation_id = "update_preferences")]
    async fn update(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        Json(update): Json<UpdatePreferences>,
    ) -> Result<Json<PreferencesView>, Failure> {
        let (actor, account) = own(auth, web, Action::UPDATE_PREFERENCES).await?;
        let mut wanted = Preferences::of(&account);
        update.apply(web, &mut wanted)?;
        wanted.check()?;
        let tx = web.app.db.write().await?;
        preference::change(&tx, &account, &wanted, &actor, web.app.clock.now()).await?;
        tx.commit().await?;
        Ok(Json(PreferencesView::of(&wanted)))
    }

    /// Get everything that is stored about oneself
    ///
    /// Every row that names one, by table and column; `not_listed` says which columns are left out, and why. Of customers
    /// and colleagues it holds ids alone, and of praise the words.
    #[oai(path = "/stored", method = "get", operation_id = "save_own_data")]
    async fn stored(&self, auth: Auth, Data(web): Data<&Web>) -> Result<StoredFile, Failure> {
        let (actor, account) = own(auth, web, Action::SAVE_STORED).await?;
        stored::save(web, &actor, &account).await
    }
}

/// The caller's own account, and how the log names them.
async fn own(auth: Auth, web: &Web, action: Action) -> Result<(String, account::Model), Failure> {
    let caller = auth.permit_oneself(action)?;
    let person = caller.person().ok_or_else(|| Failure::not_found("account"))?;
    let found = accounts::by_id(web.app.db.read(), caller.organisation, person.account).await?;
    let account = found.ok_or_else(|| Failure::not_found("account"))?;
    Ok((caller.actor, account))
}

impl UpdatePreferences {
    fn apply(self, web: &Web, wanted: &mut Preferences) -> Result<(), Failure> {
        if let Some(frequency) = self.frequency {
            wanted.frequency = frequency.into();
        }
        if let Some(own_praise) = self.own_praise {
            wanted.own_praise = own_praise;
        }
        if let Some(exceptions) = self.exceptions {
            put(
                exceptions.own_praise.map_value(Frequency::from),
                &mut wanted.own_praise_frequency,
            );
            put(
                exceptions.triage.map_value(Frequency::from),
                &mut wanted.triage_frequency,
            );
            put(
                exceptions.complaint.map_value(Frequency::from),
                &mut wanted.complaint_frequency,
            );
        }
        if let Some(digest) = self.digest {
            digest.apply(wanted)?;
        }
        match self.quiet_hours {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => wanted.quiet = Quiet::default(),
            MaybeUndefined::Value(hours) => wanted.quiet = hours.read()?,
        }
        put(self.time_zone, &mut wanted.time_zone);
        let language = match self.language {
            MaybeUndefined::Value(tag) => {
                MaybeUndefined::Value(web.app.templates.known(&tag).map_err(Failure::invalid)?)
            }
            other => other,
        };
        put(language, &mut wanted.language);
        Ok(())
    }
}

impl UpdateDigest {
    fn apply(self, wanted: &mut Preferences) -> Result<(), WrongPreference> {
        if let Some(every) = self.every {
            wanted.digest_every = every.into();
        }
        if let Some(number) = self.weekday {
            wanted.digest_weekday = weekday(number)?;
        }
        if let Some(time) = self.time {
            wanted.digest_minute = minute_of(&time).ok_or(WrongPreference::Time)?;
        }
        Ok(())
    }
}

fn put<T>(given: MaybeUndefined<T>, kept: &mut Option<T>) {
    match given {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => *kept = None,
        MaybeUndefined::Value(value) => *kept = Some(value),
    }
}

fn weekday(number: u32) -> Result<Weekday, WrongPreference> {
    let number = i32::try_from(number)
        .ok()
        .filter(|number| (1..=7).contains(number));
    number.map(preference::weekday).ok_or(WrongPreference::Weekday)
}

impl QuietHours {
    fn read(&self) -> Result<Quiet, WrongPreference> {
        let minute = |time: &String| minute_of(time).ok_or(WrongPreference::Night);
        let night = match (&self.from, &self.until) {
            (None, None) => None,
            (Some(from), Some(until)) => Some((minute(from)?, minute(until)?)),
            _ => return Err(WrongPreference::Night),
        };
        let mut days = 0;
        for number in &self.days {
            days |= 1 << weekday(*number)?.num_days_from_monday();
        }
        Ok(Quiet::new(night, days)?)
    }

    fn of(quiet: Quiet) -> QuietHours {
        let night = quiet.night();
        QuietHours {
            from: night.map(|(from, _)| clock(from)),
            until: night.map(|(_, until)| clock(until)),
            days: (1..=7)
                .map(preference::weekday)
                .filter(|day| quiet.has_day(*day))
                .map(|day| day.number_from_monday())
                .collect(),
        }
    }
}

impl PreferencesView {
    fn of(preferences: &Preferences) -> PreferencesView {
        PreferencesView {
            frequency: preferences.frequency.into(),
            exceptions: Exceptions {
                own_praise: preferences.own_praise_frequency.map(When::from),
                triage: preferences.triage_frequency.map(When::from),
                complaint: preferences.complaint_frequency.map(When::from),
            },
            own_praise: preferences.own_praise,
            digest: DigestPreference {
                every: preferences.digest_every.into(),
                weekday: preferences.digest_weekday.number_from_monday(),
                time: clock(preferences.digest_minute),
            },
            quiet_hours: QuietHours::of(preferences.quiet),
            time_zone: preferences.time_zone.clone(),
            language: preferences.language.clone(),
        }
    }
}

impl From<Frequency> for When {
    fn from(frequency: Frequency) -> When {
        match frequency {
            Frequency::AtOnce => When::AtOnce,
            Frequency::Hourly => When::Hourly,
            Frequency::Digest => When::Digest,
            Frequency::Off => When::Never,
        }
    }
}

impl From<When> for Frequency {
    fn from(when: When) -> Frequency {
        match when {
            When::AtOnce => Frequency::AtOnce,
            When::Hourly => Frequency::Hourly,
            When::Digest => Frequency::Digest,
            When::Never => Frequency::Off,
        }
    }
}

impl From<DigestEvery> for HowOften {
    fn from(every: DigestEvery) -> HowOften {
        match every {
            DigestEvery::Day => HowOften::Day,
            DigestEvery::Week => HowOften::Week,
            DigestEvery::Month => HowOften::Month,
            DigestEvery::Never => HowOften::Never,
        }
    }
}

impl From<HowOften> for DigestEvery {
    fn from(often: HowOften) -> DigestEvery {
        match often {
            HowOften::Day => DigestEvery::Day,
            HowOften::Week => DigestEvery::Week,
            HowOften::Month => DigestEvery::Month,
            HowOften::Never => DigestEvery::Never,
        }
    }
}
