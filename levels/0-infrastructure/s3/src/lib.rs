//! An S3 endpoint over a folder, so that boto3, Spark and whatever else speaks S3 can read the lake.
//!
//! The protocol (requests, XML, signatures, presigned URLs) is the library's, `s3s`; what stands here is the
//! store: buckets are folders, objects are files, and what is put is seen whole or not at all.
//!
//! - **Nobody gets in without a signature** (fault 21: buckets were public-read). [`Credentials`] are made at
//!   the first start, for the owner of the data folder alone.
//! - **Only [buckets](Bucket) that were named** are there, and those of the lake are read-only: Strata itself
//!   writes them, as files.
//! - **No key leads out of its bucket**: not by `..`, not absolute, not through a symbolic link.
//! - **ETags**: what was put here has the MD5 of its bytes, which is kept beside it; a file that Strata wrote has
//!   one made of its inode, size and time, in the form of a multipart object's (`...-0`), which no client takes for an MD5.
//!
//! Left out: signatures before version 4, forms, versions, tags, ACLs, policies, encryption by the server, virtual-hosted addresses, and TLS, for
//! which something stands in front.

mod endpoint;
pub use endpoint::{Config, Endpoint};

mod bucket;
pub use bucket::{Bucket, buckets};

mod credentials;
pub use credentials::Credentials;

mod error;
pub use error::Error;

mod door;

mod access;

mod key;

mod listing;

mod store;

mod wire;

#[cfg(test)]
mod tests;
