//! A hospital of three patients, a model made by hand, and serving in between.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::json;
use strata_features::sign::{HR, RR, SBP};
use strata_features::{FEATURES, Timeline, Vitals, feature_set};
use strata_model::{Calibration, Dense, Model, Preprocessing, Thresholds};
use strata_runtime::{Scope, clock};
use strata_serving::{AsOf, Config, Seat, Served, Serving, Store, Vectors, build};
use strata_types::{HOUR, PatientId, Timestamp};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::client::{Answer, send};

/// 2026-03-01T12:00:00Z.
pub(crate) const NOON: i64 = 1_772_366_400_000_000;

/// Hours from noon.
pub(crate) fn at(hours: f64) -> Timestamp {
    Timestamp(NOON + (hours * HOUR as f64) as i64)
}

/// What the fake record does when it is asked.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    Of(BTreeMap<String, Timeline>),
    Fails(&'static str),
    Panics,
}

impl Vectors for Record {
    fn vector<'a>(
        &'a self,
        patient: &'a PatientId,
        t: Timestamp,
    ) -> BoxFuture<'a, Result<Option<AsOf>, Box<dyn std::error::Error + Send + Sync>>> {
        Box::pin(async move {
            match self {
                Self::Of(timelines) => {
                    Ok(timelines.get(patient.as_str()).map(|timeline| AsOf::of(timeline, t, Store::Silver)))
                }
                Self::Fails(why) => Err(why.replace("{}", patient.as_str()).into()),
                Self::Panics => panic!("the record is on fire"),
            }
        })
    }
}

/// A patient who gets worse by the hour, until `now`.
pub(crate) fn worsening() -> Timeline {
    let reading = |h: i32| {
        let mut row = Vitals::at(at(f64::from(h)));
        row.signs[HR] = f64::from(110 + 5 * h);
        row.signs[RR] = f64::from(24 + h);
        row.signs[SBP] = f64::from(100 - 4 * h);
        row.quality = 0.5;
        row
    };
    let mut timeline = Timeline { vitals: (-6..=0).map(reading).collect(), ..Timeline::default() };
    timeline.patient.age_years = Some(71.0);
    timeline.sort();
    timeline
}

/// `p1` and `p2` are alike; `p3` is known, but nothing ever happened to them.
pub(crate) fn patients() -> Record {
    let all = [("p1", worsening()), ("p2", worsening()), ("p3", Timeline::default())];
    Record::Of(all.map(|(id, timeline)| (id.to_owned(), timeline)).into())
}

/// A small network whose every weight counts.
pub(crate) fn model() -> Model {
    let width = FEATURES.len();
    let weight = |i: usize| ((i * 37 % 41) as f32 - 20.0) / 100.0;
    let hidden = 4;
    Model {
        name: "network".into(),
        features: FEATURES.iter().map(|feature| feature.name.to_owned()).collect(),
        feature_set: feature_set(),
        preprocessing: Preprocessing {
            fill: (0..width).map(|i| 10.0 + i as f32).collect(),
            mean: (0..width).map(|i| 11.0 + i as f32).collect(),
            scale: vec![25.0; width],
            clip: 5.0,
        },
        layers: vec![
            Dense {
                inputs: width,
                outputs: hidden,
                weights: (0..width * hidden).map(weight).collect(),
                bias: vec![0.1; hidden],
            },
            Dense { inputs: hidden, outputs: 1, weights: vec![0.4, -0.3, 0.5, -0.2], bias: vec![-0.5] },
        ],
        calibration: Calibration::Platt { slope: 0.8, intercept: -0.5 },
        thresholds: Thresholds { moderate: 0.1, high: 0.4, alert: 0.3 },
        metadata: BTreeMap::new(),
    }
}

pub(crate) fn served() -> Served {
    let model = model();
    let version = model.version();
    Served { model, run_id: "run-1".into(), version }
}

pub(crate) fn config(folder: &TempDir) -> Config {
    let prediction_log = folder.path().join("predictions");
    Config { host: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 0, top_factors: 5, prediction_log }
}

/// Serving, running at noon.
pub(crate) struct Hospital {
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
    pub(crate) seat: Seat,
    scope: Scope,
    runtime: Runtime,
}

impl Hospital {
    pub(crate) fn open() -> Self {
        Self::with(patients(), Some(served()))
    }

    pub(crate) fn with(record: Record, served: Option<Served>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let serving = build(config(&folder), Arc::new(record), served, Arc::new(clock::Fixed::at(NOON))).unwrap();
        Self::run(folder, serving)
    }

    fn run(folder: TempDir, serving: Serving) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (address, seat) = (serving.local_addr(), serving.seat());
        let scope = Scope::root("hospital");
        let inner = scope.clone();
        let entered = runtime.enter();
        scope.spawn_service("serving", async move { serving.run(&inner).await });
        drop(entered);
        Self { address, folder, seat, scope, runtime }
    }

    pub(crate) fn log_folder(&self) -> PathBuf {
        self.folder.path().join("predictions")
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        send(self.address, &format!("GET {path}"), &[], b"")
    }

    pub(crate) fn post(&self, path: &str, content_type: &str, body: impl AsRef<[u8]>) -> Answer {
        send(self.address, &format!("POST {path}"), &[("content-type", content_type)], body.as_ref())
    }

    pub(crate) fn predict(&self, patient: &str, time: Timestamp) -> Answer {
        let body = json!({"patient_id": patient, "timestamp": time.to_string()}).to_string();
        self.post("/v1/predict", "application/json", body)
    }

    /// The value of a series of `/metrics`.
    pub(crate) fn metric(&self, series: &str) -> f64 {
        let metrics = self.get("/metrics").body;
        let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {series} in:\n{metrics}")).parse().unwrap()
    }

    /// Ends serving; its folder stays.
    pub(crate) fn close(self) -> TempDir {
        self.runtime.block_on(self.scope.close(Duration::from_secs(20))).unwrap();
        assert!(self.scope.failure().is_none(), "{:?}", self.scope.failure());
        self.folder
    }
}
