//! The process that hands out tasks.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::net::TcpListener;
use tonic::transport::server::Router;

use super::roster::Desk;
use super::{Door, Error, serve};
use crate::batch::{Codec, Jobs};

/// What a message takes at most. A partition's rows are smaller; a plan holds all partitions of a job.
pub(super) const MESSAGE: u32 = 64 << 20;

/// A scheduler with its port taken, not answering yet. It keeps what it knows in memory: when it ends, drivers send their jobs
/// anew to the next.
#[derive(Debug)]
pub struct Scheduler {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
}

impl Scheduler {
    /// Takes the port. An executor that was not heard for `lost_after` is gone, and others do its tasks; a busy one is heard
    /// every five seconds.
    pub fn bind(door: &Door, lost_after: Duration) -> BoxFuture<'_, Result<Self, Error>> {
        Self::listen(door, lost_after).boxed()
    }

    async fn listen(door: &Door, lost_after: Duration) -> Result<Self, Error> {
        let listener = door.listen().await?;
        let ended = |cause: Box<dyn std::error::Error + Send + Sync>| Error::Ended { what: "scheduler", cause };
        let address = listener.local_addr().map_err(|cause| ended(cause.into()))?;
        let config = SchedulerConfig {
            bind_host: address.ip().to_string(),
            external_host: address.ip().to_string(),
            bind_port: address.port(),
            scheduling_policy: TaskSchedulingPolicy::PullStaged,
            executor_timeout_seconds: lost_after.as_secs(),
            expire_dead_executor_interval_seconds: 1,
            // A driver has a patience of its own, and says it better.
            no_executors_grace_period_seconds: 3_600,
            grpc_server_max_decoding_message_size: MESSAGE,
            grpc_server_max_encoding_message_size: MESSAGE,
            // It decodes nodes to hand them on, and does no job itself.
            override_physical_codec: Some(Arc::new(Codec::new(Jobs::default()))),
            use_tls: door.tls.is_some(),
            ..SchedulerConfig::default()
        };
        let cluster = BallistaCluster::new_from_config(&config).await.map_err(|cause| ended(cause.into()))?;
        let created = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config)).await;
        let server = created.map_err(|cause| ended(cause.into()))?;
        let words = SchedulerGrpcServer::new(server.clone())
            .max_decoding_message_size(MESSAGE as usize)
            .max_encoding_message_size(MESSAGE as usize);
        let mut door = door.server().map_err(|cause| ended(cause.into()))?;
        let router = door.add_service(words).add_service(Desk { server, lost_after });
        Ok(Self { listener, address, router })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop`.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        tokio::select! {
            ended = serve(self.router, self.listener) => ended.map_err(|cause| Error::Ended { what: "scheduler", cause: cause.into() }),
            () = stop => Ok(()),
        }
    }
}
