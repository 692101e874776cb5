//! Plaudit: praise from customers, attributed to the people who earned it.
pub mod access;
pub mod app;
pub mod clock;
pub mod config;
pub mod db;
pub mod job;
pub mod roster;
pub mod wake;
pub mod capture;
pub mod page;
pub mod text_file;
