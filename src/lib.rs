//! Plaudit.
