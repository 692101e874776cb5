//! Organisations, their sites, staff and assignments.
pub mod cache;
pub mod placement;
