//! Is a mention a staff member? What stands around the name says so.

mod others;
mod service;
mod things;

use super::cue::{Merge, STAFF_CODES, Staff, StaffValues};
use super::entity::Entity;
use super::mention::{How, Mention};
use super::reading::Reading;
use crate::text::lexicon::{ARTICLE_NAME, COPULA, GIVEN, RELATIVE, TITLE_GIVEN, VERB, WORD};
use crate::text::token::Token;

/// Cues of a person, merged over all mentions.
pub(super) fn staff_cues(reading: &Reading, entity: &Entity) -> StaffValues {
    let mut mentions = entity.mentions.iter().map(|m| {
        Context {
            reading,
            m,
            start: m.start,
            end: m.end,
        }
        .cues()
    });
    let mut values = mentions.next().unwrap_or_default();
    for other in mentions {
        values.merge(&other, &Staff::MERGES);
    }
    silence(&mut values, &[Staff::Kin, Staff::Pet, Staff::SelfName]);
    values.flag(Staff::ThanksAndSigns, thanks_and_signs(reading, entity));
    values.set(Staff::Bias, 1.0);
    values.set(Staff::Repeated, (entity.mentions.len() as f64).ln().min(1.5));
    values.flag(Staff::OffSite, entity.in_scope == 0);
    let strangers = [
        Staff::Kin,
        Staff::Pet,
        Staff::Companion,
        Staff::Signature,
        Staff::SelfName,
        Staff::Author,
        Staff::Reply,
        Staff::Public,
        Staff::Venue,
        Staff::Brand,
        Staff::Product,
        Staff::VenueBefore,
        Staff::LongerName,
    ];
    let plain = entity.how == How::Full && entity.in_scope == 1;
    values.flag(
        Staff::PlainFull,
        plain && strangers.iter().all(|cue| values.get(*cue) == 0.0),
    );
    values.set(
        Staff::FullInLong,
        values.get(Staff::Full) * (1.0 - reading.brevity),
    );
    let people = reading.finder.roster.len().max(1) as f64;
    values.set(
        Staff::Rarity,
        ((people / entity.total.max(1) as f64).ln() / 8.0).clamp(0.0, 1.0),
    );
    values.flag(Staff::TalkOfService, reading.speaks_of_staff);
    let things = [
        Staff::Place,
        Staff::PlacePreposition,
        Staff::Month,
        Staff::Article,
        Staff::AtThe,
        Staff::Toward,
        Staff::LowerWord,
        Staff::IsThing,
        Staff::CapitalFollows,
        Staff::OtherFamily,
        Staff::Possessive,
        Staff::Organisation,
        Staff::ThanksAndSigns,
    ];
    let titled = entity.how == How::Family && values.get(Staff::Titled) > 0.0;
    let exact = entity.in_scope > 0 && (entity.how <= How::Given || titled);
    let nothing_else = strangers.iter().chain(&things).all(|cue| values.get(*cue) == 0.0);
    // "A tília da praça": an article before a word in lower case.
    let common = values.get(Staff::Lower) > 0.0 && values.get(Staff::ArticleName) > 0.0;
    if exact && nothing_else && !common {
        values.set(Staff::PlainName, reading.brevity);
    }
    values.set(Staff::Brevity, reading.brevity);
    values.set(Staff::Language, reading.foreign);
    values
}

/// Named once, in the last thanks, after somebody else.
fn thanks_and_signs(reading: &Reading, entity: &Entity) -> bool {
    let [m] = &entity.mentions[..] else { return false };
    let context = Context {
        reading,
        m,
        start: m.start,
        end: m.end,
    };
    let named_before = reading
        .named_spans
        .first()
        .is_some_and(|(start, _)| *start < m.start);
    context.thanked_behind_comma() || named_before && context.thanks_and_signs()
}

/// What is said of a relative, a pet or the customer is no sign of a staff member, however it is said.
fn silence(values: &mut StaffValues, others: &[Staff]) {
    if others.iter().any(|cue| values.get(*cue) > 0.0) {
        let said = [
            Staff::Verb,
            Staff::Copula,
            Staff::PraiseNear,
            Staff::Pronoun,
            Staff::Manner,
            Staff::Possessor,
            Staff::With,
            Staff::List,
        ];
        for cue in said {
            values.set(cue, 0.0);
        }
    }
}

/// A mention in its text.
struct Context<'a> {
    reading: &'a Reading<'a>,
    m: &'a Mention,
    start: usize,
    end: usize,
}

