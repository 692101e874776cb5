//! Who was there: the shifts of a rota, and whom they leave for one moment at one post. Clocks of tills are off by some
//! minutes, so a moment is a stretch of time, and whoever may have come or gone within it makes it a question.
pub mod columns;
pub mod file;
mod times;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use crate::text::normal_form;

/// How far the clock of a till may be off, either way.
pub const DRIFT: TimeDelta = TimeDelta::minutes(5);
/// No shift is longer.
pub const LONGEST: TimeDelta = TimeDelta::hours(24);

/// From a moment to another, which is not in it.
pub type Stretch = (DateTime<Utc>, DateTime<Utc>);

/// Somebody's work at one site, without a gap but its breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Who.
    pub staff: Uuid,
    /// Till, desk or the like; none for the whole site.
    pub post: Option<String>,
    /// The local day on which it begins.
    pub day: NaiveDate,
    /// From when to when.
    pub time: Stretch,
    /// Within that.
    pub breaks: Vec<Stretch>,
}

/// What a rota says of one moment at one site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duty {
    /// Whether it says anything of that day.
    pub is_known: bool,
    /// The post, in the form in which posts are compared.
    pub post: Option<String>,
    /// Who may have been at the post; without a post, at the site. In the order of their ids.
    pub there: Vec<Uuid>,
    /// Who was at the post alone, however much the clock was off.
    pub alone: Option<Uuid>,
    /// Who may have been at work at the site: nobody else was.
    pub at_work: Vec<Uuid>,
}

/// Posts that are written otherwise are one: `Till 4`, `till-4`.
#[must_use]
pub fn post_key(post: &str) -> String {
    normal_form(post)
}

/// Whom the shifts of a site leave for a moment, which is on this local day there.
#[must_use]
pub fn on_duty(shifts: &[Shift], day: NaiveDate, post: Option<&str>, at: DateTime<Utc>) -> Duty {
    let window = (at - DRIFT, at + DRIFT);
    let post = post.map(post_key).filter(|post| !post.is_empty());
    let may = |shift: &&Shift| worked(shift).into_iter().any(|piece| meets(piece, window));
    let at_work: Vec<&Shift> = shifts.iter().filter(may).collect();
    if at_work.is_empty() && shifts.iter().all(|shift| shift.day != day) {
        return Duty::default();
    }
    let stands_at =
        |shift: &Shift, post: &str| shift.post.as_deref().is_some_and(|own| post_key(own) == post);
    let at_post = |post: &String| people(at_work.iter().filter(|shift| stands_at(shift, post)));
    let moving = || people(at_work.iter().filter(|shift| shift.post.is_none()));
    let everybody = people(at_work.iter());
    let named = post.as_ref().map(at_post);
    let alone = match (named.as_deref(), &post) {
        (Some([one]), Some(post)) => {
            let own = shifts
                .iter()
                .filter(|shift| shift.staff == *one && stands_at(shift, post));
            is_throughout(own.flat_map(worked).collect(), window).then_some(*one)
        }
        _ => None,
    };
    let there = match named {
        None => everybody.clone(),
        // Whoever has no post may stand at any.
        Some(nobody) if nobody.is_empty() => moving(),
        Some(people) => people,
    };
    Duty {
        is_known: true,
        post,
        there,
        alone,
        at_work: everybody,
    }
}

fn people<'a>(shifts: impl Iterator<Item = &'a &'a Shift>) -> Vec<Uuid> {
    let people: BTreeSet<Uuid> = shifts.map(|shift| shift.staff).collect();
    people.into_iter().collect()
}

/// A shift without its breaks.
fn worked(shift: &Shift) -> Vec<Stretch> {
    let mut breaks = shift.breaks.clone();
    breaks.sort_unstable();
    let (mut from, to) = shift.time;
    let mut pieces = Vec::new();
    for (start, end) in breaks {
        if start > from {
            pieces.push((from, start.min(to)));
        }
        from = from.max(end);
    }
    pieces.push((from, to));
    pieces.retain(|(from, to)| from < to);
    pieces
}

