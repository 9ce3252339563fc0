//! What the registry calls a place of artifacts, and where that is in this store.

use crate::{ArtifactPath, Error};

/// Where the proxied store is reached, within the address of a server.
const PROXIED: &str = "/api/2.0/mlflow-artifacts/artifacts";

/// The path of a place such as `mlflow-artifacts:/1/RUN/artifacts`, `http://SERVER/api/2.0/mlflow-artifacts/artifacts/1`,
/// or one below the root of the store itself. What lies elsewhere is not this store's.
pub(crate) fn locate(uri: &str, root: &str) -> Result<ArtifactPath, Error> {
    let elsewhere = || Error::Request(format!("The artifacts at '{uri}' are not in this server's store"));
    // As it is named, so that `file:///x` and `/x` are one.
    let plain = |text: &str| {
        let text = text.strip_prefix("file://").or_else(|| text.strip_prefix("file:")).unwrap_or(text);
        text.trim_end_matches('/').to_owned()
    };
    let path = if let Some(rest) = uri.strip_prefix("mlflow-artifacts:") {
        match rest.strip_prefix("//") {
            // Behind a name of a server.
            Some(rest) => rest.split_once('/').map_or("", |(_, path)| path),
            None => rest,
        }
        .to_owned()
    } else if uri.starts_with("http://") || uri.starts_with("https://") {
        let (_, path) = uri.split_once(PROXIED).ok_or_else(elsewhere)?;
        path.to_owned()
    } else {
        let (uri, root) = (plain(uri), plain(root));
        let below = uri.strip_prefix(&root).filter(|below| below.is_empty() || below.starts_with('/'));
        below.ok_or_else(elsewhere)?.to_owned()
    };
    Ok(ArtifactPath::parse(path.trim_start_matches('/'))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_however_they_are_called() {
        let path = |uri: &str, root: &str| locate(uri, root).map(|path| path.as_str().to_owned()).ok();
        for (uri, root, expected) in [
            ("mlflow-artifacts:/1/run/artifacts", "/data", Some("1/run/artifacts")),
            ("mlflow-artifacts:", "/data", Some("")),
            ("mlflow-artifacts://server:5000/1/x", "/data", Some("1/x")),
            ("http://here:1/api/2.0/mlflow-artifacts/artifacts/0/run", "/data", Some("0/run")),
            ("https://here/prefix/api/2.0/mlflow-artifacts/artifacts", "/data", Some("")),
            ("https://elsewhere/x", "/data", None),
            ("s3://bucket/prefix/1/x", "s3://bucket/prefix/", Some("1/x")),
            ("s3://bucket/prefixed/1", "s3://bucket/prefix", None),
            ("s3://other/prefix/1", "s3://bucket/prefix", None),
            ("file:///data/1/x", "/data", Some("1/x")),
            ("/data/1", "file:///data", Some("1")),
            ("/etc/passwd", "/data", None),
            ("/data/../etc", "/data", None),
            ("mlflow-artifacts:/1/../../x", "/data", None),
            ("gs://bucket/x", "/data", None),
        ] {
            assert_eq!(path(uri, root).as_deref(), expected, "{uri}");
        }
    }
}
