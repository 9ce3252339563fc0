//! Made-up stacks: one that is well, one in trouble, one that does not run.

use std::path::PathBuf;

use strata_console::Link;
use strata_control::{LevelName, ServiceStatus, StackStatus, Start};
use strata_services::{Figure, State, Status};
use strata_types::Timestamp;

/// 2026-03-01T12:00:00Z.
const NOON: Timestamp = Timestamp(1_772_366_400_000_000);

const LEVELS: [(&str, &str); 5] = [
    ("infrastructure", "objects, records and an event log, on which all else stands"),
    ("ingestion", "takes events in and keeps them as they came"),
    ("processing", "cleans, merges and keeps them as tables"),
    ("features", "what is known of a patient, as numbers"),
    ("models", "trains, keeps and serves the model"),
];

/// Everything is up.
pub(crate) fn well() -> StackStatus {
    let mut services = vec![
        service("log", 0, State::Healthy, 0.41),
        service("objects", 0, State::Healthy, 0.08),
        service("landing", 1, State::Healthy, 0.19),
        service("gateway", 1, State::Healthy, 0.07),
        service("refinery", 2, State::Healthy, 0.52),
        service("features", 3, State::Healthy, 0.3),
        service("train", 4, State::Done, 41.2),
        service("serving", 4, State::Healthy, 0.11),
    ];
    listens(&mut services[0], "kafka://127.0.0.1:9092", 9092);
    listens(&mut services[1], "http://127.0.0.1:9000", 9000);
    listens(&mut services[3], "http://127.0.0.1:8080", 8080);
    listens(&mut services[7], "http://127.0.0.1:8000", 8000);
    services[0].status.memory_bytes = Some(67_108_864);
    services[0].status.figures = vec![Figure::new("written", 4_530_000.0, "By/s"), Figure::new("kept", 1.9e9, "By")];
    services[2].status.figures = vec![Figure::new("landed", 20_431.0, "1/s"), Figure::new("lag", 0.8, "s")];
    services[3].status.figures = vec![
        Figure::new("events accepted", 20_431.3, "1/s"),
        Figure::new("duplicates", 3.2, "1/s"),
        Figure::new("rejected", 0.0, "1/s"),
        Figure::new("received", 4_530_000.0, "By/s"),
    ];
    services[4].status.doing = Some("refining vitals, wave 3".into());
    services[7].status.figures = vec![Figure::new("predictions", 212.0, "1/s"), Figure::new("p99", 0.0031, "s")];
    StackStatus {
        version: "0.3.0".into(),
        pid: Some(4242),
        data_dir: PathBuf::from("/var/lib/strata"),
        started_at: Some(NOON),
        memory_bytes: Some(612_000_000),
        healthy: true,
        cause: None,
        levels: levels(),
        services,
        start: Some(Start {
            critical_path: ["log", "landing", "refinery", "features", "train", "serving"].map(str::to_owned).into(),
            seconds: 42.73,
        }),
    }
}

/// The log does not write any more, and what stands on it feels it.
pub(crate) fn in_trouble() -> StackStatus {
    let mut status = well();
    status.healthy = false;
    let broken = |service: &mut ServiceStatus, state: State, cause: &str| {
        let status = Status { state, cause: Some(cause.to_owned()), ..service.status.clone() };
        *service = ServiceStatus::new(status, service.level, service.wanted);
    };
    let full = "cannot append to /var/lib/strata/log/patient-vitals-3: no space left on device (os error 28)";
    broken(&mut status.services[0], State::Unhealthy, full);
    broken(&mut status.services[3], State::Failed, "the log cannot be written: connection refused");
    status.services[3].status.restarts = 4;
    let (url, uptime) = (None, None);
    status.services[3].status =
        Status { url, port: None, uptime_seconds: uptime, figures: Vec::new(), ..status.services[3].status.clone() };
    broken(&mut status.services[7], State::Starting, "it has not answered yet: no model");
    status.services[7].status.figures.clear();
    let unwanted = Status::stopped("features");
    status.services[5] = ServiceStatus::new(unwanted, 3, false);
    status
}

/// Nobody runs it.
pub(crate) fn stopped() -> StackStatus {
    let well = well();
    let services = well
        .services
        .iter()
        .map(|service| ServiceStatus::new(Status::stopped(&service.status.name), service.level, false));
    StackStatus {
        pid: None,
        started_at: None,
        memory_bytes: None,
        healthy: false,
        cause: Some("it was killed while it ran (process 4242); `strata up` carries on".into()),
        services: services.collect(),
        start: None,
        ..well
    }
}

/// What else there is.
pub(crate) fn links() -> Vec<Link> {
    let link = |of: &str, name: &str, url: &str| Link { of: of.into(), name: name.into(), url: url.into() };
    vec![
        link("gateway", "metrics", "/metrics"),
        link("gateway", "endpoints", "/endpoints"),
        link("gateway", "OpenAPI", "/openapi.json"),
        link("serving", "metrics", "http://127.0.0.1:8000/metrics"),
        link("serving", "OpenAPI", "http://127.0.0.1:8000/openapi.json"),
    ]
}

fn levels() -> Vec<LevelName> {
    let level = |(number, (name, purpose)): (u8, (&str, &str))| LevelName {
        number,
        name: name.into(),
        purpose: purpose.into(),
    };
    (0..).zip(LEVELS).map(level).collect()
}

fn service(name: &str, level: u8, state: State, startup: f64) -> ServiceStatus {
    let uptime_seconds = (state != State::Done).then_some(93_784.0);
    ServiceStatus::new(
        Status { state, uptime_seconds, startup_seconds: Some(startup), ..Status::stopped(name) },
        level,
        true,
    )
}

fn listens(service: &mut ServiceStatus, url: &str, port: u16) {
    (service.status.url, service.status.port) = (Some(url.to_owned()), Some(port));
}
