//! `strata doctor`: whether this machine and this configuration can carry a stack, and what to do where not.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use strata_stack::{Client, Folder, Port, Stack};

use super::Context;
use crate::output;

/// What a stack with its lake should find free at least, in bytes.
const ROOM: u64 = 2_000_000_000;
/// What the first training needs in memory, in bytes.
const MEMORY: u64 = 2_000_000_000;

/// Checks the data folder, ports, disk, memory, stores elsewhere and what a killed stack left
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata doctor\n  strata doctor --json\n\nExit codes: 0 all is well, 2 something should be looked at."
)]
pub(crate) struct Doctor {}

#[derive(Debug, Serialize)]
struct Finding {
    check: String,
    ok: bool,
    says: String,
    hint: Option<String>,
}

impl Finding {
    fn well(check: impl Into<String>, says: impl Into<String>) -> Self {
        Self { check: check.into(), ok: true, says: says.into(), hint: None }
    }

    fn ill(check: impl Into<String>, says: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { check: check.into(), ok: false, says: says.into(), hint: Some(hint.into()) }
    }
}

impl Doctor {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let mut findings = vec![Finding::well("strata", env!("CARGO_PKG_VERSION"))];
        let settings = context.config.explain();
        let own = settings.iter().filter(|setting| setting.origin != strata_config::Origin::BuiltIn).count();
        findings.push(Finding::well("configuration", format!("{} settings, {own} of them yours", settings.len())));
        let folder = match Folder::open(&context.config.data_dir) {
            Ok(folder) => folder,
            Err(error) => {
                let data = context.config.data_dir.display();
                findings.push(Finding::ill("data folder", output::told(&error), format!("make {data} writable")));
                return told(&findings, context.json);
            }
        };
        findings.push(writable(&folder));
        findings.extend(room(&folder));
        findings.extend(memory());
        let running = Client::status_of(folder.run()).await?;
        let runs = running.is_some();
        findings.push(match running {
            Some(status) => {
                let ill: Vec<_> =
                    status.services.iter().filter(|s| s.wanted && s.health != strata_stack::Health::Healthy).collect();
                let names: Vec<_> = ill.iter().map(|service| service.status.name.as_str()).collect();
                if names.is_empty() {
                    Finding::well("stack", format!("runs in process {}", status.pid.unwrap_or(0)))
                } else {
                    Finding::ill("stack", format!("not healthy: {}", names.join(", ")), "strata status; strata logs")
                }
            }
            None => match folder.run().recall() {
                Some(memory) if !memory.felled => Finding::ill(
                    "stack",
                    format!("process {} ended without felling it", memory.pid),
                    "strata up raises it again; nothing that was acknowledged is lost",
                ),
                _ => Finding::well("stack", "does not run"),
            },
        });
        if !runs {
            findings.extend(ports(context)?);
        }
        findings.extend(elsewhere(context).await?);
        findings.extend(secrets(context));
        told(&findings, context.json)
    }
}

fn told(findings: &[Finding], json: bool) -> Result<ExitCode> {
    let well = findings.iter().all(|finding| finding.ok);
    if json {
        output::json(&serde_json::json!({"ok": well, "checks": findings}))?;
    } else {
        let row = |finding: &Finding| {
            let word = if finding.ok { "well" } else { "LOOK" };
            [finding.check.clone(), word.to_owned(), finding.says.clone(), finding.hint.clone().unwrap_or_default()]
        };
        output::table(["check", "", "what was found", "what to do"], findings.iter().map(row))?;
    }
    Ok(ExitCode::from(if well { 0 } else { super::DEGRADED }))
}

/// A file is written there and taken away.
fn writable(folder: &Folder) -> Finding {
    let (root, path) = (folder.root().display(), folder.root().join("run/doctor.partial"));
    match std::fs::write(&path, "well").and_then(|()| std::fs::remove_file(&path)) {
        Ok(()) => Finding::well("data folder", root.to_string()),
        Err(error) => Finding::ill(
            "data folder",
            format!("{root}: {error}"),
            "make it writable, or choose another with --data-dir",
        ),
    }
}

fn room(folder: &Folder) -> Option<Finding> {
    #[cfg(unix)]
    {
        let disk = rustix::fs::statvfs(folder.root()).ok()?;
        let free = disk.f_bavail * disk.f_frsize;
        let says = format!("{} free", output::bytes(free));
        let hint = "make room, or choose another folder with --data-dir: a full disk holds up what comes in";
        Some(if free > ROOM { Finding::well("disk", says) } else { Finding::ill("disk", says, hint) })
    }
    #[cfg(not(unix))]
    None
}

fn memory() -> Option<Finding> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let available = line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024;
    let says = format!("{} available", output::bytes(available));
    let hint = "the first training takes some 1.5 GB: give the machine more, or set synthetic.patients lower";
    Some(if available > MEMORY { Finding::well("memory", says) } else { Finding::ill("memory", says, hint) })
}

fn ports(context: &Context) -> Result<Vec<Finding>> {
    let chart = Stack::chart(&context.config)?;
    let names: Vec<&str> = chart.members().into_iter().map(|member| member.name).collect();
    let finding = |port: Port| {
        let check = format!("port {}", port.number);
        match port.trouble {
            None => Finding::well(check, format!("free for {}", port.service)),
            Some((says, hint)) => Finding::ill(check, says, hint),
        }
    };
    Ok(Port::of(&chart, &names).into_iter().map(finding).collect())
}

/// Stores of others are asked, as the stack would.
async fn elsewhere(context: &Context) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (name, answered) in context.stack()?.stores_elsewhere().await {
        findings.push(match answered {
            Ok(()) => Finding::well(name, "answers"),
            Err(error) => {
                Finding::ill(name, output::told(&error), "look at its address, its credentials and the network")
            }
        });
    }
    Ok(findings)
}

/// Files that hold secrets are for their owner alone.
fn secrets(context: &Context) -> Vec<Finding> {
    let ingestion = &context.config.ingestion;
    let named = [("tokens", &ingestion.gateway_tokens), ("pseudonym key", &ingestion.pseudonym_key)];
    let mut findings = Vec::new();
    for (name, path) in named.into_iter().filter(|(_, path)| !path.is_empty()) {
        findings.push(match std::fs::metadata(path) {
            Err(error) => Finding::ill(name, format!("{path}: {error}"), "make it, or take the setting away"),
            #[cfg(unix)]
            Ok(about) if std::os::unix::fs::MetadataExt::mode(&about) & 0o077 != 0 => {
                Finding::ill(name, format!("{path} can be read by others"), format!("chmod 600 {path}"))
            }
            Ok(_) => Finding::well(name, path.clone()),
        });
    }
    findings
}
