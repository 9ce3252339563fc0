//! The command line: what all commands share, and one file a command.

mod aliases;
mod audit;
mod audited;
mod chosen;
mod clean;
mod cluster;
mod config;
mod contracts;
mod demo;
mod dlq;
mod doctor;
mod down;
mod evaluate;
mod export;
mod features;
mod generate;
mod import;
mod logs;
mod moments;
mod plan;
mod query;
mod raising;
mod refine;
mod registry;
mod restart;
mod s3;
mod serve;
mod status;
mod token;
mod train;
mod up;

use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use strata_config::{Config, Layers, Origin};
use strata_runtime::{Clock, Scope, clock, interrupted};
use strata_stack::{Folder, Stack};
use tokio::time::{Instant, timeout_at};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::{output, progress};
use moments::moment;

#[expect(clippy::doc_markdown, reason = "it is the help text")]
/// A clinical MLOps platform in one binary: patient events in, adverse-event risk out.
#[derive(Debug, Parser)]
#[command(name = "strata", version, arg_required_else_help = true, propagate_version = true)]
#[command(
    after_help = "The platform: strata up, strata status, strata down\nThe whole path in one command: strata demo\nEvery setting: strata config show"
)]
struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
struct Shared {
    /// Where all data lie [default: the user's data folder]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// A configuration file [default: strata/strata.toml in the user's configuration folder, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Overrides one setting, such as training.seed=7
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// The MLflow server that keeps runs and models, `none` for none [default: Strata's own registry]
    #[arg(long, global = true, value_name = "URL")]
    tracking: Option<String>,
    /// Prints one line of JSON instead of tables
    #[arg(long, global = true)]
    json: bool,
}

#[expect(clippy::doc_markdown, reason = "these are help texts")]
#[derive(Debug, Subcommand)]
enum Command {
    /// Raises the stack, level by level, each service when what it needs is healthy
    Up(up::Up),
    /// Fells the stack, the top first; data are kept
    Down(down::Down),
    /// Fells and raises again, all or from a level up
    Restart(restart::Restart),
    /// Shows every service: its level, state, health and cause, port, memory, restarts, uptime and URL
    Status(status::Status),
    /// Shows what would be raised, in which order, on which ports, and how long the last start took
    Plan(plan::Plan),
    /// Shows what services said, merged by time
    Logs(logs::Logs),
    /// Checks the data folder, ports, disk, memory, stores elsewhere and what a killed stack left
    Doctor(doctor::Doctor),
    /// Removes what work that was cut short left behind
    Clean(clean::Clean),
    /// Runs the whole path, from raw events to a served model, and shows each stage
    Demo(demo::Demo),
    /// Reads a data set into bronze
    Import(import::Import),
    /// Fills bronze with the synthetic hospital, or sends it to an event log
    Generate(generate::Generate),
    /// Refines new bronze into silver tables, or a folder of NDJSON into a folder of Parquet
    Refine(refine::Refine),
    /// Lists, shows and replays the records that silver refused whole
    Dlq(dlq::Dlq),
    /// Computes the features of every patient and hour, or of given times
    Features(features::Features),
    /// Trains, calibrates and compares models
    Train(train::Train),
    /// Evaluates a trained model and writes its report
    Evaluate(evaluate::Evaluate),
    /// Writes silver in a form that others read: MEDS
    Export(export::Export),
    /// Serves predictions over HTTP
    Serve(serve::Serve),
    /// Lets boto3, Spark and whatever else speaks S3 read the lake
    S3(s3::S3),
    /// Keeps experiments, runs and models behind MLflow's REST API
    Registry(registry::Registry),
    /// Runs the processes of a cluster, by which `refine` and `features` use more machines than one
    Cluster(cluster::Cluster),
    /// Answers SQL over every table
    Query(query::Query),
    /// Shows, checks and exports the audit log
    Audit(audit::Audit),
    /// Shows and checks the configuration
    Config(config::ConfigCommand),
    /// Prints the JSON Schema of each topic's records
    Schemas(contracts::Schemas),
    /// Prints the OpenAPI description of an HTTP face
    Openapi(contracts::OpenApi),
    /// Makes an API token for the gateway
    Token(token::Token),
}

/// What a command runs with.
struct Context {
    config: Config,
    clock: Arc<dyn Clock>,
    json: bool,
    has_own_folder: bool,
    scope: Scope,
    /// What every command takes, as it was given, for a process that is started by this one.
    arguments: Vec<String>,
}

