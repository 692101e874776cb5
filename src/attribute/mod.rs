//! Who is meant: takes captured comments, asks the engine (`domain::attribution`), appends its verdicts and derives
//! the recognitions.
pub mod app;
pub mod draw;
pub mod effects;
pub mod engine;
pub mod names;
pub mod shield;
pub mod stage;
