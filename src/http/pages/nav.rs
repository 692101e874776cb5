//! The pages a reader may open: what stands at the top of each, and where a sign-in leads.
use super::{desk::desk_of, feed::team_of, reader::Reader};
use crate::{
    access::{Action, Target},
    template::context::NavLink,
};
use entity::organisation::BoardMode;

/// A page of the navigation: the key of its name below `nav.`, its address, and who is shown it.
struct Entry {
    name: &'static str,
    path: &'static str,
    is_for: fn(&Reader<'_>) -> bool,
}

/// Every page of the navigation, the reader's own work first.
const ENTRIES: &[Entry] = &[
    Entry {
        name: "desk",
        path: "/desk",
        is_for: has_desk,
    },
    Entry {
        name: "feed",
        path: "/feed",
        is_for: has_feed,
    },
    Entry {
        name: "team",
        path: "/feed/team",
        is_for: has_team,
    },
    Entry {
        name: "board",
        path: "/board",
        is_for: has_board,
    },
    Entry {
        name: "join",
        path: "/team/join",
        is_for: |reader| super::join::is_offered(reader),
    },
    Entry {
        name: "roster",
        path: "/roster",
        is_for: |reader| oversees(reader, Action::SHOW_ROSTER),
    },
    Entry {
        name: "sources",
        path: "/sources",
        is_for: |reader| oversees(reader, Action::LIST_SOURCES),
    },
    Entry {
        name: "held",
        path: "/held",
        is_for: |reader| oversees(reader, Action::LIST_HELD),
    },
    Entry {
        name: "jobs",
        path: "/jobs",
        is_for: |reader| oversees(reader, Action::LIST_JOBS),
    },
    Entry {
        name: "keys",
        path: "/keys",
        is_for: |reader| oversees(reader, Action::LIST_KEYS),
    },
    Entry {
        name: "audit",
        path: "/audit",
        is_for: |reader| oversees(reader, Action::LIST_AUDIT),
    },
    Entry {
        name: "settings",
        path: "/settings",
        is_for: |reader| oversees(reader, Action::SHOW_ORGANISATION_SETTINGS),
    },
];

/// The links of a reader.
pub(super) fn links(reader: &Reader<'_>, here: &str) -> Vec<NavLink> {
    let own = ENTRIES.iter().filter(|entry| (entry.is_for)(reader));
    own.map(|entry| NavLink {
        name: entry.name,
        url: reader.link(entry.path, None),
        here: entry.name == here,
    })
    .collect()
}

/// The first page of a reader: where they land after signing in.
pub(super) fn first(reader: &Reader<'_>) -> &'static str {
    let own = ENTRIES.iter().find(|entry| (entry.is_for)(reader));
    own.map_or("/me", |entry| entry.path)
}

fn oversees(reader: &Reader<'_>, action: Action) -> bool {
    reader.may(action, &Target::Organisation)
}

/// Somebody of the staff has a feed of their own; whoever may read all has that of everybody.
fn has_feed(reader: &Reader<'_>) -> bool {
    let is_staff = reader
        .caller
        .person()
        .is_some_and(|person| person.staff.is_some());
    is_staff || reader.may(Action::SHOW_FEED, &Target::Organisation)
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
