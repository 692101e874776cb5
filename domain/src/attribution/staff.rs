//! Is a mention a staff member? What stands around the name says so.

use super::cue::{Merge, STAFF_CODES, Staff, StaffValues};
use super::entity::Entity;
use super::mention::{How, Mention};
use super::reading::Reading;
use crate::text::lexicon::{
    ASK, CONTRAST, COPULA, Class, FUNCTION, GIVEN, HANDLED_BY, HONORIFIC, KIN, LONGNAME, MANNER, MONTH,
    NAMED, PERSON, PET, PLACE, PLACEPREP, PRODUCT, PRONOUN, PUBLIC, ROLE, SELF, SERVICE, SIGNOFF, STAY, TEAM,
    THANKS, THING, VENUE, VERB, WORD,
};
use crate::text::token::{Kind, Token};

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
    values.set(Staff::Bias, 1.0);
    values.set(Staff::Repeated, (entity.mentions.len() as f64).ln().min(1.5));
    values.flag(Staff::OffSite, entity.in_scope == 0);
    let people = reading.finder.roster.len().max(1) as f64;
    values.set(
        Staff::Rarity,
        ((people / entity.total.max(1) as f64).ln() / 8.0).clamp(0.0, 1.0),
    );
    values.flag(Staff::TalkOfService, reading.speaks_of_staff);
    values.set(Staff::Language, reading.foreign);
    values
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
            t.is_word() && !t.capital && (adverbs.contains(&self.key(t)) || self.key(t).ends_with("ly"))
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
            far || (how >= How::Edit && self.first().is(GIVEN)),
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

    /// What customers say of people who serve them.
    fn service(&self, values: &mut StaffValues) {
        let clause = self.reading.clause_of(self.start);
        values.flag(Staff::Role, self.role_near());
        values.flag(Staff::GivesService, self.gives_service());
        values.flag(
            Staff::Thanks,
            self.reading.is_thanked(self.start) || self.is_rewarded(),
        );
        values.flag(Staff::HandledBy, self.handled_by());
        values.flag(
            Staff::Named,
            self.before(1).is(NAMED)
                || (self.key(self.before(1)) == "is" && self.before(2).is(NAMED) && !self.is_self_name()),
        );
        values.flag(Staff::Ask, self.asked_for());
        values.flag(Staff::Verb, self.predicate().is(VERB));
        values.flag(Staff::Copula, self.predicate().is(COPULA));
        let (praise, _) = self.reading.near(self.start, self.end);
        values.set(Staff::PraiseNear, praise);
        values.flag(
            Staff::Pronoun,
            self.reading.clauses.get(clause + 1).is_some_and(|c| c.continues),
        );
        values.flag(Staff::List, self.in_list());
        values.flag(Staff::Vocative, self.is_vocative() && !self.in_list());
        values.flag(Staff::Manner, self.said_of(clause).any(|t| t.is(MANNER)));
        values.flag(Staff::Thing, self.said_of(clause).any(|t| t.is(THING)));
        values.flag(Staff::Possessor, self.possessor(clause));
        let (thing, person) = self.described_as(clause);
        values.flag(Staff::IsThing, thing);
        values.flag(Staff::IsPerson, person || self.is_rewarded());
        values.flag(Staff::It, self.reading.goes_on_with_it(clause));
        values.flag(Staff::SheOrHe, self.reading.she_or_he);
        let before = self.key(self.before(1));
        values.flag(
            Staff::Toward,
            matches!(
                before,
                "at" | "to" | "near" | "into" | "visit" | "visited" | "visiting" | "around"
            ) && !self.reading.is_thanked(self.start)
                && !self.asked_for(),
        );
        values.flag(
            Staff::With,
            matches!(before, "by" | "with" | "from" | "par" | "avec" | "por"),
        );
    }

    /// Words in the person's clause and in those that go on about the person.
    fn said_of(&self, clause: usize) -> impl Iterator<Item = &Token> {
        let end = self.reading.said_until(clause);
        let start = self.reading.clauses.get(clause).map_or(0, |c| c.start);
        self.reading.tokens().range(start, end).iter()
    }

    /// "… is a great place", "… was a fantastic host": what a noun behind "is" says.
    fn described_as(&self, clause: usize) -> (bool, bool) {
        let end = self.reading.clauses.get(clause).map_or(0, |c| c.end);
        let from = usize::from(self.behind(0).is(VENUE));
        if !self.behind(from).is(COPULA) {
            return (false, false);
        }
        let start = self.end + from + 1;
        let mut nouns = self.reading.tokens().range(start, end.min(start + 7)).iter();
        let noun = nouns.find(|t| t.is(THING | VENUE | ROLE | PERSON | MANNER | STAY));
        noun.map_or((false, false), |t| {
            (t.is(THING | VENUE | STAY) && !t.is(MANNER), t.is(ROLE | PERSON))
        })
    }

    /// "Ann and her team", "Dave and the staff", "… for his expertise"
    fn possessor(&self, clause: usize) -> bool {
        let end = self.reading.clauses.get(clause).map_or(0, |c| c.end);
        let behind = self.reading.tokens().range(self.end, end.min(self.end + 12));
        let own = behind
            .iter()
            .any(|t| matches!(self.key(t), "his" | "her" | "him" | "she" | "he" | "hers"));
        let mates =
            matches!(self.key(self.behind(0)), "and" | "&") && (1..=4).any(|on| self.behind(on).is(TEAM));
        own || mates
    }

    fn role_near(&self) -> bool {
        let role = |token: &Token| token.is(ROLE);
        let left = role(self.before(1))
            || (matches!(self.before(1).kind, Kind::Mark('.' | ',' | '(' | ':' | '-' | '–'))
                && role(self.before(2)))
            || (self.before(1).is(NAMED | PERSON) && (1..=3).any(|b| role(self.before(b))));
        let mut on = 0;
        while on < 2
            && (matches!(self.behind(on).kind, Kind::Mark(',' | '(' | '-' | '–'))
                || self.is_article(self.behind(on)))
        {
            on += 1;
        }
        let at = usize::from(self.behind(0).is(COPULA));
        let in_place = matches!(self.key(self.behind(at)), "at" | "from" | "in" | "behind" | "on");
        left || (on > 0 && (role(self.behind(on)) || role(self.behind(on + 1)) || role(self.behind(on + 2))))
            || (in_place && self.is_work_place())
    }

    /// "Give Pat a raise"
    fn is_rewarded(&self) -> bool {
        let rewards = ["raise", "bonus", "promotion", "medal", "award", "tip", "hug"];
        matches!(self.key(self.before(1)), "give" | "gave" | "deserves")
            && (0..=3).any(|on| rewards.contains(&self.key(self.behind(on))))
    }

    /// "Ann's service", "Tom's great attitude"
    fn gives_service(&self) -> bool {
        let owns = self.range().last().is_some_and(|t| t.possessive);
        owns && (0..=1).any(|on| self.behind(on).is(SERVICE | MANNER))
    }

    fn is_article(&self, token: &Token) -> bool {
        matches!(self.key(token), "the" | "our" | "my" | "your" | "a")
    }

    /// "at the front desk", "in housekeeping", "behind the bar"
    fn is_work_place(&self) -> bool {
        let places = [
            "front",
            "reception",
            "desk",
            "counter",
            "till",
            "tills",
            "checkout",
            "bar",
            "gate",
            "phone",
            "pharmacy",
            "housekeeping",
            "concierge",
            "breakfast",
            "restaurant",
            "support",
            "service",
            "customer",
            "branch",
            "store",
            "kitchen",
        ];
        (1..=3).any(|on| places.contains(&self.key(self.behind(on))))
    }

    fn handled_by(&self) -> bool {
        let left = ["by", "with", "from", "par", "por", "von"];
        (left.contains(&self.key(self.before(1))) && (2..=4).any(|b| self.before(b).is(HANDLED_BY | SERVICE)))
            || (self.before(1).is(ROLE | PERSON) && (2..=4).any(|b| left.contains(&self.key(self.before(b)))))
    }

    fn asked_for(&self) -> bool {
        let linked = matches!(self.key(self.before(1)), "to" | "with" | "for" | "from" | "see");
        self.before(1).is(ASK) && !linked || (linked && (2..=3).any(|b| self.before(b).is(ASK)))
    }

    fn in_list(&self) -> bool {
        let near = |start: usize, end: usize| {
            (self.end..=self.end + 2).contains(&start) || (end..=end + 2).contains(&self.start)
        };
        self.reading
            .named_spans
            .iter()
            .any(|(start, end)| *start != self.start && near(*start, *end))
    }

    fn is_vocative(&self) -> bool {
        let ends = self.behind(0).kind == Kind::Outside || self.behind(0).ends_sentence();
        ends && self.before(1).is_mark(',')
    }

    /// People who are not staff.
    fn others(&self, values: &mut StaffValues) {
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

    fn range(&self) -> impl Iterator<Item = &Token> {
        self.reading.tokens().range(self.start, self.end).iter()
    }

    /// "my husband Mike", "our dog, Eli", "Luna, my cat", "Kelly's sister"
    fn related(&self, class: Class) -> bool {
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
            t.is(SELF)
                || matches!(
                    self.key(t),
                    "his"
                        | "her"
                        | "their"
                        | "a"
                        | "the"
                        | "new"
                        | "mon"
                        | "ma"
                        | "mes"
                        | "notre"
                        | "mi"
                        | "dear"
                )
        };
        let left = kin.is(class)
            && !kin.possessive
            && (kin.capital || (1..=4).any(|b| owner(self.before(back + b))));
        let mut on = 0;
        while on < 2
            && (matches!(self.behind(on).kind, Kind::Mark(',' | '(' | '-'))
                || matches!(self.key(self.behind(on)), "is" | "was"))
        {
            on += 1;
        }
        let owned = on > 0 && self.behind(on).is(SELF) && (1..=3).any(|k| self.behind(on + k).is(class));
        let owner = self.range().last().is_some_and(|t| t.possessive) && self.behind(0).is(class);
        left || owned || owner || self.listed_kin(class)
    }

    /// "my dogs, Betty & Lucy": the second of a list.
    fn listed_kin(&self, class: Class) -> bool {
        let joined = matches!(self.key(self.before(1)), "and" | "&" | ",");
        joined
            && self.before(2).capital
            && (3..=4).any(|b| self.before(b).is(class))
            && (4..=6).any(|b| self.before(b).is(SELF))
    }

    fn is_companion(&self) -> bool {
        let and = |token: &Token| matches!(self.key(token), "and" | "&");
        let me = |token: &Token| matches!(self.key(token), "i" | "me" | "myself");
        (and(self.behind(0)) && me(self.behind(1))) || (and(self.before(1)) && me(self.before(2)))
    }

    fn is_signature(&self) -> bool {
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
        ) || self.before(1).is(HONORIFIC)
            || (self.before(1).is(SIGNOFF) && self.is_signing(1));
        let signed = (1..=3).any(|b| self.before(b).is(SIGNOFF) && self.is_signing(b))
            && words_behind <= 6
            && self.start > 3;
        let alone =
            line_ends && words_behind <= 1 && starts && self.start > 3 && !self.before(1).is_mark(',');
        signed || alone
    }

    /// "Kind regards,", "Love", "Thanks and regards": begins a line or sentence.
    fn is_signing(&self, back: usize) -> bool {
        let at = self.start.saturating_sub(back);
        let warm = |i: usize| {
            self.reading.tokens().is_any(
                i,
                &[
                    "kind", "best", "warm", "warmest", "with", "and", "&", "yours", "many", "bien",
                ],
            )
        };
        self.reading.tokens().begins_sentence(at) || (1..=2).any(|b| at >= b && warm(at - b))
    }

    fn is_self_name(&self) -> bool {
        let (one, two, three) = (
            self.key(self.before(1)),
            self.key(self.before(2)),
            self.key(self.before(3)),
        );
        one == "im"
            || (two == "i" && one == "am")
            || (three == "my" && two == "name" && matches!(one, "is" | "was"))
            || (two == "this" && one == "is" && self.start <= 4)
            || (three == "the" && two == "name" && one == "is")
    }

    fn is_public(&self) -> bool {
        (1..=4).any(|b| self.before(b).is(PUBLIC))
            || (self.behind(0).is_mark(',') && (1..=3).any(|on| self.behind(on).is(PUBLIC)))
            || self.behind(0).is(PUBLIC)
    }

    /// Places, brands, products, dates.
    fn things(&self, values: &mut StaffValues) {
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

    fn is_date(&self) -> bool {
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
    fn other_family(&self) -> bool {
        let next = self.behind(0);
        let named = next.is_word() && next.capital && !next.upper && next.end - next.start > 1;
        !self.is_certain()
            && named
            && !self.range().last().is_some_and(|t| t.possessive)
            && !next.is(FUNCTION | VERB | COPULA | ROLE | CONTRAST | PRONOUN | WORD)
    }

    /// "Liberty First", "Bella Italia": an ordinary word with a capital goes on.
    fn capital_follows(&self) -> bool {
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
    fn longer_name(&self) -> bool {
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
