//! One suite over Strata's registry, in this process and over HTTP, and over MLflow's own server; and what a server does
//! that is not well.

// Marked, because clippy lets only what is marked as a test panic as tests do.
#[cfg(test)]
mod suite;

#[cfg(test)]
mod registry;

#[cfg(test)]
mod backends;
#[cfg(test)]
mod unwell;
