//! What is counted, as `OpenMetrics`. No label is unbounded and none is a patient's; what an alert watches is there from
//! the start, at zero (faults 43, 49).

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use strata_http::guard::Tally;
use strata_runtime::memory;

use crate::answer::Status;

/// The content type of [`Metrics::render`].
pub(crate) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// From 50 microseconds; the promise is a p99 under a millisecond.
const BUCKETS: [f64; 12] = [0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0];

/// The counts of one server.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    durations: Family<Route, Histogram>,
    vectors: Counter,
    values: Family<Of, Counter>,
    ready: Gauge,
    resident_memory: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: String,
    code: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    status: &'static str,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("strata"),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            vectors: Counter::default(),
            values: Family::default(),
            ready: Gauge::default(),
            resident_memory: Gauge::default(),
        };
        let to = &mut metrics.registry;
        to.register("features_requests", "Requests answered", metrics.requests.clone());
        let help = "Time from a request's head to its answer";
        to.register_with_unit("features_request_duration", help, Unit::Seconds, metrics.durations.clone());
        to.register("features_vectors", "Vectors computed", metrics.vectors.clone());
        to.register("features_values", "Values answered, by their status", metrics.values.clone());
        to.register("features_ready", "1 if the online store is in step with the log", metrics.ready.clone());
        let help = "Memory that is resident now";
        to.register_with_unit("process_resident_memory", help, Unit::Bytes, metrics.resident_memory.clone());
        for status in Status::ALL {
            drop(metrics.values.get_or_create_owned(&Of { status: status.name() }));
        }
        metrics
    }

    /// Counts vectors, and their values by their status.
    pub(crate) fn answered(&self, vectors: u64, statuses: [u64; Status::ALL.len()]) {
        self.vectors.inc_by(vectors);
        for (status, count) in Status::ALL.into_iter().zip(statuses).filter(|(_, count)| *count > 0) {
            self.values.get_or_create_owned(&Of { status: status.name() }).inc_by(count);
        }
    }

    /// Everything, as text.
    pub(crate) fn render(&self, ready: bool) -> Result<String, std::fmt::Error> {
        self.ready.set(i64::from(ready));
        self.resident_memory.set(memory::current_bytes().map_or(0, u64::cast_signed));
        let mut rendered = String::with_capacity(4096);
        text::encode(&mut rendered, &self.registry)?;
        Ok(rendered)
    }
}

impl Tally for Metrics {
    fn answered(&self, route: &str, code: u16, took: Duration) {
        self.requests.get_or_create_owned(&Request { route: route.to_owned(), code }).inc();
        self.durations.get_or_create_owned(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
    }
}
