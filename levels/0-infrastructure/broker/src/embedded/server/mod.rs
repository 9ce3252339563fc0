//! Answers Kafka's clients: connections, requests, and one file per family of them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use strata_runtime::Scope;
use tokio::net::TcpListener;

use super::broker::Inner;

mod admission;
use admission::Admission;

mod connection;
use connection::Connection;

mod dispatch;
mod fetch;
mod groups;
mod list_offsets;
mod members;
mod metadata;
mod offsets;
mod produce;
mod producer_ids;
mod topics;

/// This broker among the brokers of its cluster, of which there is one.
const NODE: i32 = 0;
/// There never was another leader.
const LEADER_EPOCH: i32 = 0;

/// Accepts connections until the scope is felled.
pub(crate) fn serve(inner: &Arc<Inner>, scope: &Scope, listener: TcpListener) {
    let inner = Arc::clone(inner);
    let connections = scope.child("connections");
    let stopping = scope.token();
    scope.spawn_service("accept", async move {
        let admission = Arc::new(Admission::new(&inner.settings));
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stopping.cancelled() => return Ok::<_, std::io::Error>(()),
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, or the peer is gone already; the next may be well again.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    continue;
                }
            };
            if inner.connections.fetch_add(1, Ordering::Relaxed) >= inner.settings.connections {
                inner.connections.fetch_sub(1, Ordering::Relaxed);
                tracing::warn!(%peer, most = inner.settings.connections, "closed a connection: there are too many");
                continue;
            }
            let (inner, admission, stopping) = (Arc::clone(&inner), Arc::clone(&admission), connections.token());
            connections.spawn("connection", async move {
                let counted = Counted(Arc::clone(&inner));
                tokio::select! {
                    ended = Connection::run(inner, admission, stream) => {
                        if let Err(error) = ended {
                            tracing::debug!(%peer, %error, "a connection ended");
                        }
                    }
                    () = stopping.cancelled() => {}
                }
                drop(counted);
                Ok::<_, std::io::Error>(())
            });
        }
    });
}

/// A connection in the count of them, however it ends.
struct Counted(Arc<Inner>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
