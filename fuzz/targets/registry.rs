//! Bodies and addresses of the registry's API: a whole registry answers them, on a file in memory where the system has one.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use strata_registry::fuzzing::Face;

fuzz_target!(|input: &[u8]| FACE.0.ask(input));

static FACE: LazyLock<(Face, tempfile::TempDir)> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.expect("a temporary folder");
    (Face::open(folder.path()).expect("it starts"), folder)
});
