//! What the log does not take.

use strata_broker::client::ProducerSettings;
use strata_broker::embedded::{Settings as BrokerSettings, TopicConfig};
use strata_producer::{Ended, Error, Settings};
use strata_types::Topic;

use crate::world::{Give, Log, Made, numbered};

/// One is too large for the client, one for the log; those around them arrive.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_record_is_counted_and_does_not_end_it() {
    let log = Log::start(BrokerSettings { batch_bytes: 20_000, ..BrokerSettings::default() }).await;
    let source = Made(|give: Give<'_>| {
        for number in 0..300 {
            let size = if number == 100 {
                2_000_000
            } else if number == 200 {
                100_000
            } else {
                10
            };
            give(Topic::Labs, &format!("p{number}"), None, &"x".repeat(size))?;
        }
        Ok(())
    });
    let producer = ProducerSettings { batch_bytes: 1_000, compression: "none".into(), ..ProducerSettings::default() };
    let report = log.take(source, Settings { producer, ..Settings::default() }).await.unwrap();
    assert_eq!((report.ended, report.counts.acknowledged, report.counts.failed), (Ended::Source, 298, 2));
    assert_eq!(report.refusals.iter().map(|refusal| refusal.records).sum::<u64>(), 2);
    assert!(report.refusals.iter().all(|refusal| refusal.reason.contains("larger")), "{:?}", report.refusals);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_laid_out_in_another_way_is_refused() {
    let log = Log::start(BrokerSettings::default()).await;
    log.broker.create_topic(Topic::Labs.name(), Some(3), TopicConfig::default()).await.unwrap();
    let error = log.take(numbered(1), Settings::default()).await.unwrap_err();
    assert!(matches!(error, Error::Partitions { topic: Topic::Labs, found: 3 }), "{error}");
    assert_eq!(log.records(), 0);
}
