//! Pages for people: the customer's, which anybody may open, and those behind the sign-in. They work without a script.
pub(crate) mod assets;
mod board;
mod book;
mod demo;
mod device;
mod feed;
mod fields;
pub(crate) mod form;
mod nav;
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
    ("/me", &["GET", "HEAD", "POST"]),
    ("/me/sessions/:id/end", &["POST"]),
    ("/me/sign-out", &["POST"]),
    ("/me/sign-out-everywhere", &["POST"]),
    ("/feed", &["GET", "HEAD"]),
    ("/feed/staff/:id", &["GET", "HEAD"]),
    ("/feed/site/:id", &["GET", "HEAD"]),
    ("/board", &["GET", "HEAD"]),
];

/// The same of the pages that are there in the demo only.
pub const DEMO_METHODS: &[(&str, &[&str])] = &[("/demo/as/:id", &["GET", "HEAD"])];

/// Adds the pages to the routes.
#[must_use]
pub fn add_to(routes: Route) -> Route {
    routes
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
        .at("/me", get(sessions::show).post(sessions::save))
        .at("/me/sessions/:id/end", post(sessions::end))
        .at("/me/sign-out", post(sign_in::leave))
        .at("/me/sign-out-everywhere", post(sessions::end_all))
        .at("/feed", get(feed::mine))
        .at("/feed/staff/:id", get(feed::of_person))
        .at("/feed/site/:id", get(feed::site_and_below))
        .at("/board", get(board::show))
}

/// Adds the pages of the demo, whose visitors may be anybody.
#[must_use]
pub fn add_demo_to(routes: Route) -> Route {
    routes.at("/demo/as/:id", get(demo::sign_in_as))
}
