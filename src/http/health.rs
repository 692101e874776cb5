//! Whether the process lives, and whether it can serve.
use migration::{Migrator, MigratorTrait};
use poem::{IntoResponse, Response, handler, http::StatusCode, web::Data};

use super::Web;

/// The process lives.
#[handler]
pub fn alive() -> &'static str {
    "alive\n"
}

/// The database answers and has the schema of this version.
#[handler]
pub async fn ready(Data(web): Data<&Web>) -> Response {
    match Migrator::get_pending_migrations(web.app.db.writer()).await {
        Ok(pending) if pending.is_empty() => "ready\n".into_response(),
        Ok(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the schema is old: run plaudit migrate\n",
        )
            .into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}
