//! An object store elsewhere: the S3 endpoint of a second Strata, at the other end of a wire.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::wire::Wire;

/// The bucket that clients may write, and a prefix of it.
const BUCKET: &str = "artifacts";
const PREFIX: &str = "bronze";

#[derive(Debug)]
pub(crate) struct Store {
    process: Child,
    pub(crate) wire: Wire,
    folder: PathBuf,
    credentials: String,
}

impl Store {
    pub(crate) fn start(binary: &Path, folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder.join(BUCKET))?;
        let mut command = Command::new(binary);
        command.args(["s3", "--port", "0", "--json", "--data-dir"]).arg(folder).env("XDG_CONFIG_HOME", folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().context("cannot start the store")?;
        let mut said = String::new();
        let stdout = process.stdout.take().context("its stdout is piped")?;
        BufReader::new(stdout).read_line(&mut said)?;
        let said: Value = serde_json::from_str(&said).context("the store does not say where it is")?;
        let text = |name: &str| said[name].as_str().with_context(|| format!("no {name} in {said}"));
        let address = text("url")?.trim_start_matches("http://").parse()?;
        let credentials = std::fs::read_to_string(text("credentials")?)?;
        Ok(Self { process, wire: Wire::to(address)?, folder: folder.to_owned(), credentials })
    }

    /// What a stack has to be told so that its bronze lies here.
    pub(crate) fn settings(&self) -> Result<Vec<(String, String)>> {
        let key = |name: &str| {
            let mut lines = self.credentials.lines().filter_map(|line| line.split_once('='));
            let found = lines.find(|(found, _)| found.trim() == name).map(|(_, value)| value.trim().to_owned());
            found.with_context(|| format!("the store's credentials have no {name}"))
        };
        let settings = [
            ("", format!("s3://{BUCKET}/{PREFIX}")),
            ("_ENDPOINT", format!("http://{}", self.wire.address())),
            ("_ACCESS_KEY_ID", key("aws_access_key_id")?),
            ("_SECRET_ACCESS_KEY", key("aws_secret_access_key")?),
        ];
        Ok(settings.map(|(name, value)| (format!("STRATA_INFRASTRUCTURE__OBJECTS{name}"), value)).into())
    }

    /// Where bronze lies in it.
    pub(crate) fn bronze(&self) -> PathBuf {
        self.folder.join(BUCKET).join(PREFIX)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
