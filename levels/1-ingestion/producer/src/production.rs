//! One source, one log, one pace.

use std::fmt;
use std::time::Duration;

use strata_broker::client::{Error as LogError, Options, Producer, ProducerSettings};
use strata_sources::Source;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::pace::Schedule;
use crate::reading::{CHUNKS, Chunk};
use crate::{Ended, Error, Meter, Pace, Report, reading, topics};

/// How often is asked whether the log is lost.
const ASKING: Duration = Duration::from_millis(100);

/// How a production goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// How fast.
    pub pace: Pace,
    /// It ends after so many records; `None`: with the source.
    pub most: Option<u64>,
    /// How records are gathered, and how long a silent log is waited for.
    pub producer: ProducerSettings,
}

/// Sends a source's records to an event log.
pub struct Production {
    source: Box<dyn Source>,
    options: Options,
    settings: Settings,
    meter: Meter,
}

impl Production {
    /// Plans it; nothing is read or sent yet.
    pub fn new(source: Box<dyn Source>, options: Options, settings: Settings) -> Result<Self, Error> {
        settings.pace.check()?;
        Ok(Self { source, options, settings, meter: Meter::default() })
    }

    /// What tells how far it is while it runs, and after a failure how far it came.
    pub fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Makes the topics that are missing and sends, until the source ends, the count is reached or it is told to stop. What
    /// was sent by then is acknowledged when this returns; what was only read is dropped.
    ///
    /// A record that the log refuses is counted, and the rest goes on. A log that does not answer within the producer's
    /// patience ends it.
    pub async fn run(self, stop: &CancellationToken) -> Result<Report, Error> {
        let Self { mut source, options, settings, meter } = self;
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(Report::of(&meter, Ended::Stopped, None)),
            ensured = topics::ensure(&options) => ensured?,
        }
        let producer = Producer::new(&options, &settings.producer)?;
        meter.begin(&producer);
        let (sender, receiver) = mpsc::channel(CHUNKS);
        let (counting, most) = (meter.clone(), settings.most);
        let reading = tokio::task::spawn_blocking(move || reading::read(&mut *source, most, &counting, sender));
        let sending = async {
            let stopped = tokio::select! {
                biased;
                () = stop.cancelled() => true,
                sent = send(receiver, settings.pace, &producer, &meter) => sent.map(|()| false)?,
            };
            producer.flush().await;
            Ok::<_, Error>(stopped)
        };
        let sent = tokio::select! {
            sent = sending => sent,
            cause = lost(&producer) => Err(cause.into()),
        };
        meter.end();
        // It ends by itself: its channel is closed.
        let (ended, summary) = reading.await.map_err(Error::Reader)?;
        let acknowledged = producer.tally().delivered;
        let is_lost = |error: Error| match error {
            Error::Log(cause) => Error::Lost { acknowledged, cause },
            other => other,
        };
        let stopped = sent.map_err(is_lost)?;
        if let Some(cause) = loss(&producer) {
            return Err(is_lost(cause.into()));
        }
        let (ended, summary) = if stopped { (Ended::Stopped, None) } else { (ended, summary) };
        Ok(Report::of(&meter, ended, summary))
    }
}

impl fmt::Debug for Production {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Production").field("log", &self.options.bootstrap).finish_non_exhaustive()
    }
}

/// Sends what comes, each record in its place. May be dropped at any point: a record was sent and counted, or neither.
async fn send(mut chunks: mpsc::Receiver<Chunk>, pace: Pace, producer: &Producer, meter: &Meter) -> Result<(), Error> {
    let mut schedule = Schedule::new(pace);
    let mut began = None;
    while let Some(chunk) = chunks.recv().await {
        // From the first record on: a source that takes long to begin has not fallen behind.
        let began = *began.get_or_insert_with(Instant::now);
        for record in chunk.records() {
            if let Some(due) = schedule.place(record.arrived_at, || began.elapsed())?
                && due > began.elapsed()
            {
                // Beyond all measure is not reached either way.
                sleep_until(began.checked_add(due).unwrap_or(began + Duration::from_hours(24 * 365))).await;
            }
            match producer.post(record.topic.name(), Some(record.key), record.line).await {
                Ok(()) => meter.sent(record.line.len()),
                Err(reason @ (LogError::TooLarge { .. } | LogError::Refused { .. })) => meter.refuse(reason),
                Err(cause) => return Err(cause.into()),
            }
        }
    }
    Ok(())
}

/// Waits until the log is lost.
async fn lost(producer: &Producer) -> LogError {
    loop {
        if let Some(cause) = loss(producer) {
            return cause;
        }
        sleep(ASKING).await;
    }
}

/// What says that the log is lost: a record was given up, and not for what it is.
fn loss(producer: &Producer) -> Option<LogError> {
    if producer.tally().failed == 0 {
        return None;
    }
    let lost = |cause: &LogError| !matches!(cause, LogError::TooLarge { .. } | LogError::Refused { .. });
    producer.failures().into_iter().map(|(cause, _)| cause).find(lost)
}
