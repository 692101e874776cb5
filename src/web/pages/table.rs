//! Every page: method, path, who may, handler. What stands here is served and guarded; from here follow the routes, the
//! header `Allow`, the navigation of administrators and what the tests look for in the matrix.
use std::collections::BTreeMap;

use poem::{Route, RouteMethod};

use super::{
    admin, assets, board, confirm, demo, deputies, desk, feed, form,
    guard::{
        Guarded,
        Who::{self, Anybody, May, MayTo, SignedIn},
    },
    join, live, names, own, poster, praise, preferences, privacy, receipt, record, search, second_factor,
    sessions, sign_in, sign_in_code, sign_on, spoken, stored, unsubscribe, verify, wall, walls,
};
use crate::access::Action;

/// A page under one method.
#[derive(Debug)]
pub struct Page {
    /// `:name` stands for any one part.
    pub path: &'static str,
    /// `GET`, which answers `HEAD` too, or `POST`.
    pub method: &'static str,
    /// Who may.
    pub who: Who,
    add: fn(RouteMethod) -> RouteMethod,
}

macro_rules! pages {
    ($($method:ident $path:literal $who:expr => $handler:path;)*) => {
        &[$(Page {
            path: $path,
            method: stringify!($method),
            who: $who,
            add: |methods| pages!(@ $method methods, Guarded { who: $who, next: $handler }),
        }),*]
    };
    (@ GET $methods:ident, $endpoint:expr) => { $methods.get($endpoint) };
    (@ POST $methods:ident, $endpoint:expr) => { $methods.post($endpoint) };
}

