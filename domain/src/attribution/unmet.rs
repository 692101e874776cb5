//! Names that are praised and that nobody here bears: judged as the names of staff are.

use super::comment::Unmet;
use super::cue::{Praise, Staff};
use super::entity::Entity;
use super::mention::{How, mention};
use super::model::Model;
use super::praise::praise_cues;
use super::reading::Reading;
use super::staff::staff_cues;
use super::window::slots;
use crate::roster::Scope;
use crate::text::lexicon::{
    AND, BRANDNAME, COPULA, DEMONYM, FUNCTION, GIVEN, HONORIFIC, MONTH, NAMED, PLACE, ROLE, THANKS,
    TITLE_GIVEN, VERB, WORD,
};
use crate::text::similar::distance;

/// Confidence from which a name counts as that of somebody who is praised.
const LIKELY: f64 = 0.6;
/// Most names of one text.
const MOST: usize = 8;
/// Most names of one text that are judged: each costs a look at the whole text.
const MOST_JUDGED: usize = 24;
/// Most people who are named as nearest.
const MOST_NEAREST: usize = 3;
/// More people than this at a site are not looked through.
const MOST_SEARCHED: usize = 500;
/// Letters that a short form shares with the beginning of a name.
const SHARED: usize = 3;

/// Praised names that no colleague bears.
pub(super) fn unmet(reading: &Reading, model: &Model) -> Vec<Unmet> {
    let mut found = Vec::new();
    let (mut i, mut judged) = (0, 0);
    while i < reading.tokens().len() && found.len() < MOST && judged < MOST_JUDGED {
        let end = name_end(reading, i);
        judged += usize::from(end.is_some());
        if let Some(end) = end
            && let Some(confidence) = praised(reading, model, i, end)
        {
            found.push(Unmet {
                span: reading.tokens().span(i, end),
                confidence,
                nearest: nearest(reading, i),
            });
        }
        i = end.unwrap_or(i + 1);
    }
    found
}

/// Where a name ends that begins at `i`, if one does that nobody bears.
fn name_end(reading: &Reading, i: usize) -> Option<usize> {
    let tokens = reading.tokens();
    let token = tokens.at(i);
    let plain = token.is_word() && token.capital && token.end - token.start > 1;
    let other = token.is(FUNCTION | PLACE | BRANDNAME | DEMONYM | MONTH | ROLE | HONORIFIC | THANKS)
        || (token.is(WORD) && !token.is(GIVEN));
    if !plain || other || is_taken(reading, i) {
        return None;
    }
    let before = tokens.before(i, 1);
    let behind = tokens.at(i + 1);
    let said = before.is(THANKS | NAMED | HONORIFIC | ROLE | TITLE_GIVEN | AND)
        || before.is_mark(',')
        || behind.is(VERB | COPULA | AND)
        || reading.finder.is_cued(i);
    let known = token.is(GIVEN) && (said || !tokens.begins_sentence(i));
    let spoken = said && !tokens.pack(token).is_some_and(|p| p.capitals_say_nothing);
    if !known && !spoken {
        return None;
    }
    let goes_on =
        behind.is_word() && behind.capital && !behind.is(WORD | FUNCTION) && !is_taken(reading, i + 1);
    Some(if goes_on { i + 2 } else { i + 1 })
}

fn is_taken(reading: &Reading, i: usize) -> bool {
    let at = reading.named_spans.partition_point(|(_, end)| *end <= i);
    reading.named_spans.get(at).is_some_and(|(start, _)| *start <= i)
}

/// The confidence that staff is praised by this name, if it suffices.
fn praised(reading: &Reading, model: &Model, start: usize, end: usize) -> Option<f64> {
    let stranger = Entity {
        mentions: vec![mention(start, end, How::Given, Vec::new(), 0, 1)],
        bearers: Vec::new(),
        how: How::Given,
        in_scope: 0,
        total: 1,
    };
    let slots = slots(reading, &stranger);
    let mut staff = staff_cues(reading, &stranger);
    staff.flag(Staff::OffSite, false);
    staff.set(Staff::Words, model.staff_words.score(&slots));
    let mut praise = praise_cues(reading, &stranger);
    praise.set(Praise::Words, model.praise_words.score(&slots));
    let confidence = model.credit(model.staff_odds(&staff), model.praise_odds(&praise));
    (confidence >= LIKELY).then_some(confidence)
}

/// Colleagues at the site whose names begin alike or are two letters apart.
fn nearest(reading: &Reading, i: usize) -> Vec<uuid::Uuid> {
    let roster = reading.finder.roster;
    let Scope::Sites(sites) = reading.finder.scope else {
        return Vec::new();
    };
    let key = reading.tokens().key(reading.tokens().at(i));
    let alike = |name: &str| {
        let short = key.len().min(name.len());
        let begins = short >= SHARED && (name.starts_with(key) || key.starts_with(name));
        begins || (short > SHARED && key.is_ascii() && name.is_ascii() && distance(key, name, 2) <= 2)
    };
    let staff = sites
        .iter()
        .flat_map(|s| roster.sites.staff(*s))
        .take(MOST_SEARCHED);
    let mut people: Vec<uuid::Uuid> = staff
        .filter_map(|s| roster.people.get(*s))
        .filter(|person| {
            let forms = person.forms.iter().filter_map(|f| roster.names.get(*f));
            forms.into_iter().any(|f| alike(&f.key))
        })
        .map(|person| person.id)
        .collect();
    people.sort_unstable();
    people.dedup();
    people.truncate(MOST_NEAREST);
    people
}
