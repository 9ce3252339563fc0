//! What the allocators are told, which they read once, at the start of the process.

use std::env;
use std::process::Command;

/// A process that lives long gives memory back. mimalloc's options: pages that are free go back to the system at once, and
/// arenas are not committed ahead. A stack that is idle holds a third of what it holds without them, and costs no more CPU.
/// Not for work on much: `strata refine` of 9.6 M records held half of its 1.8 GB with them, and took 107 instead of 74 CPU
/// seconds (`cargo xtask peers growth lake`).
///
/// And the C library's, from which librdkafka has its memory: what is free at the end of a heap goes back, however large a
/// buffer was freed before (`cargo bench -p strata-producer`, two runs each at load 14: 166 and 179 MB instead of 189 and
/// 191; what it costs in CPU was not told apart from noise). mimalloc in its place held 266 to 539 MB.
const OPTIONS: [(&str, &str); 3] =
    [("MIMALLOC_PURGE_DELAY", "0"), ("MIMALLOC_ARENA_EAGER_COMMIT", "0"), ("MALLOC_TRIM_THRESHOLD_", "131072")];

/// Becomes this program anew with the options set, unless somebody has set any; where that cannot be, goes on without.
pub(crate) fn become_frugal() {
    if OPTIONS.iter().any(|(name, _)| env::var_os(name).is_some()) {
        return;
    }
    #[cfg(unix)]
    if let Ok(program) = env::current_exe() {
        let mut arguments = env::args_os();
        let mut anew = Command::new(program);
        std::os::unix::process::CommandExt::arg0(&mut anew, arguments.next().unwrap_or_default());
        // Returns only if it failed.
        let error = std::os::unix::process::CommandExt::exec(anew.args(arguments).envs(OPTIONS));
        tracing::debug!(%error, "the allocator keeps its own options");
    }
}
