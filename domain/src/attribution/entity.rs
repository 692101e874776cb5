//! Mentions that mean the same person, gathered.

use rustc_hash::FxHashMap;

use super::mention::{Bearer, How, Mention};

/// Somebody the text speaks of.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    /// Where, in the order of the text.
    pub(crate) mentions: Vec<Mention>,
    /// Who may be meant: those whom the most telling mention leaves.
    pub(crate) bearers: Vec<Bearer>,
    /// The most telling way of naming.
    pub(crate) how: How,
    /// How many could be meant within the scope, listed or not.
    pub(crate) in_scope: usize,
    /// How many bear the name in the organisation.
    pub(crate) total: usize,
}

/// Gathers mentions: "Sarah Khan … Sarah" is one person, and the full name says which Sarah.
pub(crate) fn gather(mentions: Vec<Mention>) -> Vec<Entity> {
    let mut order: Vec<Mention> = mentions;
    order.sort_by_key(|m| (m.how, m.in_scope, m.start));
    let mut entities: Vec<Entity> = Vec::new();
    let mut known: FxHashMap<u32, usize> = FxHashMap::default();
    for mention in order {
        let found = mention.bearers.iter().find_map(|b| known.get(&b.staff).copied());
        if let Some(entity) = found.and_then(|i| entities.get_mut(i)) {
            entity.mentions.push(mention);
            continue;
        }
        for bearer in &mention.bearers {
            known.entry(bearer.staff).or_insert(entities.len());
        }
        entities.push(Entity {
            bearers: mention.bearers.clone(),
            how: mention.how,
            in_scope: mention.in_scope,
            total: mention.total,
            mentions: vec![mention],
        });
    }
    for entity in &mut entities {
        entity.mentions.sort_by_key(|m| m.start);
    }
    entities.sort_by_key(|e| e.mentions.first().map_or(0, |m| m.start));
    entities
}
