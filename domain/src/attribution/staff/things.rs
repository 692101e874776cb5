//! Places, companies, products and dates that bear people's names.

use super::Context;
use crate::attribution::cue::{Staff, StaffValues};
use crate::text::lexicon::{
    ASK, CONTRAST, COPULA, FUNCTION, HONORIFIC, KIN, LONGNAME, MONTH, NAMED, PERSON, PLACE, PLACEPREP,
    PRODUCT, PRONOUN, ROLE, SERVICE, THANKS, VENUE, VERB, WORD,
};
use crate::text::token::{Kind, Token};

impl Context<'_> {
    /// Places, brands, products, dates.
    pub(super) fn things(&self, values: &mut StaffValues) {
        let first = self.first();
        let last_owns = self.range().last().is_some_and(|t| t.possessive);
        let place = first.is(PLACE) && !self.is_certain() && !self.behind(0).is(VERB);
        let preposition = self.before(1).is(PLACEPREP) && !self.reading.is_thanked(self.start);
        values.flag(Staff::OtherFamily, self.other_family());
        values.flag(Staff::LongerName, self.longer_name());
        values.flag(Staff::CapitalFollows, self.capital_follows());
        values.flag(Staff::Capitals, first.upper && !self.reading.shouts);
        values.flag(Staff::Place, place);
        values.flag(
            Staff::PlacePreposition,
            preposition
                && (place || !self.handled_by() && !self.asked_for() && self.key(self.before(1)) == "in"),
        );
        values.flag(
            Staff::Venue,
            self.behind(0).is(VENUE) && (last_owns || self.behind(0).capital || place),
        );
        values.flag(
            Staff::Brand,
            self.behind(0).is(VENUE) && self.behind(0).capital && !last_owns && !self.reading.shouts,
        );
        values.flag(Staff::Product, self.behind(0).is(PRODUCT) && !last_owns);
        values.flag(
            Staff::Possessive,
            last_owns && !self.behind(0).is(SERVICE | KIN | ROLE),
        );
        values.flag(Staff::Month, first.is(MONTH) && self.is_date());
        values.flag(
            Staff::Organisation,
            !self.is_certain() && self.reading.is_own_name(first.hash),
        );
        values.flag(
            Staff::Article,
            matches!(self.key(self.before(1)), "the" | "a" | "an")
                && !self.m.titled
                && !self.reading.is_thanked(self.start)
                && self.key(self.behind(0)) != "family",
        );
    }

    pub(super) fn is_date(&self) -> bool {
        let numbered =
            |t: &Token| t.kind == Kind::Number || self.key(t).starts_with(|c: char| c.is_ascii_digit());
        numbered(self.before(1))
            || numbered(self.behind(0))
            || self.before(1).kind == Kind::Number
            || self.behind(0).kind == Kind::Number
            || matches!(
                self.key(self.before(1)),
                "in" | "on"
                    | "since"
                    | "of"
                    | "last"
                    | "this"
                    | "next"
                    | "until"
                    | "by"
                    | "late"
                    | "early"
                    | "mid"
                    | "through"
            )
            || (self.behind(0).is_mark(',') && self.behind(1).kind == Kind::Number)
    }

    /// "Julie Andrews" where no Julie Andrews works here.
    pub(super) fn other_family(&self) -> bool {
        let next = self.behind(0);
        let named = next.is_word() && next.capital && !next.upper && next.end - next.start > 1;
        !self.is_certain()
            && named
            && !self.range().last().is_some_and(|t| t.possessive)
            && !next.is(FUNCTION | VERB | COPULA | ROLE | CONTRAST | PRONOUN | WORD)
    }

    /// "Liberty First", "Bella Italia": an ordinary word with a capital goes on.
    pub(super) fn capital_follows(&self) -> bool {
        let next = self.behind(0);
        let owns = self.range().last().is_some_and(|t| t.possessive);
        next.is_word()
            && next.capital
            && !next.upper
            && next.is(WORD)
            && !owns
            && !self.is_certain()
            && !next.is(FUNCTION | VERB | COPULA | ROLE | CONTRAST | PRONOUN | THANKS | HONORIFIC)
    }

    /// "San Diego", "Papa John": a capital before the name that is neither title, job nor start of a sentence.
    pub(super) fn longer_name(&self) -> bool {
        let before = self.before(1);
        let named =
            before.is_word() && before.capital && before.end - before.start > 1 && !self.reading.shouts;
        named
            && !self.is_certain()
            && !self.reading.tokens().begins_sentence(self.start - 1)
            && (before.is(LONGNAME)
                || !before.is(HONORIFIC | ROLE | THANKS | FUNCTION | NAMED | ASK | PERSON | WORD))
    }
}
