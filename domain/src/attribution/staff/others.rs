//! Relatives, pets, the customer, public figures: people (and animals) who are not staff.

use super::Context;
use crate::attribution::cue::{Staff, StaffValues};
use crate::text::hash_key;
use crate::text::lexicon::{
    ARTICLE, BY, COPULA, Class, HONORIFIC, KIN, Lexicon, NAMED, PET, PUBLIC, SELF, SELFNAME, SIGNOFF, THANKS,
    TITLE_GIVEN, VERB,
};
use crate::text::speech::ENGLISH;
use crate::text::token::{Kind, Token};

impl Context<'_> {
    /// People who are not staff.
    pub(super) fn others(&self, values: &mut StaffValues) {
        values.flag(Staff::Kin, self.related(KIN));
        values.flag(Staff::Pet, self.related(PET));
        values.flag(Staff::Companion, self.is_companion());
        values.flag(Staff::Signature, self.is_signature());
        values.flag(Staff::SelfName, self.is_self_name());
        let author = self
            .reading
            .author
            .iter()
            .any(|a| self.range().any(|t| t.hash == *a));
        values.flag(Staff::Author, author);
        let addressed = self.key(self.before(1)) == "dear" && self.start > 5;
        values.flag(
            Staff::Reply,
            addressed || self.reading.is_quoted_reply(self.start),
        );
        values.flag(Staff::Public, self.is_public());
    }

    pub(super) fn range(&self) -> impl Iterator<Item = &Token> {
        self.reading.tokens().range(self.start, self.end).iter()
    }

    /// "my husband Mike", "our dog, Eli", "Luna, my cat", "Kelly's sister"
    pub(super) fn related(&self, class: Class) -> bool {
        let mut back = 1;
        while back <= 2
            && (matches!(self.before(back).kind, Kind::Mark(',' | '(' | '-'))
                || self.before(back).is(NAMED)
                || self.key(self.before(back)) == "is")
        {
            back += 1;
        }
        let kin = self.before(back);
        let owner = |t: &Token| {
            t.is(SELF | ARTICLE) || matches!(self.key(t), "his" | "her" | "their" | "new" | "dear")
        };
        // "goldfish named Brandi"
        let named = class == PET && self.before(1).is(NAMED);
        // "For my father, Jason worked hard": Jason is somebody else. "My husband, Mike was": he is not.
        let subject = self
            .reading
            .tokens()
            .begins_sentence(self.start.saturating_sub(back + 1));
        let apposed = !self.before(1).is_mark(',') || !self.behind(0).is(VERB | COPULA) || subject;
        // "Frau Yusuf" is a title, "meine Frau Yusuf" is not: what is a title needs an owner.
        let title = kin.is(HONORIFIC | TITLE_GIVEN);
        let owned_title = (1..=2).any(|b| self.before(back + b).is(SELF));
        let owned = kin.capital && !self.capitals_say_nothing(kin)
            || named
            || (1..=4).any(|b| owner(self.before(back + b)));
        let left = kin.is(class) && !kin.possessive && apposed && if title { owned_title } else { owned };
        // "Our friend's birthday (Asit)"
        let festive = matches!(self.before(1).kind, Kind::Mark('(' | ','))
            && (2..=4)
                .any(|b| self.before(b).is(class) && self.before(b).possessive && owner(self.before(b + 1)));
        let mut on = 0;
        while on < 2
            && (matches!(self.behind(on).kind, Kind::Mark(',' | '(' | '-'))
                || matches!(self.key(self.behind(on)), "is" | "was"))
        {
            on += 1;
        }
        let of_customer =
            on > 0 && self.behind(on).is(SELF) && (1..=3).any(|k| self.behind(on + k).is(class));
        let owner = self.range().last().is_some_and(|t| t.possessive) && self.behind(0).is(class);
        left || of_customer || owner || festive || self.listed_kin(class)
    }

    /// "my dogs, Betty & Lucy": the second of a list.
    pub(super) fn listed_kin(&self, class: Class) -> bool {
        let joined = self.is_and(self.before(1)) || self.before(1).is_mark(',');
        joined
            && self.before(2).capital
            && (3..=4).any(|b| self.before(b).is(class))
            && (4..=6).any(|b| self.before(b).is(SELF))
    }

    pub(super) fn is_companion(&self) -> bool {
        let and = |token: &Token| self.is_and(token);
        let me = |token: &Token| {
            matches!(self.key(token), "i" | "me" | "myself") || (token.language != ENGLISH && token.is(SELF))
        };
        (and(self.behind(0)) && me(self.behind(1)))
            || (and(self.before(1)) && me(self.before(2)))
            || self.is_celebrated()
    }

    /// "Callum's 18th", "for Olly's birthday": customers celebrate their own.
    fn is_celebrated(&self) -> bool {
        let feasts = [
            "birthday",
            "bday",
            "anniversary",
            "wedding",
            "graduation",
            "engagement",
            "baptism",
            "christening",
            "funeral",
            "shower",
            "hen",
            "stag",
        ];
        let feast = |t: &Token| {
            feasts.contains(&self.key(t)) || self.key(t).starts_with(|c: char| c.is_ascii_digit())
        };
        self.range().last().is_some_and(|t| t.possessive) && (feast(self.behind(0)) || feast(self.behind(1)))
    }

    /// A list signs as one: "Larissa and Michele".
    pub(super) fn is_signature(&self) -> bool {
        let (start, mut end) = self.reading.list_around(self.start, self.end);
        let whole = Context { start, end, ..*self };
        if self.is_and(whole.behind(0)) && whole.behind(1).capital {
            end += 2;
        }
        Context { start, end, ..*self }.signs()
    }

    /// "Thank you so much Kim" at the very end, where somebody else was praised: the customer signs.
    pub(super) fn thanks_and_signs(&self) -> bool {
        let tokens = self.reading.tokens();
        let polite = |t: &Token| {
            matches!(
                self.key(t),
                "you" | "so" | "much" | "again" | "very" | "a" | "lot"
            ) || t.is_mark(',')
        };
        let mut back = 1;
        while back <= 5 && polite(self.before(back)) {
            back += 1;
        }
        let words_behind = tokens
            .range(self.end, self.end + 12)
            .iter()
            .filter(|t| t.is_word())
            .count();
        self.before(back).is(THANKS)
            && tokens.begins_sentence(self.start.saturating_sub(back))
            && words_behind <= 2
            && !self.behind(0).is_mark('!')
    }

    fn signs(&self) -> bool {
        let tokens = self.reading.tokens();
        let words_behind = tokens
            .range(self.end, self.end + 8)
            .iter()
            .filter(|t| t.is_word())
            .count();
        let line_ends = matches!(self.behind(0).kind, Kind::Line | Kind::Outside)
            || (matches!(self.behind(0).kind, Kind::Mark(_))
                && matches!(self.behind(1).kind, Kind::Line | Kind::Outside));
        let starts = matches!(
            self.before(1).kind,
            Kind::Line | Kind::Mark('-' | '~' | '—' | '–' | '!' | '.' | ',')
        ) || (self.before(1).is(SIGNOFF) && self.is_signing(1));
        let signed = (1..=3).any(|b| self.before(b).is(SIGNOFF) && self.is_signing(b))
            && words_behind <= 6
            && self.start > 3;
        let alone =
            line_ends && words_behind <= 1 && starts && self.start > 3 && !self.before(1).is_mark(',');
        let closes = line_ends && self.before(1).is_mark(',') && self.before(2).is(SIGNOFF);
        signed || alone || closes || self.greets()
    }

    /// "Love from Claire and Peter"
    fn greets(&self) -> bool {
        self.before(1).is(BY) && self.before(2).is(SIGNOFF) && self.is_signing(2)
    }

    /// "Thx, Richard & Ana." at the very end: whoever is named behind the comma signs, or is thanked.
    pub(super) fn thanked_behind_comma(&self) -> bool {
        let (start, end) = self.reading.list_around(self.start, self.end);
        let list = Context { start, end, ..*self };
        let ends = match list.behind(0).kind {
            Kind::Outside | Kind::Line => true,
            Kind::Mark('.') => matches!(list.behind(1).kind, Kind::Outside | Kind::Line),
            _ => false,
        };
        ends && list.before(1).is_mark(',') && list.before(2).is(THANKS) && start > 8
    }

    /// "Kind regards,", "Love", "Thanks and regards": begins a line or sentence.
    pub(super) fn is_signing(&self, back: usize) -> bool {
        let at = self.start.saturating_sub(back);
        let warm = |i: usize| {
            self.reading.tokens().is_any(
                i,
                &[
                    "kind", "best", "warm", "warmest", "with", "and", "&", "yours", "many", "bien",
                ],
            )
        };
        self.before(back).ends_phrase(SIGNOFF)
            || self.reading.tokens().begins_sentence(at)
            || (1..=2).any(|b| at >= b && warm(at - b))
    }

    pub(super) fn is_self_name(&self) -> bool {
        let (one, two, three) = (
            self.key(self.before(1)),
            self.key(self.before(2)),
            self.key(self.before(3)),
        );
        self.before(1).is(SELFNAME) && self.before(1).language != ENGLISH
            || one == "im"
            || (two == "i" && one == "am")
            || (three == "my" && two == "name" && matches!(one, "is" | "was"))
            || (two == "this" && one == "is" && self.start <= 4)
            || (three == "the" && two == "name" && one == "is")
    }

    /// "Garth Brooks", "Paul McCartney", whether a colleague bears the whole name or a part of it.
    fn is_famous(&self) -> bool {
        let words = |start: usize, end: usize| {
            let named = self.reading.tokens().range(start, end).iter();
            named
                .filter(|t| t.is_word())
                .fold(0, |hash, t| hash_key(hash, self.key(t)))
        };
        let famous = |start: usize, end: usize| Lexicon::shipped().is_famous(words(start, end));
        famous(self.start, self.end)
            || famous(self.start, self.end + 1)
            || (self.start > 0 && famous(self.start - 1, self.end))
    }

    pub(super) fn is_public(&self) -> bool {
        self.is_famous()
            || (1..=4).any(|b| self.before(b).is(PUBLIC))
            || (self.behind(0).is_mark(',') && (1..=3).any(|on| self.behind(on).is(PUBLIC)))
            || self.behind(0).is(PUBLIC)
    }
}
