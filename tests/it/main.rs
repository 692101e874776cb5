//! The integration suite: one binary, a file a theme. It runs on SQLite, or on PostgreSQL where
//! `PLAUDIT_TEST_DATABASE` names a server; every test has a database of its own.
#[expect(unreachable_pub, reason = "nothing is outside of a test binary")]
mod support;

mod capture;
mod import_comments;
mod jobs;
mod roster_import;
mod roster_sites;
mod schema;
