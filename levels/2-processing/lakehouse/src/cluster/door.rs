//! Where a process listens, and for whom.

use std::net::SocketAddr;

use ballista_core::utils::{GrpcServerConfig, create_grpc_server};
use tokio::net::TcpListener;
use tonic::transport::Server;

use super::{Error, Tls};

/// An address, and what makes it right to listen there.
#[derive(Clone, Debug)]
pub struct Door {
    /// Where; port 0 takes a free one.
    pub address: SocketAddr,
    /// Who comes in shows a certificate.
    pub tls: Option<Tls>,
    /// Somebody said that nobody else can reach this network.
    pub is_private: bool,
}

impl Door {
    pub(super) async fn listen(&self) -> Result<TcpListener, Error> {
        if !self.address.ip().is_loopback() && self.tls.is_none() && !self.is_private {
            return Err(Error::Exposed(self.address));
        }
        let bound = TcpListener::bind(self.address).await;
        bound.map_err(|cause| Error::Bind { address: self.address, cause })
    }

    pub(super) fn server(&self) -> Result<Server, tonic::transport::Error> {
        let server =
            create_grpc_server(&GrpcServerConfig { http2_keepalive_interval_seconds: 10, ..Default::default() });
        match &self.tls {
            Some(tls) => server.tls_config(tls.server()),
            None => Ok(server),
        }
    }
}
