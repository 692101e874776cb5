//! Work that was given up, and trying it again.
use entity::job;
use poem::{Response, handler, http::StatusCode};

use super::{near, url_if};
use crate::{
    access::Action,
    deliver,
    platform::job::queue,
    template::context::{AdminJobsPage, JobRow},
    web::{
        pages::reader::{Reader, not_found},
        problem::Failure,
    },
};

/// Jobs on the page; trying all again makes room for the others.
const ROWS: usize = 100;

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let db = reader.web.app.db.read();
    let mut dead = queue::dead_letters(db, reader.organisation.id)
        .await
        .map_err(Failure::from)?;
    dead.reverse();
    let waiting = queue::count_open_of(db, reader.organisation.id)
        .await
        .map_err(Failure::from)?;
    let page = AdminJobsPage {
        page: reader.frame("/jobs", "jobs"),
        waiting,
        given_up: dead.len() as u64,
        jobs: dead
            .into_iter()
            .take(ROWS)
            .map(|row| view(&reader, row))
            .collect(),
        retry_all_url: url_if(&reader, Action::RETRY_JOB, "/jobs/retry"),
        next_url: None,
    };
    reader.page(StatusCode::OK, &page)
}

fn view(reader: &Reader<'_>, row: job::Model) -> JobRow {
    JobRow {
        about: about(&row.payload),
        attempts: u64::try_from(row.attempt).unwrap_or_default(),
        error: row.last_error.unwrap_or_default(),
        at: near(reader, row.dead_at.unwrap_or(row.run_at)),
        retry_url: url_if(reader, Action::RETRY_JOB, &format!("/jobs/{}/retry", row.id)),
        kind: row.kind,
    }
}

/// "comment 0190…, revision 1": jobs hold ids only.
fn about(payload: &serde_json::Value) -> String {
    let fields = payload.as_object().into_iter().flatten();
    let words = fields.map(|(name, value)| match value.as_str() {
        Some(text) => format!("{name} {text}"),
        None => format!("{name} {value}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Tries all again.
#[handler]
pub(crate) async fn retry_all(reader: Reader<'_>) -> poem::Result<Response> {
    retry(&reader, None).await?;
    Ok(reader.see_other("/jobs", None))
}

/// Tries one again.
#[handler]
pub(crate) async fn retry_one(reader: Reader<'_>) -> poem::Result<Response> {
    let id: i64 = reader.part("id").parse().map_err(|_| not_found())?;
    match retry(&reader, Some(id)).await? {
        0 => Err(not_found()),
        _ => Ok(reader.see_other("/jobs", None)),
    }
}

async fn retry(reader: &Reader<'_>, id: Option<i64>) -> poem::Result<u64> {
    let app = &reader.web.app;
    let replay = async {
        let tx = app.db.write().await?;
        let count = deliver::retry_dead_letters(&tx, reader.organisation.id, id, app.clock.now()).await?;
        tx.commit().await?;
        Ok::<_, sea_orm::DbErr>(count)
    };
    Ok(replay.await.map_err(Failure::from)?)
}
