//! What the gateway promises, asked over a real loopback port.

// Marked, because clippy lets only what is marked as a test panic as tests do.
#[cfg(test)]
mod client;
#[cfg(test)]
mod door;
#[cfg(test)]
mod file_log;

#[cfg(test)]
mod accepting;
#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod audited;
#[cfg(test)]
mod descriptions;
#[cfg(test)]
mod fhir;
#[cfg(test)]
mod fuzzed;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod health;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod pressure;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod refusing;