fn meets((from, to): Stretch, window: Stretch) -> bool {
    from <= window.1 && to > window.0
}

/// Whether pieces, of which one may begin where another ends, cover a window with both its ends.
fn is_throughout(mut pieces: Vec<Stretch>, window: Stretch) -> bool {
    pieces.sort_unstable();
    let mut covered = window.0;
    for (from, to) in pieces {
        if from <= covered {
            covered = covered.max(to);
        }
    }
    covered > window.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> DateTime<Utc> {
        format!("2026-11-27T{time}:00Z").parse().unwrap()
    }

    fn day() -> NaiveDate {
        at("12:00").date_naive()
    }

    fn shift(staff: u128, post: &str, from: &str, to: &str, breaks: &[(&str, &str)]) -> Shift {
        Shift {
            staff: Uuid::from_u128(staff),
            post: (!post.is_empty()).then(|| post.to_owned()),
            day: day(),
            time: (at(from), at(to)),
            breaks: breaks.iter().map(|(from, to)| (at(from), at(to))).collect(),
        }
    }

    fn asked(shifts: &[Shift], post: &str, time: &str) -> (Option<u128>, Vec<u128>) {
        let duty = on_duty(shifts, day(), (!post.is_empty()).then_some(post), at(time));
        (
            duty.alone.map(|one| one.as_u128()),
            duty.there.iter().map(Uuid::as_u128).collect(),
        )
    }

    #[test]
    fn one_person_at_the_post_is_there_alone() {
        let shifts = [
            shift(1, "Till 4", "08:00", "16:00", &[]),
            shift(2, "Till 5", "08:00", "16:00", &[]),
            shift(3, "", "08:00", "16:00", &[]),
        ];
        assert_eq!(asked(&shifts, "till-4", "10:05"), (Some(1), vec![1]));
        assert_eq!(asked(&shifts, "", "10:05"), (None, vec![1, 2, 3]));
        assert_eq!(
            asked(&shifts, "Till 6", "10:05"),
            (None, vec![3]),
            "whoever has no post"
        );
    }

    #[test]
    fn two_at_the_post_or_a_change_within_the_drift_leave_it_open() {
        let two = [
            shift(1, "Till 4", "08:00", "16:00", &[]),
            shift(2, "Till 4", "10:00", "12:00", &[]),
        ];
        assert_eq!(asked(&two, "Till 4", "11:00"), (None, vec![1, 2]));
        let change = [
            shift(1, "Till 4", "08:00", "12:00", &[]),
            shift(2, "Till 4", "12:00", "16:00", &[]),
        ];
        assert_eq!(asked(&change, "Till 4", "11:54"), (Some(1), vec![1]));
        assert_eq!(asked(&change, "Till 4", "11:55"), (None, vec![1, 2]));
        assert_eq!(asked(&change, "Till 4", "12:04"), (None, vec![1, 2]));
        assert_eq!(asked(&change, "Till 4", "12:05"), (Some(2), vec![2]));
    }

    #[test]
    fn nobody_is_there_during_a_break_or_after_the_end() {
        let shifts = [shift(1, "Till 4", "08:00", "16:00", &[("10:00", "10:20")])];
        assert_eq!(asked(&shifts, "Till 4", "10:10"), (None, vec![]));
        assert_eq!(
            asked(&shifts, "Till 4", "10:03"),
            (None, vec![1]),
            "the clock may be off"
        );
        assert_eq!(asked(&shifts, "Till 4", "16:03"), (None, vec![1]));
        assert_eq!(asked(&shifts, "Till 4", "16:06"), (None, vec![]));
        let relieved = [shifts[0].clone(), shift(2, "Till 4", "10:00", "10:20", &[])];
        assert_eq!(asked(&relieved, "Till 4", "10:10"), (Some(2), vec![2]));
    }

    #[test]
    fn two_shifts_of_one_person_are_one_where_they_touch() {
        let shifts = [
            shift(1, "Till 4", "08:00", "12:00", &[]),
            shift(1, "Till 4", "12:00", "16:00", &[]),
        ];
        assert_eq!(asked(&shifts, "Till 4", "12:00"), (Some(1), vec![1]));
    }

    #[test]
    fn a_day_without_a_shift_says_nothing() {
        let shifts = [shift(1, "Till 4", "08:00", "16:00", &[])];
        let next = day().succ_opt().unwrap();
        let duty = on_duty(&shifts, next, Some("Till 4"), at("10:00") + TimeDelta::days(1));
        assert_eq!(duty, Duty::default());
        let evening = on_duty(&shifts, day(), Some("Till 4"), at("22:00"));
        assert!(evening.is_known && evening.there.is_empty() && evening.at_work.is_empty());
    }

    /// Numbers that look like chance and are the same each time.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: u64) -> u64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % end
        }

        fn minutes(&mut self, end: u64) -> TimeDelta {
            TimeDelta::minutes(self.below(end) as i64)
        }
    }

    /// A day of one site: four tills, each with two or three shifts and their breaks, during which sometimes a colleague
    /// stands in.
    fn rota(dice: &mut Dice) -> Vec<Shift> {
        let mut shifts = Vec::new();
        let mut person = 0;
        for till in 1..=4 {
            let mut from = at("07:00") + dice.minutes(60);
            while from < at("19:00") {
                person += 1;
                let to = from + TimeDelta::hours(3) + dice.minutes(180);
                let pause = from + TimeDelta::hours(1) + dice.minutes(90);
                let breaks = vec![(pause, pause + TimeDelta::minutes(10) + dice.minutes(20))];
                if dice.below(3) == 0 {
                    let stand_in = Shift {
                        time: breaks[0],
                        ..shift(100 + person, &format!("Till {till}"), "07:00", "08:00", &[])
                    };
                    shifts.push(stand_in);
                }
                let planned = shift(person, &format!("Till {till}"), "07:00", "08:00", &[]);
                shifts.push(Shift {
                    time: (from, to),
                    breaks,
                    ..planned
                });
                from = to;
            }
        }
        shifts
    }

    fn is_at_work(shift: &Shift, at: DateTime<Utc>) -> bool {
        worked(shift).iter().any(|(from, to)| *from <= at && at < *to)
    }

    #[test]
    fn of_100_000_receipts_nobody_off_duty_is_credited_and_only_swaps_mislead() {
        let mut dice = Dice(14);
        let (mut receipts, mut automatic, mut right, mut right_but_for_swaps) = (0, 0, 0, 0);
        while receipts < 100_000 {
            let planned = rota(&mut dice);
            // What nobody wrote down: in 3 of 100 shifts somebody else was there.
            let swapped: Vec<bool> = planned.iter().map(|_| dice.below(100) < 3).collect();
            for _ in 0..500 {
                let served = at("07:00") + TimeDelta::seconds(dice.below(15 * 3600) as i64);
                let till = format!("Till {}", 1 + dice.below(4));
                let there: Vec<usize> = (0..planned.len())
                    .filter(|n| planned[*n].post.as_ref() == Some(&till) && is_at_work(&planned[*n], served))
                    .collect();
                let Some(actual) = there.first() else { continue };
                receipts += 1;
                let printed = served + TimeDelta::seconds(dice.below(601) as i64 - 300);
                let duty = on_duty(&planned, day(), Some(&till), printed);
                let Some(one) = duty.alone else { continue };
                automatic += 1;
                let own = planned.iter().filter(|shift| shift.staff == one);
                assert!(
                    own.into_iter().any(|shift| is_at_work(shift, served)),
                    "off duty by the rota"
                );
                let is_meant = planned[*actual].staff == one && there.len() == 1;
                right += usize::from(is_meant && !swapped[*actual]);
                right_but_for_swaps += usize::from(is_meant);
            }
        }
        assert!(
            right_but_for_swaps as f64 >= 0.995 * automatic as f64,
            "{right_but_for_swaps} of {automatic}"
        );
        assert!(
            right as f64 >= 0.95 * automatic as f64,
            "swaps cost no more than their share"
        );
        assert!(automatic > receipts / 2, "{automatic} of {receipts}");
    }
}
