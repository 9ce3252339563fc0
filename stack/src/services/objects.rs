//! Objects: the data folder, or S3.

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use strata_objects::Objects;
use strata_runtime::Scope;
use strata_services::{BoxError, Service};
use uuid::Uuid;

#[derive(Debug)]
pub(super) struct ObjectsService(pub(super) Objects);

impl Service for ObjectsService {
    fn raise(&self, _scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async { Ok(()) }.boxed()
    }

    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move { round_trip(&self.0).await }.boxed()
    }
}

/// An object is written, read and taken away.
pub(super) async fn round_trip(objects: &Objects) -> Result<(), BoxError> {
    let name = format!("health/{}", Uuid::new_v4());
    objects.put_new(&name, Bytes::from_static(b"well")).await?;
    let read = objects.get(&name).await;
    objects.remove(&name).await?;
    if read? == b"well"[..] { Ok(()) } else { Err("an object is not what was written".into()) }
}
