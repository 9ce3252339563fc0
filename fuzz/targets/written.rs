//! An event as the line that stands for it in bronze.

use strata_types::{Event, Topic};

pub fn written(event: &Event) -> (Topic, Vec<u8>) {
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
