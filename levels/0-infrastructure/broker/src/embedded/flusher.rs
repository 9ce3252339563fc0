//! Group commit: whoever waits for a partition to be durable shares one sync with all who came before it started.
//!
//! A few threads sync, each one partition at a time, so that file systems that commit together can do so; a partition
//! that grew meanwhile is synced again at once. They end when nothing is left to do.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::partition::Partition;

/// Partitions that are synced side by side.
const THREADS: usize = 8;

/// Syncs what it is given, soon.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flusher(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Arc<Partition>>,
    threads: usize,
}

impl Flusher {
    /// Has a partition synced. Does not wait. Called within a Tokio runtime.
    pub(crate) fn submit(&self, partition: &Arc<Partition>) {
        if partition.queued.swap(true, Ordering::SeqCst) {
            return;
        }
        let mut state = self.state();
        state.waiting.push_back(Arc::clone(partition));
        if state.threads < THREADS {
            state.threads += 1;
            let flusher = self.clone();
            tokio::task::spawn_blocking(move || flusher.work());
        }
    }

    fn work(&self) {
        loop {
            let next = {
                let mut state = self.state();
                let next = state.waiting.pop_front();
                if next.is_none() {
                    state.threads -= 1;
                }
                next
            };
            let Some(partition) = next else { return };
            partition.flush(false);
            partition.queued.store(false, Ordering::SeqCst);
            // Appended while it was syncing: whoever did so found it queued and relies on this.
            if partition.is_dirty() && !partition.queued.swap(true, Ordering::SeqCst) {
                self.state().waiting.push_back(partition);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
