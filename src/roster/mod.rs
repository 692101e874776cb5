//! Organisations, their sites, staff and assignments.
pub mod cache;
