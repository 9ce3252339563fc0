//! Level 0: the objects that bronze is made of.

use anyhow::Result;
use strata_objects::Objects;

use crate::Folder;

pub(crate) fn build(folder: &Folder) -> Result<Objects> {
    Ok(Objects::directory(folder.root())?)
}
