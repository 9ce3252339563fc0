//! A frame that a stranger sends to the port of the log: head, request of every kind, record batch.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| strata_broker::embedded::fuzzing::frame(input));
