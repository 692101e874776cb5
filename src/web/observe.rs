//! Around every request: an id, a span, counters, and the headers that keep browsers careful. Neither words nor
//! addresses of people reach the log: it shows the pattern of the path, not the path.
use std::{sync::Arc, time::Instant};

use poem::{
    Endpoint, IntoResponse, PathPattern, Request, Response,
    http::{HeaderValue, header},
};
use tracing::{Instrument, info, info_span};
use uuid::Uuid;

use super::Web;
use crate::platform::telemetry::metrics;

/// Two years, as browsers want it for their own lists.
const ONLY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=63072000");
/// Answers of the API hold names and words.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

const HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
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
    let is_api = ["/v1/", "/scim/"]
        .iter()
        .any(|api| request.uri().path().starts_with(api));
    let is_https = request.data::<Web>().is_some_and(|web| web.app.config.is_https());
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
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, ONLY_HTTPS);
    }
    if is_api {
        headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    }
    Ok(answer)
}
