//! What is counted: `strata_gateway_*`, base units, no patients. All of it is there from the start, at zero (fault 28).

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use strata_http::guard::Tally;
use strata_runtime::memory;
use strata_types::Topic;

use crate::Stats;
use crate::intake::{Dropped, EVENTS, Rule};
use crate::room::Room;

/// The content type of [`Metrics::render`].
pub(crate) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// The counts of one gateway.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    durations: Family<Route, Histogram>,
    accepted: Family<OfTopic, Counter>,
    duplicates: Family<OfTopic, Counter>,
    rejected: Family<OfRule, Counter>,
    dropped: Family<Reason, Counter>,
    received: Counter,
    /// The same for people, with rates.
    pub(crate) stats: Arc<Stats>,
    /// Requests that were told to come again.
    pub(crate) throttled: Counter,
    /// Batches that the log did not take.
    pub(crate) log_failures: Counter,
    /// Audit records that could not be written.
    pub(crate) audit_failures: Counter,
    in_flight: Gauge,
    resident_memory: Gauge,
    room: Room,
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
struct OfTopic {
    topic: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRule {
    topic: &'static str,
    rule: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

impl Metrics {
    /// With what others count beside it.
    pub(crate) fn new(room: Room, collectors: Vec<Box<dyn Collector>>) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("strata"),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            accepted: Family::default(),
            duplicates: Family::default(),
            rejected: Family::default(),
            dropped: Family::default(),
            received: Counter::default(),
            stats: Arc::default(),
            throttled: Counter::default(),
            log_failures: Counter::default(),
            audit_failures: Counter::default(),
            in_flight: Gauge::default(),
            resident_memory: Gauge::default(),
            room,
        };
        metrics.register();
        for collector in collectors {
            metrics.registry.register_collector(collector);
        }
        for topic in EVENTS {
            metrics.accepted(topic, 0);
            metrics.duplicates(topic, 0);
            for rule in Rule::ALL {
                metrics.rejected(topic, rule, 0);
            }
        }
        metrics.dropped(Dropped::default());
        for route in ["/v1/events/{topic}", "/fhir"] {
            for code in [200, 422, 429, 503] {
                drop(metrics.requests.get_or_create_owned(&Request { route: route.to_owned(), code }));
            }
        }
        metrics
    }

    fn register(&mut self) {
        let to = &mut self.registry;
        to.register("gateway_requests", "Requests answered", self.requests.clone());
        let help = "Time from a request's head to its answer";
        to.register_with_unit("gateway_request_duration", help, Unit::Seconds, self.durations.clone());
        to.register("gateway_events_accepted", "Events that the log has", self.accepted.clone());
        to.register("gateway_events_duplicate", "Events that were sent before", self.duplicates.clone());
        to.register("gateway_events_rejected", "Events that were refused", self.rejected.clone());
        to.register("gateway_fields_dropped", "Fields that may not enter", self.dropped.clone());
        to.register_with_unit("gateway_received", "Bodies, as they came", Unit::Bytes, self.received.clone());
        to.register("gateway_throttled", "Requests that were told to come again", self.throttled.clone());
        to.register("gateway_log_failures", "Batches that the log did not take", self.log_failures.clone());
        let help = "Audit records that could not be written";
        to.register("gateway_audit_failures", help, self.audit_failures.clone());
        let help = "Memory that requests hold now";
        to.register_with_unit("gateway_in_flight", help, Unit::Bytes, self.in_flight.clone());
        let help = "Memory that is resident now";
        to.register_with_unit("process_resident_memory", help, Unit::Bytes, self.resident_memory.clone());
    }

    pub(crate) fn received(&self, bytes: u64) {
        self.stats.received.add(bytes);
        self.received.inc_by(bytes);
    }

    pub(crate) fn accepted(&self, topic: Topic, number: u64) {
        self.stats.accepted.add(number);
        self.accepted.get_or_create_owned(&OfTopic { topic: topic.name() }).inc_by(number);
    }

    pub(crate) fn duplicates(&self, topic: Topic, number: u64) {
        self.stats.duplicates.add(number);
        self.duplicates.get_or_create_owned(&OfTopic { topic: topic.name() }).inc_by(number);
    }

    pub(crate) fn rejected(&self, topic: Topic, rule: Rule, number: u64) {
        self.stats.rejected.add(number);
        let labels = OfRule { topic: topic.name(), rule: rule.name() };
        self.rejected.get_or_create_owned(&labels).inc_by(number);
    }

    pub(crate) fn dropped(&self, dropped: Dropped) {
        for (reason, number) in [("free_text", dropped.free_text), ("unknown", dropped.unknown)] {
            self.dropped.get_or_create_owned(&Reason { reason }).inc_by(number);
        }
    }

    /// Everything, as text.
    pub(crate) fn render(&self) -> Result<String, std::fmt::Error> {
        self.in_flight.set(self.room.taken() as i64);
        self.resident_memory.set(memory::current_bytes().map_or(0, u64::cast_signed));
        let mut rendered = String::with_capacity(8192);
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
