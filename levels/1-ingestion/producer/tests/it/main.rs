//! Productions into a real broker.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod ending;
mod refusing;
mod sending;
mod world;
