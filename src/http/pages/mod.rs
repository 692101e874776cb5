//! Pages for people: the form and its receipt, and what they are made of. They work without a script.
pub(crate) mod assets;
mod board;
mod book;
mod feed;
mod fields;
pub(crate) mod form;
pub(crate) mod front;
mod place;
pub(crate) mod praise;
pub(crate) mod receipt;
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
];

/// The same of the pages that are there in the demo only.
pub const DEMO_METHODS: &[(&str, &[&str])] = &[
    ("/", &["GET", "HEAD"]),
    ("/feed", &["GET", "HEAD"]),
    ("/feed/staff/:id", &["GET", "HEAD"]),
    ("/feed/site/:id", &["GET", "HEAD"]),
    ("/board", &["GET", "HEAD"]),
];

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
}

/// Adds the pages that show everything to everybody, for the demo.
#[must_use]
pub fn add_demo_to(routes: Route) -> Route {
    routes
        .at("/", get(front::show))
        .at("/feed", get(feed::everybody))
        .at("/feed/staff/:id", get(feed::of_person))
        .at("/feed/site/:id", get(feed::site_and_below))
        .at("/board", get(board::show))
}
