//! The pure core of Plaudit: who is praised, and by what evidence. No I/O, no clock, no threads.

pub mod attribution;
pub mod digest;
pub mod leaderboard;
pub mod local;
pub mod period;
pub mod quiet;
pub mod roster;
pub mod rota;
pub mod shield;
pub mod table;
pub mod text;
pub mod working_days;
