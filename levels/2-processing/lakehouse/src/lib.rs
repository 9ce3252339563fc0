//! Tables with versions, queried as Arrow: the sole home of `DataFusion` and Delta.
//!
//! A table is a Delta table under `tables/<name>`: Parquet files, and a log whose entries say which
//! of them count. Nothing is visible before its commit, and a commit carries marks (Delta `txn`
//! actions) that tell how far the input was read, so that the same input is never added twice.
//!
//! Heavy work on tables is a [batch job](batch::Job): partitions of work, run on this machine's cores or by the executors
//! of a cluster, of which this crate is the sole home too.

mod root;
use root::Root;

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
pub use parquet_file::{Encoded, Encoder, ROW_GROUP, decode, encode};

mod wide_file;
pub use wide_file::WideEncoder;

mod pieces;
pub use pieces::{Footer, Group, GroupRows, Piece, footers};

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

pub mod batch;
pub mod cluster;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::ObjectStore;

/// The tables under one root.
#[derive(Clone, Debug)]
pub struct Lakehouse {
    root: Root,
    views: Vec<View>,
}

impl Lakehouse {
    /// The tables in a directory, which is made when it is missing.
    pub fn open(root: &Path, views: Vec<View>) -> Result<Self, Error> {
        let ready = std::fs::create_dir_all(root).and_then(|()| root.canonicalize());
        match ready {
            Ok(root) => Ok(Self { root: Root::Folder(root), views }),
            Err(cause) => Err(Error::Folder { path: root.into(), cause }),
        }
    }

    /// The tables in a bucket, at a URL whose host is the bucket: `s3://BUCKET/PREFIX`. The store must refuse to put an
    /// object that exists when it is asked for a new one: that is what makes a commit one commit.
    pub fn in_bucket(url: &str, bucket: Arc<dyn ObjectStore>, views: Vec<View>) -> Result<Self, Error> {
        Ok(Self { root: Root::bucket(url, bucket)?, views })
    }

    /// Where the tables lie, as a URL by which another process finds them.
    pub fn location(&self) -> String {
        self.root.location()
    }

    /// The table, made with its first version when it is missing.
    pub fn table(&self, spec: &'static TableSpec) -> BoxFuture<'_, Result<Table, Error>> {
        Table::open_or_create(&self.root, spec).boxed()
    }

    /// The table, or `None` while nothing has been written to it.
    pub fn existing(&self, spec: &'static TableSpec) -> BoxFuture<'_, Result<Option<Table>, Error>> {
        Table::open(&self.root, spec).boxed()
    }

    /// Where a table's files lie, whether or not there is a table yet.
    pub fn shelf(&self, spec: &'static TableSpec) -> Result<Shelf, Error> {
        Ok(Shelf::new(self.root.files(spec.name)?, spec))
    }

    /// The names of the tables that exist, sorted.
    pub fn names(&self) -> BoxFuture<'_, Result<Vec<String>, Error>> {
        self.root.names().boxed()
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
    /// The bucket of the tables cannot be used.
    #[error("cannot use the tables at {url}: {cause}")]
    Bucket {
        /// Its URL.
        url: String,
        /// Why not.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
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
