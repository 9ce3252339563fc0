//! Tests that hold the architecture: levels, homes of heavy dependencies, tidiness.
//!
//! Each rule is a pure function from what the workspace is to what is wrong with it, so that each is
//! also shown a made-up workspace that breaks it: a rule that cannot fail guards nothing. The tests
//! in `tests/` apply them to the real one.

mod workspace;
pub use workspace::{Crate, Dependency, SourceFile, Workspace, cargo};

pub mod levels;

pub mod homes;

pub mod graph;

pub mod one_build;

pub mod tidy;

pub mod faults;
