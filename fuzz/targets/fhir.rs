//! A FHIR resource or Bundle: whatever JSON it is, it becomes events that can be read, or reasons.
#![no_main]

mod written;

use libfuzzer_sys::fuzz_target;
use strata_sources::fhir;
use strata_types::Event;
use written::written;

fuzz_target!(|text: &[u8]| {
    let Ok(resource) = serde_json::from_slice(text) else { return };
    for known in fhir::events(&resource).events {
        let (topic, line) = written(&known.event);
        let again = Event::parse(topic, &line).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&line));
        });
        assert_eq!(known.event.patient_id(), again.patient_id());
    }
});
