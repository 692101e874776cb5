//! The leaderboard: people with equal counts share a band, nobody has a number, nobody is last.
use serde::Serialize;

use super::super::{Language, time_words::Period};
use super::{Context, Page};

/// A board.
#[derive(Clone, Debug, Serialize)]
pub struct LeaderboardPage {
    /// The frame.
    pub page: Page,
    /// What it covers.
    pub scope: BoardScope,
    /// Name of the team's manager, the site or the organisation.
    pub name: String,
    /// The periods to choose from.
    pub periods: Vec<PeriodLink>,
    /// The period shown: "November 2026".
    pub period: Period,
    /// Other scopes the reader may see; empty: no choice.
    pub scopes: Vec<ScopeLink>,
    /// Whether there is a board, and if not, why.
    pub state: BoardState,
    /// Bands, highest count first.
    pub bands: Vec<Band>,
    /// Sum of the counts.
    pub total: u64,
    /// What colleagues wrote down, beside the sum.
    pub logged: u64,
    /// People on the board.
    pub people: u64,
    /// Thank-yous that were found in the last four weeks in messages read before, since a name became known.
    pub found_later: u64,
}

/// What a board covers. The serialised form is the group of texts in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BoardScope {
    /// Everyone who reports to one manager.
    Team,
    /// A site with those below.
    Site,
    /// Everybody.
    Organisation,
}

/// Whether there is a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BoardState {
    /// There is.
    Shown,
    /// Nobody was thanked in the period.
    Empty,
    /// The organisation keeps none.
    Off,
}

/// People with the same count.
#[derive(Clone, Debug, Serialize)]
pub struct Band {
    /// Thank-yous of each of them.
    pub count: u64,
    /// The count as a share of the highest, 0 to 100, for the bar.
    pub width: u64,
    /// The people, alphabetical.
    pub rows: Vec<Standing>,
}

/// A row of a band.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// The person's name.
    pub name: String,
    /// Their site, where the board covers several.
    pub site: Option<String>,
    /// Their feed, where the reader may see it.
    pub url: Option<String>,
    /// Whether this is the reader.
    pub me: bool,
    /// What colleagues wrote down, beside the count.
    pub logged: u64,
}

/// A period to choose.
#[derive(Clone, Debug, Serialize)]
pub struct PeriodLink {
    /// `week`, `month`, `quarter`, `year`, `all`.
    pub kind: &'static str,
    /// Key of its name.
    pub key: String,
    /// Where it is.
    pub url: String,
    /// Whether it is shown.
    pub here: bool,
}

/// A scope to choose.
#[derive(Clone, Debug, Serialize)]
pub struct ScopeLink {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Whether it is shown.
    pub here: bool,
}

impl PeriodLink {
    /// All periods; `address` gives the address of the board for one.
    pub fn all(here: &str, address: impl Fn(&str) -> String) -> Vec<Self> {
        let link = |kind: &'static str| Self {
            kind,
            key: format!("board.period.{kind}"),
            url: address(kind),
            here: kind == here,
        };
        ["week", "month", "quarter", "year", "all"]
            .into_iter()
            .map(link)
            .collect()
    }
}

impl Band {
    /// Bands from standings and their counts in any order.
    pub fn of(counted: Vec<(u64, Standing)>) -> Vec<Self> {
        let mut counted = counted;
        counted.sort_by(|(n, one), (m, other)| m.cmp(n).then_with(|| one.name.cmp(&other.name)));
        let highest = counted.first().map_or(1, |(count, _)| (*count).max(1));
        let mut bands: Vec<Self> = Vec::new();
        for (count, row) in counted {
            match bands.last_mut() {
                Some(band) if band.count == count => band.rows.push(row),
                _ => bands.push(Self {
                    count,
                    width: count * 100 / highest,
                    rows: vec![row],
                }),
            }
        }
        bands
    }
}

impl Context for LeaderboardPage {
    const NAME: &'static str = "pages/leaderboard";

    fn language(&self) -> Language {
        self.page.language
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_counts_share_a_band_in_alphabetical_order() {
        let row = |(count, name): (u64, &str)| {
            let standing = Standing {
                name: name.to_owned(),
                site: None,
                url: None,
                me: false,
                logged: 0,
            };
            (count, standing)
        };
        let counted = [
            (9, "Amina"),
            (5, "Grace"),
            (4, "Sofia"),
            (4, "Daniel"),
            (4, "Lucy"),
            (1, "Peter"),
        ];
        let bands = Band::of(counted.into_iter().map(row).collect());
        let counts: Vec<_> = bands.iter().map(|band| band.count).collect();
        assert_eq!(counts, [9, 5, 4, 1]);
        let names: Vec<_> = bands[2].rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["Daniel", "Lucy", "Sofia"]);
        assert_eq!((bands[0].width, bands[3].width), (100, 11));
    }

    #[test]
    fn a_board_of_nobody_has_no_bands() {
        assert!(Band::of(Vec::new()).is_empty());
    }
}
