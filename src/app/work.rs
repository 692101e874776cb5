//! Hands each kind of job to its stage.
use std::sync::Arc;

use crate::{
    access::chain,
    app::App,
    attribute,
    capture::{
        reading,
        source::{backfill, complete, read_pushes},
    },
    deliver,
    platform::{
        job::{
            Kind,
            worker::{Batch, Work, Worker},
        },
        task::Tasks,
    },
    record::erase,
    route::{self, retry},
};

/// Starts the loops that take jobs, and beside them those that make digests when they fall due, see to it that every
/// source is read, and link the audit log.
pub fn start(app: &App, tasks: &mut Tasks) {
    worker(app).start(tasks);
    let stop = tasks.stop();
    tasks.spawn(
        "the loop that keeps the database's log short",
        app.db.clone().keep_log_short(stop.clone()),
    );
    tasks.spawn(
        "the loop that makes digests",
        deliver::digest::schedule::run(app.deliver(), stop.clone()),
    );
    tasks.spawn(
        "the loop that looks at promises",
        route::promise::clock::run(app.service.clone(), stop.clone()),
    );
    tasks.spawn(
        "the loop that has sources read",
        reading::schedule::run(app.capture(), stop.clone()),
    );
    tasks.spawn(
        "the loop that links the audit log",
        chain::run(app.service.clone(), stop),
    );
}

/// The worker whose stages are these.
#[must_use]
pub fn worker(app: &App) -> Worker {
    let stages = app.clone();
    Worker {
        db: app.db.clone(),
        clock: app.clock.clone(),
        wake: app.wake.clone(),
        settings: app.config.worker.clone(),
        dispatch: Arc::new(move |kind, batch| dispatch(stages.clone(), kind, batch)),
    }
}

/// The stage of a kind of job.
#[must_use]
pub fn dispatch(app: App, kind: Kind, batch: Batch) -> Work {
    match kind {
        Kind::Attribute => Box::pin(attribute::stage::attribute(app.attribute(), batch)),
        Kind::AskAgain => Box::pin(attribute::names::again::ask_again(app.attribute(), batch)),
        Kind::Route => Box::pin(route::stage::route(app.service, batch)),
        Kind::Reroute => Box::pin(retry::reroute(app.service, batch)),
        Kind::Deliver | Kind::Gather | Kind::Call => Box::pin(deliver::stage::deliver(app.deliver(), batch)),
        Kind::Read => Box::pin(reading::read(app.capture(), batch)),
        Kind::Push => Box::pin(read_pushes::read(app.capture(), batch)),
        Kind::Complete => Box::pin(complete::complete(app.capture(), batch)),
        Kind::Backfill => Box::pin(backfill::read(app.capture(), batch)),
        Kind::PassOn => Box::pin(deliver::channel::pass_on::pass_on(app.deliver(), batch)),
        Kind::ErasePerson => Box::pin(erase::go_on(app.service, batch)),
        Kind::SignIn | Kind::Alert => Box::pin(deliver::account_mail::deliver(app.deliver(), batch)),
    }
}
