//! Why a production could not begin, or could not go on.

use strata_broker::client;
use strata_types::{PARTITIONS, Topic};

/// Why a production could not begin, or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A pace that nobody can keep.
    #[error("a pace of {0}: give a number greater than 0")]
    Pace(f64),
    /// Records are to come as they came in life, and the source does not know when that was.
    #[error(
        "the source does not know when its records arrived, so their pace cannot be followed: give events a second"
    )]
    NoArrival,
    /// A topic is laid out in another way than bronze and the tables.
    #[error(
        "topic `{topic}` has {found} partitions, and Strata's topics have {PARTITIONS}: a patient's records would lie elsewhere \
         than in the tables; remove the topic, or give another log"
    )]
    Partitions {
        /// The topic.
        topic: Topic,
        /// How many it has.
        found: i32,
    },
    /// The log was lost on the way: what it has not acknowledged may be in it or not.
    #[error("the log is lost after {acknowledged} acknowledged records: {cause}")]
    Lost {
        /// Records that are in the log for certain.
        acknowledged: u64,
        /// What the client says.
        #[source]
        cause: client::Error,
    },
    /// The log cannot be reached or asked.
    #[error(transparent)]
    Log(#[from] client::Error),
    /// The thread that read the source died.
    #[error("the source's reader died: {0}")]
    Reader(#[source] tokio::task::JoinError),
}
