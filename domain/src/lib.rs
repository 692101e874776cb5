//! The pure core of Plaudit: no I/O, no clock, no threads.
pub mod period;
