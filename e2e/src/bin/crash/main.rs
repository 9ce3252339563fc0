//! Crashes the real binary under load, again and again, and then counts what it had promised.
//!
//! A stack takes events over HTTP and Kafka's protocol while it is killed, told to end, left without its broker, its disk or
//! its object store, at moments that a seed decides. Whatever was acknowledged is remembered here, in memory alone. In the
//! end every accepted event has to be in bronze and in silver once, every refused one in quarantine once, and nothing else.
//!
//! There are two grounds, one after the other: all data in one folder, on a small disk of its own; and bronze in an S3 store
//! behind a wire that can be cut. What cannot be tried on this machine is said, and counts as skipped.
#![expect(clippy::print_stdout, reason = "a program that talks to who runs it")]

mod words;

mod plan;

mod ground;

mod disk;
mod stack;
mod store;
mod wire;

mod load;

mod blow;

mod bronze;
mod silver;

mod ledger;
mod verdict;

mod waiting;

use std::process::ExitCode;

use anyhow::{Context, Result};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use ground::Ground;
use plan::Kind;
use words::Words;

fn main() -> ExitCode {
    match Words::parse(std::env::args().skip(1)).and_then(|words| run(&words)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("it could not be counted: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every count holds.
fn run(words: &Words) -> Result<bool> {
    let Some(binary) = strata_testkit::strata_binary() else { return Ok(true) };
    let mut kinds = words.kinds.clone();
    if kinds.contains(&Kind::Disk) && !disk::can_be_mounted() {
        strata_testkit::skip("kind `disk`: no file system can be mounted here, neither as root nor in a namespace");
        println!("SKIPPED  disk: no file system can be mounted here; nothing is known of a full disk");
        kinds.retain(|kind| *kind != Kind::Disk);
    }
    if kinds.contains(&Kind::Disk) && !disk::is_apart() {
        return disk::again_apart(words.seed);
    }
    println!("seed {}", words.seed);
    let mut random = ChaCha8Rng::seed_from_u64(words.seed);
    let blows = plan::draw(&kinds, words.kills, &mut random);
    let mut holds = true;
    for of in Ground::ALL {
        let blows: Vec<_> = blows.iter().filter(|blow| Ground::of(blow.kind) == of).cloned().collect();
        if !blows.is_empty() {
            holds &= of.run(&binary, &blows, words.seed).with_context(|| format!("on the ground `{}`", of.name()))?;
        }
    }
    println!("{}, seed {}", if holds { "every count holds" } else { "THE COUNT DOES NOT HOLD" }, words.seed);
    Ok(holds)
}
