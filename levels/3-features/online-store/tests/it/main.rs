//! What the online store promises: the vectors of the whole record, whatever way it came.

// Marked, because clippy lets only what is marked as a test panic as tests do.
#[cfg(test)]
mod history;

#[cfg(test)]
mod faults;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod stores;
