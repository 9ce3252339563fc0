//! The parts of the URIs that a model version may come from, as Python's `urllib.parse` takes them apart: the client
//! was written against it, and the crate `url` refuses or rewrites what it lets pass.

use std::borrow::Cow;

/// A URI in parts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Uri<'a> {
    /// In lower case; empty for a bare path.
    pub(crate) scheme: String,
    /// What stands after `//`; empty if nothing does.
    pub(crate) authority: &'a str,
    /// Without query and fragment.
    pub(crate) path: &'a str,
}

impl<'a> Uri<'a> {
    /// Any text has parts.
    pub(crate) fn split(text: &'a str) -> Self {
        let text = text.trim_start_matches(|c: char| c <= ' ');
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => (String::new(), text),
        };
        let (authority, rest) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
            None => ("", rest),
        };
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        Self { scheme, authority, path }
    }

    /// The host of the authority, in lower case.
    pub(crate) fn host(&self) -> String {
        let host = self.authority.rsplit_once('@').map_or(self.authority, |(_, host)| host);
        let host = match host.strip_prefix('[') {
            Some(inside) => inside.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        host.to_ascii_lowercase()
    }

    /// The parts of its path that are not empty, with their escapes undone.
    fn parts(&self) -> Vec<String> {
        self.path.split('/').filter(|part| !part.is_empty()).map(|part| unescape(part).into_owned()).collect()
    }
}

/// Whether it is a path or a `file:` URI of this machine. An error is a `file:` URI of another one.
pub(crate) fn is_local(text: &str) -> Result<bool, String> {
    let uri = Uri::split(text);
    if uri.scheme.is_empty() {
        return Ok(text != "databricks");
    }
    if uri.scheme != "file" {
        return Ok(false);
    }
    let host = uri.host();
    if host.is_empty() || host == "." || host.starts_with("localhost") || host.starts_with("127.0.0.1") {
        return Ok(true);
    }
    Err(format!(
        "{text} is not a valid remote uri. For remote access on windows, please consider using a different scheme \
         such as SMB (e.g. smb://<hostname>/<path>)."
    ))
}

/// The path that a local URI names.
pub(crate) fn local_path(text: &str) -> String {
    let path = if text.starts_with("file:") { Uri::split(text).path } else { text };
    percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned()
}

/// Whether this server keeps what it names, behind its own artifact routes.
pub(crate) fn is_proxied(text: &str) -> bool {
    const ROUTE: [&str; 4] = ["api", "2.0", "mlflow-artifacts", "artifacts"];
    let uri = Uri::split(text);
    match uri.scheme.as_str() {
        "mlflow-artifacts" => true,
        "http" | "https" => uri.parts().windows(ROUTE.len()).any(|parts| parts == ROUTE),
        _ => false,
    }
}

/// Whether it lies in the folder `root`, or is it.
pub(crate) fn is_within(text: &str, root: &str) -> bool {
    let (uri, root) = (Uri::split(text), Uri::split(root));
    let parts = root.parts();
    uri.scheme == root.scheme
        && uri.authority.eq_ignore_ascii_case(root.authority)
        && !parts.is_empty()
        && uri.parts().starts_with(&parts)
}

/// Whether its path is absolute and says plainly where it leads: no `.`, no `..`, no NUL, however often escaped.
pub(crate) fn is_plain(text: &str) -> bool {
    let text = unescape(&text.replace('+', " ")).replace('+', " ");
    let path = Uri::split(&text).path;
    let climbs = text.split('/').any(|part| part == "..");
    let plain = path.trim_end_matches('/').starts_with('/') && !path.split('/').any(|part| part == ".");
    plain && !climbs && !path.contains('\0')
}

/// Undoes escapes until none is left.
fn unescape(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    loop {
        let decoded = percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if *decoded == *text {
            return text;
        }
        text = Cow::Owned(decoded);
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::{Uri, is_local, is_plain, is_proxied, is_within};

    #[test]
    fn a_uri_has_parts() {
        let uri = Uri::split("S3://Bucket:80/a/b?c#d");
        assert_eq!((uri.scheme.as_str(), uri.authority, uri.path), ("s3", "Bucket:80", "/a/b"));
        assert_eq!(Uri::split("http://me:secret@[::1]:80/x").host(), "::1");
        assert_eq!(Uri::split("models:/m-1").path, "/m-1");
        assert_eq!(Uri::split("/a:b/c").scheme, "");
    }

    #[test]
    fn local_is_a_path_or_a_file_of_this_machine() {
        for text in ["/a", "a/b", "./a", "file:///a", "file:/a", "file://localhost/a"] {
            assert_eq!(is_local(text), Ok(true), "{text}");
        }
        for text in ["s3://b/a", "runs:/r/a", "models:/m-1", "databricks"] {
            assert_eq!(is_local(text), Ok(false), "{text}");
        }
        assert!(is_local("file://elsewhere/a").is_err());
    }

    #[test]
    fn plain_is_what_leads_nowhere_else() {
        for text in ["s3://bucket/a", "runs:/r/model", "models:/m-1", "mlflow-artifacts:/0/r/artifacts", "dbfs:/a/"] {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "mlflow-artifacts://host:9000/../../../",
            "http://host/api/2.0/mlflow-artifacts/artifacts/../../../",
            "s3:/bucket/models/path/../../other",
            "s3://bucket/./a",
            "mlflow-artifacts://host:port/..%2f..%2f",
            "mlflow-artifacts://host:port/%252e%252e/a",
            "http://host/artifacts%00",
            "s3://bucket",
            "dbfs:relative",
        ] {
            assert!(!is_plain(text), "{text}");
        }
    }

    #[test]
    fn within_is_by_whole_parts() {
        assert!(is_within("mlflow-artifacts:/0/r/artifacts/m", "mlflow-artifacts:/0/r/artifacts"));
        assert!(is_within("mlflow-artifacts:/0/r%2Fx/m", "mlflow-artifacts:/0/r%2fx"));
        assert!(!is_within("mlflow-artifacts:/0/r/artifacts2", "mlflow-artifacts:/0/r/artifacts"));
        assert!(!is_within("mlflow-artifacts:/0/r", "mlflow-artifacts:/"));
        assert!(!is_within("s3://a/x", "s3://b/x"));
        assert!(is_proxied("http://host/api/2.0/mlflow-artifacts/artifacts/0"));
        assert!(!is_proxied("s3://host/api/2.0/mlflow-artifacts/artifacts/0"));
    }
}
