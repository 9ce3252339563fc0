//! One line of each topic, as refinery and gateway read it: whatever stands there, it is an event or a reason; and an
//! event that is written down can be read again.
#![no_main]

mod written;

use libfuzzer_sys::fuzz_target;
use strata_types::{Event, Topic};
use written::written;

fuzz_target!(|line: &[u8]| {
    for topic in Topic::ALL {
        let Ok(event) = Event::parse(topic, line) else { continue };
        let (_, line) = written(&event);
        let again = Event::parse(topic, &line).expect("what is written can be read");
        assert_eq!(event.patient_id(), again.patient_id());
        assert_eq!(event.timestamp(), again.timestamp());
    }
});
