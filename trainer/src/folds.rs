//! Sources dealt into parts, so that a model is measured on sources it has not seen.

use std::collections::BTreeMap;

/// The part (from 0) of each source: the largest first, each into the part that is smallest so far.
pub(crate) fn parts<'a>(sources: impl Iterator<Item = &'a str>, count: usize) -> BTreeMap<String, usize> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for source in sources {
        *sizes.entry(source).or_default() += 1;
    }
    let mut order: Vec<(&str, usize)> = sizes.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut filled = vec![0; count];
    let mut parts = BTreeMap::new();
    for (source, size) in order {
        let part = (0..count).min_by_key(|p| filled[*p]).unwrap_or(0);
        filled[part] += size;
        parts.insert(source.to_owned(), part);
    }
    parts
}
