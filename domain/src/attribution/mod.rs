//! Who is praised in a comment: mentions are found, judged for being staff, for being praised, and for who exactly is
//! meant; the three together make a calibrated confidence.

mod apart;
mod around;
mod comment;
mod cue;
mod decide;
mod doubt;
mod duty;
mod entity;
mod exact;
pub mod explain;
mod identity;
mod language;
mod likely;
pub mod line;
mod mention;
mod model;
mod praise;
mod reading;
mod reply;
mod spelling;
mod staff;
mod tone;
mod unmet;
mod unnamed;
mod window;
mod words;

use std::cell::OnceCell;

use uuid::Uuid;

use crate::roster::Roster;
use crate::rota::Duty;
use crate::text::speech::{ENGLISH, UNKNOWN};
use crate::text::token::Tokens;

pub use apart::complaints;
pub use comment::{
    Attribution, Candidate, Comment, Decision, Evidence, Outcome, Scale, Score, Settings, Stance, Tone,
    Unmet, Unnamed,
};
pub use cue::{PRAISE_CODES, STAFF_CODES};
use entity::{Entity, gather};
use mention::{Bearer, Finder, How, Mention};
pub use model::{Calibration, IdentityWeights, Model, ModelError, ModelFile, logistic};
use reading::Reading;
pub use window::SLOTS;
pub use words::WordWeights;

/// Works out who is praised. Pure: the same arguments give the same answer.
pub fn attribute(roster: &Roster, comment: &Comment, settings: &Settings, model: &Model) -> Attribution {
    attribute_on_duty(roster, comment, settings, model, &Duty::default())
}

/// The same where a rota says who was there: it tells whom words praise that name nobody.
pub fn attribute_on_duty(
    roster: &Roster,
    comment: &Comment,
    settings: &Settings,
    model: &Model,
    duty: &Duty,
) -> Attribution {
    let tokens = Tokens::spoken(comment.text, comment.language);
    let scope = roster.sites.scope(comment.site);
    let finder = Finder {
        roster,
        tokens: &tokens,
        scope: &scope,
        lower_case: OnceCell::new(),
    };
    let entities = entities(&finder, comment);
    let reading = Reading::new(&finder, comment, &entities);
    let mut candidates = decide::candidates(&reading, &entities, comment, settings, model);
    let mut unnamed = unnamed::unnamed(&reading, comment, &mut candidates);
    let unmet = unmet::unmet(&reading, model);
    if unmet.is_empty() {
        let served_by = |staff| {
            let served = Comment {
                staff: Some(staff),
                ..*comment
            };
            let said = attribute(roster, &served, settings, model).candidates;
            said.into_iter().find(|one| one.staff == staff)
        };
        duty::weigh(
            &reading,
            comment,
            duty,
            (&mut candidates, &mut unnamed),
            served_by,
        );
    }
    let outcome = if candidates.iter().any(|c| c.decision == Decision::Open) {
        Outcome::Triage
    } else if candidates.iter().any(|c| c.decision == Decision::Credit) {
        Outcome::Attributed
    } else {
        Outcome::None
    };
    Attribution {
        outcome,
        tone: reading.tone(),
        candidates,
        unnamed,
        unmet,
        roster_version: roster.version(),
        model_version: model.version().to_owned(),
    }
}

/// The language most of a text is in, as codes of the packs: `en`, `de`, …; none for one that no pack describes. `hint` is
/// what its sender says.
pub fn language(text: &str, hint: Option<&str>) -> Option<&'static str> {
    let tokens = Tokens::spoken(text, hint);
    let mut counts: std::collections::BTreeMap<u8, usize> = std::collections::BTreeMap::new();
    for token in tokens.iter().filter(|t| t.is_word()) {
        *counts.entry(token.language).or_default() += 1;
    }
    let (most, _) = counts.into_iter().max_by_key(|(_, n)| *n)?;
    match most {
        ENGLISH => Some("en"),
        UNKNOWN => None,
        _ => {
            let first = tokens.iter().find(|t| t.is_word() && t.language == most)?;
            tokens.pack(first).map(|pack| pack.code.as_str())
        }
    }
}

/// What the engine sees of one person in a text, before weights: for the trainer.
#[derive(Clone, Debug)]
pub struct Observation {
    /// Who may be meant, with the probability of each.
    pub people: Vec<(Uuid, f64)>,
    /// The name as it stands in the text.
    pub surface: String,
    /// Values of [`STAFF_CODES`].
    pub staff: Vec<f64>,
    /// Values of [`PRAISE_CODES`].
    pub praise: Vec<f64>,
    /// Hashes of the words around the name; those that are equal by [`SLOTS`] share a weight.
    pub slots: Vec<u32>,
    /// Language of the first mention, as in the packs; empty for English and for what no pack describes.
    pub language: &'static str,
}

/// Everything the engine sees in a text; `identity` weighs namesakes.
pub fn observe(roster: &Roster, comment: &Comment, identity: &IdentityWeights) -> Vec<Observation> {
    let tokens = Tokens::spoken(comment.text, comment.language);
    let scope = roster.sites.scope(comment.site);
    let finder = Finder {
        roster,
        tokens: &tokens,
        scope: &scope,
        lower_case: OnceCell::new(),
    };
    let entities = entities(&finder, comment);
    let reading = Reading::new(&finder, comment, &entities);
    let look = |entity: &Entity| {
        let people = identity::identify(&reading, entity, comment.occurred_at, identity);
        let span = entity
            .mentions
            .first()
            .map(|m| tokens.span(m.start, m.end))
            .unwrap_or_default();
        Observation {
            people: people
                .iter()
                .map(|p| (reading.id(p.staff), p.probability))
                .collect(),
            surface: comment.text.get(span.start..span.end).unwrap_or("").to_owned(),
            staff: staff::staff_cues(&reading, entity).0.to_vec(),
            praise: praise::praise_cues(&reading, entity).0.to_vec(),
            slots: window::slots(&reading, entity),
            language: entity
                .mentions
                .first()
                .and_then(|m| tokens.pack(tokens.at(m.start)))
                .map_or("", |p| p.code.as_str()),
        }
    };
    entities.iter().map(look).collect()
}

/// The people the text, the form's hint and the source speak of.
fn entities(finder: &Finder, comment: &Comment) -> Vec<Entity> {
    let mut mentions = finder.find();
    mentions.extend(hinted(finder, comment.hint));
    if let Some(staff) = comment.staff.and_then(|id| finder.roster.people.find(id)) {
        mentions.push(Mention::by_source(staff));
    }
    gather(mentions)
}

/// Mentions in the form's "who was it?": they count as standing outside the text.
fn hinted(finder: &Finder, hint: Option<&str>) -> Vec<Mention> {
    let Some(hint) = hint.filter(|h| !h.trim().is_empty()) else {
        return Vec::new();
    };
    let tokens = Tokens::spoken(hint, None);
    let lower_case = OnceCell::from(true);
    let inside = Finder {
        roster: finder.roster,
        tokens: &tokens,
        scope: finder.scope,
        lower_case,
    };
    let found = inside.find().into_iter();
    found
        .map(|m| Mention {
            start: 0,
            end: 0,
            hint: true,
            ..m
        })
        .collect()
}

impl Mention {
    fn by_source(staff: u32) -> Mention {
        Mention {
            start: 0,
            end: 0,
            how: How::Reference,
            bearers: vec![Bearer {
                staff,
                in_scope: true,
                fit: 0.0,
            }],
            in_scope: 1,
            total: 1,
            initial: false,
            titled: false,
            hint: false,
        }
    }
}
