//! The lake over S3, for other people's tools.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_runtime::Scope;
use strata_services::{BoxError, Service};

use super::answer_of;
use crate::Stack;

#[derive(Debug)]
pub(super) struct S3Service {
    pub(super) stack: Arc<Stack>,
    pub(super) listening: Mutex<Option<u16>>,
}

impl Service for S3Service {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let endpoint = self.stack.s3(None).await?.endpoint;
            *self.listening.lock().unwrap_or_else(PoisonError::into_inner) = Some(endpoint.address().port());
            endpoint.run(&scope);
            Ok(())
        }
        .boxed()
    }

    /// It answers, and lets nobody in without a signature.
    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let url = self.url().ok_or("the endpoint does not stand")?;
            match answer_of(url).await? {
                (403, _) => Ok(()),
                (code, _) => Err(format!("a stranger was answered with {code}, not with 403").into()),
            }
        }
        .boxed()
    }

    fn port(&self) -> Option<u16> {
        *self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn url(&self) -> Option<String> {
        self.port().map(|port| format!("http://127.0.0.1:{port}"))
    }
}
