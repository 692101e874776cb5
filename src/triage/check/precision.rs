//! How often automatic credits are right, by what those said who were asked; and the threshold that follows from it.
use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::attribution::Settings;
use entity::{
    comment, organisation, spot_check,
    verdict::{self, DecidedBy, State},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
    sea_query::{Alias, Expr, Query},
};
use uuid::Uuid;

/// What the organisation wants, where it says nothing: of a hundred automatic credits, ninety-nine are right.
pub const TARGET: f64 = 0.99;
/// Answers below which nothing is said.
pub const SAYABLE: u64 = 30;
/// How far back answers count.
const YEAR: TimeDelta = TimeDelta::days(365);
/// How far back credits are looked at for what a threshold costs.
const QUARTER: TimeDelta = TimeDelta::days(90);
/// Most answers from which a threshold follows.
const MOST: u64 = 5_000;
/// Written into the statement: an index holds these rows alone, and SQLite takes it for no value that it is handed.
const BY_PERSON: &str = r#""verdict"."decided_by" = 'person'"#;
/// The normal quantile of 95 in 100, both sides.
const Z: f64 = 1.959_963_984_540_054;

/// Answers, and how many of them confirmed the credit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// How many were asked about and answered.
    pub n: u64,
    /// How many were right.
    pub right: u64,
}

impl Tally {
    fn add(&mut self, n: u64, is_right: bool) {
        self.n += n;
        self.right += if is_right { n } else { 0 };
    }

    /// The share that was right; none where there are too few answers to say.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        (self.n >= SAYABLE).then(|| share(self.right, self.n))
    }

    /// Where the true share lies in 95 of 100 cases: the interval of Wilson (1927).
    #[must_use]
    pub fn interval(&self) -> Option<(f64, f64)> {
        (self.n >= SAYABLE).then(|| wilson(self.right, self.n))
    }
}

/// Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference.
fn wilson(right: u64, n: u64) -> (f64, f64) {
    let (p, n) = (share(right, n), number(n));
    let middle = p + Z * Z / (2.0 * n);
    let margin = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + Z * Z / n;
    (
        ((middle - margin) / whole).max(0.0),
        ((middle + margin) / whole).min(1.0),
    )
}

fn share(part: u64, whole: u64) -> f64 {
    number(part) / number(whole)
}

fn number(n: u64) -> f64 {
    u32::try_from(n).map_or(f64::from(u32::MAX), f64::from)
}

/// What is known of an organisation's automatic credits.
#[derive(Clone, Debug)]
pub struct Precision {
    /// Of all answers of a year.
    pub all: Tally,
    /// By source.
    pub by_source: BTreeMap<Uuid, Tally>,
    /// By code of the language; none for languages that no pack describes.
    pub by_language: BTreeMap<Option<String>, Tally>,
    /// Automatic credits that people took back in that year, asked or not.
    pub corrected: u64,
    /// Confidence from which credits are automatic now.
    pub threshold: f64,
    /// What the organisation wants.
    pub target: f64,
    /// The threshold that reaches it; none where no threshold does, or answers are too few.
    pub proposal: Option<Proposal>,
    /// Questions that wait.
    pub waiting: u64,
}

/// A threshold, and what it would mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proposal {
    /// The lowest one, in hundredths, from which on answers reach the target.
    pub threshold: f64,
    /// The answers from there on.
    pub tally: Tally,
    /// How many of the credits of the last 90 days it would leave automatic, to one that are now.
    pub kept: f64,
}

/// Looks at an organisation.
pub async fn precision(
    connection: &impl ConnectionTrait,
    own: &organisation::Model,
    now: DateTime<Utc>,
) -> Result<Precision, DbErr> {
    let mut found = Precision {
        all: Tally::default(),
        by_source: BTreeMap::new(),
        by_language: BTreeMap::new(),
        corrected: corrections(own.id, now - YEAR).count(connection).await?,
        threshold: own.threshold.unwrap_or(Settings::default().threshold),
        target: own.target_precision.unwrap_or(TARGET),
        proposal: proposal(connection, own, now).await?,
        waiting: waiting(connection, own.id).await?,
    };
    for (source, language, is_right, n) in grouped(connection, own.id, now - YEAR).await? {
        let n = u64::try_from(n).unwrap_or_default();
        found.all.add(n, is_right);
        found.by_source.entry(source).or_default().add(n, is_right);
        found.by_language.entry(language).or_default().add(n, is_right);
    }
    Ok(found)
}

