//! Whatever is sent, the answer is one of those that are described, and never a 500.

use proptest::prelude::*;

use crate::client::send;
use crate::door::{Door, reading};

const KNOWN: [u16; 7] = [200, 400, 404, 413, 415, 422, 405];

fn body() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just(",".to_owned()),
        Just("\n".to_owned()),
        Just("\"resourceType\":\"Bundle\"".to_owned()),
        (0_u32..100).prop_map(|minute| reading("p1", minute)),
        "\\PC{0,10}",
    ];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        prop::collection::vec(token, 0..20).prop_map(|tokens| tokens.concat().into_bytes()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn no_bytes_break_it(
        path in prop::sample::select(vec!["/v1/events/patient-vitals", "/v1/events/patients", "/v1/events/x",
            "/v1/validate?topic=lab-results", "/v1/validate?%FF", "/fhir"]),
        content_type in prop::sample::select(vec!["application/json", "application/x-ndjson", "application/fhir+json"]),
        encoding in prop::sample::select(vec!["identity", "gzip", "zstd", "br"]),
        body in body(),
    ) {
        thread_local!(static DOOR: Door = Door::open());
        let answer = DOOR.with(|door| {
            let headers = [("content-type", content_type), ("content-encoding", encoding)];
            send(door.address, &format!("POST {path}"), &headers, &body)
        });
        prop_assert!(KNOWN.contains(&answer.status), "{:?}", answer);
        prop_assert!(answer.json().is_object());
    }
}
