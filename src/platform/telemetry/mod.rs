//! Logs and metrics. Customers' words, people's names and addresses are in neither.
pub mod log;
pub mod metrics;
