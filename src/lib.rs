//! Plaudit.
pub mod template;
