//! From a store to a server that answers.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use strata_online_store::OnlineStore;
use strata_runtime::{Clock, Scope};

use crate::http::{Shared, router};
use crate::metrics::Metrics;
use crate::{Config, Error};

/// What requests that are under way are given to be answered when the server is told to end.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Says whether the store is in step with the log.
pub trait Ready: Send + Sync {
    /// Why it is not; `None` if it is.
    fn why_not(&self) -> Option<String>;
}

/// What the server stands on.
#[derive(Clone)]
pub struct Parts {
    /// The patients' recent timelines.
    pub store: OnlineStore,
    /// Whether they are in step with the log.
    pub ready: Arc<dyn Ready>,
    /// Who says when now is.
    pub clock: Arc<dyn Clock>,
}

/// A server with its port bound, ready to [run](FeatureServer::run).
pub struct FeatureServer {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
}

/// Binds the port.
pub fn build(config: &Config, parts: Parts) -> Result<FeatureServer, Error> {
    if !config.host.is_loopback() {
        return Err(Error::NotLoopback(config.host));
    }
    let address = SocketAddr::new(config.host, config.port);
    let listen = || {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let (listener, address) = listen().map_err(|source| Error::Bind { address, source })?;
    let Parts { store, ready, clock } = parts;
    let shared = Shared { store, ready, clock, metrics: Arc::new(Metrics::new()), max_ages: config.max_ages };
    Ok(FeatureServer { listener, address, router: router(Arc::new(shared)) })
}

impl FeatureServer {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, for people.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers until the scope is felled; then answers what is under way.
    pub async fn run(self, scope: &Scope) -> Result<(), Error> {
        let Self { listener, router, address } = self;
        let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|stream| {
            // An answer is one packet: nothing is gained by waiting for more.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps its delay");
            }
        });
        tracing::info!(%address, "answering with features");
        let token = scope.token();
        let server = axum::serve(listener, router).with_graceful_shutdown(scope.token().cancelled_owned());
        tokio::select! {
            ended = server => ended?,
            () = async { token.cancelled().await; tokio::time::sleep(LAST_ANSWERS).await } => {
                tracing::warn!("the feature server ends with requests unanswered");
            }
        }
        Ok(())
    }
}

impl fmt::Debug for FeatureServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeatureServer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("store", &self.store).finish_non_exhaustive()
    }
}
