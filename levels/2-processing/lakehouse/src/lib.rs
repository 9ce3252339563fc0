//! Tables with versions, queried as Arrow: the sole home of `DataFusion` and Delta.
//!
//! A table is a Delta table under `tables/<name>`: Parquet files, and a log whose entries say which
//! of them count. Nothing is visible before its commit, and a commit carries marks (Delta `txn`
//! actions) that tell how far the input was read, so that the same input is never added twice.

mod spec;
pub use spec::{Packing, TableSpec};

mod table;
pub use table::{DataFile, Mark, Table};

mod shelf;
pub use shelf::{NewFile, Shelf};

mod commit;
pub use commit::{Change, Of};

mod tidy;
pub use tidy::Tidied;

mod parquet_file;
pub use parquet_file::{Encoded, Encoder, decode, encode};

mod pieces;
pub use pieces::{Footer, Group, Piece, footers};

mod plain_file;
pub use plain_file::PlainFile;

mod stats;

mod sought;
pub use sought::Sought;

mod window;
pub use window::Window;

mod merge;
pub use merge::{Keep, merge};

mod query;
pub use query::{Rows, View};

mod list;
pub use list::List;

mod output;
pub use output::Format;

mod sheet;
pub use sheet::Sheet;

use std::path::{Path, PathBuf};

/// The tables under one root.
#[derive(Clone, Debug)]
pub struct Lakehouse {
    root: PathBuf,
    views: Vec<View>,
}

impl Lakehouse {
    /// The tables in a directory, which is made when it is missing.
    pub fn open(root: &Path, views: Vec<View>) -> Result<Self, Error> {
        let ready = std::fs::create_dir_all(root).and_then(|()| root.canonicalize());
        match ready {
            Ok(root) => Ok(Self { root, views }),
            Err(cause) => Err(Error::Folder { path: root.into(), cause }),
        }
    }

    /// The table, made with its first version when it is missing.
    pub async fn table(&self, spec: &'static TableSpec) -> Result<Table, Error> {
        Table::open_or_create(&self.root.join(spec.name), spec).await
    }

    /// The table, or `None` while nothing has been written to it.
    pub async fn existing(&self, spec: &'static TableSpec) -> Result<Option<Table>, Error> {
        Table::open(&self.root.join(spec.name), spec).await
    }

    /// The names of the tables that exist, sorted.
    pub fn names(&self) -> Result<Vec<String>, Error> {
        let folder = |cause| Error::Folder { path: self.root.clone(), cause };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.root).map_err(folder)? {
            let entry = entry.map_err(folder)?;
            if table::is_made(&entry.path()) {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// Why a table could not be read or written, or a query not be answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder of the tables cannot be used.
    #[error("cannot use the tables in {path}: {cause}")]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// Delta refused.
    #[error("table `{table}`: {cause}")]
    Delta {
        /// Which table.
        table: String,
        /// Why.
        #[source]
        cause: Box<deltalake::DeltaTableError>,
    },
    /// Somebody else has committed since the table was read.
    #[error(
        "table `{table}` was changed by another process since it was read: run this again, and let one process write"
    )]
    Changed {
        /// Which table.
        table: String,
    },
    /// Merging files would change how many rows there are. The table stays as it is.
    #[error("table `{table}`: merging {gone} rows gave {come}, so it was not done; report this")]
    Lost {
        /// Which table.
        table: String,
        /// The rows of the files that were merged.
        gone: u64,
        /// The rows of what came of it.
        come: u64,
    },
    /// A data file cannot be read or written.
    #[error("data file `{file}`: {cause}")]
    File {
        /// Which file, relative to its table.
        file: String,
        /// Why not.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The query is wrong, or asks for what is not there.
    #[error("{0}")]
    Query(#[source] Box<datafusion::error::DataFusionError>),
    /// The answer cannot be written.
    #[error("cannot write the result: {0}")]
    Output(#[source] Box<dyn std::error::Error + Send + Sync>),
}
