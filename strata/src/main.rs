//! The strata command.

mod cli;
mod output;
mod progress;

use std::process::ExitCode;

/// The allocator: many threads allocate at once when bronze is refined, and what a stack has freed is to go back (ADR 017).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    cli::main()
}
