//! Remembers every prediction: what was said, by which model, from which numbers.
//!
//! The served features are written down as they were, so that what serving computed can be compared with what the
//! record gives later, and a label can be joined by the prediction's id once it is known.
//!
//! Remembering never fails or delays a prediction: the handler drops the [`Remembered`] into a bounded channel and goes
//! on. When the channel is full (the disk is too slow) or the disk refuses, the loss is counted in
//! `strata_serving_prediction_log_failures_total` and logged, without the patient.

mod file;
mod line;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use strata_features::Vector;
use strata_types::{PatientId, Timestamp};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::metrics::Metrics;
pub(crate) use file::make_folder;
pub(crate) use line::Header;
pub(crate) use writer::Writer;

/// Predictions that may wait for the disk: two seconds at the promised load, 3 MB at most.
const WAITING: usize = 4096;

/// A prediction, to be written down.
#[derive(Debug)]
pub(crate) struct Remembered {
    /// Of the model that said it.
    pub(crate) header: Arc<Header>,
    pub(crate) prediction_id: Uuid,
    /// When it was asked for.
    pub(crate) at: Timestamp,
    pub(crate) patient: PatientId,
    /// As of when it answers.
    pub(crate) time: Timestamp,
    pub(crate) probability: f32,
    pub(crate) vector: Vector,
}

/// The handler's end.
#[derive(Clone, Debug)]
pub(crate) struct PredictionLog {
    to_writer: mpsc::Sender<Box<Remembered>>,
    metrics: Arc<Metrics>,
}

impl PredictionLog {
    /// A log and the writer that has to run for it.
    pub(crate) fn new(folder: PathBuf, metrics: Arc<Metrics>) -> (Self, Writer) {
        let (to_writer, from_handlers) = mpsc::channel(WAITING);
        let writer = Writer::new(from_handlers, folder, Arc::clone(&metrics));
        (Self { to_writer, metrics }, writer)
    }

    /// Takes a prediction to be written down; never waits.
    pub(crate) fn remember(&self, remembered: Remembered) {
        let prediction_id = remembered.prediction_id;
        if let Err(error) = self.to_writer.try_send(Box::new(remembered)) {
            let reason = match error {
                mpsc::error::TrySendError::Full(_) => "the disk is too slow",
                mpsc::error::TrySendError::Closed(_) => "serving is ending",
            };
            self.metrics.prediction_log_failures.inc();
            tracing::error!(%prediction_id, reason, "a prediction was answered but not remembered");
        }
    }
}

#[cfg(test)]
mod tests {
    use strata_features::FEATURE_COUNT;

    use super::*;
    use crate::Seat;

    /// A disk that does not keep up costs lines, never time: what does not fit is counted.
    #[test]
    fn a_full_channel_is_counted_and_waits_for_nobody() {
        let metrics = Arc::new(Metrics::new(&Seat::default()));
        let header =
            Arc::new(Header { model_version: String::new(), run_id: String::new(), feature_set: String::new() });
        let (log, writer) = PredictionLog::new(PathBuf::new(), Arc::clone(&metrics));
        let remember = || {
            log.remember(Remembered {
                header: Arc::clone(&header),
                prediction_id: Uuid::nil(),
                at: Timestamp(0),
                patient: "p1".parse().unwrap(),
                time: Timestamp(0),
                probability: 0.5,
                vector: [f32::NAN; FEATURE_COUNT],
            });
        };
        (0..WAITING + 3).for_each(|_| remember());
        assert_eq!(metrics.prediction_log_failures.get(), 3);
        drop(writer);
        remember();
        assert_eq!(metrics.prediction_log_failures.get(), 4);
    }
}
