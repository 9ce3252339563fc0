//! Where a stack is struck: with all its data in one folder, or with its bronze in a store elsewhere.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::blow::{Below, recover, stands};
use crate::bronze::Bronze;
use crate::disk::{self, Disk};
use crate::load::Load;
use crate::plan::{Blow, Kind};
use crate::silver::Silver;
use crate::stack::Stack;
use crate::store::Store;
use crate::verdict::Verdict;
use crate::waiting::succeeds;

/// Commits follow each other quickly, so that a blow meets one.
const OFTEN: [(&str, &str); 2] =
    [("STRATA_INGESTION__LANDING_SECONDS", "0.8"), ("STRATA_PROCESSING__REFINE_SECONDS", "0.4")];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// One folder, on a disk of its own where one can be mounted.
    Folder,
    /// Bronze at the other end of a wire.
    Elsewhere,
}

impl Ground {
    pub(crate) const ALL: [Self; 2] = [Self::Folder, Self::Elsewhere];

    /// Where this is done.
    pub(crate) fn of(kind: Kind) -> Self {
        if kind == Kind::Objects { Self::Elsewhere } else { Self::Folder }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Folder => "all in one folder",
            Self::Elsewhere => "bronze in a store elsewhere",
        }
    }

    /// Raises a stack here, strikes it, and counts. Whether the count holds; if not, the data are kept.
    pub(crate) fn run(self, binary: &Path, blows: &[Blow], seed: u64) -> Result<bool> {
        println!("\n{}, {} blows", self.name(), blows.len());
        let mut scratch = tempfile::Builder::new().prefix("strata-crash-").tempdir()?;
        let outcome = self.within(binary, blows, seed, &mut scratch);
        if !matches!(outcome, Ok(true)) {
            scratch.disable_cleanup(true);
            println!("the data are kept in {}", scratch.path().display());
        }
        outcome
    }

    fn within(self, binary: &Path, blows: &[Blow], seed: u64, scratch: &mut TempDir) -> Result<bool> {
        let data = scratch.path().join("data");
        std::fs::create_dir_all(&data)?;
        let has_disk = self == Self::Folder && disk::is_apart();
        let disk = has_disk.then(|| Disk::mount(&data)).transpose()?;
        let store =
            (self == Self::Elsewhere).then(|| Store::start(binary, &scratch.path().join("store"))).transpose()?;
        let mut settings = store.as_ref().map(Store::settings).transpose()?.unwrap_or_default();
        settings.extend(OFTEN.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let mut stack = Stack::new(binary, &data, settings)?;
        let below = Below { disk: disk.as_ref(), store: store.as_ref() };
        let root = store.as_ref().map_or_else(|| data.clone(), Store::bronze);
        let outcome = struck(&mut stack, blows, seed, below).and_then(|load| counted(&mut stack, load, &root));
        if !matches!(outcome, Ok(true)) && disk.is_some() {
            // The disk goes with this program.
            stack.kill()?;
            succeeds(Command::new("cp").arg("-a").arg(&data).arg(scratch.path().join("kept")))?;
        }
        outcome
    }
}

/// Strikes as planned, while events come.
fn struck(stack: &mut Stack, blows: &[Blow], seed: u64, below: Below<'_>) -> Result<Load> {
    stands(stack, true)?;
    let load = Load::start(stack, seed)?;
    if !load.has_kafka() {
        println!("SKIPPED  events over Kafka's protocol, and with them what is refused: no Python with the client");
    }
    let first = recover(stack, &load, false)?;
    println!("      {:38} {first}", "nothing yet");
    for (number, blow) in blows.iter().enumerate() {
        let recovery = blow.strike(stack, &load, below).with_context(|| format!("blow {}: {blow}", number + 1))?;
        let (http, kafka) = (load.flow.http.load(Ordering::Relaxed), load.flow.kafka.load(Ordering::Relaxed));
        println!("{:>4}  {blow:38} {recovery}; acknowledged {http} and {kafka}", number + 1);
    }
    Ok(load)
}

/// Ends the load, then the stack, refines what is left, and counts.
fn counted(stack: &mut Stack, load: Load, bronze: &Path) -> Result<bool> {
    let mut laps = vec![("", Instant::now())];
    let ledger = load.finish()?;
    laps.push(("the last acknowledgement", Instant::now()));
    let felled: Value = serde_json::from_str(&stack.run(&["down", "--json"])?)?;
    let status = stack.ends("`strata down`")?;
    laps.push(("felling", Instant::now()));
    if !status.success() {
        bail!("felled by `strata down`, the stack ended with {status}:\n{}", stack.last_words());
    }
    stack.run(&["refine", "--json"])?;
    laps.push(("refining the rest", Instant::now()));
    let verdict = Verdict::judge(&ledger, &Bronze::read(bronze)?, &Silver::read(stack)?);
    print!("{verdict}");
    stack.run(&["audit", "verify"]).context("the audit log does not hold")?;
    laps.push(("counting", Instant::now()));
    let took = laps.windows(2).map(|laps| format!("{} {:.1} s", laps[1].0, (laps[1].1 - laps[0].1).as_secs_f64()));
    println!("  (the audit log is whole; {})", took.collect::<Vec<_>>().join(", "));
    if felled["late"].as_array().is_some_and(|late| !late.is_empty()) {
        println!("  (felled, these did not end in time: {})", felled["late"]);
    }
    Ok(verdict.holds())
}
