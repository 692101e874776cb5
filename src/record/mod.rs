//! What somebody was thanked for, to read and to take along: the page's reading, the signed file, and its check. And
//! everything that is stored about them, and its end.
pub mod erase;
pub mod file;
pub mod stored;
pub mod thanked;
pub mod verify;
