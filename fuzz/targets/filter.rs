//! Filters and orders of the registry's searches: read or refused, and written so that they are read again.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| strata_clause::fuzzing::filter(text));
