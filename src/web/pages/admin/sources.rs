//! The ways in: what came through each, how the public networks are read, and pausing them.
use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::source;
use poem::{Response, handler, http::StatusCode};
use uuid::Uuid;

use super::{near, url_if};
use crate::{
    access::Action,
    capture::{
        connection::{self, State},
        source::{
            self as sources, SourcePatch,
            health::{self, HookHealth},
            kind,
        },
    },
    platform::money,
    template::context::{
        AdminSourcesPage, Behind, Health, SourceMails, SourcePushes, SourceReading, SourceRow,
    },
    web::{
        pages::{
            fields::Fields,
            form::refuse_other_types,
            reader::{Reader, not_found},
        },
        problem::Failure,
    },
};

/// What is counted.
const RECENT: TimeDelta = TimeDelta::days(30);

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let all = sources::all(db, own).await.map_err(Failure::from)?;
    let now = reader.web.app.clock.now();
    let traffic = sources::traffic(db, own, now - RECENT)
        .await
        .map_err(Failure::from)?;
    let prices = &reader.web.app.config.x.prices;
    let mut doing = connection::healths(db, &all, prices, now)
        .await
        .map_err(Failure::from)?;
    let mut pushed = health::healths(db, &all).await.map_err(Failure::from)?;
    let row = |source: source::Model| {
        let (doing, pushed) = (doing.remove(&source.id), pushed.remove(&source.id));
        row(&reader, source, doing, pushed, &traffic)
    };
    let mut rows: Vec<SourceRow> = all.into_iter().map(row).collect();
    rows.sort_by_key(|row| {
        (
            !row.needs_help,
            row.health != Health::Failing,
            row.health != Health::Paused,
        )
    });
    let page = AdminSourcesPage {
        page: reader.frame("/sources", "sources"),
        sources: rows,
        connect_url: url_if(&reader, Action::CREATE_SOURCE, "/connect"),
    };
    reader.page(StatusCode::OK, &page)
}

fn row(
    reader: &Reader<'_>,
    source: source::Model,
    connection: Option<connection::Health>,
    pushed: Option<HookHealth>,
    traffic: &HashMap<Uuid, (u64, DateTime<Utc>)>,
) -> SourceRow {
    let path = format!("/sources/{}/switch", source.id);
    let seen = traffic.get(&source.id);
    let health = health(&source, connection.as_ref());
    let is_unchecked = connection
        .as_ref()
        .is_some_and(|doing| doing.unchecked_since.is_some());
    let form = format!("/thank/{}", reader.organisation.slug);
    let has_gap = connection.as_ref().is_some_and(|doing| doing.gap.is_some());
    SourceRow {
        health,
        resumable: is_unchecked || has_gap || !matches!(health, Health::Well | Health::CatchingUp),
        needs_help: is_unchecked
            || pushed
                .as_ref()
                .is_some_and(|pushed| pushed.quarantined > 0 || pushed.lacks_secret)
            || matches!(health, Health::Stopped | Health::BudgetReached),
        pushed: pushed.map(|pushed| pushes(reader, &source, &pushed)),
        last: seen.map(|(_, last)| near(reader, *last)),
        comments: seen.map_or(0, |(count, _)| *count),
        reading: connection.map(|doing| reading(reader, &source, doing)),
        switch_url: url_if(reader, Action::UPDATE_SOURCE, &path),
        poster_url: format!("/poster/{}", reader.organisation.slug),
        form_url: (source.kind == "form").then(|| form.clone()),
        form_address: format!("{}{form}", reader.web.app.config.server.base_url),
        kind_key: kind_key(&source.kind),
        kind: label(&source.kind),
        name: source.name,
    }
}

/// A kind as people call it.
fn label(name: &str) -> String {
    let known = kind::find(name).map(|kind| kind.label().to_owned());
    known.unwrap_or_else(|_| name.to_owned())
}

/// What a kind is called, where that is a word of ours and no name.
fn kind_key(kind: &str) -> Option<&'static str> {
    match kind {
        "api" => Some("admin.kind.api"),
        "form" => Some("admin.kind.form"),
        "import" => Some("admin.kind.import"),
        "mail" => Some("admin.kind.mail"),
        "mailbox" => Some("admin.kind.mailbox"),
        "spoken" => Some("admin.kind.spoken"),
        _ => None,
    }
}

fn health(source: &source::Model, connection: Option<&connection::Health>) -> Health {
    match connection {
        None if source.paused_at.is_some() => Health::Paused,
        None => Health::Well,
        Some(doing) => match doing.state {
            State::Paused => Health::Paused,
            State::Stopped => Health::Stopped,
            State::BudgetReached => Health::BudgetReached,
            State::Failing => Health::Failing,
            State::Reading if doing.caught_up_at.is_none() => Health::CatchingUp,
            State::Reading => Health::Well,
        },
    }
}

fn reading(reader: &Reader<'_>, source: &source::Model, doing: connection::Health) -> SourceReading {
    let at = |at| near(reader, at);
    let now = reader.web.app.clock.now();
    SourceReading {
        account: doing
            .account
            .as_ref()
            .map(|account| connection::shown(source, account)),
        last: doing.last_read_at.map(at),
        behind: doing.lag(now).map(|lag| Behind::of(lag.num_seconds())),
        spent: money::dollars(doing.spent.micro_dollars),
        budget: doing.budget.map(money::dollars),
        posts: doing.spent.posts,
        error: doing.error,
        failed: doing.failed_at.map(at),
        mails: doing.mails.map(|mails| SourceMails {
            skipped: mails.skipped.values().sum(),
            renumbered: mails.renumbered_at.map(at),
        }),
        gap: doing.gap.map(|(from, to)| [at(from), at(to)]),
        unchecked: doing.unchecked_since.map(at),
    }
}

fn pushes(reader: &Reader<'_>, source: &source::Model, health: &HookHealth) -> SourcePushes {
    let path = format!("/sources/{}/quarantine", source.id);
    SourcePushes {
        last: health.last_push_at.map(|at| near(reader, at)),
        waiting: health.waiting,
        quarantined: health.quarantined,
        refused: u64::try_from(health.refused).unwrap_or_default(),
        refused_last: health.refused_at.map(|at| near(reader, at)),
        quarantine_url: reader.link(&path, None),
        url: reader.link(&format!("/sources/{}", source.id), None),
        lacks_secret: health.lacks_secret,
    }
}

/// Pauses a source, or lets one go on that is paused or waited for somebody.
#[handler]
pub(crate) async fn switch(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let (id, own) = (reader.id()?, reader.organisation.id);
    let app = &reader.web.app;
    let tx = app.db.write().await.map_err(Failure::from)?;
    let source = sources::by_id(&tx, own, id)
        .await
        .map_err(Failure::from)?
        .ok_or_else(not_found)?;
    let paused = match Fields::read(&body).get("to").text.as_str() {
        "pause" => true,
        "resume" => false,
        _ => source.paused_at.is_none(),
    };
    let patch = SourcePatch {
        paused: Some(paused),
        ..SourcePatch::default()
    };
    sources::update(&tx, own, id, patch, &reader.caller.actor, app.clock.now())
        .await
        .map_err(Failure::from)?;
    tx.commit().await.map_err(Failure::from)?;
    reader.web.cache.forget();
    Ok(reader.see_other("/sources", None))
}
