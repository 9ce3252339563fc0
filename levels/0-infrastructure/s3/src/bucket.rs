//! Which folders are buckets.

/// A first-level folder of the data folder, seen as a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name, which is the folder's.
    pub name: String,
    /// Whether clients may put and delete; otherwise they only read.
    pub writable: bool,
}

impl Bucket {
    /// One that clients only read.
    pub fn read_only(name: impl Into<String>) -> Self {
        Self { name: name.into(), writable: false }
    }

    /// One that clients may write.
    pub fn writable(name: impl Into<String>) -> Self {
        Self { name: name.into(), writable: true }
    }
}

/// Those of a data folder: what Strata writes itself is read-only, `artifacts` belongs to the clients.
pub fn buckets() -> Vec<Bucket> {
    let mut buckets: Vec<_> = ["raw", "tables", "runs"].map(Bucket::read_only).into();
    buckets.push(Bucket::writable("artifacts"));
    buckets
}
