//! Shows made-up bytes to what reads strangers' bytes: `fuzz/targets/`, one at a time, by `cargo-fuzz` and libFuzzer.
//!
//! What a target starts from is in the tree (`fuzz/seeds/`); what it finds on the way, its build and the fuzzer itself stay
//! in the cache folder, so that the next run goes on from there. An input that breaks something is named at the end: it
//! becomes a seed, and a test.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{places, process};

mod report;

use report::Report;

/// The fuzzer's version: what is installed is pinned, so that tomorrow's run is today's.
const CARGO_FUZZ: &str = "0.13.2";
/// How long each target runs, in seconds.
const SECONDS: u64 = 60;
/// A single allocation, and the whole process, may take this many megabytes: far less than bytes can claim.
const MEGABYTES: &str = "1024";

/// Runs the named targets, or all, one after another.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let Asked { targets, seconds } = asked(arguments, &targets()?)?;
    let cache = places::cache()?.join("fuzz");
    let fuzzer = install(&cache)?;
    let mut reports = Vec::new();
    for target in targets {
        let report = fuzz(&fuzzer, &cache, &target, seconds)?;
        reports.push((target, report));
    }
    for (target, report) in &reports {
        println!("{target:<8} {report}");
    }
    let broken: Vec<_> = reports.iter().filter(|(_, report)| report.broke).map(|(target, _)| target.as_str()).collect();
    if !broken.is_empty() {
        bail!("broken by an input: {}; it is named above", broken.join(", "));
    }
    Ok(())
}

/// What is to be run.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    targets: Vec<String>,
    seconds: u64,
}

fn asked(arguments: &[&str], known: &[String]) -> Result<Asked> {
    let mut asked = Asked { targets: Vec::new(), seconds: SECONDS };
    let mut arguments = arguments.iter();
    while let Some(&argument) = arguments.next() {
        if argument == "--seconds" {
            let seconds = arguments.next().and_then(|seconds| seconds.parse().ok());
            asked.seconds = seconds.context("--seconds takes a number")?;
        } else if known.iter().any(|known| known == argument) {
            asked.targets.push(argument.to_owned());
        } else {
            bail!("no such target: {argument}; there are {}", known.join(", "));
        }
    }
    if asked.targets.is_empty() {
        asked.targets = known.to_vec();
    }
    Ok(asked)
}

/// The targets in the tree: each has its seeds.
fn targets() -> Result<Vec<String>> {
    let seeds = places::root().join("fuzz/seeds");
    let folders = fs::read_dir(&seeds).with_context(|| format!("cannot read {}", seeds.display()))?;
    let mut targets: Vec<_> =
        folders.flatten().map(|folder| folder.file_name().to_string_lossy().into_owned()).collect();
    targets.sort();
    Ok(targets)
}

fn install(cache: &Path) -> Result<PathBuf> {
    let fuzzer = cache.join("bin/cargo-fuzz");
    if process::output(Command::new(&fuzzer).arg("--version")).is_ok_and(|version| version.trim().ends_with(CARGO_FUZZ))
    {
        return Ok(fuzzer);
    }
    eprintln!("fuzz: installing cargo-fuzz {CARGO_FUZZ} into {}", cache.display());
    let mut install =
        process::cargo(["install", "--quiet", "--locked", "--force", "cargo-fuzz", "--version", CARGO_FUZZ]);
    install.arg("--root").arg(cache).env("CARGO_TARGET_DIR", cache.join("target"));
    process::run(&mut install)?;
    Ok(fuzzer)
}

fn fuzz(fuzzer: &Path, cache: &Path, target: &str, seconds: u64) -> Result<Report> {
    let (corpus, crashes) = (cache.join("corpus").join(target), cache.join("crashes").join(target));
    for folder in [&corpus, &crashes] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut command = Command::new(fuzzer);
    command
        .current_dir(places::root())
        .args(["run", target, "--features", target])
        .args([&corpus, &places::root().join("fuzz/seeds").join(target)]);
    command.arg("--target-dir").arg(cache.join("target"));
    command.args(["--", "-print_final_stats=1", "-timeout=10", "-max_len=16384"]);
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-rss_limit_mb={MEGABYTES}")).arg(format!("-malloc_limit_mb={MEGABYTES}"));
    command.arg(format!("-artifact_prefix={}/", crashes.display()));
    // The sanitizers are in the stable toolchain, behind flags that are not: nothing that is shipped is built so.
    command.env("RUSTC_BOOTSTRAP", "1");
    // C libraries are watched too; the one that asks whether it can link to another has to link to the watcher.
    command.env("LDFLAGS", "-fsanitize=address");
    eprintln!("fuzz: {target}, for {seconds} s after its build");
    let mut child = command.stderr(Stdio::piped()).spawn().context("cannot run cargo-fuzz")?;
    let mut report = Report::default();
    let said = child.stderr.take().context("what the fuzzer says cannot be read")?;
    for line in BufReader::new(said).split(b'\n') {
        let line = String::from_utf8_lossy(&line.context("what the fuzzer says cannot be read")?).into_owned();
        report.hear(&line);
        writeln!(std::io::stderr(), "{line}").context("stderr is closed")?;
    }
    let status = child.wait().context("cannot wait for the fuzzer")?;
    if report.runs == 0 && !status.success() && !report.broke {
        bail!("the fuzzer could not run `{target}` ({status})");
    }
    report.broke |= !status.success();
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_targets_and_seconds() {
        let known = ["body", "wire"].map(str::to_owned);
        let check = |arguments: &[&str]| asked(arguments, &known).map_err(|error| error.to_string());
        assert_eq!(check(&[]), Ok(Asked { targets: known.to_vec(), seconds: SECONDS }));
        assert_eq!(check(&["wire", "--seconds", "5"]), Ok(Asked { targets: vec!["wire".into()], seconds: 5 }));
        assert!(check(&["wine"]).unwrap_err().contains("body, wire"));
        assert!(check(&["--seconds"]).is_err() && check(&["--seconds", "soon"]).is_err());
    }

    #[test]
    fn every_target_in_the_tree_has_seeds() {
        let mut files: Vec<_> = fs::read_dir(places::root().join("fuzz/targets")).unwrap().flatten().collect();
        files.retain(|file| fs::read_to_string(file.path()).unwrap().contains("fuzz_target!"));
        let mut names: Vec<_> =
            files.iter().map(|file| file.path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
        names.sort();
        assert_eq!(targets().unwrap(), names);
    }
}
