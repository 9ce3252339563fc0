//! What the gateway takes in, for people who look.

use strata_services::{Figure, Meter};

/// Totals and rates since the gateway was built. Nothing in it is about a patient.
#[derive(Debug, Default)]
pub struct Stats {
    /// Events that the log has.
    pub accepted: Meter,
    /// Events that were sent before.
    pub duplicates: Meter,
    /// Events that were refused.
    pub rejected: Meter,
    /// Bytes of bodies, as they came.
    pub received: Meter,
}

impl Stats {
    /// The rates of late, as a status shows them.
    pub fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new("events accepted", self.accepted.per_second(), "1/s"),
            Figure::new("duplicates", self.duplicates.per_second(), "1/s"),
            Figure::new("rejected", self.rejected.per_second(), "1/s"),
            Figure::new("received", self.received.per_second(), "By/s"),
        ]
    }
}
