//! The weekly digest of a reader: everything they were told of since the one before, each recognition once.
//!
//! When a digest falls due, the scheduler makes its notice and ties to it, in the same transaction, every recognition
//! that was routed to the reader before and stands in none of their digests yet. So nothing is lost or repeated,
//! whatever clocks, zones and preferences do meanwhile, and praise that was routed a moment too late stands in the next.
mod board;
pub(crate) mod compose;
mod desk;
pub(crate) mod material;
mod parts;
mod pick;
mod readers;
pub mod schedule;
