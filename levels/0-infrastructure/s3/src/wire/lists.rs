//! Listings of objects, of both versions.

use std::fmt::Write;

use s3s::dto::{
    CommonPrefix, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
    ObjectStorageClass,
};
use s3s::{S3Result, s3_error};

use super::Wire;
use super::conditions::etag;
use crate::listing::{After, Query, list};

/// What S3 gives at most, and by default.
const MOST: i32 = 1_000;

/// A page in S3's words.
struct Page {
    contents: Vec<Object>,
    prefixes: Vec<CommonPrefix>,
    next: Option<After>,
}

impl Wire {
    pub(super) async fn list_v2(&self, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
        let words = Words::new(input.encoding_type.as_ref());
        let after = match (&input.continuation_token, &input.start_after) {
            (Some(token), _) => Some(read_token(token).ok_or_else(|| s3_error!(InvalidArgument, "no such token"))?),
            (None, Some(key)) => Some(After::Key(key.clone())),
            (None, None) => None,
        };
        let limit = limit(input.max_keys)?;
        let query = Query {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone(),
            after,
            limit,
        };
        let page = self.page(input.bucket.clone(), query, words).await?;
        Ok(ListObjectsV2Output {
            name: Some(input.bucket),
            key_count: Some((page.contents.len() + page.prefixes.len()) as i32),
            max_keys: Some(limit as i32),
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next.as_ref().map(write_token),
            contents: Some(page.contents),
            common_prefixes: Some(page.prefixes),
            continuation_token: input.continuation_token,
            prefix: Some(words.say(&input.prefix.unwrap_or_default())),
            delimiter: input.delimiter.map(|delimiter| words.say(&delimiter)),
            start_after: input.start_after.map(|key| words.say(&key)),
            encoding_type: input.encoding_type,
            ..ListObjectsV2Output::default()
        })
    }

    pub(super) async fn list_v1(&self, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
        let words = Words::new(input.encoding_type.as_ref());
        // The next marker is the last line of the page: a key, or what keys were folded into.
        let after = input.marker.clone().filter(|marker| !marker.is_empty()).map(|marker| {
            let folded = input.delimiter.as_deref().is_some_and(|delimiter| marker.ends_with(delimiter));
            if folded { After::Prefix(marker) } else { After::Key(marker) }
        });
        let limit = limit(input.max_keys)?;
        let query = Query {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone(),
            after,
            limit,
        };
        let page = self.page(input.bucket.clone(), query, words).await?;
        let next_marker = page.next.as_ref().map(|(After::Key(last) | After::Prefix(last))| words.say(last));
        Ok(ListObjectsOutput {
            name: Some(input.bucket),
            max_keys: Some(limit as i32),
            is_truncated: Some(page.next.is_some()),
            next_marker,
            contents: Some(page.contents),
            common_prefixes: Some(page.prefixes),
            marker: Some(words.say(&input.marker.unwrap_or_default())),
            prefix: Some(words.say(&input.prefix.unwrap_or_default())),
            delimiter: input.delimiter.map(|delimiter| words.say(&delimiter)),
            encoding_type: input.encoding_type,
            ..ListObjectsOutput::default()
        })
    }

    async fn page(&self, bucket: String, query: Query, words: Words) -> S3Result<Page> {
        self.files(move |store| {
            let page = list(&store.bucket(&bucket), &query)?;
            let mut contents = Vec::with_capacity(page.objects.len());
            for (key, metadata) in page.objects {
                let object = store.describe(&bucket, &key, &metadata)?;
                contents.push(Object {
                    key: Some(words.say(&key)),
                    size: Some(object.size as i64),
                    e_tag: Some(etag(&object.facts.tag)),
                    last_modified: Some(object.modified.into()),
                    storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                    ..Object::default()
                });
            }
            let prefixes = page.prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(words.say(prefix)) });
            Ok(Page { contents, prefixes: prefixes.collect(), next: page.next })
        })
        .await
    }
}

fn limit(asked: Option<i32>) -> S3Result<usize> {
    let asked = asked.unwrap_or(MOST);
    usize::try_from(asked.min(MOST)).map_err(|_| s3_error!(InvalidArgument, "max-keys must not be negative"))
}

/// How keys are said: as they are, or encoded as in URLs, which a client can ask for.
#[derive(Clone, Copy, Debug)]
struct Words {
    encoded: bool,
}

impl Words {
    fn new(encoding: Option<&EncodingType>) -> Self {
        Self { encoded: encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL) }
    }

    fn say(self, key: &str) -> String {
        if !self.encoded {
            return key.to_owned();
        }
        let mut said = String::with_capacity(key.len());
        for byte in key.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => said.push(byte.into()),
                other => {
                    // Writing to a string does not fail.
                    let _ = write!(said, "%{other:02X}");
                }
            }
        }
        said
    }
}

/// A token is opaque to clients: what kind of place it is, and the place in hexadecimal.
fn write_token(after: &After) -> String {
    let (kind, place) = match after {
        After::Key(key) => ("k", key),
        After::Prefix(prefix) => ("p", prefix),
    };
    format!("{kind}{}", hex::encode(place))
}

fn read_token(token: &str) -> Option<After> {
    let (kind, place) = token.split_at_checked(1)?;
    let place = String::from_utf8(hex::decode(place).ok()?).ok()?;
    match kind {
        "k" => Some(After::Key(place)),
        "p" => Some(After::Prefix(place)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_and_others_are_refused() {
        for after in [After::Key("a/ä".to_owned()), After::Prefix("date=2026/".to_owned())] {
            assert_eq!(read_token(&write_token(&after)), Some(after));
        }
        for token in ["", "x61", "k6", "kzz", "kff", "ä6"] {
            assert_eq!(read_token(token), None, "{token}");
        }
    }
}
