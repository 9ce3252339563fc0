//! Artifacts as objects of a bucket of S3.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as Key;
use object_store::signer::Signer;
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, PutMultipartOptions,
    PutOptions, PutPayload,
};

use super::{Entry, Found, Incoming, Source, signature};
use crate::path::InvalidPath;
use crate::{ArtifactPath, Error, disposition, media_type};

/// What is read at once, and sent at once unless an object would have too many parts. S3 takes no less than 5 MiB.
const PIECE: u64 = 8 << 20;
/// The parts of an object that S3 takes at most.
const MOST_PARTS: u64 = 10_000;
/// How long a client may take to send the parts of an upload.
const PARTS_WITHIN: Duration = Duration::from_hours(1);

/// A bucket and the prefix of everything in it.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    client: Arc<AmazonS3>,
    prefix: Key,
}

/// A part that a client has sent.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) number: u64,
    pub(crate) tag: String,
}

impl Bucket {
    pub(crate) fn new(client: AmazonS3, prefix: Key) -> Self {
        Self { client: Arc::new(client), prefix }
    }

    /// Small ones go at once, others in parts; either way they are seen whole.
    pub(crate) async fn put(
        &self,
        path: &ArtifactPath,
        length: Option<u64>,
        mut incoming: Incoming<'_>,
    ) -> Result<(), Error> {
        let key = self.key(path)?;
        let failed = |error| Error::of_s3(path.as_str(), &error);
        let attributes = Attributes::from_iter([(Attribute::ContentType, media_type::of(path.name()))]);
        // Twice the mean, so that an object that says nothing of its length or lies may be larger than what is read at once.
        let piece = PIECE.max(length.unwrap_or(0) / (MOST_PARTS / 2)) as usize;
        let mut held: Vec<Bytes> = Vec::new();
        let mut bytes_held = 0;
        let mut upload = None;
        let received = async {
            while let Some(bytes) = incoming.try_next().await.map_err(|_| Error::CutOff(path.as_str().to_owned()))? {
                bytes_held += bytes.len();
                held.push(bytes);
                if bytes_held < piece {
                    continue;
                }
                let upload = if let Some(upload) = &mut upload {
                    upload
                } else {
                    let attributes = attributes.clone();
                    let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
                    upload.insert(self.client.put_multipart_opts(&key, options).await.map_err(failed)?)
                };
                bytes_held = 0;
                upload.put_part(held.drain(..).collect()).await.map_err(failed)?;
            }
            Ok(())
        };
        let received: Result<(), Error> = received.await;
        let last = PutPayload::from_iter(held);
        let Some(mut upload) = upload else {
            received?;
            let options = PutOptions { attributes, ..PutOptions::default() };
            self.client.put_opts(&key, last, options).await.map_err(failed)?;
            return Ok(());
        };
        let finish = async {
            received?;
            if last.content_length() > 0 {
                upload.put_part(last).await.map_err(failed)?;
            }
            upload.complete().await.map_err(failed)
        };
        if let Err(error) = finish.await {
            // The parts cost space until they are told to go; the first error is the one to tell.
            let _ = upload.abort().await;
            return Err(error);
        }
        Ok(())
    }

