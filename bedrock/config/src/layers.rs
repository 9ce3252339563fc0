//! What the configuration is made of, and where a value came from.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

/// What stands above the built-in defaults.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    pub(crate) file: Option<PathBuf>,
    pub(crate) env: Vec<(OsString, OsString)>,
    pub(crate) flags: Vec<(String, String)>,
}

impl Layers {
    /// With this file, which must exist, instead of the one in the user's configuration folder.
    #[must_use]
    pub fn file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// With this environment, `std::env::vars_os()` for the process's own. It gives the settings
    /// `STRATA_LEVEL__KEY` and `STRATA_DATA_DIR`, and says where the user's folders are
    /// (`HOME`, `XDG_CONFIG_HOME`, `XDG_DATA_HOME`).
    #[must_use]
    pub fn env<K: Into<OsString>, V: Into<OsString>>(mut self, vars: impl IntoIterator<Item = (K, V)>) -> Self {
        self.env.extend(vars.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// With these settings from the command line: dotted key and value, such as `serving.port` and `8001`.
    #[must_use]
    pub fn flags<K: Into<String>, V: Into<String>>(mut self, flags: impl IntoIterator<Item = (K, V)>) -> Self {
        self.flags.extend(flags.into_iter().map(|(key, value)| (key.into(), value.into())));
        self
    }

    /// The user's own file: `strata/strata.toml` in the configuration folder, which need not exist.
    pub(crate) fn user_file(&self) -> Option<PathBuf> {
        Some(self.user_folder("XDG_CONFIG_HOME", ".config")?.join("strata.toml"))
    }

    /// Where data lie when nothing says otherwise. Without a home, beside where the command was called.
    pub(crate) fn default_data_dir(&self) -> PathBuf {
        self.user_folder("XDG_DATA_HOME", ".local/share").unwrap_or_else(|| PathBuf::from("strata-data"))
    }

    /// The XDG Base Directory specification: relative paths in its variables are to be ignored.
    fn user_folder(&self, variable: &str, under_home: &str) -> Option<PathBuf> {
        let absolute = |name: &str| self.variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute(variable).or_else(|| Some(absolute("HOME")?.join(under_home)))?;
        Some(base.join("strata"))
    }

    fn variable(&self, wanted: &str) -> Option<&OsStr> {
        self.env.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value.as_os_str())
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The defaults in the binary.
    BuiltIn,
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// The environment.
    Environment {
        /// The variable's name.
        variable: String,
    },
    /// A flag.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment { variable } => write!(f, "${variable}"),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}
