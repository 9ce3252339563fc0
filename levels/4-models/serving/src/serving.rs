//! From a model and the record to a server that answers.

use std::convert::Infallible;
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use strata_runtime::{Clock, Scope};
use tokio::sync::oneshot;

use crate::http::{Shared, router};
use crate::metrics::Metrics;
use crate::prediction_log::{PredictionLog, Writer, make_folder};
use crate::{Config, Error, Seat, Served, Vectors};

/// What requests that are under way are given to be answered when serving is told to end.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// A server with its port bound and its model checked, ready to [run](Serving::run).
pub struct Serving {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    seat: Seat,
    writer: Writer,
}

/// Binds the port, checks the model and makes the folder of the prediction log.
///
/// Without a model it runs all the same (fault 39): `/readyz` says why it is not ready, and a prediction is
/// answered with 503, until it is [given](Seat::give) one.
pub fn build(
    config: Config,
    record: Arc<dyn Vectors>,
    served: Option<Served>,
    clock: Arc<dyn Clock>,
) -> Result<Serving, Error> {
    let Config { host, port, top_factors, prediction_log: folder } = config;
    if !host.is_loopback() {
        return Err(Error::NotLoopback(host));
    }
    let seat = Seat::default();
    served.map(|served| seat.give(served)).transpose()?;
    make_folder(&folder).map_err(|source| Error::PredictionLog { path: folder.clone(), source })?;
    let (listener, address) = bind(SocketAddr::new(host, port))?;

    let metrics = Arc::new(Metrics::new(&seat));
    let (prediction_log, writer) = PredictionLog::new(folder, Arc::clone(&metrics));
    let shared = Shared { record, seat: seat.clone(), clock, metrics, prediction_log, top_factors };
    Ok(Serving { listener, address, router: router(Arc::new(shared)), seat, writer })
}

fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let listen = || {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    listen().map_err(|source| Error::Bind { address, source })
}

impl Serving {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, for people.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the model sits that answers.
    pub fn seat(&self) -> Seat {
        self.seat.clone()
    }

    /// All routes with their guards, to be asked in process. Predictions are written down only while it
    /// [runs](Self::run).
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Answers until the scope is felled; then answers what is under way and flushes the prediction log.
    ///
    /// To be run as a member of the scope, or of one that stands on it.
    pub async fn run(self, scope: &Scope) -> Result<(), Error> {
        let Self { listener, router, writer, address, seat: _ } = self;
        let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|stream| {
            // An answer is one packet: nothing is gained by waiting for more.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps its delay");
            }
        });
        let (stop_writing, stopped) = oneshot::channel::<Infallible>();
        let (flushed, when_flushed) = oneshot::channel::<Infallible>();
        scope.spawn_service("prediction-log", async move {
            writer.run(stopped).await;
            drop(flushed);
            Ok::<_, Infallible>(())
        });

        tracing::info!(%address, "serving");
        let token = scope.token();
        let server = axum::serve(listener, router).with_graceful_shutdown(scope.token().cancelled_owned());
        tokio::select! {
            ended = server => ended?,
            () = async { token.cancelled().await; tokio::time::sleep(LAST_ANSWERS).await } => {
                tracing::warn!("serving ends with requests unanswered");
            }
        }
        drop(stop_writing);
        // Told by being dropped, which a writer that is aborted does too.
        let _ = when_flushed.await;
        Ok(())
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").field("address", &self.address).finish_non_exhaustive()
    }
}
