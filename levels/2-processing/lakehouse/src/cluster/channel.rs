//! Connections to members, bounded in time: whoever has gone is noticed.

use std::time::Duration;

use tonic::transport::{Endpoint, Error};

use super::Tls;

/// An endpoint at `HOST:PORT`.
pub(crate) fn endpoint(place: &str, tls: Option<&Tls>) -> Result<Endpoint, Error> {
    let scheme = if tls.is_some() { "https" } else { "http" };
    bounded(Endpoint::from_shared(format!("{scheme}://{place}"))?, tls)
}

/// The same endpoint, which gives up on whoever does not answer, and shows a certificate where there is one.
pub(crate) fn bounded(endpoint: Endpoint, tls: Option<&Tls>) -> Result<Endpoint, Error> {
    let endpoint = endpoint
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(20))
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(10))
        .keep_alive_timeout(Duration::from_secs(20))
        .keep_alive_while_idle(true);
    match tls {
        Some(tls) => endpoint.tls_config(tls.client()),
        None => Ok(endpoint),
    }
}