impl Context {
    /// Whether the user chose the data folder.
    fn has_own_folder(&self) -> bool {
        self.has_own_folder
    }

    /// Builds the levels.
    fn stack(&self) -> Result<Stack> {
        Stack::build(&self.config, &self.clock)
    }
}

/// Exit codes beside 0 (well) and 1 (error).
const DEGRADED: u8 = 2;
const USAGE: u8 = 64;
const INTERRUPTED: u8 = 130;

/// What a server is given to answer what is under way.
const GRACE: Duration = Duration::from_secs(10);

pub(crate) fn main() -> ExitCode {
    // What is no text is clap's to refuse.
    let given = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let cli = match Cli::try_parse_from(aliases::rewritten(given)) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    if progress::is_worker() {
        end_with_the_stack();
    }
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            output::note(&format!("error: {}", output::told(&error)));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    let config = match load(&cli.shared) {
        // `config check` reports what is wrong itself.
        Err(error) if !matches!(cli.command, Command::Config(_)) => return Err(error),
        loaded => loaded,
    };
    if let Command::Config(command) = cli.command {
        return command.run(config, cli.shared.json);
    }
    let config = config?;
    let arguments = cli.shared.arguments(&config);
    // Drops last: it waits until what was said is in the files.
    let _logs = start_logging(&cli.command, &config)?;
    let context = Context {
        arguments,
        has_own_folder: config.explain().iter().any(|s| s.key == "data_dir" && s.origin != Origin::BuiltIn),
        config,
        clock: Arc::new(clock::System),
        json: cli.shared.json,
        scope: Scope::root("strata"),
    };
    let deed = audited::deed(&cli.command);
    let data = cli.command.data_folder(&context);
    // A server is recorded when it starts: nobody knows when it will end, or whether it is killed.
    let is_server = match &cli.command {
        Command::Serve(_) | Command::Up(_) | Command::S3(_) | Command::Cluster(_) => true,
        Command::Registry(registry) => registry.is_server(),
        _ => false,
    };
    let (at_start, at_end) = if is_server { (deed, None) } else { (None, deed) };
    if let Some(deed) = at_start {
        audited::record(deed, &data, &context.clock, &Ok(ExitCode::SUCCESS))?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // A stack fells itself when it is asked to stop; a production sends what it has begun, and reports; an executor takes leave.
    let hears_itself = match &cli.command {
        Command::Up(_) | Command::Cluster(_) => true,
        Command::Generate(generate) => generate.hears_itself(),
        _ => false,
    };
    let code = runtime.block_on(async {
        if hears_itself {
            return Box::pin(cli.command.run(&context)).await;
        }
        let work = pin!(cli.command.run(&context));
        until_stopped(work, &context.scope, is_server).await
    });
    // Work on blocking threads cannot be stopped: it ends with the process, and commits are atomic.
    runtime.shutdown_background();
    match at_end.map(|deed| audited::record(deed, &data, &context.clock, &code)) {
        // What went wrong first is what is told.
        Some(Err(unrecorded)) if code.is_ok() => Err(unrecorded),
        Some(Err(unrecorded)) => {
            output::note(&format!("error: {unrecorded:#}"));
            code
        }
        _ => code,
    }
}

/// Runs a command until it ends or is told to stop. A server that is told so answers what is under way, closes its stores and
/// ends by itself, and well; any other command is simply left.
async fn until_stopped(
    mut work: Pin<&mut impl Future<Output = Result<ExitCode>>>,
    scope: &Scope,
    is_server: bool,
) -> Result<ExitCode> {
    let stop = async {
        interrupted().await;
        output::note("stopping; what was committed stays");
        let last = Instant::now() + GRACE;
        if let Err(late) = scope.close(GRACE).await {
            output::note(&late.to_string());
        }
        last
    };
    let last = tokio::select! {
        biased;
        ended = &mut work => return ended,
        last = stop => last,
    };
    if is_server && let Ok(ended) = timeout_at(last, work).await {
        return ended;
    }
    Ok(ExitCode::from(INTERRUPTED))
}

/// Lines of a running stack go to the files of its services, and what is grave to stderr; of other commands to stderr alone.
fn start_logging(command: &Command, config: &Config) -> Result<Option<strata_logs::Guard>> {
    let filter = || EnvFilter::try_from_env("STRATA_LOG");
    let stderr = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // Ballista repeats at every poll what `strata cluster executor` says once.
    let usual = || EnvFilter::new("warn,ballista_core=error,ballista_executor=error,ballista_scheduler=error");
    let stderr = stderr.with_filter(filter().unwrap_or_else(|_| usual()));
    let Command::Up(_) = command else {
        tracing_subscriber::registry().with(stderr).init();
        return Ok(None);
    };
    let folder = Folder::open(&config.data_dir)?;
    let services = Stack::chart(config)?.members().into_iter().map(|member| member.name.to_owned()).collect();
    let settings =
        strata_logs::Settings { folder: folder.logs(), services, rotation: strata_logs::Rotation::default() };
    let (files, guard) = strata_logs::start(settings, Arc::new(clock::System))?;
    // The lake's engine tells of every look into a table's log.
    let filter = strata_logs::with_tasks(filter().unwrap_or_else(|_| EnvFilter::new("info,buoyant_kernel=warn")));
    tracing_subscriber::registry().with(stderr).with(files.with_filter(filter)).init();
    Ok(Some(guard))
}

/// A worker ends when its stack does, however that ends: nobody holds the other end of its stdin any more.
fn end_with_the_stack() {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        #[expect(clippy::disallowed_methods, reason = "whoever it works for is gone, and commits are atomic")]
        std::process::exit(i32::from(INTERRUPTED));
    });
}

