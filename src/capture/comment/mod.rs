//! Comments: what a source hands over ([`draft::Draft`]), stored or revised, read, held back, shielded, erased.
pub mod draft;
pub mod erase;
pub mod held;
pub mod read;
mod revise;
mod row;
pub mod search;
pub mod shielded;
pub mod store;