/// Every page.
pub const PAGES: &[Page] = pages! {
    GET "/thank/:organisation" Anybody => form::show;
    POST "/thank/:organisation" Anybody => form::take;
    GET "/thank/:organisation/:site" Anybody => form::show;
    POST "/thank/:organisation/:site" Anybody => form::take;
    GET "/poster/:organisation" Anybody => poster::show;
    GET "/poster/:organisation/:site" Anybody => poster::show;
    GET "/privacy/:organisation" Anybody => privacy::show;
    GET "/verify" Anybody => verify::ask;
    POST "/verify" Anybody => verify::check;
    GET "/r/:token" Anybody => receipt::show;
    POST "/r/:token/correct" Anybody => receipt::correct;
    POST "/r/:token/withdraw" Anybody => receipt::withdraw;
    GET "/p/:token" Anybody => praise::show;
    GET "/u/:token" Anybody => unsubscribe::show;
    POST "/u/:token" Anybody => unsubscribe::change;
    GET "/wall/:token" Anybody => wall::show;
    GET "/wall/:token/live" Anybody => wall::live;
    GET "/wall/:token/feed.atom" Anybody => wall::feed;
    GET "/static/:name" Anybody => assets::show;
    GET "/brand/:file" Anybody => assets::show_brand;
    GET "/sign-in" Anybody => sign_in::ask;
    POST "/sign-in" Anybody => sign_in::request;
    GET "/sign-in-code" Anybody => sign_in_code::show;
    POST "/sign-in-code" Anybody => sign_in_code::take;
    GET "/sign-in/:token" Anybody => sign_in::confirm;
    POST "/sign-in/:token" Anybody => sign_in::enter;
    GET "/sign-on/:id" Anybody => sign_on::begin;
    POST "/sign-on/:id" Anybody => sign_on::begin_link;
    GET "/sign-on/:id/return" Anybody => sign_on::finish;
    POST "/sign-on/:id/logout" Anybody => sign_on::sign_out;
    GET "/sign-on-link/:token" Anybody => sign_on::open;
    GET "/" Anybody => sign_in::start;
    GET "/join" Anybody => join::ask;
    POST "/join" Anybody => join::take;
    GET "/team/join" SignedIn => join::list;
    GET "/team/join/:id" MayTo(Action::CREATE_JOIN_CODE) => join::show;
    POST "/team/join/:id" MayTo(Action::CREATE_JOIN_CODE) => join::make;
    POST "/team/join/:id/revoke" MayTo(Action::CREATE_JOIN_CODE) => join::revoke;
    GET "/walls" SignedIn => walls::list;
    GET "/walls/site/:id" MayTo(Action::CREATE_WALL_LINK) => walls::site;
    POST "/walls/site/:id" MayTo(Action::CREATE_WALL_LINK) => walls::make_site;
    GET "/walls/team/:id" MayTo(Action::CREATE_WALL_LINK) => walls::team;
    POST "/walls/team/:id" MayTo(Action::CREATE_WALL_LINK) => walls::make_team;
    POST "/walls/link/:id/revoke" MayTo(Action::REVOKE_WALL_LINK) => walls::revoke;
    GET "/first-steps" May(Action::SHOW_ROSTER) => admin::first_steps::show;
    GET "/people" May(Action::LIST_STAFF) => admin::people::show;
    GET "/people/add" May(Action::CREATE_STAFF_MEMBER) => admin::person::add;
    POST "/people/add" May(Action::CREATE_STAFF_MEMBER) => admin::person::create;
    GET "/people/:id" May(Action::LIST_STAFF) => admin::person::show;
    POST "/people/:id" May(Action::UPDATE_STAFF_MEMBER) => admin::person::save;
    POST "/people/:id/work" May(Action::CREATE_ASSIGNMENT) => admin::person::place;
    POST "/people/:id/last-day" May(Action::UPDATE_STAFF_MEMBER) => admin::person::leave;
    GET "/people/:id/erase" May(Action::ERASE_STAFF_MEMBER) => admin::erase::show;
    POST "/people/:id/erase" May(Action::ERASE_STAFF_MEMBER) => admin::erase::remove;
    POST "/people/:id/roles" May(Action::GRANT_ROLE) => admin::person_roles::give;
    POST "/people/:id/deputies" May(Action::CREATE_DEPUTY) => deputies::name_of_person;
    POST "/deputies/:id/end" May(Action::TAKE_DEPUTY_BACK) => deputies::end_any;
    GET "/places" May(Action::SHOW_ROSTER) => admin::places::show;
    GET "/places/add" May(Action::CREATE_SITE) => admin::place::add;
    POST "/places/add" May(Action::CREATE_SITE) => admin::place::create;
    GET "/places/:id" May(Action::SHOW_ROSTER) => admin::place::show;
    POST "/places/:id" May(Action::UPDATE_SITE) => admin::place::save;
    POST "/places/:id/close" May(Action::UPDATE_SITE) => admin::place::close;
    GET "/roster" May(Action::SHOW_ROSTER) => admin::roster::show;
    POST "/roster" May(Action::CREATE_ROSTER_IMPORT) => admin::roster::preview;
    GET "/roster/example.csv" May(Action::SHOW_ROSTER) => admin::roster::example;
    POST "/roster/columns" May(Action::CREATE_ROSTER_IMPORT) => admin::roster::match_columns;
    POST "/roster/apply" May(Action::CREATE_ROSTER_IMPORT) => admin::roster::apply;
    POST "/roster/go-on" May(Action::CONTINUE_SYNC) => admin::roster::go_on;
    GET "/sources" May(Action::LIST_SOURCES) => admin::sources::show;
    GET "/connect" May(Action::CREATE_SOURCE) => admin::connect::show;
    POST "/connect" May(Action::CREATE_SOURCE) => admin::connect::make;
    GET "/connect/mailbox" May(Action::CREATE_SOURCE) => admin::mailbox::show;
    POST "/connect/mailbox" May(Action::CREATE_SOURCE) => admin::mailbox::make;
    GET "/sources/:id" May(Action::GET_SOURCE) => admin::source::show;
    POST "/sources/:id/secret" May(Action::UPDATE_SOURCE) => admin::source::enter_secrets;
    POST "/sources/:id/reading-key" May(Action::UPDATE_SOURCE) => admin::fetching::enter_key;
    POST "/sources/:id/backfill" May(Action::CREATE_BACKFILL) => admin::fetching::take_in;
    POST "/sources/:id/address" May(Action::UPDATE_SOURCE) => admin::source::renew;
    POST "/sources/:id/mapping" May(Action::UPDATE_SOURCE) => admin::mapping::change_mapping;
    POST "/sources/:id/switch" May(Action::UPDATE_SOURCE) => admin::sources::switch;
    GET "/sources/:id/quarantine" May(Action::LIST_QUARANTINE) => admin::quarantine::show;
    POST "/sources/:id/replay" May(Action::REPLAY_PUSHES) => admin::quarantine::replay;
    GET "/channels" May(Action::LIST_CHANNELS) => admin::channels::show;
    POST "/channels" May(Action::CREATE_CHANNEL) => admin::channels::add;
    GET "/channels/:id" May(Action::LIST_DELIVERIES) => admin::channel::show;
    POST "/channels/:id/secret" May(Action::CHANGE_CHANNEL_SECRET) => admin::channel::change_secret;
    POST "/channels/:id/replay" May(Action::REPLAY_DELIVERIES) => admin::channel::replay;
    POST "/channels/:id/test" May(Action::TEST_CHANNEL) => admin::channel::test;
    POST "/channels/:id/remove" May(Action::REMOVE_CHANNEL) => admin::channel::remove;
    GET "/rules" May(Action::LIST_RULES) => admin::rules::show;
    POST "/rules" May(Action::ADD_RULE) => admin::rules::add;
    POST "/rules/:id/end" May(Action::END_RULE) => admin::rules::end;
    GET "/held" May(Action::LIST_HELD) => admin::held::show;
    POST "/held/:id" May(Action::RELEASE_HELD) => admin::held::decide;
    GET "/shielded" May(Action::SHOW_SHIELDED) => admin::shielded::show;
    POST "/shielded/:id" May(Action::DECIDE_SHIELDED) => admin::shielded::decide;
    GET "/jobs" May(Action::LIST_JOBS) => admin::jobs::show;
    POST "/jobs/retry" May(Action::RETRY_JOB) => admin::jobs::retry_all;
    POST "/jobs/:id/retry" May(Action::RETRY_JOB) => admin::jobs::retry_one;
    GET "/keys" May(Action::LIST_KEYS) => admin::keys::show;
    POST "/keys" May(Action::CREATE_KEY) => admin::keys::make;
    POST "/keys/:id/revoke" May(Action::REVOKE_KEY) => admin::keys::revoke;
    GET "/roles" May(Action::LIST_ROLES) => admin::roles::show;
    POST "/roles" May(Action::GRANT_ROLE) => admin::roles::give;
    POST "/roles/second-factor" May(Action::CHANGE_SECOND_FACTOR_POLICY) => admin::roles::need_factor;
    POST "/roles/:id/revoke" May(Action::REVOKE_ROLE) => admin::roles::revoke;
    GET "/accounts/:id" May(Action::SHOW_ACCOUNT) => admin::account::show;
    POST "/accounts/:id/sessions/end" May(Action::END_SESSIONS) => admin::account::end_sessions;
    POST "/accounts/:id/second-factor/take-off" May(Action::TAKE_SECOND_FACTOR_OFF) => admin::account::take_off;
    GET "/sign-on" May(Action::LIST_SIGN_ON_PROVIDERS) => admin::sign_on::show;
    POST "/sign-on" May(Action::CREATE_SIGN_ON_PROVIDER) => admin::sign_on::add;
    POST "/sign-on/:id/test" May(Action::TEST_SIGN_ON_PROVIDER) => admin::sign_on::test;
    POST "/sign-on/:id/remove" May(Action::REMOVE_SIGN_ON_PROVIDER) => admin::sign_on::remove;
    POST "/sign-on-only" May(Action::CHANGE_SIGN_ON_POLICY) => admin::sign_on::only;
    GET "/audit" May(Action::LIST_AUDIT) => admin::audit::show;
    POST "/audit/file" May(Action::SAVE_AUDIT) => admin::audit::save;
    GET "/statement" May(Action::GET_STATEMENT) => admin::statement::show;
    POST "/statement" May(Action::GET_STATEMENT) => admin::statement::compare;
    POST "/statement/file" May(Action::SAVE_STATEMENT) => admin::statement::save;
    GET "/settings" May(Action::SHOW_ORGANISATION_SETTINGS) => admin::settings::show;
    POST "/settings" May(Action::UPDATE_ORGANISATION) => admin::settings::save;
    POST "/settings/logo" May(Action::SET_LOGO) => admin::logo::set;
    POST "/settings/logo/remove" May(Action::REMOVE_LOGO) => admin::logo::remove;
    GET "/precision" May(Action::GET_PRECISION) => admin::precision::show;
    POST "/precision" May(Action::UPDATE_ORGANISATION) => admin::precision::save;
    POST "/precision/threshold" May(Action::UPDATE_ORGANISATION) => admin::precision::take;
    GET "/me" MayTo(Action::SHOW_SETTINGS) => sessions::show;
    POST "/me" MayTo(Action::SHOW_SETTINGS) => preferences::save;
    GET "/me/record" MayTo(Action::SHOW_RECORD) => record::show;
    POST "/me/record/file" MayTo(Action::SAVE_RECORD) => record::save;
    POST "/me/stored" MayTo(Action::SAVE_STORED) => stored::save;
    GET "/me/confirm" SignedIn => confirm::show;
    POST "/me/confirm" SignedIn => confirm::send;
    POST "/me/confirm/code" SignedIn => confirm::take_code;
    GET "/me/second-factor" MayTo(Action::SHOW_SECOND_FACTOR) => second_factor::show;
    POST "/me/second-factor" MayTo(Action::SET_SECOND_FACTOR) => second_factor::begin;
    POST "/me/second-factor/confirm" MayTo(Action::SET_SECOND_FACTOR) => second_factor::confirm;
    POST "/me/second-factor/change" MayTo(Action::SHOW_SECOND_FACTOR) => second_factor::change;
    POST "/me/sessions/:id/end" MayTo(Action::SHOW_SETTINGS) => sessions::end;
    POST "/me/deputies" MayTo(Action::NAME_OWN_DEPUTY) => deputies::name_own;
    POST "/me/deputies/:id/end" MayTo(Action::TAKE_OWN_DEPUTY_BACK) => deputies::end_own;
    POST "/me/sign-out" SignedIn => sign_in::leave;
    POST "/me/sign-out-everywhere" MayTo(Action::SHOW_SETTINGS) => sessions::end_all;
    GET "/spoken" MayTo(Action::LOG_SPOKEN) => spoken::show;
    POST "/spoken" MayTo(Action::LOG_SPOKEN) => spoken::take;
    GET "/feed" SignedIn => feed::mine;
    GET "/feed/staff/:id" MayTo(Action::SHOW_FEED) => feed::of_person;
    GET "/feed/site/:id" MayTo(Action::SHOW_FEED) => feed::site_and_below;
    GET "/board" SignedIn => board::show;
    GET "/feed/live" MayTo(Action::SHOW_FEED) => live::show;
    GET "/feed/team" MayTo(Action::SHOW_TEAM) => feed::team;
    POST "/feed/praise/:id/answer" MayTo(Action::ANSWER_PRAISE) => own::answer;
    POST "/feed/praise/:id/answer/take-back" MayTo(Action::ANSWER_PRAISE) => own::take_answer_back;
    POST "/feed/praise/:id/hide" MayTo(Action::ANSWER_PRAISE) => own::hide;
    POST "/feed/praise/:id/show" MayTo(Action::ANSWER_PRAISE) => own::show;
    POST "/feed/praise/:id/not-me" MayTo(Action::ANSWER_PRAISE) => own::not_me;
    POST "/feed/perhaps/:id/claim" MayTo(Action::CLAIM_PRAISE) => own::claim;
    GET "/names" MayTo(Action::LIST_ALIAS_PROPOSALS) => names::show;
    POST "/names/:id" MayTo(Action::ANSWER_ALIAS_PROPOSAL) => names::say;
    POST "/names/:id/undo" MayTo(Action::UNDO_ALIAS_ANSWER) => names::undo;
    GET "/search" May(Action::SEARCH_COMMENTS) => search::show;
    POST "/search/save" May(Action::SAVE_COMMENTS) => search::save;
    GET "/desk" May(Action::SHOW_DESK) => desk::show;
    POST "/desk/praise/:id/pass-on" MayTo(Action::PASS_ON) => desk::pass_on;
    POST "/desk/praise/:id/undo" MayTo(Action::PASS_ON) => desk::undo_passing_on;
    POST "/desk/praise/:id/not-them" MayTo(Action::DECIDE_TRIAGE) => desk::not_them;
    POST "/desk/comment/:id/decide" MayTo(Action::DECIDE_TRIAGE) => desk::decide;
    POST "/desk/check/:id/answer" MayTo(Action::DECIDE_TRIAGE) => desk::answer_check;
    POST "/desk/comment/:id/undo" MayTo(Action::UNDO_DECISION) => desk::undo_decision;
    POST "/desk/comment/:id/handled" MayTo(Action::HANDLE_CONCERN) => desk::handle;
    POST "/desk/comment/:id/handled/undo" MayTo(Action::HANDLE_CONCERN) => desk::undo_handling;
};

