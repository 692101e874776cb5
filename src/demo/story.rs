//! What happens in the demo's four months: who says what, where, when, and which way it comes in.
use std::collections::HashSet;

use anyhow::Context;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use domain::roster::csv::Row;
use entity::comment::Tell;
use rand::{
    Rng, SeedableRng,
    rngs::SmallRng,
    seq::{IndexedRandom, SliceRandom},
};

use super::{
    Sample,
    words::{self, Slots},
};
use crate::capture::draft::{Consent, Scale, Score};

/// Length of the story.
pub const DAYS: i64 = 120;
/// The same story every time.
const SEED: u64 = 1906;
/// Paper that was typed in when the company began with Plaudit, that many days into the story.
const HISTORY_TYPED_IN: i64 = 14;
/// One comment of the story.
#[derive(Clone, Debug)]
pub struct Told {
    /// When the customer was served.
    pub occurred_at: DateTime<Utc>,
    /// When it reached us.
    pub received_at: DateTime<Utc>,
    /// By which way it came in.
    pub source: Way,
    /// What they ticked.
    pub score: Option<Score>,
    /// Path of the site; may be empty.
    pub site: String,
    /// What they said.
    pub words: String,
    /// The name under it.
    pub author: Option<String>,
    /// Who may read it.
    pub consent: Consent,
    /// Whether managers hear of it.
    pub tell: Tell,
    /// Employee id of the person in question, where the demo knows.
    pub about: Option<String>,
    /// Whether staff is praised in it, as anybody who reads it would say.
    pub is_praise: bool,
}

/// Invents `count` comments that end at `now`, in the order in which they come in.
pub fn invent(
    sample: &Sample,
    people: &[Row],
    count: usize,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<Told>> {
    let zone = sample.company.time_zone;
    let mut teller = Teller {
        rng: SmallRng::seed_from_u64(SEED),
        slots: Slots::read(sample)?,
        people: Person::all(people, now.with_timezone(&zone).date_naive()),
        authors: &sample.company.authors,
        titles_in_lower_case: sample.company.titles_in_lower_case,
        zone,
        now,
    };
    let mut texts = words::texts(sample)?;
    texts.shuffle(&mut teller.rng);
    texts.truncate(count * 2 / 5);
    let mut story = Vec::with_capacity(count);
    for text in texts {
        story.push(teller.tell(text.from, text.site, text.words.to_owned(), None)?);
    }
    let mut said: HashSet<String> = HashSet::new();
    let patterns = words::patterns(sample)?;
    while story.len() < count {
        let (from, pattern) = *patterns.choose(&mut teller.rng).context("no patterns")?;
        let told = teller.tell_pattern(from, pattern)?;
        // Short answers are alike in life, too; long ones that are show the machine.
        if told.words.len() < 40 || said.insert(told.words.clone()) {
            story.push(told);
        }
    }
    story.sort_by_key(|told| told.received_at);
    Ok(story)
}

/// Somebody on the roster, as customers meet them.
#[derive(Debug)]
struct Person {
    row: Row,
    shop: String,
    department: String,
    /// How likely they are to be thanked.
    warmth: f64,
}

impl Person {
    fn all(rows: &[Row], today: NaiveDate) -> Vec<Person> {
        let mut rng = SmallRng::seed_from_u64(SEED);
        let at_a_site = rows.iter().filter_map(|row| {
            let site = row.site.as_deref()?;
            let (shop, department) = site.split_once(" / ").unwrap_or((site, "Shop"));
            Some(Person {
                row: row.clone(),
                shop: shop.to_owned(),
                department: department.to_owned(),
                warmth: (0.15 + rng.random::<f64>().powi(3) * 3.0) * presence(row, today),
            })
        });
        at_a_site.collect()
    }

    fn is_employed(&self, day: NaiveDate) -> bool {
        self.row.starts_on.is_none_or(|first| first <= day) && self.row.ends_on.is_none_or(|last| day <= last)
    }

    fn is_at_work(&self, at: NaiveDateTime) -> bool {
        self.is_employed(at.date()) && self.row.shifts.as_ref().is_none_or(|shifts| shifts.cover(at))
    }

    fn called(&self) -> &str {
        self.row.preferred_name.as_deref().unwrap_or(&self.row.given_name)
    }

    /// One of the ways in which customers write a name.
    fn name(&self, rng: &mut SmallRng) -> String {
        let row = &self.row;
        match rng.random_range(0..100) {
            0..38 => self.called().to_owned(),
            38..50 => row.given_name.clone(),
            50..76 => format!("{} {}", row.given_name, row.family_name),
            76..84 => format!(
                "{} {}.",
                self.called(),
                row.family_name.chars().take(1).collect::<String>()
            ),
            84..90 => row
                .aliases
                .first()
                .map_or(self.called(), String::as_str)
                .to_owned(),
            90..94 => self.called().to_lowercase(),
            _ => words::misspelt(&row.given_name, rng),
        }
    }
}

/// The part of the story during which somebody works there.
fn presence(row: &Row, today: NaiveDate) -> f64 {
    let begin = today - TimeDelta::days(DAYS);
    let first = row.starts_on.map_or(begin, |first| first.max(begin));
    let last = row.ends_on.map_or(today, |last| last.min(today));
    (last - first).num_days() as f64 / DAYS as f64
}

struct Teller<'a> {
    rng: SmallRng,
    slots: Slots,
    people: Vec<Person>,
    authors: &'a [String],
    titles_in_lower_case: bool,
    zone: Tz,
    now: DateTime<Utc>,
}

