//! Level 0: the objects that bronze is made of, and the face of the lake for other people's tools.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use crate::{Folder, Stack};
use anyhow::Result;
use strata_broker::client::Admin;
use strata_config::{Infrastructure as Config, Secret};
use strata_objects::Objects;
use strata_s3::{Credentials, Endpoint, buckets};
use strata_types::Topic;

pub(crate) fn build(config: &Config, folder: &Folder) -> Result<Objects> {
    if config.objects.is_empty() {
        return Ok(Objects::directory(folder.root())?);
    }
    objects_at(config, &config.objects)
}

/// The objects at `s3://BUCKET/PREFIX` or `file:///FOLDER`.
pub(crate) fn objects_at(config: &Config, location: &str) -> Result<Objects> {
    Ok(Objects::open(location, &reach(config))?)
}

/// How S3 is reached.
pub(crate) fn reach(config: &Config) -> strata_objects::S3 {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    strata_objects::S3 {
        endpoint: given(&config.objects_endpoint),
        region: given(&config.objects_region),
        access_key_id: given(&config.objects_access_key_id),
        secret_access_key: given(config.objects_secret_access_key.expose()).map(Secret::new),
        session_token: None,
    }
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
    pub async fn s3(&self, port: Option<u16>) -> Result<S3> {
        let port = port.unwrap_or(self.config().infrastructure.s3_port);
        let credentials = self.folder.s3_credentials()?;
        let config = strata_s3::Config {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            folder: self.folder.root().to_owned(),
            buckets: buckets(),
            credentials: Credentials::open(&credentials)?,
        };
        Ok(S3 { endpoint: Endpoint::bind(config).await?, credentials })
    }

    /// Asks each store that is elsewhere whether it is there; none of them if all are in the data folder.
    pub async fn stores_elsewhere(&self) -> Vec<(&'static str, Result<()>)> {
        let (infrastructure, mut answers) = (&self.config().infrastructure, Vec::new());
        match crate::services::external_log(self.config()) {
            Ok(None) => {}
            Ok(Some(options)) => {
                let asked = async { Ok(Admin::new(&options)?.partitions(Topic::Vitals.name()).await.map(|_| ())?) };
                answers.push(("event log", asked.await));
            }
            Err(error) => answers.push(("event log", Err(error))),
        }
        if !infrastructure.objects.is_empty() {
            answers.push(("objects", self.objects().list("health").await.map(|_| ()).map_err(Into::into)));
        }
        if !infrastructure.key_value.expose().is_empty() {
            let opened = strata_key_value::open(&infrastructure.key_value, Arc::clone(self.clock())).await;
            answers.push(("key-value store", opened.map(|_| ()).map_err(Into::into)));
        }
        if !infrastructure.database.expose().is_empty() {
            let opened = crate::services::open_database(&infrastructure.database, &**self.clock()).await;
            answers.push(("database", opened));
        }
        answers
    }
}
