//! A set unpacked: a folder with its files, at any depth.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{File, Kind};
use crate::Error;

/// A folder whose files were listed and hashed.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// The files' names below the folder, sorted.
    pub(super) names: Vec<String>,
    /// The sha256 over every file's name, size and content, in hexadecimal.
    pub(super) sha256: String,
}

impl Folder {
    /// Lists the files and reads them once, for their hash.
    pub(super) fn open(path: &Path, kind: &'static Kind) -> Result<Self, Error> {
        let mut names = Vec::new();
        list(path, path, kind, &mut names).map_err(|error| Error::input(path, format!("cannot be listed: {error}")))?;
        if names.is_empty() {
            return Err(Error::input(
                path,
                format!("the folder holds no .{} file of the set{}", kind.extension, hint(path)),
            ));
        }
        names.sort_unstable();
        let mut folder = Self { path: path.into(), names, sha256: String::new() };
        let mut sha256 = Sha256::new();
        folder.each_file(&mut |file, _| {
            // The sizes and the zero keep apart what could run together.
            sha256.update(&file.name);
            sha256.update([0]);
            sha256.update((file.content.len() as u64).to_be_bytes());
            sha256.update(&file.content);
            Ok(())
        })?;
        folder.sha256 = format!("{:x}", sha256.finalize());
        Ok(folder)
    }

    /// Gives each file in the order of the names, with the number of files read so far.
    pub(super) fn each_file(&self, give: &mut dyn FnMut(File, u64) -> Result<(), Error>) -> Result<(), Error> {
        for (name, done) in self.names.iter().zip(1..) {
            let path = self.path.join(name);
            let content = fs::read(&path).map_err(|error| Error::input(&path, format!("cannot be read: {error}")))?;
            give(File { name: name.clone(), content }, done)?;
        }
        Ok(())
    }
}

fn list(root: &Path, folder: &Path, kind: &Kind, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            list(root, &path, kind, names)?;
        } else if kind.takes(&path) {
            let name = path.strip_prefix(root).unwrap_or(&path);
            names.push(name.to_str().ok_or_else(|| io::Error::other("a file's name is not UTF-8"))?.into());
        }
    }
    Ok(())
}

/// Where the folder holds the archive, that is what was meant.
fn hint(folder: &Path) -> String {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let archive = entries.map(|entry| entry.path()).find(|path| path.to_string_lossy().ends_with(".tar.zst"));
    archive.map(|archive| format!("; give its archive instead: {}", archive.display())).unwrap_or_default()
}
