//! What somebody was thanked for, to read and to take along: the page's reading, the signed file, and its check.
pub mod file;
pub mod thanked;
pub mod verify;