    /// Opens an artifact with its first piece in hand: so most are had by one request, of one moment.
    pub(crate) async fn find(&self, path: &ArtifactPath) -> Result<Found, Error> {
        if path.is_root() {
            return Err(Error::Folder(String::new()));
        }
        let key = self.key(path)?;
        let read = async {
            let first = GetOptions { range: Some(GetRange::Bounded(0..PIECE)), ..GetOptions::default() };
            let got = self.client.get_opts(&key, first).await?;
            Ok::<_, object_store::Error>((got.meta.clone(), got.bytes().await?))
        };
        let (meta, first) = match read.await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Err(self.absent(path).await?),
            // An empty one has no first byte.
            Err(error) => match self.head(path, &key).await? {
                meta if meta.size == 0 => (meta, Bytes::new()),
                _ => return Err(Error::of_s3(path.as_str(), &error)),
            },
        };
        let tag = meta.e_tag.unwrap_or_default().trim_matches('"').to_owned();
        let source = Source::Object { bucket: self.clone(), key, first };
        Ok(Found { size: meta.size, modified: meta.last_modified.into(), tag, source })
    }

    async fn head(&self, path: &ArtifactPath, key: &Key) -> Result<ObjectMeta, Error> {
        match self.client.head(key).await {
            Ok(meta) => Ok(meta),
            Err(object_store::Error::NotFound { .. }) => Err(self.absent(path).await?),
            Err(error) => Err(Error::of_s3(path.as_str(), &error)),
        }
    }

    /// Why there is no object: there is nothing, or there is a folder.
    async fn absent(&self, path: &ArtifactPath) -> Result<Error, Error> {
        let is_folder = !self.list(path).await?.is_empty();
        let path = path.as_str().to_owned();
        Ok(if is_folder { Error::Folder(path) } else { Error::Absent(path) })
    }

    /// In pieces, each a request of its own, the next one asked for while one is passed on: so no request lives longer than
    /// S3's patience with a slow reader. What is put there meanwhile is not mixed in: the reading fails.
    pub(super) fn read(
        self,
        key: Key,
        first: &Bytes,
        tag: String,
        range: Range<u64>,
    ) -> BoxStream<'static, std::io::Result<Bytes>> {
        let held = first.len() as u64;
        let at_hand = first.slice(range.start.min(held) as usize..range.end.min(held) as usize);
        let rest = range.start.max(held)..range.end;
        let pieces = rest.clone().step_by(PIECE as usize).map(move |start| start..rest.end.min(start + PIECE));
        let read = move |piece: Range<u64>| {
            let (client, key) = (Arc::clone(&self.client), key.clone());
            let options = GetOptions {
                range: Some(GetRange::Bounded(piece)),
                if_match: (!tag.is_empty()).then(|| format!("\"{tag}\"")),
                ..GetOptions::default()
            };
            async move { client.get_opts(&key, options).await?.bytes().await.map_err(std::io::Error::from) }
        };
        let at_hand = stream::iter((!at_hand.is_empty()).then_some(Ok(at_hand)));
        at_hand.chain(stream::iter(pieces).map(read).buffered(2)).boxed()
    }

    pub(crate) async fn list(&self, path: &ArtifactPath) -> Result<Vec<Entry>, Error> {
        let folder = self.key(path)?;
        let listed = self.client.list_with_delimiter(Some(&folder)).await;
        let listed = listed.map_err(|error| Error::of_s3(path.as_str(), &error))?;
        let folders = listed.common_prefixes.iter().map(|key| (key, None));
        let files = listed.objects.iter().map(|meta| (&meta.location, Some(meta.size)));
        let mut entries: Vec<Entry> = folders
            .chain(files)
            // A folder's marker is the folder itself.
            .filter(|(key, _)| **key != folder)
            .filter_map(|(key, size)| Some(Entry { name: key.filename()?.to_owned(), size }))
            .collect();
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        // A marker `a/` beside what is below it.
        entries.dedup_by(|b, a| a.name == b.name);
        Ok(entries)
    }

    /// Takes an object away, and all below it.
    pub(crate) async fn remove(&self, path: &ArtifactPath) -> Result<(), Error> {
        let key = self.key(path)?;
        let below = self.client.list(Some(&key)).map_ok(|meta| meta.location);
        let all = stream::once(std::future::ready(Ok(key))).chain(below).boxed();
        let mut removed = self.client.delete_stream(all);
        while let Some(removed) = removed.next().await {
            match removed {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(Error::of_s3(path.as_str(), &error)),
            }
        }
        Ok(())
    }

    /// Begins an upload whose parts clients send by themselves: its id, and an address for each.
    pub(crate) async fn begin(&self, path: &ArtifactPath, parts: u64) -> Result<(String, Vec<String>), Error> {
        if !(1..=MOST_PARTS).contains(&parts) {
            let why = format!("an upload has 1 to {MOST_PARTS} parts");
            return Err(Error::Request(format!("Invalid value {parts} for parameter 'num_parts' supplied: {why}")));
        }
        let key = self.key(path)?;
        let id = self.client.create_multipart(&key).await.map_err(|error| Error::of_s3(path.as_str(), &error))?;
        let mut addresses = Vec::new();
        for number in 1..=parts {
            let query = [("partNumber", number.to_string()), ("uploadId", id.clone())];
            let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
            addresses.push(self.sign(path, &key, Method::PUT, &query, PARTS_WITHIN).await?);
        }
        Ok((id, addresses))
    }

    /// Makes an artifact of the parts.
    pub(crate) async fn complete(&self, path: &ArtifactPath, id: &str, mut parts: Vec<Part>) -> Result<(), Error> {
        parts.sort_by_key(|part| part.number);
        if parts.is_empty() || parts.iter().zip(1..).any(|(part, number)| part.number != number) {
            let message = "Invalid value for parameter 'parts' supplied: name each part once, from 1 to the last";
            return Err(Error::Request(message.to_owned()));
        }
        let parts = parts.into_iter().map(|part| PartId { content_id: part.tag }).collect();
        let completed = self.client.complete_multipart(&self.key(path)?, &id.to_owned(), parts).await;
        completed.map_err(|error| upload_error(path, id, &error))?;
        Ok(())
    }

    /// Forgets the parts.
    pub(crate) async fn abort(&self, path: &ArtifactPath, id: &str) -> Result<(), Error> {
        let aborted = self.client.abort_multipart(&self.key(path)?, &id.to_owned()).await;
        aborted.map_err(|error| upload_error(path, id, &error))
    }

    /// An address where the artifact can be had for a while, as an attachment, and its size.
    pub(crate) async fn address_to_get(&self, path: &ArtifactPath, within: Duration) -> Result<(String, u64), Error> {
        let key = self.key(path)?;
        let size = self.head(path, &key).await?.size;
        let (kind, disposition) = (media_type::of(path.name()), disposition::attachment(path.name()));
        let query = [("response-content-disposition", disposition.as_str()), ("response-content-type", kind)];
        let address = self.sign(path, &key, Method::GET, &query, within).await?;
        Ok((address, size))
    }

    /// An address where it can be put.
    pub(crate) async fn address_to_put(&self, path: &ArtifactPath, within: Duration) -> Result<String, Error> {
        if path.is_root() {
            return Err(InvalidPath.into());
        }
        self.sign(path, &self.key(path)?, Method::PUT, &[], within).await
    }

    async fn sign(
        &self,
        path: &ArtifactPath,
        key: &Key,
        method: Method,
        query: &[(&str, &str)],
        within: Duration,
    ) -> Result<String, Error> {
        let failed = |error| Error::of_s3(path.as_str(), &error);
        let plain = self.client.signed_url(method.clone(), key, within).await.map_err(failed)?;
        let credential = self.client.credentials().get_credential().await.map_err(failed)?;
        let signed = signature::sign(&plain, &credential.secret_key, method.as_str(), query);
        signed.map(String::from).ok_or_else(|| Error::Busy("the key of S3 signs no addresses".to_owned()))
    }

    fn key(&self, path: &ArtifactPath) -> Result<Key, Error> {
        let below = Key::parse(path.as_str()).map_err(|_| InvalidPath)?;
        Ok(self.prefix.parts().chain(below.parts()).collect())
    }
}

/// S3 knows no such upload, or not these parts: that does not pass by itself.
fn upload_error(path: &ArtifactPath, id: &str, error: &object_store::Error) -> Error {
    match Error::of_s3(path.as_str(), error) {
        Error::Absent(_) => Error::Absent(format!("{path}, upload {id}", path = path.as_str())),
        other => other,
    }
}
