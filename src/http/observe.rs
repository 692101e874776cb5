//! Around every request: an id, a span, counters, and the headers that keep browsers careful. Neither words nor
//! addresses of people reach the log: it shows the pattern of the path, not the path.
use std::{sync::Arc, time::Instant};

use poem::{Endpoint, IntoResponse, PathPattern, Request, Response, http::HeaderValue};
use tracing::{Instrument, info, info_span};
use uuid::Uuid;

use crate::telemetry::metrics;

const HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
];

/// The number by which an answer is found in the log.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(pub Uuid);

/// Observes one request.
pub async fn observe<E: Endpoint>(next: Arc<E>, mut request: Request) -> poem::Result<Response> {
    let id = Uuid::now_v7();
    request.set_data(RequestId(id));
    let method = request.method().clone();
    let span = info_span!("request", %id);
    let started = Instant::now();
    let mut answer = next
        .get_response(request)
        .instrument(span.clone())
        .await
        .into_response();
    let path = answer
        .data::<PathPattern>()
        .map_or_else(|| "none".to_owned(), |pattern| pattern.0.to_string());
    let taken = started.elapsed();
    metrics::request(method.as_str(), &path, answer.status().as_u16(), taken);
    span.in_scope(|| {
        info!(%method, path, status = answer.status().as_u16(), duration_ms = taken.as_millis() as u64, "answered");
    });
    let headers = answer.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert("x-request-id", id);
    }
    for (name, value) in HEADERS {
        headers.entry(*name).or_insert(HeaderValue::from_static(value));
    }
    Ok(answer)
}
