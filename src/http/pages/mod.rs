//! Pages for people: the customer's, which anybody may open, and those behind the sign-in. They work without a script.
mod admin;
pub(crate) mod assets;
mod beside;
mod board;
mod book;
mod demo;
mod desk;
mod device;
mod feed;
mod fields;
pub(crate) mod form;
mod join;
mod live;
mod nav;
mod own;
mod place;
pub(crate) mod praise;
mod reader;
pub(crate) mod receipt;
mod sessions;
mod sign_in;
mod trouble;
pub(crate) mod unsubscribe;
mod visit;

use poem::{Route, get, post};

pub(crate) use trouble::{Asker, TryInstead};
pub(crate) use visit::Visit;

/// The methods of each page, for the header `Allow`; `:name` stands for any one part.
pub const METHODS: &[(&str, &[&str])] = &[
    ("/thank/:organisation", &["GET", "HEAD", "POST"]),
    ("/thank/:organisation/:site", &["GET", "HEAD", "POST"]),
    ("/r/:token", &["GET", "HEAD"]),
    ("/r/:token/correct", &["POST"]),
    ("/r/:token/withdraw", &["POST"]),
    ("/p/:token", &["GET", "HEAD"]),
    ("/u/:token", &["GET", "HEAD", "POST"]),
    ("/static/:name", &["GET", "HEAD"]),
    ("/brand/:file", &["GET", "HEAD"]),
    ("/sign-in", &["GET", "HEAD", "POST"]),
    ("/sign-in/:token", &["GET", "HEAD", "POST"]),
    ("/", &["GET", "HEAD"]),
    ("/join", &["GET", "HEAD", "POST"]),
    ("/team/join", &["GET", "HEAD"]),
    ("/team/join/:id", &["GET", "HEAD", "POST"]),
    ("/team/join/:id/revoke", &["POST"]),
    ("/roster", &["GET", "HEAD", "POST"]),
    ("/roster/apply", &["POST"]),
    ("/sources", &["GET", "HEAD"]),
    ("/sources/:id/switch", &["POST"]),
    ("/held", &["GET", "HEAD"]),
    ("/held/:id", &["POST"]),
    ("/jobs", &["GET", "HEAD"]),
    ("/jobs/retry", &["POST"]),
    ("/jobs/:id/retry", &["POST"]),
    ("/keys", &["GET", "HEAD", "POST"]),
    ("/keys/:id/revoke", &["POST"]),
    ("/audit", &["GET", "HEAD"]),
    ("/settings", &["GET", "HEAD", "POST"]),
    ("/settings/logo", &["POST"]),
    ("/settings/logo/remove", &["POST"]),
    ("/me", &["GET", "HEAD", "POST"]),
    ("/me/sessions/:id/end", &["POST"]),
    ("/me/sign-out", &["POST"]),
    ("/me/sign-out-everywhere", &["POST"]),
    ("/feed", &["GET", "HEAD"]),
    ("/feed/live", &["GET", "HEAD"]),
    ("/feed/team", &["GET", "HEAD"]),
    ("/feed/praise/:id/answer", &["POST"]),
    ("/feed/praise/:id/answer/take-back", &["POST"]),
    ("/feed/praise/:id/hide", &["POST"]),
    ("/feed/praise/:id/show", &["POST"]),
    ("/feed/praise/:id/not-me", &["POST"]),
    ("/feed/perhaps/:id/claim", &["POST"]),
    ("/desk", &["GET", "HEAD"]),
    ("/desk/praise/:id/pass-on", &["POST"]),
    ("/desk/praise/:id/undo", &["POST"]),
    ("/desk/praise/:id/not-them", &["POST"]),
    ("/desk/comment/:id/decide", &["POST"]),
    ("/desk/comment/:id/undo", &["POST"]),
    ("/desk/comment/:id/handled", &["POST"]),
    ("/desk/comment/:id/handled/undo", &["POST"]),
    ("/feed/staff/:id", &["GET", "HEAD"]),
    ("/feed/site/:id", &["GET", "HEAD"]),
    ("/board", &["GET", "HEAD"]),
];

