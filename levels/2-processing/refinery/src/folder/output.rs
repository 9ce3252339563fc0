//! Where the output lies while it is made, and how it comes into its place.

use std::path::{Path, PathBuf};

use super::{FolderError, UNFINISHED, cannot_write};

/// The folders of the layout.
const LAYOUT: [&str; 3] = ["silver", "rejects", "malformed"];

/// Makes the folder in which everything is made. What a killed run has left there goes.
pub(super) fn begin(to: &Path) -> Result<PathBuf, FolderError> {
    std::fs::create_dir_all(to).map_err(cannot_write(to))?;
    let draft = to.join(UNFINISHED);
    for entry in std::fs::read_dir(to).map_err(cannot_write(to))? {
        if entry.map_err(cannot_write(to))?.file_name() != UNFINISHED {
            return Err(FolderError::NotEmpty(to.into()));
        }
    }
    if draft.exists() {
        std::fs::remove_dir_all(&draft).map_err(cannot_write(&draft))?;
    }
    for part in LAYOUT {
        let folder = draft.join(part);
        std::fs::create_dir_all(&folder).map_err(cannot_write(&folder))?;
    }
    Ok(draft)
}

/// Moves what is whole into its place.
pub(super) fn finish(draft: &Path, to: &Path) -> Result<(), FolderError> {
    for part in LAYOUT {
        let place = to.join(part);
        std::fs::rename(draft.join(part), &place).map_err(cannot_write(&place))?;
    }
    std::fs::remove_dir_all(draft).map_err(cannot_write(draft))
}
