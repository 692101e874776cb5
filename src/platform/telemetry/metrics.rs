//! Prometheus metrics, served on a listener of their own so that they are never public by accident.
use std::{sync::LazyLock, time::Duration};

use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    jobs: IntCounterVec,
    open_jobs: IntGauge,
    capture_groups: IntCounter,
    statements: IntCounter,
    refused: IntCounterVec,
}

static METRICS: LazyLock<Metrics> = LazyLock::new(|| {
    let registry = Registry::new();
    let counter = |name: &str, help: &str, labels: &[&str]| {
        let counter = IntCounterVec::new(Opts::new(name, help), labels);
        register(&registry, counter)
    };
    let seconds =
        HistogramOpts::new("plaudit_http_request_seconds", "Time to answer a request").buckets(vec![
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
        ]);
    Metrics {
        requests: counter(
            "plaudit_http_requests_total",
            "Requests answered",
            &["method", "path", "status"],
        ),
        request_seconds: register(&registry, HistogramVec::new(seconds, &["path"])),
        jobs: counter("plaudit_jobs_total", "Jobs worked off", &["kind", "outcome"]),
        refused: counter("plaudit_refused_total", "What was refused", &["what"]),
        open_jobs: register(
            &registry,
            IntGauge::new("plaudit_open_jobs", "Jobs that wait or run"),
        ),
        capture_groups: register(
            &registry,
            IntCounter::new(
                "plaudit_capture_groups_total",
                "Transactions in which comments were committed together",
            ),
        ),
        statements: register(
            &registry,
            IntCounter::new(
                "plaudit_database_statements_total",
                "Statements sent to the database",
            ),
        ),
        registry,
    }
});

#[expect(
    clippy::expect_used,
    reason = "names and labels are constants; a test makes them all"
)]
fn register<C: prometheus::core::Collector + Clone + 'static>(
    registry: &Registry,
    collector: prometheus::Result<C>,
) -> C {
    let collector = collector.expect("a valid metric");
    registry
        .register(Box::new(collector.clone()))
        .expect("a metric of its own name");
    collector
}

/// Counts one request; `path` is a pattern, so that there are few.
pub fn request(method: &str, path: &str, status: u16, taken: Duration) {
    METRICS
        .requests
        .with_label_values(&[method, path, &status.to_string()])
        .inc();
    METRICS
        .request_seconds
        .with_label_values(&[path])
        .observe(taken.as_secs_f64());
}

/// Counts jobs that were worked off: `done`, `retried` (put back) or `given_up`.
pub fn jobs(kind: &str, outcome: &str, count: u64) {
    METRICS.jobs.with_label_values(&[kind, outcome]).inc_by(count);
}

/// Notes how many jobs wait or run.
pub fn open_jobs(count: u64) {
    METRICS.open_jobs.set(i64::try_from(count).unwrap_or(i64::MAX));
}

/// Counts one sign-in, code, key or call that was refused.
pub fn refused(what: &str) {
    METRICS.refused.with_label_values(&[what]).inc();
}

/// Counts a statement sent to the database.
pub(crate) fn statement() {
    METRICS.statements.inc();
}

/// Counts a transaction in which comments were committed together.
pub fn capture_group() {
    METRICS.capture_groups.inc();
}

/// How many there were.
#[must_use]
pub fn capture_groups() -> u64 {
    METRICS.capture_groups.get()
}

/// All metrics in Prometheus' text form.
#[must_use]
pub fn text() -> String {
    TextEncoder::new()
        .encode_to_string(&METRICS.registry.gather())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_can_be_made_and_shown() {
        request("GET", "/healthz", 200, Duration::from_millis(3));
        jobs("attribute", "done", 2);
        open_jobs(1);
        assert!(
            text().contains("plaudit_http_requests_total{method=\"GET\",path=\"/healthz\",status=\"200\"}")
        );
    }
}
