//! `strata token`: who may send events to the gateway.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::json;
use strata_stack::{Minted, Scope, mint};

use super::Context;
use crate::output;

/// Makes an API token for the gateway
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata token ward-3 --file tokens\n  strata token prometheus --scope read --file tokens\n  strata up --set ingestion.gateway_tokens=tokens\n\nThe token is printed once: the file holds its SHA-256 alone. Senders put it into the header\n`Authorization: Bearer ...`. It is taken back by removing its line, and `strata restart gateway`."
)]
pub(crate) struct Token {
    /// Whose it is: a word, by which the audit log will name the sender
    name: String,
    /// What it is good for; may be given more than once
    #[arg(long, value_enum, default_values_t = [For::Write])]
    scope: Vec<For>,
    /// The file of tokens, to which it is added [default: the one that the configuration names]
    #[arg(long)]
    file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum For {
    /// Sending events
    Write,
    /// Validating events, and reading metrics
    Read,
}

impl Token {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if self.name.is_empty() || !self.name.chars().all(is_word) {
            bail!("`{}` is no word: use letters, digits, -, _ and .", self.name);
        }
        let configured = &context.config.ingestion.gateway_tokens;
        let configured = (!configured.is_empty()).then(|| PathBuf::from(configured));
        let Some(file) = self.file.or(configured) else {
            bail!("there is no file of tokens: name one by --file, or set ingestion.gateway_tokens");
        };
        let text = match std::fs::read_to_string(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            read => read.with_context(|| format!("cannot read `{}`", file.display()))?,
        };
        if text.lines().any(|line| line.split_whitespace().next() == Some(&self.name)) {
            bail!("`{}` has a token already: remove its line from `{}` first", self.name, file.display());
        }
        let scopes: Vec<Scope> = self
            .scope
            .iter()
            .map(|scope| match scope {
                For::Write => Scope::Write,
                For::Read => Scope::Read,
            })
            .collect();
        let Minted { token, line } = mint(&self.name, &scopes);
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let begin = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let added = options.open(&file).and_then(|mut file| writeln!(file, "{begin}{line}"));
        added.with_context(|| format!("cannot write `{}`", file.display()))?;
        if context.json {
            output::json(&json!({"name": self.name, "token": token, "file": file}))?;
        } else {
            output::line(&token)?;
            output::note(&format!("its line is in {}; nobody can be told the token again", file.display()));
        }
        Ok(ExitCode::SUCCESS)
    }
}
