//! Words come in: sources, and what they bring.
pub mod import;
pub mod source;
