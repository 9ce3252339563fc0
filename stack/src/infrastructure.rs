//! Level 0: the objects that bronze is made of, and the face of the lake for other people's tools.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Result;
use strata_objects::Objects;
use strata_s3::{Config, Credentials, Endpoint, buckets};
// They stand ready for the feature store and the registry; named here so that the binary and the tests share one build.
use strata_database as _;
use strata_key_value as _;

use crate::{Folder, Stack};

pub(crate) fn build(folder: &Folder) -> Result<Objects> {
    Ok(Objects::directory(folder.root())?)
}

/// The lake over S3, with its port taken, not answering yet.
#[derive(Debug)]
pub struct S3 {
    /// What answers, once it runs.
    pub endpoint: Endpoint,
    /// The file of the key that clients sign with, as AWS's tools read it.
    pub credentials: PathBuf,
}

impl Stack {
    /// Lets other people's tools read the lake over S3, on this machine, signed with a key that is made at the first start.
    pub async fn s3(&self, port: u16) -> Result<S3> {
        let credentials = self.folder.s3_credentials()?;
        let config = Config {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            folder: self.folder.root().to_owned(),
            buckets: buckets(),
            credentials: Credentials::open(&credentials)?,
        };
        Ok(S3 { endpoint: Endpoint::bind(config).await?, credentials })
    }
}
