//! The endpoint: binding, and serving in a scope.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use strata_runtime::Scope;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::access::Access;
use crate::door::Door;
use crate::store::Store;
use crate::wire::Wire;
use crate::{Bucket, Credentials, Error};

/// Connections at once; who comes later waits.
const CONNECTIONS: usize = 512;
/// How long a client may take to say what it wants.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);

/// What the endpoint needs.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// The folder whose first-level folders are the buckets.
    pub folder: PathBuf,
    /// Which of them are.
    pub buckets: Vec<Bucket>,
    /// Who may come in.
    pub credentials: Credentials,
}

/// An endpoint that has its port and its folders, and does not answer yet.
pub struct Endpoint {
    listener: TcpListener,
    address: SocketAddr,
    service: Door,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Makes the buckets' folders, clears what uploads left half-done, and takes the port.
    pub async fn bind(config: Config) -> Result<Self, Error> {
        let Config { address, folder, buckets, credentials } = config;
        let store = Store::open(folder, &buckets)?;
        let bind = async {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = bind.await.map_err(|source| Error::Bind { address, source })?;
        let names = buckets.iter().map(|bucket| bucket.name.clone()).collect();
        let mut builder = S3ServiceBuilder::new(Wire::new(Arc::new(store), names));
        builder.set_auth(SimpleAuth::from_single(credentials.id, credentials.secret.expose()));
        builder.set_access(Access { buckets });
        Ok(Self { listener, address, service: Door(builder.build()) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the scope is felled; requests that are under way are finished first.
    pub fn run(self, scope: &Scope) {
        let connections = scope.child("connections");
        scope.spawn_service("accept", self.accept(connections, scope.clone()));
    }

    async fn accept(self, connections: Scope, scope: Scope) -> io::Result<()> {
        let stopping = scope.token();
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let next = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, self.listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                () = stopping.cancelled() => return Ok(()),
                next = next => next,
            };
            match accepted {
                Ok((stream, _peer)) => {
                    let serve = serve(stream, self.service.clone(), connections.clone());
                    connections.spawn("connection", async move {
                        serve.await;
                        drop(place);
                        Ok::<_, io::Error>(())
                    });
                }
                // The peer is gone already, or there are no descriptors left until some connection ends.
                Err(error) => {
                    tracing::warn!(%error, "the S3 endpoint could not take a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

async fn serve(stream: TcpStream, service: Door, scope: Scope) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let stopping = scope.token();
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "an S3 connection ended early");
    }
}
