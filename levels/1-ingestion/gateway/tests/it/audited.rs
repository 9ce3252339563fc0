//! Every request that changes something leaves one record of who, what and how much.

use strata_audit::{Outcome, verify};

use crate::door::{Door, JSON, LINES, VITALS, lines};
use crate::file_log::Mood;

#[test]
fn each_request_is_recorded_once() {
    let door = Door::open();
    door.post(VITALS, LINES, lines(10_000));
    door.post(VITALS, LINES, lines(2) + "nonsense\n");
    door.post("/v1/events/medications", JSON, "{}");
    door.log.set(Mood::Gone);
    door.post(VITALS, LINES, format!("nonsense\n{}", lines(10_001)));
    let audited = door.audited();
    let told: Vec<_> = audited
        .iter()
        .map(|record| {
            (record.counts["accepted"], record.counts["duplicates"], record.counts["rejected"], record.outcome)
        })
        .collect();
    assert_eq!(
        told[..3],
        [(10_000, 0, 0, Outcome::Success), (0, 2, 1, Outcome::MinorFailure), (0, 0, 1, Outcome::MinorFailure),]
    );
    assert_eq!(told[3].3, Outcome::SeriousFailure);
    assert_eq!((audited[2].what.as_str(), audited[2].on[0].id()), ("ingest events", "medications"));
    assert_eq!(verify(&door.folder.path().join("audit")).unwrap().finding, None);
}
