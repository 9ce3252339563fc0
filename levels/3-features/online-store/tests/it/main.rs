//! What the online store promises: the vectors of the whole record, whatever way it came.

#[cfg(test)]
mod history;

mod faults;
mod laws;
mod stores;
