//! What the gateway says of itself is what it is.

use std::path::Path;

use crate::client::send;
use crate::door::Door;

/// The description in the source tree is that of the code, so a change of the face is seen in review.
/// `UPDATE=1 cargo test -p strata-gateway` writes it anew.
#[test]
fn the_description_in_the_tree_is_the_codes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../openapi/gateway.json");
    let described = strata_gateway::openapi();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &described).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == described, "{} is not of today: run the tests with UPDATE=1", path.display());
}

/// Each path that is described is there, and knows no other method than is described.
#[test]
fn every_path_that_is_described_exists() {
    let door = Door::open();
    let described = door.get("/openapi.json");
    assert_eq!(described.body, strata_gateway::openapi());
    let page = door.get("/endpoints").body;
    assert_eq!(door.get("/").body, page, "where there are no pages");
    for (path, item) in described.json()["paths"].as_object().unwrap() {
        let methods: Vec<String> = item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        let asked = path.replace("{topic}", "patient-vitals");
        let refused = send(door.address, &format!("DELETE {asked}"), &[], b"");
        let known = refused.header("allow").unwrap_or_default().replace(",HEAD", "");
        assert_eq!((refused.status, known), (405, methods.join(",")), "{path}");
        assert!(page.lines().any(|line| line.split_whitespace().nth(1) == Some(path)), "{path} is not in:\n{page}");
    }
}

/// Fault 17: the schema that is published is the one that validates.
#[test]
fn the_schemas_are_published() {
    let door = Door::open();
    let schema = door.get("/v1/schemas/patient-vitals").json();
    assert_eq!(schema, strata_types::json_schema(strata_types::Topic::Vitals));
    assert_eq!(door.get("/v1/schemas/vitals").status, 404);
}
