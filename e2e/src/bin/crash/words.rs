//! The command line.

use std::sync::OnceLock;

use clap::Parser;
use rand::RngExt;

use crate::plan::Kind;

/// Crashes Strata under load and counts what it had acknowledged
#[derive(Debug, Parser)]
#[command(name = "crash")]
pub(crate) struct Words {
    /// How often something is done to it
    #[arg(long, default_value_t = 6)]
    pub(crate) kills: usize,
    /// What every draw starts from; drawn when it is not given, and printed first
    #[arg(long)]
    seed: Option<u64>,
    /// This kind alone
    #[arg(long, value_enum)]
    only: Option<Kind>,
}

impl Words {
    /// The seed, the same whenever it is asked.
    pub(crate) fn seed(&self) -> u64 {
        static DRAWN: OnceLock<u64> = OnceLock::new();
        self.seed.unwrap_or_else(|| *DRAWN.get_or_init(|| rand::rng().random_range(0..1_000_000)))
    }

    pub(crate) fn kinds(&self) -> Vec<Kind> {
        self.only.map_or_else(|| Kind::ALL.to_vec(), |kind| vec![kind])
    }
}
