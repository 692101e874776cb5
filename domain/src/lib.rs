//! The pure core of Plaudit.
