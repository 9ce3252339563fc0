//! What people and scrapers see: pages and counts of others behind the gateway's guards, and its own rates.

use std::fmt;
use std::fs;

use axum::Router;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::Html;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;
use strata_gateway::{Scope, mint};
use strata_services::Meter;

use crate::client::send;
use crate::door::{Door, JSON, LINES, VITALS, lines, reading};

const POLICY: &str = "default-src 'none'; style-src 'sha256-abc'";

fn pages() -> Router {
    Router::new().route("/", get(|| async { ([(CONTENT_SECURITY_POLICY, POLICY)], Html("<h1>Strata</h1>")) }))
}

/// Fault 59: a page says itself which style it may have; the other headers are on it as on every answer.
#[test]
fn pages_have_the_front_and_the_endpoints_move() {
    let door = Door::made(|_, parts| parts.pages = Some(pages()));
    let page = door.get("/");
    assert_eq!((page.status, page.body.as_str()), (200, "<h1>Strata</h1>"));
    assert_eq!(page.header("content-security-policy"), Some(POLICY));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let endpoints = door.get("/endpoints");
    assert!(endpoints.body.contains("POST /v1/events/{topic}"), "{endpoints:?}");
    assert_eq!(endpoints.header("content-security-policy"), Some("default-src 'none'; frame-ancestors 'none'"));
    assert_eq!(send(door.address, "GET /", &[("host", "evil.example")], b"").status, 421);
    assert_eq!(door.get("/nothing").status, 404);
}

/// Fault 44: where tokens are asked for, a page is for readers; a browser sends a token as a password, and by that alone
/// nothing is written.
#[test]
fn pages_are_for_readers() {
    let (all, writer) = (mint("ops", &[Scope::Read, Scope::Write]), mint("icu", &[Scope::Write]));
    let secrets = tempfile::tempdir().unwrap();
    let file = secrets.path().join("tokens");
    fs::write(&file, format!("{}\n{}\n", all.line, writer.line)).unwrap();
    let door = Door::made(|config, parts| {
        config.tokens = Some(file);
        parts.pages = Some(pages());
    });
    let password = |token: &str| format!("Basic {}", STANDARD.encode(format!("me:{token}")));
    let ask = |line: &str, value: Option<&str>| {
        let mut headers = vec![("content-type", JSON)];
        headers.extend(value.map(|value| ("authorization", value)));
        send(door.address, line, &headers, reading("p1", 1).as_bytes())
    };
    let post = format!("POST {VITALS}");
    for (line, value, status) in [
        ("GET /", None, 401),
        ("GET /", Some("Basic ???"), 401),
        ("GET /", Some(password("guess").as_str()), 401),
        ("GET /", Some(password(&writer.token).as_str()), 403),
        ("GET /", Some(password(&all.token).as_str()), 200),
        ("GET /", Some(format!("Bearer {}", all.token).as_str()), 200),
        ("GET /metrics", Some(password(&all.token).as_str()), 200),
        (post.as_str(), Some(password(&all.token).as_str()), 401),
    ] {
        let answer = ask(line, value);
        assert_eq!(answer.status, status, "{line} {value:?}: {answer:?}");
        let asks = answer.headers.iter().any(|(name, value)| name == "www-authenticate" && value.starts_with("Basic"));
        assert_eq!(asks, status == 401 && line.starts_with("GET"), "{answer:?}");
    }
    assert!(door.log.records().is_empty());
}

#[derive(Debug)]
struct Landed;

impl Collector for Landed {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let gauge = ConstGauge::new(7_u64);
        gauge.encode(encoder.encode_descriptor("landing_lag_records", "Records in wait", None, gauge.metric_type())?)
    }
}

/// Faults 28, 43: what others count is scraped here too, under the one prefix.
#[test]
fn what_others_count_is_scraped_too() {
    let door = Door::made(|_, parts| parts.collectors = vec![Box::new(Landed)]);
    assert_eq!(door.metric("strata_landing_lag_records"), Some(7.0));
    assert_eq!(door.metric("strata_gateway_throttled_total"), Some(0.0));
}

#[test]
fn rates_are_told() {
    let door = Door::open();
    let rates = || door.stats.figures().into_iter().map(|figure| (figure.name, figure.value)).collect::<Vec<_>>();
    assert!(rates().iter().all(|(_, rate)| *rate == 0.0));
    let (some, all) = (lines(20), lines(30));
    assert_eq!(door.post(VITALS, LINES, &some).counts(), (20, 0, 0));
    assert_eq!(door.post(VITALS, LINES, &all).counts(), (10, 20, 0));
    assert_eq!(door.post(VITALS, JSON, "{}").counts(), (0, 0, 1));
    let stats = &door.stats;
    let totals = [&stats.accepted, &stats.duplicates, &stats.rejected, &stats.received].map(Meter::total);
    assert_eq!(totals, [30, 20, 1, (some.len() + all.len() + 2) as u64]);
    assert!(rates().iter().all(|(_, rate)| *rate > 0.0), "{:?}", rates());
}
