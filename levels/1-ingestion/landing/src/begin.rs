//! Where a log goes on whose records are gone from bronze on purpose.

use strata_types::Topic;

use crate::manifest::{Availability, Draft};
use crate::writer::Packed;
use crate::{Bronze, Error};

impl Bronze {
    /// Lets a log's partition begin at this offset, by an object without records: what is written next follows on it. For a
    /// bronze that was erased while its log, and what was made of it, goes on.
    pub async fn begin(&self, topic: Topic, log: &str, partition: u8, offset: u64) -> Result<(), Error> {
        let nothing = Draft::new(topic, partition, offset);
        Packed::new(log, Availability::AtArrival, nothing).await?.put(self.objects()).await?;
        Ok(())
    }
}
