//! A ward of three patients, and the server in front of it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use strata_feature_server::{Config, MaxAges, Parts, Ready, build};
use strata_features::sign::{HR, SBP};
use strata_features::{PatientFacts, Vitals};
use strata_key_value::Embedded;
use strata_online_store::{Change, Limits, Mark, Marks, OnlineStore, Rank, What};
use strata_runtime::{Scope, clock};
use strata_types::{HOUR, PatientId, Timestamp, Topic};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// 2026-03-01T12:00:00Z.
pub(crate) const NOON: i64 = 1_772_366_400_000_000;

/// Whether the store is in step, as the test says.
#[derive(Clone, Default)]
pub(crate) struct Step(pub(crate) Arc<Mutex<Option<String>>>);

impl Ready for Step {
    fn why_not(&self) -> Option<String> {
        self.0.lock().unwrap().clone()
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) struct Ward {
    address: SocketAddr,
    pub(crate) store: OnlineStore,
    pub(crate) step: Step,
    scope: Scope,
    runtime: Runtime,
    _folder: TempDir,
}

fn change(hours: i64, what: What) -> Change {
    let time = Timestamp(NOON + hours * HOUR);
    Change { time, name: "bed".into(), rank: Rank { ingested_at: time, tie: None }, what }
}

pub(crate) fn reading(hours: i64, heart_rate: f64, systolic: f64) -> Change {
    let mut row = Vitals::at(Timestamp(NOON + hours * HOUR));
    (row.signs[HR], row.signs[SBP]) = (heart_rate, systolic);
    change(hours, What::Vitals(Some(row)))
}

fn id(text: &str) -> PatientId {
    text.parse().unwrap()
}

impl Ward {
    /// It is noon. `p1` was seen an hour ago, `p2` five hours ago and has no pressure.
    pub(crate) fn open(max_ages: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let below = Embedded::open(folder.path(), Arc::new(clock::Fixed::at(NOON))).unwrap();
        let store = OnlineStore::new(Arc::new(below), Limits { lateness: 24 * HOUR }, false);
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let facts = PatientFacts { age_years: Some(71.0), sex_male: Some(true), ..PatientFacts::default() };
        let changes = BTreeMap::from([
            (id("p1"), vec![reading(-1, 90.0, 120.0), change(-48, What::Patient(Some(facts)))]),
            (id("p2"), vec![reading(-5, 60.0, f64::NAN)]),
        ]);
        let mark = Mark { next: 3, logged: Some(Timestamp(NOON)) };
        let marks = Marks { live: [((Topic::Vitals, 0), mark)].into(), silver: 0 };
        runtime.block_on(store.apply(changes, &marks)).unwrap();
        let step = Step::default();
        let config = Config {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            max_ages: MaxAges::of(max_ages.iter().copied()).unwrap(),
        };
        let parts =
            Parts { store: store.clone(), ready: Arc::new(step.clone()), clock: Arc::new(clock::Fixed::at(NOON)) };
        let server = build(&config, parts).unwrap();
        let (address, scope) = (server.local_addr(), Scope::root("ward"));
        let inner = scope.clone();
        let entered = runtime.enter();
        scope.spawn_service("server", async move { server.run(&inner).await });
        drop(entered);
        Self { address, store, step, scope, runtime, _folder: folder }
    }

    pub(crate) fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut head = format!("{line} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "host") {
            head.push_str(&format!("host: {}\r\n", self.address));
        }
        headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), &[], "")
    }

    pub(crate) fn ask(&self, body: &Value) -> Answer {
        self.send("POST /get-online-features", &[("content-type", "application/json")], &body.to_string())
    }
}

impl Drop for Ward {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.scope.close(Duration::from_secs(20)));
    }
}
