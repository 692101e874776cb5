//! Plaudit: praise from customers, attributed to the people who earned it.
pub mod access;
pub mod app;
pub mod capture;
pub mod clock;
pub mod config;
pub mod db;
pub mod http;
pub mod job;
mod lock;
pub mod page;
pub mod recognition;
pub mod roster;
pub mod telemetry;
pub mod text_file;
pub mod verdict;
pub mod wake;
