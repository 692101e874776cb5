//! From where on each score holds back.
use domain::shield::{Fitted, SCORES};

use super::texts::Text;

/// Of real texts that praise somebody of the staff, so much may be held back by mistake.
const OF_PRAISE: f64 = 0.004;
/// Of all real texts.
const OF_REAL: f64 = 0.01;
/// How many mistakes are looked ahead.
const AHEAD: usize = 12;
/// Steps of a share: so many to one in a thousand.
const STEPS: f64 = 4.0;

/// For each score, how many of the real texts may score above the stop, in steps.
pub(super) type Shares = [usize; SCORES];

/// A text by weights that have not seen it.
pub(super) struct Ranked<'t> {
    pub(super) text: &'t Text,
    /// For each score, how many in a thousand of the real texts that were not seen either score as much.
    ranks: Vec<f64>,
}

impl Ranked<'_> {
    pub(super) fn is_held(&self, shares: &Shares) -> bool {
        self.ranks
            .iter()
            .zip(shares)
            .any(|(rank, share)| *rank <= *share as f64 / STEPS)
    }
}

/// Ranks texts that were not seen among the real ones of them.
pub(super) fn ranked<'t>(unseen: &[&'t Text], fitted: &[Fitted]) -> Vec<Ranked<'t>> {
    let real: Vec<&Text> = unseen.iter().copied().filter(|text| text.is_real).collect();
    let sorted: Vec<Vec<f32>> = fitted.iter().map(|one| descending(one, &real)).collect();
    let rank = |text: &Text, kind: usize| {
        let score = fitted[kind].highest(&text.sentences);
        let above = sorted[kind].partition_point(|other| *other > score) + usize::from(text.is_real);
        1000.0 * above as f64 / real.len().max(1) as f64
    };
    let ranked = |text: &'t Text| Ranked {
        text,
        ranks: (0..fitted.len()).map(|kind| rank(text, kind)).collect(),
    };
    unseen.iter().map(|text| ranked(text)).collect()
}

fn descending(fitted: &Fitted, texts: &[&Text]) -> Vec<f32> {
    let mut scores: Vec<f32> = texts.iter().map(|text| fitted.highest(&text.sentences)).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    scores
}

/// The shares by which most is held back, while of real texts next to none is: those are raised in turn by which most is
/// gained for each mistake.
pub(super) fn shares(ranked: &[Ranked]) -> Shares {
    let real: Vec<&Ranked> = ranked.iter().filter(|one| one.text.is_real).collect();
    let praise: Vec<&Ranked> = real.iter().copied().filter(|one| one.text.is_praise).collect();
    let due: Vec<&Ranked> = ranked.iter().filter(|one| one.text.kind.is_some()).collect();
    let held = |texts: &[&Ranked], shares: &Shares| texts.iter().filter(|one| one.is_held(shares)).count();
    let is_allowed = |shares: &Shares| {
        held(&praise, shares) as f64 <= OF_PRAISE * praise.len() as f64
            && held(&real, shares) as f64 <= OF_REAL * real.len() as f64
    };
    let mut shares = [0; SCORES];
    loop {
        let (mistakes, gained) = (held(&real, &shares), held(&due, &shares));
        let mut best: Option<(f64, Shares)> = None;
        for kind in 0..shares.len() {
            for more in 1..=AHEAD {
                let mut next = shares;
                next[kind] += more;
                if !is_allowed(&next) {
                    break;
                }
                let cost = held(&real, &next).saturating_sub(mistakes).max(1);
                let gain = held(&due, &next).saturating_sub(gained) as f64 / cost as f64;
                if best.is_none_or(|(most, _)| gain > most) {
                    best = Some((gain, next));
                }
            }
        }
        match best {
            Some((_, next)) => shares = next,
            None => return shares,
        }
    }
}

/// The scores at which weights stop by these shares of real texts that they have not seen.
pub(super) fn stops(fitted: &[Fitted], unseen: &[&Text], shares: &Shares) -> Vec<f32> {
    let stop = |(fitted, share): (&Fitted, &usize)| {
        let scores = descending(fitted, unseen);
        let above = (*share as f64 / STEPS / 1000.0 * unseen.len() as f64) as usize;
        scores.get(above).copied().unwrap_or(0.0)
    };
    fitted.iter().zip(shares).map(stop).collect()
}

/// Moves the scores so that each kind stops at nought.
pub(super) fn lower(fitted: &mut [Fitted], stops: &[f32]) {
    for (one, stop) in fitted.iter_mut().zip(stops) {
        one.bias -= stop;
    }
}
