//! The body of a request to the gateway: unpacked (gzip, zstd, not at all), cut into records, judged.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| strata_gateway::fuzzing::body(input));
