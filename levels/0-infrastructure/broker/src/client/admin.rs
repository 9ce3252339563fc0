//! Topics and their ends, at any log.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic as Wanted, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::RDKafkaErrorCode;

use super::{Error, Options};

/// A request that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(15);

/// Makes topics and asks about them.
pub struct Admin {
    client: AdminClient<DefaultClientContext>,
    reader: Arc<BaseConsumer>,
}

/// A topic that is to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// Its partitions.
    pub partitions: i32,
    /// Copies; -1: as many as the log makes by default.
    pub replication: i32,
    /// Its settings, by Kafka's names.
    pub config: Vec<(String, String)>,
}

/// Where a partition begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks {
    /// The first offset that is there.
    pub start: i64,
    /// The offset that the next record gets.
    pub end: i64,
}

impl Admin {
    /// Makes one. It connects by itself.
    pub fn new(options: &Options) -> Result<Self, Error> {
        let config = options.config();
        let client = config.create().map_err(|error| Error::options(&error))?;
        let reader = config.create().map(Arc::new).map_err(|error| Error::options(&error))?;
        Ok(Self { client, reader })
    }

    /// Sees to it that topics are there. One that is there already stays as it is.
    pub async fn ensure_topics(&self, topics: &[NewTopic]) -> Result<(), Error> {
        let wanted: Vec<_> = topics.iter().map(wanted).collect();
        let options = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE));
        let what = "topics could not be made";
        let made = self.client.create_topics(&wanted, &options).await.map_err(|error| Error::request(what, &error))?;
        for outcome in made {
            match outcome {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => return Err(Error::request(format!("topic `{topic}` could not be made"), &code)),
            }
        }
        Ok(())
    }

    /// The number of partitions of a topic; `None` if there is no such topic.
    pub async fn partitions(&self, topic: &str) -> Result<Option<i32>, Error> {
        let name = topic.to_owned();
        self.ask(format!("topic `{topic}`"), move |reader| {
            let metadata = reader.fetch_metadata(Some(&name), PATIENCE)?;
            let found = metadata.topics().iter().find(|found| found.name() == name && found.error().is_none());
            Ok(found.map(|found| found.partitions().len() as i32))
        })
        .await
    }

    /// Where a partition begins and ends.
    pub async fn watermarks(&self, topic: &str, partition: i32) -> Result<Watermarks, Error> {
        let name = topic.to_owned();
        self.ask(format!("the ends of {topic}/{partition}"), move |reader| {
            let (start, end) = reader.fetch_watermarks(&name, partition, PATIENCE)?;
            Ok(Watermarks { start, end })
        })
        .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        what: String,
        question: impl FnOnce(&BaseConsumer) -> Result<T, rdkafka::error::KafkaError> + Send + 'static,
    ) -> Result<T, Error> {
        let reader = Arc::clone(&self.reader);
        let answer = tokio::task::spawn_blocking(move || question(&reader)).await;
        let answer = answer.map_err(|error| Error::request(what.as_str(), &error))?;
        answer.map_err(|error| Error::request(what, &error))
    }
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}

fn wanted(topic: &NewTopic) -> Wanted<'_> {
    let wanted = Wanted::new(&topic.name, topic.partitions, TopicReplication::Fixed(topic.replication));
    topic.config.iter().fold(wanted, |wanted, (name, value)| wanted.set(name, value))
}
