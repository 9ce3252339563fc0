//! Bodies: received into a file of their own, hashed on the way, and refused if they are not what was announced.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::StreamExt;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::dto::{Checksum, ChecksumAlgorithm, StreamingBlob};
use s3s::{S3Error, S3Result, TrailingHeaders, s3_error};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::Wire;
use crate::store::Incoming;

/// A body and what the client announced of it.
pub(super) struct Body {
    pub(super) stream: Option<StreamingBlob>,
    pub(super) length: Option<i64>,
    pub(super) md5: Option<String>,
    /// Those that stand in the headers.
    pub(super) sums: Checksum,
    /// That of the sum which follows the body.
    pub(super) algorithm: Option<ChecksumAlgorithm>,
    pub(super) trailers: Option<TrailingHeaders>,
}

/// A body that has arrived whole.
pub(super) struct Received {
    pub(super) incoming: Incoming,
    pub(super) size: u64,
    /// In hexadecimal.
    pub(super) md5: String,
    pub(super) sums: Checksum,
}

impl Wire {
    /// Receives it, synced to the disk.
    pub(super) async fn receive(&self, bucket: &str, body: Body) -> S3Result<Received> {
        let bucket = bucket.to_owned();
        let (incoming, file) = self.files(move |store| Ok(store.incoming(&bucket)?)).await?;
        let mut file = File::from_std(file);
        let (mut md5, mut hasher, mut size) = (Md5::new(), body.hasher(), 0_u64);
        if let Some(mut stream) = body.stream {
            while let Some(chunk) = stream.next().await {
                let chunk = chunk.map_err(|cause| S3Error::with_source(s3s::S3ErrorCode::IncompleteBody, cause))?;
                md5.update(&chunk);
                hasher.update(&chunk);
                size += chunk.len() as u64;
                file.write_all(&chunk).await.map_err(S3Error::internal_error)?;
            }
        }
        file.flush().await.map_err(S3Error::internal_error)?;
        file.sync_all().await.map_err(S3Error::internal_error)?;
        if body.length.is_some_and(|announced| u64::try_from(announced) != Ok(size)) {
            return Err(s3_error!(IncompleteBody, "{size} bytes came, not what was announced"));
        }
        let md5 = md5.finalize();
        if body.md5.is_some_and(|announced| announced != BASE64_STANDARD.encode(md5)) {
            return Err(s3_error!(BadDigest, "the body does not have the MD5 that was announced"));
        }
        let sums = hasher.finalize();
        let trailing = |name: &str| {
            let value = body.trailers.as_ref()?.read(|headers| headers.get(name)?.to_str().ok().map(str::to_owned));
            value.flatten()
        };
        for (name, announced, computed) in [
            ("x-amz-checksum-crc32", body.sums.checksum_crc32, &sums.checksum_crc32),
            ("x-amz-checksum-crc32c", body.sums.checksum_crc32c, &sums.checksum_crc32c),
            ("x-amz-checksum-crc64nvme", body.sums.checksum_crc64nvme, &sums.checksum_crc64nvme),
            ("x-amz-checksum-sha1", body.sums.checksum_sha1, &sums.checksum_sha1),
            ("x-amz-checksum-sha256", body.sums.checksum_sha256, &sums.checksum_sha256),
        ] {
            let announced = announced.or_else(|| trailing(name));
            if announced.is_some_and(|announced| computed.as_ref().is_some_and(|computed| *computed != announced)) {
                return Err(s3_error!(BadDigest, "the body does not have the {name} that was announced"));
            }
        }
        let md5 = hex::encode(md5);
        Ok(Received { incoming, size, md5, sums })
    }
}

impl Body {
    /// Computes what was announced, in front of the body or after it.
    fn hasher(&self) -> ChecksumHasher {
        let named = self.algorithm.as_ref().map_or("", ChecksumAlgorithm::as_str);
        let Checksum { checksum_crc32, checksum_crc32c, checksum_crc64nvme, checksum_sha1, checksum_sha256, .. } =
            &self.sums;
        ChecksumHasher {
            crc32: (checksum_crc32.is_some() || named == "CRC32").then(Crc32::new),
            crc32c: (checksum_crc32c.is_some() || named == "CRC32C").then(Crc32c::new),
            crc64nvme: (checksum_crc64nvme.is_some() || named == "CRC64NVME").then(Crc64Nvme::new),
            sha1: (checksum_sha1.is_some() || named == "SHA1").then(Sha1::new),
            sha256: (checksum_sha256.is_some() || named == "SHA256").then(Sha256::new),
        }
    }
}
