//! From a configuration to a registry that answers.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use strata_artifacts::Artifacts;
use strata_audit::Audit;
use strata_database::{Database, TurnKeeper, Turns};
use strata_runtime::{Clock, Scope};
use tokio::net::TcpSocket;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::audited::Tally;
use crate::door::{self, door};
use crate::faces::faces;
use crate::gateway::Vault;
use crate::metrics::{Clerk, Ledger};
use crate::migrations::MIGRATIONS;
use crate::shared::{Parts, READERS, Shared};
use crate::webhooks::post::Carrier;
use crate::webhooks::settings::Settings;
use crate::{Config, access, experiments, webhooks};

/// How many connections may wait to be taken: more than a system gives without being asked, whose clients are hung up on
/// where thousands come at once.
const WAITING: u32 = 4096;
/// What requests that are under way are given to be answered when the registry is told to end.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Why a registry does not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Everybody on the network could do everything.
    #[error("the registry would listen on {0} without knowing its users")]
    Open(std::net::IpAddr),
    /// There is no user, and no password for the first.
    #[error("the registry has no user yet: give a password for the administrator {0}")]
    NoAdmin(String),
    /// The folder, the port or the key of webhooks' secrets.
    #[error("{what}")]
    Io {
        /// What could not be had.
        what: String,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The key of webhooks' secrets is none.
    #[error("{0}")]
    Key(String),
    /// The database could not be opened.
    #[error(transparent)]
    Database(#[from] strata_database::Error),
    /// The log of changes could not be opened.
    #[error(transparent)]
    Audit(#[from] strata_audit::Error),
    /// The artifacts' store could not be opened.
    #[error(transparent)]
    Artifacts(#[from] strata_artifacts::Error),
    /// The first experiment could not be given its place.
    #[error("the first experiment could not be made")]
    First(#[source] crate::Error),
    /// The first user could not be made.
    #[error("the first user could not be made")]
    Users(#[source] crate::Error),
}

/// A registry with its tables there and no port, for this process alone, as long as it [works](Opened::work).
pub struct Opened {
    router: Router,
    database: Database,
    carrier: Carrier,
    keeper: TurnKeeper,
    turns: Turns,
    tally: Tally,
    clerk: Clerk,
}

/// A registry with its port bound and its tables there, ready to [run](Registry::run).
pub struct Registry {
    listener: TcpListener,
    address: SocketAddr,
    opened: Opened,
}

/// Opens the store and binds the port.
pub async fn build(config: &Config, clock: Arc<dyn Clock>) -> Result<Registry, StartError> {
    if config.users.is_none() && !config.host.is_loopback() {
        return Err(StartError::Open(config.host));
    }
    let opened = open(config, clock).await?;
    let address = SocketAddr::new(config.host, config.port);
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let listener = socket.listen(WAITING)?.into_std()?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let failed = |cause| StartError::Io { what: format!("{address} could not be bound"), cause };
    let (listener, address) = listen().map_err(failed)?;
    Ok(Registry { listener, address, opened })
}

/// Opens the store. No port is bound.
pub async fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Opened, StartError> {
    let folder = &config.data_dir;
    let failed = |what: String| move |cause| StartError::Io { what, cause };
    std::fs::create_dir_all(folder).map_err(failed(format!("{} could not be made", folder.display())))?;
    let database = Database::open(&config.url(), MIGRATIONS, &*clock).await?;
    experiments::settle_first(&database, &config.root(), clock.now_micros() / 1_000)
        .await
        .map_err(StartError::First)?;
    let audit = Audit::open(config.audit(), Arc::clone(&clock))?;
    let settings = Settings::from_variables(|name| std::env::var(name).ok());
    let (webhooks, post, carrier) = webhooks::open(settings, folder, database.clone()).map_err(StartError::Key)?;
    let vault = Vault::open(|name| std::env::var(name).ok(), &webhooks.seal).map_err(StartError::Key)?;
    let access = match &config.users {
        Some(users) => Some(access::open(&database, users).await?),
        None => None,
    };
    let artifacts = Artifacts::open(&config.artifacts(), &config.s3)?;
    let (turns, keeper) = database.turns();
    let tally = Tally::new(audit.clone());
    let (ledger, clerk) = Ledger::new(turns.clone());
    let shared = Shared::new(Parts {
        database: database.clone(),
        readers: Arc::new(Semaphore::new(READERS)),
        turns: turns.clone(),
        ledger,
        clock,
        audit,
        tally: tally.clone(),
        root: config.root(),
        webhooks,
        vault,
        post,
        access,
    });

    let router = faces(&shared, artifacts, config.pages.as_ref());
    Ok(Opened { router, database, carrier, keeper, turns, tally, clerk })
}

impl Opened {
    /// All routes with their guards, to be asked in this process. They answer while it [works](Self::work).
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Does what is done beside the answers, writing and sending, until the scope is felled.
    pub async fn work(self, scope: &Scope) -> std::io::Result<()> {
        let Self { router: _, database, carrier, keeper, turns, clerk, tally } = self;
        let mut writing = JoinSet::new();
        writing.spawn(keeper.run());
        writing.spawn(clerk.run());
        let token = scope.token();
        tokio::select! {
            () = token.cancelled() => {}
            // They go on as long as somebody can hand anything in, which is to the end of this.
            () = carrier.run() => {}
            () = tally.clone().run() => {}
            ended = writing.join_next() => return Err(std::io::Error::other(format!("nothing is written any more: {ended:?}"))),
        }
        drop(turns);
        writing.shutdown().await;
        settle(&tally, &database).await;
        Ok(())
    }
}

impl Registry {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// All routes with their guards, to be asked in this process too. They answer while it [runs](Self::run).
    pub fn router(&self) -> Router {
        self.opened.router()
    }

    /// Answers until the scope is felled; then answers what is under way.
    pub async fn run(self, scope: &Scope) -> std::io::Result<()> {
        let Self { listener, address, opened } = self;
        let Opened { router, database, carrier, keeper, turns, clerk, tally } = opened;
        let router = door(router, door::Settings::from_variables(|name| std::env::var(name).ok()));
        // Tasks of their own: everybody who writes waits for them.
        let mut writing = JoinSet::new();
        writing.spawn(keeper.run());
        writing.spawn(clerk.run());
        let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|stream| {
            // An answer is one packet: nothing is gained by waiting for more.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps its delay");
            }
        });
        tracing::info!(%address, "the registry answers");
        let token = scope.token();
        let server = axum::serve(listener, router).with_graceful_shutdown(scope.token().cancelled_owned());
        tokio::select! {
            ended = server => ended?,
            // It ends when nobody can hand anything in any more, which is not before the server has ended.
            () = carrier.run() => {}
            () = tally.clone().run() => {}
            // They go on as long as somebody can ask them for something, which is to the end of this.
            ended = writing.join_next() => return Err(std::io::Error::other(format!("nothing is written any more: {ended:?}"))),
            () = async { token.cancelled().await; tokio::time::sleep(LAST_ANSWERS).await } => {
                tracing::warn!("the registry ends with requests unanswered");
            }
        }
        drop(turns);
        writing.shutdown().await;
        settle(&tally, &database).await;
        Ok(())
    }
}

/// Records what is summed, and closes the store: from then on its file can be moved.
async fn settle(tally: &Tally, database: &Database) {
    tally.record().await;
    if tokio::time::timeout(LAST_ANSWERS, database.close()).await.is_err() {
        tracing::warn!("the registry ends with its store in use");
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("address", &self.address).finish_non_exhaustive()
    }
}
