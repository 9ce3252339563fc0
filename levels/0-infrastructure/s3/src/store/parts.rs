//! Uploads in parts: a folder for each, a file for each part, named by its number and its MD5.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek};
use std::path::PathBuf;
use std::time::SystemTime;

use s3s::crypto::{Checksum, Md5};
use serde::{Deserialize, Serialize};

use super::{Condition, Facts, Fault, Incoming, Object, Store, random_name};
use crate::key::Key;

/// An upload that was begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) key: String,
    /// Its ETag is not known yet.
    pub(crate) facts: Facts,
}

/// A part that is there.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) number: i32,
    /// The MD5 of its bytes, in hexadecimal.
    pub(crate) tag: String,
    pub(crate) size: u64,
    pub(crate) modified: SystemTime,
    path: PathBuf,
}

const UPLOAD: &str = "upload.json";

impl Store {
    /// Begins an upload and gives its id.
    pub(crate) fn begin_upload(&self, bucket: &str, upload: &Upload) -> Result<String, Fault> {
        let id = random_name();
        let folder = self.own(bucket, "uploads").join(&id);
        fs::create_dir_all(&folder)?;
        let text = serde_json::to_vec(upload).map_err(io::Error::from)?;
        fs::write(folder.join(UPLOAD), text)?;
        Ok(id)
    }

    /// The upload of this id, which must be for this key.
    pub(crate) fn upload(&self, bucket: &str, key: &str, id: &str) -> Result<Upload, Fault> {
        let upload = self.read_upload(bucket, id)?;
        if upload.key == key { Ok(upload) } else { Err(Fault::NoUpload) }
    }

    /// All that were begun, by key and id, with when.
    pub(crate) fn uploads(&self, bucket: &str) -> Result<Vec<(Upload, String, SystemTime)>, Fault> {
        let entries = match fs::read_dir(self.own(bucket, "uploads")) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(id) = entry.file_name().into_string() else { continue };
            match self.read_upload(bucket, &id) {
                Ok(upload) => found.push((upload, id, entry.metadata()?.modified()?)),
                Err(Fault::NoUpload) => {}
                Err(fault) => return Err(fault),
            }
        }
        found.sort_by(|(a, x, _), (b, y, _)| (&a.key, x).cmp(&(&b.key, y)));
        Ok(found)
    }

    /// Makes a received file a part, in place of an earlier one of its number.
    pub(crate) fn put_part(
        &self,
        incoming: &Incoming,
        bucket: &str,
        id: &str,
        number: i32,
        tag: &str,
    ) -> Result<(), Fault> {
        let folder = self.upload_folder(bucket, id)?;
        let before = self.parts(bucket, id)?;
        let path = folder.join(format!("{number:05}-{tag}"));
        match fs::rename(incoming.path(), &path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Fault::NoUpload),
            moved => moved?,
        }
        for part in before.into_iter().filter(|part| part.number == number && part.path != path) {
            fs::remove_file(part.path)?;
        }
        Ok(())
    }

    /// The parts that are there, by number.
    pub(crate) fn parts(&self, bucket: &str, id: &str) -> Result<Vec<Part>, Fault> {
        let entries = match fs::read_dir(self.upload_folder(bucket, id)?) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Fault::NoUpload),
            Err(error) => return Err(error.into()),
        };
        let mut parts = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let Some((number, tag)) = name.to_str().and_then(|name| name.split_once('-')) else { continue };
            let Ok(number) = number.parse() else { continue };
            let metadata = entry.metadata()?;
            let (size, modified) = (metadata.len(), metadata.modified()?);
            parts.push(Part { number, tag: tag.to_owned(), size, modified, path: entry.path() });
        }
        parts.sort_by_key(|part| part.number);
        Ok(parts)
    }

    /// Puts the named parts together, in their order, as the object.
    pub(crate) fn complete(
        &self,
        bucket: &str,
        key: &Key,
        id: &str,
        named: &[(i32, String)],
        condition: &Condition,
    ) -> Result<Object, Fault> {
        let upload = self.upload(bucket, key.as_str(), id)?;
        let parts = self.parts(bucket, id)?;
        let (incoming, mut whole) = self.incoming(bucket)?;
        let mut digests = Vec::new();
        for (number, tag) in named {
            let part = parts.iter().find(|part| part.number == *number && part.tag == *tag).ok_or(Fault::NoPart)?;
            // Inside the kernel where the file system can.
            io::copy(&mut File::open(&part.path)?, &mut whole)?;
            digests.extend(hex::decode(tag).map_err(|_| Fault::NoPart)?);
        }
        whole.sync_all()?;
        let tag = format!("{}-{}", hex::encode(Md5::checksum(&digests)), named.len());
        let object = self.commit(&incoming, bucket, key, Facts { tag, ..upload.facts }, condition)?;
        self.abort(bucket, key.as_str(), id)?;
        Ok(object)
    }

    /// Forgets an upload and its parts.
    pub(crate) fn abort(&self, bucket: &str, key: &str, id: &str) -> Result<(), Fault> {
        self.upload(bucket, key, id)?;
        fs::remove_dir_all(self.upload_folder(bucket, id)?)?;
        Ok(())
    }

    /// Copies some bytes of an object's file, and gives their MD5 in hexadecimal.
    pub(crate) fn copy(from: &mut File, range: std::ops::Range<u64>, to: &mut File) -> io::Result<String> {
        use io::{Read, Write};
        from.seek(io::SeekFrom::Start(range.start))?;
        let mut from = from.take(range.end - range.start);
        let mut md5 = Md5::new();
        let mut buffer = vec![0; 256 << 10];
        loop {
            let read = from.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            md5.update(&buffer[..read]);
            to.write_all(&buffer[..read])?;
        }
        to.sync_all()?;
        Ok(hex::encode(md5.finalize()))
    }

    fn read_upload(&self, bucket: &str, id: &str) -> Result<Upload, Fault> {
        let text = match fs::read(self.upload_folder(bucket, id)?.join(UPLOAD)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Fault::NoUpload),
            Err(error) => return Err(error.into()),
        };
        // Half-written by a process that was killed: nobody was told its id.
        serde_json::from_slice(&text).map_err(|_| Fault::NoUpload)
    }

    /// An id from outside becomes a path only if it is one that was given out.
    fn upload_folder(&self, bucket: &str, id: &str) -> Result<PathBuf, Fault> {
        let is_ours = id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_ours { Ok(self.own(bucket, "uploads").join(id)) } else { Err(Fault::NoUpload) }
    }
}
