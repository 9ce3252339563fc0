//! Which store a URL means.

use std::path::Path;
use std::sync::Arc;

use strata_config::Secret;
use strata_runtime::Clock;

use crate::{Embedded, Error, KeyValue, Redis};

/// Opens the store at `file:///FOLDER`, `redis://[USER:PASSWORD@]HOST:PORT/NUMBER` or `redis+unix:///SOCKET`.
/// The clock says what has expired in a folder; Redis asks its own.
pub async fn open(url: &Secret, clock: Arc<dyn Clock>) -> Result<Arc<dyn KeyValue>, Error> {
    let (scheme, rest) = url.expose().split_once(':').unwrap_or((url.expose(), ""));
    match scheme {
        "file" => {
            let folder = Path::new(rest.strip_prefix("//").unwrap_or(rest));
            Ok(Arc::new(Embedded::open(folder, clock)?))
        }
        "redis" | "redis+unix" | "unix" => Ok(Arc::new(Redis::open(url).await?)),
        // Someone who gave a path or a password without a scheme does not want to see it in a log.
        _ if rest.is_empty() => Err(Error::Scheme { scheme: "(no scheme)".to_owned() }),
        other => Err(Error::Scheme { scheme: other.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use strata_runtime::clock::Fixed;

    use super::*;

    #[tokio::test]
    async fn a_url_chooses_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let open = async |url: String| open(&Secret::new(url), Arc::new(Fixed::default())).await;
        let embedded = open(format!("file://{}", folder.path().display())).await.unwrap();
        assert!(format!("{embedded:?}").starts_with("Embedded"), "{embedded:?}");
        let error = open("postgres://somebody:hunter2@there/".to_owned()).await.unwrap_err().to_string();
        assert!(error.contains("postgres") && !error.contains("hunter2"), "{error}");
        let error = open("hunter2".to_owned()).await.unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    /// A server that is not there is told at once, with its address and without its password.
    #[tokio::test]
    async fn an_absent_server_explains_itself() {
        let url = Secret::new("redis://:hunter2@127.0.0.1:1/0".to_owned());
        let error = open(&url, Arc::new(Fixed::default())).await.unwrap_err().to_string();
        assert!(error.contains("127.0.0.1:1") && !error.contains("hunter2"), "{error}");
    }
}
