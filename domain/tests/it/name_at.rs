//! Names that somebody bears at one site only, from a day to a day.

use chrono::NaiveDate;
use domain::attribution::{Comment, Decision};
use domain::roster::{NameAt, Roster, StaffRecord};
use uuid::Uuid;

use crate::support::{LEEDS, NORTH, YORK, answer, at, credited, id, person, sites, staff};

const PRAISE: &str = "Wayan was so kind and helpful, she went above and beyond.";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn katherine(site: Uuid, from: Option<&str>, until: Option<&str>) -> StaffRecord {
    StaffRecord {
        names_at: vec![NameAt {
            site,
            name: "Wayan".to_owned(),
            starts_on: from.map(day),
            ends_on: until.map(day),
        }],
        ..staff()[0].clone()
    }
}

fn roster(katherine: StaffRecord) -> Roster {
    let mut all = staff();
    all[0] = katherine;
    Roster::new(&[], sites(), all, 1)
}

#[test]
fn a_name_of_one_site_counts_there_and_nowhere_else() {
    let roster = roster(katherine(LEEDS, None, None));
    for site in [LEEDS, NORTH] {
        assert_eq!(credited(&answer(&roster, &at(site, PRAISE))), [id(1)]);
    }
    assert!(credited(&answer(&roster, &at(YORK, PRAISE))).is_empty());
}

#[test]
fn somebody_bears_it_at_a_site_where_they_do_not_work_otherwise() {
    let roster = roster(katherine(YORK, None, None));
    assert_eq!(credited(&answer(&roster, &at(YORK, PRAISE))), [id(1)]);
    assert!(credited(&answer(&roster, &at(LEEDS, PRAISE))).is_empty());
}

#[test]
fn it_counts_on_its_days_only() {
    let roster = roster(katherine(LEEDS, Some("2026-03-01"), Some("2026-03-31")));
    for (on, counts) in [
        ("2026-02-28", false),
        ("2026-03-01", true),
        ("2026-03-31", true),
        ("2026-04-01", false),
    ] {
        let comment = Comment {
            occurred_at: day(on).and_hms_opt(10, 0, 0),
            ..at(LEEDS, PRAISE)
        };
        let got = answer(&roster, &comment);
        assert_eq!(credited(&got) == [id(1)], counts, "{on}");
        let open = got.candidates.iter().any(|c| c.decision == Decision::Open);
        assert!(counts || !open, "{on}");
    }
}

#[test]
fn a_name_that_is_taken_away_counts_no_more_and_the_others_stay() {
    let mut roster = roster(katherine(LEEDS, None, None));
    roster.apply(vec![], vec![staff()[0].clone()], 2);
    assert!(credited(&answer(&roster, &at(LEEDS, PRAISE))).is_empty());
    let own = PRAISE.replace("Wayan", "Katherine");
    assert_eq!(credited(&answer(&roster, &at(LEEDS, &own))), [id(1)]);
    assert!(roster.called(LEEDS, "Wayan").is_empty());
}

#[test]
fn who_is_called_so_is_found_by_each_of_their_names_at_the_site_and_around_it() {
    let mut all = staff();
    all[0] = katherine(LEEDS, None, None);
    all.push(person(8, "Ayu Lestari", "cashier", LEEDS));
    let roster = Roster::new(&[], sites(), all, 1);
    for (site, name, who) in [
        (LEEDS, "wayan", vec![id(1)]),
        (NORTH, "Wayan", vec![id(1)]),
        (YORK, "Wayan", vec![]),
        (LEEDS, "Wong", vec![id(1)]),
        (LEEDS, "Katherine Wong", vec![id(1)]),
        (LEEDS, "Ayu Wong", vec![]),
        (LEEDS, "AYU", vec![id(8)]),
        (YORK, "Siobhan O'Neill Smith", vec![id(6)]),
        (LEEDS, "", vec![]),
    ] {
        assert_eq!(roster.called(site, name), who, "{name}");
    }
}
