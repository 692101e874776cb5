//! The pages a reader may open: what stands at the top of each, and where a sign-in leads.
use super::{desk::desk_of, feed::team_of, reader::Reader, table};
use crate::{
    access::{Action, Target},
    template::context::{MoreLinks, NavLink},
};
use entity::organisation::BoardMode;

/// Every page of the navigation in groups, the reader's own work first, then what the organisation is made of: the key
/// of its name below `nav.`, and its address.
const GROUPS: &[&[(&str, &str)]] = &[
    &[
        ("desk", "/desk"),
        ("shielded", "/shielded"),
        ("feed", "/feed"),
        ("record", "/me/record"),
        ("team", "/feed/team"),
        ("board", "/board"),
        ("spoken", SPOKEN),
        ("join", "/team/join"),
        ("names", "/names"),
        ("search", "/search"),
        ("walls", "/walls"),
    ],
    &[
        ("people", "/people"),
        ("places", "/places"),
        ("sources", "/sources"),
        ("settings", SETTINGS),
        ("audit", "/audit"),
    ],
];

/// Pages that are needed less often: they stand on the page of settings, in groups named below `nav.more.`.
const MORE: &[(&str, &[(&str, &str)])] = &[
    (
        "people",
        &[
            ("roles", "/roles"),
            ("join", "/team/join"),
            ("sign_on", "/sign-on"),
        ],
    ),
    (
        "messages",
        &[
            ("names", "/names"),
            ("held", "/held"),
            ("shielded", "/shielded"),
            ("precision", "/precision"),
            ("statement", "/statement"),
        ],
    ),
    (
        "ways",
        &[
            ("channels", "/channels"),
            ("rules", "/rules"),
            ("walls", "/walls"),
            ("keys", "/keys"),
        ],
    ),
    ("running", &[("first_steps", "/first-steps"), ("jobs", "/jobs")]),
];

const SETTINGS: &str = "/settings";
const SPOKEN: &str = "/spoken";

/// Pages of the organisation are for those whom the table lets open them; the others are for whoever has something there.
fn is_for(reader: &Reader<'_>, path: &str) -> bool {
    match path {
        "/desk" => has_desk(reader),
        "/feed" => has_feed(reader),
        "/me/record" => has_record(reader) && !has_settings(reader),
        "/feed/team" => has_team(reader),
        "/board" => has_board(reader),
        SPOKEN => logs_spoken(reader),
        // Who has the page of settings finds it there.
        "/team/join" | "/walls" => super::join::is_offered(reader) && !has_settings(reader),
        "/shielded" => decides_shielded(reader) && !has_settings(reader),
        "/names" => has_names(reader) && !has_settings(reader),
        path => table::action_of(path).is_some_and(|action| reader.may(action, &Target::Organisation)),
    }
}

/// The links of a reader.
pub(super) fn links(reader: &Reader<'_>, here: &str) -> Vec<NavLink> {
    let mut links: Vec<NavLink> = Vec::new();
    for group in GROUPS {
        let mut apart = !links.is_empty();
        for &(name, path) in *group {
            if is_for(reader, path) {
                links.push(NavLink {
                    name,
                    url: reader.link(path, None),
                    here: name == here || (path == SETTINGS && is_more(here)),
                    apart,
                });
                apart = false;
            }
        }
    }
    links
}

fn is_more(name: &str) -> bool {
    let mut all = MORE.iter().flat_map(|(_, pages)| pages.iter());
    all.any(|(more, _)| *more == name)
}

/// Whoever works at a place or is above somebody writes down what customers say there.
pub(super) fn logs_spoken(reader: &Reader<'_>) -> bool {
    let works = |person: &crate::access::Person| {
        person.is_active && (!person.sites.is_empty() || person.is_above_somebody())
    };
    reader.caller.person().is_some_and(works) || reader.may(Action::LOG_SPOKEN, &Target::Organisation)
}

fn has_settings(reader: &Reader<'_>) -> bool {
    reader.may(Action::SHOW_ORGANISATION_SETTINGS, &Target::Organisation)
}

fn has_names(reader: &Reader<'_>) -> bool {
    super::names::sites_of(reader).is_some()
}

fn decides_shielded(reader: &Reader<'_>) -> bool {
    reader.may(Action::SHOW_SHIELDED, &Target::Organisation)
}

/// What stands on the page of settings.
pub(super) fn more(reader: &Reader<'_>) -> Vec<MoreLinks> {
    let group = |&(group, pages): &(&'static str, &[(&'static str, &str)])| {
        let open = pages.iter().filter(|(_, path)| match *path {
            "/team/join" | "/walls" => super::join::is_offered(reader),
            "/shielded" => decides_shielded(reader),
            "/names" => has_names(reader),
            path => is_for(reader, path),
        });
        let links = open.map(|&(name, path)| NavLink {
            name,
            url: reader.link(path, None),
            here: false,
            apart: false,
        });
        MoreLinks {
            group,
            links: links.collect(),
        }
    };
    let groups = MORE.iter().map(group);
    groups.filter(|group| !group.links.is_empty()).collect()
}

/// The first page of a reader: where they land after signing in.
pub(super) fn first(reader: &Reader<'_>) -> &'static str {
    let all = GROUPS.iter().flat_map(|group| group.iter());
    let own = all.map(|&(_, path)| path).find(|path| is_for(reader, path));
    own.unwrap_or("/me")
}

/// Somebody of the staff has a feed of their own; whoever may read all has that of everybody.
fn has_feed(reader: &Reader<'_>) -> bool {
    let is_staff = reader
        .caller
        .person()
        .is_some_and(|person| person.staff.is_some());
    is_staff || reader.may(Action::SHOW_FEED, &Target::Organisation)
}

/// Whoever is on the roster can be thanked. Who has the page of settings finds it behind their name.
fn has_record(reader: &Reader<'_>) -> bool {
    reader
        .caller
        .person()
        .is_some_and(|person| person.staff.is_some())
}

fn has_desk(reader: &Reader<'_>) -> bool {
    reader
        .caller
        .person()
        .is_some_and(|person| desk_of(person).is_some())
}

fn has_team(reader: &Reader<'_>) -> bool {
    reader
        .caller
        .person()
        .is_some_and(|person| team_of(person).is_some())
}

fn has_board(reader: &Reader<'_>) -> bool {
    let is_active = reader.caller.person().is_none_or(|person| person.is_active);
    reader.organisation.board_mode != BoardMode::Off && is_active
}
