//! A FHIR resource or Bundle: whatever JSON it is, it becomes events that can be read, or reasons.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strata_sources::fhir;
use strata_types::{Event, Topic};

fuzz_target!(|text: &[u8]| {
    let Ok(resource) = serde_json::from_slice(text) else { return };
    for known in fhir::events(&resource).events {
        let (topic, written) = written(&known.event);
        let again = Event::parse(topic, &written).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&written));
        });
        assert_eq!(known.event.patient_id(), again.patient_id());
    }
});

fn written(event: &Event) -> (Topic, Vec<u8>) {
    let (topic, json) = match event {
        Event::Vitals(event) => (Topic::Vitals, serde_json::to_vec(event)),
        Event::Medication(event) => (Topic::Medications, serde_json::to_vec(event)),
        Event::LabResult(event) => (Topic::Labs, serde_json::to_vec(event)),
        Event::AdverseEvent(event) => (Topic::AdverseEvents, serde_json::to_vec(event)),
        Event::Patient(event) => (Topic::Patients, serde_json::to_vec(event)),
        Event::Label(event) => (Topic::Labels, serde_json::to_vec(event)),
    };
    (topic, json.expect("an event has a JSON form"))
}
