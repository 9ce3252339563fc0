//! Small values by key: in the data folder, or in Redis.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_config::Secret;
use strata_key_value::{Entry, KeyValue};
use strata_runtime::{Clock, Scope};
use strata_services::{BoxError, Service};

/// Nobody else's key begins like this.
const KEY: &[u8] = b"strata/health";

#[derive(Debug)]
pub(super) struct KeyValueService {
    pub(super) url: Secret,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: Mutex<Option<Arc<dyn KeyValue>>>,
}

impl KeyValueService {
    /// The store, while it stands.
    pub(super) fn store(&self) -> Option<Arc<dyn KeyValue>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Service for KeyValueService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            // Of the time before a restart; it holds the folder.
            self.store.lock().unwrap_or_else(PoisonError::into_inner).take();
            let store = strata_key_value::open(&self.url, Arc::clone(&self.clock)).await?;
            *self.store.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&store));
            let stopping = scope.token();
            scope.spawn_service("watch", async move {
                tokio::select! {
                    // To be raised again, with a store that is opened anew.
                    () = store.lost() => Err(BoxError::from("its disk failed under a write: it is opened anew")),
                    () = stopping.cancelled() => Ok(()),
                }
            });
            Ok(())
        }
        .boxed()
    }

    /// A value is put and read.
    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let store = self.store().ok_or("the store is not open")?;
            let now = self.clock.now_micros();
            let value = now.to_be_bytes().to_vec();
            store.put_many(vec![Entry::new(KEY.to_vec(), now, value.clone())]).await?;
            let read = store.get(KEY).await?;
            if read.is_some_and(|read| read >= value) { Ok(()) } else { Err("a value is not what was put".into()) }
        }
        .boxed()
    }
}
