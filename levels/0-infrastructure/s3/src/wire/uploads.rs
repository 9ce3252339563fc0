//! Uploads in parts.

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, Checksum, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyPartResult, CreateMultipartUploadInput, CreateMultipartUploadOutput,
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Part,
    Range, UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Result, TrailingHeaders, s3_error};

use super::conditions::{condition, etag};
use super::objects::{facts, not_for_copies};
use super::receive::Body;
use super::{Wire, key};
use crate::store::{Store, Upload};

/// As S3 numbers parts.
const NUMBERS: std::ops::RangeInclusive<i32> = 1..=10_000;
/// What S3 lists at most, and by default.
const MOST: i32 = 1_000;

impl Wire {
    pub(super) async fn begin(&self, input: CreateMultipartUploadInput) -> S3Result<CreateMultipartUploadOutput> {
        if key(&input.key)?.is_folder() {
            return Err(s3_error!(InvalidRequest, "a key that ends in `/` stands for a folder and has no bytes"));
        }
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
        let (bucket, upload) = (input.bucket.clone(), Upload { key: input.key.clone(), facts });
        let id = self.files(move |store| store.begin_upload(&bucket, &upload)).await?;
        Ok(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        })
    }

    pub(super) async fn part(
        &self,
        input: UploadPartInput,
        trailers: Option<TrailingHeaders>,
    ) -> S3Result<UploadPartOutput> {
        let UploadPartInput { bucket, key, upload_id, part_number, .. } = input;
        check_number(part_number)?;
        // Before the body is taken: nobody sends gigabytes to an upload that is not there.
        let (of, id) = (bucket.clone(), upload_id.clone());
        self.files(move |store| store.upload(&of, &key, &id)).await?;
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
        let received = self.receive(&bucket, body).await?;
        let (tag, sums) = (received.md5.clone(), received.sums);
        let incoming = received.incoming;
        self.files(move |store| store.put_part(&incoming, &bucket, &upload_id, part_number, &received.md5)).await?;
        Ok(UploadPartOutput {
            e_tag: Some(etag(&tag)),
            checksum_crc32: sums.checksum_crc32,
            checksum_crc32c: sums.checksum_crc32c,
            checksum_crc64nvme: sums.checksum_crc64nvme,
            checksum_sha1: sums.checksum_sha1,
            checksum_sha256: sums.checksum_sha256,
            ..UploadPartOutput::default()
        })
    }

    pub(super) async fn part_copy(&self, input: UploadPartCopyInput) -> S3Result<UploadPartCopyOutput> {
        check_number(input.part_number)?;
        let (from_bucket, from) = self.source(&input.copy_source)?;
        let condition = condition(
            input.copy_source_if_match,
            input.copy_source_if_none_match,
            input.copy_source_if_modified_since,
            input.copy_source_if_unmodified_since,
        );
        let asked = match input.copy_source_range.as_deref().map(Range::parse) {
            Some(Ok(range)) => Some(range),
            Some(Err(_)) => return Err(s3_error!(InvalidArgument, "the range to copy is no range")),
            None => None,
        };
        let UploadPartCopyInput { bucket, key, upload_id, part_number, .. } = input;
        let part = self
            .files(move |store| {
                store.upload(&bucket, &key, &upload_id)?;
                let (mut file, source) = store.open_object(&from_bucket, &from)?;
                condition.allows_reading(&source).map_err(not_for_copies)?;
                let Ok(range) = asked.map_or(Ok(0..source.size), |range| range.check(source.size)) else {
                    return Ok(None);
                };
                let (incoming, mut part) = store.incoming(&bucket)?;
                let tag = Store::copy(&mut file, range, &mut part)?;
                store.put_part(&incoming, &bucket, &upload_id, part_number, &tag)?;
                Ok(Some((tag, part.metadata()?.modified()?)))
            })
            .await?;
        let Some((tag, modified)) = part else { return Err(s3_error!(InvalidRange)) };
        let result = CopyPartResult {
            e_tag: Some(etag(&tag)),
            last_modified: Some(modified.into()),
            ..CopyPartResult::default()
        };
        Ok(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() })
    }

    pub(super) async fn all_parts(&self, input: ListPartsInput) -> S3Result<ListPartsOutput> {
        let (bucket, key, id) = (input.bucket.clone(), input.key.clone(), input.upload_id.clone());
        let parts = self
            .files(move |store| {
                store.upload(&bucket, &key, &id)?;
                store.parts(&bucket, &id)
            })
            .await?;
        let after = input.part_number_marker.unwrap_or_default();
        let most = usize::try_from(input.max_parts.unwrap_or(MOST).clamp(0, MOST)).unwrap_or_default();
        let mut listed: Vec<Part> = parts
            .into_iter()
            .filter(|part| part.number > after)
            .map(|part| Part {
                part_number: Some(part.number),
                e_tag: Some(etag(&part.tag)),
                size: Some(part.size as i64),
                last_modified: Some(part.modified.into()),
                ..Part::default()
            })
            .collect();
        let truncated = listed.len() > most;
        listed.truncate(most);
        Ok(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            part_number_marker: input.part_number_marker,
            next_part_number_marker: listed.last().and_then(|part| part.part_number),
            max_parts: Some(most as i32),
            is_truncated: Some(truncated),
            parts: Some(listed),
            ..ListPartsOutput::default()
        })
    }

    pub(super) async fn all_uploads(&self, input: ListMultipartUploadsInput) -> S3Result<ListMultipartUploadsOutput> {
        if input.delimiter.is_some() {
            return Err(s3_error!(NotImplemented, "uploads are listed here without a delimiter"));
        }
        let bucket = input.bucket.clone();
        let uploads = self.files(move |store| store.uploads(&bucket)).await?;
        let prefix = input.prefix.clone().unwrap_or_default();
        // Without an id the marker is a key, all of whose uploads have been listed.
        let is_after = |key: &str, id: &str| match (input.key_marker.as_deref(), input.upload_id_marker.as_deref()) {
            (Some(last), Some(last_id)) => (key, id) > (last, last_id),
            (Some(last), None) => key > last,
            (None, _) => true,
        };
        let most = usize::try_from(input.max_uploads.unwrap_or(MOST).clamp(0, MOST)).unwrap_or_default();
        let mut listed: Vec<MultipartUpload> = uploads
            .into_iter()
            .filter(|(upload, id, _)| upload.key.starts_with(&prefix) && is_after(&upload.key, id))
            .map(|(upload, id, begun)| MultipartUpload {
                key: Some(upload.key),
                upload_id: Some(id),
                initiated: Some(begun.into()),
                ..MultipartUpload::default()
            })
            .collect();
        let truncated = listed.len() > most;
        listed.truncate(most);
        let last = listed.last().filter(|_| truncated);
        Ok(ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            prefix: input.prefix,
            key_marker: input.key_marker,
            upload_id_marker: input.upload_id_marker,
            max_uploads: Some(most as i32),
            is_truncated: Some(truncated),
            next_key_marker: last.and_then(|upload| upload.key.clone()),
            next_upload_id_marker: last.and_then(|upload| upload.upload_id.clone()),
            uploads: Some(listed),
            ..ListMultipartUploadsOutput::default()
        })
    }

    pub(super) async fn complete(
        &self,
        input: CompleteMultipartUploadInput,
    ) -> S3Result<CompleteMultipartUploadOutput> {
        let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let named: Option<Vec<(i32, String)>> =
            parts.into_iter().map(|part| Some((part.part_number?, part.e_tag?.into_value()))).collect();
        let named = named.filter(|named| !named.is_empty());
        let named = named.ok_or_else(|| s3_error!(MalformedXML, "name at least one part, each with its ETag"))?;
        if !named.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(s3_error!(InvalidPartOrder, "name the parts in the order of their numbers"));
        }
        let whole = key(&input.key)?;
        let condition = condition(input.if_match, input.if_none_match, None, None);
        let (bucket, id) = (input.bucket.clone(), input.upload_id);
        let object = self.files(move |store| store.complete(&bucket, &whole, &id, &named, &condition)).await?;
        Ok(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(etag(&object.facts.tag)),
            ..CompleteMultipartUploadOutput::default()
        })
    }

    pub(super) async fn abort(&self, input: AbortMultipartUploadInput) -> S3Result<AbortMultipartUploadOutput> {
        let AbortMultipartUploadInput { bucket, key, upload_id, .. } = input;
        self.files(move |store| store.abort(&bucket, &key, &upload_id)).await?;
        Ok(AbortMultipartUploadOutput::default())
    }
}

fn check_number(number: i32) -> S3Result<()> {
    if NUMBERS.contains(&number) {
        Ok(())
    } else {
        Err(s3_error!(InvalidArgument, "parts have numbers from 1 to 10,000"))
    }
}
