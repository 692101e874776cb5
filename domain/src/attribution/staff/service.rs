//! What customers say of people who serve them.

use super::Context;
use crate::attribution::cue::{Staff, StaffValues};
use crate::text::lexicon::{
    AND, ARTICLE, ARTICLE_NAME, ASK, BY, COPULA, HANDLED_BY, HONORIFIC, MANNER, NAMED, PERSON, PLACEPREP,
    PRONOUN, ROLE, SELF, SERVICE, STAY, TEAM, THING, TITLE_GIVEN, VENUE, VERB, WORKPLACE,
};
use crate::text::token::{Kind, Token};

impl Context<'_> {
    /// What customers say of people who serve them.
    pub(super) fn service(&self, values: &mut StaffValues) {
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
        values.flag(Staff::Singled, self.reading.is_singled_out(self.start));
        values.flag(Staff::Addressed, self.reading.is_addressed(self.start, self.end));
        values.flag(Staff::TeamBefore, self.reading.names_team_before(self.start));
        values.flag(
            Staff::List,
            self.reading.is_among_colleagues(self.start, self.end),
        );
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
            self.before(1).is(BY)
                || (self.before(2).is(BY) && self.before(1).is(ARTICLE | HONORIFIC | TITLE_GIVEN)),
        );
    }

    /// Words in the person's clause and in those that go on about the person.
    pub(super) fn said_of(&self, clause: usize) -> impl Iterator<Item = &Token> {
        let end = self.reading.said_until(clause);
        let start = self.reading.clauses.get(clause).map_or(0, |c| c.start);
        self.reading.tokens().range(start, end).iter()
    }

    /// "… is a great place", "… was a fantastic host": what a noun behind "is" says.
    pub(super) fn described_as(&self, clause: usize) -> (bool, bool) {
        let end = self.reading.clauses.get(clause).map_or(0, |c| c.end);
        let from = usize::from(self.behind(0).is(VENUE));
        if !self.behind(from).is(COPULA) {
            return (false, false);
        }
        let start = self.end + from + 1;
        let nouns = self.reading.tokens().range(start, end.min(start + 9));
        if nouns.iter().any(|t| t.is(ROLE | PERSON)) {
            return (false, true);
        }
        let noun = nouns.iter().take(7).find(|t| t.is(THING | VENUE | MANNER | STAY));
        (noun.is_some_and(|t| !t.is(MANNER)), false)
    }

    /// "Ann and her team", "Dave and the staff", "… for his expertise"
    pub(super) fn possessor(&self, clause: usize) -> bool {
        let end = self.reading.clauses.get(clause).map_or(0, |c| c.end);
        let behind = self.reading.tokens().range(self.end, end.min(self.end + 12));
        let plural = |t: &Token| matches!(self.key(t), "they" | "them" | "their" | "theyre");
        let own = behind.iter().any(|t| t.is(PRONOUN) && !plural(t));
        let mates = self.is_and(self.behind(0)) && (1..=4).any(|on| self.behind(on).is(TEAM));
        own || mates
    }

    pub(super) fn role_near(&self) -> bool {
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
        let in_place = self.behind(at).is(PLACEPREP | BY)
            || matches!(self.key(self.behind(at)), "at" | "from" | "in" | "behind" | "on");
        left || (on > 0 && (role(self.behind(on)) || role(self.behind(on + 1)) || role(self.behind(on + 2))))
            || (in_place && self.is_work_place())
    }

    /// "Give Pat a raise"
    pub(super) fn is_rewarded(&self) -> bool {
        let rewards = ["raise", "bonus", "promotion", "medal", "award", "tip", "hug"];
        matches!(self.key(self.before(1)), "give" | "gave" | "deserves")
            && (0..=3).any(|on| rewards.contains(&self.key(self.behind(on))))
    }

    /// "Ann's service", "Tom's great attitude"
    pub(super) fn gives_service(&self) -> bool {
        let owns = self.range().last().is_some_and(|t| t.possessive);
        owns && (0..=1).any(|on| self.behind(on).is(SERVICE | MANNER))
    }

    pub(super) fn is_and(&self, token: &Token) -> bool {
        token.is(AND) || self.key(token) == "&"
    }

    pub(super) fn is_article(&self, token: &Token) -> bool {
        token.is(ARTICLE | SELF) || self.key(token) == "your"
    }

    /// "at the front desk", "in housekeeping", "behind the bar"
    pub(super) fn is_work_place(&self) -> bool {
        (1..=3).any(|on| self.behind(on).is(WORKPLACE))
    }

    pub(super) fn handled_by(&self) -> bool {
        let by = |b: usize| self.before(b).is(BY);
        let near = self
            .before(1)
            .is(ARTICLE | ARTICLE_NAME | HONORIFIC | TITLE_GIVEN)
            || self.before(1).is_mark('.');
        let left = by(1) || (near && (by(2) || by(3)));
        let served = (2..=6).any(|b| self.before(b).is(HANDLED_BY | SERVICE))
            || (0..=3).any(|on| self.behind(on).is(HANDLED_BY));
        (left && served) || (self.before(1).is(ROLE | PERSON) && (2..=4).any(by))
    }

    pub(super) fn asked_for(&self) -> bool {
        let linked = matches!(self.key(self.before(1)), "to" | "with" | "for" | "from" | "see");
        self.before(1).is(ASK) && !linked || (linked && (2..=3).any(|b| self.before(b).is(ASK)))
    }

    pub(super) fn in_list(&self) -> bool {
        let near = |start: usize, end: usize| {
            (self.end..=self.end + 2).contains(&start) || (end..=end + 2).contains(&self.start)
        };
        self.reading
            .named_spans
            .iter()
            .any(|(start, end)| *start != self.start && near(*start, *end))
    }

    pub(super) fn is_vocative(&self) -> bool {
        let ends = self.behind(0).kind == Kind::Outside || self.behind(0).ends_sentence();
        ends && self.before(1).is_mark(',')
    }
}
