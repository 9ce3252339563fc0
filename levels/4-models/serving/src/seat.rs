//! Where the model sits that answers. Another can take its place at any time, and no request notices: each takes the model
//! once, and its answer is of that one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::served::Loaded;
use crate::{Error, Served};

/// Clones are the same seat.
#[derive(Clone, Debug, Default)]
pub struct Seat(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    model: RwLock<Option<Arc<Loaded>>>,
    swaps: AtomicU64,
    failures: AtomicU64,
}

impl Seat {
    /// Lets this model answer from now on, if it fits this program; else the one that answers goes on.
    pub fn give(&self, served: Served) -> Result<(), Error> {
        let loaded = Arc::new(Loaded::load(served)?);
        let before = self.0.model.write().unwrap_or_else(PoisonError::into_inner).replace(loaded);
        if before.is_some() {
            self.0.swaps.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Counts that a model which was to answer could not be had, or did not fit.
    pub fn missed(&self) {
        self.0.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// The model that answers.
    pub(crate) fn model(&self) -> Option<Arc<Loaded>> {
        self.0.model.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn swaps(&self) -> u64 {
        self.0.swaps.load(Ordering::Relaxed)
    }

    pub(crate) fn failures(&self) -> u64 {
        self.0.failures.load(Ordering::Relaxed)
    }
}
