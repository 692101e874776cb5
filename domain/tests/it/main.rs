//! Attribution from outside: sentences, properties, bad input.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod attribution;
mod bad_input;
mod name_at;
mod phenomena;
mod plain;
mod properties;
mod rota;
mod support;
mod tricky60;
