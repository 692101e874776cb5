//! Places, companies, products and dates that bear people's names.

use super::Context;
use crate::attribution::cue::{Staff, StaffValues};
use crate::attribution::mention::How;
use crate::text::lexicon::{
    ASK, BRANDNAME, CONTRAST, COPULA, DEMONYM, FUNCTION, GIVEN, HONORIFIC, KIN, LONGNAME, MONTH, MOVE, NAMED,
    PARTICLE, PERSON, PLACE, PLACEPREP, PRODUCT, PRONOUN, ROLE, SERVICE, TEAM, THANKS, TITLE_GIVEN, VENUE,
    VERB, WORD,
};
use crate::text::speech::ENGLISH;
use crate::text::token::{Kind, Token};

impl Context<'_> {
    /// Places, brands, products, dates.
    pub(super) fn things(&self, values: &mut StaffValues) {
        let first = self.first();
        let last_owns = self.range().last().is_some_and(|t| t.possessive);
        let place = self.is_place();
        let preposition = self.before(1).is(PLACEPREP) && !self.reading.is_thanked(self.start);
        values.flag(Staff::OtherFamily, self.other_family());
        values.flag(Staff::LongerName, self.longer_name());
        values.flag(Staff::CapitalFollows, self.capital_follows());
        values.flag(Staff::Capitals, first.upper && !self.reading.shouts);
        // Hardly anybody is called Albany.
        let rare = place && first.is(PLACE) && !first.is(GIVEN);
        values.set(Staff::Place, f64::from(u8::from(place) + u8::from(rare)));
        values.flag(
            Staff::PlacePreposition,
            preposition
                && (place
                    || self.is_travelled()
                    || !self.handled_by() && !self.asked_for() && self.key(self.before(1)) == "in"),
        );
        values.flag(
            Staff::AtThe,
            self.is_english_article(self.before(1)) && self.before(2).is(PLACEPREP),
        );
        let host = self.is_host();
        values.flag(Staff::Host, host);
        values.flag(
            Staff::Venue,
            self.behind(0).is(VENUE) && (last_owns || self.behind(0).capital || place) && !host,
        );
        values.flag(Staff::VenueBefore, self.venue_before());
        values.flag(
            Staff::KnownBrand,
            self.range().any(|t| t.is(BRANDNAME))
                && self.m.how != How::Full
                && !self.reading.finder.is_titled(self.start),
        );
        values.flag(
            Staff::Brand,
            self.behind(0).is(VENUE) && self.behind(0).capital && !last_owns && !self.reading.shouts,
        );
        values.flag(Staff::Product, self.names_a_thing());
        values.flag(
            Staff::Possessive,
            last_owns && !host && !self.behind(0).is(SERVICE | KIN | ROLE),
        );
        values.flag(Staff::Month, first.is(MONTH) && self.is_date());
        values.flag(
            Staff::Organisation,
            !self.is_certain() && self.reading.is_own_name(first.hash),
        );
        values.flag(
            Staff::Article,
            self.is_english_article(self.before(1))
                && !self.m.titled
                && !self.reading.is_thanked(self.start)
                && self.key(self.behind(0)) != "family",
        );
    }

    /// A city, a country, a nationality: by its own name, by its first word ("San Antonio"), or in a list of such.
    fn is_place(&self) -> bool {
        let first = self.first();
        let saint = [
            "san", "santa", "saint", "st", "fort", "port", "los", "las", "hong",
        ];
        let long = self.end > self.start + 1 && saint.contains(&self.key(first));
        let listed = |link: &Token, other: &Token| {
            (link.is_mark(',') || matches!(self.key(link), "and" | "or" | "&"))
                && other.is(PLACE)
                && !other.is(GIVEN)
        };
        // "Thank you Chelsea!"
        let thanked = first.is(GIVEN) && self.reading.is_thanked(self.start);
        let single = !self.is_certain()
            && !thanked
            && !self.behind(0).is(VERB)
            && (first.is(PLACE | DEMONYM)
                || listed(self.before(1), self.before(2))
                || listed(self.behind(0), self.behind(1)));
        long || single
    }

    /// "drove from Tyler", "flew to Paris", "from Sydney to Rome"
    fn is_travelled(&self) -> bool {
        let moved = (2..=4).any(|b| self.before(b).is(MOVE));
        let onward =
            self.key(self.before(1)) == "from" && self.key(self.behind(0)) == "to" && self.behind(1).capital;
        moved || onward
    }

    /// "hotel Monaco", "Café Edison", "suites by Hilton"
    fn venue_before(&self) -> bool {
        let near = |t: &Token| t.is(VENUE) && !t.is(ROLE | TEAM | PERSON);
        near(self.before(1)) || (self.key(self.before(1)) == "by" && near(self.before(2)))
    }

    /// "Ann's apartment", "Thaddeus place": hosts are named by what they let.
    fn is_host(&self) -> bool {
        let homes = [
            "place",
            "home",
            "apartment",
            "condo",
            "flat",
            "house",
            "cottage",
            "villa",
            "airbnb",
            "property",
            "loft",
            "room",
            "rooms",
            "cabin",
            "farm",
            "studio",
            "guesthouse",
            "bnb",
            "listing",
            "space",
        ];
        let owns = self
            .range()
            .last()
            .is_some_and(|t| t.possessive || self.key(t).ends_with('s'));
        owns && homes.contains(&self.key(self.behind(0)))
    }

    /// "the Obama burrito", "serafina restaurant", "Washington park": the name goes with a thing.
    fn names_a_thing(&self) -> bool {
        let owns = self.range().last().is_some_and(|t| t.possessive);
        let thing = self.behind(0);
        let plain = thing.is(PRODUCT) || (thing.is(VENUE) && !thing.capital);
        plain && !owns && !self.is_host() && !self.behind(1).is(ROLE | TEAM)
    }

    /// In German, nouns begin with a capital too.
    pub(super) fn capitals_say_nothing(&self, token: &Token) -> bool {
        let pack = self.reading.tokens().pack(token);
        pack.is_some_and(|p| p.capitals_say_nothing)
    }

    fn is_english_article(&self, token: &Token) -> bool {
        // The French "à" has the key of the article.
        let bytes = (token.end - token.start) as usize;
        token.language == ENGLISH
            && matches!(self.key(token), "the" | "a" | "an")
            && bytes == self.key(token).len()
    }

    fn is_date(&self) -> bool {
        let beside = |link: &Token, other: &Token| {
            (matches!(self.key(link), "and" | "or" | "to") || link.is_mark(',') || link.is_mark('-'))
                && other.is(MONTH)
        };
        if beside(self.before(1), self.before(2)) || beside(self.behind(0), self.behind(1)) {
            return true;
        }
        let also_given = matches!(
            self.key(self.first()),
            "april" | "may" | "june" | "august" | "jan"
        );
        if !also_given && !self.behind(0).is(VERB | COPULA) && !self.reading.is_thanked(self.start) {
            return true;
        }
        let numbered =
            |t: &Token| t.kind == Kind::Number || self.key(t).starts_with(|c: char| c.is_ascii_digit());
        numbered(self.before(1))
            || numbered(self.behind(0))
            || self.before(1).kind == Kind::Number
            || self.behind(0).kind == Kind::Number
            || matches!(
                self.key(self.before(1)),
                "in" | "on"
                    | "before"
                    | "after"
                    | "during"
                    | "every"
                    | "each"
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
        let named = next.is_word()
            && next.capital
            && !next.upper
            && next.end - next.start > 1
            && !self.capitals_say_nothing(next);
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
            && !self.capitals_say_nothing(next)
            && !owns
            && !self.is_certain()
            && !next.is(FUNCTION | VERB | COPULA | ROLE | CONTRAST | PRONOUN | THANKS | HONORIFIC)
    }

    /// "San Diego", "Papa John": a capital before the name that is neither title, job nor start of a sentence.
    pub(super) fn longer_name(&self) -> bool {
        let before = self.before(1);
        let named = before.is_word()
            && before.capital
            && before.end - before.start > 1
            && !self.reading.shouts
            && !before.is(TITLE_GIVEN | PARTICLE)
            && (!self.capitals_say_nothing(before) || before.is(GIVEN));
        let inside = named && !self.reading.tokens().begins_sentence(self.start - 1);
        // "Le Parker Meridien", though a Parker Meridien works here.
        if inside && self.is_certain() && before.is(LONGNAME) {
            return true;
        }
        // "at Sloppy Joes"
        let at_named = self.before(2).is(PLACEPREP)
            && !before.is(HONORIFIC | ROLE | THANKS | FUNCTION | NAMED | ASK | PERSON | SERVICE | TEAM)
            && !self.reading.is_thanked(self.start);
        if inside && at_named && !self.is_certain() {
            return true;
        }
        named
            && !self.is_certain()
            && !self.reading.tokens().begins_sentence(self.start - 1)
            && (before.is(LONGNAME)
                || !before.is(HONORIFIC | ROLE | THANKS | FUNCTION | NAMED | ASK | PERSON | WORD))
    }
}
