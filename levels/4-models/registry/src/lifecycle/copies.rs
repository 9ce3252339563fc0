//! Artifacts from one store to another.

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt};
use strata_artifacts::{ArtifactPath, Artifacts, Entry};

use super::{Error, Progress};

/// Files that are copied at once: each waits for the disk, or for a network.
const AT_ONCE: usize = 8;

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// Files that were there, of the same length.
    pub(super) there: u64,
}

/// Copies all that lies at these places or below them. A file is there whole or not at all, and what is there is not copied
/// again: so work that was cut short goes on.
pub(super) async fn copy(
    from: &Artifacts,
    to: &Artifacts,
    places: BTreeSet<ArtifactPath>,
    progress: Progress<'_>,
) -> Result<Copied, Error> {
    let mut copied = Copied::default();
    let mut folders: Vec<ArtifactPath> = outermost(&places);
    while let Some(folder) = folders.pop() {
        let entries = from.list(&folder).await?;
        let mut files = Vec::new();
        let known = sizes(to.list(&folder).await?);
        for entry in entries {
            let path = folder.join(&ArtifactPath::parse(&entry.name).map_err(strata_artifacts::Error::from)?);
            match entry.size {
                None => folders.push(path),
                Some(size) if known.get(&entry.name) == Some(&size) => copied.there += 1,
                Some(size) => files.push((path, size)),
            }
        }
        for (_, size) in &files {
            copied.files += 1;
            copied.bytes += size;
        }
        let copies = files.into_iter().map(|(path, _)| one(from, to, path));
        futures::stream::iter(copies).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
        progress("artifacts", copied.files + copied.there, 0);
    }
    Ok(copied)
}

async fn one(from: &Artifacts, to: &Artifacts, path: ArtifactPath) -> Result<(), Error> {
    let found = from.find(&path).await?;
    let size = found.size;
    Ok(to.put(&path, Some(size), found.read(0..size)).await?)
}

/// How long the files of a folder are.
fn sizes(entries: Vec<Entry>) -> HashMap<String, u64> {
    entries.into_iter().filter_map(|entry| Some((entry.name, entry.size?))).collect()
}

/// Those that are not below another one.
fn outermost(places: &BTreeSet<ArtifactPath>) -> Vec<ArtifactPath> {
    let is_within = |inner: &ArtifactPath, outer: &ArtifactPath| {
        let below = inner.as_str().strip_prefix(outer.as_str());
        outer.is_root() || below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    };
    let is_outer = |place: &ArtifactPath| !places.iter().any(|other| other != place && is_within(place, other));
    places.iter().filter(|place| is_outer(place)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{ArtifactPath, outermost};

    #[test]
    fn a_place_within_another_is_copied_once() {
        let outer = |paths: &[&str]| {
            let paths = paths.iter().map(|path| ArtifactPath::parse(path).unwrap()).collect();
            outermost(&paths).iter().map(|path| path.as_str().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(outer(&["1", "1/run/artifacts", "10/x", "2/a", "2/ab"]), ["1", "10/x", "2/a", "2/ab"]);
        assert_eq!(outer(&["", "1"]), [""]);
    }
}
