//! A demo and a browser for every test.
mod demo;
mod driver;
mod window;

pub use demo::Demo;
pub use window::{ENTER, Look, TAB, Window};
