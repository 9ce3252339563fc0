//! What can run, one file a service, and the one list that names them all (fault 5: two lists drift apart).

mod at_rest;
mod database;
mod first;
mod gateway;
mod key_value;
mod landing;
mod log;
mod metrics;
mod objects;
mod online;
mod outlook;
mod refinery;
mod registry;
mod s3;
mod serving;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use strata_audit::Audit;
use strata_broker::client::Options;
use strata_config::Secret;
use strata_control::{Chart, Member, Place};
use strata_services::{BoxError, Service};

use crate::Stack;
use crate::levels::{LEVELS, PROFILES};
use crate::tracking::{Kept, REGISTRY, kept};
use crate::worker::{Doing, Worker};

pub(crate) use at_rest::at_rest;
pub(crate) use database::open_database;
use log::LogService;
use metrics::StackMetrics;
pub(crate) use outlook::{Outlook, View};

/// All services, none of them raised, with the chart that says how they stand on each other.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) chart: Chart,
    pub(crate) by_name: BTreeMap<&'static str, Arc<dyn Service>>,
    pub(crate) outlook: Arc<Outlook>,
    log: Arc<LogService>,
}

impl Services {
    /// Makes all services over a stack.
    pub(crate) fn new(stack: &Arc<Stack>, worker: &Worker) -> Result<Self> {
        let (folder, config, clock) = (&stack.folder, stack.config(), stack.clock());
        let audit = Audit::open(strata_audit::folder(folder.root()), Arc::clone(clock))
            .context("the audit log cannot be opened")?;
        let log = Arc::new(match external_log(config)? {
            None => {
                let (port, bronze) = (config.infrastructure.log_port, stack.processing.bronze().clone());
                LogService::own(folder.log(), port, Arc::clone(clock), bronze)
            }
            Some(options) => LogService::Elsewhere(options),
        });
        let landed = Arc::new(landing::Landed::of(&log));
        let refinery = Arc::new(refinery::RefineryService::new(stack, Arc::clone(&landed)));
        let outlook = Arc::new(Outlook::default());
        let or_here =
            |url: &Secret, here: String| if url.expose().is_empty() { Secret::new(here) } else { url.clone() };
        let key_value = or_here(&config.infrastructure.key_value, format!("file://{}", folder.key_value().display()));
        let key_value =
            Arc::new(key_value::KeyValueService { url: key_value, clock: Arc::clone(clock), store: Mutex::default() });
        let ground = Arc::new(online::Ground {
            stack: Arc::clone(stack),
            log: Arc::clone(&log),
            key_value: Arc::clone(&key_value),
        });
        let online = Arc::new(online::OnlineService::new(Arc::clone(&ground)));
        let metrics = StackMetrics {
            outlook: Arc::clone(&outlook),
            log: Arc::clone(&log),
            landed: Arc::clone(&landed),
            refinery: Arc::clone(&refinery),
            online: Arc::clone(&online),
        };
        let database = or_here(&config.infrastructure.database, format!("sqlite://{}", folder.database().display()));
        std::fs::create_dir_all(folder.database().parent().unwrap_or(folder.root()))?;
        let registry = Arc::new(registry::RegistryService::new(stack)?);
        let first = |made| {
            let (stack, registry, worker) = (Arc::clone(stack), Arc::clone(&registry), worker.clone());
            Arc::new(first::FirstStep { stack, registry, worker, doing: Doing::default(), made })
        };
        let members: Vec<(&'static str, Arc<dyn Service>)> = vec![
            ("objects", Arc::new(objects::ObjectsService(stack.objects().clone()))),
            ("log", Arc::clone(&log) as _),
            ("s3", Arc::new(s3::S3Service { stack: Arc::clone(stack), open: Mutex::default() })),
            ("key-value", key_value),
            (
                "database",
                Arc::new(database::DatabaseService { url: database, clock: Arc::clone(clock), open: Mutex::default() }),
            ),
            ("history", first(first::Made::History)),
            ("landing", Arc::new(landing::LandingService::new(stack, Arc::clone(&log), Arc::clone(&landed)))),
            (
                "gateway",
                Arc::new(gateway::GatewayService::new(stack, Arc::clone(&log), audit, Arc::clone(&outlook), metrics)),
            ),
            ("silver", first(first::Made::Silver)),
            ("refinery", refinery),
            ("features", first(first::Made::Features)),
            ("timelines", Arc::new(online::TimelinesStep(ground))),
            ("online", online),
            ("registry", Arc::clone(&registry) as _),
            ("model", first(first::Made::Model)),
            (
                "serving",
                Arc::new(serving::ServingService { stack: Arc::clone(stack), registry, listening: Mutex::default() }),
            ),
        ];
        let chart = chart(config)?;
        Ok(Self { chart, by_name: members.into_iter().collect(), outlook, log })
    }

    /// Leaves the log so that it opens quickly. For when nobody is served any more.
    pub(crate) async fn close(&self) -> Result<()> {
        self.log.close().await
    }
}

