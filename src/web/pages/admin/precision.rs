//! `/precision`: how often automatic credits are right, and what follows.
use std::collections::HashMap;

use entity::organisation;
use poem::{Response, handler, http::StatusCode};
use uuid::Uuid;

use super::url_if;
use crate::{
    access::Action,
    roster::{
        RosterError,
        organisation::{self as organisations, OrganisationPatch},
    },
    template::context::{PrecisionPage, PrecisionRow, ProposedThreshold},
    triage::check::precision::{self, Precision, Proposal, Tally},
    web::{
        pages::{fields::Fields, form::refuse_other_types, reader::Reader},
        problem::Failure,
    },
};

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let mut page = page(&reader).await?;
    page.saved = reader.has("saved");
    reader.page(StatusCode::OK, &page)
}

async fn page(reader: &Reader<'_>) -> poem::Result<PrecisionPage> {
    let (db, own) = (reader.web.app.db.read(), &reader.organisation);
    let found = precision::precision(db, own, reader.web.app.clock.now())
        .await
        .map_err(Failure::from)?;
    let names = crate::capture::source::names(db, own.id, found.by_source.keys().copied().collect())
        .await
        .map_err(Failure::from)?;
    Ok(PrecisionPage {
        page: reader.frame("/precision", "precision"),
        all: row(None, found.all),
        by_source: by_source(&found, &names),
        by_language: found
            .by_language
            .iter()
            .map(|(code, tally)| row(code.clone(), *tally))
            .collect(),
        corrected: found.corrected,
        waiting: found.waiting,
        threshold: in_hundred(found.threshold),
        target: in_hundred(found.target),
        proposal: found.proposal.map(|one| proposed(reader, found.threshold, one)),
        every: own.check_every.map(|every| every.to_string()).unwrap_or_default(),
        adjusts: own.adjusts_threshold,
        action: url_if(reader, Action::UPDATE_ORGANISATION, "/precision"),
        saved: false,
        wrong: false,
    })
}

fn by_source(found: &Precision, names: &HashMap<Uuid, String>) -> Vec<PrecisionRow> {
    let named = found
        .by_source
        .iter()
        .map(|(source, tally)| row(names.get(source).cloned(), *tally));
    named.collect()
}

fn row(name: Option<String>, tally: Tally) -> PrecisionRow {
    let interval = tally.interval();
    PrecisionRow {
        name,
        n: tally.n,
        right: tally.right,
        share: tally.precision().map(in_hundred),
        low: interval.map(|(low, _)| in_hundred(low)),
        high: interval.map(|(_, high)| in_hundred(high)),
    }
}

fn proposed(reader: &Reader<'_>, present: f64, proposal: Proposal) -> ProposedThreshold {
    ProposedThreshold {
        threshold: in_hundred(proposal.threshold),
        n: proposal.tally.n,
        right: proposal.tally.right,
        is_present: (proposal.threshold - present).abs() < 0.005,
        kept: format!("{:.0}", proposal.kept * 100.0),
        action: url_if(reader, Action::UPDATE_ORGANISATION, "/precision/threshold"),
    }
}

/// A share as people write it: "99", "98.5".
fn in_hundred(share: f64) -> String {
    let tenths = (share * 1000.0).round() / 10.0;
    tenths.to_string()
}

/// Saves what the organisation wants.
#[handler]
pub(crate) async fn save(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let typed = |name: &str| fields.get(name).text.trim().replace(',', ".");
    let target = match typed("target").as_str() {
        "" => Some(None),
        number => number.parse().ok().map(|number: f64| Some(number / 100.0)),
    };
    let every = match typed("every").as_str() {
        "" => Some(None),
        number => number.parse().ok().map(Some),
    };
    let (Some(target), Some(every)) = (target, every) else {
        return refused(&reader, &fields).await;
    };
    let patch = OrganisationPatch {
        target_precision: Some(target),
        check_every: Some(every),
        adjusts_threshold: Some(fields.get("adjusts").text == "yes"),
        ..OrganisationPatch::default()
    };
    match update(&reader, patch).await {
        Ok(_) => Ok(reader.see_other("/precision", Some("saved"))),
        Err(RosterError::Invalid { .. }) => refused(&reader, &fields).await,
        Err(other) => Err(Failure::from(other).into()),
    }
}

async fn refused(reader: &Reader<'_>, fields: &Fields) -> poem::Result<Response> {
    let mut page = page(reader).await?;
    page.target = fields.get("target").text;
    page.every = fields.get("every").text;
    page.adjusts = fields.get("adjusts").text == "yes";
    page.wrong = true;
    reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Takes on the threshold that is proposed.
#[handler]
pub(crate) async fn take(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let typed = Fields::read(&body).get("threshold").text;
    let number: f64 = typed.parse().map_err(|_| super::bad_request())?;
    let patch = OrganisationPatch {
        threshold: Some(Some(number / 100.0)),
        ..OrganisationPatch::default()
    };
    match update(&reader, patch).await {
        Ok(_) => Ok(reader.see_other("/precision", Some("saved"))),
        Err(RosterError::Invalid { .. }) => Err(super::bad_request()),
        Err(other) => Err(Failure::from(other).into()),
    }
}

async fn update(reader: &Reader<'_>, patch: OrganisationPatch) -> Result<organisation::Model, RosterError> {
    let app = &reader.web.app;
    let tx = app.db.write().await?;
    let (own, actor) = (reader.organisation.id, &reader.caller.actor);
    let saved = organisations::update(&tx, own, patch, actor, app.clock.now()).await?;
    tx.commit().await?;
    Ok(saved)
}
