//! From a log to a server that fills it.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use prometheus_client::collector::Collector;
use strata_audit::Audit;
use strata_runtime::{Clock, Scope};

use crate::http::{Shared, router};
use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::pseudonym::Pseudonyms;
use crate::room::Room;
use crate::seen::Seen;
use crate::tokens::Tokens;
use crate::{Config, Convert, Error, EventLog, Stats};

/// What requests that are under way are given to be answered when the gateway is told to end.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// What the gateway stands on.
pub struct Parts {
    /// Where events go.
    pub log: Arc<dyn EventLog>,
    /// Who knows FHIR.
    pub convert: Arc<dyn Convert>,
    /// Where it is written down who sent them.
    pub audit: Audit,
    /// Who says when they arrived.
    pub clock: Arc<dyn Clock>,
    /// Pages for people, behind the same guards, for whoever may read. They have the `/` and no path of the gateway's; the
    /// list of endpoints, which is there without them, is at `/endpoints` either way.
    pub pages: Option<Router>,
    /// What others count, to be scraped here: its names begin with `strata_`, and no label of it is a patient's.
    pub collectors: Vec<Box<dyn Collector>>,
}

/// A server with its port bound, ready to [run](Gateway::run).
pub struct Gateway {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    stats: Arc<Stats>,
}

/// Reads the tokens and the key, and binds the port.
pub fn build(config: &Config, parts: Parts) -> Result<Gateway, Error> {
    if !config.host.is_loopback() && config.tokens.is_none() {
        return Err(Error::Open(config.host));
    }
    let tokens = config.tokens.as_deref().map(Tokens::load).transpose()?;
    let key = config.pseudonym_key.as_deref();
    let pseudonyms = key.map(|path| Pseudonyms::load(path, &config.data_folder)).transpose()?;
    let address = SocketAddr::new(config.host, config.port);
    let (listener, address) = bind(address).map_err(|source| Error::Bind { address, source })?;

    let Parts { log, convert, audit, clock, pages, collectors } = parts;
    let room = Room::new(config.in_flight_bytes);
    let seen = Arc::new(Seen::default());
    let metrics = Metrics::new(room.clone(), collectors);
    let stats = Arc::clone(&metrics.stats);
    let shared = Shared {
        log,
        convert,
        audit,
        audit_works: Arc::new(AtomicBool::new(true)),
        clock,
        intake: Arc::new(Intake::new(pseudonyms, Arc::clone(&seen))),
        seen,
        tokens,
        metrics: Arc::new(metrics),
        room,
        longest_record: config.max_record_bytes,
        longest_body: config.max_body_bytes,
    };
    Ok(Gateway { listener, address, router: router(Arc::new(shared), pages), stats })
}

fn bind(address: SocketAddr) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

impl Gateway {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, for people.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it takes in; to be kept and asked while it runs.
    pub fn stats(&self) -> Arc<Stats> {
        Arc::clone(&self.stats)
    }

    /// All routes with their guards, to be asked in process.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Answers until the scope is felled; then answers what is under way.
    ///
    /// To be run as a member of the scope, or of one that stands on it.
    pub async fn run(self, scope: &Scope) -> Result<(), Error> {
        let Self { listener, router, address, .. } = self;
        let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|stream| {
            // An answer is one packet: nothing is gained by waiting for more.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps its delay");
            }
        });
        tracing::info!(%address, "taking events");
        let token = scope.token();
        let server = axum::serve(listener, router).with_graceful_shutdown(scope.token().cancelled_owned());
        tokio::select! {
            ended = server => ended?,
            () = async { token.cancelled().await; tokio::time::sleep(LAST_ANSWERS).await } => {
                tracing::warn!("the gateway ends with requests unanswered");
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("address", &self.address).finish_non_exhaustive()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("audit", &self.audit).finish_non_exhaustive()
    }
}