/// Who stands on whom, where, and on which port.
pub(crate) fn chart(config: &strata_config::Config) -> Result<Chart> {
    let (infrastructure, ingestion) = (&config.infrastructure, &config.ingestion);
    let server = |port, setting, elsewhere| Place::Server { port, setting, elsewhere };
    let or_elsewhere = |url: &str, here: Place| if url.is_empty() { here } else { Place::Elsewhere };
    let log = server(infrastructure.log_port, "infrastructure.log_port", "infrastructure.log");
    let member = |name, level, needs: &[&'static str], place, purpose| Member {
        name,
        level,
        needs: needs.to_vec(),
        place,
        purpose,
    };
    let s3 = server(infrastructure.s3_port, "infrastructure.s3_port", "");
    let gateway = server(ingestion.gateway_port, "ingestion.gateway_port", "");
    let online = server(config.features.port, "features.port", "");
    let serving = server(config.serving.port, "serving.port", "");
    let registry = match kept(config) {
        Kept::Here => Some(server(config.tracking.port, "tracking.port", "tracking.url")),
        Kept::At(_) => Some(Place::Elsewhere),
        Kept::InFolders => None,
    };
    // A server elsewhere that is gone keeps nobody from serving the model of before.
    let model: &[_] = if kept(config) == Kept::Here { &["features", "registry"] } else { &["features"] };
    let registry = registry
        .map(|place| member(REGISTRY, 4, &["objects"], place, "experiments, runs and models behind MLflow's API"));
    let mut members = vec![
        member("objects", 0, &[], or_elsewhere(&infrastructure.objects, Place::Inside), "where bronze lies"),
        member("log", 0, &[], or_elsewhere(&infrastructure.log, log), "events as they come, in Kafka's protocol"),
        member("s3", 0, &["objects"], s3, "the lake over S3, for other people's tools"),
        member(
            "key-value",
            0,
            &[],
            or_elsewhere(infrastructure.key_value.expose(), Place::Inside),
            "small values that are read fast",
        ),
        member("database", 0, &[], or_elsewhere(infrastructure.database.expose(), Place::Inside), "relational records"),
        member("history", 1, &["objects"], Place::Step, "fills an empty folder with the synthetic hospital"),
        member("landing", 1, &["log", "objects"], Place::Inside, "the log to bronze, each record once"),
        member("gateway", 1, &["log"], gateway, "events over HTTP and FHIR; the status page"),
        member("silver", 2, &["history"], Place::Step, "what is in bronze already, to silver"),
        member("refinery", 2, &["landing", "silver"], Place::Inside, "bronze to silver, seconds behind"),
        member("features", 3, &["refinery"], Place::Step, "the first table of features"),
        member(
            "timelines",
            3,
            &["key-value", "log", "silver"],
            Place::Step,
            "silver to the online store, where it is empty",
        ),
        member("online", 3, &["timelines"], online, "vectors as of now, a second behind the log"),
    ];
    members.extend(registry);
    members.push(member("model", 4, model, Place::Step, "the first model"));
    members.push(member("serving", 4, &["model"], serving, "predictions over HTTP"));
    Ok(Chart::new(&LEVELS, members, &PROFILES)?)
}

/// The foreign log that the configuration names, if it names one.
pub(crate) fn external_log(config: &strata_config::Config) -> Result<Option<Options>> {
    let log = &config.infrastructure.log;
    if log.is_empty() { Ok(None) } else { log_options(config, log).map(Some) }
}

/// How a log is spoken to, with the properties that the configuration names.
pub(crate) fn log_options(config: &strata_config::Config, brokers: &str) -> Result<Options> {
    let infrastructure = &config.infrastructure;
    let mut text = String::new();
    if !infrastructure.log_properties.is_empty() {
        let cannot = || format!("cannot read infrastructure.log_properties `{}`", infrastructure.log_properties);
        text = std::fs::read_to_string(&infrastructure.log_properties).with_context(cannot)?;
    }
    Ok(Options::from_properties(brokers, &text)?)
}

/// What a server answers to a plain GET: the status and the body.
async fn answer_of(url: String) -> Result<(u16, String), BoxError> {
    let ask = move || {
        let mut answer = ureq::get(url).config().http_status_as_error(false).build().call()?;
        let body = answer.body_mut().read_to_string()?;
        Ok::<_, ureq::Error>((answer.status().as_u16(), body))
    };
    Ok(tokio::task::spawn_blocking(ask).await??)
}

/// Asks `/readyz` as a client would; the reasons are the error.
async fn ready(url: Option<String>) -> Result<(), BoxError> {
    let url = url.ok_or("it does not stand")?;
    let (status, body) = answer_of(format!("{url}/readyz")).await?;
    if status == 200 {
        return Ok(());
    }
    let said: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    let reasons: Vec<_> =
        said["reasons"].as_array().into_iter().flatten().filter_map(|reason| reason.as_str()).collect();
    Err(if reasons.is_empty() { format!("it answers {status}: {body}") } else { reasons.join("; ") }.into())
}
