//! The workspace as the rules see it: crates with their folders and dependencies, and source files.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Everything that the rules look at.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// Where it lies.
    pub root: PathBuf,
    /// Its members, in the order of their folders.
    pub crates: Vec<Crate>,
    /// Its files in text, except what was built or belongs to git.
    pub files: Vec<SourceFile>,
}

/// A member.
#[derive(Clone, Debug, Default)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its folder, from the root, with `/`.
    pub folder: String,
    /// Its licence, an SPDX expression.
    pub license: Option<String>,
    /// Its manifest.
    pub manifest: String,
    /// What it names in its manifest.
    pub dependencies: Vec<Dependency>,
}

/// An edge from a crate to one that it uses.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// The used crate's name.
    pub name: String,
    /// Whether only its tests use it.
    pub tests_only: bool,
}

/// A file.
#[derive(Clone, Debug, Default)]
pub struct SourceFile {
    /// Its path, from the root, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl Workspace {
    /// The workspace that this crate belongs to, as `cargo metadata` describes it, without the network.
    pub fn load() -> Result<Self, Box<dyn Error>> {
        let metadata = cargo_metadata()?;
        let root = PathBuf::from(text(&metadata["workspace_root"]));
        let mut crates = Vec::new();
        for package in list(&metadata["packages"]) {
            let manifest = PathBuf::from(text(&package["manifest_path"]));
            let folder = manifest.parent().and_then(|folder| folder.strip_prefix(&root).ok()).unwrap_or(&root);
            let mut dependencies: Vec<_> = list(&package["dependencies"])
                .map(|used| Dependency { name: text(&used["name"]), tests_only: used["kind"] == "dev" })
                .collect();
            dependencies.sort();
            crates.push(Crate {
                name: text(&package["name"]),
                folder: with_slashes(folder),
                license: package["license"].as_str().map(str::to_owned),
                manifest: fs::read_to_string(&manifest)?,
                dependencies,
            });
        }
        crates.sort_by(|a, b| a.folder.cmp(&b.folder));
        let mut files = Vec::new();
        collect(&root, &root, &mut files)?;
        files.sort_by(|a: &SourceFile, b| a.path.cmp(&b.path));
        Ok(Self { root, crates, files })
    }
}

/// Asked by hand: the crate of that name would give `serde_json` a feature that the binary's build has
/// not, and everything above it would be built twice (see [`one_build`](crate::one_build)).
fn cargo_metadata() -> Result<Value, Box<dyn Error>> {
    Ok(serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version=1"])?)?)
}

/// What cargo says of the workspace, without the network.
pub fn cargo(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(cargo).current_dir(here).args(arguments).arg("--offline").output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type()?.is_dir() {
            if name != "target" && !name.to_string_lossy().starts_with('.') {
                collect(root, &path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "md") {
            files.push(SourceFile { path: with_slashes(path.strip_prefix(root)?), text: fs::read_to_string(&path)? });
        }
    }
    Ok(())
}

fn with_slashes(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Made-up crates for the rules' own tests.
#[cfg(test)]
pub(crate) mod made_up {
    use super::{Crate, Dependency, SourceFile};

    pub(crate) fn member(folder: &str, name: &str, uses: &[&str]) -> Crate {
        let dependencies = uses.iter().map(|name| Dependency { name: (*name).to_owned(), tests_only: false }).collect();
        Crate { name: name.to_owned(), folder: folder.to_owned(), dependencies, ..Crate::default() }
    }

    pub(crate) fn tested_with(mut member: Crate, name: &str) -> Crate {
        member.dependencies.push(Dependency { name: name.to_owned(), tests_only: true });
        member
    }

    pub(crate) fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }
}
