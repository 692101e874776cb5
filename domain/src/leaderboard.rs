//! Standings: people with equal counts share a rank and a band, in which they stand in alphabetical order.
use std::collections::BTreeMap;

use crate::text::normal_form;

/// People with the same count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band<P> {
    /// One more than the number of people with a higher count.
    pub rank: u64,
    /// What each of them has; never 0.
    pub count: u64,
    /// Who.
    pub people: Vec<P>,
}

/// One row of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing<P> {
    /// One more than the number of people with a higher count: 1, 2, 2, 4.
    pub rank: u64,
    /// What they have.
    pub count: u64,
    /// Who.
    pub person: P,
}

/// Bands, highest count first. Several counts of one person are added up; who has none is left out.
pub fn bands<P: Ord + Clone>(counts: impl IntoIterator<Item = (P, u64)>) -> Vec<Band<P>> {
    let mut totals: BTreeMap<P, u64> = BTreeMap::new();
    for (person, count) in counts {
        *totals.entry(person).or_default() += count;
    }
    let mut by_count: BTreeMap<u64, Vec<P>> = BTreeMap::new();
    for (person, count) in totals.into_iter().filter(|(_, count)| *count > 0) {
        by_count.entry(count).or_default().push(person);
    }
    let mut rank = 1;
    let mut bands = Vec::with_capacity(by_count.len());
    for (count, people) in by_count.into_iter().rev() {
        let shared = people.len() as u64;
        bands.push(Band { rank, count, people });
        rank += shared;
    }
    bands
}

/// The bands that a page of `limit` rows touches when it begins after a row of that count.
pub fn touched<P>(bands: &[Band<P>], after: Option<u64>, limit: usize) -> &[Band<P>] {
    let first = after.map_or(0, |count| bands.partition_point(|band| band.count > count));
    let rest = bands.get(first..).unwrap_or_default();
    let mut rows = 0;
    let mut end = 0;
    for band in rest {
        if rows > limit {
            break;
        }
        // The band in which the page begins may be over before it.
        let is_begun = after == Some(band.count);
        rows += if is_begun { 0 } else { band.people.len() };
        end += 1;
    }
    rest.get(..end).unwrap_or_default()
}

/// Rows in their order: by band, inside by name without regard to marks and letter case, then by `P`.
pub fn standings<P: Ord + Clone>(bands: &[Band<P>], name: impl Fn(&P) -> String) -> Vec<Standing<P>> {
    let mut rows = Vec::new();
    for band in bands {
        let mut people: Vec<(String, String, &P)> = Vec::with_capacity(band.people.len());
        for person in &band.people {
            let name = name(person);
            people.push((normal_form(&name), name, person));
        }
        people.sort();
        rows.extend(people.into_iter().map(|(_, _, person)| Standing {
            rank: band.rank,
            count: band.count,
            person: person.clone(),
        }));
    }
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_counts_share_a_rank_and_the_next_one_is_skipped() {
        let bands = bands([("a", 3), ("b", 5), ("c", 3), ("d", 1), ("e", 0)]);
        let ranks: Vec<_> = bands.iter().map(|band| (band.rank, band.count)).collect();
        assert_eq!(ranks, [(1, 5), (2, 3), (4, 1)]);
    }

    #[test]
    fn inside_a_band_names_are_alphabetical_whatever_their_marks_and_case() {
        let bands = bands([("zoe", 2), ("Émile", 2), ("adam", 2), ("Eva", 2)]);
        let rows = standings(&bands, ToString::to_string);
        let names: Vec<_> = rows.iter().map(|row| row.person).collect();
        assert_eq!(names, ["adam", "Émile", "Eva", "zoe"]);
    }

    #[test]
    fn counts_of_one_person_at_several_sites_are_added_up() {
        assert_eq!(bands([("a", 3), ("a", 4)])[0].count, 7);
    }

    proptest! {
        #[test]
        fn pages_put_together_are_the_whole_board(counts in prop::collection::vec(0_u64..6, 0..60), limit in 1_usize..10) {
            let bands = bands(counts.iter().enumerate().map(|(person, count)| (person, *count)));
            let name = |person: &usize| format!("{:02}", (person * 7) % 60);
            let whole = standings(&bands, name);
            let mut rows: Vec<Standing<usize>> = Vec::new();
            loop {
                let after = rows.last().cloned();
                let touched = touched(&bands, after.as_ref().map(|row| row.count), limit);
                let page = standings(touched, name);
                let begin = after.map_or(0, |last| page.iter().position(|row| *row == last).map_or(0, |at| at + 1));
                let page = &page[begin..];
                prop_assert!(touched.is_empty() || page.len() >= limit || rows.len() + page.len() == whole.len());
                if page.is_empty() { break }
                rows.extend_from_slice(&page[..limit.min(page.len())]);
            }
            prop_assert_eq!(rows, whole);
        }
    }
}
