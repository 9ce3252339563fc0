//! The strata command.

mod allocator;
mod cli;
mod output;
mod progress;

use std::process::ExitCode;

/// The allocator: many threads allocate short strings at once when bronze is refined.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
