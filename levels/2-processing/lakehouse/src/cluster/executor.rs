//! The process that does tasks.

use std::future::Future;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::error::BallistaError;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{ExecutorRegistration, ExecutorStoppedParams};
use ballista_core::serde::scheduler::{ExecutorOperatingSystemSpecification, ExecutorSpecification};
use ballista_core::serde::{BallistaCodec, BallistaLogicalExtensionCodec};
use ballista_core::utils::default_config_producer;
use ballista_core::{BALLISTA_PROTOCOL_VERSION, RuntimeProducer};
use ballista_executor::execution_loop::poll_loop;
use ballista_executor::executor::Executor as Worker;
use ballista_executor::flight_service::BallistaFlightService;
use ballista_executor::health::ExecutorHealth;
use ballista_executor::metrics::LoggingMetricsCollector;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::net::TcpListener;
use tonic::transport::Channel;
use tonic::transport::server::Router;

use super::scheduler::MESSAGE;
use super::{Door, Error, Roster, endpoint, serve};
use crate::batch::{Codec, Jobs};

/// Between two looks whether the scheduler still answers.
const LOOK: Duration = Duration::from_secs(1);

/// How long a scheduler is told that an executor leaves, before it leaves without.
const FAREWELL: Duration = Duration::from_secs(2);

/// How an executor works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `HOST:PORT` of the scheduler.
    pub scheduler: String,
    /// Where results are fetched.
    pub door: Door,
    /// Under which host others reach that; `None` for the address itself, or for that by which it reaches the scheduler.
    pub host: Option<String>,
    /// Tasks at once.
    pub slots: usize,
    /// The folder for results until they are fetched.
    pub work: PathBuf,
    /// How long a scheduler is waited for that is not there yet.
    pub patience: Duration,
}

/// An executor with its port taken and its scheduler found.
pub struct Executor {
    listener: TcpListener,
    router: Router,
    worker: Arc<Worker>,
    scheduler: SchedulerGrpcClient<Channel>,
    jobs: Jobs,
    place: String,
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor").field("place", &self.place).field("jobs", &self.jobs).finish_non_exhaustive()
    }
}

impl Executor {
    /// Takes the port and looks for the scheduler.
    pub fn start(settings: &Settings, jobs: Jobs) -> BoxFuture<'_, Result<Self, Error>> {
        Self::connect(settings, jobs).boxed()
    }

    async fn connect(settings: &Settings, jobs: Jobs) -> Result<Self, Error> {
        let folder = |cause| Error::Folder { folder: settings.work.clone(), cause };
        std::fs::create_dir_all(&settings.work).map_err(folder)?;
        let work = settings.work.canonicalize().map_err(folder)?.to_string_lossy().into_owned();
        let listener = settings.door.listen().await?;
        let address = listener.local_addr().map_err(|cause| ended(cause.into()))?;
        let host = match &settings.host {
            Some(host) => host.clone(),
            None if address.ip().is_unspecified() => {
                own_address(&settings.scheduler).map_err(|cause| ended(cause.into()))?.to_string()
            }
            None => address.ip().to_string(),
        };
        let channel = endpoint(&settings.scheduler, settings.door.tls.as_ref()).map_err(|cause| ended(cause.into()))?;
        let channel = channel.connect_lazy();
        find(&channel, settings).await?;

        let place = format!("{host}:{}", address.port());
        let id = uuid::Uuid::now_v7().to_string();
        let worker = Arc::new(worker(id, host, address, settings.slots, &work));
        let flight = FlightServiceServer::new(BallistaFlightService::new(work))
            .max_decoding_message_size(MESSAGE as usize)
            .max_encoding_message_size(MESSAGE as usize);
        let mut door = settings.door.server().map_err(|cause| ended(cause.into()))?;
        let router = door.add_service(flight);
        let scheduler = SchedulerGrpcClient::new(channel)
            .max_decoding_message_size(MESSAGE as usize)
            .max_encoding_message_size(MESSAGE as usize);
        Ok(Self { listener, router, worker, scheduler, jobs, place })
    }

    /// Where its results are fetched: `HOST:PORT`.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Tasks at once.
    pub fn slots(&self) -> usize {
        self.worker.vcores
    }

    /// Asks for tasks and does them, for ever.
    fn work(&self, health: ExecutorHealth) -> BoxFuture<'static, Result<(), BallistaError>> {
        let codec: BallistaCodec = BallistaCodec::new(
            Arc::new(BallistaLogicalExtensionCodec::default()),
            Arc::new(Codec::new(self.jobs.clone())),
        );
        poll_loop(self.scheduler.clone(), Arc::clone(&self.worker), codec, None, None, health).boxed()
    }

    /// Does tasks until `stop`; what it has not finished then, others do. `hears` is told when the scheduler is lost (false)
    /// and when it is back: an executor outlives its scheduler.
    pub async fn run(self, stop: impl Future<Output = ()>, hears: impl Fn(bool)) -> Result<(), Error> {
        let health = ExecutorHealth::new();
        let working = self.work(health.clone());
        tokio::select! {
            served = serve(self.router, self.listener) => served.map_err(|cause| ended(cause.into())),
            worked = working => worked.map_err(|cause| ended(cause.into())),
            () = watch(&health, hears) => Ok(()),
            () = stop => {
                let (executor_id, reason) = (self.worker.metadata.id.clone(), "it was asked to end".to_owned());
                let mut scheduler = self.scheduler;
                let farewell = scheduler.executor_stopped(ExecutorStoppedParams { executor_id, reason });
                // A scheduler that does not hear it will miss it.
                let _ = tokio::time::timeout(FAREWELL, farewell).await;
                Ok(())
            }
        }
    }
}

