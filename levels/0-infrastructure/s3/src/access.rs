//! Who may do what: nobody without credentials, nothing that is not served, no writing where only Strata writes.

use s3s::access::{S3Access, S3AccessContext};
use s3s::{S3Result, s3_error};

use crate::Bucket;

/// What one may do anywhere.
const READ: &[&str] = &[
    "GetBucketLocation",
    "GetBucketVersioning",
    "GetObject",
    "HeadBucket",
    "HeadObject",
    "ListBuckets",
    "ListMultipartUploads",
    "ListObjects",
    "ListObjectsV2",
    "ListParts",
];
/// What one may do in writable buckets.
const WRITE: &[&str] = &[
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateMultipartUpload",
    "DeleteObject",
    "DeleteObjects",
    "PutObject",
    "UploadPart",
    "UploadPartCopy",
];

pub(crate) struct Access {
    pub(crate) buckets: Vec<Bucket>,
}

#[async_trait::async_trait]
impl S3Access for Access {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        // Fault 21: buckets are public-read. Without a signature there is nothing to see.
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "sign the request: there is no anonymous access"));
        }
        let operation = context.s3_op().name();
        let writes = WRITE.contains(&operation);
        if !writes && !READ.contains(&operation) {
            return Err(s3_error!(NotImplemented, "{operation} is not served here"));
        }
        let Some(name) = context.s3_path().get_bucket_name() else { return Ok(()) };
        match self.buckets.iter().find(|bucket| bucket.name == name) {
            None => Err(s3_error!(NoSuchBucket, "there is no bucket {name}")),
            Some(bucket) if writes && !bucket.writable => {
                Err(s3_error!(AccessDenied, "{name} is read-only: only Strata writes there"))
            }
            Some(_) => Ok(()),
        }
    }
}