impl Shared {
    /// The same for another process, wherever that runs.
    fn arguments(&self, config: &Config) -> Vec<String> {
        let absolute = |path: &std::path::Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut arguments = vec!["--data-dir".to_owned(), absolute(&config.data_dir).display().to_string()];
        if let Some(file) = &self.config {
            arguments.extend(["--config".to_owned(), absolute(file).display().to_string()]);
        }
        for setting in &self.settings {
            arguments.extend(["--set".to_owned(), setting.clone()]);
        }
        if let Some(url) = &self.tracking {
            arguments.extend(["--tracking".to_owned(), url.clone()]);
        }
        if self.json {
            arguments.push("--json".to_owned());
        }
        arguments
    }
}

fn load(shared: &Shared) -> Result<Config> {
    let mut layers = Layers::default().env(std::env::vars_os());
    if let Some(file) = &shared.config {
        layers = layers.file(file);
    }
    let mut flags = Vec::new();
    for setting in &shared.settings {
        let (key, value) = setting
            .split_once('=')
            .ok_or_else(|| anyhow::anyhow!("`--set {setting}`: write it as KEY=VALUE, such as training.seed=7"))?;
        flags.push((key.trim().to_owned(), value.trim().to_owned()));
    }
    if let Some(url) = &shared.tracking {
        flags.push(("tracking.url".to_owned(), url.clone()));
    }
    if let Some(folder) = &shared.data_dir {
        flags.push(("data_dir".to_owned(), folder.display().to_string()));
    }
    Ok(strata_config::load(&layers.flags(flags))?)
}

impl Command {
    /// The data folder that it works on.
    fn data_folder(&self, context: &Context) -> PathBuf {
        match self {
            Self::Demo(command) => command.data_folder(context),
            _ => context.config.data_dir.clone(),
        }
    }

    async fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            Self::Up(command) => command.run(context).await,
            Self::Down(command) => command.run(context).await,
            Self::Restart(command) => command.run(context).await,
            Self::Status(command) => command.run(context).await,
            Self::Plan(command) => command.run(context),
            Self::Logs(command) => command.run(context).await,
            Self::Doctor(command) => command.run(context).await,
            Self::Clean(command) => command.run(context).await,
            Self::Demo(command) => Box::pin(command.run(context)).await,
            Self::Import(command) => command.run(context).await,
            Self::Generate(command) => command.run(context).await,
            Self::Refine(command) => command.run(context).await,
            Self::Dlq(command) => command.run(context).await,
            Self::Features(command) => Box::pin(command.run(context)).await,
            Self::Train(command) => command.run(context).await,
            Self::Evaluate(command) => command.run(context).await,
            Self::Export(command) => command.run(context).await,
            Self::Serve(command) => command.run(context).await,
            Self::S3(command) => command.run(context).await,
            Self::Registry(command) => command.run(context).await,
            Self::Cluster(command) => command.run(context).await,
            Self::Query(command) => command.run(context).await,
            Self::Schemas(command) => command.run(),
            Self::Openapi(command) => command.run(),
            Self::Token(command) => command.run(context),
            Self::Audit(command) => command.run(&context.config, context.json),
            Self::Config(_) => Ok(ExitCode::SUCCESS),
        }
    }
}
