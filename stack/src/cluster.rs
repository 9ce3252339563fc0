//! The cluster's processes and the way to them: which jobs executors know, who may come in, and how the lake is reached.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use strata_config::{Cluster as Settings, Config};
use strata_feature_store::ComputeFeatures;
use strata_lakehouse::batch::{Address, Cluster, Engine, Job, Jobs, Reach};
use strata_lakehouse::cluster::{Door, Executor, Roster, Scheduler, Settings as Executing, Tls};
use strata_landing::Bronze;
use strata_refinery::{BronzeReach, RefineTasks};

use crate::infrastructure::objects_at;
use crate::processing::tables_at;

/// How the processes of a cluster are started.
#[derive(Clone, Debug)]
pub struct Listening {
    /// Where; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Somebody said that nobody else can reach the network.
    pub is_private: bool,
}

/// What is asked of an executor.
#[derive(Clone, Debug)]
pub struct ExecutorWish {
    /// The scheduler's address, `ballista://HOST:PORT`.
    pub scheduler: String,
    /// Where results are fetched.
    pub listening: Listening,
    /// Under which host others reach it.
    pub host: Option<String>,
    /// Tasks at once; `None` is one a core.
    pub slots: Option<usize>,
    /// The folder for results.
    pub work: PathBuf,
}

/// The jobs that executors do.
fn jobs(config: &Config) -> Jobs {
    let infrastructure = config.infrastructure.clone();
    let lake = Reach::new(move |location| Ok(tables_at(&infrastructure, location)?));
    let infrastructure = config.infrastructure.clone();
    let bronze = BronzeReach::new(move |location| Ok(Bronze::new(objects_at(&infrastructure, location)?)));
    Jobs::new([Arc::new(RefineTasks::new(lake.clone(), bronze)) as Arc<dyn Job>, Arc::new(ComputeFeatures::new(lake))])
}

/// The engine of this name, or the configured one.
pub fn engine(name: Option<&str>, settings: &Settings) -> Result<Engine> {
    Ok(match Address::from_str(name.unwrap_or(&settings.engine))? {
        Address::Embedded => Engine::Embedded,
        Address::Cluster(place) => Engine::Cluster(Cluster::new(&place, tls(settings)?, patience(settings))),
    })
}

/// A scheduler with its port taken.
pub async fn scheduler(config: &Config, listening: &Listening, lost_after: Duration) -> Result<Scheduler> {
    Ok(Scheduler::bind(&door(config, listening)?, lost_after).await?)
}

/// An executor that has found its scheduler.
pub async fn executor(config: &Config, wish: ExecutorWish) -> Result<Executor> {
    let slots = wish.slots.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let settings = Executing {
        scheduler: place(&wish.scheduler)?,
        door: door(config, &wish.listening)?,
        host: wish.host,
        slots,
        work: wish.work,
        patience: patience(&config.cluster),
    };
    Ok(Executor::start(&settings, jobs(config)).await?)
}

/// Who is in a cluster.
pub async fn roster(config: &Config, scheduler: &str) -> Result<Roster> {
    let cluster = Cluster::new(&place(scheduler)?, tls(&config.cluster)?, patience(&config.cluster));
    Ok(cluster.roster().await?)
}

fn place(url: &str) -> Result<String> {
    match Address::from_str(url)? {
        Address::Cluster(place) => Ok(place),
        Address::Embedded => anyhow::bail!("`{url}` is no scheduler: give `ballista://HOST:PORT`"),
    }
}

fn door(config: &Config, listening: &Listening) -> Result<Door> {
    Ok(Door { address: listening.bind, tls: tls(&config.cluster)?, is_private: listening.is_private })
}

fn patience(settings: &Settings) -> Duration {
    Duration::from_secs(settings.patience_seconds)
}

fn tls(settings: &Settings) -> Result<Option<Tls>> {
    let files = [&settings.tls_authority, &settings.tls_certificate, &settings.tls_key];
    if files.iter().all(|file| file.is_empty()) {
        return Ok(None);
    }
    if files.iter().any(|file| file.is_empty()) {
        anyhow::bail!("give cluster.tls_authority, cluster.tls_certificate and cluster.tls_key, or none of them");
    }
    let [authority, certificate, key] = files.map(Path::new);
    Ok(Some(Tls::read(authority, certificate, key).context("the cluster's certificates")?))
}
