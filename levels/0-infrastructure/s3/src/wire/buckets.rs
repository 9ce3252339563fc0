//! The buckets themselves.

use std::fs;

use s3s::S3Result;
use s3s::dto::{Bucket, ListBucketsOutput};

use super::Wire;

/// The region that clients are told; any is accepted in a signature.
pub(super) const REGION: &str = "us-east-1";

impl Wire {
    pub(super) async fn all_buckets(&self) -> S3Result<ListBucketsOutput> {
        let names = self.buckets.clone();
        let buckets = self
            .files(move |store| {
                let mut buckets = Vec::new();
                for name in names {
                    let metadata = fs::metadata(store.bucket(&name))?;
                    // Not every file system knows when a folder was made.
                    let made = metadata.created().or_else(|_| metadata.modified())?;
                    buckets.push(Bucket { name: Some(name), creation_date: Some(made.into()), ..Bucket::default() });
                }
                buckets.sort_by(|a, b| a.name.cmp(&b.name));
                Ok(buckets)
            })
            .await?;
        Ok(ListBucketsOutput { buckets: Some(buckets), ..ListBucketsOutput::default() })
    }
}
