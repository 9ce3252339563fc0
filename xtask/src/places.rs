//! Where things lie.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The workspace.
pub(crate) fn root() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR"));
    beside.parent().unwrap_or(beside).to_owned()
}

/// What is kept from one run to the next, outside the workspace.
pub(crate) fn cache() -> Result<PathBuf> {
    if let Some(named) = env::var_os("STRATA_CACHE") {
        return Ok(PathBuf::from(named));
    }
    let home = env::var_os("HOME").context("neither STRATA_CACHE nor HOME is set: where is the cache?")?;
    Ok(PathBuf::from(home).join(".cache/strata"))
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    // A relative path is cargo's, from where it was called: this runs from the same folder.
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
