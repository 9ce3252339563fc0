//! What serving promises, asked over a real loopback port.

// Marked, because clippy lets only what is marked as a test panic as tests do.
#[cfg(test)]
mod client;
#[cfg(test)]
mod hospital;

mod answers;
mod descriptions;
mod guards;
mod health;
mod invocations;
mod nothing_shared;
mod refusals;
mod remembered;
mod swaps;
