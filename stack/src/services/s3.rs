//! The lake over S3, for other people's tools.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_objects::Objects;
use strata_runtime::Scope;
use strata_s3::Credentials;
use strata_services::{BoxError, Service};

use super::objects::round_trip;
use crate::{S3, Stack};

#[derive(Debug)]
pub(super) struct S3Service {
    pub(super) stack: Arc<Stack>,
    pub(super) open: Mutex<Option<Open>>,
}

/// Where it listens, and what speaks to it as others do.
#[derive(Debug)]
pub(super) struct Open {
    port: u16,
    client: Objects,
}

fn lock(open: &Mutex<Option<Open>>) -> MutexGuard<'_, Option<Open>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service for S3Service {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let S3 { endpoint, credentials } = self.stack.s3(None).await?;
            let key = Credentials::open(&credentials)?;
            let port = endpoint.address().port();
            let how = strata_objects::S3 {
                endpoint: Some(format!("http://127.0.0.1:{port}")),
                access_key_id: Some(key.id),
                secret_access_key: Some(key.secret),
                ..strata_objects::S3::default()
            };
            *lock(&self.open) = Some(Open { port, client: Objects::open("s3://artifacts", &how)? });
            endpoint.run(&scope);
            Ok(())
        }
        .boxed()
    }

    /// An object is written, read and taken away, as a client does it.
    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let client = lock(&self.open).as_ref().map(|open| open.client.clone());
            round_trip(&client.ok_or("the endpoint does not stand")?).await
        }
        .boxed()
    }

    fn port(&self) -> Option<u16> {
        lock(&self.open).as_ref().map(|open| open.port)
    }

    fn url(&self) -> Option<String> {
        self.port().map(|port| format!("http://127.0.0.1:{port}"))
    }
}
