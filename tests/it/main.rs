//! The integration suite: one binary, a file a theme. It runs on SQLite, or on PostgreSQL where
//! `PLAUDIT_TEST_DATABASE` names a server; every test has a database of its own.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a broken fixture fails its test, and nothing is outside of a test binary"
)]
mod support;

mod access;
mod admin_pages;
mod answers;
mod arrows;
mod audit_chain;
mod brand;
mod capture;
mod checks;
mod cli;
mod coverage;
mod crash;
mod crash_mail;
mod deliver;
mod deliver_held;
mod deliver_outage;
mod demo;
mod demo_pages;
mod deputies;
mod desk;
mod desk_pages;
mod desk_send;
mod desk_shown;
mod digest;
mod digest_large;
mod edge;
mod edge_answers;
mod fake_http;
mod fake_imap;
mod fake_mastodon;
mod fake_provider;
mod fake_x;
mod files;
mod find;
mod form;
mod held;
mod hook_vectors;
mod hooks;
mod hostile;
mod import_comments;
mod jobs;
mod jobs_many;
mod join;
mod languages;
mod mailbox;
mod mails;
mod mastodon_reading;
mod matrix;
mod named_ids;
mod names;
mod openapi;
mod operating;
mod outages;
mod people_pages;
mod places;
mod preferences;
mod preferences_set;
mod promises;
mod promises_lived;
mod protected_mail;
mod reading;
mod reading_crash;
mod receipt;
mod recognitions;
mod record;
mod revisions;
mod rhythms;
mod room_pages;
mod rooms;
mod roster_api;
mod roster_import;
mod roster_sites;
mod rota;
mod route;
mod route_races;
mod said_shown;
mod schema;
mod scim;
mod sets;
mod shield;
mod sign_in;
mod sign_on;
mod source_pages;
mod sources;
mod spoken;
mod storage;
mod stored;
mod tables;
mod tools;
mod tools_many;
mod triage;
mod validity;
mod wall;
mod webhook;
mod webhook_failing;
mod x_failures;
mod x_reading;
mod x_signing;
