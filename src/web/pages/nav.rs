//! The pages a reader may open: what stands at the top of each, and where a sign-in leads.
use super::{desk::desk_of, feed::team_of, reader::Reader, table};
use crate::{
    access::{Action, Target},
    template::context::NavLink,
};
use entity::organisation::BoardMode;

/// Every page of the navigation, the reader's own work first: the key of its name below `nav.`, and its address.
const ENTRIES: &[(&str, &str)] = &[
    ("desk", "/desk"),
    ("feed", "/feed"),
    ("team", "/feed/team"),
    ("board", "/board"),
    ("join", "/team/join"),
    ("roster", "/roster"),
    ("sources", "/sources"),
    ("held", "/held"),
    ("jobs", "/jobs"),
    ("keys", "/keys"),
    ("roles", "/roles"),
    ("audit", "/audit"),
    ("settings", "/settings"),
];

/// Pages of the organisation are for those whom the table lets open them; the others are for whoever has something there.
fn is_for(reader: &Reader<'_>, path: &str) -> bool {
    match path {
        "/desk" => has_desk(reader),
        "/feed" => has_feed(reader),
        "/feed/team" => has_team(reader),
        "/board" => has_board(reader),
        "/team/join" => super::join::is_offered(reader),
        path => table::action_of(path).is_some_and(|action| reader.may(action, &Target::Organisation)),
    }
}

/// The links of a reader.
pub(super) fn links(reader: &Reader<'_>, here: &str) -> Vec<NavLink> {
    let own = ENTRIES.iter().filter(|(_, path)| is_for(reader, path));
    own.map(|&(name, path)| NavLink {
        name,
        url: reader.link(path, None),
        here: name == here,
    })
    .collect()
}

/// The first page of a reader: where they land after signing in.
pub(super) fn first(reader: &Reader<'_>) -> &'static str {
    let own = ENTRIES.iter().find(|(_, path)| is_for(reader, path));
    own.map_or("/me", |&(_, path)| path)
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
