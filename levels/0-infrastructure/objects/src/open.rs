//! Where objects lie: a URL, and for S3 how it is reached.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use strata_config::Secret;

use crate::error::Cause;
use crate::{Error, Objects};

/// How long a request to S3 is tried again before its error is told.
const TRYING: Duration = Duration::from_secs(30);
const ATTEMPTS: usize = 5;

/// How S3 is reached: what does not stand in the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct S3 {
    /// Of a server that is not AWS's, such as `http://127.0.0.1:9000`. Plain HTTP is allowed where it is named.
    pub endpoint: Option<String>,
    /// `us-east-1` where nothing is said.
    pub region: Option<String>,
    /// Names the key. Without one, the machine's own role is asked.
    pub access_key_id: Option<String>,
    /// Signs requests.
    pub secret_access_key: Option<Secret>,
    /// With credentials that last a while only.
    pub session_token: Option<Secret>,
}

impl Objects {
    /// Objects at `file:///FOLDER` or `s3://BUCKET[/PREFIX]`. A folder is made when it is missing, a bucket is not;
    /// nothing is asked of the server yet.
    pub fn open(url: &str, s3: &S3) -> Result<Self, Error> {
        if let Some(folder) = url.strip_prefix("file://") {
            return Self::directory(FilePath::new(folder));
        }
        let (client, prefix) = Self::amazon(url, s3)?;
        Ok(Self { store: Arc::new(PrefixStore::new(client, prefix)), root: url.to_owned() })
    }

    /// The whole bucket of `s3://BUCKET[/PREFIX]`, for a format that names its objects by itself. It refuses to put an object
    /// that exists, when it is asked for a new one.
    pub fn bucket(url: &str, s3: &S3) -> Result<Arc<dyn ObjectStore>, Error> {
        let (client, _prefix) = Self::amazon(url, s3)?;
        Ok(Arc::new(client))
    }

    /// The client of the bucket of `s3://BUCKET[/PREFIX]`, and the prefix, for what only S3 can: addresses that it signs
    /// for others, and uploads in parts that others send.
    pub fn amazon(url: &str, s3: &S3) -> Result<(AmazonS3, Path), Error> {
        let open = || -> Result<(AmazonS3, Path), Cause> {
            let rest = url.strip_prefix("s3://").ok_or("give file:///FOLDER or s3://BUCKET/PREFIX")?;
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            if bucket.is_empty() {
                return Err("there is no bucket in it: give s3://BUCKET/PREFIX".into());
            }
            Ok((client(bucket, s3)?, Path::parse(prefix.trim_end_matches('/'))?))
        };
        open().map_err(|cause| cannot_open(url.to_owned(), cause))
    }

    /// Where they lie, as a URL by which another process finds them.
    pub fn location(&self) -> String {
        if self.root.contains("://") { self.root.clone() } else { format!("file://{}", self.root) }
    }

    /// Objects in a directory, which is made when it is missing.
    pub fn directory(root: &FilePath) -> Result<Self, Error> {
        let open = || -> Result<LocalFileSystem, Cause> {
            std::fs::create_dir_all(root)?;
            Ok(LocalFileSystem::new_with_prefix(root)?)
        };
        let root = root.display().to_string();
        match open() {
            Ok(store) => Ok(Self { store: Arc::new(store), root }),
            Err(cause) => Err(cannot_open(root, cause)),
        }
    }
}

fn client(bucket: &str, s3: &S3) -> Result<AmazonS3, Cause> {
    let retry = RetryConfig { max_retries: ATTEMPTS, retry_timeout: TRYING, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(s3.region.as_deref().unwrap_or("us-east-1"))
        // What makes a put that must be new one request: `If-None-Match: *`.
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_retry(retry);
    if let Some(endpoint) = &s3.endpoint {
        let plain = endpoint.starts_with("http://");
        builder = builder
            .with_endpoint(endpoint.trim_end_matches('/'))
            .with_client_options(ClientOptions::new().with_allow_http(plain));
    }
    match (&s3.access_key_id, &s3.secret_access_key) {
        (Some(id), Some(secret)) => {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret.expose());
        }
        (None, None) => {}
        _ => return Err("give both the id and the secret of the access key, or neither".into()),
    }
    if let Some(token) = &s3.session_token {
        builder = builder.with_token(token.expose());
    }
    Ok(builder.build()?)
}

fn cannot_open(root: String, cause: Cause) -> Error {
    Error { action: "open", name: String::new(), root, cause }
}
