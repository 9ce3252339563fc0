//! By the source, by count, by word, by damage, by the loss of the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use strata_broker::client::ProducerSettings;
use strata_broker::embedded::Settings as BrokerSettings;
use strata_producer::{Ended, Error, Meter, Pace, Production, Settings};
use strata_types::Topic;
use tokio_util::sync::CancellationToken;

use crate::world::{Give, Log, Made, numbered};

async fn until_acknowledged(meter: &Meter, records: u64) {
    while meter.counts().acknowledged < records {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_ends_it() {
    let log = Log::start(BrokerSettings::default()).await;
    for most in [0, 1, 12_345] {
        let settings = Settings { most: Some(most), ..Settings::default() };
        let before = log.records();
        let report = log.take(numbered(u64::MAX), settings).await.unwrap();
        assert_eq!((report.ended, report.counts.acknowledged), (Ended::Count, most));
        assert_eq!(log.records() - before, most);
    }
}

/// What was sent when the word came is in the log, and a source without an end was not read ahead without a bound.
#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_flushes_what_it_has_sent() {
    let log = Log::start(BrokerSettings::default()).await;
    let given = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&given);
    let line = "x".repeat(1_000);
    let source = Made(move |give: Give<'_>| {
        loop {
            give(Topic::Vitals, "p1", None, &line)?;
            counting.fetch_add(1, Ordering::SeqCst);
        }
    });
    let settings = Settings { pace: Pace::PerSecond(50.0), ..Settings::default() };
    let production = Production::new(Box::new(source), log.options.clone(), settings).unwrap();
    let (meter, stop) = (production.meter(), CancellationToken::new());
    let word = async {
        until_acknowledged(&meter, 10).await;
        stop.cancel();
    };
    let (report, ()) = tokio::join!(production.run(&stop), word);
    let report = report.unwrap();
    assert_eq!(report.ended, Ended::Stopped);
    assert!(report.counts.sent >= 10 && report.counts.acknowledged == report.counts.sent, "{report:?}");
    assert_eq!(log.records(), report.counts.sent);
    let ahead = given.load(Ordering::SeqCst) - report.counts.sent;
    assert!(ahead <= 6 * 66, "{ahead} kB were read ahead");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_damage_is_sent() {
    let log = Log::start(BrokerSettings::default()).await;
    let source = Made(|give: Give<'_>| {
        (0..300).try_for_each(|_| give(Topic::Patients, "p1", None, "{}"))?;
        Err(std::io::Error::other("line 301 is torn"))
    });
    let report = log.take(source, Settings::default()).await.unwrap();
    assert!(matches!(&report.ended, Ended::Damaged(why) if why.contains("line 301 is torn")), "{report:?}");
    assert_eq!((report.counts.acknowledged, log.records()), (300, 300));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_log_ends_it_after_its_patience() {
    let log = Log::start(BrokerSettings::default()).await;
    let producer = ProducerSettings { patience: Duration::from_secs(3), ..ProducerSettings::default() };
    let settings = Settings { pace: Pace::PerSecond(1_000.0), producer, ..Settings::default() };
    let production = Production::new(Box::new(numbered(u64::MAX)), log.options.clone(), settings).unwrap();
    let (meter, stop) = (production.meter(), CancellationToken::new());
    let loss = async {
        until_acknowledged(&meter, 1).await;
        log.scope.close(Duration::from_secs(5)).await.unwrap();
        std::future::pending::<()>().await;
    };
    let ran = tokio::select! {
        ran = production.run(&stop) => ran,
        () = loss => unreachable!("it waits for ever"),
    };
    let Err(Error::Lost { acknowledged, .. }) = &ran else { panic!("{ran:?}") };
    assert_eq!(*acknowledged, meter.counts().acknowledged);
    assert!(*acknowledged <= log.records(), "what it calls acknowledged is in the log");
    assert!(*acknowledged > 0 && ran.unwrap_err().to_string().contains("acknowledged"));
}
