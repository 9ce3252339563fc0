//! Objects: read, put, copied, deleted.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures::{Stream, stream};
use s3s::dto::{
    Checksum, CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput, DeleteObjectOutput,
    DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, GetObjectInput, GetObjectOutput, HeadObjectInput,
    HeadObjectOutput, MetadataDirective, PutObjectInput, PutObjectOutput, StreamingBlob,
};
use s3s::{S3Result, TrailingHeaders, s3_error};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::conditions::{condition, etag};
use super::receive::Body;
use super::{Wire, fault, key};
use crate::key::Key;
use crate::store::{Facts, Fault, Store};

/// How much of a file is read at once, in bytes.
const CHUNK: usize = 256 << 10;
/// What S3 says of an object of which nobody said a type.
const UNTYPED: &str = "binary/octet-stream";

impl Wire {
    pub(super) async fn head(&self, input: HeadObjectInput) -> S3Result<HeadObjectOutput> {
        let HeadObjectInput { bucket, if_match, if_none_match, if_modified_since, if_unmodified_since, .. } = input;
        let key = key(&input.key)?;
        let condition = condition(if_match, if_none_match, if_modified_since, if_unmodified_since);
        let object = self
            .files(move |store| {
                let object = store.object(&bucket, &key)?;
                condition.allows_reading(&object).map(|()| object)
            })
            .await?;
        let mut headers = object.facts.headers;
        Ok(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(object.size as i64),
            e_tag: Some(etag(&object.facts.tag)),
            last_modified: Some(object.modified.into()),
            metadata: metadata(object.facts.metadata),
            content_type: Some(headers.remove("content-type").unwrap_or_else(|| UNTYPED.to_owned())),
            content_encoding: headers.remove("content-encoding"),
            content_disposition: headers.remove("content-disposition"),
            content_language: headers.remove("content-language"),
            cache_control: headers.remove("cache-control"),
            ..HeadObjectOutput::default()
        })
    }

    pub(super) async fn get(&self, input: GetObjectInput) -> S3Result<GetObjectOutput> {
        let GetObjectInput { bucket, if_match, if_none_match, if_modified_since, if_unmodified_since, .. } = input;
        if input.part_number.is_some_and(|number| number != 1) {
            return Err(s3_error!(InvalidRequest, "objects are whole here: there is only part 1"));
        }
        let key = key(&input.key)?;
        let condition = condition(if_match, if_none_match, if_modified_since, if_unmodified_since);
        let (file, object) = self
            .files(move |store| {
                let (file, object) = store.open_object(&bucket, &key)?;
                condition.allows_reading(&object).map(|()| (file, object))
            })
            .await?;
        let range = input.range.map(|range| range.check(object.size)).transpose()?;
        let content_range = range.as_ref().map(|range| {
            // A range that could be met holds at least one byte.
            format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), object.size)
        });
        let range = range.unwrap_or(0..object.size);
        let mut headers = object.facts.headers;
        Ok(GetObjectOutput {
            content_length: Some((range.end - range.start) as i64),
            content_range,
            body: Some(StreamingBlob::wrap(read(File::from_std(file), range))),
            accept_ranges: Some("bytes".to_owned()),
            e_tag: Some(etag(&object.facts.tag)),
            last_modified: Some(object.modified.into()),
            metadata: metadata(object.facts.metadata),
            content_type: Some(headers.remove("content-type").unwrap_or_else(|| UNTYPED.to_owned())),
            content_encoding: headers.remove("content-encoding"),
            content_disposition: headers.remove("content-disposition"),
            content_language: headers.remove("content-language"),
            cache_control: headers.remove("cache-control"),
            ..GetObjectOutput::default()
        })
    }

    pub(super) async fn put(
        &self,
        input: PutObjectInput,
        trailers: Option<TrailingHeaders>,
    ) -> S3Result<PutObjectOutput> {
        let key = key(&input.key)?;
        let facts = facts(
            input.metadata,
            [
                ("content-type", input.content_type),
                ("content-encoding", input.content_encoding),
                ("content-disposition", input.content_disposition),
                ("content-language", input.content_language),
                ("cache-control", input.cache_control),
            ],
        );
        let condition = condition(input.if_match, input.if_none_match, None, None);
        let sums = Checksum {
            checksum_crc32: input.checksum_crc32,
            checksum_crc32c: input.checksum_crc32c,
            checksum_crc64nvme: input.checksum_crc64nvme,
            checksum_sha1: input.checksum_sha1,
            checksum_sha256: input.checksum_sha256,
            ..Checksum::default()
        };
        let (length, md5, algorithm) = (input.content_length, input.content_md5, input.checksum_algorithm);
        let body = Body { stream: input.body, length, md5, sums, algorithm, trailers };
        let bucket = input.bucket;
        let received = self.receive(&bucket, body).await?;
        if key.is_folder() && received.size > 0 {
            return Err(s3_error!(InvalidRequest, "a key that ends in `/` stands for a folder and has no bytes"));
        }
        let facts = Facts { tag: received.md5, ..facts };
        let object =
            self.files(move |store| store.commit(&received.incoming, &bucket, &key, facts, &condition)).await?;
        let sums = received.sums;
        Ok(PutObjectOutput {
            e_tag: Some(etag(&object.facts.tag)),
            checksum_crc32: sums.checksum_crc32,
            checksum_crc32c: sums.checksum_crc32c,
            checksum_crc64nvme: sums.checksum_crc64nvme,
            checksum_sha1: sums.checksum_sha1,
            checksum_sha256: sums.checksum_sha256,
            ..PutObjectOutput::default()
        })
    }

    pub(super) async fn copy(&self, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
        let (from_bucket, from) = self.source(&input.copy_source)?;
        let key = key(&input.key)?;
        let condition = condition(
            input.copy_source_if_match,
            input.copy_source_if_none_match,
            input.copy_source_if_modified_since,
            input.copy_source_if_unmodified_since,
        );
        let replaced = input
            .metadata_directive
            .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE)
            .then(|| {
                facts(
                    input.metadata,
                    [
                        ("content-type", input.content_type),
                        ("content-encoding", input.content_encoding),
                        ("content-disposition", input.content_disposition),
                        ("content-language", input.content_language),
                        ("cache-control", input.cache_control),
                    ],
                )
            });
        let bucket = input.bucket;
        let object = self
            .files(move |store| {
                let (mut file, source) = store.open_object(&from_bucket, &from)?;
                condition.allows_reading(&source).map_err(not_for_copies)?;
                let (incoming, mut copy) = store.incoming(&bucket)?;
                let tag = Store::copy(&mut file, 0..source.size, &mut copy)?;
                let facts = Facts { tag, ..replaced.unwrap_or(source.facts) };
                store.commit(&incoming, &bucket, &key, facts, &crate::store::Condition::default())
            })
            .await?;
        let result = CopyObjectResult {
            e_tag: Some(etag(&object.facts.tag)),
            last_modified: Some(object.modified.into()),
            ..CopyObjectResult::default()
        };
        Ok(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() })
    }

    pub(super) async fn delete(&self, input: DeleteObjectInput) -> S3Result<DeleteObjectOutput> {
        let conditional =
            input.if_match.is_some() || input.if_match_size.is_some() || input.if_match_last_modified_time.is_some();
        if conditional || input.version_id.is_some() {
            return Err(s3_error!(NotImplemented, "objects are deleted here without conditions and versions"));
        }
        let key = key(&input.key)?;
        self.files(move |store| store.delete(&input.bucket, &key)).await?;
        Ok(DeleteObjectOutput::default())
    }

    pub(super) async fn delete_many(&self, input: DeleteObjectsInput) -> S3Result<DeleteObjectsOutput> {
        if input.delete.objects.len() > 1_000 {
            return Err(s3_error!(MalformedXML, "at most 1,000 objects are deleted at once"));
        }
        let quiet = input.delete.quiet.unwrap_or_default();
        let bucket = input.bucket;
        let (deleted, errors) = self
            .files(move |store| {
                let (mut deleted, mut errors) = (Vec::new(), Vec::new());
                for object in input.delete.objects {
                    let outcome = match key(&object.key) {
                        Ok(key) => store.delete(&bucket, &key).map_err(fault),
                        Err(error) => Err(error),
                    };
                    match outcome {
                        Ok(()) => deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() }),
                        Err(error) => errors.push(s3s::dto::Error {
                            key: Some(object.key),
                            code: Some(error.code().as_str().to_owned()),
                            message: error.message().map(str::to_owned),
                            ..s3s::dto::Error::default()
                        }),
                    }
                }
                Ok((deleted, errors))
            })
            .await?;
        let deleted = (!quiet).then_some(deleted);
        Ok(DeleteObjectsOutput { deleted, errors: Some(errors), ..DeleteObjectsOutput::default() })
    }

    /// Where a copy comes from: any bucket that can be read.
    pub(super) fn source(&self, source: &CopySource) -> S3Result<(String, Key)> {
        let CopySource::Bucket { bucket, key: from, version_id: None } = source else {
            return Err(s3_error!(NotImplemented, "copies come from a bucket here, and have no versions"));
        };
        if !self.buckets.iter().any(|known| **known == **bucket) {
            return Err(s3_error!(NoSuchBucket, "there is no bucket {bucket}"));
        }
        Ok((bucket.to_string(), key(from)?))
    }
}