impl Teller<'_> {
    fn tell_pattern(&mut self, from: &'static str, pattern: &str) -> anyhow::Result<Told> {
        let at = self.somebody(|_, _| true)?;
        let shop = self.person(at)?.shop.clone();
        let other = self.somebody(|other, index| other.shop == shop && index != at)?;
        let other = self.person(other)?.called().to_owned();
        let (name, job) = self.introduce(at)?;
        let department = self.person(at)?.department.clone();
        let thing = self
            .slots
            .fill(&format!("{{thing_{department}}}"), &[], &mut self.rng)?;
        let known = [
            ("name", name),
            ("other", other),
            ("name_job", job),
            ("thing", thing),
        ];
        let words = self.slots.fill(pattern, &known, &mut self.rng)?;
        let site = match self.rng.random_range(0..10) {
            0..6 => shop,
            _ => self.person(at)?.row.site.clone().unwrap_or_default(),
        };
        self.tell(from, &site, words, Some(at))
    }

    fn person(&self, at: usize) -> anyhow::Result<&Person> {
        self.people.get(at).context("nobody works there")
    }

    /// Name and job of a person, in a customer's words.
    fn introduce(&mut self, at: usize) -> anyhow::Result<(String, String)> {
        let person = self.people.get(at).context("nobody works there")?;
        let job = person.row.job_title.clone().unwrap_or_default();
        let job = match self.titles_in_lower_case {
            true => job.to_lowercase(),
            false => job,
        };
        Ok((person.name(&mut self.rng), job))
    }

    /// A person by warmth, as an index.
    fn somebody(&mut self, fits: impl Fn(&Person, usize) -> bool) -> anyhow::Result<usize> {
        let fitting: Vec<(usize, f64)> = self
            .people
            .iter()
            .enumerate()
            .filter(|(at, person)| fits(person, *at))
            .map(|(at, person)| (at, person.warmth))
            .collect();
        Ok(fitting.choose_weighted(&mut self.rng, |(_, warmth)| *warmth)?.0)
    }

    fn tell(
        &mut self,
        from: &'static str,
        site: &str,
        words: String,
        about: Option<usize>,
    ) -> anyhow::Result<Told> {
        let visit = Visit::of(from)?;
        let (occurred_at, received_at) = self.times(visit.way, about);
        let signs = !matches!(visit.way, Way::Nps | Way::Api) && self.rng.random_bool(0.4);
        Ok(Told {
            occurred_at,
            received_at,
            source: visit.way,
            score: visit.score,
            site: site.to_owned(),
            words,
            author: self.authors.choose(&mut self.rng).cloned().filter(|_| signs),
            consent: visit.consent,
            tell: visit.tell,
            about: about.and_then(|at| Some(self.people.get(at)?.row.employee_id.clone())),
            is_praise: visit.is_praise,
        })
    }

    /// When it happened, while the person in question was at work, and when it came in; never after now.
    fn times(&mut self, way: Way, about: Option<usize>) -> (DateTime<Utc>, DateTime<Utc>) {
        let mut last = (self.now, self.now);
        for attempt in 0..400 {
            let occurred = self.moment(way);
            let received = self.arrival(way, occurred);
            let here = about.and_then(|at| self.people.get(at));
            let fits = here.is_none_or(|person| match attempt {
                0..200 => person.is_at_work(occurred),
                _ => person.is_employed(occurred.date()),
            });
            let (occurred, received) = (self.instant(occurred), self.instant(received));
            if self.begins_at() < received && received <= self.now && occurred < received {
                last = (occurred, received);
                if fits {
                    break;
                }
            }
        }
        last
    }

    fn begins_at(&self) -> DateTime<Utc> {
        self.now - TimeDelta::days(DAYS)
    }

    /// The instant of a local time; one that a clock change skips is taken as UTC.
    fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        let found = self.zone.from_local_datetime(&local).earliest();
        found.map_or_else(|| local.and_utc(), |at| at.to_utc())
    }

    /// A moment of opening hours, local time; fuller on Saturdays and in recent weeks.
    fn moment(&mut self, way: Way) -> NaiveDateTime {
        let days = match way {
            Way::Import => DAYS - self.rng.random_range(0..HISTORY_TYPED_IN),
            _ if self.rng.random_bool(0.04) => self.rng.random_range(0..2),
            _ => (self.rng.random::<f64>().powf(1.25) * DAYS as f64) as i64,
        };
        let mut day = (self.now.with_timezone(&self.zone) - TimeDelta::days(days)).date_naive();
        if self.rng.random_bool(0.12) {
            day -= TimeDelta::days(7 - i64::from(Weekday::Sat.days_since(day.weekday())));
        }
        let minutes = self.rng.random_range(8 * 60..19 * 60);
        day.and_time(NaiveTime::MIN) + TimeDelta::seconds(minutes * 60 + self.rng.random_range(0..60))
    }

    fn arrival(&mut self, way: Way, occurred: NaiveDateTime) -> NaiveDateTime {
        let morning = |day: NaiveDate, hour: i64| day.and_time(NaiveTime::MIN) + TimeDelta::hours(hour);
        let seconds = TimeDelta::seconds(self.rng.random_range(0..240));
        match way {
            Way::Nps => morning(occurred.date(), 24 + 6) + seconds,
            Way::Card => morning(occurred.date(), 24 * self.rng.random_range(1..4) + 17) + seconds,
            Way::Stars => occurred + TimeDelta::minutes(self.rng.random_range(90..2000)),
            Way::Import => {
                let typed_in =
                    self.now.with_timezone(&self.zone) - TimeDelta::days(DAYS - HISTORY_TYPED_IN - 1);
                morning(typed_in.date_naive(), 10) + seconds
            }
            Way::Form => occurred + TimeDelta::minutes(self.rng.random_range(3..200)) + seconds,
            Way::Phone | Way::Api => occurred + TimeDelta::seconds(30) + seconds,
        }
    }
}

