//! What is counted, and how it is told: `OpenMetrics`, with the names that the alert rules use.
//!
//! No label is unbounded and none is a patient's. What an alert watches is there from the start, at zero: a series that
//! appears with the first failure has no rate (faults 43, 49).

use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use strata_http::guard::Tally;
use strata_model::RiskLevel;
use strata_runtime::memory;

use crate::Seat;

/// The content type of [`Metrics::render`].
pub(crate) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// From a tenth of a millisecond; the promise is a p99 under 5 ms.
const BUCKETS: [f64; 14] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The counts of one serving.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    durations: Family<Route, Histogram>,
    predictions: Family<Level, Counter>,
    /// Rows that came with `MLflow`'s protocol.
    pub(crate) scored_rows: Counter,
    /// Predictions that were answered but could not be written down.
    pub(crate) prediction_log_failures: Counter,
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
struct Level {
    risk_level: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Model {
    name: String,
    version: String,
}

/// Tells which model answers now, and how often another took its place.
#[derive(Debug)]
struct Seated(Seat);

impl Collector for Seated {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        if let Some(model) = self.0.model() {
            let labels = Model { name: model.model.name.clone(), version: model.header.model_version.clone() };
            let to = encoder.encode_descriptor("serving_model", "The model that answers", None, MetricType::Info)?;
            Info::new(labels).encode(to)?;
        }
        let counts = [
            ("serving_model_swaps", "Models that took another's place while it served", self.0.swaps()),
            ("serving_model_failures", "Times that a model could not be had or did not fit", self.0.failures()),
        ];
        for (name, help, count) in counts {
            ConstCounter::new(count).encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        Ok(())
    }
}

impl Metrics {
    pub(crate) fn new(seat: &Seat) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("strata"),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            predictions: Family::default(),
            scored_rows: Counter::default(),
            prediction_log_failures: Counter::default(),
            resident_memory: Gauge::default(),
        };
        metrics.register();
        for level in [RiskLevel::Low, RiskLevel::Moderate, RiskLevel::High] {
            drop(metrics.of_level(level));
        }
        metrics.registry.register_collector(Box::new(Seated(seat.clone())));
        metrics
    }

    fn register(&mut self) {
        let to = &mut self.registry;
        to.register("serving_requests", "Requests answered", self.requests.clone());
        let help = "Time from a request's head to its answer";
        to.register_with_unit("serving_request_duration", help, Unit::Seconds, self.durations.clone());
        to.register("serving_predictions", "Predictions from the record", self.predictions.clone());
        to.register("serving_scored_rows", "Rows scored that the caller brought along", self.scored_rows.clone());
        let help = "Predictions answered but not remembered";
        to.register("serving_prediction_log_failures", help, self.prediction_log_failures.clone());
        let help = "Memory that is resident now";
        to.register_with_unit("process_resident_memory", help, Unit::Bytes, self.resident_memory.clone());
    }

    /// Counts a prediction.
    pub(crate) fn predicted(&self, level: RiskLevel) {
        self.of_level(level).inc();
    }

    fn of_level(&self, level: RiskLevel) -> Counter {
        self.predictions.get_or_create_owned(&Level { risk_level: level.as_str() })
    }

    /// Everything, as text.
    pub(crate) fn render(&self) -> Result<String, std::fmt::Error> {
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