fn worker(id: String, host: String, address: SocketAddr, slots: usize, work: &str) -> Worker {
    let registration = ExecutorRegistration {
        id,
        host: Some(host),
        port: u32::from(address.port()),
        // Of a server that takes tasks; this one asks for them.
        grpc_port: 0,
        specification: Some(ExecutorSpecification::default().with_vcores(slots as u32).into()),
        os_info: Some(ExecutorOperatingSystemSpecification::default().into()),
        ballista_protocol_version: BALLISTA_PROTOCOL_VERSION,
    };
    let spill = work.to_owned();
    let runtime: RuntimeProducer = Arc::new(move |_| {
        let runtime = RuntimeEnvBuilder::new().with_temp_file_path(&spill);
        Ok(Arc::new(runtime.build()?))
    });
    Worker::with_default_execution_engine(
        registration,
        work,
        runtime,
        Arc::new(default_config_producer),
        Arc::new(BallistaFunctionRegistry::default()),
        Arc::new(LoggingMetricsCollector::default()),
        slots,
    )
}

/// Returns when the scheduler answers.
async fn find(channel: &Channel, settings: &Settings) -> Result<(), Error> {
    let begun = tokio::time::Instant::now();
    loop {
        match Roster::ask(channel).await {
            Ok(_) => return Ok(()),
            Err(cause) if begun.elapsed() >= settings.patience => {
                let url = format!("ballista://{}", settings.scheduler);
                return Err(crate::batch::Error::Unreachable { url, cause }.into());
            }
            Err(_) => tokio::time::sleep(LOOK.min(settings.patience)).await,
        }
    }
}

/// Tells when the scheduler goes and comes. Never returns.
async fn watch(health: &ExecutorHealth, hears: impl Fn(bool)) {
    let mut was = true;
    loop {
        tokio::time::sleep(LOOK).await;
        let is = health.is_ready();
        if is != was {
            hears(is);
            was = is;
        }
    }
}

/// The address of this machine by which it reaches a place. No byte is sent.
fn own_address(place: &str) -> std::io::Result<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.connect(place)?;
    Ok(socket.local_addr()?.ip())
}

fn ended(cause: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Ended { what: "executor", cause }
}
