//! The registry from outside, over HTTP, on SQLite and on Postgres.

// Marked, because clippy lets only what is marked as a test panic as tests do.
#[cfg(test)]
mod api;

#[cfg(test)]
mod access;
#[cfg(test)]
mod audited;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod door;
#[cfg(test)]
mod evaluation_datasets;
#[cfg(test)]
mod faces;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod issues;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod logged_models;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod models;
#[cfg(test)]
mod nonsense;
#[cfg(test)]
mod process;
#[cfg(test)]
mod prompts;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod scorers;
#[cfg(test)]
mod searches;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod versions;
