//! The file of a day.

use std::io;
use std::path::Path;

use tokio::fs::{self, File, OpenOptions};

/// Makes the folder of the log; only its owner may enter.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Opens the file of a day to append to it; only its owner may read it. It names patients.
pub(super) async fn open(folder: &Path, date: &str) -> io::Result<File> {
    let path = folder.join(format!("predictions-{date}.ndjson"));
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    options.mode(0o600);
    let file = options.open(&path).await?;
    // A file that somebody else made, or made readable, is made ours again.
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).await?;
    Ok(file)
}