/// Those that are there in the demo only, whose visitors may be anybody.
pub const DEMO_PAGES: &[Page] = pages! {
    GET "/demo/as/:id" Anybody => demo::sign_in_as;
};

/// Adds pages to the routes.
pub(crate) fn add_to(routes: Route, pages: &[Page]) -> Route {
    let mut by_path: BTreeMap<&str, RouteMethod> = BTreeMap::new();
    for page in pages {
        let methods = by_path.remove(page.path).unwrap_or_default();
        by_path.insert(page.path, (page.add)(methods));
    }
    let paths = by_path.into_iter();
    paths.fold(routes, |routes, (path, methods)| routes.at(path, methods))
}

/// The methods of each path.
#[must_use]
pub fn methods(pages: &[Page]) -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut methods: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for page in pages {
        let of_path = methods.entry(page.path).or_default();
        of_path.push(page.method);
        if page.method == "GET" {
            of_path.push("HEAD");
        }
    }
    methods
}

/// What one must be permitted to open a page of the organisation.
pub(super) fn action_of(path: &str) -> Option<Action> {
    let page = PAGES
        .iter()
        .find(|page| page.path == path && page.method == "GET")?;
    match page.who {
        May(action) => Some(action),
        Anybody | SignedIn | MayTo(_) => None,
    }
}
