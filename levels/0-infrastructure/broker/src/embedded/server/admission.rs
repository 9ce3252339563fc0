//! Memory for what is on its way: shared by all connections, waited for when it is used up.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::Settings;

/// Bytes per permit.
const UNIT: usize = 1024;

/// The memory that requests and answers may take.
#[derive(Debug)]
pub(super) struct Admission {
    requests: Share,
    fetches: Share,
}

#[derive(Debug)]
struct Share {
    permits: Arc<Semaphore>,
    all: usize,
}

/// Memory that was granted, until it is dropped.
#[derive(Debug)]
pub(super) struct Granted {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Admission {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { requests: Share::new(settings.requests_memory), fetches: Share::new(settings.fetches_memory) }
    }

    /// Waits for memory for a request.
    pub(super) async fn request(&self, bytes: usize) -> Granted {
        self.requests.grant(bytes).await
    }

    /// Waits for memory for the answer to a fetch.
    pub(super) async fn fetch(&self, bytes: usize) -> Granted {
        self.fetches.grant(bytes).await
    }
}

impl Share {
    fn new(bytes: usize) -> Self {
        let all = (bytes / UNIT).max(1);
        Self { permits: Arc::new(Semaphore::new(all)), all }
    }

    /// More than there is at all is granted when everything is free.
    async fn grant(&self, bytes: usize) -> Granted {
        let units = u32::try_from(bytes.div_ceil(UNIT).min(self.all)).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        Granted { _permit: Arc::clone(&self.permits).acquire_many_owned(units).await.ok() }
    }
}
