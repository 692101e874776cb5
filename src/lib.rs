//! Plaudit.

pub mod capture;
