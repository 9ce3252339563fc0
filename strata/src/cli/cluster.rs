//! `strata cluster`: the processes by which batch jobs use more machines than one.

mod executor;
mod scheduler;
mod status;

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use strata_stack::Engine;
use strata_stack::cluster::Listening;

use super::Context;

/// Runs the processes of a cluster, by which `refine` and `features` use more machines than one
#[derive(Debug, Args)]
#[command(
    after_help = "A cluster on one machine, to try it:\n  strata cluster scheduler\n  strata cluster executor --scheduler ballista://127.0.0.1:50050 --slots 2\n  strata refine --engine ballista://127.0.0.1:50050\n\nDrivers and executors reach the lake on their own: it lies in S3 (infrastructure.objects, processing.tables),\nor in a folder that all of them see at the same path. On Kubernetes: docs/guides/cluster.md"
)]
pub(crate) struct Cluster {
    #[command(subcommand)]
    process: Process,
}

#[derive(Debug, Subcommand)]
enum Process {
    /// Hands out the tasks of jobs to executors
    Scheduler(scheduler::Scheduler),
    /// Does tasks that a scheduler hands out
    Executor(executor::Executor),
    /// Shows the executors of a cluster
    Status(status::Status),
}

/// Where a process of a cluster listens.
#[derive(Clone, Debug, Args)]
struct Bind {
    /// Where it listens; port 0 takes a free one
    #[arg(long, value_name = "IP:PORT")]
    bind: Option<SocketAddr>,
    /// Says that nobody else can reach the network of --bind, which is then used without certificates
    #[arg(long)]
    private_network: bool,
}

impl Bind {
    fn listening(&self, usual_port: u16) -> Listening {
        let usual = SocketAddr::from(([127, 0, 0, 1], usual_port));
        Listening { bind: self.bind.unwrap_or(usual), is_private: self.private_network }
    }
}

/// Who does the work of a batch command.
#[derive(Clone, Debug, Args)]
pub(crate) struct EngineChoice {
    /// Who does the work: `embedded`, or a cluster by its scheduler, `ballista://HOST:PORT` [default: the setting cluster.engine]
    #[arg(long, value_name = "ENGINE")]
    engine: Option<String>,
}

impl EngineChoice {
    pub(super) fn engine(&self, context: &Context) -> Result<Engine> {
        strata_stack::cluster::engine(self.engine.as_deref(), &context.config.cluster)
    }
}

impl Cluster {
    /// What it is called when it is recorded; only what serves is.
    pub(super) fn server(&self) -> Option<&'static str> {
        match self.process {
            Process::Scheduler(_) => Some("cluster scheduler"),
            Process::Executor(_) => Some("cluster executor"),
            Process::Status(_) => None,
        }
    }

    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        match self.process {
            Process::Scheduler(process) => process.run(context).await,
            Process::Executor(process) => process.run(context).await,
            Process::Status(question) => question.run(context).await,
        }
    }
}