/// How a comment of the story comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The form.
    Form,
    /// A survey with a scale from 0 to 10.
    Nps,
    /// A review with stars.
    Stars,
    /// A card of paper, typed in.
    Card,
    /// A note about a call.
    Phone,
    /// A program of the company.
    Api,
    /// Older paper, in one file.
    Import,
}

/// A way in, and what goes with it.
struct Visit {
    way: Way,
    score: Option<Score>,
    consent: Consent,
    tell: Tell,
    is_praise: bool,
}

impl Visit {
    fn of(from: &str) -> anyhow::Result<Visit> {
        let (kind, value) = from.split_once(' ').unwrap_or((from, ""));
        let (kind, is_marked) = kind.strip_suffix('!').map_or((kind, false), |kind| (kind, true));
        let (way, scale, consent) = match kind {
            "form" => (Way::Form, None, Consent::Public),
            "nps" => (Way::Nps, Some(Scale::Nps), Consent::Staff),
            "stars" => (Way::Stars, Some(Scale::Stars), Consent::Public),
            "card" => (Way::Card, None, Consent::Colleagues),
            "phone" => (Way::Phone, None, Consent::Colleagues),
            "api" => (Way::Api, None, Consent::Staff),
            "import" => (Way::Import, None, Consent::Colleagues),
            other => anyhow::bail!("the demo knows no way in {other:?}"),
        };
        let score = scale.map(|scale| value.parse().map(|value| Score { value, scale }));
        let score = score.transpose()?;
        Ok(Visit {
            way,
            score,
            is_praise: !is_marked && score.is_none_or(|score| score.value > lowest_of_praise(score.scale)),
            consent,
            tell: if way == Way::Import { Tell::None } else { Tell::Now },
        })
    }
}

/// Whoever ticks this or less is not thanking anybody.
fn lowest_of_praise(scale: Scale) -> f64 {
    if scale == Scale::Nps { 4.0 } else { 2.0 }
}
