//! The settings of `/me`: when and in which language one is written to, and whether one stands on boards.
use chrono::{NaiveDate, NaiveTime, Timelike};
use domain::quiet::{NotQuiet, Quiet};
use entity::account::{self, DigestEvery, Frequency};
use poem::{Error, Response, handler, http::StatusCode};

use super::{
    fields::Fields,
    form::refuse_other_types,
    reader::Reader,
    sessions::{own_account, page},
};
use crate::{
    access::preference::{self, Preferences},
    ledger::own,
    template::context::{Choice, Field, FormProblemKind, SessionsPage, UnsubscribePage, WeekdayChoice},
    web::problem::Failure,
};

/// When mail comes, and the names of that in forms.
pub(super) const FREQUENCIES: [(&str, Frequency); 4] = [
    ("at_once", Frequency::AtOnce),
    ("hourly", Frequency::Hourly),
    ("digest", Frequency::Digest),
    ("never", Frequency::Off),
];
const EVERIES: [(&str, DigestEvery); 4] = [
    ("day", DigestEvery::Day),
    ("week", DigestEvery::Week),
    ("month", DigestEvery::Month),
    ("never", DigestEvery::Never),
];

/// The name of a value.
pub(super) fn name_of<T: PartialEq>(names: &[(&'static str, T)], value: &T) -> &'static str {
    let found = names.iter().find(|(_, one)| one == value);
    found.map_or("", |(name, _)| *name)
}

/// What the form shows of preferences.
pub(super) fn show(page: &mut SessionsPage, preferences: &Preferences, has_address: bool) {
    let names = FREQUENCIES.map(|(name, _)| name);
    let frequency = name_of(&FREQUENCIES, &preferences.frequency);
    if has_address {
        page.frequencies = UnsubscribePage::frequencies(&names, frequency);
    }
    page.now = now(preferences);
    page.everies = choices("sessions.every", &EVERIES, Some(preferences.digest_every));
    page.weekdays = (1..=7).map(|number| weekday(number, preferences)).collect();
    page.digest_time = field(clock(preferences.digest_minute));
    let night = preferences.quiet.night();
    page.quiet_from = field(night.map(|(from, _)| clock(from)).unwrap_or_default());
    page.quiet_until = field(night.map(|(_, until)| clock(until)).unwrap_or_default());
    let asked = &FREQUENCIES[..3];
    let (asks, own) = ("sessions.exception", &FREQUENCIES[..2]);
    page.triage_exception = choices(asks, asked, preferences.triage_frequency);
    page.complaint_exception = choices(asks, asked, preferences.complaint_frequency);
    page.own_praise_exception = choices(asks, own, preferences.own_praise_frequency);
    page.has_exceptions = preferences.triage_frequency.is_some()
        || preferences.complaint_frequency.is_some()
        || preferences.own_praise_frequency.is_some();
    page.time_zone = field(preferences.time_zone.clone().unwrap_or_default());
    page.own_praise = preferences.own_praise;
    for choice in &mut page.languages {
        choice.chosen = Some(&choice.value) == preferences.language.as_ref();
    }
}

fn now(preferences: &Preferences) -> &'static str {
    match preferences.frequency {
        Frequency::AtOnce => "at_once",
        Frequency::Hourly => "hourly",
        Frequency::Digest => name_of(&EVERIES, &preferences.digest_every),
        Frequency::Off => "never",
    }
}

fn weekday(number: i32, preferences: &Preferences) -> WeekdayChoice {
    let day = preference::weekday(number);
    WeekdayChoice {
        value: day.number_from_monday(),
        day: NaiveDate::from_isoywd_opt(2024, 1, day).unwrap_or_default(),
        chosen: day == preferences.digest_weekday,
        quiet: preferences.quiet.has_day(day),
    }
}

fn choices<T: PartialEq + Copy>(group: &str, names: &[(&'static str, T)], chosen: Option<T>) -> Vec<Choice> {
    let choice = |(name, value): &(&'static str, T)| Choice {
        value: (*name).to_owned(),
        label: format!("{group}.{name}"),
        chosen: chosen == Some(*value),
    };
    names.iter().map(choice).collect()
}

fn field(value: String) -> Field {
    Field { value, problem: None }
}

/// A minute of the day as a clock shows it.
pub(crate) fn clock(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The minute of the day of a time such as 17:30.
pub(crate) fn minute_of(time: &str) -> Option<u32> {
    let time = time.trim();
    let formats = ["%H:%M", "%H:%M:%S"];
    let time = formats
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(time, format).ok())?;
    Some(time.hour() * 60 + time.minute())
}

/// What is wrong with what was typed.
#[derive(Clone, Copy, Debug, Default)]
struct Wrong {
    digest_time: bool,
    night: bool,
    days: bool,
    time_zone: bool,
}

impl Wrong {
    fn is_nothing(self) -> bool {
        !(self.digest_time || self.night || self.days || self.time_zone)
    }
}

/// Saves when mail comes, of what, whether one is on boards, and whether a person looks before one is credited. What is not sent stays.
#[handler]
pub(crate) async fn save(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let account = own_account(&reader).await?;
    let fields = Fields::read(&body);
    let (wanted, wrong) = wanted(&reader, &account, &fields)?;
    if !wrong.is_nothing() {
        let mut page = page(&reader, &account).await?;
        keep_typed(&mut page, &wanted, wrong, &fields);
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    store(&reader, &account, &wanted).await.map_err(Failure::from)?;
    save_objections(&reader, &fields).await.map_err(Failure::from)?;
    Ok(reader.see_other("/me", Some("saved")))
}

fn wanted(
    reader: &Reader<'_>,
    account: &account::Model,
    fields: &Fields,
) -> poem::Result<(Preferences, Wrong)> {
    let mut wanted = Preferences::of(account);
    let mut wrong = Wrong::default();
    if let Some(frequency) = chosen(fields, "frequency", &FREQUENCIES)? {
        wanted.frequency = frequency;
        wanted.own_praise = fields.get("own_praise").text == "yes";
    }
    if let Some(every) = chosen(fields, "digest_every", &EVERIES)? {
        wanted.digest_every = every;
    }
    if let Some(sent) = sent(fields, "digest_weekday") {
        let number = sent.parse().ok().filter(|number| (1..=7).contains(number));
        let number = number.ok_or_else(|| Error::from_status(StatusCode::BAD_REQUEST))?;
        wanted.digest_weekday = preference::weekday(number);
    }
    if let Some(sent) = sent(fields, "digest_time") {
        match minute_of(&sent) {
            Some(minute) => wanted.digest_minute = minute,
            None => wrong.digest_time = true,
        }
    }
    exception(fields, "triage_frequency", &mut wanted.triage_frequency)?;
    exception(fields, "complaint_frequency", &mut wanted.complaint_frequency)?;
    exception(fields, "own_praise_frequency", &mut wanted.own_praise_frequency)?;
    quiet(fields, &mut wanted, &mut wrong)?;
    if let Some(zone) = sent(fields, "time_zone") {
        wanted.time_zone = Some(zone.trim().to_owned()).filter(|zone| !zone.is_empty());
        wrong.time_zone = wanted.check() == Err(preference::WrongPreference::TimeZone);
    }
    if let Some(tag) = sent(fields, "language") {
        wanted.language = match tag.as_str() {
            "" => None,
            tag => Some(
                reader
                    .web
                    .app
                    .templates
                    .known(tag)
                    .map_err(|_| Error::from_status(StatusCode::BAD_REQUEST))?,
            ),
        };
    }
    Ok((wanted, wrong))
}

/// What was sent for a field; none where the form has none of that name.
fn sent(fields: &Fields, name: &str) -> Option<String> {
    fields.all(name).into_iter().next().map(|sent| sent.text)
}

fn chosen<T: Copy>(fields: &Fields, name: &str, names: &[(&str, T)]) -> poem::Result<Option<T>> {
    let Some(sent) = sent(fields, name).filter(|sent| !sent.is_empty()) else {
        return Ok(None);
    };
    let known = names.iter().find(|(known, _)| *known == sent);
    let (_, value) = known.ok_or_else(|| Error::from_status(StatusCode::BAD_REQUEST))?;
    Ok(Some(*value))
}

/// Nothing chosen is "as above".
fn exception(fields: &Fields, name: &str, kept: &mut Option<Frequency>) -> poem::Result<()> {
    if sent(fields, name).is_some() {
        *kept = chosen(fields, name, &FREQUENCIES[..3])?;
    }
    Ok(())
}

/// Boxes that are not ticked are not sent: that there are quiet hours in the form is known by its other fields.
fn quiet(fields: &Fields, wanted: &mut Preferences, wrong: &mut Wrong) -> poem::Result<()> {
    let (Some(from), Some(until)) = (sent(fields, "quiet_from"), sent(fields, "quiet_until")) else {
        return Ok(());
    };
    let mut days = 0;
    for day in fields.all("quiet_day") {
        let number = day.text.parse().ok().filter(|number| (1_u8..=7).contains(number));
        let number = number.ok_or_else(|| Error::from_status(StatusCode::BAD_REQUEST))?;
        days |= 1 << (number - 1);
    }
    let is_none = from.trim().is_empty() && until.trim().is_empty();
    let night = minute_of(&from).zip(minute_of(&until));
    wrong.night = night.is_none() && !is_none;
    match Quiet::new(night, days) {
        Ok(quiet) => wanted.quiet = quiet,
        Err(NotQuiet::Night) => wrong.night = true,
        Err(NotQuiet::Days) => wrong.days = true,
    }
    Ok(())
}

/// Shows what was chosen beside what is wrong.
fn keep_typed(page: &mut SessionsPage, wanted: &Preferences, wrong: Wrong, fields: &Fields) {
    show(page, wanted, !page.frequencies.is_empty());
    page.now = "";
    let typed = |name: &str, is_wrong: bool, problem| Field {
        value: fields.get(name).text,
        problem: is_wrong.then_some(problem),
    };
    page.digest_time = typed("digest_time", wrong.digest_time, FormProblemKind::Time);
    page.quiet_from = typed("quiet_from", wrong.night, FormProblemKind::QuietNight);
    page.quiet_until = typed("quiet_until", false, FormProblemKind::QuietNight);
    page.quiet_days_problem = wrong.days.then_some(FormProblemKind::QuietDays);
    page.time_zone = typed("time_zone", wrong.time_zone, FormProblemKind::TimeZone);
    let ticked: Vec<String> = fields.all("quiet_day").into_iter().map(|day| day.text).collect();
    for weekday in &mut page.weekdays {
        weekday.quiet = ticked.contains(&weekday.value.to_string());
    }
    page.on_boards = fields.get("on_boards").text == "yes";
    page.looked_at_first = fields.get("looked_at_first").text == "yes";
}

async fn store(
    reader: &Reader<'_>,
    account: &account::Model,
    wanted: &Preferences,
) -> Result<(), sea_orm::DbErr> {
    let app = &reader.web.app;
    let tx = app.db.write().await?;
    preference::change(&tx, account, wanted, &reader.caller.actor, app.clock.now()).await?;
    tx.commit().await
}

/// A box that is not ticked is not sent.
/// Whether one is on boards, and whether a person looks first.
async fn save_objections(reader: &Reader<'_>, fields: &Fields) -> Result<(), sea_orm::DbErr> {
    let Some(staff) = reader.caller.person().and_then(|person| person.staff) else {
        return Ok(());
    };
    let app = &reader.web.app;
    let tx = app.db.write().await?;
    let on_boards = fields.get("on_boards").text == "yes";
    let looked_at = fields.get("looked_at_first").text == "yes";
    let (organisation, now) = (reader.organisation.id, app.clock.now());
    own::be_on_boards(&tx, organisation, staff, on_boards, now).await?;
    own::be_looked_at_first(&tx, organisation, staff, looked_at, now).await?;
    tx.commit().await
}
