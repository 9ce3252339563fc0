//! `strata up`: raises the stack, or more of it.

use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use strata_config::{Config, FirstHistory};
use strata_runtime::interrupted;
use strata_stack::{Choice, Client, Controlled, Folder, Request, Running, Stack, StackStatus, Worker};

use super::chosen::Chosen;
use super::raising::Raising;
use super::{Context, status};
use crate::output;

/// Between two looks whether a stack in the background answers.
const LOOK: Duration = Duration::from_millis(50);

/// Raises the stack, level by level, each service when what it needs is healthy
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata up                     everything, until Ctrl-C\n  strata up --detach            in the background; `strata down` fells it\n  strata up --level 1           infrastructure and ingestion\n  strata up --profile serve\n  strata up --only gateway --set infrastructure.log=broker-1:9092\n\nAn empty folder is filled with a week of the synthetic hospital, from which a first model is trained;\nwith --empty it stays as it is. When a stack runs already, what is asked for is raised in it.\nExit codes: 0 all that was asked for is healthy, 2 some of it is not, 1 an error.\n\nsee also: strata plan, strata status, strata logs, strata down"
)]
pub(crate) struct Up {
    #[command(flatten)]
    chosen: Chosen,
    /// Raises it in the background, and returns when it is healthy
    #[arg(long, short)]
    detach: bool,
    /// Does not fill an empty folder
    #[arg(long)]
    empty: bool,
    /// Takes free ports instead of the configured ones; `strata status` tells them
    #[arg(long)]
    free_ports: bool,
}

impl Up {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let config = self.config(context);
        let folder = Folder::open(&config.data_dir)?;
        // What is wrong with the words is told before anything is looked for.
        let chart = Stack::chart(&config)?;
        let chosen = chart.choose(&self.chosen.choice())?;
        let services: Vec<String> = chosen.into_iter().map(str::to_owned).collect();
        if let Some(client) = Client::connect(folder.run()).await? {
            return raise(client, &folder, services, context.json).await;
        }
        if self.detach { self.behind(&folder, services, context).await } else { self.here(config, context).await }
    }

    fn config(&self, context: &Context) -> Config {
        let mut config = context.config.clone();
        if self.free_ports {
            (config.infrastructure.log_port, config.infrastructure.s3_port) = (0, 0);
            (config.ingestion.gateway_port, config.features.port, config.serving.port) = (0, 0, 0);
            config.tracking.port = 0;
        }
        if self.empty {
            config.ingestion.first_history = FirstHistory::None;
        }
        config
    }

    /// In this process, until somebody asks it to end.
    async fn here(self, config: Config, context: &Context) -> Result<ExitCode> {
        let asked_to_stop = interrupted();
        tokio::pin!(asked_to_stop);
        let choice: Choice = self.chosen.choice();
        let worker = Worker {
            program: std::env::current_exe().context("cannot find this program's own file")?,
            arguments: context.arguments.clone(),
        };
        let stack = Stack::build(&config, &context.clock)?;
        let folder = stack.folder.clone();
        output::note(&format!("data folder: {}", folder.root().display()));
        let running = Running::start(stack, &worker, &choice, &context.scope)?;
        let services = running.choose(&choice)?;
        let mut told = Raising::new();
        let raised = {
            let raising = running.raise(&services);
            tokio::pin!(raising);
            loop {
                tokio::select! {
                    biased;
                    () = &mut asked_to_stop => break None,
                    () = running.left() => return Ok(ExitCode::SUCCESS),
                    raised = &mut raising => break Some(raised),
                    () = tokio::time::sleep(LOOK) => told.hear(&running.status()),
                }
            }
        };
        told.hear(&running.status());
        told.end();
        if let Some(raised) = raised {
            show(&running.status(), context.json)?;
            if let Err(cause) = raised {
                output::note(&format!("not everything is healthy:\n{cause}"));
            }
            output::note("Ctrl-C fells it, with everything that came in kept");
            tokio::select! {
                () = &mut asked_to_stop => {}
                () = running.left() => {
                    output::note("felled by `strata down`");
                    running.end().await;
                    return Ok(ExitCode::SUCCESS);
                }
            }
        }
        output::note("felling, the top first; Ctrl-C again leaves at once");
        let late = running.fell_all().await?;
        running.end().await;
        if late.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        bail!("these did not end in time: {}; what they had acknowledged is kept", late.join(", "))
    }

    /// In a process of its own, which goes on when this one ends.
    async fn behind(self, folder: &Folder, services: Vec<String>, context: &Context) -> Result<ExitCode> {
        std::fs::create_dir_all(folder.logs())?;
        let path = folder.logs().join("up.out");
        let out = std::fs::File::create(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
        let mut command = std::process::Command::new(std::env::current_exe()?);
        command.arg("up").args(self.chosen.arguments()).args(&context.arguments);
        command.args(self.empty.then_some("--empty")).args(self.free_ports.then_some("--free-ports"));
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
        // Not felled by the Ctrl-C or the end of this terminal.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut process = command.spawn().context("cannot start the stack")?;
        let told = |ended: ExitStatus| {
            let said = std::fs::read_to_string(&path).unwrap_or_default();
            anyhow!("the stack ended with {ended}:\n{}", said.trim().strip_prefix("error: ").unwrap_or(said.trim()))
        };
        let client = loop {
            if let Some(ended) = process.try_wait()? {
                return Err(told(ended));
            }
            match Client::connect(folder.run()).await? {
                Some(client) => break client,
                None => tokio::time::sleep(LOOK).await,
            }
        };
        let raised = raise(client, folder, services, context.json).await;
        if raised.is_err() {
            // It is on its way out: how it ended says more than that it did.
            tokio::time::sleep(LOOK).await;
            if let Some(ended) = process.try_wait()? {
                return Err(told(ended));
            }
        }
        raised
    }
}

/// Asks the running stack for these services, shows how it goes and how it stands in the end.
pub(crate) async fn raise(client: Client, folder: &Folder, services: Vec<String>, json: bool) -> Result<ExitCode> {
    let mut told = Raising::new();
    let raised = client.ask(&Request::Raise { services }, |status| told.hear(&status)).await;
    told.end();
    let Some(client) = Client::connect(folder.run()).await? else { bail!("the stack ended while it was raised") };
    show(&client.status().await?, json)?;
    match raised {
        Ok(_) => Ok(ExitCode::SUCCESS),
        Err(strata_stack::ControlError::Refused(cause)) => {
            output::note(&format!("not everything is healthy:\n{cause}"));
            Ok(ExitCode::from(super::DEGRADED))
        }
        Err(error) => Err(error.into()),
    }
}

fn show(stack: &StackStatus, json: bool) -> Result<()> {
    if json { output::json(stack) } else { status::show(stack) }
}