/// A copy that a condition forbids is refused in whatever way.
pub(super) fn not_for_copies(fault: Fault) -> Fault {
    if matches!(fault, Fault::NotModified) { Fault::Condition } else { fault }
}

/// What a client says of an object, to be given back; its ETag is not known yet.
pub(super) fn facts<const N: usize>(
    metadata: Option<HashMap<String, String>>,
    headers: [(&str, Option<String>); N],
) -> Facts {
    let headers = headers.into_iter().filter_map(|(name, value)| {
        // How the body came over the wire says nothing of the object.
        let value = value?;
        let parts: Vec<_> = value.split(',').map(str::trim).filter(|part| *part != "aws-chunked").collect();
        let value = if name == "content-encoding" { parts.join(",") } else { value };
        (!value.is_empty()).then(|| (name.to_owned(), value))
    });
    Facts { tag: String::new(), headers: headers.collect(), metadata: metadata.into_iter().flatten().collect() }
}

fn metadata(metadata: BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!metadata.is_empty()).then(|| metadata.into_iter().collect())
}

/// The bytes of a range, as they are asked for.
fn read(file: File, range: Range<u64>) -> impl Stream<Item = std::io::Result<Bytes>> + Send + Sync + 'static {
    struct State {
        file: File,
        range: Range<u64>,
        begun: bool,
    }
    stream::try_unfold(State { file, range, begun: false }, |mut state| async move {
        let left = state.range.end - state.range.start;
        if left == 0 {
            return Ok(None);
        }
        if !state.begun {
            state.file.seek(std::io::SeekFrom::Start(state.range.start)).await?;
            state.begun = true;
        }
        let mut chunk = BytesMut::with_capacity(CHUNK.min(usize::try_from(left).unwrap_or(CHUNK)));
        let read = (&mut state.file).take(left).read_buf(&mut chunk).await? as u64;
        if read == 0 {
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the file has become shorter"));
        }
        state.range.start += read;
        Ok(Some((chunk.freeze(), state)))
    })
}
