//! The built `strata`.

use std::env;
use std::path::PathBuf;

use anyhow::Result;

use crate::{places, process};

/// Builds it and all tests. In one call, because cargo unites the features of what it builds together:
/// in two calls the heavy dependencies may be built twice.
pub(crate) fn build() -> Result<()> {
    eprintln!("building with the release profile; DataFusion and Delta take a while the first time");
    process::run(&mut process::cargo(["build", "--release", "--workspace", "--bins", "--tests"]))
}

/// Where it lies.
pub(crate) fn path() -> PathBuf {
    let built = places::target().join("release").join(format!("strata{}", env::consts::EXE_SUFFIX));
    std::path::absolute(&built).unwrap_or(built)
}
