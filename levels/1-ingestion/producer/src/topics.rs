//! The topics that arrive live, laid out as bronze and the tables are.

use strata_broker::client::{Admin, NewTopic, Options};
use strata_types::{PARTITIONS, Topic};

use crate::Error;

/// Sees to it that the live topics are there, each with 16 partitions.
pub(crate) async fn ensure(options: &Options) -> Result<(), Error> {
    let admin = Admin::new(options)?;
    let mut missing = Vec::new();
    for topic in Topic::EVENTS {
        match admin.partitions(topic.name()).await? {
            None => missing.push(new_topic(topic)),
            Some(found) if found == i32::from(PARTITIONS) => {}
            Some(found) => return Err(Error::Partitions { topic, found }),
        }
    }
    if !missing.is_empty() {
        admin.ensure_topics(&missing).await?;
    }
    Ok(())
}

fn new_topic(topic: Topic) -> NewTopic {
    let name = topic.name().to_owned();
    NewTopic { name, partitions: i32::from(PARTITIONS), replication: -1, config: Vec::new() }
}
