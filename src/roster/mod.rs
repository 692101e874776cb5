//! Organisations, their sites, staff and assignments: who could be praised, where, and for whom they worked on a day.
//!
//! Whatever changes them takes a [`Change`]: it locks the organisation, raises its `roster_version` and stamps it on
//! every row it touches, so that an index in memory can fetch only what is newer than itself.
pub mod assignment;
pub mod cache;
pub mod change;
pub(crate) mod clock;
pub mod deputy;
pub mod erased;
pub mod error;
pub mod import;
pub mod logo;
mod managers;
pub mod organisation;
pub mod overview;
pub mod people;
pub mod placement;
pub mod rota;
pub mod scim;
pub mod site;
pub mod site_index;
pub mod staff;
pub(crate) mod terms;
pub mod zone;

pub use change::Change;
pub use error::RosterError;
pub use site_index::SiteIndex;
