//! What every stage stands on and none of it knows a stage.
pub mod base_url;
pub mod blocking;
pub mod calendar;
pub mod clock;
pub mod config;
pub mod db;
pub mod job;
pub(crate) mod lock;
pub(crate) mod money;
pub mod paging;
pub mod secret;
pub mod service;
pub mod table;
pub mod task;
pub mod telemetry;
pub mod text_file;
pub mod wake;
