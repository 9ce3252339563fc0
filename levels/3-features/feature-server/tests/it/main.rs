//! What the feature server promises, asked over a real loopback port.

// Marked, because clippy lets only what is marked as a test panic as tests do.
#[cfg(test)]
mod ward;

mod answers;
mod faces;
mod refusals;
