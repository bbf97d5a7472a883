//! The process in numbers.

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::Duration;
use zenwallet_core::delivery::Next;

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
const REQUESTS: &str = "zenwallet_http_requests_total";
const REQUEST_SECONDS: &str = "zenwallet_http_request_seconds";
const ATTEMPTS: &str = "zenwallet_webhook_attempts_total";
const ATTEMPT_SECONDS: &str = "zenwallet_webhook_attempt_seconds";
const IN_FLIGHT: &str = "zenwallet_webhook_attempts_in_flight";
const WAITING: &str = "zenwallet_webhook_deliveries_in_memory";
const FOLLOWERS: &str = "zenwallet_live_followers";

/// Starts counting; later calls change nothing.
pub fn start() {
    RECORDER.get_or_init(|| {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(REQUEST_SECONDS.to_owned()), &SECONDS)
            .ok()?
            .set_buckets_for_metric(Matcher::Full(ATTEMPT_SECONDS.to_owned()), &SECONDS)
            .ok()?;
        let handle = builder.install_recorder().ok()?;
        describe_counter!(REQUESTS, "Answers by route and status");
        describe_histogram!(REQUEST_SECONDS, "Seconds from a request's head to its answer's head, by route");
        describe_counter!(ATTEMPTS, "Attempts to deliver a webhook, by what follows");
        describe_histogram!(ATTEMPT_SECONDS, "Seconds of an attempt to deliver a webhook");
        describe_gauge!(IN_FLIGHT, "Attempts to deliver a webhook that are under way");
        describe_gauge!(WAITING, "Deliveries that this node has leased and not begun");
        describe_gauge!(FOLLOWERS, "Open sockets and streams of apps");
        Some(handle)
    });
}

/// Counts an answer.
pub(crate) fn count_answer(route: &'static str, status: u16, took: Duration) {
    counter!(REQUESTS, "route" => route, "status" => status_text(status)).increment(1);
    histogram!(REQUEST_SECONDS, "route" => route).record(took.as_secs_f64());
}

/// Counts an attempt to deliver a webhook by what follows it.
pub(crate) fn count_attempt(next: Next, took_ms: u32) {
    let outcome = match next {
        Next::Delivered => "delivered",
        Next::RetryAt(_) => "retried",
        Next::Failed => "failed",
        Next::Gone => "gone",
    };
    counter!(ATTEMPTS, "outcome" => outcome).increment(1);
    histogram!(ATTEMPT_SECONDS).record(f64::from(took_ms) / 1_000.0);
}

/// Tells how busy this node's dispatcher is.
pub(crate) fn note_dispatcher(in_flight: usize, waiting: usize) {
    // Both are bounded by the dispatcher's limits: exact as doubles.
    gauge!(IN_FLIGHT).set(in_flight as f64);
    gauge!(WAITING).set(waiting as f64);
}

/// Tells how many follow logs on this node.
pub(crate) fn note_followers(count: usize) {
    // Bounded by the connections: exact as a double.
    gauge!(FOLLOWERS).set(count as f64);
}

/// The status as a label, without making a string for those that are common.
fn status_text(status: u16) -> std::borrow::Cow<'static, str> {
    match status {
        200 => "200".into(),
        201 => "201".into(),
        other => other.to_string().into(),
    }
}

/// Moves finished samples on; without this they would pile up.
pub(crate) fn upkeep() {
    if let Some(Some(handle)) = RECORDER.get() {
        handle.run_upkeep();
    }
}

/// Everything counted, in Prometheus' text format.
pub(crate) fn render() -> String {
    RECORDER.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default()
}