/// The same of the pages that are there in the demo only.
pub const DEMO_METHODS: &[(&str, &[&str])] = &[("/demo/as/:id", &["GET", "HEAD"])];

/// Adds the pages to the routes.
#[must_use]
pub fn add_to(routes: Route) -> Route {
    add_desk_to(routes)
        .at("/thank/:organisation", get(form::show).post(form::take))
        .at("/thank/:organisation/:site", get(form::show).post(form::take))
        .at("/r/:token", get(receipt::show))
        .at("/r/:token/correct", post(receipt::correct))
        .at("/r/:token/withdraw", post(receipt::withdraw))
        .at("/p/:token", get(praise::show))
        .at("/u/:token", get(unsubscribe::show).post(unsubscribe::change))
        .at("/static/:name", get(assets::show))
        .at("/brand/:file", get(assets::show_brand))
        .at("/sign-in", get(sign_in::ask).post(sign_in::request))
        .at("/sign-in/:token", get(sign_in::confirm).post(sign_in::enter))
        .at("/", get(sign_in::start))
        .at("/join", get(join::ask).post(join::take))
        .at("/team/join", get(join::list))
        .at("/team/join/:id", get(join::show).post(join::make))
        .at("/team/join/:id/revoke", post(join::revoke))
        .at("/roster", get(admin::roster::show).post(admin::roster::preview))
        .at("/roster/apply", post(admin::roster::apply))
        .at("/sources", get(admin::sources::show))
        .at("/sources/:id/switch", post(admin::sources::switch))
        .at("/held", get(admin::held::show))
        .at("/held/:id", post(admin::held::decide))
        .at("/jobs", get(admin::jobs::show))
        .at("/jobs/retry", post(admin::jobs::retry_all))
        .at("/jobs/:id/retry", post(admin::jobs::retry_one))
        .at("/keys", get(admin::keys::show).post(admin::keys::make))
        .at("/keys/:id/revoke", post(admin::keys::revoke))
        .at("/audit", get(admin::audit::show))
        .at(
            "/settings",
            get(admin::settings::show).post(admin::settings::save),
        )
        .at("/settings/logo", post(admin::logo::set))
        .at("/settings/logo/remove", post(admin::logo::remove))
        .at("/me", get(sessions::show).post(sessions::save))
        .at("/me/sessions/:id/end", post(sessions::end))
        .at("/me/sign-out", post(sign_in::leave))
        .at("/me/sign-out-everywhere", post(sessions::end_all))
        .at("/feed", get(feed::mine))
        .at("/feed/staff/:id", get(feed::of_person))
        .at("/feed/site/:id", get(feed::site_and_below))
        .at("/board", get(board::show))
}

fn add_desk_to(routes: Route) -> Route {
    routes
        .at("/feed/live", get(live::show))
        .at("/feed/team", get(feed::team))
        .at("/feed/praise/:id/answer", post(own::answer))
        .at("/feed/praise/:id/answer/take-back", post(own::take_answer_back))
        .at("/feed/praise/:id/hide", post(own::hide))
        .at("/feed/praise/:id/show", post(own::show))
        .at("/feed/praise/:id/not-me", post(own::not_me))
        .at("/feed/perhaps/:id/claim", post(own::claim))
        .at("/desk", get(desk::show))
        .at("/desk/praise/:id/pass-on", post(desk::pass_on))
        .at("/desk/praise/:id/undo", post(desk::undo_passing_on))
        .at("/desk/praise/:id/not-them", post(desk::not_them))
        .at("/desk/comment/:id/decide", post(desk::decide))
        .at("/desk/comment/:id/undo", post(desk::undo_decision))
        .at("/desk/comment/:id/handled", post(desk::handle))
        .at("/desk/comment/:id/handled/undo", post(desk::undo_handling))
}

/// Adds the pages of the demo, whose visitors may be anybody.
#[must_use]
pub fn add_demo_to(routes: Route) -> Route {
    routes.at("/demo/as/:id", get(demo::sign_in_as))
}
