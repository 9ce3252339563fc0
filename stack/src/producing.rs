//! A source to an event log, at a chosen pace.

use anyhow::Result;
use strata_producer::{Pace, Production, Settings};
use strata_sources::Source;

use crate::Stack;
use crate::services::log_options;

impl Stack {
    /// Plans to send a source to a log, to its end or to so many records. Brokers are `host:port`, separated by commas.
    pub fn production(
        &self,
        source: Box<dyn Source>,
        brokers: &str,
        pace: Pace,
        most: Option<u64>,
    ) -> Result<Production> {
        let options = log_options(self.config(), brokers)?;
        Ok(Production::new(source, options, Settings { pace, most, ..Settings::default() })?)
    }
}
