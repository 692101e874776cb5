//! The figures attribution is judged by.

use domain::attribution::{Attribution, Decision, Outcome};
use serde::Serialize;
use uuid::Uuid;

use crate::set::Truth;

/// Counts over a set.
#[derive(Default)]
pub(crate) struct Measure {
    texts: usize,
    right: usize,
    wrong: usize,
    missed: usize,
    credits: usize,
    wrong_credits: usize,
    due: usize,
    leaks: usize,
    left: usize,
    left_found: usize,
    idle: usize,
    idle_asked: usize,
    confidences: Vec<(f64, bool)>,
}

/// The figures; shares are 0 to 1.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    /// Texts measured.
    pub(crate) texts: usize,
    /// Harmonic mean of precision and recall at confidence 0.5.
    pub(crate) f1: f64,
    /// Share of the people with confidence 0.5 or more who are praised.
    pub(crate) precision: f64,
    /// Share of the praised who reach it (those with a namesake at the site are left out).
    pub(crate) recall: f64,
    /// Automatic credits.
    pub(crate) credits: usize,
    /// Automatic credits that are wrong.
    pub(crate) wrong_credits: usize,
    /// Wilson interval (95 %) of the precision of automatic credits.
    pub(crate) credit_precision_low: f64,
    /// Its upper end.
    pub(crate) credit_precision_high: f64,
    /// Share of the due credits that are automatic.
    pub(crate) coverage: f64,
    /// Automatic credits of people complained about or mocked.
    pub(crate) complaint_leaks: usize,
    /// Share of the remaining due credits among the first five candidates of a text in triage.
    pub(crate) triage_recall_at_5: f64,
    /// Share of the texts without anybody named or praised that are in triage.
    pub(crate) idle_triage: f64,
    /// Expected calibration error over ten bins.
    pub(crate) ece: f64,
    /// Mean squared error of the confidences.
    pub(crate) brier: f64,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:>4} texts  F1 {:.3} (P {:.3} R {:.3})  automatic {} wrong of {} @ {:.3}, {} blamed  triage@5 {:.3}, idle {:.3}  ECE {:.3}",
            self.texts,
            self.f1,
            self.precision,
            self.recall,
            self.wrong_credits,
            self.credits,
            self.coverage,
            self.complaint_leaks,
            self.triage_recall_at_5,
            self.idle_triage,
            self.ece
        )
    }
}

impl Measure {
    /// Counts one text.
    pub(crate) fn add(&mut self, truth: &Truth, found: &Attribution, employee_id: impl Fn(Uuid) -> String) {
        let people: Vec<(String, f64, bool)> = found
            .candidates
            .iter()
            .map(|c| (employee_id(c.staff), c.confidence, c.decision == Decision::Credit))
            .collect();
        let credited = |id: &str| people.iter().any(|(p, _, credit)| p == id && *credit);
        let likely = |id: &str| {
            people
                .iter()
                .any(|(p, c, credit)| p == id && (*credit || *c >= 0.5))
        };
        self.texts += 1;
        for (id, confidence, credit) in &people {
            let praised = truth.credited.contains(id);
            if *credit || *confidence >= 0.5 {
                *(if praised { &mut self.right } else { &mut self.wrong }) += 1;
            }
            if *credit {
                self.credits += 1;
                self.wrong_credits += usize::from(!praised);
                let stance = truth.others.get(id).map_or("", String::as_str);
                self.leaks += usize::from(!praised && matches!(stance, "criticised" | "mixed" | "sarcastic"));
            }
            if *confidence >= 0.05 {
                self.confidences.push((*confidence, praised));
            }
        }
        for id in &truth.credited {
            let ambiguous = truth.ambiguous.contains(id);
            self.missed += usize::from(!likely(id) && !ambiguous);
            self.due += usize::from(credited(id) || !ambiguous);
            if !credited(id) {
                let found_here =
                    found.outcome == Outcome::Triage && people.iter().take(5).any(|(p, ..)| p == id);
                self.left += 1;
                self.left_found += usize::from(found_here);
            }
        }
        if truth.credited.is_empty() && truth.others.is_empty() && !truth.unnamed_praise {
            self.idle += 1;
            self.idle_asked += usize::from(found.outcome == Outcome::Triage);
        }
    }

    /// The figures so far.
    pub(crate) fn figures(&self) -> Figures {
        let precision = share(self.right, self.right + self.wrong);
        let recall = share(self.right, self.right + self.missed);
        let (low, high) = wilson(self.credits - self.wrong_credits, self.credits);
        let errors = self
            .confidences
            .iter()
            .map(|(c, y)| (c - f64::from(u8::from(*y))).powi(2));
        Figures {
            texts: self.texts,
            f1: round(2.0 * precision * recall / (precision + recall)),
            precision: round(precision),
            recall: round(recall),
            credits: self.credits,
            wrong_credits: self.wrong_credits,
            credit_precision_low: round(low),
            credit_precision_high: round(high),
            coverage: round(share(self.credits - self.wrong_credits, self.due)),
            complaint_leaks: self.leaks,
            triage_recall_at_5: round(share(self.left_found, self.left)),
            idle_triage: round(share(self.idle_asked, self.idle)),
            ece: round(self.calibration_error()),
            brier: round(errors.sum::<f64>() / self.confidences.len().max(1) as f64),
        }
    }

    fn calibration_error(&self) -> f64 {
        let mut bins = [0.0; 10];
        for (confidence, praised) in &self.confidences {
            bins[((confidence * 10.0) as usize).min(9)] += confidence - f64::from(u8::from(*praised));
        }
        bins.iter().map(|b: &f64| b.abs()).sum::<f64>() / self.confidences.len().max(1) as f64
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        f64::NAN
    } else {
        part as f64 / whole as f64
    }
}

/// Wilson score interval at 95 % (E. B. Wilson, JASA 1927).
fn wilson(right: usize, all: usize) -> (f64, f64) {
    if all == 0 {
        return (0.0, 1.0);
    }
    let (n, z) = (all as f64, 1.96);
    let p = right as f64 / n;
    let middle = p + z * z / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    ((middle - spread) / scale, (middle + spread) / scale)
}

fn round(x: f64) -> f64 {
    (x * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_gives_the_known_interval() {
        let (low, high) = wilson(75, 76);
        assert!(
            (low - 0.929).abs() < 0.001 && (high - 0.998).abs() < 0.001,
            "{low} {high}"
        );
    }
}