impl Context<'_> {
    fn cues(&self) -> StaffValues {
        let mut values = StaffValues::default();
        values.flag(Staff::Hint, self.m.hint);
        values.flag(Staff::Reference, self.m.how == How::Reference);
        self.spelling(&mut values);
        if self.end > self.start {
            self.shape(&mut values);
            self.service(&mut values);
            self.shared_in_list(&mut values);
            self.others(&mut values);
            self.things(&mut values);
            silence(
                &mut values,
                &[Staff::Companion, Staff::Signature, Staff::Reply, Staff::Month],
            );
        }
        values
    }

    fn before(&self, back: usize) -> &Token {
        self.reading.tokens().before(self.start, back)
    }

    fn behind(&self, on: usize) -> &Token {
        self.reading.tokens().at(self.end + on)
    }

    fn key<'t>(&'t self, token: &Token) -> &'t str {
        self.reading.tokens().key(token)
    }

    /// The word that says what the person does or is, an adverb skipped: "Mo never once complained".
    fn predicate(&self) -> &Token {
        let adverbs = [
            "never", "always", "also", "really", "just", "even", "then", "once", "who", "truly", "again",
        ];
        let skips = |t: &Token| {
            t.is_word()
                && !t.capital
                && (t.word.boost != 0.0
                    || t.is(RELATIVE)
                    || adverbs.contains(&self.key(t))
                    || self.key(t).ends_with("ly"))
        };
        let mut on = 0;
        while on < 2 && skips(self.behind(on)) && !self.behind(on).is(COPULA) {
            on += 1;
        }
        self.behind(on)
    }

    fn first(&self) -> &Token {
        self.reading.tokens().at(self.start)
    }

    fn is_certain(&self) -> bool {
        self.m.how <= How::Full || self.m.initial
    }

    fn spelling(&self, values: &mut StaffValues) {
        let how = self.m.how;
        values.flag(Staff::Exact, how == How::Exact);
        values.flag(Staff::Full, how == How::Full);
        values.flag(Staff::Initial, self.m.initial && how != How::Full);
        values.flag(
            Staff::Titled,
            self.m.titled || self.reading.finder.is_titled(self.start),
        );
        values.flag(
            Staff::TitledGiven,
            self.before(1).is(TITLE_GIVEN) && how != How::Family,
        );
        values.flag(Staff::ArticleName, self.before(1).is(ARTICLE_NAME));
        values.flag(
            Staff::FamilyBare,
            how == How::Family && !self.m.titled && !self.m.initial,
        );
        values.flag(Staff::Nick, how == How::Nick);
        values.flag(Staff::Edit, how == How::Edit);
        values.flag(Staff::Sound, how == How::Sound);
        let best = self.m.bearers.iter().map(|b| b.fit).fold(f64::MIN, f64::max);
        let far = how == How::Nick && best <= -1.5;
        values.flag(
            Staff::OtherName,
            far || (how >= How::Edit && best <= -0.5 && self.first().is(GIVEN)),
        );
    }

    fn shape(&self, values: &mut StaffValues) {
        if self.is_certain() || self.reading.finder.is_titled(self.start) {
            values.set(Staff::Nameness, 1.5);
            return;
        }
        let first = self.first();
        let single = self.end == self.start + 1 && !self.is_initials();
        let nameness = if single {
            f64::from(first.word.nameness)
        } else {
            2.5
        };
        let acts = self.behind(0).is(VERB | COPULA) || self.behind(0).possessive || self.in_list();
        let common = single && first.word.lower_share > 0.3 && !acts;
        // A capitalised word that acts is a name: "Will made the best coffee".
        let subject = self.predicate().is(VERB | COPULA) && first.capital;
        let nameness = if subject { nameness.max(0.0) } else { nameness };
        values.set(Staff::Nameness, nameness / 2.0);
        values.flag(Staff::LowerWord, !first.capital && first.is(WORD) && single);
        values.flag(Staff::Lower, !first.capital && !self.reading.lower_case());
        values.flag(
            Staff::SentenceStart,
            common && self.reading.tokens().begins_sentence(self.start),
        );
    }

    /// "T.J."
    fn is_initials(&self) -> bool {
        let first = self.first();
        let letters = self.key(first).len();
        letters > 1 && (first.end - first.start) as usize + 1 >= 2 * letters && !first.possessive
    }

    /// "Server Rose, April & Ann-Marie looked after us": what stands at either end of a list holds of all in it.
    fn shared_in_list(&self, values: &mut StaffValues) {
        let (start, end) = self.reading.list_around(self.start, self.end);
        if (start, end) != (self.start, self.end) {
            let mut shared = values.clone();
            Context { start, end, ..*self }.service(&mut shared);
            values.merge(&shared, &[Merge::Most; STAFF_CODES.len()]);
        }
    }
}
