//! Where a registry is kept, where it listens, and whether it knows its users.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use strata_config::Secret;
use strata_objects::S3;
use strata_registry_ui::Pages;

/// How a registry is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address it listens on.
    pub host: IpAddr,
    /// The port; 0 is any that is free.
    pub port: u16,
    /// The folder of its files, which is made when it is missing.
    pub data_dir: PathBuf,
    /// `postgres://...` or `sqlite://...`; else a SQLite file in that folder.
    pub database: Option<Secret>,
    /// Where the artifacts are: a folder, `file://...` or `s3://BUCKET/PREFIX`; else `artifacts` in that folder.
    pub artifacts: Option<String>,
    /// Under which address experiments name the places of their artifacts, for clients to go there themselves; else clients
    /// come to the proxied store for them.
    pub artifact_root: Option<String>,
    /// The folder of the audit log, which others may write too; else one in that folder.
    pub audit: Option<PathBuf>,
    /// How S3 is reached.
    pub s3: S3,
    /// MLflow's own web pages, where they are shown.
    pub pages: Option<Pages>,
    /// Who may come in. None lets everybody do everything, which is refused unless only this machine can ask.
    pub users: Option<Users>,
}

/// How users are known.
#[derive(Clone, Debug)]
pub struct Users {
    /// The administrator who is made when there is no user yet, and who makes the others.
    pub admin: String,
    /// Its password, needed then only.
    pub admin_password: Option<Secret>,
    /// What a user may do where nothing was granted: a level of MLflow's.
    pub default_permission: String,
}

impl Default for Users {
    fn default() -> Self {
        Self { admin: "admin".to_owned(), admin_password: None, default_permission: "READ".to_owned() }
    }
}

impl Config {
    /// On the loopback, in this folder, open to whoever is on this machine.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: 5000,
            data_dir: data_dir.into(),
            database: None,
            artifacts: None,
            artifact_root: None,
            audit: None,
            s3: S3::default(),
            pages: None,
            users: None,
        }
    }

    /// Where its artifacts are.
    pub(crate) fn artifacts(&self) -> String {
        self.artifacts.clone().unwrap_or_else(|| self.data_dir.join("artifacts").display().to_string())
    }

    pub(crate) fn audit(&self) -> PathBuf {
        self.audit.clone().unwrap_or_else(|| strata_audit::folder(&self.data_dir))
    }

    /// What the places of experiments begin with. A folder is named as a URL.
    pub(crate) fn root(&self) -> String {
        let root = self.artifact_root.as_deref().map(|root| match root {
            root if root.starts_with('/') => format!("file://{root}"),
            root => root.to_owned(),
        });
        root.unwrap_or_else(|| "mlflow-artifacts:/".to_owned())
    }

    /// The URL of its database.
    pub(crate) fn url(&self) -> Secret {
        let file = || Secret::new(format!("sqlite://{}/registry.db", self.data_dir.display()));
        self.database.clone().unwrap_or_else(file)
    }
}
