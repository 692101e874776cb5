//! Tables as people send them: what parts their cells, what their headings stand for, and the days they write.
pub mod day;
pub mod heading;
pub mod separator;
