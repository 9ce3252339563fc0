//! The processes of a cluster: a scheduler, which hands out tasks, and executors, which ask it for them.
//!
//! Both are Ballista's, held so that a cluster is one binary with one way in: an executor *pulls* its tasks, so that nobody
//! has to reach it but for results. Who can reach a scheduler can have plans run, and who can reach an executor can read the
//! results it holds; so both listen on loopback alone, unless every connection shows a certificate ([`Tls`]), or somebody says
//! in so many words that the network is private.

mod tls;
pub use tls::Tls;

mod door;
pub use door::Door;

mod channel;
pub(crate) use channel::{bounded, endpoint};

mod roster;
pub use roster::{Member, Roster};

mod scheduler;
pub use scheduler::Scheduler;

mod executor;
pub use executor::{Executor, Settings};

use std::net::SocketAddr;
use std::path::PathBuf;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::net::TcpListener;
use tonic::transport::server::{Router, TcpIncoming};

/// Answers whoever comes.
fn serve(router: Router, listener: TcpListener) -> BoxFuture<'static, Result<(), tonic::transport::Error>> {
    router.serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true))).boxed()
}

/// Why a process of a cluster did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Others could come in.
    #[error(
        "{0} is no loopback address: whoever reaches it could have any plan run on the lake. Set up certificates \
         (cluster.tls_authority, cluster.tls_certificate, cluster.tls_key), or say --private-network if nobody else can \
         reach this network"
    )]
    Exposed(SocketAddr),
    /// The port cannot be had.
    #[error("cannot listen on {address}: {cause}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// A certificate or key cannot be used.
    #[error("cannot use `{file}` for TLS: {cause}")]
    Tls {
        /// The file.
        file: PathBuf,
        /// Why not.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no scheduler to work for.
    #[error(transparent)]
    Scheduler(#[from] crate::batch::Error),
    /// The folder for results cannot be used.
    #[error("cannot use the work folder `{folder}`: {cause}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// It ran, and ended.
    #[error("the {what} ended: {cause}")]
    Ended {
        /// Which process.
        what: &'static str,
        /// Why.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}
