//! Pages for people: the customer's, which anybody may open, and those behind the sign-in. They work without a script.
mod admin;
pub(crate) mod assets;
mod beside;
mod board;
mod confirm;
mod demo;
mod desk;
mod device;
mod feed;
mod fields;
pub(crate) mod form;
mod guard;
mod join;
mod live;
mod names;
mod nav;
mod own;
mod place;
mod poster;
pub(crate) mod praise;
pub(crate) mod preferences;
mod privacy;
mod reader;
pub(crate) mod receipt;
mod sessions;
mod sign_in;
mod sign_on;
mod table;
mod trouble;
pub(crate) mod unsubscribe;
mod visit;

pub use guard::Who;
pub use table::{DEMO_PAGES, PAGES, Page, methods};

pub(crate) use table::add_to;
pub(crate) use trouble::{Asker, TryInstead};
pub(crate) use visit::Visit;
