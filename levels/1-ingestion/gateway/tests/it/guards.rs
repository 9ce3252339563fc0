//! What holds for every answer, and whom the gateway answers.

use std::fs;
use std::sync::Arc;

use strata_gateway::{Config, Error, Minted, Scope, build, mint};
use strata_runtime::clock::Fixed;

use crate::client::{Answer, send};
use crate::door::{Door, JSON, NOON, VITALS, parts, reading};
use crate::file_log::FileLog;

/// Fault 59: the headers are on every answer, errors and foreign hosts included.
#[test]
fn every_answer_has_its_headers() {
    let door = Door::open();
    for (answer, status) in [
        (door.get("/livez"), 200),
        (door.post(VITALS, JSON, reading("p1", 1)), 200),
        (door.post(VITALS, JSON, "{}"), 422),
        (door.post(VITALS, "text/plain", "{}"), 415),
        (door.get("/nothing"), 404),
        (send(door.address, "GET /metrics", &[("host", "evil.example")], b""), 421),
    ] {
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(answer.header("content-security-policy").is_some());
        assert_eq!(answer.header("x-request-id").map(str::len), Some(36));
    }
}

/// Fault 44: no page elsewhere is let in: no CORS, no form, no name that only points here.
#[test]
fn no_other_origin_is_granted_anything() {
    let door = Door::open();
    let post = |origin: &str| {
        let headers = [("origin", origin), ("content-type", JSON)];
        send(door.address, &format!("POST {VITALS}"), &headers, reading("p1", 1).as_bytes())
    };
    assert_eq!(post("https://evil.example").status, 403);
    assert_eq!(post("null").status, 403);
    assert_eq!(post(&format!("http://{}", door.address)).status, 200);
    let asked = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    let answer = send(door.address, &format!("OPTIONS {VITALS}"), &asked, b"");
    assert!(!answer.headers.iter().any(|(name, _)| name.starts_with("access-control")), "{answer:?}");
}

fn with_token(door: &Door, line: &str, token: Option<&str>, body: &str) -> Answer {
    let value = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("content-type", JSON)];
    headers.extend(value.as_deref().map(|value| ("authorization", value)));
    send(door.address, line, &headers, body.as_bytes())
}

/// Fault 44: where tokens are asked for, nothing is written or read without one that is good for it.
#[test]
fn tokens_are_asked_for() {
    let (writer, reader) = (mint("icu-monitors", &[Scope::Write]), mint("prometheus", &[Scope::Read]));
    let secrets = tempfile::tempdir().unwrap();
    let file = secrets.path().join("tokens");
    fs::write(&file, format!("{}\n{}\n", writer.line, reader.line)).unwrap();
    let door = Door::with(|config| config.tokens = Some(file));
    let (event, post) = (reading("p1", 1), format!("POST {VITALS}"));
    let Minted { token: writer, .. } = writer;
    let Minted { token: reader, .. } = reader;
    for (line, token, status) in [
        (post.as_str(), None, 401),
        (&post, Some("guess"), 401),
        (&post, Some(reader.as_str()), 403),
        ("POST /fhir", Some(reader.as_str()), 403),
        ("POST /v1/validate?topic=patient-vitals", None, 401),
        ("POST /v1/validate?topic=patient-vitals", Some(reader.as_str()), 200),
        ("GET /metrics", None, 401),
        ("GET /metrics", Some(reader.as_str()), 200),
        ("GET /livez", None, 200),
        ("GET /readyz", None, 200),
    ] {
        let answer = with_token(&door, line, token, &event);
        assert_eq!(answer.status, status, "{line}: {answer:?}");
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
    }
    assert!(door.log.records().is_empty());
    assert_eq!(with_token(&door, &post, Some(&writer), &event).counts(), (1, 0, 0));
    assert_eq!(door.audited()[0].who.name(), "icu-monitors");
}

/// Faults 21, 44: beyond this machine nobody writes without a token.
#[test]
fn a_host_that_others_reach_needs_tokens() {
    let folder = tempfile::tempdir().unwrap();
    for host in ["0.0.0.0", "192.168.1.7", "::"] {
        let config = Config { host: host.parse().unwrap(), ..Config::on_loopback(0, folder.path().to_owned()) };
        let log = Arc::new(FileLog::create(folder.path()));
        let error = build(&config, parts(&folder, log, Fixed::at(NOON))).unwrap_err();
        assert!(matches!(error, Error::Open(_)) && error.to_string().contains("tokens"), "{error}");
    }
}
