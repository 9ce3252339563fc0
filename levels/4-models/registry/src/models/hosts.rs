//! Sources that would send the server to a host that somebody else chose.

use super::uri::Uri;

/// Schemes whose authority is the host that is asked.
const SCHEMES: [&str; 9] = ["ftp", "sftp", "hdfs", "viewfs", "http", "https", "r2", "b2", "abfss"];

/// The scheme, if the server would have to connect to the host that the URI names. What lies on `mlflow-artifacts:/...`
/// without a host is the server's own.
pub(crate) fn foreign_scheme(text: &str) -> Option<String> {
    let uri = Uri::split(text);
    let own = uri.scheme == "mlflow-artifacts" && uri.authority.is_empty();
    let asks = SCHEMES.contains(&uri.scheme.as_str()) || uri.scheme == "mlflow-artifacts";
    (asks && !own).then_some(uri.scheme)
}

/// What is answered then.
pub(crate) fn refusal(scheme: &str) -> String {
    format!(
        "'source' cannot use the '{scheme}' scheme: the '{scheme}' scheme addresses a host other than the tracking \
         server's configured artifact storage, so the server would connect to the host named in the URI. Set the \
         MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES environment variable on the server to allow it."
    )
}

#[cfg(test)]
mod tests {
    use super::foreign_scheme;

    #[test]
    fn only_what_names_a_host_is_foreign() {
        for (uri, expected) in [
            ("https://example.com/model", Some("https")),
            ("hdfs://node/model", Some("hdfs")),
            ("mlflow-artifacts://node/model", Some("mlflow-artifacts")),
            ("mlflow-artifacts:/0/m", None),
            ("s3://bucket/model", None),
            ("runs:/r/m", None),
            ("/path", None),
        ] {
            assert_eq!(foreign_scheme(uri).as_deref(), expected, "{uri}");
        }
    }
}
