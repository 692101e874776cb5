//! Which of the people who bear the name? Site, job title, shift and dates say so (weights of evidence in the manner of
//! Fellegi and Sunter).

use chrono::{Datelike, NaiveDateTime, Timelike};

use super::entity::Entity;
use super::mention::{Bearer, How, Mention};
use super::model::IdentityWeights;
use super::reading::Reading;
use crate::roster::Person;

/// One person and the probability that it is who is meant.
#[derive(Clone, Debug)]
pub(crate) struct Identified {
    pub(crate) staff: u32,
    pub(crate) probability: f64,
    /// Codes and log weights that told this person from others.
    pub(crate) evidence: Vec<(&'static str, f64)>,
    /// Log weight of the spelling, see [`Bearer::fit`].
    pub(crate) fit: f64,
    /// Was the person employed on the day?
    pub(crate) employed: bool,
}

/// Weighs everybody who may be meant; best first.
pub(super) fn identify(
    reading: &Reading,
    entity: &Entity,
    at: Option<NaiveDateTime>,
    w: &IdentityWeights,
) -> Vec<Identified> {
    let judge = Judge {
        reading,
        entity,
        at,
        w,
    };
    let mut people: Vec<(Identified, f64)> = entity.bearers.iter().filter_map(|b| judge.weigh(b)).collect();
    let top = people.iter().map(|(_, z)| *z).fold(f64::MIN, f64::max);
    let unlisted = entity.in_scope.saturating_sub(people.len()) as f64;
    let sum: f64 = people.iter().map(|(_, z)| (z - top).exp()).sum::<f64>() + unlisted;
    for (person, z) in &mut people {
        person.probability = (*z - top).exp() / sum;
    }
    people.sort_by(|a, b| {
        b.1.total_cmp(&a.1)
            .then(reading.id(a.0.staff).cmp(&reading.id(b.0.staff)))
    });
    people.into_iter().map(|(person, _)| person).collect()
}

struct Judge<'a> {
    reading: &'a Reading<'a>,
    entity: &'a Entity,
    at: Option<NaiveDateTime>,
    w: &'a IdentityWeights,
}

impl Judge<'_> {
    fn weigh(&self, bearer: &Bearer) -> Option<(Identified, f64)> {
        let person = self.reading.finder.roster.people.get(bearer.staff)?;
        let day = self.at.map(|at| at.date().num_days_from_ce());
        if !self.is_so_called(bearer.staff, day) {
            return None;
        }
        let employed = person.employed(day);
        let mut evidence = Vec::new();
        let mut add = |code, weight: f64| {
            if weight != 0.0 {
                evidence.push((code, weight));
            }
        };
        let sure = matches!(self.entity.how, How::Exact | How::Reference);
        if !sure {
            add("identity.left", if employed { 0.0 } else { self.w.left });
            add("identity.job_title", self.title(person, day));
            add("identity.shift", self.shift(person, day));
            add("identity.proper_name", self.proper_name(person));
            add("identity.spelling", bearer.fit);
        }
        let z = evidence.iter().map(|(_, weight)| weight).sum();
        let identified = Identified {
            staff: bearer.staff,
            probability: 0.0,
            evidence,
            fit: bearer.fit,
            employed,
        };
        Some((identified, z))
    }

    /// A job title of the person stands near the name.
    fn title(&self, person: &Person, day: Option<i32>) -> f64 {
        let people = &self.reading.finder.roster.people;
        let titles = person
            .assignments
            .iter()
            .filter(|a| a.holds(day))
            .flat_map(|a| people.title_words(a.title));
        let mut near = self
            .entity
            .mentions
            .iter()
            .flat_map(|m| self.reading.tokens().range(m.start.saturating_sub(4), m.end + 4));
        let words: Vec<u64> = titles.copied().collect();
        if near.any(|t| t.is_word() && words.contains(&t.hash)) {
            self.w.job_title
        } else {
            0.0
        }
    }

    /// The person's shifts cover the time, or the time of day that the text speaks of.
    fn shift(&self, person: &Person, day: Option<i32>) -> f64 {
        let people = &self.reading.finder.roster.people;
        let shifts: Vec<_> = person
            .assignments
            .iter()
            .filter(|a| a.holds(day))
            .filter_map(|a| people.shifts_of(a.shifts))
            .collect();
        if shifts.is_empty() {
            return 0.0;
        }
        let night = self.reading.speaks_of_night();
        let midday = self
            .at
            .is_some_and(|at| (at.hour(), at.minute(), at.second()) == (12, 0, 0));
        match self.at {
            // Noon sharp is what sources send that know only the day.
            Some(at) if !midday => {
                if shifts.iter().any(|s| s.cover(at)) {
                    self.w.on_shift
                } else {
                    self.w.off_shift
                }
            }
            _ if night => {
                if shifts.iter().any(|s| s.touch_hour(23)) {
                    self.w.on_shift
                } else {
                    self.w.off_shift
                }
            }
            _ => 0.0,
        }
    }

    /// The text has the very name the person goes by, not a relative of it.
    fn proper_name(&self, person: &Person) -> f64 {
        let roster = self.reading.finder.roster;
        let forms = || {
            person
                .forms
                .iter()
                .filter_map(|f| roster.names.get(*f))
                .filter(|f| !f.family)
        };
        let exact = self.entity.mentions.iter().any(|m| {
            let key = self.key(m);
            forms().any(|f| *f.key == *key)
        });
        if exact { self.w.proper_name } else { 0.0 }
    }

    /// Not by a name that the person bore at the site on other days only.
    fn is_so_called(&self, staff: u32, day: Option<i32>) -> bool {
        let roster = self.reading.finder.roster;
        let mut mentions = self.entity.mentions.iter().filter(|m| !m.hint).peekable();
        mentions.peek().is_none() || mentions.any(|m| roster.bears_on(staff, &self.key(m), day))
    }

    fn key(&self, mention: &Mention) -> String {
        let tokens = self.reading.tokens();
        let words = tokens.range(mention.start, mention.end).iter();
        words.filter(|t| t.is_word()).map(|t| tokens.key(t)).collect()
    }
}
