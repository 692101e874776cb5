//! Plaudit: praise from customers, attributed to the people who earned it.
pub mod access;
pub mod app;
pub mod attribute;
pub mod capture;
pub mod cli;
pub mod deliver;
pub mod demo;
pub mod doctor;
pub mod ledger;
pub mod platform;
pub mod roster;
pub mod route;
pub mod said;
pub mod sign_on;
pub mod template;
pub mod triage;
pub mod web;
