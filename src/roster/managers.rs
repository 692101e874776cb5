//! Who reports to whom, and whether anybody would be above themselves.
use std::collections::HashMap;

use chrono::NaiveDate;
use entity::assignment;
use uuid::Uuid;

use super::assignment::AssignmentFields;

/// A chain of command longer than this counts as a circle.
const DEEPEST: usize = 200;

/// Somebody reports to somebody from a day to a day, both included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reporting {
    pub(crate) staff: Uuid,
    pub(crate) manager: Uuid,
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
}

impl Reporting {
    /// What an assignment says, where it names a manager.
    pub(crate) fn of(row: &assignment::Model) -> Option<Reporting> {
        Some(Reporting {
            staff: row.staff_id,
            manager: row.manager_id?,
            from: row.starts_on.unwrap_or(NaiveDate::MIN),
            to: row.ends_on.unwrap_or(NaiveDate::MAX),
        })
    }

    /// What an assignment will say, where it names a manager.
    pub(crate) fn planned(staff: Uuid, fields: &AssignmentFields) -> Option<Reporting> {
        Some(Reporting {
            staff,
            manager: fields.manager?,
            from: fields.starts_on.unwrap_or(NaiveDate::MIN),
            to: fields.ends_on.unwrap_or(NaiveDate::MAX),
        })
    }
}

/// People around a circle of managers that holds on at least one day; the first is the last.
pub(crate) fn circle(lines: &[Reporting]) -> Option<Vec<Uuid>> {
    let above = by_staff(lines);
    let mut suspects: Vec<Uuid> = above_nobody_free(&above).into_iter().collect();
    suspects.sort_unstable();
    suspects.into_iter().find_map(|start| {
        let mut path = vec![start];
        returns(&above, start, start, (NaiveDate::MIN, NaiveDate::MAX), &mut path).then_some(path)
    })
}

type Above<'a> = HashMap<Uuid, Vec<&'a Reporting>>;

fn by_staff(lines: &[Reporting]) -> Above<'_> {
    let mut above = Above::new();
    for line in lines {
        above.entry(line.staff).or_default().push(line);
    }
    above
}

/// Those who, days aside, are in a circle or below one: what is left when everybody whose managers are all cleared is
/// cleared, from the top down. Empty for nearly every roster, in linear time.
fn above_nobody_free(above: &Above<'_>) -> Vec<Uuid> {
    let mut below: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for line in above.values().flatten() {
        below.entry(line.manager).or_default().push(line.staff);
    }
    let mut open: HashMap<Uuid, usize> = above.iter().map(|(staff, lines)| (*staff, lines.len())).collect();
    let mut cleared: Vec<Uuid> = below
        .keys()
        .filter(|id| !above.contains_key(id))
        .copied()
        .collect();
    while let Some(manager) = cleared.pop() {
        for staff in below.get(&manager).map(Vec::as_slice).unwrap_or_default() {
            if let Some(left) = open.get_mut(staff) {
                *left -= 1;
                if *left == 0 {
                    open.remove(staff);
                    cleared.push(*staff);
                }
            }
        }
    }
    open.into_keys().collect()
}

fn returns(
    above: &Above<'_>,
    start: Uuid,
    at: Uuid,
    days: (NaiveDate, NaiveDate),
    path: &mut Vec<Uuid>,
) -> bool {
    for line in above.get(&at).map(Vec::as_slice).unwrap_or_default() {
        let days = (days.0.max(line.from), days.1.min(line.to));
        let is_loop_elsewhere = line.manager != start && path.contains(&line.manager);
        if days.0 > days.1 || is_loop_elsewhere {
            continue;
        }
        path.push(line.manager);
        let found =
            line.manager == start || path.len() > DEEPEST || returns(above, start, line.manager, days, path);
        if found {
            return true;
        }
        path.pop();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn line(staff: u128, manager: u128, from: &str, to: &str) -> Reporting {
        Reporting {
            staff: id(staff),
            manager: id(manager),
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        }
    }

    fn always(staff: u128, manager: u128) -> Reporting {
        line(staff, manager, "2000-01-01", "2999-12-31")
    }

    #[test]
    fn a_tree_of_managers_has_no_circle() {
        assert_eq!(
            circle(&[always(2, 1), always(3, 1), always(4, 3), always(5, 3)]),
            None
        );
    }

    #[test]
    fn a_circle_is_found_and_told_from_those_below_it() {
        let lines = [always(1, 2), always(2, 3), always(3, 1), always(9, 1)];
        assert_eq!(circle(&lines), Some(vec![id(1), id(2), id(3), id(1)]));
    }

    #[test]
    fn two_who_swapped_roles_are_no_circle() {
        let lines = [
            line(1, 2, "2026-01-01", "2026-03-31"),
            line(2, 1, "2026-04-01", "2026-12-31"),
        ];
        assert_eq!(circle(&lines), None);
        let overlapping = [lines[0], line(2, 1, "2026-03-31", "2026-12-31")];
        assert!(circle(&overlapping).is_some());
    }

    #[test]
    fn a_long_chain_is_cleared_without_walking_it_from_everybody() {
        let chain: Vec<Reporting> = (1..50_000).map(|n| always(n + 1, n)).collect();
        assert_eq!(circle(&chain), None);
    }
}