async fn grouped(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    since: DateTime<Utc>,
) -> Result<Vec<(Uuid, Option<String>, bool, i64)>, DbErr> {
    use spot_check::Column;
    spot_check::Entity::within(organisation)
        .filter(Column::AnsweredAt.gte(since))
        .filter(Column::IsRight.is_not_null())
        .select_only()
        .column(Column::SourceId)
        .column(Column::Language)
        .column(Column::IsRight)
        .column_as(Column::Id.count(), "n")
        .group_by(Column::SourceId)
        .group_by(Column::Language)
        .group_by(Column::IsRight)
        .into_tuple()
        .all(connection)
        .await
}

async fn waiting(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<u64, DbErr> {
    spot_check::Entity::within(organisation)
        .filter(spot_check::Column::AnsweredAt.is_null())
        .count(connection)
        .await
}

/// Words of people that followed an automatic credit and took it away.
#[must_use]
pub fn corrections(organisation: Uuid, since: DateTime<Utc>) -> Select<verdict::Entity> {
    use verdict::Column;
    let before = Alias::new("before");
    let was = |column: Column| Expr::col((before.clone(), column));
    let credit = Query::select()
        .expr(Expr::val(1))
        .from_as(verdict::Entity, before.clone())
        .and_where(was(Column::CommentId).equals((verdict::Entity, Column::CommentId)))
        .and_where(was(Column::StaffId).equals((verdict::Entity, Column::StaffId)))
        .and_where(was(Column::Sequence).eq(Expr::col((verdict::Entity, Column::Sequence)).sub(1)))
        .and_where(was(Column::DecidedBy).eq(Expr::val("engine")))
        .and_where(was(Column::State).eq(Expr::val("credited")))
        .take();
    // Whole messages that were taken back say nothing of the credit.
    let taken_back = Query::select()
        .expr(Expr::val(1))
        .from(comment::Entity)
        .and_where(
            Expr::col((comment::Entity, comment::Column::Id)).equals((verdict::Entity, Column::CommentId)),
        )
        .and_where(comment::Column::WithdrawnAt.is_not_null())
        .take();
    verdict::Entity::within(organisation)
        .filter(Expr::cust(BY_PERSON))
        .filter(Column::CreatedAt.gte(since))
        .filter(Column::State.is_in([State::Withdrawn, State::Rejected, State::Open]))
        .filter(Column::Actor.ne("customer"))
        .filter(Expr::exists(taken_back).not())
        .filter(Expr::exists(credit))
}

/// The threshold that answers call for.
pub(super) async fn proposal(
    connection: &impl ConnectionTrait,
    own: &organisation::Model,
    now: DateTime<Utc>,
) -> Result<Option<Proposal>, DbErr> {
    use spot_check::Column;
    let answers: Vec<(f64, bool)> = spot_check::Entity::within(own.id)
        .filter(Column::AnsweredAt.gte(now - YEAR))
        .filter(Column::IsRight.is_not_null())
        .order_by_desc(Column::AnsweredAt)
        .limit(MOST)
        .select_only()
        .column(Column::Confidence)
        .column(Column::IsRight)
        .into_tuple()
        .all(connection)
        .await?;
    let target = own.target_precision.unwrap_or(TARGET);
    let Some((threshold, tally)) = lowest(&answers, target) else {
        return Ok(None);
    };
    let present = own.threshold.unwrap_or(Settings::default().threshold);
    let kept = kept(connection, own.id, (present, threshold), now - QUARTER).await?;
    Ok(Some(Proposal {
        threshold,
        tally,
        kept,
    }))
}

/// The lowest threshold in hundredths from which on enough answers reach the target. Below what was ever automatic nothing
/// is known.
fn lowest(answers: &[(f64, bool)], target: f64) -> Option<(f64, Tally)> {
    let least = answers
        .iter()
        .map(|(confidence, _)| *confidence)
        .fold(1.0, f64::min);
    let from = |threshold: f64| {
        let mut tally = Tally::default();
        for (_, is_right) in answers.iter().filter(|(confidence, _)| *confidence >= threshold) {
            tally.add(1, *is_right);
        }
        tally
    };
    let hundredths = (50_u8..=99).map(|n| f64::from(n) / 100.0);
    let known = hundredths.filter(|threshold| *threshold > least - 0.01);
    let tallied = known.map(|threshold| (threshold, from(threshold)));
    tallied
        .into_iter()
        .find(|(_, tally)| tally.precision().is_some_and(|precision| precision >= target))
}

/// How many credits another threshold leaves automatic, to one that is now; more than one where it is lower.
async fn kept(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    (present, other): (f64, f64),
    since: DateTime<Utc>,
) -> Result<f64, DbErr> {
    use verdict::Column;
    let credits = async |from: f64| {
        let state = if other < present {
            Column::State.is_in([State::Credited, State::Open])
        } else {
            Column::State.eq(State::Credited)
        };
        verdict::Entity::within(organisation)
            .filter(state)
            .filter(Column::CreatedAt.gte(since))
            .filter(Column::DecidedBy.eq(DecidedBy::Engine))
            .filter(Column::Confidence.gte(from))
            .count(connection)
            .await
    };
    let now = credits(present).await?;
    Ok(if now == 0 {
        1.0
    } else {
        share(credits(other).await?, now)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng, rngs::SmallRng};

    fn rounded((low, high): (f64, f64)) -> (f64, f64) {
        ((low * 1e4).round() / 1e4, (high * 1e4).round() / 1e4)
    }

    #[test]
    fn the_interval_is_wilsons() {
        // As R says: prop.test(x, n, correct = FALSE).
        assert_eq!(rounded(wilson(81, 263)), (0.2553, 0.3662));
        assert_eq!(rounded(wilson(100, 100)), (0.9630, 1.0));
        assert_eq!(rounded(wilson(0, 30)), (0.0, 0.1135));
    }

    #[test]
    fn below_thirty_answers_nothing_is_said() {
        let tally = |n| Tally { n, right: n };
        assert_eq!((tally(29).precision(), tally(29).interval()), (None, None));
        assert_eq!(tally(30).precision(), Some(1.0));
    }

    /// A year of an organisation: of each credit it is known in truth whether it is right, a share is asked about.
    #[test]
    fn the_interval_covers_the_truth_in_at_least_93_of_100_organisations() {
        let mut random = SmallRng::seed_from_u64(11);
        let mut covered = 0;
        let organisations = 1_000;
        for _ in 0..organisations {
            let truth: f64 = random.random_range(0.90..0.99);
            let mut tally = Tally::default();
            for _ in 0..8_000 {
                let is_right = random.random_bool(truth);
                let every = if tally.n < crate::attribute::draw::ENOUGH {
                    20
                } else {
                    100
                };
                if random.random_range(0..every) == 0 {
                    tally.add(1, is_right);
                }
            }
            let (low, high) = tally.interval().unwrap();
            covered += u32::from(low <= truth && truth <= high);
        }
        assert!(
            covered * 100 >= 93 * organisations,
            "{covered} of {organisations}"
        );
    }

    #[test]
    fn the_lowest_threshold_that_reaches_the_target_is_proposed() {
        let at = |confidence, right, wrong| {
            let right = std::iter::repeat_n((confidence, true), right);
            right.chain(std::iter::repeat_n((confidence, false), wrong))
        };
        let answers: Vec<_> = at(0.945, 40, 4)
            .chain(at(0.965, 60, 1))
            .chain(at(0.985, 80, 0))
            .collect();
        let (threshold, tally) = lowest(&answers, 0.99).unwrap();
        assert_eq!((threshold, tally), (0.95, Tally { n: 141, right: 140 }));
        assert_eq!(lowest(&answers, 0.95).unwrap().0, 0.94);
        assert_eq!(lowest(&answers, 1.0).unwrap().0, 0.97);
        assert_eq!(lowest(&answers[..29], 0.5), None, "too few to say");
        let never: Vec<_> = at(0.98, 30, 10).collect();
        assert_eq!(lowest(&never, 0.99), None);
    }
}
