//! Where Python keeps packages, without starting Python.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The pages' folder in the package.
const BUILD: &str = "mlflow/server/js/build";

/// The folder of pages at a path that a person gave: it itself, the package, a folder of packages or an environment.
pub(crate) fn at(path: &Path) -> Option<PathBuf> {
    let mut candidates = vec![path.to_owned(), path.join("js/build"), path.join("server/js/build"), path.join(BUILD)];
    candidates.extend(packages(path).map(|packages| packages.join(BUILD)));
    candidates.into_iter().find(|folder| has_pages(folder))
}

/// The first folder of pages in the active environment, or in one whose programs are on the path.
pub(crate) fn installed(environment: Option<&OsStr>, path: Option<&OsStr>, home: Option<&OsStr>) -> Option<PathBuf> {
    let active = environment.map(PathBuf::from);
    let on_path = path.map(std::env::split_paths).into_iter().flatten();
    // `ENVIRONMENT/bin` holds the programs of `ENVIRONMENT`.
    let on_path = on_path.filter(|folder| folder.ends_with("bin")).filter_map(|bin| Some(bin.parent()?.to_owned()));
    let user = home.map(|home| Path::new(home).join(".local"));
    let mut packages =
        active.into_iter().chain(on_path).chain(user).flat_map(|prefix| packages(&prefix).collect::<Vec<_>>());
    packages.find_map(|packages| Some(packages.join(BUILD)).filter(|folder| has_pages(folder)))
}

/// The version that stands beside the package, as `mlflow-3.18.0.dist-info`.
pub(crate) fn version(build: &Path) -> Option<String> {
    let packages = build.ancestors().nth(4)?;
    let names = fs::read_dir(packages).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.into_iter().find_map(|name| Some(name.strip_prefix("mlflow-")?.strip_suffix(".dist-info")?.to_owned()))
}

/// The folders of packages below a prefix such as `/usr`, the newest Python's first.
fn packages(prefix: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = ["lib", "lib64"].into_iter().filter_map(|lib| fs::read_dir(prefix.join(lib)).ok()).flatten();
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_python = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python3"));
    let mut folders: Vec<PathBuf> = folders.filter(is_python).collect();
    // `python3.11` is newer than `python3.9`.
    folders.sort_by_key(|folder| {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        std::cmp::Reverse(name.rsplit('.').next().and_then(|minor| minor.parse::<u32>().ok()).unwrap_or(0))
    });
    folders.into_iter().flat_map(|folder| ["site-packages", "dist-packages"].map(|name| folder.join(name)))
}

fn has_pages(folder: &Path) -> bool {
    folder.join("index.html").is_file() && folder.join("static").is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(prefix: &Path, python: &str, version: &str) -> PathBuf {
        let packages = prefix.join("lib").join(python).join("site-packages");
        let build = packages.join(BUILD);
        fs::create_dir_all(build.join("static")).unwrap();
        fs::create_dir_all(packages.join(format!("mlflow-{version}.dist-info"))).unwrap();
        fs::create_dir_all(packages.join("mlflow_skinny-1.0.dist-info")).unwrap();
        fs::write(build.join("index.html"), "pages").unwrap();
        build
    }

    #[test]
    fn the_pages_are_found_where_python_keeps_packages() {
        let folder = tempfile::tempdir().unwrap();
        let prefix = |name: &str| folder.path().join(name);
        let (active, other, user) = (prefix("active"), prefix("other"), prefix("home/.local"));
        let found = |environment: Option<&Path>, path: &[PathBuf]| {
            let path = std::env::join_paths(path).unwrap();
            let home = prefix("home");
            installed(environment.map(Path::as_os_str), Some(&path), Some(home.as_os_str()))
        };
        assert_eq!(found(Some(&active), &[other.join("bin")]), None);
        let in_home = install(&user, "python3.11", "3.1.0");
        assert_eq!(found(Some(&active), &[other.join("bin")]), Some(in_home));
        install(&other, "python3.9", "2.0.0");
        let newest = install(&other, "python3.11", "3.18.0");
        assert_eq!(found(Some(&active), &[prefix("bin"), other.join("bin")]), Some(newest.clone()));
        assert_eq!(version(&newest).as_deref(), Some("3.18.0"));
        let in_active = install(&active, "python3.10", "3.17.0");
        assert_eq!(found(Some(&active), &[other.join("bin")]), Some(in_active));

        // Whatever a person points at.
        for above in [0, 2, 3, 4] {
            assert_eq!(at(newest.ancestors().nth(above).unwrap()), Some(newest.clone()), "{above} above");
        }
        assert_eq!(at(&other), Some(newest));
        assert_eq!(at(&prefix("nothing")), None);
        assert_eq!(installed(None, None, None), None);
    }
}
