//! `strata dlq`: the records that silver refused whole.

mod list;
mod replay;
mod show;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::Context;

/// Lists, shows and replays the records that silver refused whole
#[derive(Debug, Args)]
pub(crate) struct Dlq {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Replay(replay::Replay),
}

impl Dlq {
    /// Whether it may change silver.
    pub(crate) fn changes(&self) -> bool {
        matches!(self.command, Command::Replay(_))
    }

    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        match self.command {
            Command::List(command) => command.run(context).await,
            Command::Show(command) => command.run(context).await,
            Command::Replay(command) => command.run(context).await,
        }
    }
}
