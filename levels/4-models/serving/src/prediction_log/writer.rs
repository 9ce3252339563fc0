//! The one task that writes.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::sync::{mpsc, oneshot};

use super::{Remembered, file, line};
use crate::metrics::Metrics;

/// Predictions that are written at once when they have piled up.
const BATCH: usize = 256;

/// Takes predictions from the channel and appends them to the file of their day.
#[derive(Debug)]
pub(crate) struct Writer {
    from_handlers: mpsc::Receiver<Box<Remembered>>,
    folder: PathBuf,
    metrics: Arc<Metrics>,
    /// The file that is open, and its date.
    open: Option<(String, File)>,
}

impl Writer {
    pub(super) fn new(from_handlers: mpsc::Receiver<Box<Remembered>>, folder: PathBuf, metrics: Arc<Metrics>) -> Self {
        Self { from_handlers, folder, metrics, open: None }
    }

    /// Writes until told to stop (or until whoever would tell is gone), then writes what still waits.
    pub(crate) async fn run(mut self, mut stop: oneshot::Receiver<Infallible>) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut stopping = false;
        loop {
            tokio::select! {
                biased;
                // Closing refuses new predictions; those that wait are still received.
                _ = &mut stop, if !stopping => {
                    stopping = true;
                    self.from_handlers.close();
                }
                received = self.from_handlers.recv_many(&mut batch, BATCH) => {
                    if received == 0 {
                        break;
                    }
                    self.write(&batch).await;
                    batch.clear();
                }
            }
        }
        if let Some((_, file)) = &mut self.open
            && let Err(error) = file.sync_data().await
        {
            tracing::error!(%error, "the prediction log could not be flushed to the disk");
        }
    }

    /// Writes a batch, day by day.
    async fn write(&mut self, batch: &[Box<Remembered>]) {
        for day in batch.chunk_by(|a, b| a.at.date() == b.at.date()) {
            if let Err(error) = self.write_day(day).await {
                // The file may have been moved away or the disk be full: begin anew with the next batch.
                self.open = None;
                self.metrics.prediction_log_failures.inc_by(day.len() as u64);
                tracing::error!(%error, predictions = day.len(), "predictions were answered but not remembered");
            }
        }
    }

    async fn write_day(&mut self, day: &[Box<Remembered>]) -> std::io::Result<()> {
        let mut lines = Vec::new();
        for remembered in day {
            line::append(&mut lines, remembered)?;
        }
        let Some(first) = day.first() else { return Ok(()) };
        let date = first.at.date();
        if self.open.as_ref().is_none_or(|(open, _)| *open != date) {
            self.open = Some((date.clone(), file::open(&self.folder, &date).await?));
        }
        let Some((_, file)) = &mut self.open else { return Ok(()) };
        file.write_all(&lines).await?;
        // Tokio's files write behind: only a flush tells whether it worked.
        file.flush().await
    }
}
