//! Whether the process lives, and whether it can serve.
use std::time::Duration;

use poem::{
    IntoResponse, Response, Route, Server, handler, http::StatusCode, listener::TcpAcceptor, web::Data,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Web;
use crate::platform::telemetry::metrics;

/// The process lives.
#[handler]
pub(crate) fn alive() -> &'static str {
    "alive\n"
}

/// The database answers, has the schema of this version, and can be written as far as is known.
#[handler]
pub(crate) async fn ready(Data(web): Data<&Web>) -> Response {
    let db = &web.app.db;
    match db.pending_migrations().await {
        Ok(0) if db.is_writable().await => "ready\n".into_response(),
        Ok(0) => not_ready("the database cannot be written\n"),
        Ok(_) => not_ready("the schema is old: run plaudit migrate\n"),
        Err(_) => not_ready("the database does not answer\n"),
    }
}

fn not_ready(why: &'static str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
}

/// Serves the metrics until `stop`.
pub async fn serve_metrics(listener: TcpListener, stop: CancellationToken) {
    let Ok(acceptor) = TcpAcceptor::from_tokio(listener) else {
        return;
    };
    let routes = Route::new().at("/metrics", poem::get(show_metrics));
    let served = Server::new_with_acceptor(acceptor).run_with_graceful_shutdown(
        routes,
        stop.cancelled_owned(),
        Some(Duration::from_secs(1)),
    );
    if let Err(error) = served.await {
        tracing::error!(%error, "metrics are not served any more");
    }
}

#[handler]
fn show_metrics() -> Response {
    Response::builder()
        .content_type("text/plain; version=0.0.4")
        .body(metrics::text())
}
