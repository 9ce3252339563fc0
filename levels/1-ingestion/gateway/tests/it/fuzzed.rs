//! Somebody else's fuzzer, which makes its requests from the description.

use std::process::Command;

use crate::door::Door;

/// No panic, no 500, and no answer that the description does not know.
#[test]
fn schemathesis_finds_nothing() {
    let Some(python) = strata_testkit::python() else { return };
    let door = Door::open();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../e2e/python/check_gateway.py");
    let output = Command::new(python).arg(script).arg(format!("http://{}", door.address)).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    let metrics = door.get("/metrics").body;
    assert!(!metrics.lines().any(|line| line.contains("code=\"500\"")), "{metrics}");
    assert!(metrics.lines().any(|line| line.contains("code=\"200\"") && !line.ends_with(" 0")), "{metrics}");
}
