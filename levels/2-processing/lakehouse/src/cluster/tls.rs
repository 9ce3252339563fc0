//! Certificates for both ends of every connection: who has none of the cluster's authority is refused, and reads nothing.

use std::fmt;
use std::path::Path;

use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};

use super::Error;

/// The name that every member's certificate is for. Members move, and come and go: who they are is told by the authority that
/// signed them, not by where they are.
const NAME: &str = "strata-cluster";

/// A member's certificate, its key, and the authority that it trusts.
#[derive(Clone)]
pub struct Tls {
    authority: Certificate,
    identity: Identity,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the three PEM files. The certificate has to be for the name `strata-cluster`, as a server's and a client's.
    pub fn read(authority: &Path, certificate: &Path, key: &Path) -> Result<Self, Error> {
        // Several crates bring a library of ciphers each; without a choice, a server does not know which to take.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let read = |file: &Path| {
            std::fs::read(file).map_err(|cause| Error::Tls { file: file.to_owned(), cause: cause.into() })
        };
        let identity = Identity::from_pem(read(certificate)?, read(key)?);
        let tls = Self { authority: Certificate::from_pem(read(authority)?), identity };
        // What does not fit together is told now, and not by whoever connects.
        let fits = tonic::transport::Server::builder().tls_config(tls.server());
        let refused = |cause: tonic::transport::Error| Error::Tls { file: certificate.to_owned(), cause: cause.into() };
        fits.map(|_| tls).map_err(refused)
    }

    pub(super) fn server(&self) -> ServerTlsConfig {
        ServerTlsConfig::new().identity(self.identity.clone()).client_ca_root(self.authority.clone())
    }

    pub(super) fn client(&self) -> ClientTlsConfig {
        let config = ClientTlsConfig::new().ca_certificate(self.authority.clone());
        config.identity(self.identity.clone()).domain_name(NAME)
    }
}
