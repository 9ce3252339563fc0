//! One line of each topic, as refinery and gateway read it: whatever stands there, it is an event or a reason; and an
//! event that is written down can be read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strata_types::{Event, Topic};

fuzz_target!(|line: &[u8]| {
    for topic in Topic::ALL {
        let Ok(event) = Event::parse(topic, line) else { continue };
        let written = written(&event);
        let again = Event::parse(topic, &written).expect("what is written can be read");
        assert_eq!(event.patient_id(), again.patient_id());
        assert_eq!(event.timestamp(), again.timestamp());
    }
});

fn written(event: &Event) -> Vec<u8> {
    let json = match event {
        Event::Vitals(event) => serde_json::to_vec(event),
        Event::Medication(event) => serde_json::to_vec(event),
        Event::LabResult(event) => serde_json::to_vec(event),
        Event::AdverseEvent(event) => serde_json::to_vec(event),
        Event::Patient(event) => serde_json::to_vec(event),
        Event::Label(event) => serde_json::to_vec(event),
    };
    json.expect("an event has a JSON form")
}
