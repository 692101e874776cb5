//! `/v1/jobs`
use chrono::{DateTime, Utc};
use entity::job;
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, param::Path, payload::Json};

use super::Tag;
use crate::{
    access::Action,
    deliver,
    platform::job::queue,
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on work that was given up.
#[derive(Debug)]
pub struct Jobs;

/// A job that was given up.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct JobView {
    /// Its id.
    pub id: i64,
    /// What it was to do.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i32,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was given up.
    pub dead_at: Option<DateTime<Utc>>,
}

impl From<job::Model> for JobView {
    fn from(row: job::Model) -> JobView {
        JobView {
            id: row.id,
            kind: row.kind,
            attempts: row.attempt,
            last_error: row.last_error,
            dead_at: row.dead_at,
        }
    }
}

/// All jobs that were given up.
#[derive(Clone, Debug, Object)]
pub struct JobList {
    /// Jobs, in the order in which they were given up.
    pub items: Vec<JobView>,
}

/// A job is due again.
#[derive(ApiResponse)]
pub enum RetryJob {
    /// A worker takes it next.
    #[oai(status = 202)]
    Due,
}

#[OpenApi(prefix_path = "/jobs", tag = "Tag::Jobs")]
impl Jobs {
    /// List jobs that were given up
    #[oai(path = "/", method = "get", operation_id = "list_jobs")]
    async fn list(&self, auth: Auth, Data(web): Data<&Web>) -> Result<Json<JobList>, Failure> {
        let caller = auth.permit(Action::LIST_JOBS)?;
        let found = queue::dead_letters(web.app.db.read(), caller.organisation).await?;
        Ok(Json(JobList {
            items: found.into_iter().map(JobView::from).collect(),
        }))
    }

    /// Make a job that was given up due again
    #[oai(path = "/:id/retry", method = "post", operation_id = "retry_job")]
    async fn retry(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The job.
        id: Path<i64>,
    ) -> Result<RetryJob, Failure> {
        let caller = auth.permit(Action::RETRY_JOB)?;
        let tx = web.app.db.write().await?;
        let count =
            deliver::retry_dead_letters(&tx, caller.organisation, Some(id.0), web.app.clock.now()).await?;
        tx.commit().await?;
        if count == 0 {
            return Err(Failure::not_found("job"));
        }
        Ok(RetryJob::Due)
    }
}
